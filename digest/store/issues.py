"""The issues: drafts and their papers, what approval freezes, and their states."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, delete, func, insert, select, update

from digest.issues.compose import standing
from digest.issues.issue import Carries, Entry, Issue, IssueKey, Section
from digest.issues.states import IssueState
from digest.papers.paper import Paper
from digest.store import papers
from digest.store.schema import issue_papers, issues, paper_keys
from digest.topics.topic import Topic

TAKEN = (IssueState.APPROVED, IssueState.SENDING, IssueState.PAUSED, IssueState.FINISHED)
"""The states in which an issue's number and cards are taken."""


@dataclass(frozen=True, slots=True)
class StoredIssue:
    """An issue's row. `frozen` is None before approval; `left_over` maps section numbers to counts.

    `left_out` counts whom its plan left out, by reason; it is empty before the plan.
    """

    id: int
    key: IssueKey
    day: date
    number: int | None
    state: IssueState
    cutoff: datetime
    left_over: Mapping[int, int]
    frozen: Mapping[str, Any] | None
    built_at: datetime
    approved_at: datetime | None
    planned_at: datetime | None
    finished_at: datetime | None
    left_out: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """A paper's place in a stored issue, with what is frozen of it."""

    paper_id: str
    rank: int
    title: str
    topic_id: str
    topic_name: str
    section: int
    carries: Carries
    why: str


def find(connection: Connection, key: IssueKey) -> StoredIssue | None:
    """Return the issue of a list, frequency and period, or None."""
    query = select(issues).where(
        issues.c.list_id == key.list_id, issues.c.frequency == key.frequency, issues.c.period == key.period
    )
    row = connection.execute(query).first()
    return _issue(row) if row else None


def recent(connection: Connection, list_id: str | None = None, limit: int = 100) -> list[StoredIssue]:
    """Return issues, newest first, of one list or of all."""
    query = select(issues).order_by(issues.c.day.desc(), issues.c.id.desc()).limit(limit)
    if list_id is not None:
        query = query.where(issues.c.list_id == list_id)
    return [_issue(row) for row in connection.execute(query)]


def newest(connection: Connection, list_id: str, frequency: str) -> StoredIssue | None:
    """Return the issue of a list and frequency with the newest day, or None."""
    query = select(issues).where(issues.c.list_id == list_id, issues.c.frequency == frequency)
    row = connection.execute(query.order_by(issues.c.day.desc(), issues.c.id.desc()).limit(1)).first()
    return _issue(row) if row else None


def unfinished(connection: Connection, list_id: str) -> list[StoredIssue]:
    """Return a list's issues that are being sent, oldest first."""
    query = select(issues).where(issues.c.list_id == list_id, issues.c.state == IssueState.SENDING)
    return [_issue(row) for row in connection.execute(query.order_by(issues.c.id))]


def entries(connection: Connection, issue_id: int) -> list[StoredEntry]:
    """Return the papers of an issue, best first."""
    query = select(issue_papers).where(issue_papers.c.issue_id == issue_id).order_by(issue_papers.c.rank)
    names = StoredEntry.__dataclass_fields__
    return [StoredEntry(**{name: getattr(row, name) for name in names}) for row in connection.execute(query)]


def restore(connection: Connection, stored: StoredIssue) -> Issue:
    """Return a stored issue as a value, its sections as they were composed.

    A draft has its papers as they are known now, and two that became one once; a frozen issue as they were.
    """
    placed = entries(connection, stored.id)
    known = papers.by_id(connection, (entry.paper_id for entry in placed))
    if stored.frozen:
        known = _as_frozen(connection, stored.id, placed, known)
        placed = [entry for entry in placed if entry.paper_id in known]
    sections: dict[int, list[StoredEntry]] = {}
    for entry in _once(placed, known):
        sections.setdefault(entry.section, []).append(entry)
    composed = [
        Section(
            topic=Topic(found[0].topic_id, found[0].topic_name),
            number=number,
            entries=tuple(
                Entry(known.get(e.paper_id) or Paper(e.paper_id, e.title), e.rank, e.carries, e.why) for e in found
            ),
            left_over=stored.left_over.get(number, 0),
        )
        for number, found in sections.items()
    ]
    return Issue(key=stored.key, day=stored.day, number=stored.number, sections=tuple(sorted(composed, key=standing)))


def _as_frozen(
    connection: Connection, issue_id: int, placed: Iterable[StoredEntry], known: Mapping[str, Paper]
) -> dict[str, Paper]:
    """Return the papers of a frozen issue by the ids they had in its draft."""
    query = select(issue_papers.c.paper_id, issue_papers.c.paper).where(
        issue_papers.c.issue_id == issue_id, issue_papers.c.paper.is_not(None)
    )
    kept = {row.paper_id: papers.paper_of_record(row.paper) for row in connection.execute(query)}
    if kept:
        return kept
    # Approved when an issue kept but ids and titles of its papers: what else they have is as it is now.
    return {
        e.paper_id: replace(known.get(e.paper_id, Paper(e.paper_id, "")), id=e.paper_id, title=e.title) for e in placed
    }


