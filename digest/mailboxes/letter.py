"""A letter: a mail as it lies in a mailbox; and what every mailbox can do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from types import TracebackType
from typing import Protocol, Self


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that nobody has read. `place` is how a person finds it, `mark` how its mailbox does.

    `problem` says why it could not be read, in which case there is no content; "" where it could.
    """

    place: str
    mark: str
    content: bytes = b""
    problem: str = ""

    @property
    def key(self) -> str:
        """What is the same for each copy of it, in whatever mailbox: 64 hex digits."""
        return sha256(self.content.replace(b"\r\n", b"\n")).hexdigest()


class Mailbox(Protocol):
    """A mailbox. `with` connects to it; all of it raises MailboxError where it can't be used."""

    def __enter__(self) -> Self:
        """Connect."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Disconnect."""

    def unread(self) -> Iterator[Letter]:
        """Yield the letters that nobody has read, the oldest first."""

    def done(self, letters: Sequence[Letter]) -> None:
        """Mark letters as read, after what they report is kept."""
