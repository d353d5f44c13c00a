"""Deliveries of an issue: planned all at once, counted, listed."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import islice

from sqlalchemy import Connection, func, select, update

from digest.deliver.states import WAITING, DeliveryState
from digest.store.database import insert_or_ignore
from digest.store.schema import deliveries


@dataclass(frozen=True, slots=True)
class PlannedDelivery:
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


def plan(connection: Connection, issue_id: int, planned: Iterable[PlannedDelivery]) -> int:
    """Add deliveries; a subscriber who has one already (planning was interrupted) keeps it.

    Returns how many were new.
    """
    before = sum(counts(connection, issue_id).values())
    remaining = iter(planned)
    while batch := list(islice(remaining, 500)):
        rows = [
            {
                **asdict(p),
                "domain": p.address.rpartition("@")[2].lower(),
                "issue_id": issue_id,
                "state": DeliveryState.PLANNED,
                "next_attempt_at": p.due_at,
            }
            for p in batch
        ]
        connection.execute(insert_or_ignore(connection, deliveries), rows)
    return sum(counts(connection, issue_id).values()) - before


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