def _once(placed: Iterable[StoredEntry], known: Mapping[str, Paper]) -> list[StoredEntry]:
    """Return entries without those whose paper another has too: with a card rather than a line, then the better."""
    best: dict[str, StoredEntry] = {}
    for entry in placed:
        paper = known.get(entry.paper_id)
        name = paper.id if paper else entry.paper_id
        before = best.get(name)
        if before is None or (before.carries, entry.carries) == ("line", "card"):
            best[name] = entry
    return sorted(best.values(), key=lambda entry: entry.rank)


def save_draft(connection: Connection, issue: Issue, cutoff: datetime, now: datetime) -> int:
    """Store a draft in place of an earlier draft of the same period; returns its row id."""
    values = {
        "state": IssueState.DRAFT,
        "day": issue.day,
        "cutoff": cutoff,
        "left_over": {str(s.number): s.left_over for s in issue.sections if s.left_over},
        "built_at": now,
    }
    known = find(connection, issue.key)
    if known is None:
        key = {"list_id": issue.key.list_id, "frequency": issue.key.frequency, "period": issue.key.period}
        issue_id = connection.execute(insert(issues).values(**key, **values).returning(issues.c.id)).scalar_one()
    else:
        issue_id = known.id
        connection.execute(update(issues).where(issues.c.id == issue_id).values(**values))
        connection.execute(delete(issue_papers).where(issue_papers.c.issue_id == issue_id))
    rows = [
        {
            "issue_id": issue_id,
            "paper_id": entry.paper.id,
            "rank": entry.rank,
            "title": entry.paper.title,
            "topic_id": section.topic.id,
            "topic_name": section.topic.name,
            "section": section.number,
            "carries": entry.carries,
            "version": entry.paper.version,
            "why": entry.why,
        }
        for section in issue.sections
        for entry in section.entries
    ]
    if rows:
        connection.execute(insert(issue_papers), rows)
    return int(issue_id)


def remove_draft(connection: Connection, issue_id: int) -> None:
    """Remove a draft of which nothing is left; whatever is further stays."""
    connection.execute(delete(issues).where(issues.c.id == issue_id, issues.c.state == IssueState.DRAFT))


def carried(connection: Connection, list_id: str, frequency: str) -> dict[str, int | None]:
    """Return the papers that had their card in this list and frequency: by the ids they have now, the version."""
    query = (
        select(func.coalesce(paper_keys.c.paper_id, issue_papers.c.paper_id), issue_papers.c.version)
        .select_from(issue_papers.join(issues).outerjoin(paper_keys, papers.led_to_by(issue_papers.c.paper_id)))
        .where(issues.c.list_id == list_id, issues.c.frequency == frequency)
        .where(issues.c.state.in_(TAKEN), issue_papers.c.carries == "card")
        .order_by(func.coalesce(issue_papers.c.version, 0))  # two that became one: the last version holds
    )
    return {row[0]: row[1] for row in connection.execute(query)}


def last_cutoff(connection: Connection, list_id: str, frequency: str) -> datetime | None:
    """Return up to when papers were candidates for the newest issue that was approved."""
    query = select(issues.c.cutoff).where(
        issues.c.list_id == list_id, issues.c.frequency == frequency, issues.c.state.in_(TAKEN)
    )
    return connection.execute(query.order_by(issues.c.cutoff.desc()).limit(1)).scalar()


def next_number(connection: Connection, list_id: str, frequency: str) -> int:
    """Return the number the next approved issue takes; a cancelled issue's isn't given again."""
    query = select(func.max(issues.c.number)).where(issues.c.list_id == list_id, issues.c.frequency == frequency)
    return (connection.execute(query).scalar() or 0) + 1


def freeze(connection: Connection, issue_id: int, issue: Issue, *, frozen: Mapping[str, Any], now: datetime) -> None:
    """Record an approval: number, papers, headers and publication, for good."""
    statement = update(issues).where(issues.c.id == issue_id)
    values = {"state": IssueState.APPROVED, "number": issue.number, "frozen": dict(frozen), "approved_at": now}
    connection.execute(statement.values(values))
    connection.execute(
        update(issue_papers).where(issue_papers.c.issue_id == issue_id, issue_papers.c.rank == bindparam("at")),
        [{"at": entry.rank, "paper": papers.record_of(replace(entry.paper, extra={}))} for entry in issue.entries],
    )


def state(connection: Connection, issue_id: int) -> IssueState:
    """Return the state an issue is in now."""
    return IssueState(connection.execute(select(issues.c.state).where(issues.c.id == issue_id)).scalar_one())


def set_state(connection: Connection, issue_id: int, state: IssueState, **moments: datetime | None) -> None:
    """Record a state, and moments such as finished_at."""
    connection.execute(update(issues).where(issues.c.id == issue_id).values(state=state, **moments))


def set_left_out(connection: Connection, issue_id: int, left_out: Mapping[str, int]) -> None:
    """Record whom the plan of an issue left out, by reason."""
    connection.execute(update(issues).where(issues.c.id == issue_id).values(left_out=dict(left_out)))


def _issue(row: Row[Any]) -> StoredIssue:
    return StoredIssue(
        id=row.id,
        key=IssueKey(row.list_id, row.frequency, row.period),
        day=row.day,
        number=row.number,
        state=IssueState(row.state),
        cutoff=row.cutoff,
        left_over={int(number): count for number, count in row.left_over.items()},
        frozen=row.frozen,
        built_at=row.built_at,
        approved_at=row.approved_at,
        planned_at=row.planned_at,
        finished_at=row.finished_at,
        left_out=row.left_out or {},
    )
