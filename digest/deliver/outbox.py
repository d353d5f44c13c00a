"""The outbox: an SMTP server of our own, in this process, that writes every message to a Maildir.

It is the relay of a new site: mail takes the real way, over SMTP, and none leaves the machine. Any
mail program that reads a Maildir shows what arrived.
"""

import mailbox
from asyncio import Server
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.deliver.relay import Relay
from digest.errors import RelayError


class _MaildirHandler:
    """Writes accepted messages; the envelope is kept as the fields a final delivery adds."""

    def __init__(self, folder: Path) -> None:
        self._maildir = mailbox.Maildir(folder, create=True)

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: ARG002, N802
        """Store one message (RFC 5321, 4.4: Return-Path at final delivery)."""
        content = envelope.content
        assert isinstance(content, bytes)
        fields = [f"Return-Path: <{envelope.mail_from}>"]
        fields += [f"Delivered-To: {recipient}" for recipient in envelope.rcpt_tos]
        head = "".join(f"{line}\r\n" for line in fields).encode("utf-8")
        self._maildir.add(head + content)
        return "250 2.0.0 written to the outbox"


class _OnFreePort(Controller):
    """A controller that listens on port 0 and knows which port it got."""

    def _trigger_server(self) -> None:
        assert isinstance(self.server, Server)
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@contextmanager
def outbox(name: str, folder: Path) -> Iterator[Relay]:
    """Run the server on a free loopback port while the block runs; yields the relay to send to.

    Raises RelayError when the folder can't be written.
    """
    try:
        handler = _MaildirHandler(folder)
    except OSError as error:
        raise RelayError(f"relay {name}: {folder}: {error.strerror}; the Maildir must be writable") from error
    controller = _OnFreePort(handler, hostname="127.0.0.1", port=0, data_size_limit=10_000_000, enable_SMTPUTF8=True)
    controller.start()
    try:
        yield Relay(
            name=name,
            host="127.0.0.1",
            port=controller.port,
            tls="none",
            username=None,
            password=None,
            timeout=30.0,
            messages_per_connection=10_000,
        )
    finally:
        controller.stop()
