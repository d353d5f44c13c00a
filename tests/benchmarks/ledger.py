"""What a claim costs, in a short list and in a long one (`make bench`).

Plans deliveries, then exchanges with the ledger in groups of ten: settle ten, claim ten, one transaction
with synchronous=FULL. Nothing is sent.
"""

import statistics
import tempfile
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from digest.deliver.delivery import Settlement
from digest.deliver.outcome import Stage, judge
from digest.issues.issue import Issue, IssueKey
from digest.issues.states import IssueState
from digest.store import deliveries, issues
from digest.store.database import open_database
from digest.store.ledger import SqlLedger

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
GROUP, EXCHANGES = 10, 100


def planned(number: int) -> deliveries.PlannedDelivery:
    """Return the delivery of one of seven editions' readers."""
    return deliveries.PlannedDelivery(
        subscriber_id=f"{number:032x}",
        address=f"r{number}@example.org",
        address_key=f"{number:064x}",
        name="",
        edition=f"e{number % 7}",
        date=NOW,
        due_at=NOW,
        deadline=NOW + timedelta(days=1),
    )


def measure(count: int, folder: Path) -> None:
    """Print how long planning and one exchange take with `count` deliveries."""
    engine = open_database(folder / f"{count}.sqlite3")
    key = IssueKey("bench", "daily", "2026-11-24")
    with engine.begin() as connection:
        issue_id = issues.save_draft(connection, Issue(key, date(2026, 11, 24), None, ()), NOW, NOW)
        start = time.perf_counter()
        deliveries.plan(connection, issue_id, map(planned, range(count)))
        planning = time.perf_counter() - start
        issues.set_state(connection, issue_id, IssueState.SENDING, planned_at=NOW)
    ledger, settled, times = SqlLedger(engine, issue_id, "bench"), list[Settlement](), list[float]()
    after = 0
    for _ in range(EXCHANGES):
        start = time.perf_counter()
        wanted = [candidate.id for candidate in ledger.upcoming(after, GROUP)]
        after = wanted[-1]
        claims = ledger.exchange(settled, wanted, NOW)
        ledger.commit()
        times.append(time.perf_counter() - start)
        settled = [Settlement(claim, judge(Stage.DOT, 250, "2.0.0 ok"), "bench", NOW) for claim in claims]
    ledger.close()
    engine.dispose()
    median = statistics.median(times)
    print(f"{count:>9,} deliveries: planned in {planning:6.2f} s; {GROUP / median:6,.0f}/s ({median * 1000:.1f} ms)")  # noqa: T201


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as scratch:
        for size in (1_000, 100_000):
            measure(size, Path(scratch))
