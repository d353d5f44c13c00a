"""What readers said of themselves on a list: their sign-up, what they chose, a new address; and the record of it."""

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, delete, func, insert, select, update

from digest.store.database import insert_into, is_among, reading
from digest.store.moments import to_text
from digest.store.schema_readers import aliases, reader_events, readers
from digest.subscribers.audience import Preferences
from digest.subscribers.subscriber import Subscriber

_TOGETHER = 1_000
"""Sign-ups that are read at a time."""

IMPORTED = "imported"
"""The kind of event that keeps what another program knew of somebody's consent."""

_INSERT_EVENT = "INSERT INTO reader_events (list_id, subscriber_id, kind, at, data) VALUES (?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who said something to us. `confirmed_at` is None for who was invited and never signed up."""

    subscriber_id: str
    list_id: str
    address: str
    address_key: str
    name: str
    preferences: Preferences
    confirmed_at: datetime | None
    changed_at: datetime

    @property
    def subscriber(self) -> Subscriber:
        """The reader as a subscriber."""
        said = self.preferences
        return Subscriber(self.address, self.name, said.topics or (), said.frequency, said.timezone, said.language)


@dataclass(frozen=True, slots=True)
class Event:
    """Something a reader did: `kind` in a word or two, and the evidence."""

    at: datetime
    list_id: str
    kind: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Move:
    """That somebody has another address on a list since a moment: from the id of one to that of the present one."""

    before: str
    now_id: str
    at: datetime


def load(connection: Connection, subscriber_id: str) -> Reader | None:
    """Return what a reader said, None where they never did."""
    row = connection.execute(select(readers).where(readers.c.subscriber_id == subscriber_id)).one_or_none()
    return None if row is None else _reader(row)


def save(connection: Connection, reader: Reader) -> None:
    """Keep what a reader says now, in place of what they said before."""
    said = reader.preferences
    values = {
        "list_id": reader.list_id,
        "address": reader.address,
        "address_key": reader.address_key,
        "name": reader.name,
        "confirmed_at": reader.confirmed_at,
        "topics": None if said.topics is None else list(said.topics),
        "frequency": said.frequency,
        "timezone": said.timezone,
        "language": said.language,
        "paused_until": said.paused_until,
        "changed_at": reader.changed_at,
    }
    statement = insert_into(connection, readers).values(subscriber_id=reader.subscriber_id, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["subscriber_id"], set_=values))


def remove(connection: Connection, subscriber_id: str) -> None:
    """Forget what a reader chose; their events stay."""
    connection.execute(delete(readers).where(readers.c.subscriber_id == subscriber_id))


def confirmed(engine: Engine, list_id: str) -> Iterator[Subscriber]:
    """Yield a list's confirmed sign-ups, a stretch at a time: between two, others write to the store."""
    after = ""
    while True:
        query = (
            select(readers)
            .where(readers.c.list_id == list_id, readers.c.subscriber_id > after, readers.c.confirmed_at.is_not(None))
            .order_by(readers.c.subscriber_id)
            .limit(_TOGETHER)
        )
        with reading(engine).begin() as connection:
            found = [_reader(row) for row in connection.execute(query)]
        yield from (reader.subscriber for reader in found)
        if len(found) < _TOGETHER:
            return
        after = found[-1].subscriber_id


def count_confirmed(connection: Connection, list_id: str) -> int:
    """Return how many signed up for a list by themselves."""
    is_theirs = (readers.c.list_id == list_id, readers.c.confirmed_at.is_not(None))
    return connection.execute(select(func.count()).select_from(readers).where(*is_theirs)).scalar_one()


def confirmed_at(connection: Connection, subscriber_ids: Collection[str]) -> dict[str, datetime]:
    """Return when some subscribers confirmed their sign-up, by id; at most some thousand are asked for."""
    is_one = (is_among(connection, readers.c.subscriber_id, subscriber_ids), readers.c.confirmed_at.is_not(None))
    query = select(readers.c.subscriber_id, readers.c.confirmed_at).where(*is_one)
    return {row.subscriber_id: row.confirmed_at for row in connection.execute(query)}


def preferences(connection: Connection, subscriber_ids: Collection[str]) -> dict[str, Preferences]:
    """Return what some subscribers chose, by id; at most some thousand are asked for."""
    query = select(readers).where(is_among(connection, readers.c.subscriber_id, subscriber_ids))
    return {row.subscriber_id: _preferences(row) for row in connection.execute(query)}


def move(connection: Connection, before: str, now_id: str, now: datetime) -> None:
    """Have the id of somebody's former address lead to that of their present one, and whatever led to it."""
    connection.execute(delete(aliases).where(aliases.c.subscriber_id.in_((before, now_id))))
    connection.execute(update(aliases).where(aliases.c.now_id == before).values(now_id=now_id))
    connection.execute(insert(aliases).values(subscriber_id=before, now_id=now_id, at=now))


