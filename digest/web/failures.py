"""What goes wrong on the pages for everybody: a page for people, and for the operator a line without whom it was about.

A path may hold a token, so what is logged is the route's template.
"""

import logging
from collections.abc import Mapping
from typing import Any

from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import ASGIApp, ExceptionHandler, Message, Receive, Scope, Send

from digest.errors import BusyError, DigestError
from digest.web.pages import Pages

log = logging.getLogger(__name__)

_SOON, _AGAIN = {"Retry-After": "30"}, {"Retry-After": "300"}


def failure_handlers(pages: Pages) -> Mapping[Any, ExceptionHandler]:
    """Return what answers each kind of failure that is expected."""

    def refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        return failure_page(pages, request, error.status_code, error.headers)

    def busy(request: Request, error: Exception) -> Response:
        log.warning("%s: %s", route_of(request.scope), error)
        return failure_page(pages, request, 503, _SOON)

    def failed(request: Request, error: Exception) -> Response:
        # The reason is the operator's, and in the log: it may name files.
        reason = f"the store: {error.orig}" if isinstance(error, DBAPIError) else error
        log.error("%s: %s", route_of(request.scope), reason)
        return failure_page(pages, request, 503, _AGAIN)

    return {HTTPException: refused, BusyError: busy, DigestError: failed, DBAPIError: failed}


def failure_page(pages: Pages, request: Request, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """Return the page for a status; in plain words where its template can't be used either."""
    raw: bytes = request.scope.get("raw_path") or b"/"
    home = "../" * (raw.count(b"/") - 1)
    language = pages.language(request, None)
    try:
        return pages.answer("failure.html.j2", language, home=home, status=status, headers=headers, number=status)
    except DigestError as error:
        log.error("failure.html.j2: %s", error)  # noqa: TRY400 - one line, for a person
        return PlainTextResponse("This page can't be shown just now.\n", status, headers)


def route_of(scope: Scope) -> str:
    """Return the template of the route that answers, "/c/{token}", never what stands in it."""
    return str(getattr(scope.get("route"), "path", "no route"))


class Defects:
    """ASGI middleware that answers what nobody expected with a page of ours, and logs it with its traceback."""

    def __init__(self, app: ASGIApp, *, pages: Pages) -> None:
        """Wrap `app`."""
        self.app, self._pages = app, pages

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer as the wrapped application does, or say that it could not."""
        begun = False

        async def told(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, told)
        except Exception:
            if scope["type"] != "http":
                raise
            log.exception("%s %s: a defect", scope["method"], route_of(scope))
            if not begun:
                response = failure_page(self._pages, Request(scope, receive), 500, _AGAIN)
                await response(scope, receive, send)
