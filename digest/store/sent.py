"""What was sent, as a report finds it: by Message-ID, by subscriber, by address."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, func, select

from digest.deliver.states import DeliveryState
from digest.issues.issue import IssueKey
from digest.store.database import reading
from digest.store.schema import deliveries, issues, notices

_TOGETHER = 20_000
"""Deliveries that are read at a time: between two stretches the store's housekeeping goes on."""


@dataclass(frozen=True, slots=True)
class Sent:
    """One message: of an issue with `delivery_id`, or a notice with `notice_id`.

    `subscriber_id` and `issue` are of an issue's message. `address` is "" where we were asked to forget it.
    """

    delivery_id: int | None
    notice_id: int | None
    issue_id: int | None
    list_id: str
    subscriber_id: str
    address: str
    address_key: str
    domain: str
    state: DeliveryState


@dataclass(frozen=True, slots=True)
class SentIssue:
    """An issue whose messages may have left."""

    id: int
    key: IssueKey
    approved_at: datetime


def recent_issues(connection: Connection, since: datetime) -> list[SentIssue]:
    """Return the planned issues that were approved after a moment, the newest first."""
    query = _ISSUES.where(issues.c.approved_at > since, issues.c.planned_at.is_not(None)).order_by(
        issues.c.approved_at.desc(), issues.c.id.desc()
    )
    return [_issue(row) for row in connection.execute(query)]


def issue(connection: Connection, issue_id: int) -> SentIssue:
    """Return an issue that was sent."""
    return _issue(connection.execute(_ISSUES.where(issues.c.id == issue_id)).one())


def delivery(connection: Connection, issue_id: int, subscriber_id: str) -> Sent | None:
    """Return the message of an issue to a subscriber."""
    query = _DELIVERIES.where(deliveries.c.issue_id == issue_id, deliveries.c.subscriber_id == subscriber_id)
    return _delivery(connection.execute(query).one_or_none())


def by_ids(connection: Connection, delivery_ids: Collection[int]) -> dict[int, Sent]:
    """Return messages of issues by the ids of their deliveries; at most some thousand are asked for."""
    rows = connection.execute(_DELIVERIES.where(deliveries.c.id.in_(delivery_ids)))
    return {row.id: found for row in rows if (found := _delivery(row))}


def last_to(connection: Connection, subscriber_ids: Collection[str], of: Sequence[SentIssue]) -> Sent | None:
    """Return the newest message of some issues that was tried for one of some subscribers.

    Issue by issue, each by the index of (issue, subscriber): issues are few, deliveries many.
    """
    query = _DELIVERIES.where(
        deliveries.c.issue_id.in_([issue.id for issue in of]),
        deliveries.c.subscriber_id.in_(subscriber_ids),
        deliveries.c.attempts > 0,
    )
    return _delivery(connection.execute(query.order_by(deliveries.c.issue_id.desc()).limit(1)).one_or_none())


def subscribers(engine: Engine, issue_id: int) -> Iterator[tuple[int, str]]:
    """Yield the deliveries of an issue as (id, subscriber id), in the order of its plan, a stretch at a time."""
    table = deliveries.c
    ends = select(func.min(table.id), func.max(table.id)).where(table.issue_id == issue_id)
    with reading(engine).begin() as connection:
        first, last = connection.execute(ends).one()
    # In a range of ids, read as the rows lie; the sum keeps the database from its index by issue.
    query = select(table.id, table.subscriber_id).where(table.issue_id + 0 == issue_id)
    for start in range(first or 0, (last or -1) + 1, _TOGETHER):
        with reading(engine).begin() as connection:
            rows = connection.execute(query.where(table.id.between(start, start + _TOGETHER - 1))).all()
        yield from ((row[0], row[1]) for row in rows)


def has_accepted(
    connection: Connection, issue_id: int, number: int, domain: str | None = None, but: Collection[str] = ()
) -> bool:
    """Tell whether so many messages of an issue were accepted, to one domain or to all but some.

    Reads no more of them than it needs.
    """
    table = deliveries.c
    first = select(func.min(table.id)).where(table.issue_id == issue_id).scalar_subquery()
    which = table.domain.not_in(but) if domain is None else table.domain == domain
    some = select(table.id).where(
        table.id >= first, table.issue_id + 0 == issue_id, table.state == DeliveryState.ACCEPTED, which
    )
    found = connection.execute(select(func.count()).select_from(some.limit(number).subquery()))
    return found.scalar_one() >= number


def notice(connection: Connection, token: str) -> Sent | None:
    """Return the notice whose Message-ID has `token` before its @."""
    # A range, so that the unique index is used, whatever domain we sent it from.
    query = select(notices).where(notices.c.message_id > f"{token}@", notices.c.message_id < f"{token}A")
    return _notice(connection.execute(query).one_or_none())


def notices_to(connection: Connection, address_keys: Collection[str], since: datetime) -> dict[str, Sent]:
    """Return the newest notices that were tried for some addresses, by address key."""
    query = select(notices).where(
        notices.c.address_key.in_(address_keys), notices.c.attempts > 0, notices.c.due_at > since
    )
    rows = connection.execute(query.order_by(notices.c.id))
    return {row.address_key: found for row in rows if (found := _notice(row))}


_ISSUES: Select[Any] = select(issues.c.id, issues.c.list_id, issues.c.frequency, issues.c.period, issues.c.approved_at)
_DELIVERIES: Select[Any] = select(deliveries, issues.c.list_id).join(issues, issues.c.id == deliveries.c.issue_id)


def _issue(row: Row[Any]) -> SentIssue:
    return SentIssue(row.id, IssueKey(row.list_id, row.frequency, row.period), row.approved_at)


def _delivery(row: Row[Any] | None) -> Sent | None:
    if row is None:
        return None
    return Sent(
        delivery_id=row.id,
        notice_id=None,
        issue_id=row.issue_id,
        list_id=row.list_id,
        subscriber_id=row.subscriber_id,
        address=row.address,
        address_key=row.address_key,
        domain=row.domain,
        state=DeliveryState(row.state),
    )


def _notice(row: Row[Any] | None) -> Sent | None:
    if row is None:
        return None
    return Sent(
        delivery_id=None,
        notice_id=row.id,
        issue_id=None,
        list_id=row.list_id or "",
        subscriber_id=row.subscriber_id or "",
        address=row.address,
        address_key=row.address_key,
        domain=row.address.rpartition("@")[2].lower(),
        state=DeliveryState(row.state),
    )
