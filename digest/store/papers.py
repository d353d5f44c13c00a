"""The papers that were loaded."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict
from datetime import date, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, not_, or_, select, union

from digest.issues.candidates import LoadedPaper
from digest.papers.paper import Links, Paper, Signals
from digest.store.readings import of_papers
from digest.store.schema import paper_keys, papers, signal_readings

_COLUMNS = [column for column in papers.c if column.name != "records"]  # those are only for merging


def everything(connection: Connection, since: datetime | None = None) -> list[LoadedPaper]:
    """Return what was loaded, dated, updated or counted anew after `since` (all when None), in the order it came."""
    query = select(*_COLUMNS).order_by(papers.c.first_loaded_at, papers.c.position, papers.c.id)
    if since is not None:  # each by its own index: joined by OR they would make SQLite look through all papers
        query = query.where(
            papers.c.id.in_(
                union(
                    select(papers.c.id).where(papers.c.first_loaded_at > since),
                    select(papers.c.id).where(papers.c.published >= since.date()),
                    select(papers.c.id).where(papers.c.updated_at > since),
                    select(signal_readings.c.paper_id).where(signal_readings.c.day >= since.date()),
                )
            )
        )
    return _loaded(connection, query)


def newest(connection: Connection, limit: int) -> list[LoadedPaper]:
    """Return the papers loaded last, newest first."""
    query = select(*_COLUMNS).order_by(papers.c.first_loaded_at.desc(), papers.c.position, papers.c.id)
    return _loaded(connection, query.limit(limit))


def some(connection: Connection, ids: Collection[str]) -> list[LoadedPaper]:
    """Return some papers by their ids, as `everything` does."""
    return _loaded(connection, select(*_COLUMNS).where(papers.c.id.in_(ids)).order_by(papers.c.id))


def _loaded(connection: Connection, query: Select[Any]) -> list[LoadedPaper]:
    rows = connection.execute(query).all()
    readings = of_papers(connection, [row.id for row in rows if row.signals != _SILENT])
    return [
        LoadedPaper(
            paper_of(row), row.first_loaded_at, tuple(row.sources), row.updated_at, tuple(readings.get(row.id, ()))
        )
        for row in rows
    ]


_SILENT = asdict(Signals())


def led_to_by(name: ColumnElement[str]) -> ColumnElement[bool]:
    """Return the condition that a row of `paper_keys` is of the paper that has the id `name`, or once had it.

    An id that is a paper's own leads to no other: a DOI, say, which proceedings have in common.
    """
    own = papers.alias()
    is_own = exists(own.c.id).where(own.c.id == name).correlate_except(own)
    return and_(paper_keys.c.key == name, or_(paper_keys.c.paper_id == name, not_(is_own)))


def by_id(connection: Connection, ids: Iterable[str]) -> Mapping[str, Paper]:
    """Return the papers with these ids, which may be former ones; unknown ones are missing."""
    wanted = list(ids)
    found: dict[str, Paper] = {}
    for start in range(0, len(wanted), 500):
        query = select(paper_keys.c.key, papers).join(papers).where(paper_keys.c.key.in_(wanted[start : start + 500]))
        rows = connection.execute(query.order_by(papers.c.id != paper_keys.c.key, papers.c.first_loaded_at)).all()
        found |= {row.key: paper_of(row) for row in reversed(rows)}  # a paper's own id leads to no other
    return found


def search(connection: Connection, words: str) -> list[Paper]:
    """Return papers whose id is or was `words`, or else begins with it or whose title holds it (100 at most)."""
    if exact := by_id(connection, [words]):
        return [exact[words]]
    matches = or_(papers.c.id.startswith(words, autoescape=True), papers.c.title.icontains(words, autoescape=True))
    query = select(papers).where(matches).order_by(papers.c.id).limit(100)
    return [paper_of(row) for row in connection.execute(query)]


def count(connection: Connection) -> int:
    """Return how many papers there are."""
    return connection.execute(select(func.count()).select_from(papers)).scalar_one()


def extent(connection: Connection) -> tuple[Any, ...]:
    """Return how many papers there are and when the last one was first loaded."""
    return tuple(connection.execute(select(func.count(), func.max(papers.c.first_loaded_at)).select_from(papers)).one())


def values_of(paper: Paper) -> dict[str, Any]:
    """Return what the columns of a paper hold."""
    return {
        "id": paper.id,
        "source": paper.source,
        "position": paper.position,
        "title": paper.title,
        "abstract": paper.abstract,
        "tldr": paper.tldr,
        "authors": list(paper.authors),
        "organization": paper.organization,
        "published": paper.published,
        "listed": paper.listed,
        "categories": list(paper.categories),
        "keywords": list(paper.keywords),
        "links": asdict(paper.links),
        "signals": asdict(paper.signals),
        "version": paper.version,
        "other_ids": list(paper.other_ids),
        "extra": dict(paper.extra),
    }


def paper_of(row: Any) -> Paper:
    """Return the paper whose columns a row holds, or anything with the same names."""
    return Paper(
        id=row.id,
        title=row.title,
        abstract=row.abstract,
        tldr=row.tldr,
        authors=tuple(row.authors),
        organization=row.organization,
        published=row.published,
        listed=row.listed,
        categories=tuple(row.categories),
        keywords=tuple(row.keywords),
        links=Links(**row.links),
        signals=Signals(**row.signals),
        source=row.source,
        position=row.position,
        version=row.version,
        other_ids=tuple(row.other_ids),
        extra=row.extra,
    )


def record_of(paper: Paper) -> dict[str, Any]:
    """Return a paper as JSON holds it, so that the records of several sources lie side by side."""
    return values_of(paper) | {
        "published": paper.published and paper.published.isoformat(),
        "listed": paper.listed and paper.listed.isoformat(),
    }


def paper_of_record(record: Mapping[str, Any]) -> Paper:
    """Read what `record_of` wrote."""
    days = {name: record[name] and date.fromisoformat(record[name]) for name in ("published", "listed")}
    return paper_of(SimpleNamespace(**{**record, **days}))
