"""Subscriber files on disk: read as text or as a stream, and replaced as a whole, by one writer at a time.

Bytes that are no UTF-8 come as lone surrogates (PEP 383), and are written back as they were.
"""

import fcntl
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from digest.errors import InputError


def read_text(path: Path) -> str:
    """Return a subscriber file's text. Bytes that are not UTF-8 come as lone surrogates (PEP 383).

    Raises InputError when the file can't be read.
    """
    try:
        return path.read_bytes().decode("utf-8", "surrogateescape")
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from None


def read_lines(path: Path) -> Iterator[str]:
    """Yield a subscriber file's lines with their ends, decoded as `read_text` does, in little memory.

    Raises InputError when the file can't be read, or was written to meanwhile: part of it would be old
    and part new.
    """
    try:
        with path.open(encoding="utf-8", errors="surrogateescape", newline="") as file:
            before = os.fstat(file.fileno())
            yield from file
            after = os.fstat(file.fileno())
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from None
    if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
        raise InputError(f"{path}: was changed while it was read; run the same command again")


def write_atomically(path: Path, change: Callable[[str], str]) -> None:
    """Replace the text of the file at `path` by what `change` makes of it, wholly or not at all.

    Works under a lock that other commands wait for (".<name>.lock" beside the file), reads inside it,
    and survives a power cut: a new file is written, synced, and renamed over the old one. The file
    keeps its mode, and its owner where we may set one; of a symbolic link the target is replaced.
    Whatever `change` raises is passed on and leaves the file alone. Raises InputError when the file
    can't be read or written.
    """
    target = Path(os.path.realpath(path))
    try:
        target.stat()  # so that a wrong name leaves no lock file behind
        with _locked(target.with_name(f".{target.name}.lock")):
            old = read_text(target)
            new = change(old)
            if new != old:
                _replace(target, (new.encode("utf-8", "surrogateescape"),))
    except OSError as error:
        raise InputError(f"{path}: can't be written: {error.strerror}") from None


def rewrite(path: Path, change: Callable[[Iterator[str]], Iterable[str]], fresh: str) -> None:
    """Replace the lines of the file at `path` by what `change` makes of them, as `write_atomically` does its text.

    It takes little memory, whatever the length of the file. Where there is none, `fresh` is what it holds before.
    """
    target = Path(os.path.realpath(path))
    try:
        with _locked(target.with_name(f".{target.name}.lock")):
            _replace(target, _rewritten(target, change, fresh))
    except OSError as error:
        raise InputError(f"{path}: can't be written: {error.strerror}") from None


def _rewritten(target: Path, change: Callable[[Iterator[str]], Iterable[str]], fresh: str) -> Iterator[bytes]:
    before = _version(target)
    for text in change(read_lines(target) if before else iter((fresh,))):
        yield text.encode("utf-8", "surrogateescape")
    if _version(target) != before:
        # An editor asks for no lock, and a long file takes some seconds.
        raise InputError(f"{target}: was changed while it was written anew; run the same command again")


def _version(target: Path) -> tuple[int, int, int] | None:
    try:
        found = target.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    # The lock file stays: removing it would let two commands hold locks on two files of one name.
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _replace(target: Path, content: Iterable[bytes]) -> None:
    # Whoever is here holds the lock, so one name is enough; what a killed command left under it goes.
    temporary = target.with_name(f".{target.name}.new")
    temporary.unlink(missing_ok=True)
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.writelines(content)
            if target.exists():  # a new one stays the owner's alone: it holds addresses
                _keep_owner_and_mode(file.fileno(), target.stat())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _keep_owner_and_mode(file: int, like: os.stat_result) -> None:
    mine = os.fstat(file)
    if (mine.st_uid, mine.st_gid) != (like.st_uid, like.st_gid):
        # Only root gives files away; for anybody else the file is theirs then, with its old mode.
        with suppress(PermissionError):
            os.fchown(file, like.st_uid, like.st_gid)
    os.fchmod(file, stat.S_IMODE(like.st_mode))


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
