"""The archive of a site: its pages by their place, for the running service, and written into a folder."""

import fcntl
import json
import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from pathlib import Path

from sqlalchemy import Connection

from digest.archive import addresses
from digest.archive.pages import PER_PAGE, Pages, closed_pages_of
from digest.archive.shelf import Shelf
from digest.errors import BusyError, InputError
from digest.render.theme import Theme
from digest.render.words import offered
from digest.site import MailingList, Site
from digest.store import archive
from digest.store.database import reading

MANIFEST = ".paper-digest-archive.json"
"""Names the files in a folder that are ours, so that those of pages that are gone can go."""

IN_FEED = 30
"""Issues in a feed."""


class Archive:
    """The pages there are while one transaction lasts: all lists of the settings, their issues that have gone out."""

    def __init__(self, site: Site, connection: Connection, home: str | None = None) -> None:
        """Look at the shelves; `home` is the way to the root from anywhere, where it isn't `site.archive_url`."""
        self._site, self._connection = site, connection
        self._home = home or (f"{site.archive_url}/" if site.archive_url else "")
        self._known_topics: dict[str, archive.Topics] = {}
        self._shelves = {one.id: self._shelf(one) for one in site.lists}

    def _shelf(self, mailing_list: MailingList) -> Shelf:
        table = mailing_list.table
        return Shelf(
            id=mailing_list.id,
            name=table.name,
            description=table.description,
            language=table.language,
            headings=archive.headings(self._connection, mailing_list.id),
        )

    def _topics(self, shelf: Shelf) -> archive.Topics:
        """Return a list's topics, looked up when they are first asked for."""
        if shelf.id not in self._known_topics:
            self._known_topics[shelf.id] = archive.topics(self._connection, shelf.id)
        return self._known_topics[shelf.id]

    @cached_property
    def _pages(self) -> Pages:
        usual, themes = next(iter(self._shelves.values())).language, self._site.themes
        languages = themes.languages

        @cache
        def theme(language: str) -> Theme:
            # What went out long ago may be in a language that the site has no words in any more.
            return themes.archive(themes.words(language if offered(language, languages) else usual))

        return Pages(
            site_name=self._site.settings.site.name,
            language=usual,
            base=self._site.archive_url,
            home=self._home,
            theme=theme,
        )

    def paths(self) -> Iterator[str]:
        """Yield where each page lies."""
        yield from (addresses.PAGE, addresses.STYLE, addresses.MISSING)
        if self._site.archive_url:
            yield addresses.SITEMAP
        for shelf in self._shelves.values():
            yield addresses.of_list(shelf.id)
            if shelf.headings:
                yield addresses.of_feed(shelf.id)
            for heading in shelf.headings:
                yield addresses.of_issue(shelf.id, heading.key.period)
            for topic in self._topics(shelf).headings:
                yield addresses.of_topic(shelf.id, topic.id)
                for page in range(1, closed_pages_of(topic) + 1):
                    yield addresses.of_topic(shelf.id, topic.id, page)

    def page(self, path: str) -> str | None:
        """Return the text of the page at `path`, or None where none is. Raises TemplateError."""
        match path.split("/"):
            case [addresses.PAGE]:
                return self._pages.index([*self._shelves.values()])
            case [addresses.STYLE]:
                return self._site.themes.archive_style()
            case [addresses.MISSING]:
                return self._pages.missing()
            case [addresses.SITEMAP] if self._site.archive_url:
                return self._pages.sitemap(self._places())
            case [list_id, *rest] if list_id in self._shelves:
                return self._of_list(self._shelves[list_id], rest)
        return None

    def _of_list(self, shelf: Shelf, rest: list[str]) -> str | None:
        match rest:
            case [addresses.PAGE]:
                return self._pages.of_list(shelf, self._topics(shelf).headings)
            case [addresses.FEED] if shelf.headings:
                newest = [archive.issued(self._connection, one) for one in shelf.headings[:IN_FEED]]
                return self._pages.feed(shelf, newest, archive.issued(self._connection, shelf.headings[-1]))
            case ["topics", topic_id, addresses.PAGE]:
                return self._of_topic(shelf, topic_id, "")
            case ["topics", topic_id, number, addresses.PAGE] if number:
                return self._of_topic(shelf, topic_id, number)
            case [period, addresses.PAGE]:
                return self._of_issue(shelf, period)
        return None

    def _of_topic(self, shelf: Shelf, name: str, number: str) -> str | None:
        topic = next((one for one in self._topics(shelf).headings if addresses.topic_name(one.id) == name), None)
        if topic is None or number not in ("", *map(str, range(1, closed_pages_of(topic) + 1))):
            return None
        page = int(number) if number else None
        oldest_first = self._topics(shelf).places[topic.id][::-1]
        first = PER_PAGE * ((page - 1) if page else closed_pages_of(topic))
        places = oldest_first[first : first + PER_PAGE if page else None][::-1]
        headings = {heading.id: heading for heading in shelf.headings}
        papers = archive.papers_at(self._connection, places, headings)
        return self._pages.of_topic(shelf, topic, papers, page)

    def _of_issue(self, shelf: Shelf, period: str) -> str | None:
        heading = next((one for one in shelf.headings if one.key.period == period), None)
        if heading is None:
            return None
        row = [one for one in shelf.headings if one.key.frequency == heading.key.frequency]
        place = row.index(heading)
        newer = row[place - 1] if place else None
        older = row[place + 1] if place + 1 < len(row) else None
        return self._pages.of_issue(shelf, archive.issued(self._connection, heading), newer, older)

    def _places(self) -> Iterator[tuple[str, datetime | None]]:
        """Yield the pages that search engines shall know, and when each last changed."""
        yield addresses.PAGE, None
        for shelf in self._shelves.values():
            yield addresses.of_list(shelf.id), shelf.headings[0].approved_at if shelf.headings else None
            for heading in shelf.headings:
                yield addresses.of_issue(shelf.id, heading.key.period), heading.approved_at
            for topic in self._topics(shelf).headings:
                yield addresses.of_topic(shelf.id, topic.id), None


