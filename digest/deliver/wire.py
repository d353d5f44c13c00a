"""SMTP on a socket that is ready: commands out, replies in, nothing copied on the way.

aiosmtplib connects, does TLS, EHLO and AUTH; then the transport is handed to `Wire`, which reads
replies in order (RFC 5321, 4.2), however many come in a packet or however they are split.
"""

import asyncio
from collections import deque
from typing import NamedTuple

MAX_LINE = 4_096
"""Bytes of a reply line. RFC 5321 allows 512; a server that sends more than this is broken."""

MAX_LINES = 100
"""Lines of one reply."""


_MARKS = (b" ", b"-", b"\r", b"")
"""What may stand behind a code: a text, a text and more lines, or nothing at all (RFC 5321, 4.2)."""


class Reply(NamedTuple):
    """A server's reply: the basic code, and the text of its lines joined by spaces."""

    code: int
    text: str


class WireError(ConnectionError):
    """The connection is of no more use: closed, silent, or speaking something that isn't SMTP."""


class Wire(asyncio.Protocol):
    """The reading end of a connection, and a writer that waits when the socket is full.

    A reply that nobody asked for (a 421 before the server closes) is given to whoever asks next.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._buffer = b""
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._waiting: asyncio.Future[None] | None = None
        self._loop = asyncio.get_running_loop()
        self._timeout = self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._writable = asyncio.Event()
        self._writable.set()
        self._broken: WireError | None = None
        transport.set_protocol(self)
        transport.resume_reading()

    def write(self, *data: bytes) -> None:
        """Send bytes as they are, in one go. Raises WireError on a broken connection."""
        if self._broken is not None:
            raise self._broken
        if len(data) == 1:
            self._transport.write(data[0])
        else:
            self._transport.writelines(data)

    async def drain(self, timeout: float) -> None:
        """Wait until the socket takes more, at most `timeout` seconds. Raises WireError."""
        if self._writable.is_set():
            return
        try:
            async with asyncio.timeout(timeout):
                await self._writable.wait()
        except TimeoutError:
            error = WireError(f"nothing was taken within {timeout:g} seconds")
            self.close(error)
            raise error from None

    async def reply(self, timeout: float) -> Reply:
        """Return the next reply, waiting at most `timeout` seconds. Raises WireError."""
        while not self._replies:
            if self._broken is not None:
                raise self._broken
            self._waiting = self._loop.create_future()
            self._watch(timeout)
            await self._waiting
        return self._replies.popleft()

    def _watch(self, timeout: float) -> None:
        """Set when the reply is late. A timer that is running is left to itself, so that a message sets none."""
        self._timeout, self._deadline = timeout, self._loop.time() + timeout
        if self._timer is None or self._timer.when() > self._deadline:
            self._unwatch()
            self._timer = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        """See whether a reply is late, and look again when the next one may be."""
        self._timer = None
        if self._waiting is None or self._waiting.done():
            return
        if self._loop.time() >= self._deadline:
            self.close(WireError(f"no reply within {self._timeout:g} seconds"))
        else:
            self._timer = self._loop.call_at(self._deadline, self._look)

    def _unwatch(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    @property
    def is_open(self) -> bool:
        """Tell whether more can be sent: open, and with nothing said that nobody asked for."""
        return self._broken is None and not self._replies

    def close(self, reason: WireError | None = None) -> None:
        """Close the connection; who waits for a reply is told why."""
        self._break(reason or WireError("closed"))
        self._transport.close()

    # What the event loop calls.

    def data_received(self, data: bytes) -> None:
        """Take in what arrived, and wake the reader at each whole reply."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        try:
            for line in lines:
                self._line(line)
        except WireError as error:
            self.close(error)
        if len(self._buffer) > MAX_LINE:
            self.close(WireError("a reply line without end"))
        if self._replies:
            self._wake()

    def connection_lost(self, error: Exception | None) -> None:
        """Tell the reader that nothing more will come."""
        self._break(WireError(str(error) if error else "the server closed the connection"))

    def pause_writing(self) -> None:
        """Hold back writers: the socket is full."""
        self._writable.clear()

    def resume_writing(self) -> None:
        """Let writers go on."""
        self._writable.set()

    def _line(self, line: bytes) -> None:
        code, mark, text = line[:3], line[3:4], line[4:].rstrip(b"\r").decode("utf-8", "replace")
        if not (len(code) == 3 and code.isdigit() and mark in _MARKS):
            raise WireError(f"not an SMTP reply: {line[:80].decode('utf-8', 'replace')!r}")
        if mark != b"-" and not self._lines:
            self._replies.append(Reply(int(code), text))
            return
        self._lines.append(text)
        if len(self._lines) > MAX_LINES:
            raise WireError("a reply without end")
        if mark != b"-":
            self._replies.append(Reply(int(code), " ".join(self._lines)))
            self._lines = []

    def _break(self, error: WireError) -> None:
        if self._broken is None:
            self._broken = error
        self._writable.set()
        self._unwatch()
        self._wake()

    def _wake(self) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(None)
