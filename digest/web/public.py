"""The pages for everybody: for now the archive (readers' own pages come with the subscriber work); and webhooks."""

from collections.abc import Callable
from datetime import datetime

from starlette.applications import Starlette
from starlette.middleware import Middleware

from digest import clock
from digest.site import Site
from digest.web.archive import archive_routes
from digest.web.headers import SecureHeaders
from digest.web.hooks import hook_routes


def create_app(site: Site, now: Callable[[], datetime] = clock.now) -> Starlette:
    """Return the service's pages, which GET and HEAD look at and nothing changes, and webhooks. Raises ConfigError."""
    routes = [*archive_routes(site), *hook_routes(site, now)]
    return Starlette(routes=routes, middleware=[Middleware(SecureHeaders)])
