"""What pages behind signed links have in common: whose link it is, and how its answer looks."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Engine
from starlette.requests import Request
from starlette.responses import Response

from digest.site import Site
from digest.store.database import hurried
from digest.subscribers.tokens import Purpose, Token, verify
from digest.web.pages import Pages

PRIVATE = {"X-Robots-Tag": "noindex, nofollow, noarchive"}
"""What the answer behind a signed link has beyond the common headers, which forbid to keep it and to name it."""


@dataclass(frozen=True)
class Links:
    """The pages behind a site's signed links; `now` is the clock."""

    site: Site
    pages: Pages
    now: Callable[[], datetime]

    @property
    def store(self) -> Engine:
        """The store, for as long as somebody before a page waits."""
        return hurried(self.site.store)

    def genuine(self, request: Request, purpose: Purpose) -> Token | None:
        """Return what the link of a request says, None unless we made it for this purpose. Raises ConfigError."""
        token = verify(self.site.signing_keys, request.path_params["token"])
        return token if token is not None and token.purpose is purpose else None

    def unknown(self, request: Request) -> Response:
        """Return the page for a link that isn't ours, or not whole: it says how else one can leave."""
        return self.answer(
            request, "unknown_link.html.j2", home="../" * (request.url.path.count("/") - 1), status=404,
            leave_by_mail=self.site.headers(self.site.lists[0]).unsubscribe,
        )  # fmt: skip

    def answer(
        self, request: Request, template: str, *, home: str = "../", status: int = 200, language: str | None = None,
        **values: Any,
    ) -> Response:  # fmt: skip
        """Return a page in the reader's `language`, else in the one that their browser asks for."""
        spoken = self.pages.language(request, None, language)
        return self.pages.answer(template, spoken, home=home, status=status, headers=PRIVATE, **values)