@dataclass(frozen=True, slots=True)
class Built:
    """What came of building: how many files are new or changed, how many are as they were, how many are gone."""

    written: int
    unchanged: int
    removed: int


def build(site: Site, folder: Path) -> Built:
    """Write the archive into `folder`, file by file; what is as it was stays untouched.

    Raises InputError for a folder that holds other things, or can't be written; BusyError, TemplateError.
    """
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder}: is a file; name a new folder, or an empty one")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with _alone(folder), reading(site.store).begin() as connection:
            before, written = _ours(folder), 0
            pages = Archive(site, connection)
            paths = set(pages.paths())
            _remember(folder, before | paths)  # what a build that is killed has written is known to the next
            for path in sorted(paths):
                _expect_inside(folder, path)
                written += _write(folder / path, pages.page(path) or "")
            for path in before - paths:
                _remove(folder, path)
            _remember(folder, paths)
    except OSError as error:
        raise InputError(f"{error.filename or folder}: {error.strerror}; the archive is not complete") from error
    return Built(written, len(paths) - written, len(before - paths))


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Keep other builds out of a folder; the kernel lets them in again when we die. Raises BusyError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise BusyError(f"{folder}: another build writes there; wait until it is done") from None
    finally:
        os.close(descriptor)


def _remember(folder: Path, paths: Collection[str]) -> None:
    _write(folder / MANIFEST, json.dumps(sorted(paths), indent=0) + "\n")


def _ours(folder: Path) -> set[str]:
    """Return which files in `folder` an earlier build wrote. Raises InputError for a folder of somebody else's."""
    manifest = folder / MANIFEST
    if not manifest.exists():
        # What begins with a dot is the host's: a repository, a switch.
        if any(not path.name.startswith(".") for path in folder.iterdir()):
            raise InputError(f"{folder}: holds other things; name a new folder, or an empty one")
        return set()
    try:
        listed = json.loads(manifest.read_text(encoding="utf-8"))
    except ValueError:
        listed = None
    if not isinstance(listed, list):
        raise InputError(f"{manifest}: can't be read; remove the folder, and it is made anew")
    # Whoever edits the manifest must not have files elsewhere removed.
    root = folder.resolve()
    return {path for path in listed if isinstance(path, str) and (root / path).resolve().is_relative_to(root)}


def _expect_inside(folder: Path, path: str) -> None:
    """Raise InputError where a link leads out of the folder: what lies elsewhere isn't ours to write over."""
    parent = (folder / path).parent
    if not parent.resolve().is_relative_to(folder.resolve()):
        raise InputError(f"{parent}: leads out of {folder}; remove it, and it is made anew")


def _write(file: Path, text: str) -> bool:
    """Write a file wholly or not at all; tell whether it is another than before."""
    content = text.encode("utf-8")
    with suppress(FileNotFoundError):
        if file.read_bytes() == content:
            return False
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.part")
    part.write_bytes(content)
    part.replace(file)
    return True


def _remove(folder: Path, path: str) -> None:
    """Remove a file, and the folders that are empty then."""
    (folder / path).unlink(missing_ok=True)
    for parent in Path(path).parents[:-1]:
        with suppress(OSError):
            (folder / parent).rmdir()
