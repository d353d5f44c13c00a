"""What an import has read, kept on disk until somebody decides: a database that nobody else sees and that ends with it.

It holds addresses, as long as the command runs, in an unnamed file where SQLite keeps such ones (SQLITE_TMPDIR,
/var/tmp, /tmp).
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import NamedTuple

_BETWEEN = "\x1f"
"""Stands between values; no value holds a control character."""

_TABLES = """
    CREATE TABLE taken (
        number INTEGER PRIMARY KEY, id BLOB NOT NULL, line INTEGER NOT NULL, weight INTEGER NOT NULL,
        address TEXT NOT NULL, key TEXT NOT NULL, said TEXT NOT NULL, evidence TEXT
    );
    CREATE UNIQUE INDEX taken_id ON taken (id);
    CREATE TABLE met (number INTEGER PRIMARY KEY);
"""
_COLUMNS = "number, id, line, weight, address, key, said, evidence"


class Staged(NamedTuple):
    """A person as an import has them.

    `number` is the row's own. `said` is what is to be kept of them: the fields of a row, or why they are gone;
    `evidence` is a JSON object, or "". Address and key are kept of who is gone. Of two rows with one address the one of
    more `weight` counts, of equal ones the first; 0 is a subscriber.
    """

    number: int
    subscriber_id: str
    line: int
    weight: int
    address: str
    address_key: str
    said: tuple[str, ...]
    evidence: str = ""


class Found(NamedTuple):
    """A staged subscriber whose row was looked for: what is said of them, and whether a row of theirs was met."""

    number: int
    said: tuple[str, ...]
    met: bool


class Staging:
    """The people of an import."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        # Nothing in here outlives us, so nothing has to survive a power cut.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-40000"):
            database.execute(f"PRAGMA {pragma}")
        for statement in _TABLES.split(";"):
            database.execute(statement)
        database.execute("BEGIN")

    def add(self, people: Sequence[Staged]) -> Mapping[int, tuple[int, int]]:
        """Keep people. Returns, by position, those who have a row already, with its line and weight."""
        rows = [_row(one) for one in people]
        insert = f"INSERT OR IGNORE INTO taken ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608
        if self._database.executemany(insert, rows).rowcount == len(rows):
            return {}
        known = {}
        for position, row in enumerate(rows):
            query = "SELECT number, line, weight FROM taken WHERE id = ?"
            number, line, weight = self._database.execute(query, row[1:2]).fetchone()
            if number != row[0]:
                known[position] = (line, weight)
                if weight < people[position].weight:
                    self._database.execute("DELETE FROM taken WHERE number = ?", (number,))
                    self._database.execute(insert, row)
        return known

    def counts(self) -> dict[int, int]:
        """Return how many there are by weight."""
        return dict(self._database.execute("SELECT weight, COUNT(*) FROM taken GROUP BY weight"))

    def find(self, subscriber_ids: Sequence[str]) -> dict[str, Found]:
        """Return those of some ids, at most some thousand, who are staged as subscribers."""
        ids = [bytes.fromhex(one) for one in subscriber_ids]
        rows = self._database.execute(
            "SELECT id, taken.number, said, met.number IS NOT NULL FROM taken LEFT JOIN met USING (number)"  # noqa: S608
            f" WHERE weight = 0 AND id IN ({','.join('?' * len(ids))})",
            ids,
        )
        return {one.hex(): Found(number, _said(said), bool(met)) for one, number, said, met in rows}

    def meet(self, numbers: Sequence[int]) -> None:
        """Note that rows of theirs were met."""
        self._database.executemany("INSERT OR IGNORE INTO met VALUES (?)", [(number,) for number in numbers])

    def count_not_met(self) -> int:
        """Count the subscribers without a row."""
        query = "SELECT COUNT(*) FROM taken WHERE weight = 0 AND number NOT IN (SELECT number FROM met)"
        return int(self._database.execute(query).fetchone()[0])

    def forget_met(self) -> None:
        """Begin another walk through the rows."""
        self._database.execute("DELETE FROM met")

    def subscribers_not_met(self) -> Iterator[tuple[str, ...]]:
        """Yield what is said of each subscriber without a row, in the order they came."""
        query = (
            "SELECT said FROM taken LEFT JOIN met USING (number)"
            " WHERE weight = 0 AND met.number IS NULL ORDER BY taken.number"
        )
        for (said,) in self._database.execute(query):
            yield _said(said)

    def gone(self) -> Iterator[Staged]:
        """Yield who is gone, by address key: the store's index takes them in that order at a fraction of the cost."""
        query = f"SELECT {_COLUMNS} FROM taken WHERE weight > 0 ORDER BY key"  # noqa: S608
        for number, one, line, weight, address, key, said, evidence in self._database.execute(query):
            yield Staged(number, one.hex(), line, weight, address, key, _said(said), evidence or "")

    def evidence(self) -> Iterator[tuple[str, str]]:
        """Yield the subscribers of whom there is evidence of consent, by subscriber id, likewise in its order."""
        query = "SELECT id, evidence FROM taken WHERE weight = 0 AND evidence IS NOT NULL ORDER BY id"
        for one, evidence in self._database.execute(query):
            yield one.hex(), evidence


def _row(one: Staged) -> tuple[int, bytes, int, int, str, str, str, str | None]:
    said = _BETWEEN.join(one.said)
    known = bytes.fromhex(one.subscriber_id)
    return one.number, known, one.line, one.weight, one.address, one.address_key, said, one.evidence or None


def _said(text: str) -> tuple[str, ...]:
    return tuple(text.split(_BETWEEN))


@contextmanager
def staging() -> Iterator[Staging]:
    """Open an empty staging."""
    database = sqlite3.connect("", isolation_level=None)
    try:
        yield Staging(database)
    finally:
        database.close()
