"""The pages for everybody: for now the archive (readers' own pages come with the subscriber work)."""

from starlette.applications import Starlette
from starlette.middleware import Middleware

from digest.site import Site
from digest.web.archive import archive_routes
from digest.web.headers import SecureHeaders


def create_app(site: Site) -> Starlette:
    """Return the service's pages, which GET and HEAD look at and nothing changes."""
    return Starlette(routes=archive_routes(site), middleware=[Middleware(SecureHeaders)])
