"""The service through days: what goes out, what waits, what is said."""

import logging
import mailbox
from datetime import datetime, timedelta
from threading import Lock
from zoneinfo import ZoneInfo

import pytest

from digest.issues.states import IssueState
from digest.pipeline import approve, key_of
from digest.service import Service
from digest.store import issues

BERLIN = ZoneInfo("Europe/Berlin")


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of November 2026 in Berlin; the 24th is a Tuesday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=BERLIN)


@pytest.fixture
def tick(seeded, caplog):
    """Tick the daily list at a moment; everything said is in `tick.said`."""
    caplog.set_level(logging.INFO, logger="digest.service")
    service = Service(seeded.root, "daily", Lock())

    def run(moment: datetime) -> bool:
        return service.tick(lambda: moment, lambda: False)

    run.said = lambda: [record.getMessage() for record in caplog.records]
    return run


def sent(site) -> int:
    return len(mailbox.Maildir(site.root / "outbox")) if (site.root / "outbox").exists() else 0


def state(site, day: int):
    with site.store.begin() as connection:
        found = issues.find(connection, key_of(site.list("daily"), "daily", at(day, 0).date()))
    return found.state if found else None


def setting(site, monkeypatch, **values):
    for name, value in values.items():
        monkeypatch.setenv(f"DIGEST_LISTS__DAILY__{name.upper()}", value)


def test_a_week_of_ticks_sends_each_issue_once(seeded, tick):
    moment = at(24, 0)
    while moment < at(30, 0):
        tick(moment)
        moment += timedelta(minutes=20)
    # Tuesday brings all papers. The next days have no news but the title lines' own cards, within the window.
    with seeded.store.begin() as connection:
        found = issues.recent(connection, "daily")
    assert {one.key.period for one in found if one.key.frequency == "daily"} >= {"2026-11-24", "2026-11-25"}
    assert not {one.key.period for one in found} & {"2026-11-28", "2026-11-29"}  # a weekend
    assert all(one.state is IssueState.FINISHED for one in found)
    numbers = sorted(one.number for one in found if one.key.frequency == "daily")
    assert numbers == list(range(1, len(numbers) + 1))
    assert len({(one.key.frequency, one.key.period) for one in found}) == len(found)


def test_built_before_it_is_sent(seeded, tick):
    tick(at(24, 6, 29))
    assert state(seeded, 24) is None
    tick(at(24, 6, 30))
    assert (state(seeded, 24), sent(seeded)) == (IssueState.DRAFT, 0)
    tick(at(24, 7, 0))
    assert (state(seeded, 24), sent(seeded)) == (IssueState.FINISHED, 5)
    tick(at(24, 7, 1))
    assert sent(seeded) == 5


def test_an_approval_is_waited_for_and_said_once(seeded, tick, monkeypatch):
    setting(seeded, monkeypatch, approval="required")
    for minute in range(30):
        tick(at(24, 7, minute))
    assert (state(seeded, 24), sent(seeded)) == (IssueState.DRAFT, 0)
    daily = seeded.list("daily")
    with seeded.store.begin() as connection:
        approve(connection, seeded, daily, key_of(daily, "daily", at(24, 0).date()), at(24, 8))
    tick(at(24, 8))
    assert sent(seeded) == 5


def test_too_late_is_not_sent_and_said_once(seeded, tick):
    tick(at(24, 13, 30))
    tick(at(24, 13, 31))
    assert sent(seeded) == 0
    assert sum("not started any more" in line for line in tick.said()) == 2  # one for each frequency


def test_within_the_grace_it_is_made_up_for(seeded, tick):
    tick(at(24, 12, 59))
    assert sent(seeded) == 5


def test_a_broken_file_leaves_the_settings_from_before(seeded, tick):
    tick(at(24, 5))
    settings = seeded.root / "digest.toml"
    good = settings.read_text("utf-8")
    settings.write_text(good.replace("[mail]", "[mial]"), encoding="utf-8")
    for minute in range(5):
        tick(at(24, 7, minute))
    assert sent(seeded) == 5
    assert sum("going on with the settings from before" in line for line in tick.said()) == 1


def test_an_error_is_said_once_and_costs_nothing_but_its_tick(seeded, tick):
    file = seeded.root / "subscribers" / "daily.csv"
    good = file.read_text("utf-8")
    file.unlink()
    assert not tick(at(24, 7))
    assert not tick(at(24, 7, 1))
    errors = [line for line in tick.said() if "daily.csv" in line]
    assert len(errors) == len(set(errors))
    file.write_text(good, encoding="utf-8")
    assert tick(at(24, 7, 2))
    assert sent(seeded) == 5


def test_a_deferred_message_is_tried_when_its_time_has_come(mailed, server, caplog):
    caplog.set_level(logging.INFO, logger="digest.service")
    server.rcpt = lambda recipient: "451 4.2.0 later" if recipient == "ada@example.org" else None
    service = Service(mailed.root, "daily", Lock())
    service.tick(lambda: at(24, 7), lambda: False)
    said = len(caplog.records)
    service.tick(lambda: at(24, 7) + timedelta(seconds=20), lambda: False)
    assert len(caplog.records) == said  # nothing was tried, and nothing said
    server.rcpt = lambda _recipient: None
    service.tick(lambda: at(24, 7, 2), lambda: False)
    assert server.by_recipient["ada@example.org"] == 1
