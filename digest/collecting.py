"""Collect: ask sources for what is new and read files, and put the papers into the store.

What goes wrong with one visit or file costs only that one. Papers are stored some hundred at a time, each batch in
a transaction of its own, so that a large file doesn't make the sender wait. That a part was asked for is stored last:
what was killed is loaded again, and finds what it had stored.
"""

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from pathlib import Path

from digest import clock
from digest.errors import BusyError, InputError, SourceError
from digest.papers.paper import Paper, Parsed, Problem
from digest.site import Site, Source
from digest.sources.fetch import AbsentError, Answer, Fetcher, Validators, expect
from digest.sources.file import content_of, load_file, paths_to_load, shown
from digest.sources.visits import NONE_DUE, Known, Visit, visits
from digest.store import source_parts
from digest.store.database import reading
from digest.store.loading import BATCH, Saved, save
from digest.store.source_parts import Asked

POLITE = 3.0
"""Seconds between two requests to one host; arXiv asks for three."""

PAGES = 1_000
"""The most pages of one visit, whatever a source says of what is still to come."""


@dataclass(frozen=True, slots=True)
class Collected:
    """What one visit to a source, or one file, brought.

    `place` is its address, without what may be secret of it, or its path. `nothing` says why nothing new came where
    nothing did, `error` why it couldn't be used, or no further than it was.
    """

    source: str
    place: str
    saved: Saved = field(default_factory=Saved)
    problems: tuple[Problem, ...] = ()
    nothing: str | None = None
    error: str | None = None


def collect_file(site: Site, path: Path, year: int | None, now: datetime, source: str = "") -> Collected:
    """Load one file of papers into the store, for the source of that name or none.

    Raises InputError when the file as a whole can't be used.
    """
    parsed = load_file(path, year)
    saved = _save(site, _labelled(parsed, source), now)
    with site.store.begin() as connection:
        source_parts.reject(connection, source or "file", parsed.problems, now)
    return Collected(source or "file", shown(path), saved, parsed.problems)


def collect(
    site: Site,
    source: Source,
    since: date | None,
    now: Callable[[], datetime] = clock.now,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Collected]:
    """Ask one source for what is new, and yield what each part of it brought; there is always something to yield.

    With `since` all its parts since that day are caught up with. A source that can't be used is asked for no
    further part. What `sleep` raises ends the collecting.
    """
    if source.table.kind == "file":
        yield from _watch(site, source, now())
        return
    with reading(site.store).begin() as connection:
        asked = source_parts.asked(connection, source.name)
    todo = visits(source.table, since, now(), {part: Known(one.at, one.complete) for part, one in asked.items()})
    if not todo:
        yield Collected(source.name, source.name, nothing=NONE_DUE)
    with Fetcher(site.contact, pause=POLITE, now=now, sleep=sleep) as fetcher:
        for visit in todo:
            try:
                collected = _visit(site, source, visit, asked.get(visit.part), fetcher, now())
            except BusyError as error:
                collected = Collected(source.name, visit.place, error=str(error))
            yield collected
            if collected.error is not None:
                return


def _visit(
    site: Site, source: Source, visit: Visit, before: Asked | None, fetcher: Fetcher, now: datetime
) -> Collected:
    try:
        first = fetcher.get(visit.url, validators=_validators(visit, before), accept=visit.accept)
    except SourceError as error:
        if isinstance(error, AbsentError) and visit.absent:
            return Collected(
                source.name, visit.place, nothing=f"{visit.empty} (there is no such list, says the source)"
            )
        return Collected(source.name, visit.place, error=str(error))
    if before is not None and first.unchanged:
        return _unchanged(site, source, visit, before, now)
    return _store(site, source, visit, _read(first, visit, source.table.max_papers, fetcher), now)


def _validators(visit: Visit, before: Asked | None) -> Validators | None:
    """Return what makes a request conditional; of another address, as with other settings, it would say nothing."""
    if before is None or before.validators.get("address") != _address(visit):
        return None
    return Validators(before.validators.get("etag"), before.validators.get("last_modified"))


def _address(visit: Visit) -> str:
    """Return what tells a visit's address from others, and doesn't say it: it may hold a key."""
    return hashlib.sha256(visit.url.encode()).hexdigest()


def _unchanged(site: Site, source: Source, visit: Visit, before: Asked, now: datetime) -> Collected:
    with site.store.begin() as connection:
        still = replace(before, at=now, complete=visit.whole)
        source_parts.remember(connection, source.name, visit.part, still)
    nothing = "it has not changed since it was asked last" if before.papers else visit.empty
    return Collected(source.name, visit.place, nothing=nothing)


