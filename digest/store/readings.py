"""Readings: a paper's signals as they were on earlier days, so that their speed is known."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from datetime import date, datetime

from sqlalchemy import Connection, delete, select

from digest.papers.paper import Signals
from digest.store.database import insert_into
from digest.store.schema import signal_readings
from digest.topics.trending import Reading


def save(connection: Connection, loaded: Iterable[tuple[str, Signals]], now: datetime) -> None:
    """Remember what signals papers (ids) have now; the last reading of a day is the one that stays."""
    rows = [
        {"paper_id": paper_id, "day": now.date(), "at": now, "signals": asdict(signals)}
        for paper_id, signals in loaded
        if signals != Signals()
    ]
    if rows:
        statement = insert_into(connection, signal_readings)
        fresh = {name: statement.excluded[name] for name in ("at", "signals")}
        connection.execute(statement.on_conflict_do_update(index_elements=["paper_id", "day"], set_=fresh), rows)


def of_papers(connection: Connection, ids: Sequence[str]) -> dict[str, list[Reading]]:
    """Return the readings of papers, oldest first."""
    found: dict[str, list[Reading]] = {}
    for start in range(0, len(ids), 500):
        query = select(signal_readings).where(signal_readings.c.paper_id.in_(ids[start : start + 500]))
        for row in connection.execute(query.order_by(signal_readings.c.paper_id, signal_readings.c.day)):
            found.setdefault(row.paper_id, []).append(Reading(row.at, Signals(**row.signals)))
    return found


def forget_before(connection: Connection, day: date) -> None:
    """Remove readings of days before `day`, which no trend needs any more."""
    connection.execute(delete(signal_readings).where(signal_readings.c.day < day))
