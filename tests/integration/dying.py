"""Writes a subscriber file again and again, and each time dies, or finds the disk full, one step later.

    python -m tests.integration.dying kill|full|limit FOLDER

Every call to the system that the writer makes is a step; a write is two, so that half of it may be on the disk. Each
try is a process of its own, in a folder of its own (FOLDER/1, FOLDER/2 …). A line of JSON says what became of each.
"""

import errno
import fcntl
import json
import os
import resource
import signal
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from digest.errors import InputError
from digest.subscribers.disk import write_atomically

OLD = "email,name\n" + "".join(f"reader{number}@example.org,Reader\n" for number in range(200))
NEW = OLD.replace("Reader", "Somebody Else")

CALLS = ("stat", "open", "close", "unlink", "fstat", "fchown", "fchmod", "fsync", "replace")


class Steps:
    """Counts the calls, and ends at one of them."""

    def __init__(self, last: int, at_last: Callable[[], None], trace: int) -> None:
        self._last, self._at_last, self._trace, self._taken = last, at_last, trace, 0

    def step(self, name: str) -> None:
        self._taken += 1
        _write(self._trace, f"{name}\n".encode())
        if self._taken == self._last:
            self._at_last()

    def watch(self, module: Any, name: str) -> None:
        real = getattr(module, name)

        def watched(*arguments: Any, **options: Any) -> Any:
            self.step(name)
            return real(*arguments, **options)

        setattr(module, name, watched)


class HalfByHalf:
    """A file whose writes are two steps; it buffers nothing."""

    def __init__(self, handle: int, steps: Steps) -> None:
        self._handle, self._steps = handle, steps

    def __enter__(self) -> "HalfByHalf":
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._handle)

    def fileno(self) -> int:
        return self._handle

    def flush(self) -> None: ...

    def writelines(self, lines: Iterable[bytes]) -> None:
        content = b"".join(lines)
        for half in (content[: len(content) // 2], content[len(content) // 2 :]):
            self._steps.step("write")
            _write(self._handle, half)


_write = os.write


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _be_full() -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _child(how: str, path: Path, last: int) -> None:
    if how == "limit":
        resource.setrlimit(resource.RLIMIT_FSIZE, (100 * last, resource.RLIM_INFINITY))
    else:
        trace = os.open(path.parent / "trace", os.O_WRONLY | os.O_CREAT)
        steps = Steps(last, _die if how == "kill" else _be_full, trace)
        for name in CALLS:
            steps.watch(os, name)
        steps.watch(fcntl, "flock")
        os.fdopen = lambda handle, _mode: HalfByHalf(handle, steps)  # type: ignore[assignment]
    try:
        write_atomically(path, lambda _text: NEW)
    except InputError as error:
        _write(2, f"{error}\n".encode())
        os._exit(3)
    os._exit(0)


def main(how: str, folder: Path) -> None:
    for last in range(1, 100):
        path = folder / str(last) / "daily.csv"
        path.parent.mkdir()
        path.write_text(OLD, encoding="utf-8")
        process = os.fork()
        if process == 0:
            _child(how, path, last)
        _, status = os.waitpid(process, 0)
        ended = os.waitstatus_to_exitcode(status)
        trace = path.parent / "trace"
        names = trace.read_text("utf-8").split() if trace.exists() else []
        sys.stdout.write(json.dumps({"last": last, "ended": ended, "steps": names}) + "\n")
        sys.stdout.flush()  # or the next try's process writes it too
        trace.unlink(missing_ok=True)
        if ended == 0:
            return


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
