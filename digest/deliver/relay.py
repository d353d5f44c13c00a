"""Relays: the only module that speaks SMTP as a client, over aiosmtplib.

aiosmtplib connects, does TLS (verified by default), EHLO and AUTH; the transactions are our own
(`transaction`, over `wire`), so that messages leave as they are and each reply is known by its stage.
"""

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal, cast

from aiosmtplib import SMTP, SMTPException, SMTPResponseException

from digest.deliver.delivery import Outgoing
from digest.deliver.envelope import Mode, envelope_sender
from digest.deliver.outcome import Outcome, Stage, judge, lacks_smtputf8, lost
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

    def without_secret(self, text: str) -> str:
        """Return a server's words without the password, in case it repeats what AUTH sent (RFC 4616, RFC 4954)."""
        if not self.password:
            return text
        plain = f"\0{self.username}\0{self.password}"
        encoded = [b64encode(one.encode()).decode() for one in (plain, self.password)]
        for secret in (*encoded, self.password):
            text = text.replace(secret, "…")
        return text


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
        self._sent = 0

    async def send(self, message: Outgoing) -> Outcome:
        """Hand over one message; every reply, and silence, is an outcome.

        Its bytes are sent as they are: CRLF throughout, no line that begins with a dot, a line break at
        the end (`digest.render.encode`).
        """
        self._transaction = None
        if self._sent >= self._relay.messages_per_connection:
            await self.close()
        wire = self._wire if self._wire is not None and self._wire.is_open else None
        if wire is None:
            opened = await self._open()
            if isinstance(opened, Outcome):
                return opened
            wire = opened
        return await self._hand_over(wire, message)

    async def _hand_over(self, wire: Wire, message: Outgoing) -> Outcome:
        sender = envelope_sender(self._return_address, message.token, self._relay.envelope)
        parameters = f" SIZE={len(message.data)}" if "size" in self._extensions else ""
        if not (message.recipient.isascii() and sender.isascii()):
            if "smtputf8" not in self._extensions:
                return lacks_smtputf8(self._relay.name)
            parameters += " SMTPUTF8 BODY=8BITMIME" if "8bitmime" in self._extensions else " SMTPUTF8"
        transaction = Transaction(wire, self._relay.timeout, pipelined="pipelining" in self._extensions)
        self._transaction = transaction
        try:
            outcome = await transaction.run(
                f"MAIL FROM:<{sender}>{parameters}", f"RCPT TO:<{message.recipient}>", message.data
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

    async def _open(self) -> Wire | Outcome:
        """Connect, do TLS, EHLO and AUTH; returns the outcome of the step that failed."""
        self._drop()
        relay, stage = self._relay, Stage.CONNECT
        client = SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.tls == "implicit",
            start_tls=False,
            timeout=relay.timeout,
        )
        try:
            async for stage in _steps(client, relay):  # noqa: B007 - the last one begun is wanted when it fails
                pass
        except SMTPResponseException as error:
            outcome = judge(stage, error.code, relay.without_secret(error.message))
        except (SMTPException, OSError, ValueError) as error:
            outcome = lost(stage, relay.without_secret(f"{type(error).__name__}: {error}"))
        else:
            transport = cast("asyncio.Transport", client.transport)  # uvloop's are of a class of their own
            self._extensions = frozenset(name.lower() for name in client.esmtp_extensions)
            self._wire, self._sent = Wire(transport), 0
            return self._wire
        finally:
            if self._wire is None:
                client.close()
        return outcome

    def _drop(self) -> None:
        if self._wire is not None:
            self._wire.close()
        self._wire, self._sent = None, 0


async def _steps(client: SMTP, relay: Relay) -> AsyncIterator[Stage]:
    """Take the steps to a connection that is ready, each announced before it is taken."""
    yield Stage.CONNECT
    await client.connect()
    yield Stage.EHLO
    await client.ehlo()
    if relay.tls == "starttls":
        yield Stage.STARTTLS
        await client.starttls()
        yield Stage.EHLO
        await client.ehlo()
    if relay.username is not None and relay.password is not None:
        yield Stage.AUTH
        await client.login(relay.username, relay.password)
