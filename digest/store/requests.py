"""What strangers ask for in the name of an address, until its owner confirms it; and how often they asked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, insert, select, update

from digest.store.schema_readers import requests

Kind = Literal["signup", "address"]
"""A sign-up, or a reader's new address. Both are confirmed from the mailbox of the address they are about."""


@dataclass(frozen=True, slots=True)
class Request:
    """One request. `subscriber_id` is what the address has on the list.

    `mailbox_key` and `network_key` are what is counted, and name nobody. `data` is what was asked for: of a sign-up the
    choices, of a new address the subscriber id of the former one. One that `expires_at` once had no notice sent, and
    can't be confirmed.
    """

    id: str
    kind: Kind
    list_id: str
    subscriber_id: str
    address: str
    address_key: str
    mailbox_key: str
    network_key: str
    data: Mapping[str, Any]
    asked_at: datetime
    expires_at: datetime
    confirmed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """How often something was asked since a moment: from a network, and in all."""

    from_network: int
    in_all: int


def add(connection: Connection, request: Request) -> None:
    """Keep a request."""
    values = {name: getattr(request, name) for name in Request.__slots__}
    connection.execute(insert(requests).values(**values | {"data": dict(request.data)}))


def load(connection: Connection, request_id: str) -> Request | None:
    """Return a request, None where it isn't there (any more)."""
    row = connection.execute(select(requests).where(requests.c.id == request_id)).one_or_none()
    return None if row is None else Request(**row._mapping)


def waiting(
    connection: Connection, keys: Collection[str], subscriber_ids: Collection[str], now: datetime
) -> list[Request]:
    """Return the requests about somebody that can still be confirmed, the oldest first."""
    table = requests.c
    about = table.address_key.in_(keys) | table.subscriber_id.in_(subscriber_ids)
    is_open = (table.confirmed_at.is_(None), table.expires_at > now)
    query = select(requests).where(about, *is_open).order_by(table.asked_at)
    return [Request(**row._mapping) for row in connection.execute(query)]


def confirm(connection: Connection, request_id: str, now: datetime) -> None:
    """Note that a request was confirmed; the first time counts."""
    first = requests.c.confirmed_at.is_(None)
    connection.execute(update(requests).where(requests.c.id == request_id, first).values(confirmed_at=now))


def asked(connection: Connection, network_key: str, since: datetime) -> Asked:
    """Count the requests since a moment."""
    table = requests.c
    counts = [
        connection.execute(
            select(func.count()).select_from(requests).where(table.asked_at > since, *which)
        ).scalar_one()
        for which in ([table.network_key == network_key], [])
    ]
    return Asked(*counts)


def of_mailbox(connection: Connection, mailbox_key: str, since: datetime) -> list[Request]:
    """Return the requests for the addresses of a mailbox since a moment that a notice was sent for."""
    table = requests.c
    query = select(requests).where(table.mailbox_key == mailbox_key, table.asked_at > since)
    return [Request(**row._mapping) for row in connection.execute(query.where(table.expires_at > table.asked_at))]


def prune(connection: Connection, before: datetime) -> int:
    """Forget what was asked before a moment; returns how many. What became of them stands in the events."""
    return connection.execute(delete(requests).where(requests.c.asked_at < before)).rowcount
