"""Who must not be mailed: on one list, or everywhere; an address, or a whole domain.

A suppression goes only when it is lifted, and what was lifted is kept with who did it.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, and_, delete, exists, insert, select

from digest.store.database import insert_or_ignore, is_among, reading
from digest.store.moments import moments_of
from digest.store.schema_readers import lifted_suppressions, suppressions
from digest.subscribers.reasons import FORGOTTEN

EVERYWHERE = "*"

_INSERT = """
INSERT INTO suppressions (scope, address_key, address, reason, source, at) VALUES (?, ?, ?, ?, ?, ?)
ON CONFLICT DO NOTHING
"""

_PAGE = 1_000
"""Suppressions that are read at a time."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Somebody we must not mail; `scope` is a list's id or EVERYWHERE.

    `key` is the address key, or `domain_key` of a domain. `address` is "" for a domain, and for whom we were asked to
    forget. `source` says where the word came from.
    """

    scope: str
    key: str
    address: str
    reason: str
    source: str
    at: datetime

    @property
    def domain(self) -> str:
        """The domain that is suppressed as a whole, "" where it is one address."""
        return self.key[1:] if self.key.startswith("@") else ""


@dataclass(frozen=True, slots=True)
class Lifted:
    """A suppression that holds no more, when it was lifted, and by what."""

    was: Suppression
    at: datetime
    by: str


def domain_key(domain: str) -> str:
    """Return what a domain is suppressed by. It names nobody, so it stands as it is, in A-labels and lower case."""
    return f"@{domain.lower()}"


def domain_key_of(address: str) -> str:
    """Return what the domain of an address is suppressed by."""
    return domain_key(address.rpartition("@")[2])


def add(
    connection: Connection,
    *,
    scope: str,
    address_key: str,
    address: str | None,
    reason: str,
    source: str,
    now: datetime,
) -> bool:
    """Suppress an address for a list's id or EVERYWHERE; who is suppressed already stays as they are.

    Returns whether that is new.
    """
    statement = insert_or_ignore(connection, suppressions).values(
        scope=scope, address_key=address_key, address=address, reason=reason, source=source, at=now
    )
    return connection.execute(statement).rowcount > 0


def add_all(connection: Connection, new: Sequence[Suppression]) -> int:
    """Keep many suppressions at once; what is there already stays as it is. Returns how many were new."""
    moment = cache(moments_of(connection))
    # By key, so that each page of the indexes is touched once and not for each row.
    rows = [
        (one.scope, one.key, one.address or None, one.reason, one.source, moment(one.at))
        for one in sorted(new, key=attrgetter("key"))
    ]
    return connection.exec_driver_sql(_INSERT, rows).rowcount if rows else 0


def lift(connection: Connection, *, scope: str, key: str, by: str, now: datetime) -> bool:
    """End a suppression and keep it as lifted; `by` says on what ground. False where there was none."""
    table = suppressions.c
    columns = (table.address_key, table.address, table.reason, table.source, table.at)
    of_key = select(*columns).where(table.address_key == key)
    row = connection.execute(of_key.where(table.scope == scope)).one_or_none()
    if row is None and scope != EVERYWHERE:  # forgotten before there was this list
        row = connection.execute(of_key.where(_was_forgotten(scope)).limit(1)).one_or_none()
    if row is None:
        return False
    connection.execute(insert(lifted_suppressions).values(**row._mapping, scope=scope, lifted_at=now, lifted_by=by))
    connection.execute(delete(suppressions).where(table.scope == scope, table.address_key == key))
    return True


def keys(connection: Connection, list_id: str) -> frozenset[str]:
    """Return the keys of addresses and domains that a list must not mail."""
    query = select(suppressions.c.address_key).where(suppressions.c.scope.in_((EVERYWHERE, list_id)))
    return frozenset(connection.execute(query).scalars())


def few(connection: Connection, list_id: str, most: int) -> frozenset[str] | None:
    """Return all `keys` where there are at most so many, else None."""
    query = select(suppressions.c.address_key).where(suppressions.c.scope.in_((EVERYWHERE, list_id))).limit(most + 1)
    found = connection.execute(query).scalars().all()
    return frozenset(found) if len(found) <= most else None


def among(connection: Connection, list_id: str, keys: Collection[str]) -> frozenset[str]:
    """Return those of some keys that a list must not mail; at most some thousand are asked for."""
    is_one = is_among(connection, suppressions.c.address_key, keys)
    query = select(suppressions.c.address_key).where(is_one, _holds(list_id))
    return frozenset(connection.execute(query).scalars())


def barring(connection: Connection, list_id: str, keys: Collection[str]) -> list[Suppression]:
    """Return what keeps a list from mailing somebody with these keys, the oldest first."""
    return list(_read(connection, suppressions.c.address_key.in_(keys), _holds(list_id)))


def _holds(list_id: str) -> ColumnElement[bool]:
    """Hold for suppressions that a list must obey; the scope EVERYWHERE obeys its own alone."""
    own = suppressions.c.scope.in_((EVERYWHERE, list_id))
    return own if list_id == EVERYWHERE else own | _was_forgotten(list_id)


def _was_forgotten(list_id: str) -> ColumnElement[bool]:
    """Hold for whom another list forgot, as long as nothing was lifted on this one, which may be younger."""
    table, lifted = suppressions.c, lifted_suppressions.c
    was_lifted = exists().where(lifted.address_key == table.address_key, lifted.scope == list_id)
    return and_(table.reason == FORGOTTEN, table.scope != EVERYWHERE, ~was_lifted)


def of(connection: Connection, keys: Collection[str]) -> list[Suppression]:
    """Return all suppressions with one of some keys, whatever their scope, the oldest first."""
    return list(_read(connection, suppressions.c.address_key.in_(keys)))


def every(connection: Connection, scope: str | None = None) -> Iterator[Suppression]:
    """Yield all suppressions, or those of a scope, the oldest first; `walk` holds no transaction open."""
    yield from _read(connection, *([] if scope is None else [suppressions.c.scope == scope]))


def walk(
    engine: Engine, scope: str | None = None, reason: str | None = None, keys: Collection[str] | None = None
) -> Iterator[Suppression]:
    """Yield all suppressions, or those of a scope, a reason or some keys, as they were added; an import's by key.

    They are read a page at a time, each in a transaction of its own, so whoever reads slowly holds up nobody.
    """
    table = suppressions.c
    query = select(suppressions).order_by(table.id).limit(_PAGE)
    for column, wanted in ((table.scope, scope), (table.reason, reason)):
        query = query if wanted is None else query.where(column == wanted)
    query = query if keys is None else query.where(table.address_key.in_(keys))
    after = 0
    while True:
        with reading(engine).begin() as connection:
            rows = connection.execute(query.where(table.id > after)).all()
        for row in rows:
            yield _suppression(row)
        if len(rows) < _PAGE:
            return
        after = rows[-1].id


def lifted(connection: Connection, keys: Collection[str]) -> list[Lifted]:
    """Return what was lifted of some keys, the oldest first."""
    query = select(lifted_suppressions).where(is_among(connection, lifted_suppressions.c.address_key, keys))
    return [
        Lifted(_suppression(row), row.lifted_at, row.lifted_by)
        for row in connection.execute(query.order_by(lifted_suppressions.c.id))
    ]


def _read(connection: Connection, *conditions: ColumnElement[bool]) -> Iterator[Suppression]:
    query = select(suppressions).where(*conditions).order_by(suppressions.c.id)
    return map(_suppression, connection.execute(query))


def _suppression(row: Row[Any]) -> Suppression:
    return Suppression(row.scope, row.address_key, row.address or "", row.reason, row.source, row.at)
