"""The scores of addresses, as reports add to them; the ledger adds to the same table on its own connection."""

from datetime import datetime

from sqlalchemy import Connection, select

from digest.deliver.score import Score, failed
from digest.store.database import insert_into
from digest.store.schema_readers import address_scores


def load(connection: Connection, address_key: str) -> Score | None:
    """Return the score of an address, None where it never failed."""
    table = address_scores.c
    row = connection.execute(select(table.score, table.at).where(table.address_key == address_key)).one_or_none()
    return None if row is None else Score(row.score, row.at)


def add_failure(connection: Connection, address_key: str, now: datetime) -> Score | None:
    """Count a failure against an address; returns its score with it, None where it counts no more."""
    before = load(connection, address_key)
    score = failed(before, now)
    if score == before:
        return None
    values = {"score": score.value, "at": score.at}
    statement = insert_into(connection, address_scores).values(address_key=address_key, **values)
    connection.execute(statement.on_conflict_do_update(index_elements=["address_key"], set_=values))
    return score
