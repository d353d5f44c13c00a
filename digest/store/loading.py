"""Loading: every paper stands in the store once, whichever sources it came from and however often."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Table, delete, func, literal, select

from digest.papers.identity import PAPERS_A_KEY, Resolved, is_of_title, keys, resolve
from digest.papers.merge import latest, merge, renamed, updated
from digest.papers.paper import Paper
from digest.store import readings
from digest.store.database import insert_into, insert_or_ignore
from digest.store.papers import paper_of, paper_of_record, record_of, values_of
from digest.store.schema import issues, paper_keys, papers, signal_readings

BATCH = 500
"""Papers a round. SQLite takes some thousand values a query."""

_READINGS_KEPT = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Saved:
    """What a load changed, in numbers of papers. `ignored` are announced new versions of papers we don't have."""

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    ignored: int = 0

    def __add__(self, other: "Saved") -> "Saved":
        """Return both together."""
        return Saved(
            self.new + other.new,
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.ignored + other.ignored,
        )


def save(connection: Connection, loaded: Sequence[Paper], now: datetime) -> Saved:
    """Store papers; one that is known keeps its id and the moment it was first loaded.

    The records of its sources are kept side by side, the last one of each, and merged anew. Where one shows two
    known papers to be the same, the one loaded first stays, and the other's id leads to it. What is new counts as
    loaded after every issue there is, though `now` may be the moment before one was composed, or the clock was put
    back: it isn't in that issue.
    """
    saved, news_at = Saved(), _after_issues(connection, now)
    for start in range(0, len(loaded), BATCH):
        saved += _save_batch(connection, loaded[start : start + BATCH], now, news_at)
    readings.forget_before(connection, (now - _READINGS_KEPT).date())
    return saved


def _after_issues(connection: Connection, now: datetime) -> datetime:
    cutoff = connection.execute(select(func.max(issues.c.cutoff, type_=issues.c.cutoff.type))).scalar()
    return now if cutoff is None else max(now, cutoff + timedelta(microseconds=1))


@dataclass(frozen=True, slots=True)
class _Change:
    """A paper before and after a batch: None before when it is new."""

    before: Paper | None
    after: Paper
    records: Sequence[Paper]
    first_loaded_at: datetime
    joined: tuple[str, ...]


def _save_batch(connection: Connection, batch: Sequence[Paper], now: datetime, news_at: datetime) -> Saved:
    known = _known(connection, {key for paper in batch for key in keys(paper)})
    rows = _rows(connection, known)
    resolved = resolve(batch, {paper_id: known[paper_id] for paper_id in rows})
    news = [one for one in resolved if not one.new or any(record.news for record in one.records)]
    changes = [_change(one, rows, news_at) for one in news]
    _join(connection, changes)
    _write(connection, changes, now, news_at)
    counts = {
        "new": sum(change.before is None for change in changes),
        "unchanged": sum(change.before == change.after for change in changes),
    }
    changed = len(changes) - sum(counts.values())
    return Saved(**counts, changed=changed, ignored=len(resolved) - len(news))


def _known(connection: Connection, wanted: Collection[str]) -> dict[str, list[str]]:
    """Return the papers that have one of the `wanted` keys, with all keys they have."""
    ids: set[str] = set()
    for some in _slices(sorted(set(wanted) - _crowded(connection, wanted))):
        ids.update(connection.execute(select(paper_keys.c.paper_id).where(paper_keys.c.key.in_(some))).scalars())
    found: dict[str, list[str]] = {paper_id: [] for paper_id in ids}
    for some in _slices(sorted(ids)):
        for row in connection.execute(select(paper_keys).where(paper_keys.c.paper_id.in_(some))):
            found[row.paper_id].append(row.key)
    return found


def _crowded(connection: Connection, wanted: Collection[str]) -> set[str]:
    """Return the keys of titles that so many papers have that they are no sign of identity."""
    found: set[str] = set()
    for some in _slices(sorted(filter(is_of_title, wanted))):
        counted = select(paper_keys.c.key).where(paper_keys.c.key.in_(some)).group_by(paper_keys.c.key)
        found.update(connection.execute(counted.having(func.count() > PAPERS_A_KEY)).scalars())
    return found


