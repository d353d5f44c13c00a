"""A real SMTP server that answers as it is told and counts what it accepts."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator
from email import message_from_bytes
from email.message import Message
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.collecting import collect_file
from digest.resources import shipped
from digest.site import Site
from tests.integration.web import Web, serving

Reply = Callable[[str], str | None]
"""Given a recipient, the reply that refuses them, or None to accept."""


class Server:
    """Collects messages; `rcpt` and `dot` may refuse at that stage."""

    def __init__(self) -> None:
        self.messages: list[tuple[Envelope, Message]] = []
        self.rcpt: Reply = lambda _recipient: None
        self.dot: Reply = lambda _recipient: None
        self.mail: str | None = None
        self.port = 0
        self.delay = 0.0

    async def handle_MAIL(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.mail:
            return self.mail
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        refusal = self.rcpt(address)
        if refusal is None:
            envelope.rcpt_tos.append(address)
        return refusal or "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.delay)
        refusal = self.dot(envelope.rcpt_tos[0])
        if refusal is None:
            self.messages.append((envelope, message_from_bytes(envelope.content)))
        return refusal or "250 2.0.0 OK"

    @property
    def by_recipient(self) -> Counter[str]:
        return Counter(recipient for envelope, _ in self.messages for recipient in envelope.rcpt_tos)


class _OnFreePort(Controller):
    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    """Whatever the machine's own environment says about proxies and certificates."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def web() -> Iterator[Web]:
    """A web server that answers as it is told."""
    with serving() as web:
        yield web


@pytest.fixture
def server() -> Iterator[Server]:
    handler = Server()
    controller = _OnFreePort(handler, hostname="127.0.0.1", port=0)
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


@pytest.fixture
def seeded(site: Site, now) -> Site:
    """The sample site with the seed papers loaded."""
    collect_file(site, shipped("seeds") / "seed-page.txt", 2025, now)
    return site


def through(site: Site, server: Server) -> Site:
    """Return the site with its mail going to `server`."""
    settings = site.root / "digest.toml"
    relay = f'[relays.test]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"\nconnections = 2\n\n'
    text = settings.read_text("utf-8").replace('relays = ["outbox"]', 'relays = ["test"]')
    settings.write_text(relay + text, encoding="utf-8")
    return Site.open(site.root)


@pytest.fixture
def mailed(seeded: Site, server: Server) -> Site:
    """The seeded site, sending to the test's own server."""
    return through(seeded, server)


@pytest.fixture
def subscriber_file(site: Site) -> Path:
    return site.subscriber_file(site.list("daily"))
