"""Relays: the only module that speaks SMTP as a client, over aiosmtplib.

aiosmtplib connects, does TLS (verified by default), EHLO and AUTH; the transactions are our own
(`transaction`, over `wire`), so that messages leave as they are and each reply is known by its stage.
"""

import asyncio
from base64 import b64encode
from dataclasses import dataclass
from typing import Literal, cast

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from digest.deliver.delivery import Outgoing
from digest.deliver.envelope import Mode, envelope_sender
from digest.deliver.outcome import Outcome, Stage, judge, lost
from digest.deliver.transaction import Transaction
from digest.deliver.wire import Wire, WireError

QUIT_TIMEOUT = 2.0
"""Seconds to wait for the reply to QUIT; nothing depends on it."""


class Secret(str):
    """A string that doesn't show itself in a repr, and so not in a log or a traceback."""

    __slots__ = ()

    def __repr__(self) -> str:
        """Hide the value."""
        return "Secret(hidden)"


@dataclass(frozen=True, slots=True)
class Relay:
    """How to reach an SMTP server. `timeout` is in seconds, for each reply."""

    name: str
    host: str
    port: int | None
    tls: Literal["implicit", "starttls", "none"]
    username: str | None
    password: Secret | None
    timeout: float
    messages_per_connection: int
    envelope: Mode = "from"


class RelaySession:
    """One kept connection: opened when first needed, renewed after `messages_per_connection`.

    Where the server offers PIPELINING (RFC 2920), MAIL, RCPT and DATA leave together, so that a message
    costs two round trips and not four.
    """

    def __init__(self, relay: Relay, return_address: str) -> None:
        self._relay = relay
        self._return_address = return_address
        self._transaction: Transaction | None = None
        self._wire: Wire | None = None
        self._extensions: frozenset[str] = frozenset()
        self._opening = Stage.CONNECT
        self._sent = 0

    async def send(self, message: Outgoing) -> Outcome:
        """Hand over one message; every reply, and silence, is an outcome.

        Its bytes are sent as they are: CRLF throughout, no line that begins with a dot, a line break at
        the end (`digest.render.encode`).
        """
        self._transaction = None
        if self._sent >= self._relay.messages_per_connection:
            await self.close()
        try:
            wire = self._wire if self._wire is not None and self._wire.is_open else await self._open()
        except SMTPResponseException as error:
            return judge(self._opening, error.code, self._without_password(error.message))
        except (SMTPException, OSError, ValueError) as error:  # ValueError: a challenge that isn't base64
            return lost(self._opening, self._without_password(f"{type(error).__name__}: {error}"))
        return await self._hand_over(wire, message)

    async def _hand_over(self, wire: Wire, message: Outgoing) -> Outcome:
        sender = envelope_sender(self._return_address, message.token, self._relay.envelope)
        size = f" SIZE={len(message.data)}" if "size" in self._extensions else ""
        transaction = Transaction(wire, self._relay.timeout, pipelined="pipelining" in self._extensions)
        self._transaction = transaction
        try:
            outcome = await transaction.run(
                f"MAIL FROM:<{sender}>{size}", f"RCPT TO:<{message.recipient}>", message.data
            )
        except WireError as error:
            self._drop()
            return lost(transaction.stage, str(error))
        self._transaction = None
        self._sent += 1
        if outcome.code == 421:
            self._drop()
        return outcome

    def abandon(self, reason: str) -> Outcome:
        """Close at once, in the middle of a message; returns what that means for it."""
        stage = self._transaction.stage if self._transaction is not None else Stage.CONNECT
        self._drop()
        return lost(stage, reason)

    async def close(self) -> None:
        """Say QUIT and close; a broken connection is closed without a word."""
        wire, self._wire, self._sent = self._wire, None, 0
        if wire is None:
            return
        try:
            wire.write(b"QUIT\r\n")
            await wire.reply(min(self._relay.timeout, QUIT_TIMEOUT))
        except WireError:
            pass
        finally:
            wire.close()

    async def _open(self) -> Wire:
        relay = self._relay
        client = SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.tls == "implicit",
            start_tls=False,  # not at once, but as a step of its own, so that it is known where it failed
            timeout=relay.timeout,
        )
        try:
            await self._greet(client)
        except BaseException:
            client.close()
            raise
        transport = cast("asyncio.Transport", client.transport)  # uvloop's are of a class of their own
        self._extensions = frozenset(name.lower() for name in client.esmtp_extensions)
        self._wire, self._sent = Wire(transport), 0
        return self._wire

    async def _greet(self, client: SMTP) -> None:
        """Do what comes before the first message; `_opening` is the step it is at."""
        self._opening = Stage.CONNECT
        await client.connect()
        self._opening = Stage.EHLO
        await client.ehlo()
        if self._relay.tls == "starttls":
            self._opening = Stage.STARTTLS
            await client.starttls()
            self._opening = Stage.EHLO
            await client.ehlo()
        if self._relay.username is not None:
            self._opening = Stage.AUTH
            await client.login(self._relay.username, self._relay.password or "")

    def _without_password(self, text: str) -> str:
        """Return a reply without our password, should the server repeat what it was sent."""
        username, password = self._relay.username or "", self._relay.password
        if not password:
            return text
        sent = [password.encode(), f"\0{username}\0{password}".encode()]
        for secret in (password, *(b64encode(one).decode() for one in sent)):
            text = text.replace(secret, "(hidden)")
        return text

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._wire, self._sent = None, 0
