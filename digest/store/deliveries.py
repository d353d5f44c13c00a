"""Deliveries of an issue: planned, counted, listed, put back."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Engine, Row, case, delete, exists, func, literal, select, text, update

from digest.deliver.states import FINAL, WAITING, DeliveryState, Verb, move
from digest.store.database import reading
from digest.store.moments import moments_of
from digest.store.schema import IN_MOTION, attempts, deliveries
from digest.store.schema_readers import suppressions
from digest.store.suppressions import EVERYWHERE


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
    """A delivery as it is listed. `relay` and its last word, `reply`, are "" before one came."""

    id: int
    subscriber_id: str
    address: str
    state: DeliveryState
    attempts: int
    next_attempt_at: datetime
    settled_at: datetime | None
    relay: str
    reply: str


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One try that was not accepted at once; `code` is 0 where no reply came."""

    relay: str
    at: datetime
    verb: Verb
    stage: str
    code: int
    reply: str

    @property
    def is_uncertain(self) -> bool:
        """Tell whether the message may have arrived all the same."""
        return self.verb in (Verb.LOSE, Verb.HOLD)


@dataclass(frozen=True, slots=True)
class Reason:
    """A reply that several deliveries got, the address cut out of it; `domain` is one of `domains`."""

    state: DeliveryState
    reply: str
    number: int
    domain: str
    domains: int


@dataclass(frozen=True, slots=True)
class Recent:
    """How many deliveries became final lately, and since when the first of them."""

    settled: int = 0
    first: datetime | None = None


_COLUMNS = (*PlannedDelivery._fields, "next_attempt_at", "domain", "issue_id", "state", "attempts")
_INSERT = f"INSERT INTO deliveries ({', '.join(_COLUMNS)}) VALUES ({', '.join('?' * len(_COLUMNS))})"  # noqa: S608
_ROWS = 1_000
"""How many rows are handed to the database at a time."""


def plan(connection: Connection, issue_id: int, planned: Iterable[PlannedDelivery]) -> int:
    """Add deliveries, of subscribers who have none yet, and return how many there were.

    A row takes some microseconds: the statement is the driver's own, and a moment, of which a plan has
    a handful, is written out once.
    """
    moment = cache(moments_of(connection))
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


def forget_plan(connection: Connection, issue_id: int, limit: int) -> int:
    """Remove up to `limit` deliveries of an issue whose plan was never complete; return how many went."""
    some = select(deliveries.c.id).where(deliveries.c.issue_id == issue_id).limit(limit)
    return connection.execute(delete(deliveries).where(deliveries.c.id.in_(some))).rowcount


def _of(connection: Connection, issue_id: int) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """Return the conditions for the deliveries of an issue, read as they lie from its first to its last.

    The sum keeps the database from its index by issue: with a million it fetches row after row out of
    order, which takes eight times as long, or sorts them for each page.
    """
    ends = select(func.min(deliveries.c.id), func.max(deliveries.c.id)).where(deliveries.c.issue_id == issue_id)
    first, last = connection.execute(ends).one()
    return deliveries.c.id.between(first or 0, last or 0), deliveries.c.issue_id + 0 == issue_id


def counts(connection: Connection, issue_id: int) -> Mapping[DeliveryState, int]:
    """Return how many deliveries of an issue are in each state (none are left out)."""
    query = select(deliveries.c.state, func.count()).where(*_of(connection, issue_id)).group_by(deliveries.c.state)
    return {DeliveryState(state): number for state, number in connection.execute(query)}


def cancel_waiting(connection: Connection, issue_id: int, now: datetime) -> int:
    """Cancel what hasn't left yet; what is on the wire is settled by its run."""
    statement = update(deliveries).where(deliveries.c.issue_id == issue_id, deliveries.c.state.in_(WAITING))
    return connection.execute(statement.values(state=DeliveryState.CANCELLED, settled_at=now)).rowcount


def next_due(connection: Connection, issue_id: int, states: Collection[DeliveryState] = WAITING) -> datetime | None:
    """Return when the next waiting delivery is to be tried or given up, or None when none waits."""
    query = select(func.min(deliveries.c.next_attempt_at)).where(
        *_of(connection, issue_id), deliveries.c.state.in_(states)
    )
    return connection.execute(query).scalar()


