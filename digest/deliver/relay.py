"""Relays: the only module that speaks SMTP as a client, over aiosmtplib.

TLS is verified by default. The messages need neither dot-stuffing nor a change of line endings
(`digest.render.encode`), so aiosmtplib's own pass over them finds nothing to do.
"""

from dataclasses import dataclass
from typing import Literal

from aiosmtplib import (
    SMTP,
    SMTPAuthenticationError,
    SMTPException,
    SMTPHeloError,
    SMTPResponseException,
)

from digest.deliver.outcome import Outcome, Stage, judge, lost


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


class RelaySession:
    """One kept connection: opened when first needed, renewed after `messages_per_connection`."""

    def __init__(self, relay: Relay, envelope_sender: str) -> None:
        self._relay = relay
        self._sender = envelope_sender
        self._client: SMTP | None = None
        self._sent = 0

    async def send(self, recipient: str, message: bytes) -> Outcome:
        """Hand over one message; every reply, and silence, is an outcome."""
        if self._sent >= self._relay.messages_per_connection:
            await self.close()
        stage = Stage.CONNECT
        try:
            client = self._client or await self._open()
            stage = Stage.MAIL
            await client.mail(self._sender, options=[f"SIZE={len(message)}"] if _announces_size(client) else None)
            stage = Stage.RCPT
            await client.rcpt(recipient)
            stage = Stage.DOT
            response = await client.data(message)
        except SMTPResponseException as error:
            return await self._refused(_stage(error, stage), error)
        except (SMTPException, OSError) as error:
            self._drop()
            return lost(stage, f"{type(error).__name__}: {error}")
        self._sent += 1
        return judge(stage, response.code, response.message)

    async def close(self) -> None:
        """Say QUIT and close; a broken connection is closed without a word."""
        client, self._client, self._sent = self._client, None, 0
        if client is None:
            return
        try:
            await client.quit()
        except (SMTPException, OSError):
            client.close()

    async def _open(self) -> SMTP:
        relay = self._relay
        client = SMTP(
            hostname=relay.host,
            port=relay.port,
            use_tls=relay.tls == "implicit",
            start_tls=relay.tls == "starttls",
            username=relay.username,
            password=relay.password,
            timeout=relay.timeout,
        )
        await client.connect()
        self._client, self._sent = client, 0
        return client

    async def _refused(self, stage: Stage, error: SMTPResponseException) -> Outcome:
        """Keep the connection for the next message where the server does (RFC 5321, 4.1.1.5)."""
        outcome = judge(stage, error.code, error.message)
        client = self._client
        if client is None or error.code == 421:
            self._drop()
            return outcome
        try:
            await client.rset()
        except (SMTPException, OSError):
            self._drop()
        return outcome

    def _drop(self) -> None:
        if self._client is not None:
            self._client.close()
        self._client, self._sent = None, 0


def _announces_size(client: SMTP) -> bool:
    return client.supports_extension("size")


def _stage(error: SMTPResponseException, stage: Stage) -> Stage:
    if stage is not Stage.CONNECT:
        return stage
    if isinstance(error, SMTPAuthenticationError):
        return Stage.AUTH
    return Stage.EHLO if isinstance(error, SMTPHeloError) else Stage.CONNECT
