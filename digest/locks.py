"""Locks between processes: a file that the kernel lets go when its holder dies, with the holder's process id in it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from digest.errors import BusyError


@contextmanager
def alone(path: Path, busy: str) -> Iterator[None]:
    """Hold the lock at `path`. Raises BusyError with `busy` where another process holds it."""
    with path.open("a+", encoding="ascii") as file:
        if not _taken(file):
            file.seek(0)
            holder = file.read().strip() or "?"
            raise BusyError(f"{busy} (process {holder}); wait until it has finished, or stop it")
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield


def holder(path: Path) -> str | None:
    """Return the process id of who holds the lock at `path`, None when nobody does."""
    try:
        file = path.open(encoding="ascii")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return file.read().strip() or "?"
    return None


def _taken(file: TextIO) -> bool:
    """Take the lock if it is free; who only asks for its holder has it for an instant."""
    for wait in (0.05, 0.2, None):
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if wait is not None:
                time.sleep(wait)
        else:
            return True
    return False
