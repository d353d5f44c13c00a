"""Picks: the papers that an editor pinned to a list, or dropped from it."""

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, delete, func, select

from digest.store.database import insert_into
from digest.store.papers import led_to_by
from digest.store.schema import paper_keys, picks

Pick = Literal["pin", "drop"]


def pick(connection: Connection, list_id: str, paper_id: str, verb: Pick, now: datetime) -> None:
    """Pin or drop a paper, in place of what was said of it before."""
    statement = insert_into(connection, picks).values(list_id=list_id, paper_id=paper_id, verb=verb, at=now)
    fresh = {"verb": verb, "at": now}
    connection.execute(statement.on_conflict_do_update(index_elements=["list_id", "paper_id"], set_=fresh))


def unpick(connection: Connection, list_id: str, paper_id: str) -> bool:
    """Take back what was said of a paper; returns whether there was anything."""
    names = select(paper_keys.c.key).where(paper_keys.c.paper_id == paper_id)  # it may have been picked by a former id
    statement = delete(picks).where(picks.c.list_id == list_id, picks.c.paper_id.in_(names))
    return connection.execute(statement).rowcount > 0


def extent(connection: Connection, list_id: str) -> tuple[Any, ...]:
    """Return how many picks a list has and when the last one was made."""
    query = select(func.count(), func.max(picks.c.at)).select_from(picks).where(picks.c.list_id == list_id)
    return tuple(connection.execute(query).one())


def picked(connection: Connection, list_id: str) -> dict[str, Pick]:
    """Return what was said of a list's papers, by the ids they have now."""
    joined = picks.join(paper_keys, led_to_by(picks.c.paper_id))
    query = select(paper_keys.c.paper_id, picks.c.verb).select_from(joined)
    rows = connection.execute(query.where(picks.c.list_id == list_id).order_by(picks.c.at, picks.c.paper_id))
    return {row.paper_id: row.verb for row in rows}
