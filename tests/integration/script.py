"""A programmable SMTP server: any reply, or none, at any verb, with TLS and AUTH where wanted."""

import asyncio
import ssl
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

PLAIN = ("SIZE 1000000",)
PIPELINED = ("SIZE 1000000", "PIPELINING")

Answer = bytes | None
"""A reply. None is silent from then on, b"" closes, and one that doesn't end its line is followed by the end."""

Answers = Answer | Callable[[str], Answer]
"""The same each time, or made of the command; what answers the dot is given the recipient."""


class Script:
    """Answers each command; `answers` overrides a verb's reply, and those of "banner" and "dot"."""

    def __init__(
        self,
        extensions: tuple[str, ...] = PLAIN,
        split: bool = False,
        delay: float = 0.0,
        context: ssl.SSLContext | None = None,
        **answers: Answers,
    ) -> None:
        self.extensions = extensions
        self.split = split
        self.delay = delay
        self.context = context
        self.answers = answers
        self.commands: list[str] = []
        self.messages: list[bytes] = []
        self.accepted: list[str] = []
        self.senders: list[str] = []
        self.open = 0
        self.port = 0

    @property
    def by_recipient(self) -> Counter[str]:
        return Counter(self.accepted)

    def connections(self) -> int:
        """How often a client has said EHLO."""
        return sum(command.startswith("EHLO") for command in self.commands)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.open += 1
        try:
            await self._talk(reader, writer)
        except (OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            pass
        finally:
            self.open -= 1
            writer.close()

    def _answer(self, verb: str, command: str, usual: bytes) -> Answer:
        answer = self.answers.get(verb, usual)
        return answer(command) if callable(answer) else answer

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not await self._say(reader, writer, self._answer("banner", "", b"220 ready\r\n")):
            return
        sender = recipient = ""
        while line := await reader.readline():
            command = line.decode("utf-8", "replace").rstrip("\r\n")
            verb = command.split(" ")[0].split(":")[0].upper()
            self.commands.append(command)
            if verb == "MAIL":
                sender = command.partition("<")[2].partition(">")[0]
            if verb == "RCPT":
                recipient = command.partition("<")[2].partition(">")[0]
            reply = self._answer(verb.lower(), command, self._usual(verb))
            if not await self._say(reader, writer, reply) or verb == "QUIT":
                return
            if verb == "STARTTLS" and reply and reply.startswith(b"220") and self.context:
                await writer.start_tls(self.context)
            granted = verb == "DATA" and reply and reply.startswith(b"354")
            if granted and not await self._message(reader, writer, sender, recipient):
                return

    def _usual(self, verb: str) -> bytes:
        if verb == "EHLO":
            *lines, last = "test.example.org", *self.extensions
            return "".join([*(f"250-{one}\r\n" for one in lines), f"250 {last}\r\n"]).encode()
        usual = {
            "DATA": b"354 go on\r\n",
            "QUIT": b"221 bye\r\n",
            "AUTH": b"235 2.7.0 yes\r\n",
            "STARTTLS": b"220 go\r\n",
        }
        return usual.get(verb, b"250 2.0.0 OK\r\n")

    async def _message(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, sender: str, recipient: str
    ) -> bool:
        body = b""
        while not (body == b".\r\n" or body.endswith(b"\r\n.\r\n")):
            line = await reader.readline()
            if not line:
                return False
            body += line
        await asyncio.sleep(self.delay)
        self.messages.append(body)
        reply = self._answer("dot", recipient, b"250 2.0.0 queued\r\n")
        if reply and reply.startswith(b"250") and body != b".\r\n":
            self.accepted.append(recipient)
            self.senders.append(sender)
        return await self._say(reader, writer, reply)

    async def _say(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, reply: Answer) -> bool:
        """Send a reply; returns whether the connection stays."""
        if reply is None:
            await reader.read()  # to the end
            return False
        for piece in [reply[i : i + 1] for i in range(len(reply))] if self.split and reply else [reply]:
            writer.write(piece)
            await writer.drain()
            if self.split:
                await asyncio.sleep(0)
        return reply.endswith(b"\n")


@contextmanager
def serving(script: Script) -> Iterator[Script]:
    """Serve a script in a thread of its own, for runs that have an event loop of theirs."""
    loop = asyncio.new_event_loop()

    async def start() -> asyncio.Server:
        return await asyncio.start_server(script.serve, "127.0.0.1", 0)

    async def stop() -> None:
        server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0)

    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    server = asyncio.run_coroutine_threadsafe(start(), loop).result(5)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(5)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(5)
        loop.close()
