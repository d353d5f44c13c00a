"""Live reload: what the site's files are is watched, and whoever looks is told when they change.

A *version* names what the files were when a page was made. The stream of events says the version, first
the present one and then each new one, so that a page that missed something (a connection lost, a tab in the
background, the preview started again) finds that its own is old.
"""

import asyncio
import logging
import os
import secrets
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path

from watchfiles import Change, DefaultFilter, awatch

from digest.config.load import FILE_NAME
from digest.errors import ConfigError
from digest.resources import shipped
from digest.site import Site

MOST_STREAMS = 50
"""How many pages are told at a time."""

_BEAT = 20.0
"""Seconds after which a quiet stream says something, so that a connection that is gone is noticed."""

_MOST_FOLDERS = 1_000
"""How many folders are watched below one."""

_QUIET, _LONGEST = 50, 400
"""Milliseconds without another change, and in all, after which changes are told: a save may be several."""

_AGAIN = 0.3
"""Seconds after which a change of what is watched is told once more, for what was written meanwhile."""

_log = logging.getLogger(__name__)

_ignored = DefaultFilter()
"""What editors leave beside a file for a moment, and folders such as .git."""


class Changes:
    """The version of the site's files, and the streams to those who wait for the next."""

    def __init__(self) -> None:
        """Begin with a version that no earlier run had."""
        self._run, self._count = secrets.token_hex(4), 0
        self._next = asyncio.Event()
        self.ended = asyncio.Event()
        self.streams = 0

    @property
    def version(self) -> str:
        """The name of what the files are now."""
        return f"{self._run}-{self._count}"

    def tell(self) -> None:
        """Tell everybody who waits that something has changed."""
        self._count += 1
        waiting, self._next = self._next, asyncio.Event()
        waiting.set()

    def end(self) -> None:
        """End all streams and the watching."""
        self.ended.set()
        self.tell()

    async def events(self) -> AsyncIterator[str]:
        """Yield the present version and each new one as server-sent events, until `end`."""
        self.streams += 1
        try:
            yield "retry: 1000\n\n"
            said = ""
            while not self.ended.is_set():
                waiting = self._next
                if said != self.version:
                    said = self.version
                    yield f"data: {said}\n\n"
                elif not await _within(waiting, _BEAT):
                    yield ": still here\n\n"
        finally:
            self.streams -= 1


async def _within(event: asyncio.Event, seconds: float) -> bool:
    try:
        await asyncio.wait_for(event.wait(), seconds)
    except TimeoutError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class Watched:
    """The files and folders that a preview is made of, whether they exist or not."""

    files: frozenset[Path]
    folders: frozenset[Path]

    @classmethod
    def of(cls, root: Path, before: "Watched | None" = None) -> "Watched":
        """Return what the site in `root` is made of; while its settings can't be read, what it was `before`."""
        files, folders = {root / FILE_NAME}, {root / "templates"}
        try:
            site = Site.open(root)
        except ConfigError:
            if before is not None:
                return before
        else:
            files |= {site.subscriber_file(one) for one in site.lists}
            folders = {site.root / site.settings.templates}
        return cls(_followed(files), _followed({*folders, shipped("templates")}))

    def places(self) -> frozenset[Path]:
        """Return the folders to watch: those there are, and where one is missing, where it would be made."""
        wanted = {_existing(file.parent) for file in self.files} | {_existing(folder) for folder in self.folders}
        inside = (islice(_folders_in(folder), _MOST_FOLDERS) for folder in self.folders)
        return frozenset(chain(wanted, *inside))

    def concerns(self, change: Change, name: str) -> bool:
        """Tell whether a change matters: to one of the files, in one of the folders, or on the way to one."""
        path = Path(name)
        if path in self.files:
            return True
        for folder in self.folders:
            if folder in path.parents:
                return _ignored(change, f"/{path.relative_to(folder)}")
        on_the_way = any(path == one or path in one.parents for one in self.files | self.folders)
        return on_the_way and change is not Change.modified


def _followed(paths: Iterable[Path]) -> frozenset[Path]:
    """Return paths as changes are told of them, with links followed; a link that is a file can itself change."""
    return frozenset(one for path in paths for one in (path.parent.resolve() / path.name, path.resolve()))


def _existing(folder: Path) -> Path:
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def _folders_in(folder: Path) -> Iterator[Path]:
    for where, names, _ in os.walk(folder):
        names[:] = [name for name in names if name not in DefaultFilter.ignore_dirs]
        yield Path(where)


async def watch(root: Path, changes: Changes) -> None:
    """Tell `changes` whenever a file of the site in `root` is written, made, renamed or removed, until its end."""
    watched, polling = Watched.of(root), None
    while not changes.ended.is_set():
        try:
            watched = await _watch_while_it_holds(root, watched, changes, polling)
        except FileNotFoundError:  # a folder went between the look and the watching
            await _within(changes.ended, _AGAIN)
        except (OSError, RuntimeError) as error:  # such as the kernel's limit of watches
            if polling:
                raise
            _log.warning("files can't be watched (%s); they are looked at three times a second instead", error)
            polling = True


async def _watch_while_it_holds(root: Path, watched: Watched, changes: Changes, polling: bool | None) -> Watched:
    """Tell of changes until what is to be watched is another, and return that."""
    places = watched.places()
    # Each folder by itself: a site's own folder may hold a hundred thousand files that don't concern us.
    found = awatch(
        *places,
        watch_filter=watched.concerns,
        recursive=False,
        step=_QUIET,
        debounce=_LONGEST,
        stop_event=changes.ended,
        force_polling=polling,
    )
    async with aclosing(found):
        async for _ in found:
            changes.tell()
            now = Watched.of(root, watched)
            if now != watched or now.places() != places:
                asyncio.get_running_loop().call_later(_AGAIN, changes.tell)
                return now
    return watched
