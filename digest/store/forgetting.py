"""Forgetting a person: what is erased of them, and the keys that stay so that nobody mails them again."""

import re
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Table, bindparam, delete, func, select, update

from digest.deliver.states import FINAL, DeliveryState
from digest.store.database import insert_into
from digest.store.people import deliveries_of
from digest.store.schema import attempts, deliveries, notices
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
from digest.subscribers.reasons import FORGOTTEN

_CODES = re.compile(r"[245][0-9]{2}(?: [245]\.[0-9]{1,3}\.[0-9]{1,3})?(?= |$)")
"""What stays of a reply: its basic code and its enhanced one. The words after them may say the address in any form."""

_AT_ONCE = 500


def suppress(
    connection: Connection, *, scopes: Collection[str], keys: Collection[str], ids: Collection[str], now: datetime
) -> None:
    """Suppress somebody as forgotten: each address key on each list, and the ids of addresses that nobody knows.

    Why a list suppressed them before goes, so that all their lists say "forgotten". What holds everywhere stays.
    """
    said = {"address": None, "reason": FORGOTTEN, "source": "operator", "at": now}
    for scope, key in [
        *((scope, key) for scope in sorted(scopes) for key in sorted(keys)),
        *((EVERYWHERE, one) for one in sorted(ids)),
    ]:
        statement = insert_into(connection, suppressions).values(scope=scope, address_key=key, **said)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["scope", "address_key"], set_=said, where=suppressions.c.reason != FORGOTTEN
            )
        )


def erase(connection: Connection, *, keys: Collection[str], ids: Collection[str], now: datetime) -> Mapping[str, int]:
    """Erase somebody with these address keys and subscriber ids; returns how many rows of each kind had something.

    The rows that the sums of issues need stay, without address, name and what servers said. A notice that is on the
    wire keeps its message until its run has settled it (`on_wire` counts them), and is never tried again.
    """
    theirs = list(connection.execute(deliveries_of(ids)).scalars())
    return {
        "delivery": _deliveries(connection, theirs),
        "notice": _notices(connection, keys, now),
        "report": _reports(connection, keys, theirs),
        "suppression": _suppressions(connection, {*keys, *ids}),
        "request": _requests(connection, keys, ids),
        "event": _delete(connection, reader_events, reader_events.c.subscriber_id.in_(ids)),
        "score": _delete(connection, address_scores, address_scores.c.address_key.in_(keys)),
        "choice": _delete(connection, readers, readers.c.subscriber_id.in_(ids) | readers.c.address_key.in_(keys)),
        "former address": _delete(connection, aliases, aliases.c.subscriber_id.in_(ids) | aliases.c.now_id.in_(ids)),
    }


def on_wire(connection: Connection, keys: Collection[str], ids: Collection[str]) -> int:
    """Return how many messages to somebody are claimed: by a run that is at work, or that died."""
    claimed = (notices.c.address_key.in_(keys), notices.c.state == DeliveryState.CLAIMED)
    told = connection.execute(select(func.count()).select_from(notices).where(*claimed)).scalar_one()
    theirs = deliveries_of(ids).where(deliveries.c.state == DeliveryState.CLAIMED)
    return told + len(connection.execute(theirs).all())


def _deliveries(connection: Connection, theirs: Sequence[int]) -> int:
    """Blank the rows of the ledger; what still waits is settled as suppressed at its claim."""
    changes = [
        {"row": row.id, "address": "", "domain": "", "name": "", "reply": _codes(row.reply)}
        for some in _stretches(theirs)
        for row in connection.execute(select(deliveries).where(deliveries.c.id.in_(some)))
        if row.address or row.reply != _codes(row.reply)
    ]
    _change(connection, deliveries, changes)
    _silence(connection, attempts.c.delivery_id, theirs)
    return len(changes)


def _notices(connection: Connection, keys: Collection[str], now: datetime) -> int:
    """Blank the notices to somebody, and cancel what hasn't left."""
    theirs, claimed = notices.c.address_key.in_(keys), notices.c.state == DeliveryState.CLAIMED
    connection.execute(update(notices).where(theirs, claimed).values(deadline=now))
    changes = []
    for row in connection.execute(select(notices).where(theirs, ~claimed, notices.c.address != "")):
        is_final = DeliveryState(row.state) in FINAL
        state, settled_at = (row.state, row.settled_at) if is_final else (DeliveryState.CANCELLED, now)
        reply = _codes(row.reply)
        changes.append(
            {"row": row.id, "address": "", "message": "", "reply": reply, "state": state, "settled_at": settled_at}
        )
    _change(connection, notices, changes)
    _silence(connection, attempts.c.notice_id, [change["row"] for change in changes])
    return len(changes)


def _reports(connection: Connection, keys: Collection[str], theirs: Sequence[int]) -> int:
    found = reports.c.address_key.in_(keys)
    about = [found, *(reports.c.delivery_id.in_(some) for some in _stretches(theirs))]
    return sum(
        connection.execute(update(reports).where(one, reports.c.said != "").values(said="")).rowcount for one in about
    )


def _suppressions(connection: Connection, keys: Collection[str]) -> int:
    """Leave of suppressions their key, their reason, and where the word came from as far as that names nobody."""
    changed = 0
    for table, texts in ((suppressions, ("source",)), (lifted_suppressions, ("source", "lifted_by"))):
        query = select(table).where(table.c.address_key.in_(keys))
        changes = []
        for row in connection.execute(query):
            short = {name: _origin(getattr(row, name)) for name in texts}
            if row.address is not None or any(getattr(row, name) != text for name, text in short.items()):
                changes.append({"row": row.id, "address": None, **short})
        _change(connection, table, changes)
        changed += len(changes)
    return changed


def _requests(connection: Connection, keys: Collection[str], ids: Collection[str]) -> int:
    """Delete what was asked in their name, and their wish for another address, which names them by a former id."""
    table = requests.c
    wishes = select(table.id, table.data).where(table.kind == "address")
    theirs = [row.id for row in connection.execute(wishes) if not set(ids).isdisjoint(_strings(row.data))]
    about = table.address_key.in_(keys) | table.subscriber_id.in_(ids) | table.id.in_(theirs)
    return _delete(connection, requests, about)


def _strings(data: Mapping[str, Any]) -> list[str]:
    return [value for value in data.values() if isinstance(value, str)]


def _delete(connection: Connection, table: Table, which: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(which)).rowcount


def _change(connection: Connection, table: Table, changes: Sequence[Mapping[str, Any]]) -> None:
    """Set the columns of rows, each a mapping with the row's id under "row"."""
    if changes:
        connection.execute(update(table).where(table.c.id == bindparam("row")), changes)


def _silence(connection: Connection, of: Column[Any], rows: Sequence[int]) -> None:
    """Erase what servers said in the attempts of some deliveries or notices; the codes have columns of their own."""
    for some in _stretches(rows):
        connection.execute(update(attempts).where(of.in_(some)).values(reply=""))


def _stretches(rows: Sequence[int]) -> list[Sequence[int]]:
    return [rows[start : start + _AT_ONCE] for start in range(0, len(rows), _AT_ONCE)]


def _codes(reply: str | None) -> str | None:
    found = _CODES.match(reply) if reply else None
    return found[0] if found else None


def _origin(source: str) -> str:
    """Return what stands before the colon of "relay main: 550 no user ada", "" where that may be an address."""
    origin = source.partition(":")[0]
    return "" if "@" in origin else origin
