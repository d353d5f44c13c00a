"""The reports that came in, each once: what it was, whose message it was about, and what it did."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, delete, func, select, update

from digest.bounces.report import Effect, Kind
from digest.deliver.outcome import NO_SUCH_ADDRESS
from digest.issues.issue import IssueKey
from digest.store.database import insert_or_ignore, reading
from digest.store.schema import deliveries, issues, notices
from digest.store.schema_readers import reports

_TOGETHER = 1_000
"""Reports that are read at a time."""


@dataclass(frozen=True, slots=True)
class Taken:
    """A report to be kept. Of `delivery_id` and `notice_id` at most one is there."""

    key: str
    origin: str
    kind: Kind
    delivery_id: int | None
    notice_id: int | None
    address_key: str | None
    status: str
    said: str


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report as it is listed. `issue` is None, and `address` "", where it is about none of an issue's messages.

    The address of a notice stands there too. `said` is what the other server said, as one bounded line.
    """

    id: int
    at: datetime
    origin: str
    kind: Kind
    effect: Effect
    status: str
    said: str
    issue: IssueKey | None
    address: str


class Suppressed(NamedTuple):
    """A report that suppressed an address at a moment."""

    report_id: int
    address_key: str
    at: datetime


def known(connection: Connection, keys: Collection[str]) -> frozenset[str]:
    """Return those of some keys whose reports were taken before; at most some thousand are asked for."""
    return frozenset(connection.execute(select(reports.c.key).where(reports.c.key.in_(keys))).scalars())


def add(connection: Connection, taken: Taken, effect: Effect, now: datetime) -> int | None:
    """Keep a report; returns its id, None where its key is there already."""
    values = {name: getattr(taken, name) for name in Taken.__slots__}
    statement = insert_or_ignore(connection, reports).values(**values, effect=effect, at=now).returning(reports.c.id)
    return connection.execute(statement).scalar()


def forget_unmatched(connection: Connection, keep: int) -> int:
    """Forget all but the newest reports that proved no message of ours: strangers write these. Returns how many."""
    is_one = reports.c.effect == Effect.UNMATCHED
    last = select(reports.c.id).where(is_one).order_by(reports.c.id.desc()).offset(keep).limit(1).scalar_subquery()
    return connection.execute(delete(reports).where(is_one, reports.c.id <= last)).rowcount


def set_effect(connection: Connection, report_id: int, effect: Effect) -> None:
    """Say what a report did."""
    connection.execute(update(reports).where(reports.c.id == report_id).values(effect=effect))


def has_counted(connection: Connection, *, delivery_id: int | None, notice_id: int | None) -> bool:
    """Tell whether an earlier bounce of the same message counted against its address."""
    about = reports.c.delivery_id == delivery_id if delivery_id is not None else reports.c.notice_id == notice_id
    counted = reports.c.effect.in_((Effect.SCORED, Effect.SUPPRESSED))
    query = select(reports.c.id).where(about, reports.c.kind == Kind.BOUNCE, counted).limit(1)
    return connection.execute(query).first() is not None


def walk(
    engine: Engine,
    *,
    kinds: Collection[Kind] = (),
    effects: Collection[Effect] = (),
    address_key: str | None = None,
    issue_id: int | None = None,
    since: datetime | None = None,
) -> Iterator[ReportRow]:
    """Yield the reports that fit all that is asked for, the newest first.

    They are read a stretch at a time, each in a transaction of its own: whoever reads slowly holds up nobody.
    """
    asked: list[ColumnElement[bool]] = []
    if kinds:
        asked.append(reports.c.kind.in_(kinds))
    if effects:
        asked.append(reports.c.effect.in_(effects))
    if address_key is not None:
        asked.append(reports.c.address_key == address_key)
    if issue_id is not None:
        asked.append(deliveries.c.issue_id == issue_id)
    if since is not None:
        asked.append(reports.c.at >= since)
    query, before = _ROWS.where(*asked).order_by(reports.c.id.desc()).limit(_TOGETHER), None
    while True:
        stretch = query if before is None else query.where(reports.c.id < before)
        with reading(engine).begin() as connection:
            rows = connection.execute(stretch).all()
        yield from map(_row, rows)
        if len(rows) < _TOGETHER:
            return
        before = rows[-1].id


def of_delivery(connection: Connection, delivery_id: int) -> list[ReportRow]:
    """Return what came back about a delivery, in its order."""
    query = _ROWS.where(reports.c.delivery_id == delivery_id).order_by(reports.c.id)
    return [_row(row) for row in connection.execute(query)]


def counts(connection: Connection, issue_id: int) -> Mapping[Kind, int]:
    """Return how many messages of an issue something came back about, by kind (none are left out)."""
    query = select(reports.c.kind, func.count(deliveries.c.id.distinct())).join_from(reports, deliveries)
    rows = connection.execute(query.where(*_of_issue(issue_id)).group_by(reports.c.kind))
    return {Kind(kind): number for kind, number in rows}


def gone(connection: Connection, issue_id: int) -> Mapping[str, int]:
    """Return how many messages of an issue bounced for want of the address, by recipient domain."""
    query = select(deliveries.c.domain, func.count(deliveries.c.id.distinct())).join_from(reports, deliveries)
    rows = connection.execute(query.where(*_gone(issue_id)).group_by(deliveries.c.domain))
    return {row[0]: row[1] for row in rows}


def suppressed_as_gone(connection: Connection, issue_id: int, domains: Collection[str]) -> list[Suppressed]:
    """Return the reports that suppressed an address for not existing, of an issue's messages to some domains."""
    query = select(reports.c.id, reports.c.address_key, reports.c.at).join_from(reports, deliveries)
    wanted = (*_gone(issue_id), reports.c.effect == Effect.SUPPRESSED, deliveries.c.domain.in_(domains))
    return [Suppressed(*row) for row in connection.execute(query.where(*wanted).order_by(reports.c.id))]


def _gone(issue_id: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for an issue's bounces of addresses that don't exist."""
    return *_of_issue(issue_id), reports.c.kind == Kind.BOUNCE, reports.c.status.in_(NO_SUCH_ADDRESS)


def _of_issue(issue_id: int) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions for the reports on an issue's messages.

    They come after its approval, so that only the reports since then are read; the sum keeps the database from walking
    along the issue's deliveries, which are many more.
    """
    approved_at = select(issues.c.approved_at).where(issues.c.id == issue_id).scalar_subquery()
    return reports.c.at >= approved_at, deliveries.c.issue_id + 0 == issue_id


_ROWS: Select[Any] = (
    select(
        reports,
        issues.c.list_id,
        issues.c.frequency,
        issues.c.period,
        func.coalesce(deliveries.c.address, notices.c.address, "").label("address"),
    )
    .outerjoin(deliveries, deliveries.c.id == reports.c.delivery_id)
    .outerjoin(issues, issues.c.id == deliveries.c.issue_id)
    .outerjoin(notices, notices.c.id == reports.c.notice_id)
)


def _row(row: Row[Any]) -> ReportRow:
    return ReportRow(
        id=row.id,
        at=row.at,
        origin=row.origin,
        kind=Kind(row.kind),
        effect=Effect(row.effect),
        status=row.status,
        said=row.said,
        issue=IssueKey(row.list_id, row.frequency, row.period) if row.list_id else None,
        address=row.address,
    )
