"""The pages for everybody: the front door, readers' own pages behind signed links, the archive, and webhooks."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest import clock
from digest.site import Site
from digest.web.archive import archive_routes
from digest.web.choosing import choosing_routes
from digest.web.confirm import confirm_routes
from digest.web.failures import Defects, failure_handlers
from digest.web.headers import SecureHeaders
from digest.web.hooks import hook_routes
from digest.web.leaving import leaving_routes
from digest.web.pages import Pages
from digest.web.subscribe import subscribe_routes

_PERSONAL = ("/c/", "/p/", "/u/")
"""Where links lead that are somebody's own."""


def create_app(site: Site, now: Callable[[], datetime] = clock.now) -> Starlette:
    """Return the service's pages. To look at one changes nothing.

    Nothing here trusts the Host field: links are relative, or begin with the settings' `site.url`.
    """
    pages = Pages(site)
    routes = [
        *subscribe_routes(site, pages, now),
        *confirm_routes(site, pages, now),
        *leaving_routes(site, now),
        *choosing_routes(site, now),
        *_common_routes(site, pages),
        *archive_routes(site),
        *hook_routes(site, now),
    ]
    over_tls = (site.settings.site.url or "").startswith("https://")
    middleware = [Middleware(SecureHeaders, over_tls=over_tls), Middleware(Defects, pages=pages)]
    handlers: Any = failure_handlers(pages)
    app = Starlette(routes=routes, middleware=middleware, exception_handlers=handlers)
    app.router.redirect_slashes = False  # it would send people to whatever host the request named
    return app


def _common_routes(site: Site, pages: Pages) -> list[Route]:
    """Return the routes of what browsers and robots ask for by themselves."""
    base = urlsplit(site.settings.site.url or "").path
    robots = "\n".join(("User-agent: *", *(f"Disallow: {base}{path}" for path in _PERSONAL), ""))

    def style(_request: Request) -> Response:
        return pages.style()

    def for_robots(_request: Request) -> Response:
        return PlainTextResponse(robots, headers={"Cache-Control": "public, max-age=3600"})

    def no_icon(_request: Request) -> Response:
        return Response(status_code=204, headers={"Cache-Control": "public, max-age=86400"})

    return [Route("/pages.css", style), Route("/robots.txt", for_robots), Route("/favicon.ico", no_icon)]
