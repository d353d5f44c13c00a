"""The papers that were loaded."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, or_, select

from digest.issues.candidates import LoadedPaper
from digest.papers.paper import Links, Paper, Signals
from digest.store.schema import papers


@dataclass(frozen=True, slots=True)
class Saved:
    """What a load changed, in numbers of papers."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0


def save(connection: Connection, loaded: Iterable[Paper], now: datetime) -> Saved:
    """Store papers; one that is known keeps the moment it was first loaded."""
    counts = {"new": 0, "changed": 0, "unchanged": 0}
    for paper in loaded:
        row = connection.execute(select(papers).where(papers.c.id == paper.id)).first()
        values = _values(paper)
        if row is None:
            connection.execute(papers.insert().values(**values, first_loaded_at=now, last_loaded_at=now))
            counts["new"] += 1
            continue
        same = _paper(row) == paper
        connection.execute(papers.update().where(papers.c.id == paper.id).values(**values, last_loaded_at=now))
        counts["unchanged" if same else "changed"] += 1
    return Saved(**counts)


def everything(connection: Connection, since: datetime | None = None) -> list[LoadedPaper]:
    """Return what was loaded, or dated, after `since` (all when None), in the order it came."""
    query = select(papers).order_by(papers.c.first_loaded_at, papers.c.position, papers.c.id)
    if since is not None:
        query = query.where(or_(papers.c.first_loaded_at > since, papers.c.published >= since.date()))
    return [LoadedPaper(_paper(row), row.first_loaded_at) for row in connection.execute(query)]


def newest(connection: Connection, limit: int) -> list[LoadedPaper]:
    """Return the papers loaded last, newest first."""
    query = select(papers).order_by(papers.c.first_loaded_at.desc(), papers.c.position, papers.c.id)
    return [LoadedPaper(_paper(row), row.first_loaded_at) for row in connection.execute(query.limit(limit))]


def by_id(connection: Connection, ids: Iterable[str]) -> Mapping[str, Paper]:
    """Return the papers with these ids; unknown ones are missing."""
    wanted = list(ids)
    found: dict[str, Paper] = {}
    for start in range(0, len(wanted), 500):
        query = select(papers).where(papers.c.id.in_(wanted[start : start + 500]))
        found |= {row.id: _paper(row) for row in connection.execute(query)}
    return found


def search(connection: Connection, words: str) -> list[Paper]:
    """Return papers whose id is `words`, or else begins with it or whose title holds it (100 at most)."""
    exact = connection.execute(select(papers).where(papers.c.id == words)).first()
    if exact is not None:
        return [_paper(exact)]
    matches = or_(papers.c.id.startswith(words, autoescape=True), papers.c.title.icontains(words, autoescape=True))
    query = select(papers).where(matches).order_by(papers.c.id).limit(100)
    return [_paper(row) for row in connection.execute(query)]


def count(connection: Connection) -> int:
    """Return how many papers there are."""
    return connection.execute(select(func.count()).select_from(papers)).scalar_one()


def _values(paper: Paper) -> dict[str, Any]:
    return {
        "id": paper.id,
        "source": paper.source,
        "position": paper.position,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": list(paper.authors),
        "published": paper.published,
        "categories": list(paper.categories),
        "keywords": list(paper.keywords),
        "links": asdict(paper.links),
        "signals": asdict(paper.signals),
        "extra": dict(paper.extra),
    }


def _paper(row: Row[Any]) -> Paper:
    return Paper(
        id=row.id,
        title=row.title,
        abstract=row.abstract,
        authors=tuple(row.authors),
        published=row.published,
        categories=tuple(row.categories),
        keywords=tuple(row.keywords),
        links=Links(**row.links),
        signals=Signals(**row.signals),
        source=row.source,
        position=row.position,
        extra=row.extra,
    )
