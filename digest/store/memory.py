"""Whom a walk through a list has met: a table on disk that nobody else sees and that ends with it.

A set of a million ids would take 100 MB; this takes the few megabytes of SQLite's page cache.
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager


class SqlMemory:
    """The subscribers met so far; `digest.subscribers.audience` sees it as its `Memory`."""

    def __init__(self, database: sqlite3.Connection) -> None:
        self._database = database
        # Nothing in here outlives us, so nothing has to survive a power cut.
        for pragma in ("journal_mode=OFF", "synchronous=OFF", "locking_mode=EXCLUSIVE", "cache_size=-4000"):
            database.execute(f"PRAGMA {pragma}")
        database.execute("BEGIN")  # for good: a transaction for each statement takes half as long again
        database.execute("CREATE TABLE met (id BLOB PRIMARY KEY, number INTEGER NOT NULL) WITHOUT ROWID")

    def add(self, people: Sequence[tuple[str, int]]) -> Mapping[int, int]:
        """See `digest.subscribers.audience.Memory`."""
        rows = [(bytes.fromhex(subscriber_id), number) for subscriber_id, number in people]
        new = self._database.executemany("INSERT OR IGNORE INTO met (id, number) VALUES (?, ?)", rows).rowcount
        if new == len(rows):
            return {}
        known = {}
        for position, (subscriber_id, number) in enumerate(rows):
            (first,) = self._database.execute("SELECT number FROM met WHERE id = ?", (subscriber_id,)).fetchone()
            if first != number:
                known[position] = first
        return known


@contextmanager
def memory() -> Iterator[SqlMemory]:
    """Open an empty memory, in an unnamed file where SQLite keeps such ones (SQLITE_TMPDIR, /var/tmp, /tmp)."""
    database = sqlite3.connect("", isolation_level=None)
    try:
        yield SqlMemory(database)
    finally:
        database.close()
