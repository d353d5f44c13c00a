"""What is known of one person beyond what they said: what they were sent, what came back of it, and their lists."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select, union

from digest.deliver.states import DeliveryState
from digest.issues.issue import IssueKey
from digest.store.schema import deliveries, issues, notices
from digest.store.schema_readers import (
    address_scores,
    aliases,
    lifted_suppressions,
    reader_events,
    readers,
    reports,
    requests,
    suppressions,
)
from digest.store.suppressions import EVERYWHERE


@dataclass(frozen=True, slots=True)
class Mailed:
    """Where a subscriber was mailed last: the list's permanent id, and the address ("" once it is forgotten)."""

    list_id: str
    address: str
    address_key: str


@dataclass(frozen=True, slots=True)
class Received:
    """An issue that somebody was planned for; `at` is when it was settled, else when it is tried."""

    issue: IssueKey
    address: str
    state: DeliveryState
    at: datetime
    reply: str


@dataclass(frozen=True, slots=True)
class Noticed:
    """A notice to somebody; `at` is when it was settled, else when it is tried."""

    kind: str
    list_id: str
    state: DeliveryState
    at: datetime
    reply: str


@dataclass(frozen=True, slots=True)
class Reported:
    """A report on a message to somebody: what it was, and what became of it."""

    kind: str
    effect: str
    origin: str
    status: str
    said: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Score:
    """The failures of a mailbox that is there, and when the last one was."""

    score: float
    at: datetime


def last_mailed(connection: Connection, subscriber_id: str) -> Mailed | None:
    """Return where a subscriber was mailed last, None where they are in no issue's plan.

    Issue by issue, the newest first, each by the index of (issue, subscriber): issues are few, deliveries many.
    """
    query = (
        select(issues.c.list_id, deliveries.c.address, deliveries.c.address_key)
        .select_from(issues)
        .join(deliveries, and_(deliveries.c.issue_id == issues.c.id, deliveries.c.subscriber_id == subscriber_id))
        .order_by(issues.c.id.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    return None if row is None else Mailed(row.list_id, row.address, row.address_key)


def invited_before(connection: Connection, list_id: str) -> int:
    """Return how many a list's last daily and weekly issue were planned for by its subscriber file alone.

    Who has left since, moved to another address or was forgotten isn't counted.
    """
    planned = (issues.c.list_id == list_id, issues.c.planned_at.is_not(None))
    last = select(func.max(issues.c.id)).where(*planned).group_by(issues.c.frequency)
    subscriber = deliveries.c.subscriber_id
    signed_up = exists().where(readers.c.subscriber_id == subscriber, readers.c.confirmed_at.is_not(None))
    moved = exists().where(aliases.c.subscriber_id == subscriber)
    suppressed = exists().where(
        suppressions.c.address_key == deliveries.c.address_key, suppressions.c.scope.in_((EVERYWHERE, list_id))
    )
    invited = (deliveries.c.issue_id.in_(last), deliveries.c.address != "", ~signed_up, ~moved, ~suppressed)
    return connection.execute(select(func.count()).select_from(deliveries).where(*invited)).scalar_one()


def list_ids(connection: Connection) -> frozenset[str]:
    """Return the ids of all lists that somebody was mailed by, spoke to or is suppressed on, also those gone by now."""
    scopes = (suppressions.c.scope, lifted_suppressions.c.scope)
    columns = (issues.c.list_id, readers.c.list_id, reader_events.c.list_id, *scopes)
    found = connection.execute(union(*(select(column).distinct() for column in columns))).scalars()
    return frozenset(found) - {EVERYWHERE}


def written_to(connection: Connection, list_id: str) -> frozenset[str]:
    """Return the addresses that a list's notices and requests are about."""
    columns = [(table.c.address, table.c.list_id) for table in (notices, requests)]
    found = connection.execute(union(*(select(address).where(of_list == list_id) for address, of_list in columns)))
    return frozenset(found.scalars())


def received(connection: Connection, subscriber_ids: Collection[str], limit: int) -> tuple[list[Received], int]:
    """Return the last issues that somebody was planned for, the newest first, and how many there are in all."""
    total = connection.execute(select(func.count()).select_from(deliveries_of(subscriber_ids).subquery())).scalar_one()
    query = (
        select(issues, deliveries.c.address, deliveries.c.state.label("became"), deliveries.c.reply)
        .add_columns(func.coalesce(deliveries.c.settled_at, deliveries.c.next_attempt_at).label("at"))
        .select_from(issues)
        .join(deliveries, _theirs(subscriber_ids))
        .order_by(issues.c.day.desc(), issues.c.id.desc())
        .limit(limit)
    )
    found = [
        Received(
            IssueKey(row.list_id, row.frequency, row.period),
            row.address,
            DeliveryState(row.became),
            row.at,
            row.reply or "",
        )
        for row in connection.execute(query)
    ]
    return found, total


def deliveries_of(subscriber_ids: Collection[str]) -> Select[Any]:
    """Return the query for the ids of somebody's deliveries, issue by issue."""
    return select(deliveries.c.id).select_from(issues).join(deliveries, _theirs(subscriber_ids))


def _theirs(subscriber_ids: Collection[str]) -> ColumnElement[bool]:
    return and_(deliveries.c.issue_id == issues.c.id, deliveries.c.subscriber_id.in_(subscriber_ids))


def noticed(connection: Connection, keys: Collection[str], limit: int) -> list[Noticed]:
    """Return the last notices to addresses with these keys, the newest first."""
    at = func.coalesce(notices.c.settled_at, notices.c.next_attempt_at).label("at")
    query = select(notices, at).where(notices.c.address_key.in_(keys)).order_by(notices.c.id.desc()).limit(limit)
    return [
        Noticed(row.kind, row.list_id or "", DeliveryState(row.state), row.at, row.reply or "")
        for row in connection.execute(query)
    ]


def reported(
    connection: Connection, keys: Collection[str], subscriber_ids: Collection[str], limit: int
) -> list[Reported]:
    """Return the last reports on messages to somebody, the newest first."""
    about = reports.c.address_key.in_(keys) | reports.c.delivery_id.in_(deliveries_of(subscriber_ids))
    query = select(reports).where(about).order_by(reports.c.at.desc(), reports.c.id.desc()).limit(limit)
    return [
        Reported(row.kind, row.effect, row.origin, row.status, row.said, row.at) for row in connection.execute(query)
    ]


def score(connection: Connection, keys: Collection[str]) -> Score | None:
    """Return the highest score of addresses with these keys, None where they have none."""
    query = select(address_scores).where(address_scores.c.address_key.in_(keys))
    row = connection.execute(query.order_by(address_scores.c.score.desc()).limit(1)).one_or_none()
    return None if row is None else Score(row.score, row.at)