@dataclass(frozen=True, slots=True)
class _Read:
    """What the pages of a visit held; `error` is why the last ones didn't come."""

    parsed: Parsed
    validators: dict[str, str | None]
    error: str | None = None


def _read(answer: Answer, visit: Visit, most: int, fetcher: Fetcher) -> _Read:
    """Return what the first page and those behind it hold, up to `most` papers."""
    papers: list[Paper] = []
    problems: list[Problem] = []
    validators = asdict(answer.validators) | {"address": _address(visit)}
    try:
        for page in range(1, PAGES + 1):
            expect(answer, visit.kinds)
            parsed = visit.parse(answer.content, visit.place)
            papers += parsed.papers
            problems += parsed.problems
            following = visit.following(answer.content)
            if following is None:
                break
            validators = {}  # that the first page hasn't changed would say nothing of the others
            if len(papers) >= most or page == PAGES:
                papers = papers[:most]
                told = f"there is more behind the {len(papers)} papers that were taken (max_papers = {most})"
                problems.append(Problem(visit.place, None, told, refused=False))
                break
            visit = following
            answer = fetcher.get(visit.url, accept=visit.accept)
    except SourceError as error:
        return _Read(Parsed(tuple(papers), tuple(problems)), {}, str(error))
    return _Read(Parsed(tuple(papers), tuple(problems)), validators)


def _store(site: Site, source: Source, visit: Visit, read: _Read, now: datetime) -> Collected:
    """Store what was read; what came in part is kept too, but the part isn't taken for asked."""
    parsed, refused = read.parsed, any(problem.refused for problem in read.parsed.problems)
    usable = bool(parsed.papers) or not refused  # else it is asked again, and wholly
    saved = _save(site, _labelled(parsed, source.name), now)
    with site.store.begin() as connection:
        source_parts.reject(connection, source.name, parsed.problems, now)
        if read.error is None:
            asked = Asked(now, visit.whole and usable, len(parsed.papers), read.validators if usable else {})
            source_parts.remember(connection, source.name, visit.part, asked)
    came = parsed.papers or refused or read.error
    return Collected(source.name, visit.place, saved, parsed.problems, None if came else visit.empty, read.error)


def _save(site: Site, papers: Sequence[Paper], now: datetime) -> Saved:
    saved = Saved()
    for start in range(0, len(papers), BATCH):
        with site.store.begin() as connection:
            saved += save(connection, papers[start : start + BATCH], now)
    return saved


def _watch(site: Site, source: Source, now: datetime) -> Iterator[Collected]:
    """Load the files of a folder, each once, and again when it has changed."""
    assert source.table.path is not None
    folder = site.root / source.table.path
    with reading(site.store).begin() as connection:
        asked = source_parts.asked(connection, source.name)
    try:
        paths = paths_to_load(folder)
    except InputError as error:
        if _is_empty(folder):
            yield Collected(source.name, shown(folder), nothing="the folder is empty")
        else:
            yield Collected(source.name, shown(folder), error=str(error))
        return
    loads = [one for path in paths if (one := _look(site, source, path, asked.get(_part(path)), now)) is not None]
    yield from loads or [Collected(source.name, shown(folder), nothing="no file is new or has changed")]


def _part(path: Path) -> str:
    return shown(Path(path.name))


def _is_empty(folder: Path) -> bool:
    try:
        return all(path.name.startswith(".") for path in folder.iterdir())
    except OSError:
        return False


def _look(site: Site, source: Source, path: Path, before: Asked | None, now: datetime) -> Collected | None:
    """Load a file unless it is as it was; one that can't be used is looked at again the next time."""
    known = {} if before is None else before.validators
    try:
        status = path.stat()
        changed = f"{status.st_mtime_ns} {status.st_size}"
        if known.get("last_modified") == changed:
            return None
        content = hashlib.sha256(content_of(path)).hexdigest()
        same = known.get("etag") == content
        collected = None if same else collect_file(site, path, source.table.year, now, source.name)
    except InputError as error:
        return Collected(source.name, shown(path), error=str(error))
    except OSError as error:
        return Collected(source.name, shown(path), error=f"{shown(path)}: {error.strerror or error}")
    saved = Saved() if collected is None else collected.saved
    count = before.papers if same and before else saved.new + saved.changed + saved.unchanged
    with site.store.begin() as connection:
        seen = Asked(now, True, count, asdict(Validators(content, changed)))
        source_parts.remember(connection, source.name, _part(path), seen)
    return collected


def _labelled(parsed: Parsed, name: str) -> list[Paper]:
    """Return the papers with the name of their source behind its kind: "feed:lab", and "arxiv" where both are one."""
    return [
        paper if name in ("", paper.source) else replace(paper, source=f"{paper.source}:{name}")
        for paper in parsed.papers
    ]
