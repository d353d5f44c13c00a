"""Deliveries of an issue: planned, counted, listed."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, func, select, update

from digest.deliver.states import WAITING, DeliveryState
from digest.store.schema import deliveries


class PlannedDelivery(NamedTuple):
    """A delivery before it is stored: what is frozen for one subscriber."""

    subscriber_id: str
    address: str
    address_key: str
    name: str
    edition: str
    date: datetime
    due_at: datetime
    deadline: datetime


@dataclass(frozen=True, slots=True)
class DeliveryRow:
    """A delivery as it is listed. `reply` is the relay's last word, "" before one came."""

    subscriber_id: str
    address: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime
    settled_at: datetime | None
    reply: str


_COLUMNS = (*PlannedDelivery._fields, "next_attempt_at", "domain", "issue_id", "state", "attempts")
_INSERT = f"INSERT INTO deliveries ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_ROWS = 1_000
"""How many rows are handed to the database at a time."""


def plan(connection: Connection, issue_id: int, planned: Iterable[PlannedDelivery]) -> int:
    """Add deliveries, of subscribers who have none yet, and return how many there were.

    A row takes some microseconds: the statement is the driver's own, and a moment, of which a plan has
    a handful, is written out once.
    """
    moment = cache(_moments(connection))
    constant = (issue_id, DeliveryState.PLANNED.value, 0)
    remaining, added = iter(planned), 0
    while some := list(islice(remaining, _ROWS)):
        rows = []
        for *frozen, date, due_at, deadline in some:
            due, domain = moment(due_at), frozen[1].rpartition("@")[2].lower()
            rows.append((*frozen, moment(date), due, moment(deadline), due, domain, *constant))
        connection.exec_driver_sql(_INSERT, rows)
        added += len(rows)
    return added


def _moments(connection: Connection) -> Callable[[datetime], Any]:
    """Return what makes the database's form of a moment."""
    bind = deliveries.c.date.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    assert bind is not None
    return bind


def forget_plan(connection: Connection, issue_id: int, limit: int) -> int:
    """Remove up to `limit` deliveries of an issue whose plan was never complete; return how many went."""
    some = select(deliveries.c.id).where(deliveries.c.issue_id == issue_id).limit(limit)
    return connection.execute(delete(deliveries).where(deliveries.c.id.in_(some))).rowcount


def counts(connection: Connection, issue_id: int) -> Mapping[DeliveryState, int]:
    """Return how many deliveries of an issue are in each state (none are left out)."""
    query = (
        select(deliveries.c.state, func.count()).where(deliveries.c.issue_id == issue_id).group_by(deliveries.c.state)
    )
    return {DeliveryState(state): number for state, number in connection.execute(query)}


def cancel_waiting(connection: Connection, issue_id: int, now: datetime) -> int:
    """Cancel what hasn't left yet; what is on the wire is settled by its run."""
    statement = update(deliveries).where(deliveries.c.issue_id == issue_id, deliveries.c.state.in_(WAITING))
    return connection.execute(statement.values(state=DeliveryState.CANCELLED, settled_at=now)).rowcount


def next_due(connection: Connection, issue_id: int) -> datetime | None:
    """Return when the next waiting delivery is to be tried or given up, or None when none waits."""
    query = select(func.min(deliveries.c.next_attempt_at)).where(
        deliveries.c.issue_id == issue_id, deliveries.c.state.in_(WAITING)
    )
    return connection.execute(query).scalar()


def listed(connection: Connection, issue_id: int, states: Iterable[DeliveryState]) -> list[DeliveryRow]:
    """Return the deliveries in these states, by address."""
    query = (
        select(deliveries)
        .where(deliveries.c.issue_id == issue_id, deliveries.c.state.in_(tuple(states)))
        .order_by(deliveries.c.address)
    )
    return [
        DeliveryRow(
            subscriber_id=row.subscriber_id,
            address=row.address,
            state=DeliveryState(row.state),
            attempts=row.attempts,
            next_attempt_at=row.next_attempt_at,
            settled_at=row.settled_at,
            reply=row.reply or "",
        )
        for row in connection.execute(query)
    ]
