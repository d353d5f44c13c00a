"""`digest web`: the pages for everybody, from the running service."""

import socket
from contextlib import suppress
from typing import Annotated

import typer

from digest.cli.arguments import opened
from digest.cli.output import say
from digest.errors import InputError


def web(
    context: typer.Context,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535)] = 8000,
) -> None:
    """Serve the archive under /archive/. Ctrl-C ends it.

    Only this machine is answered, unless --host says otherwise: put a web server with TLS before it.
    """
    from digest.web.public import create_app
    from digest.web.server import PromptServer

    with suppress(KeyboardInterrupt):
        site = opened(context)
        with _listening(host, port) as listener:
            say(f"Archive: http://{host}:{listener.getsockname()[1]}/archive/ (Ctrl-C ends it)")
            PromptServer(create_app(site), lambda: None).run(sockets=[listener])


def _listening(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise InputError(f"--host {host} --port {port}: {error.strerror or error}; name another") from None
