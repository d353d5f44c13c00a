"""What the archive is made of: issues that have begun to go out, and their papers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, tuple_

from digest.archive.shelf import Heading, Issued, TopicHeading, TopicPaper
from digest.issues.issue import IssueKey
from digest.issues.states import IssueState
from digest.papers.paper import Paper
from digest.render.present import Publication
from digest.store import issues as stored_issues
from digest.store import papers
from digest.store.schema import issue_papers, issues

_FIRST = (
    select(issue_papers.c.issue_id, func.min(issue_papers.c.rank).label("rank"), func.count().label("papers"))
    .group_by(issue_papers.c.issue_id)
    .subquery()
)
_LEAD = issue_papers.alias()
_HEADING = (
    issues.c.id,
    issues.c.frequency,
    issues.c.period,
    issues.c.number,
    issues.c.day,
    issues.c.approved_at,
    _LEAD.c.title.label("lead"),
    _FIRST.c.papers,
)
_WITH_LEAD = issues.join(_FIRST, _FIRST.c.issue_id == issues.c.id).join(
    _LEAD, and_(_LEAD.c.issue_id == issues.c.id, _LEAD.c.rank == _FIRST.c.rank)
)


_BEGUN = issues.c.planned_at.is_not(None)
_IS_OUT = and_(_BEGUN, issues.c.state != IssueState.CANCELLED)


def _out(list_id: str) -> ColumnElement[bool]:
    """Hold for a list's issues that have begun to go out, and were not taken back."""
    return and_(issues.c.list_id == list_id, _IS_OUT)


def extent(connection: Connection) -> tuple[object, ...]:
    """Return what changes whenever another issue begins to go out, or one is taken back."""
    query = select(func.count(), func.max(issues.c.planned_at), func.sum(issues.c.id)).where(_IS_OUT)
    return tuple(connection.execute(query).one())


def was_taken_back(connection: Connection, list_id: str, period: str) -> bool:
    """Tell whether an issue had begun to go out, and is cancelled."""
    query = select(func.count()).where(issues.c.list_id == list_id, issues.c.period == period, _BEGUN)
    return connection.execute(query.where(issues.c.state == IssueState.CANCELLED)).scalar_one() > 0


def _heading(row: Any, list_id: str) -> Heading:
    return Heading(
        id=row.id,
        key=IssueKey(list_id, row.frequency, row.period),
        number=row.number,
        day=row.day,
        approved_at=row.approved_at,
        lead=row.lead,
        papers=row.papers,
    )


def headings(connection: Connection, list_id: str) -> list[Heading]:
    """Return a list's issues, newest first."""
    query = select(*_HEADING).select_from(_WITH_LEAD).where(_out(list_id))
    rows = connection.execute(query.order_by(issues.c.day.desc(), issues.c.id.desc()))
    return [_heading(row, list_id) for row in rows]


@dataclass(frozen=True, slots=True)
class Newest:
    """The issue that went out last: how many papers it names, and the first of their `titles`."""

    day: date
    number: int
    period: str
    papers: int
    titles: tuple[str, ...]


def newest(connection: Connection, list_id: str, titles: int) -> Newest | None:
    """Return a list's newest issue, None where none has gone out. Two short queries, however long the archive is."""
    found = select(issues.c.id, issues.c.day, issues.c.number, issues.c.period).where(_out(list_id))
    row = connection.execute(found.order_by(issues.c.day.desc(), issues.c.id.desc()).limit(1)).one_or_none()
    if row is None:
        return None
    query = select(issue_papers.c.title).where(issue_papers.c.issue_id == row.id).order_by(issue_papers.c.rank)
    names = connection.execute(query).scalars().all()
    return Newest(row.day, row.number, row.period, len(names), tuple(names[:titles]))


def issued(connection: Connection, heading: Heading) -> Issued:
    """Return an issue as it was frozen."""
    stored = stored_issues.find(connection, heading.key)
    assert stored is not None
    assert stored.frozen is not None
    return Issued(
        heading=heading,
        issue=stored_issues.restore(connection, stored),
        publication=Publication(**stored.frozen["publication"]),
        language=stored.frozen["language"],
        domain=stored.frozen["headers"]["domain"],
    )


@dataclass(frozen=True, slots=True)
class Topics:
    """What a list's issues had by topic: `headings` by their number of papers, and where each paper was named first.

    `places` are an issue's row and the paper's id, the newest issue first. A weekly issue repeats what the daily ones
    had, so a paper stands under its first issue alone.
    """

    headings: tuple[TopicHeading, ...]
    places: Mapping[str, Sequence[tuple[int, str]]]


def topics(connection: Connection, list_id: str) -> Topics:
    """Return the topics of a list's issues. One walk over all their papers."""
    query = (
        select(issue_papers.c.issue_id, issue_papers.c.paper_id, issue_papers.c.topic_id, issue_papers.c.topic_name)
        .select_from(issue_papers.join(issues))
        .where(_out(list_id))
        .order_by(issues.c.day, issues.c.id, issue_papers.c.rank.desc())
    )
    names: dict[str, str] = {}
    places: dict[str, list[tuple[int, str]]] = {}
    met: set[str] = set()
    for issue_id, paper_id, topic_id, name in connection.execute(query):
        names[topic_id] = name
        found = places.setdefault(topic_id, [])
        if paper_id not in met:
            met.add(paper_id)
            found.append((issue_id, paper_id))
    headings = (TopicHeading(topic_id, name, len(places[topic_id])) for topic_id, name in names.items())
    return Topics(
        headings=tuple(sorted(headings, key=lambda topic: (-topic.papers, topic.id))),
        places={topic_id: found[::-1] for topic_id, found in places.items()},
    )


def papers_at(
    connection: Connection, places: Sequence[tuple[int, str]], headings: Mapping[int, Heading]
) -> list[TopicPaper]:
    """Return the papers at some hundred `places`, in their order; `headings` are those of the issues by row."""
    columns = (issue_papers.c.issue_id, issue_papers.c.paper_id, issue_papers.c.title, issue_papers.c.paper)
    at = tuple_(issue_papers.c.issue_id, issue_papers.c.paper_id).in_(places)
    rows = {(row.issue_id, row.paper_id): row for row in connection.execute(select(*columns).where(at))}
    known = papers.by_id(connection, (row.paper_id for row in rows.values() if row.paper is None))
    return [TopicPaper(_paper(rows[place], known.get(place[1])), headings[place[0]]) for place in places]


def _paper(row: Any, known: Paper | None) -> Paper:
    """Return a paper as it was frozen; where it wasn't, as it is `known` now, under its title of then."""
    if row.paper is not None:
        return papers.paper_of_record(row.paper)
    return replace(known, title=row.title) if known else Paper(row.paper_id, row.title)