def _rows(connection: Connection, ids: Collection[str]) -> dict[str, Row[Any]]:
    """Return the rows of papers by id, the one loaded first first."""
    rows = [
        row for some in _slices(sorted(ids)) for row in connection.execute(select(papers).where(papers.c.id.in_(some)))
    ]
    return {row.id: row for row in sorted(rows, key=lambda row: (row.first_loaded_at, row.id))}


def _slices(values: Sequence[str]) -> Iterable[Sequence[str]]:
    return (values[start : start + BATCH] for start in range(0, len(values), BATCH))


def _change(resolved: Resolved, rows: Mapping[str, Row[Any]], news_at: datetime) -> _Change:
    stored = [rows[paper_id] for paper_id in (resolved.paper_id, *resolved.joined) if paper_id in rows]
    before = [record for row in reversed(stored) for record in _records(row)]
    records = latest([*before, *(_dated(record, before) for record in resolved.records)])
    merged = renamed(merge(records), resolved.paper_id)
    ids = dict.fromkeys((*merged.other_ids, *(other for row in stored for other in (row.id, *row.other_ids))))
    ids.pop(merged.id, None)
    return _Change(
        before=paper_of(stored[0]) if stored else None,
        after=replace(merged, news=True, other_ids=tuple(ids)),  # an id isn't lost with the record that named it
        records=records,
        first_loaded_at=stored[0].first_loaded_at if stored else news_at,
        joined=resolved.joined,
    )


def _dated(record: Paper, before: Iterable[Paper]) -> Paper:
    """Return a record with what its source said before of the paper's days, and now doesn't.

    The day of a replacement isn't that of its paper, and arXiv's feed then doesn't say when it was published.
    """
    former = next((one for one in before if one.source == record.source), None)
    days = [day for day in (record.published, former and former.published) if day]
    lists = record if record.news else former
    return replace(record, published=min(days, default=None), listed=lists.listed if lists else None)


def _records(row: Row[Any]) -> list[Paper]:
    """Return a paper's records; one stored by an earlier version is its own."""
    return [paper_of_record(record) for record in row.records.values()] or [paper_of(row)]


def _join(connection: Connection, changes: Iterable[_Change]) -> None:
    """Let the papers that turned out to be another one lead to it: their keys, their ids, their readings."""
    for change in changes:
        for other in change.joined:
            _hand_over(connection, paper_keys, other, change.after.id)
            _hand_over(connection, signal_readings, other, change.after.id)
            connection.execute(delete(papers).where(papers.c.id == other))


def _hand_over(connection: Connection, table: Table, former: str, paper_id: str) -> None:
    """Copy a paper's rows of a table to another paper, where that has none such."""
    columns = [literal(paper_id) if column.name == "paper_id" else column for column in table.c]
    rows = select(*columns).where(table.c.paper_id == former)
    names = [column.name for column in table.c]
    connection.execute(insert_or_ignore(connection, table).from_select(names, rows))


def _write(connection: Connection, changes: Sequence[_Change], now: datetime, news_at: datetime) -> None:
    rows = [
        values_of(change.after)
        | {
            "sources": sorted(record.source for record in change.records),
            "records": {record.source: record_of(record) for record in change.records},
            "first_loaded_at": change.first_loaded_at,
            "last_loaded_at": now,
        }
        for change in changes
    ]
    if not rows:
        return
    statement = insert_into(connection, papers)
    fresh = {name: statement.excluded[name] for name in rows[0] if name not in ("id", "first_loaded_at")}
    connection.execute(statement.on_conflict_do_update(index_elements=["id"], set_=fresh), rows)
    risen = [change.after.id for change in changes if change.before and updated(change.before, change.after)]
    if risen:
        connection.execute(papers.update().where(papers.c.id.in_(risen)).values(updated_at=news_at))
    met = [
        {"key": key, "paper_id": change.after.id}
        for change in changes
        for key in {change.after.id, *keys(change.after), *(key for record in change.records for key in keys(record))}
    ]
    connection.execute(insert_or_ignore(connection, paper_keys), met)
    readings.save(connection, ((change.after.id, change.after.signals) for change in changes), now)
