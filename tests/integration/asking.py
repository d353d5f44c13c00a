"""The pages for everybody on a free port of this machine, asked as a browser asks, and as nobody should."""

import re
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from threading import Thread
from urllib.parse import urlencode

from digest.site import Site
from digest.web.public import create_app
from digest.web.server import public_server
from tests.integration.previewing import Answer, ask

FORM = "application/x-www-form-urlencoded"
URL = "https://digest.example.org"


def set_up(site: Site, url: str | None = URL, **web: object) -> Site:
    """Return the site with readers' pages at `url`, and other settings of `[web]`."""
    settings = site.settings
    changed = {
        "site": settings.site.model_copy(update={"url": url}),
        "web": settings.web.model_copy(update=web),
    }
    return replace(site, settings=settings.model_copy(update=changed))


def with_lists(site: Site, *names: str, **table: object) -> Site:
    """Return the site with only these lists, their tables changed."""
    lists = {name: site.settings.lists[name].model_copy(update=table) for name in names}
    return replace(site, settings=site.settings.model_copy(update={"lists": lists}))


@dataclass
class Front:
    """Asks a served site; `now` is its clock."""

    port: int
    now: list[datetime] = field(default_factory=list)

    def get(self, path: str, method: str = "GET", **how: str) -> Answer:
        return ask(self.port, path, method, **how)

    def post(self, path: str, fields: object = (), body: str | None = None, **how: str) -> Answer:
        sent = urlencode(fields, doseq=True) if body is None else body
        return ask(self.port, path, "POST", form=sent, **{"Content_Type": FORM, **how})

    def pass_by(self, **span: float) -> None:
        self.now[0] += timedelta(**span)

    def made(self, path: str = "/subscribe/daily") -> str:
        """When the form says that it was made; then ten seconds pass."""
        made = field_of(self.get(path), "made")
        self.pass_by(seconds=10)
        return made

    def sign_up(self, address: str = "ada@example.org", path: str = "/subscribe/daily", **fields: object) -> Answer:
        how = {name: fields.pop(name) for name in [*fields] if name[0].isupper()}
        return self.post(path, {"email": address, "made": self.made(), **fields}, **how)


def field_of(answer: Answer, name: str) -> str:
    found = re.search(rf'name="{name}"[^>]*? value="([^"]*)"', answer.page)
    assert found, name
    return found[1]


@contextmanager
def open_for_all(site: Site, now: datetime) -> Iterator[Front]:
    clock = [now]
    server = public_server(create_app(site, lambda: clock[0]))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield Front(listener.getsockname()[1], clock)
        finally:
            server.should_exit = True
            thread.join()
