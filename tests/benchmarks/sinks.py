"""Where the benchmarks' mail goes: Postfix's smtp-sink where it is installed, a sink of our own otherwise.

Each runs in a process of its own, on a free port of the loopback interface, and is ended by its id. Our own
sink can also look at what comes: it keeps the first messages in a folder and says of all how many there were,
how large, and to how many different recipients.
"""

import argparse
import asyncio
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

CONNECTIONS = 256
BACKLOG = 1024
_PATH = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/usr/local/sbin"))


def installed(program: str) -> str | None:
    """Return where a program of Postfix is; its folder is often in root's path alone."""
    return shutil.which(program, path=_PATH)


@contextmanager
def process(*command: object) -> Iterator[subprocess.Popen[str]]:
    """Run a program beside us, and end it by its id."""
    child = subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True)
    try:
        yield child
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        assert child.stdout is not None
        child.stdout.close()


@dataclass(frozen=True)
class Sink:
    """A sink that is running: its kind, for the table, and its port."""

    kind: str
    port: int


@contextmanager
def sink(bundled: bool = False) -> Iterator[Sink]:
    """Run smtp-sink, or our own sink where it isn't installed or `bundled` asks for it."""
    program = None if bundled else installed("smtp-sink")
    if program is None:
        with process(sys.executable, __file__) as child:
            assert child.stdout is not None
            yield Sink("the bundled asyncio sink", int(child.stdout.readline()))
        return
    port = _free_port()
    user = ("-u", "nobody") if os.geteuid() == 0 else ()
    with process(program, *user, "-m", CONNECTIONS, f"127.0.0.1:{port}", BACKLOG):
        _await_port(port)
        yield Sink("Postfix's smtp-sink", port)


@dataclass(frozen=True)
class Captured:
    """What a capturing sink saw of all messages, to be read once it has ended."""

    messages: int
    bytes: int
    recipients: int


@contextmanager
def capture(folder: Path, keep: int) -> Iterator[Sink]:
    """Run our own sink, keep the first messages in `folder`, and write `captured.json` there at the end."""
    folder.mkdir()
    with process(sys.executable, __file__, "--folder", folder, "--keep", keep) as child:
        assert child.stdout is not None
        yield Sink("capture", int(child.stdout.readline()))


def captured(folder: Path) -> Captured:
    """Return what a capturing sink that has ended saw."""
    return Captured(**json.loads((folder / "captured.json").read_text("ascii")))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_port(port: int) -> None:
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port}")


class _Tally:
    """What came in."""

    def __init__(self, folder: Path | None, keep: int) -> None:
        self.folder = folder
        self.keep = keep
        self.messages = 0
        self.bytes = 0
        self.recipients: set[bytes] = set()

    def add(self, recipient: bytes, wire: bytes) -> None:
        self.messages += 1
        if self.folder is None:
            return
        self.bytes += len(wire)
        self.recipients.add(recipient)
        if self.messages <= self.keep:
            plain = wire[1:] if wire.startswith(b".") else wire
            (self.folder / f"{self.messages:06}.eml").write_bytes(plain.replace(b"\r\n..", b"\r\n."))

    def write(self) -> None:
        if self.folder is not None:
            seen = {"messages": self.messages, "bytes": self.bytes, "recipients": len(self.recipients)}
            (self.folder / "captured.json").write_text(json.dumps(seen), encoding="ascii")


_END = b"\r\n.\r\n"


class _Sink(asyncio.Protocol):
    """Accept everything, pipelined or not (RFC 5321, RFC 2920); a message is read without being copied twice."""

    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._buffer = bytearray()
        self._scanned = 0
        self._in_data = False
        self._recipient = b""

    def connection_made(self, transport) -> None:
        self._transport = transport
        transport.write(b"220 sink.example.org ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        replies: list[bytes] = []
        while reply := self._message() if self._in_data else self._command():
            replies.append(reply)
        if replies:
            self._transport.write(b"".join(replies))
        if b"221 2.0.0 bye\r\n" in replies:
            self._transport.close()

    def _message(self) -> bytes:
        end = self._buffer.find(_END, self._scanned)
        if end < 0:
            self._scanned = max(0, len(self._buffer) - len(_END) + 1)
            return b""
        self._tally.add(self._recipient, bytes(self._buffer[: end + 2]))
        del self._buffer[: end + len(_END)]
        self._in_data, self._scanned = False, 0
        return b"250 2.0.0 ok\r\n"

    def _command(self) -> bytes:
        end = self._buffer.find(b"\r\n")
        if end < 0:
            return b""
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        match line[:4].upper():
            case b"EHLO":
                return b"250-sink.example.org\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 ENHANCEDSTATUSCODES\r\n"
            case b"RCPT":
                self._recipient = line.partition(b"<")[2].partition(b">")[0]
                return b"250 2.1.5 ok\r\n"
            case b"DATA":
                self._in_data = True
                return b"354 go on\r\n"
            case b"QUIT":
                return b"221 2.0.0 bye\r\n"
            case _:
                return b"250 2.0.0 ok\r\n"


async def _serve(tally: _Tally) -> None:
    import signal

    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    server = await loop.create_server(lambda: _Sink(tally), "127.0.0.1", 0, backlog=BACKLOG)
    loop.add_signal_handler(signal.SIGTERM, ended.set)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await ended.wait()
    tally.write()


def main() -> None:
    """Be the bundled sink until the process is asked to end."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--keep", type=int, default=0)
    given = parser.parse_args()
    tally = _Tally(given.folder, given.keep)
    try:
        import uvloop
    except ImportError:
        asyncio.run(_serve(tally))
    else:
        uvloop.run(_serve(tally))


if __name__ == "__main__":
    main()
