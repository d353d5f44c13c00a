"""Who must not be mailed: on one list, or everywhere; an address, or a whole domain.

A suppression goes only when it is lifted, and what was lifted is kept with who did it.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, delete, insert, select

from digest.store.database import insert_or_ignore
from digest.store.schema_readers import lifted_suppressions, suppressions

EVERYWHERE = "*"


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


def lift(connection: Connection, *, scope: str, key: str, by: str, now: datetime) -> bool:
    """End a suppression and keep it as lifted; `by` says on what ground. False where there was none."""
    table = suppressions.c
    columns = (table.scope, table.address_key, table.address, table.reason, table.source, table.at)
    is_it = (table.scope == scope, table.address_key == key)
    row = connection.execute(select(*columns).where(*is_it)).one_or_none()
    if row is None:
        return False
    connection.execute(insert(lifted_suppressions).values(**row._mapping, lifted_at=now, lifted_by=by))
    connection.execute(delete(suppressions).where(*is_it))
    return True


def keys(connection: Connection, list_id: str) -> frozenset[str]:
    """Return the keys of addresses and domains that a list must not mail."""
    query = select(suppressions.c.address_key).where(suppressions.c.scope.in_((EVERYWHERE, list_id)))
    return frozenset(connection.execute(query).scalars())


def among(connection: Connection, list_id: str, keys: Collection[str]) -> frozenset[str]:
    """Return those of some keys that a list must not mail; at most some thousand are asked for."""
    query = select(suppressions.c.address_key).where(
        suppressions.c.scope.in_((EVERYWHERE, list_id)), suppressions.c.address_key.in_(keys)
    )
    return frozenset(connection.execute(query).scalars())


def of(connection: Connection, keys: Collection[str]) -> list[Suppression]:
    """Return all suppressions with one of some keys, whatever their scope, the oldest first."""
    return list(_read(connection, suppressions.c.address_key.in_(keys)))


def every(connection: Connection, scope: str | None = None) -> Iterator[Suppression]:
    """Yield all suppressions, or those of a scope, the oldest first."""
    yield from _read(connection, *([] if scope is None else [suppressions.c.scope == scope]))


def lifted(connection: Connection, keys: Collection[str]) -> list[Lifted]:
    """Return what was lifted of some keys, the oldest first."""
    query = select(lifted_suppressions).where(lifted_suppressions.c.address_key.in_(keys))
    return [
        Lifted(
            Suppression(row.scope, row.address_key, row.address or "", row.reason, row.source, row.at),
            row.lifted_at,
            row.lifted_by,
        )
        for row in connection.execute(query.order_by(lifted_suppressions.c.id))
    ]


def _read(connection: Connection, *conditions: ColumnElement[bool]) -> Iterator[Suppression]:
    query = select(suppressions).where(*conditions).order_by(suppressions.c.id)
    for row in connection.execute(query):
        yield Suppression(row.scope, row.address_key, row.address or "", row.reason, row.source, row.at)
