"""An SMTP server that counts what it takes, by Message-ID, and fails now and then as servers do.

It stands for the world behind the sender: it lives in a thread of the harness, and so survives every
kill. What it says it took is the truth against which the ledger is held.
"""

import asyncio
import re
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from hashlib import blake2b
from random import Random

SILENCE = 2.0
"""Seconds of silence after the dot before the server closes; the sender's own patience is longer."""

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*(<[^>\r\n]+>)", re.IGNORECASE | re.MULTILINE)
_PATH = re.compile(rb"<([^>]*)>")


class Fault(StrEnum):
    """What the server does wrong; the last two leave the sender in doubt about a message that was taken."""

    BANNER = "421 at the banner"
    GREYLIST = "450 at RCPT, first contact"
    BEFORE_DATA = "disconnect before DATA"
    DOT = "451 at the dot"
    AFTER_DOT = "disconnect after the dot"
    SILENCE = "silence after the dot"


UNCERTAIN = (Fault.AFTER_DOT, Fault.SILENCE)
"""The faults after the dot: each may rightly cost one duplicate."""

NO_FAULTS: dict[Fault, float] = {}

USUAL: dict[Fault, float] = {
    Fault.BANNER: 0.02,
    Fault.GREYLIST: 0.03,
    Fault.BEFORE_DATA: 0.003,
    Fault.DOT: 0.01,
    Fault.AFTER_DOT: 0.003,
    Fault.SILENCE: 0.0005,
}
"""How often each happens, of 1: of connections, of recipients, of messages."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A message that was taken: its id, whom it was for, and a digest of its bytes."""

    message_id: str
    recipient: str
    content: bytes


