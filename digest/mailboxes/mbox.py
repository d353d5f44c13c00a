"""An mbox: one file, one mail after the other, each behind a line that begins with "From ".

It is read and never written. What was taken before is told by its key; where the file only grew, the reading goes on
where it was.
"""

import fcntl
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Self

from digest.bounces.mime import MAX_BYTES
from digest.errors import MailboxError
from digest.mailboxes.letter import Letter

_TOGETHER = 8_000_000
"""Bytes of letters that are read while the file is locked."""

_LINE = 100_000
_NOTES = re.compile(
    rb"^(?:status|x-status|x-uid|x-keywords|x-imap|x-imapbase|content-length|lines):.*\n(?:[ \t].*\n)*",
    re.IGNORECASE | re.MULTILINE,
)
"""Fields that mail programs write into an mbox, and change there: they are no part of the mail."""

_TRIES = (0.1, 0.3, 0.6)
"""Seconds between the tries to lock it."""


class Mbox:
    """The mails of an mbox that weren't read by this object before."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_to = 0
        self._file_id = (0, 0)

    def __enter__(self) -> Self:
        """Look whether it is there, and still the same file. Raises MailboxError."""
        try:
            found = self.path.stat()
        except OSError as error:
            raise MailboxError(f"{self.path}: {error.strerror}; expected an mbox, a file of mails") from None
        if not self.path.is_file():
            raise MailboxError(f"{self.path}: no file; expected an mbox (a folder is a Maildir: `maildir`)")
        file_id = (found.st_dev, found.st_ino)
        if file_id != self._file_id or found.st_size < self._read_to:
            self._file_id, self._read_to = file_id, 0
        return self

    def __exit__(self, *_: object) -> None:
        """Nothing is open."""

    def unread(self) -> Iterator[Letter]:
        """Yield the letters, from where it was read before. Raises MailboxError."""
        start = self._read_to
        while True:
            letters = self._stretch(start)
            yield from letters
            if not letters:
                return
            start = int(letters[-1].mark)

    def done(self, letters: Sequence[Letter]) -> None:
        """Remember how far it was read."""
        self._read_to = max([self._read_to, *(int(letter.mark) for letter in letters)])

    def _stretch(self, start: int) -> list[Letter]:
        """Read some letters, while nobody may write to the file."""
        try:
            with self.path.open("rb") as file, _locked(file, self.path):
                if start and not _is_beginning(file, start):
                    start = 0  # somebody has written within it; the keys tell what is new
                file.seek(start)
                return list(_letters(file))
        except OSError as error:
            raise MailboxError(f"{self.path}: {error.strerror}") from None


def _letters(file: BinaryIO) -> Iterator[Letter]:
    """Yield letters from a place where one begins; `mark` is where the letter ends."""
    taken, line = 0, file.readline(_LINE)
    while line and taken < _TOGETHER:
        start = file.tell() - len(line)
        if not line.startswith(b"From "):
            if line.strip():
                raise OSError(0, f"no mbox: a line that begins with 'From ' is missing at byte {start:,}")
            line = file.readline(_LINE)
            continue
        content = bytearray()
        before, line = line, file.readline(_LINE)
        # Of a line that is longer than what is read of it, the rest begins no letter.
        while line and not (line.startswith(b"From ") and before.endswith(b"\n")):
            content += line[: MAX_BYTES - len(content)]
            before, line = line, file.readline(_LINE)
        taken += len(content)
        yield Letter(f"byte {start:,}", str(file.tell() - len(line)), _without_notes(bytes(content)))


def _without_notes(content: bytes) -> bytes:
    head, empty, body = content.partition(b"\n\n")
    return _NOTES.sub(b"", head + b"\n")[:-1] + empty + body


def _is_beginning(file: BinaryIO, start: int) -> bool:
    """Tell whether a letter, or the end, is at a place."""
    file.seek(start - 1)
    before = file.read(1)
    return before == b"\n" and file.read(5) in (b"", b"From ")


@contextmanager
def _locked(file: BinaryIO, path: Path) -> Iterator[None]:
    """Hold a lock for reading, as mail servers do: by fcntl, and not while somebody has a lock file. Raises OSError."""
    lock_file = Path(f"{path}.lock")
    for wait in (*_TRIES, None):
        if not lock_file.exists() and _lock(file):
            break
        if wait is None:
            raise OSError(0, "another program has it locked; it is tried again")
        time.sleep(wait)
    try:
        yield
    finally:
        fcntl.lockf(file, fcntl.LOCK_UN)


def _lock(file: BinaryIO) -> bool:
    try:
        fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True
