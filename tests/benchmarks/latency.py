"""A network with a delay: a TCP relay in a process of its own that holds every byte back for half a round trip.

Bytes are delayed, not queued one behind the other: what arrives while earlier bytes wait leaves exactly one delay
after it came, so a pipelined conversation pays once for what it sends together. Loss, bandwidth and TCP's slow
start aren't simulated. `ping` measures what came of it.
"""

import argparse
import asyncio
import socket
import sys
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

import sinks


@contextmanager
def delayed(port: int, round_trip: float) -> Iterator[int]:
    """Run the relay in front of `port`, and yield its own port; `round_trip` is in seconds."""
    with sinks.process(sys.executable, __file__, port, round_trip / 2) as child:
        assert child.stdout is not None
        yield int(child.stdout.readline())


def ping(port: int, together: int = 1) -> float:
    """Return the seconds from sending `together` NOOPs at once to the last reply, the best of five."""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.settimeout(10)
        lines = connection.makefile("rb")
        lines.readline()
        connection.sendall(b"EHLO bench.example.org\r\n")
        while not lines.readline().startswith(b"250 "):
            pass
        times = []
        for _ in range(5):
            start = time.perf_counter()
            connection.sendall(b"NOOP\r\n" * together)
            for _ in range(together):
                assert lines.readline().startswith(b"250")
            times.append(time.perf_counter() - start)
        connection.sendall(b"QUIT\r\n")
        return min(times)


class _Side(asyncio.Protocol):
    """One end of a relayed connection; what it hears, `other` says one delay later."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._waiting: deque[tuple[float, bytes | None]] = deque()
        self._loop = asyncio.get_running_loop()
        self.other: _Side | None = None
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport) -> None:
        self.transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.other is not None:
            self.other._arm()

    def data_received(self, data: bytes) -> None:
        self._hold(data)

    def connection_lost(self, _error: Exception | None) -> None:
        self._hold(None)

    def _hold(self, data: bytes | None) -> None:
        self._waiting.append((self._loop.time() + self._delay, data))
        if len(self._waiting) == 1:
            self._arm()

    def _arm(self) -> None:
        if self._waiting and self.other is not None and self.other.transport is not None:
            self._loop.call_at(self._waiting[0][0], self._release)

    def _release(self) -> None:
        assert self.other is not None
        assert self.other.transport is not None
        now = self._loop.time()
        while self._waiting and self._waiting[0][0] <= now:
            _, data = self._waiting.popleft()
            if data is None:
                self.other.transport.close()
            elif not self.other.transport.is_closing():
                self.other.transport.write(data)
        self._arm()


class _Front(_Side):
    """The end that a client connects to; it opens the other end."""

    def __init__(self, delay: float, port: int) -> None:
        super().__init__(delay)
        self._port = port

    def connection_made(self, transport) -> None:
        back = _Side(self._delay)
        self.other, back.other = back, self
        super().connection_made(transport)
        opening = self._loop.create_connection(lambda: back, "127.0.0.1", self._port)
        self._opening = self._loop.create_task(opening)


async def _serve(port: int, delay: float) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Front(delay, port), "127.0.0.1", 0, backlog=sinks.BACKLOG)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


def main() -> None:
    """Be the relay until the process is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("delay", type=float, help="seconds in each direction")
    given = parser.parse_args()
    asyncio.run(_serve(given.port, given.delay))


if __name__ == "__main__":
    main()
