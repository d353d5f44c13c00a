"""What the sender's store says, read from outside while no sender runs."""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Look:
    """The store at one moment. `issue` is the state of the only issue, "" before it is stored."""

    issue: str = ""
    planned: bool = False
    deliveries: int = 0
    states: Mapping[str, str] = field(default_factory=dict)  # address → state of its delivery
    doubted: frozenset[str] = frozenset()  # addresses with an attempt whose reply was never known

    @property
    def counts(self) -> Counter[str]:
        """How many deliveries are in each state."""
        return Counter(self.states.values())


@contextmanager
def _opened(store: Path, mode: str) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(f"{store.as_uri()}?mode={mode}", uri=True, timeout=30)) as connection:
        yield connection


def look(store: Path) -> Look:
    """Read the store. It is opened read-only, so that what a dead sender left in the log stays there."""
    if not store.exists() or not store.stat().st_size:
        return Look()
    with _opened(store, "ro") as connection:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'deliveries'").fetchone():
            return Look()
        issues = connection.execute("SELECT state, planned_at FROM issues").fetchall()
        rows = connection.execute("SELECT address, state FROM deliveries").fetchall()
        doubted = connection.execute(
            "SELECT address FROM deliveries JOIN attempts ON deliveries.id = delivery_id WHERE verb = 'lose'"
        )
        addresses = frozenset(address for (address,) in doubted)
    if len(issues) > 1:
        raise AssertionError(f"{len(issues)} issues of one day")
    state, planned_at = issues[0] if issues else ("", None)
    return Look(state, planned_at is not None, len(rows), dict(rows), addresses)


def pass_time(store: Path) -> None:
    """Make what is deferred due now.

    The program waits minutes and hours before it tries again, and no option shortens that. A trial can't
    wait so long: this stands for the time that passes, and is what an operator's retry does.
    """
    with _opened(store, "rw") as connection, connection:
        connection.execute("UPDATE deliveries SET next_attempt_at = due_at WHERE state = 'deferred'")


def is_intact(store: Path) -> bool:
    """Tell whether SQLite finds nothing wrong with the file."""
    with _opened(store, "ro") as connection:
        return bool(connection.execute("PRAGMA integrity_check").fetchone() == ("ok",))
