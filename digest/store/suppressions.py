"""Who must not be mailed: on one list, or everywhere."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import Connection, select

from digest.store.database import insert_or_ignore
from digest.store.schema import suppressions

EVERYWHERE = "*"


def add(
    connection: Connection,
    *,
    scope: str,
    address_key: str,
    address: str | None,
    reason: str,
    source: str,
    now: datetime,
) -> None:
    """Suppress an address for a list's id or EVERYWHERE; who is suppressed already stays as they are."""
    statement = insert_or_ignore(connection, suppressions).values(
        scope=scope, address_key=address_key, address=address, reason=reason, source=source, at=now
    )
    connection.execute(statement)


def keys(connection: Connection, list_id: str) -> frozenset[str]:
    """Return the address keys that a list must not mail."""
    query = select(suppressions.c.address_key).where(suppressions.c.scope.in_((EVERYWHERE, list_id)))
    return frozenset(connection.execute(query).scalars())


def among(connection: Connection, list_id: str, keys: Collection[str]) -> frozenset[str]:
    """Return those of some address keys that a list must not mail; at most some thousand are asked for."""
    query = select(suppressions.c.address_key).where(
        suppressions.c.scope.in_((EVERYWHERE, list_id)), suppressions.c.address_key.in_(keys)
    )
    return frozenset(connection.execute(query).scalars())
