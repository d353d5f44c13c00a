"""A preview that is served on a free port of this machine, and asked over HTTP."""

import html
import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http.client import HTTPConnection
from threading import Thread

from digest.site import Site
from digest.web.choice import Choice
from digest.web.preview import create_app
from digest.web.server import PromptServer
from digest.web.watching import Changes


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def page(self) -> str:
        return self.body.decode("utf-8")

    @property
    def words(self) -> str:
        """What a reader of the page sees."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.page)).split())


def ask(
    port: int, path: str = "/", method: str = "GET", host: str | None = None, form: str | None = None, **more: str
) -> Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        headers = {name.replace("_", "-"): value.format(port=port) for name, value in more.items()}
        connection.request(method, path, form, headers={"Host": host or f"127.0.0.1:{port}", **headers})
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())
    finally:
        connection.close()


@dataclass(frozen=True)
class Get:
    """Asks the preview that is served on a port."""

    port: int
    changes: Changes

    def __call__(self, path: str = "/", **how: str) -> Answer:
        return ask(self.port, path, **how)


@contextmanager
def serving(site: Site, now: datetime, start: Choice) -> Iterator[Get]:
    changes = Changes()
    server = PromptServer(create_app(site.root, start, changes, lambda: now), changes.end)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Get(listener.getsockname()[1], changes)
        finally:
            server.should_exit = True
            thread.join()
