"""One mail transaction: MAIL, RCPT, DATA and the message (RFC 5321, 3.3), pipelined where offered."""

from digest.deliver.outcome import Outcome, Stage, judge
from digest.deliver.wire import Reply, Wire, WireError

DOT_PATIENCE = 10
"""How many times the usual timeout the reply to the final dot may take: 10 minutes for one of 60 s, as
RFC 5321, 4.5.3.2.6 asks. Giving up early means sending twice."""

_STAGES = (Stage.MAIL, Stage.RCPT, Stage.DATA)


class Transaction:
    """Hands over one message; `stage` is where it stands, should the wire break."""

    def __init__(self, wire: Wire, timeout: float, *, pipelined: bool) -> None:
        self._wire = wire
        self._timeout = timeout
        self._pipelined = pipelined
        self.stage = Stage.MAIL

    async def run(self, mail: str, rcpt: str, message: bytes) -> Outcome:
        """Return the outcome; the commands may hold UTF-8 (RFC 6531).

        Raises WireError when the connection breaks or stays silent.
        """
        commands = (f"{mail}\r\n", f"{rcpt}\r\n", "DATA\r\n")
        if self._pipelined:
            self._wire.write("".join(commands).encode())
        for stage, command in zip(_STAGES, commands, strict=True):
            self.stage = stage
            if not self._pipelined:
                self._wire.write(command.encode())
            reply = await self._wire.reply(self._timeout)
            if reply.code // 100 == 3 and stage is not Stage.DATA:
                raise WireError(f"a reply out of turn: {reply.code} {reply.text}"[:200])
            if reply.code // 100 != (3 if stage is Stage.DATA else 2):
                return await self._refused(reply)
        self.stage = Stage.DOT
        self._wire.write(message, b".\r\n")
        await self._wire.drain(self._timeout)
        reply = await self._wire.reply(self._timeout * DOT_PATIENCE)
        if reply.code // 100 != 2:
            return await self._refused(reply)
        return judge(Stage.DOT, reply.code, reply.text)

    async def _refused(self, reply: Reply) -> Outcome:
        """Return what a refusal means, with the connection ready for the next message, or closed.

        What is known stays known, whatever happens while the connection is cleared up.
        """
        outcome = judge(self.stage, reply.code, reply.text)
        if reply.code == 421:
            return outcome
        try:
            await self._clear_up()
        except WireError:
            self._wire.close()
        return outcome

    async def _clear_up(self) -> None:
        """Read what was pipelined, and reset."""
        if self._pipelined and self.stage is Stage.MAIL:
            await self._wire.reply(self._timeout)
        if self._pipelined and self.stage in (Stage.MAIL, Stage.RCPT):
            answer = await self._wire.reply(self._timeout)
            if answer.code == 354:
                # DATA was granted though nobody is to get it: end the message at once (RFC 2920, 3.1).
                self._wire.write(b".\r\n")
                await self._wire.reply(self._timeout)
        self._wire.write(b"RSET\r\n")
        answer = await self._wire.reply(self._timeout)
        if answer.code // 100 != 2:
            self._wire.close()