class CountingServer:
    """Counts messages; a message is taken before its 250 is said, as RFC 5321, 6.1 asks.

    `pace` is how long the server thinks over a message, in seconds on average, so that a kill finds
    somebody at work. Everything is written by the server's thread and read by others once it is idle.
    """

    def __init__(self, faults: dict[Fault, float], pace: float, seed: int) -> None:
        self._rates = faults
        self._pace = pace
        self.random = Random(seed)
        self.faults: Counter[Fault] = Counter()
        self.taken: list[Copy] = []
        self.met: set[str] = set()
        self.busy = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="counting server")

    def __enter__(self) -> "CountingServer":
        self._thread.start()
        opening = asyncio.run_coroutine_threadsafe(self._listen(), self._loop)
        self.port = opening.result(timeout=10)
        return self

    def __exit__(self, *_error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._shut(), self._loop).result(timeout=10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout=10)
        self._loop.close()

    async def _listen(self) -> int:
        self._server = await self._loop.create_server(lambda: _Connection(self, self._loop), "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    async def _shut(self) -> None:
        self._server.close()
        await self._server.wait_closed()

    def settle(self, patience: float = 10.0) -> None:
        """Wait until the server has dealt with all that a dead sender left on the wire.

        A connection that was never greeted isn't waited for: no message is on it.
        Raises TimeoutError when connections stay open: then the sender isn't dead.
        """
        limit = time.monotonic() + patience
        while self.busy:
            if time.monotonic() > limit:
                raise TimeoutError(f"{self.busy} connections are open {patience:g} seconds after the sender's end")
            time.sleep(0.001)

    def by_recipient(self) -> dict[str, set[str]]:
        """Return the Message-IDs that each recipient got."""
        found: defaultdict[str, set[str]] = defaultdict(set)
        for copy in self.taken:
            found[copy.recipient].add(copy.message_id)
        return found

    def duplicates(self) -> int:
        """Return how many copies were taken beyond the first of each Message-ID."""
        return len(self.taken) - len({copy.message_id for copy in self.taken})

    def repeated(self) -> set[str]:
        """Return the recipients who got more than one copy."""
        copies = Counter(copy.recipient for copy in self.taken)
        return {recipient for recipient, number in copies.items() if number > 1}

    def differing(self) -> int:
        """Return how many Message-IDs came with more than one content or recipient: none may."""
        return len(set(self.taken)) - len({copy.message_id for copy in self.taken})

    # What a connection asks.

    def fails(self, fault: Fault) -> bool:
        """Draw whether a fault happens now, and count it."""
        happens = self.random.random() < self._rates.get(fault, 0.0)
        if happens:
            self.faults[fault] += 1
        return happens

    def pause(self) -> float:
        """Draw how long this message is thought over."""
        return self.random.uniform(0, 2 * self._pace)

    def take(self, message: bytes, recipient: str) -> None:
        """Count a message whose dot was seen."""
        found = _MESSAGE_ID.search(message, 0, message.find(b"\r\n\r\n") + 2)
        name = found[1].decode("ascii") if found else f"none, of {recipient}"
        self.taken.append(Copy(name, recipient, blake2b(message, digest_size=8).digest()))


class _Connection(asyncio.Protocol):
    """One session (RFC 5321, 3), with PIPELINING (RFC 2920); one recipient a message is enough here."""

    def __init__(self, server: CountingServer, loop: asyncio.AbstractEventLoop) -> None:
        self._server = server
        self._loop = loop
        self._buffer = bytearray()
        self._recipient = ""
        self._in_data = False
        self._silent = False
        self._lost = False
        self._thinking: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._server.busy += 1
        if self._server.fails(Fault.BANNER):
            self._say("421 4.3.2 too busy, come back later")
            transport.close()
        else:
            self._say("220 counting.example.org ESMTP")

    def data_received(self, data: bytes) -> None:
        searched = max(0, len(self._buffer) - 4)
        self._buffer += data
        if self._thinking is None:
            self._go_on(searched)

    def connection_lost(self, _error: Exception | None) -> None:
        self._lost = True
        if self._silent and self._thinking is not None:
            self._thinking.cancel()
            self._thinking = None
        if self._thinking is None:
            self._server.busy -= 1

    def _go_on(self, searched: int = 0) -> None:
        """Deal with all that is here: commands line by line, or a message up to its dot."""
        while self._thinking is None and not self._transport.is_closing():
            end = self._buffer.find(b"\r\n.\r\n" if self._in_data else b"\r\n", searched)
            searched = 0
            if end < 0:
                return
            if self._in_data:
                message = bytes(self._buffer[: end + 2])
                del self._buffer[: end + 5]
                self._in_data = False
                self._think(self._server.pause(), partial(self._dot, message))
            else:
                line = bytes(self._buffer[:end])
                del self._buffer[: end + 2]
                self._command(line)

    def _command(self, line: bytes) -> None:
        verb = line[:4].upper()
        if verb == b"RCPT":
            self._rcpt(line)
        elif verb == b"DATA":
            self._data()
        elif verb == b"QUIT":
            self._say("221 2.0.0 bye")
            self._transport.close()
        elif verb == b"EHLO":
            self._say("250-counting.example.org\r\n250-PIPELINING\r\n250-SIZE 10000000\r\n250 ENHANCEDSTATUSCODES")
        elif verb in (b"MAIL", b"RSET"):
            self._recipient = ""
            self._say("250 2.0.0 ok")
        else:
            self._say("502 5.5.1 not known here")

    def _rcpt(self, line: bytes) -> None:
        found = _PATH.search(line)
        recipient = found[1].decode("ascii") if found else ""
        is_new = recipient not in self._server.met
        self._server.met.add(recipient)
        if is_new and self._server.fails(Fault.GREYLIST):
            self._say("450 4.7.1 greylisted, try again")
            return
        self._recipient = recipient
        self._say("250 2.1.5 ok")

    def _data(self) -> None:
        if not self._recipient:
            self._say("503 5.5.1 no recipient")
        elif self._server.fails(Fault.BEFORE_DATA):
            self._transport.abort()
        else:
            self._in_data = True
            self._say("354 go on")

    def _dot(self, message: bytes) -> None:
        """Answer the dot, or don't. Who died meanwhile had sent it all the same: the message is taken."""
        if not self._lost and self._server.fails(Fault.DOT):
            self._say("451 4.3.0 not now")
            return
        self._server.take(message, self._recipient)
        if self._lost:
            return
        if self._server.fails(Fault.AFTER_DOT):
            self._transport.abort()
        elif self._server.fails(Fault.SILENCE):
            self._silent = True
            self._think(SILENCE, self._transport.abort)
        else:
            self._say("250 2.0.0 taken")

    def _think(self, seconds: float, then: Callable[[], None]) -> None:
        """Do `then` after a while; what arrives meanwhile waits in the buffer."""

        def wake() -> None:
            self._thinking = None
            then()
            if self._lost:
                self._server.busy -= 1
            else:
                self._go_on()

        self._thinking = self._loop.call_later(seconds, wake)

    def _say(self, reply: str) -> None:
        if not self._transport.is_closing():
            self._transport.write(reply.encode("ascii") + b"\r\n")
