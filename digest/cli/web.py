"""`digest web`: the pages for everybody, from the running service."""

import logging
import signal
import socket
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from digest import clock
from digest.cli.arguments import opened
from digest.cli.log import log_to_stderr
from digest.cli.output import note, say
from digest.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from digest.site import Site


def web(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
) -> None:
    """Serve the pages for readers, and send the mails that ask them to confirm. Ctrl-C or SIGTERM ends it.

    Only this machine is answered, unless --host says otherwise: put a web server with TLS before it.
    """
    from digest.notifying import Notifier, notices_leave
    from digest.web.public import create_app
    from digest.web.server import public_server

    with suppress(KeyboardInterrupt), _ended_by_sigterm():
        site = opened(context)
        log_to_stderr(logging.INFO)
        with _listening(host, port) as listener:
            written = f"[{host}]" if ":" in host else host  # RFC 3986, 3.2.2
            _say_where(site, f"http://{written}:{listener.getsockname()[1]}")
            _ = site.store  # opened, and brought up to date, before two threads want it
            with notices_leave(Notifier(clock.now), lambda: site):
                public_server(create_app(site)).run(sockets=[listener])


def _say_where(site: "Site", address: str) -> None:
    from digest.web.offer import open_lists

    say(f"Archive: {address}/archive/ (Ctrl-C ends it)")
    lists = open_lists(site)
    if not site.settings.site.url:
        note("site.url is not set: nobody can sign up or change anything on the web; set it to where this is reached")
    elif not lists:
        note("Every list has signup = false: nobody can sign up on the web.")
    else:
        say(f"Front door: {address}/ (for readers {site.settings.site.url}/)")
        for one in lists:
            say(f"  {one.table.name}: {site.settings.site.url}/subscribe/{one.id}")


@contextmanager
def _ended_by_sigterm() -> "Iterator[None]":
    """Have SIGTERM end the block as Ctrl-C does, so that what is begun is brought to its end."""

    def end(_number: int, _frame: object) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(f"--host {host} --port {port}: {error.strerror or error}; name another") from None
