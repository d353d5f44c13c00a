"""The archive from the running service: the same pages as in a folder, made when they are asked for.

A page is made once, and kept until an issue begins to go out or is taken back, or a template or catalog changes:
feed readers ask again and again, and to make a page takes a thousand times as long as to find it.
"""

import logging
import mimetypes
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from threading import Lock

from sqlalchemy import Connection
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from digest.archive import addresses
from digest.archiving import Archive
from digest.errors import DigestError
from digest.resources import shipped
from digest.site import Site
from digest.store import archive
from digest.store.database import reading

log = logging.getLogger(__name__)

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""Content-Security-Policy of the archive's pages: one style sheet of ours, and nothing else."""

KEPT = 64
"""Pages that are kept, the last ones that were asked for; some 100 KB each."""

_FOR_A_WHILE = "public, max-age=300"


@dataclass(frozen=True, slots=True)
class _Kept:
    """What was made while nothing changed: `paths` are those of all pages, `pages` those that were asked for."""

    paths: frozenset[str]
    missing: bytes
    pages: OrderedDict[str, bytes] = field(default_factory=OrderedDict)


class KeptPages:
    """Gives the archive's pages as they are now."""

    def __init__(self, site: Site) -> None:
        """Show the archive of `site`, whose settings stay as they are."""
        self._site = site
        self._lock = Lock()
        self._state: tuple[object, ...] | None = None
        self._kept = _Kept(frozenset(), b"")

    def page(self, path: str) -> bytes | None:
        """Return the page at `path`, None where none is. Raises TemplateError."""
        with reading(self._site.store).begin() as connection:
            kept = self._now(connection)
            if path not in kept.paths:
                return None
            content = kept.pages.get(path) or self._made(connection, path)
        with self._lock:
            if content is not None:
                kept.pages[path] = content
                kept.pages.move_to_end(path)
            while len(kept.pages) > KEPT:
                kept.pages.popitem(last=False)
        return content

    def has(self, path: str) -> bool:
        """Tell whether there is a page at `path`, as far as was known a moment ago."""
        return path in self._kept.paths

    @property
    def missing(self) -> bytes:
        """The page for where nothing is."""
        return self._kept.missing

    def was_taken_back(self, path: str) -> bool:
        """Tell whether `path` is that of an issue that was cancelled when it had begun to go out."""
        match path.split("/"):
            case [list_id, period, addresses.PAGE]:
                with reading(self._site.store).begin() as connection:
                    return archive.was_taken_back(connection, list_id, period)
        return False

    def _now(self, connection: Connection) -> _Kept:
        """Return what is kept; nothing of before, where something changed."""
        with self._lock:
            state = (archive.extent(connection), tuple(self._files()))
            if state != self._state:
                pages = self._archive(connection)
                missing = pages.page(addresses.MISSING) or ""
                self._kept, self._state = _Kept(frozenset(pages.paths()), missing.encode()), state
            return self._kept

    def _made(self, connection: Connection, path: str) -> bytes | None:
        text = self._archive(connection).page(path)
        return None if text is None else text.encode()

    def _archive(self, connection: Connection) -> Archive:
        return Archive(self._site, connection, home="/archive/")

    def _files(self) -> Iterator[tuple[str, int]]:
        """Yield what changes when a template or a catalog does."""
        for folder in (self._site.root / self._site.settings.templates, shipped("templates")):
            for name in ("archive", "locale"):
                yield from ((str(path), _moment(path)) for path in sorted((folder / name).glob("*")))


def _moment(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:  # an editor is saving it
        return 0


def archive_routes(site: Site) -> list[Route]:
    """Return the routes below /archive/."""
    pages = KeptPages(site)

    def page(request: Request) -> Response:
        try:
            return _answer(pages, request, request.path_params["path"])
        except DigestError as error:
            log.log(logging.ERROR, "%s: %s", request.url.path, error)
            # The reason is the operator's, and in the log: it may name files.
            return PlainTextResponse("This page can't be shown just now.\n", 503, {"Retry-After": "300"})

    def to_first(_request: Request) -> Response:
        return RedirectResponse("./archive/", 301)

    return [Route("/archive", to_first), Route("/archive/{path:path}", page)]


def _answer(pages: KeptPages, request: Request, path: str) -> Response:
    file = path + addresses.PAGE if path.endswith("/") or not path else path
    content = pages.page(file)
    if content is not None:
        return _found(request, file, content)
    if pages.has(f"{path}/{addresses.PAGE}"):  # from the address itself, whatever stands before /archive/ there
        return RedirectResponse(f"./{path.rpartition('/')[2]}/", 301)
    status = 410 if pages.was_taken_back(file) else 404
    return Response(pages.missing, status, {"Content-Security-Policy": POLICY}, "text/html")


def _found(request: Request, path: str, content: bytes) -> Response:
    tag = f'"{sha256(content).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": _FOR_A_WHILE, "Content-Security-Policy": POLICY}
    if _has_it(request, tag):
        return Response(status_code=304, headers=headers)
    return Response(content, 200, headers, _kind(path))


def _has_it(request: Request, tag: str) -> bool:
    """Tell whether who asks has this already (RFC 9110, 13.1.2)."""
    known = [one.strip().removeprefix("W/") for one in request.headers.get("If-None-Match", "").split(",")]
    return tag in known or known == ["*"]


def _kind(path: str) -> str:
    if path.endswith(addresses.FEED):
        return "application/atom+xml; charset=utf-8"
    return f"{mimetypes.guess_type(path)[0] or 'text/html'}; charset=utf-8"