def has_claimed(connection: Connection, issue_id: int) -> bool:
    """Tell whether deliveries of an issue are claimed: by a run that is at work, or that died."""
    # In the words of `ix_deliveries_open`, so that it is used.
    claimed = exists().where(deliveries.c.issue_id == issue_id, text(IN_MOTION), deliveries.c.state == "claimed")
    return bool(connection.execute(select(claimed)).scalar())


def listed(connection: Connection, issue_id: int, states: Iterable[DeliveryState]) -> list[DeliveryRow]:
    """Return the deliveries in these states, by address."""
    query = (
        select(deliveries)
        .where(*_of(connection, issue_id), deliveries.c.state.in_(tuple(states)))
        .order_by(deliveries.c.address)
    )
    return [_delivery(row) for row in connection.execute(query)]


def walk(
    engine: Engine, issue_id: int, states: Collection[DeliveryState], address_key: str | None = None
) -> Iterator[DeliveryRow]:
    """Yield the deliveries in these states, of one address or of all, in the order of the plan.

    They are read a page at a time, each in a transaction of its own: whoever reads slowly holds up
    neither a sender nor the store's housekeeping.
    """
    table = deliveries.c
    with reading(engine).begin() as connection:
        of_issue = _of(connection, issue_id)
    query = select(deliveries).where(*of_issue, table.state.in_(tuple(states))).order_by(table.id).limit(_ROWS)
    if address_key is not None:
        query = query.where(table.address_key == address_key)
    page: Sequence[Row[Any]] | None = None
    while page is None or len(page) == _ROWS:
        after = page[-1].id if page else 0
        with reading(engine).begin() as connection:
            page = connection.execute(query.where(table.id > after)).all()
        yield from map(_delivery, page)


def _delivery(row: Row[Any]) -> DeliveryRow:
    return DeliveryRow(
        id=row.id,
        subscriber_id=row.subscriber_id,
        address=row.address,
        state=DeliveryState(row.state),
        attempts=row.attempts,
        next_attempt_at=row.next_attempt_at,
        settled_at=row.settled_at,
        relay=row.relay or "",
        reply=row.reply or "",
    )


def attempts_of(connection: Connection, delivery_id: int) -> list[AttemptRow]:
    """Return the tries of a delivery that brought no acceptance, in their order."""
    query = select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.id)
    return [
        AttemptRow(row.relay, row.at, Verb(row.verb), row.stage, row.code, row.reply)
        for row in connection.execute(query)
    ]


def reasons(connection: Connection, issue_id: int, states: Iterable[DeliveryState], limit: int) -> list[Reason]:
    """Return the most frequent last replies of the deliveries in these states."""
    table = deliveries.c
    reply = func.replace(table.reply, table.address, "…")
    number = func.count()
    query = (
        select(table.state, reply, number, func.min(table.domain), func.count(table.domain.distinct()))
        .where(*_of(connection, issue_id), table.state.in_(tuple(states)), table.reply.is_not(None))
        .group_by(table.state, reply)
        .order_by(number.desc(), reply)
        .limit(limit)
    )
    return [Reason(DeliveryState(state), *rest) for state, *rest in connection.execute(query)]


def settled_since(connection: Connection, issue_id: int, since: datetime) -> Recent:
    """Return how many deliveries of an issue became final since then."""
    query = select(func.count(), func.min(deliveries.c.settled_at)).where(
        *_of(connection, issue_id), deliveries.c.settled_at > since, deliveries.c.state.in_(FINAL)
    )
    return Recent(*connection.execute(query).one())


def put_back(
    connection: Connection, issue_id: int, list_id: str, state: DeliveryState, now: datetime, deadline: datetime
) -> int:
    """Have the deliveries in this state tried again from now on; returns how many.

    One whose deadline is over gets `deadline`. Who is suppressed or forgotten by now is left alone. Raises StateError
    where a state has no way back.
    """
    table = deliveries.c
    suppressed = exists().where(
        suppressions.c.scope.in_((EVERYWHERE, list_id)),
        suppressions.c.address_key.in_((table.address_key, literal("@") + table.domain)),
    )
    statement = update(deliveries).where(
        table.issue_id == issue_id, table.state == state, table.address != "", ~suppressed
    )
    later = case((table.deadline <= now, deadline), else_=table.deadline)
    return connection.execute(
        statement.values(state=move(state, Verb.RETRY), next_attempt_at=now, deadline=later)
    ).rowcount
