"""A Maildir: a folder with `new` and `cur`, a file for each mail, its flags at the end of the name."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from digest.bounces.mime import MAX_BYTES
from digest.errors import MailboxError
from digest.mailboxes.letter import Letter

_INFO = ":2,"
"""What stands before the flags in a name."""

_SEEN = "S"


class Maildir:
    """The unread mails of a Maildir: those in `new`, and those in `cur` without the flag S."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Self:
        """Look whether it is there. Raises MailboxError."""
        if not all((self.path / name).is_dir() for name in ("new", "cur")):
            raise MailboxError(
                f"{self.path}: there is no Maildir here; expected a folder with the folders new, cur and tmp,"
                " as your mail server makes it when the first mail comes"
            )
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def unread(self) -> Iterator[Letter]:
        """Yield the letters that nobody has read. Raises MailboxError."""
        for name in sorted(self._unread_names("new") + self._unread_names("cur"), key=lambda name: name[4:]):
            letter = self._letter(name)
            if letter is not None:
                yield letter

    def done(self, letters: Sequence[Letter]) -> None:
        """Move letters to `cur` with the flag S; what another program has moved meanwhile stays there."""
        for letter in letters:
            before = self.path / letter.mark
            after = self.path / "cur" / _seen(before.name)
            if after.exists():
                continue  # a second file of that name: to move the one would delete the other
            try:
                before.rename(after)
            except FileNotFoundError:
                continue
            except OSError as error:
                raise MailboxError(
                    f"{before}: can't be marked as read: {error.strerror}; it needs to be ours"
                ) from None

    def _unread_names(self, folder: str) -> list[str]:
        try:
            with os.scandir(self.path / folder) as entries:
                names = [entry.name for entry in entries if entry.is_file(follow_symlinks=False)]
        except OSError as error:
            raise MailboxError(f"{self.path / folder}: {error.strerror}") from None
        return [f"{folder}/{name}" for name in names if not name.startswith(".") and _SEEN not in _flags(name)]

    def _letter(self, name: str) -> Letter | None:
        place = name.partition("/")[2].partition(_INFO)[0]
        try:
            with (self.path / name).open("rb") as file:
                return Letter(place, name, file.read(MAX_BYTES))
        except FileNotFoundError:  # another program has moved it; it is read next time
            return None
        except OSError as error:
            return Letter(place, name, problem=error.strerror or "can't be read")


def _flags(name: str) -> str:
    return name.rpartition(_INFO)[2] if _INFO in name else ""


def _seen(name: str) -> str:
    """Return a file's name with the flag S; flags stand in the order of the alphabet."""
    base = name.partition(_INFO)[0]
    return f"{base}{_INFO}{''.join(sorted({*_flags(name), _SEEN}))}"
