"""The servers of our pages: one for this machine that ends at once, and one for everybody."""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Thread
from typing import Any, TypeVar

import uvicorn
from starlette.types import ASGIApp

from digest.web.patience import Patience

T = TypeVar("T")


async def unless_ended(work: Callable[[], T], ended: asyncio.Event) -> T | None:
    """Return what `work` returns in a thread; None when `ended` comes first, and nobody waits for the thread then.

    Raises what `work` raises. It is for work that waits for another machine.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        tell: Callable[[], None]
        try:
            tell = partial(done.set_result, work())
        except Exception as error:  # whatever it is, it is raised where it is waited for
            tell = partial(done.set_exception, error)
        with suppress(RuntimeError):  # the loop may have ended
            loop.call_soon_threadsafe(tell)

    # The threads of an executor are waited for when the program ends; this one may wait a minute for a relay.
    Thread(target=run, daemon=True).start()
    ending = asyncio.ensure_future(ended.wait())
    either: list[asyncio.Future[Any]] = [done, ending]
    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
    ending.cancel()
    return done.result() if done.done() else None


class PromptServer(uvicorn.Server):
    """A server that says that it ends before it waits for its answers: a stream of events has no end of its own."""

    def __init__(self, app: ASGIApp, ending: Callable[[], None]) -> None:
        """Serve `app`; `ending` is called as soon as the server is to end."""
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            lifespan="on",
            ws="none",
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=2,
        )
        super().__init__(config)
        self._ending = ending

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """End the streams, then everything else."""
        self._ending()
        await super().shutdown(sockets)


CONNECTIONS = 500
"""At once, for everybody; whoever comes then is told to come back. A process may often have 1,024 files open."""

HEADER_BYTES = 32 * 1024
"""Of a request's line and fields together."""


def public_server(app: ASGIApp) -> uvicorn.Server:
    """Return a server for everybody: it believes no forwarded field, logs no path, and bounds what clients take."""
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=Patience,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=CONNECTIONS,
            h11_max_incomplete_event_size=HEADER_BYTES,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=5,
        )
    )
