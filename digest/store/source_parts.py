"""What was asked of the sources, part by part: a day, a file, or the whole; and what of it was refused."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, delete, func, select

from digest.papers.paper import Problem
from digest.store.database import insert_into
from digest.store.schema import rejected_records, source_parts


@dataclass(frozen=True, slots=True)
class Asked:
    """When a part was asked for last, whether nothing more can come in it, and how many papers it held.

    `validators` is what makes the next request a conditional one (RFC 9110, section 13).
    """

    at: datetime
    complete: bool
    papers: int
    validators: Mapping[str, str | None]


def asked(connection: Connection, source: str, part: str | None = None) -> dict[str, Asked]:
    """Return what was asked of a source, by part; of all parts or one."""
    query = select(source_parts).where(source_parts.c.source == source)
    if part is not None:
        query = query.where(source_parts.c.part == part)
    return {
        row.part: Asked(row.asked_at, row.complete, row.papers, row.validators) for row in connection.execute(query)
    }


def remember(connection: Connection, source: str, part: str, now: Asked) -> None:
    """Record that a part was asked for."""
    values = {
        "asked_at": now.at,
        "complete": now.complete,
        "papers": now.papers,
        "validators": dict(now.validators),
    }
    statement = insert_into(connection, source_parts).values(source=source, part=part, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["source", "part"], set_=values))


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record that was refused: where it came from, why, and when that was first and last so."""

    source: str
    place: str
    reason: str
    first_at: datetime
    last_at: datetime


KEPT_REJECTED = 10_000
"""Refused records that are remembered; of more, the ones refused longest ago are forgotten."""


def reject(connection: Connection, source: str, problems: Iterable[Problem], now: datetime) -> None:
    """Record the refused ones of some problems; one that is known keeps the moment it was first refused."""
    rows = [
        {
            "source": source,
            "place": problem.where if problem.line is None else f"{problem.where}:{problem.line}",
            "reason": problem.reason,
            "first_at": now,
            "last_at": now,
        }
        for problem in problems
        if problem.refused
    ]
    if not rows:
        return
    statement = insert_into(connection, rejected_records)
    keys = ["source", "place", "reason"]
    connection.execute(statement.on_conflict_do_update(index_elements=keys, set_={"last_at": now}), rows)
    oldest = select(rejected_records.c.id).order_by(rejected_records.c.last_at.desc(), rejected_records.c.id.desc())
    connection.execute(delete(rejected_records).where(rejected_records.c.id.in_(oldest.offset(KEPT_REJECTED))))


def rejected(connection: Connection, source: str | None, limit: int) -> list[Rejected]:
    """Return refused records of a source or all, the last first."""
    query = select(rejected_records).order_by(rejected_records.c.last_at.desc(), rejected_records.c.id)
    if source is not None:
        query = query.where(rejected_records.c.source == source)
    return [
        Rejected(row.source, row.place, row.reason, row.first_at, row.last_at)
        for row in connection.execute(query.limit(limit))
    ]


def count_rejected(connection: Connection, source: str | None) -> int:
    """Return how many refused records there are."""
    query = select(func.count()).select_from(rejected_records)
    return int(
        connection.execute(query if source is None else query.where(rejected_records.c.source == source)).scalar_one()
    )


def rejecting(connection: Connection) -> list[str]:
    """Return the sources that refused records are of."""
    return list(
        connection.execute(select(rejected_records.c.source).distinct().order_by(rejected_records.c.source)).scalars()
    )


def forget_rejected(connection: Connection) -> int:
    """Forget all refused records, and return how many there were."""
    return connection.execute(delete(rejected_records)).rowcount
