"""The preview: pages on this machine that show what an issue is before it goes out.

    GET  /            the page: what can be chosen, what is known, and the message in one of four views
    GET  /html /text /raw /message.eml        the message itself
    GET  /events      says when a template, the settings or a subscriber file changed (server-sent events)
    POST /test        sends a test copy, and answers with the page
    GET  /preview.css /preview.js

Every answer reads settings and templates anew, so that a reload shows what was changed. A mistake in
them is told in the page, with its place. Only this machine is answered, under a name of its own: a stranger's
page that resolves its name to 127.0.0.1 is refused (DNS rebinding).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from digest import clock
from digest.errors import DigestError, InputError
from digest.web.choice import Choice, Chosen, Display, Pairs
from digest.web.copies import MOST_BYTES, Copies, ForgedError, Told
from digest.web.frame import framed
from digest.web.headers import PAGE, SecureHeaders, mail_policy
from digest.web.page import FOLDER, page_of
from digest.web.recent import Recent
from digest.web.server import unless_ended
from digest.web.shown import Shown, opened
from digest.web.watching import MOST_STREAMS, Changes, watch


def create_app(root: Path, start: Choice, changes: Changes, now: Callable[[], datetime] = clock.now) -> Starlette:
    """Return the preview of the site in `root`; `start` is what is shown when nothing else is chosen.

    While it runs it tells `changes`; whoever serves it ends them.
    """
    pages = _Pages(root, start, changes, now)
    return Starlette(
        routes=[
            Route("/", pages.page),
            Route("/test", pages.test, methods=["POST"]),
            Route("/html", pages.html),
            Route("/text", pages.text),
            Route("/raw", pages.raw),
            Route("/message.eml", pages.download),
            Route("/events", pages.events),
            Route("/preview.css", lambda _request: FileResponse(FOLDER / "preview.css")),
            Route("/preview.js", lambda _request: FileResponse(FOLDER / "preview.js")),
        ],
        middleware=[
            Middleware(SecureHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False),
        ],
        lifespan=lambda _app: _watching(root, changes),
    )


@asynccontextmanager
async def _watching(root: Path, changes: Changes) -> AsyncIterator[None]:
    task = asyncio.create_task(watch(root, changes))
    try:
        yield
    finally:
        changes.end()
        await task


class _Pages:
    """The answers, which are made in threads of their own."""

    def __init__(self, root: Path, start: Choice, changes: Changes, now: Callable[[], datetime]) -> None:
        self._root, self._start, self._changes, self._now = root, start, changes, now
        self._copies, self._recent = Copies(), Recent()

    def page(self, request: Request) -> Response:
        return self._page(request)

    def _page(self, request: Request, told: Told | None = None, address: str = "", status: int = 200) -> Response:
        version = self._changes.version  # before anything is read
        choice, display = self._choice(request), Display.of_query(request.query_params)
        page = page_of(self._root, choice, display, self._recent, self._now())
        html = page.render(version=version, token=self._copies.token, told=told, address=address)
        # Without a Referrer a browser would hide where a form comes from, too.
        headers = {"Content-Security-Policy": PAGE, "Referrer-Policy": "same-origin"}
        return HTMLResponse(html, _status(page.mistake) if page.mistake else status, headers)

    async def test(self, request: Request) -> Response:
        form = await _body(request)
        if form is None:
            return PlainTextResponse("This is no form of the preview's.\n", 413)
        answer = await unless_ended(partial(self._test, request, form), self._changes.ended)
        return answer or PlainTextResponse("The preview has ended, and didn't wait for the relay's answer.\n", 503)

    def _test(self, request: Request, form: bytes) -> Response:
        address = ""
        try:
            address = self._copies.address_in(request, form)
            with opened(self._root) as site:
                now = self._now()
                told = self._copies.send(site, Chosen.of(site, self._choice(request), now), address, now)
        except ForgedError:
            return PlainTextResponse("Refused: this didn't come from the preview's own page. Load it again.\n", 403)
        except DigestError as mistake:
            return self._page(request, Told("bad", str(mistake)), address, 400)
        return self._page(request, told, address)

    def html(self, request: Request) -> Response:
        display = Display.of_query(request.query_params)

        def answer(shown: Shown) -> Response:
            policy = mail_policy(images=display.images == "on")
            return HTMLResponse(framed(shown.html, display.scheme), headers={"Content-Security-Policy": policy})

        return self._part(request, answer)

    def text(self, request: Request) -> Response:
        return self._part(request, lambda shown: PlainTextResponse(shown.text))

    def raw(self, request: Request) -> Response:
        def answer(shown: Shown) -> Response:
            return Response(shown.message, headers={"Content-Type": "text/plain; charset=iso-8859-1"})

        return self._part(request, answer)

    def download(self, request: Request) -> Response:
        def answer(shown: Shown) -> Response:
            name = f"{shown.key.list_id}-{shown.key.period}.eml"
            disposition = f'attachment; filename="{name}"'
            return Response(shown.message, 200, {"Content-Disposition": disposition}, "message/rfc822")

        return self._part(request, answer)

    async def events(self, _request: Request) -> Response:
        if self._changes.streams >= MOST_STREAMS:
            return PlainTextResponse("Too many pages wait for changes.\n", 503)
        return StreamingResponse(self._changes.events(), media_type="text/event-stream")

    def _part(self, request: Request, answer: Callable[[Shown], Response]) -> Response:
        try:
            with opened(self._root) as site:
                choice, now = self._choice(request), self._now()
                return answer(self._recent.show(site, choice, Chosen.of(site, choice, now), now))
        except DigestError as mistake:
            return PlainTextResponse(f"{mistake}\n", _status(mistake))

    def _choice(self, request: Request) -> Choice:
        given: Pairs = request.query_params.multi_items()
        chosen = [(name, value) for name, value in given if name not in Display.__dataclass_fields__]
        return Choice.of_query(chosen, self._start.list_name) if chosen else self._start


async def _body(request: Request) -> bytes | None:
    """Return what was posted, or None when it is longer than a form of ours can be."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            return None
    return body


def _status(mistake: DigestError) -> int:
    """Return 404 for what isn't there, 500 for settings and templates that can't be used."""
    return 404 if isinstance(mistake, InputError) else 500
