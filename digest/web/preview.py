"""The preview: pages on this machine that show what an issue is before it goes out.

    /               the page around it: state, subject, size, and the message in one of three views
    /html /text /raw /message.eml     the message itself
    /preview.css    the page's style

Every answer reads settings and templates anew, so that a reload shows what was changed. A mistake in
them is one line in the page. Only this machine is answered, under a name of its own: a stranger's page
that resolves its name to 127.0.0.1 is refused (DNS rebinding).
"""

import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import FileResponse, HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from digest import clock
from digest.errors import DigestError, InputError
from digest.render.fit import MAX_HTML
from digest.render.theme import Theme
from digest.resources import shipped
from digest.web.headers import MAIL, PAGE, SANDBOX, SecureHeaders
from digest.web.shown import FREQUENCIES, Choice, Chosen, Offer, Shown, opened, show

VIEWS = {"html": "HTML", "text": "Plaintext", "raw": "Raw message"}
"""The views of a message, by the name they have in a URL."""

_LINK = re.compile(r"""<a (?=(?:[^"'>]|"[^"]*"|'[^']*')*?(?<=\s)href="(?!\#))""")


def create_app(root: Path, start: Choice, now: Callable[[], datetime] = clock.now) -> Starlette:
    """Return the preview of the site in `root`; `start` is what is shown when nothing else is chosen."""
    pages = _Pages(root, start, now)
    return Starlette(
        routes=[
            Route("/", pages.page),
            Route("/html", pages.html),
            Route("/text", pages.text),
            Route("/raw", pages.raw),
            Route("/message.eml", pages.download),
            Route("/preview.css", _style),
        ],
        middleware=[
            Middleware(SecureHeaders),
            Middleware(TrustedHostMiddleware, allowed_hosts=["127.0.0.1", "localhost"], www_redirect=False),
        ],
    )


def _style(_request: Request) -> Response:
    return FileResponse(_templates() / "preview.css", media_type="text/css")


def _templates() -> Path:
    return shipped("templates") / "web"


class _Pages:
    """The answers, which are made in threads of their own."""

    def __init__(self, root: Path, start: Choice, now: Callable[[], datetime]) -> None:
        self._root, self._start, self._now = root, start, now

    def page(self, request: Request) -> Response:
        choice, view, now = self._choice(request), request.query_params.get("view", ""), self._now()
        offer: Offer | None = None
        chosen: Chosen | None = None
        shown: Shown | None = None
        status, error = 200, ""
        try:
            with opened(self._root) as site:
                offer = Offer.of(site, choice)
                chosen = Chosen.of(site, choice, now)
                shown = show(site, chosen, now)
        except DigestError as mistake:
            status, error = _status(mistake), str(mistake)
        html = Theme([_templates()]).render(
            "preview.html.j2",
            choice=choice,
            offer=offer,
            chosen=chosen,
            shown=shown,
            error=error,
            frequencies=FREQUENCIES,
            views=VIEWS,
            view=view if view in VIEWS else "html",
            limit=MAX_HTML,
            sandbox=SANDBOX,
        )
        return HTMLResponse(html, status, {"Content-Security-Policy": PAGE})

    def html(self, request: Request) -> Response:
        def answer(shown: Shown) -> Response:
            return HTMLResponse(_leaving_the_frame(shown.html), headers={"Content-Security-Policy": MAIL})

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

    def _part(self, request: Request, answer: Callable[[Shown], Response]) -> Response:
        try:
            with opened(self._root) as site:
                now = self._now()
                return answer(show(site, Chosen.of(site, self._choice(request), now), now))
        except DigestError as mistake:
            return PlainTextResponse(f"{mistake}\n", _status(mistake))

    def _choice(self, request: Request) -> Choice:
        pairs = request.query_params.multi_items()
        chosen = [pair for pair in pairs if pair[0] != "view"]
        return Choice.of_query(chosen, self._start.list_name) if chosen else self._start


def _status(mistake: DigestError) -> int:
    """Return 404 for what isn't there, 500 for settings and templates that can't be used."""
    return 404 if isinstance(mistake, InputError) else 500


def _leaving_the_frame(html: str) -> str:
    """Let a mail's links open outside of the frame it is shown in; those within the mail stay inside."""
    return _LINK.sub('<a target="_blank" ', html)
