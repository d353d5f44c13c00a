"""`digest schedule`, as a service, for cron, and as a question."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from mailbox import Maildir
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from digest import clock
from digest.cli import schedule as command
from digest.cli.main import app
from digest.collecting import collect_file
from digest.pipeline import key_of
from digest.resources import shipped
from digest.site import Site
from digest.store import issues

DAILY = ["ada@example.org", "emmy@example.org", "grace@example.com", "kurt@example.net", "reading-group@example.org"]


@pytest.fixture
def seeded(site) -> Site:
    collect_file(site, shipped("seeds") / "seed-page.txt", 2026, clock.now())
    return site


def due_now(site: Site) -> Site:
    """Make the daily list due every minute, so that it is due whenever the test runs, and nothing else."""
    path = site.root / "digest.toml"
    head, _, rest = path.read_text("utf-8").partition("[lists.daily.schedule.weekly]")
    head = re.sub(r'(build_at = ".*"\n)?send_at = ".*"', 'send_at = "* * * * *"', head)
    path.write_text(head + rest[rest.index("\n[topics.") :], encoding="utf-8")
    return Site.open(site.root)


def arguments(site: Site, *options: str) -> list[str]:
    return [sys.executable, "-m", "digest", "--site", str(site.root), "schedule", *options]


def environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}


def run(site: Site, *options: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(arguments(site, *options), capture_output=True, text=True, env=environment(), timeout=60)


def mails(root: Path) -> list[str]:
    return sorted(message["Delivered-To"] for message in Maildir(root / "outbox"))


def ask(site: Site, monkeypatch, moment: datetime, *options: str) -> Result:
    """Ask `--list` in this process at a given moment."""
    monkeypatch.setattr(command.clock, "now", lambda: moment)
    return CliRunner().invoke(app, ["--site", str(site.root), "schedule", "--list", *options])


def test_once_sends_what_is_due_and_leaves(seeded):
    site = due_now(seeded)
    first = run(site, "--once")
    assert first.returncode == 0, first.stderr
    assert mails(site.root) == DAILY
    assert "(No. 1) is finished: 5 accepted" in first.stderr
    assert first.stdout == ""
    again = run(site, "--once")
    assert (again.returncode, again.stderr) == (0, "")  # nothing to tell a cron job's owner
    assert mails(site.root) == DAILY


def test_once_fails_where_something_failed(seeded):
    site = due_now(seeded)
    site.subscriber_file(site.list("daily")).unlink()
    result = run(site, "--once")
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    said = json.loads(line)
    assert said["level"] == "error"
    assert said["event"].startswith("list daily: ")
    assert "daily.csv" in said["event"]


def test_the_service_sends_and_leaves_within_seconds_of_sigterm(seeded):
    site = due_now(seeded)
    with subprocess.Popen(arguments(site), stderr=subprocess.PIPE, text=True, env=environment()) as service:
        assert service.stderr is not None
        said = []
        for line in service.stderr:
            said.append(line)
            if "is finished" in line:
                break
        start = time.monotonic()
        service.send_signal(signal.SIGTERM)
        rest = service.stderr.read()
        assert service.wait(10) == 0
    assert time.monotonic() - start < 5
    assert "list daily: next daily issue" in said[0]
    first, last = json.loads(said[0]), json.loads(rest.splitlines()[-1])
    assert first["level"] == "info"
    assert datetime.fromisoformat(first["timestamp"]).tzinfo is not None
    assert last["event"] == "stopped"
    assert mails(site.root) == DAILY


def test_a_broken_digest_toml_is_one_line(site):
    (site.root / "digest.toml").write_text("[mail\n", encoding="utf-8")
    result = run(site)
    assert result.returncode == 1
    assert len(result.stderr.splitlines()) == 1
    assert "digest.toml: not TOML" in result.stderr


def test_list_shows_the_next_hours_in_each_lists_timezone(site, monkeypatch):
    tuesday = datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
    result = ask(site, monkeypatch, tuesday)
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert rows[0] == [
        "daily/2026-11-25",
        "Wed 2026-11-25 06:30",
        "Wed 2026-11-25 07:00",
        "Europe/Berlin",
        "not built yet",
    ]
    assert rows[2] == ["weekly/2026-W49", "-", "Mon 2026-11-30 08:00", "America/New_York", "not built yet"]


def test_list_knows_the_states(seeded, monkeypatch):
    from digest.pipeline import build, send
    from digest.sending import Control

    daily, now = seeded.list("daily"), datetime(2026, 11, 24, 6, 30, tzinfo=UTC)
    send(seeded, daily, "daily", now.date(), Control(now=lambda: now))
    tomorrow = now.date() + timedelta(days=1)
    more = seeded.root / "more.jsonl"
    more.write_text('{"title": "Robot arms", "abstract": "We grasp.", "id": "2611.00001"}\n', encoding="utf-8")
    collect_file(seeded, more, None, now + timedelta(minutes=1))
    with seeded.store.begin() as connection:
        build(connection, seeded, daily, "daily", tomorrow, now)
        assert issues.find(connection, key_of(daily, "daily", tomorrow))
    found = json.loads(ask(seeded, monkeypatch, now, "--json").stdout)
    assert [one["list"] for one in found] == ["daily", "daily", "weekly"]
    assert found[0] == {
        "list": "daily",
        "frequency": "daily",
        "timezone": "Europe/Berlin",
        "period": "2026-11-25",
        "build_at": None,  # it is built
        "send_at": "2026-11-25T06:00:00+00:00",
        "state": "draft",
        "last_period": "2026-11-24",
        "last_state": "finished",
    }


def test_list_names_a_list_that_nobody_sends(site, monkeypatch):
    path = site.root / "digest.toml"
    text = path.read_text("utf-8")
    path.write_text(re.sub(r'\[lists.weekly.schedule.weekly\]\nsend_at = ".*"\n', "", text), encoding="utf-8")
    result = ask(site, monkeypatch, datetime(2026, 11, 24, 6, 30, tzinfo=UTC))
    assert "list weekly has no schedule" in result.stderr
    assert Counter(line.split("/")[0] for line in result.stdout.splitlines()) == {"daily": 2}


def test_options_that_make_no_sense_together(site):
    for options in (["--json"], ["--once", "--list"]):
        assert CliRunner().invoke(app, ["--site", str(site.root), "schedule", *options]).exit_code == 2
