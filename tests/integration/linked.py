"""The pages behind signed links, served on port 0, and the links themselves."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from threading import Thread
from urllib.parse import urlencode

from digest.readership.lookup import member
from digest.site import Site
from digest.subscribers.address import parse_address
from digest.subscribers.tokens import Purpose, sign
from digest.web.public import create_app
from digest.web.server import PromptServer
from tests.integration.previewing import Answer, ask

FORM = "application/x-www-form-urlencoded"


@contextmanager
def serving(site: Site, now: datetime) -> Iterator[int]:
    """Serve the pages for everybody, as `digest web` does; yields the port."""
    server = PromptServer(create_app(site, lambda: now), lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@dataclass(frozen=True)
class Links:
    """The links of one reader of one list, on the served pages."""

    site: Site
    port: int
    list_name: str
    address: str

    @property
    def ids(self) -> tuple[str, str]:
        return member(self.site, self.site.list(self.list_name), parse_address(self.address))

    @property
    def leave(self) -> str:
        return f"/u/{sign(self.site.signing_keys, Purpose.UNSUBSCRIBE, self.ids[0])}"

    @property
    def choose(self) -> str:
        return f"/p/{sign(self.site.signing_keys, Purpose.PREFERENCES, self.ids[0])}"

    def get(self, path: str, **how: str) -> Answer:
        return ask(self.port, path, **how)

    def post(self, path: str, fields: dict[str, object] | None = None, **how: str) -> Answer:
        return ask(self.port, path, "POST", form=urlencode(fields or {}, doseq=True), **{"Content_Type": FORM, **how})