def stay(connection: Connection, subscriber_id: str) -> None:
    """Have an id lead to itself: its address was moved away from once, and is subscribed again."""
    connection.execute(delete(aliases).where(aliases.c.subscriber_id == subscriber_id))


def moved(connection: Connection, subscriber_ids: Collection[str]) -> dict[str, str]:
    """Return which of some ids are of former addresses, each with the present one; at most some thousand."""
    theirs = is_among(connection, aliases.c.subscriber_id, subscriber_ids)
    query = select(aliases.c.subscriber_id, aliases.c.now_id).where(theirs)
    return {row.subscriber_id: row.now_id for row in connection.execute(query)}


def former(connection: Connection, subscriber_id: str) -> list[str]:
    """Return the ids of the addresses that somebody had before."""
    query = select(aliases.c.subscriber_id).where(aliases.c.now_id == subscriber_id).order_by(aliases.c.at)
    return list(connection.execute(query).scalars())


def moves(connection: Connection, subscriber_ids: Collection[str]) -> list[Move]:
    """Return what is known of the former addresses behind some ids, in its order."""
    query = select(aliases).where(aliases.c.subscriber_id.in_(subscriber_ids)).order_by(aliases.c.at)
    return [Move(row.subscriber_id, row.now_id, row.at) for row in connection.execute(query)]


def record(
    connection: Connection, list_id: str, subscriber_id: str, kind: str, data: Mapping[str, Any], now: datetime
) -> None:
    """Keep for good that a reader did something: a sign-up and its evidence, a choice, leaving."""
    values = {"list_id": list_id, "subscriber_id": subscriber_id, "kind": kind, "data": dict(data), "at": now}
    connection.execute(insert(reader_events).values(**values))


def has_imported(connection: Connection, list_id: str) -> bool:
    """Tell whether an import to a list left evidence."""
    is_one = (reader_events.c.list_id == list_id, reader_events.c.kind == IMPORTED)
    return connection.execute(select(reader_events.c.id).where(*is_one).limit(1)).one_or_none() is not None


def record_imported(
    connection: Connection, list_id: str, said: Mapping[str, str], now: datetime, *, again: bool = True
) -> None:
    """Keep, by subscriber id, what an import knew of people's consent: JSON objects.

    What is kept already isn't kept twice; without `again` nothing is. At most some thousand at a time.
    """
    columns = reader_events.c
    theirs = (columns.list_id == list_id, is_among(connection, columns.subscriber_id, said), columns.kind == IMPORTED)
    known: dict[str, list[Any]] = {}
    for row in connection.execute(select(columns.subscriber_id, columns.data).where(*theirs)) if again else ():
        known.setdefault(row.subscriber_id, []).append(row.data)
    moment = to_text(now)
    rows = [
        (list_id, one, IMPORTED, moment, data)
        for one, data in said.items()
        if one not in known or json.loads(data) not in known[one]
    ]
    if rows:  # a million may come, so the statement is the driver's own, and what is JSON isn't made JSON again
        connection.exec_driver_sql(_INSERT_EVENT, rows)


def events(connection: Connection, subscriber_ids: Collection[str]) -> list[Event]:
    """Return what some subscribers did, in its order."""
    query = select(reader_events).where(reader_events.c.subscriber_id.in_(subscriber_ids))
    rows = connection.execute(query.order_by(reader_events.c.id))
    return [Event(row.at, row.list_id, row.kind, row.data) for row in rows]


def said_since(connection: Connection, list_id: str, subscriber_id: str, kind: str, since: datetime) -> int:
    """Count how often a subscriber did something since a moment."""
    table = reader_events.c
    conditions = (table.list_id == list_id, table.subscriber_id == subscriber_id, table.kind == kind, table.at > since)
    return connection.execute(select(func.count()).select_from(reader_events).where(*conditions)).scalar_one()


def languages(connection: Connection, list_id: str) -> frozenset[str]:
    """Return the languages that readers of a list chose."""
    wanted: ColumnElement[bool] = readers.c.language.is_not(None)
    query = select(readers.c.language).where(readers.c.list_id == list_id, wanted).distinct()
    return frozenset(connection.execute(query).scalars())


def _reader(row: Row[Any]) -> Reader:
    return Reader(
        row.subscriber_id,
        row.list_id,
        row.address,
        row.address_key,
        row.name,
        _preferences(row),
        row.confirmed_at,
        row.changed_at,
    )


def _preferences(row: Row[Any]) -> Preferences:
    topics = None if row.topics is None else tuple(row.topics)
    return Preferences(topics, row.frequency, row.timezone, row.language, row.paused_until)
