"""The service through days and weeks: `now` is marched, the store and the mail are real."""

import logging
import mailbox
import threading
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from digest.collecting import collect_file
from digest.issues.issue import IssueKey
from digest.issues.states import IssueState, Verb
from digest.pipeline import approve, change_state
from digest.resources import shipped
from digest.service import Service
from digest.site import Site
from digest.store import issues

MONDAY = datetime(2026, 11, 23, tzinfo=UTC)
"""Midnight UTC of a Monday; the daily list's hour, 07:00 in Berlin, is 06:00 UTC."""

DAILY = ["ada@example.org", "emmy@example.org", "grace@example.com", "kurt@example.net", "reading-group@example.org"]
WEEKLY = ["henri@example.org", "library@example.net", "ramanujan@example.com", "sofja@example.org"]


def at(days: int, hours: float) -> datetime:
    return MONDAY + timedelta(days=days, hours=hours)


class World:
    """A site, its clock, and a service that can be restarted."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.now = MONDAY
        self.service = Service(root, lambda: self.now)

    def restart(self) -> None:
        self.service = Service(self.root, lambda: self.now)

    def tick(self, moment: datetime | None = None, stop=lambda: False) -> bool:
        self.now = moment or self.now
        names = list(self.service.site.settings.lists)
        return min([self.service.tick(name, stop) for name in names])

    def march(self, until: datetime, step: timedelta = timedelta(minutes=30)) -> None:
        """Tick from now on until a moment, which is not reached."""
        while self.now < until:
            self.tick()
            self.now += step

    def load(self, *ids: str) -> None:
        papers = self.root / "more.jsonl"
        line = '{{"title": "Robot arms {0}", "abstract": "We grasp.", "id": "{0}"}}\n'
        papers.write_text("".join(map(line.format, ids)), encoding="utf-8")
        collect_file(self.service.site, papers, None, self.now)

    @property
    def mails(self) -> Counter[str]:
        """How many messages each address has got."""
        if not (self.root / "outbox").exists():
            return Counter()
        return Counter(message["Delivered-To"] for message in mailbox.Maildir(self.root / "outbox"))

    @property
    def messages(self) -> int:
        return self.mails.total()

    def state(self, period: str, list_id: str = "daily", frequency: str = "daily") -> IssueState | None:
        with self.service.site.store.begin() as connection:
            found = issues.find(connection, IssueKey(list_id, frequency, period))
        return found.state if found else None

    def act(self, verb: Verb, period: str) -> None:
        key = IssueKey("daily", "daily", period)
        site = self.service.site
        if verb is not Verb.APPROVE:
            change_state(site, key, verb, self.now)
            return
        with site.store.begin() as connection:
            approve(connection, site, site.list("daily"), key, self.now)


@pytest.fixture
def said(caplog) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="digest.service")
    return caplog


@pytest.fixture
def world(site: Site, said) -> World:
    made = World(site.root)
    collect_file(site, shipped("seeds") / "seed-page.txt", 2026, MONDAY)
    return made


def only_daily(world: World) -> World:
    """Leave the sample site one list with one schedule, for what concerns a single issue."""
    text = (world.root / "digest.toml").read_text("utf-8")
    head, _, rest = text.partition("[lists.daily.schedule.weekly]")
    topics = rest[rest.index("\n[topics.") :]
    (world.root / "digest.toml").write_text(head + topics, encoding="utf-8")
    world.restart()
    return world


def configure(world: World, old: str, new: str) -> None:
    path = world.root / "digest.toml"
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def lines(said: pytest.LogCaptureFixture, containing: str) -> list[str]:
    return [line for line in said.messages if containing in line]


def test_a_week_of_the_sample_site(world, said):
    world.march(at(0, 6))
    assert world.messages == 0
    assert world.state("2026-11-23") is IssueState.DRAFT  # built at 06:30 in Berlin
    world.march(at(0, 7))
    assert world.mails == Counter([*DAILY, "alan@example.net"])  # the daily list's weekly reader too
    world.march(at(0, 14))
    assert world.mails == Counter([*DAILY, "alan@example.net", *WEEKLY])  # 08:00 in New York is 13:00 UTC
    world.march(at(1, 4))
    world.load("2611.00001")
    world.march(at(4, 5))
    world.load("2611.00002", "2611.00003")
    world.march(at(7, 0))
    # Of the new papers the readers hear whose topics they are: Monday's issue, Tuesday's and Friday's.
    assert world.mails["reading-group@example.org"] == 3
    assert {world.mails[reader] for reader in WEEKLY} == {1}
    assert world.mails["alan@example.net"] == 1
    days = [world.state(f"2026-11-{day}") for day in range(23, 30)]
    assert [state is IssueState.FINISHED for state in days] == [True, True, False, False, True, False, False]
    assert days[2:4] == [None, None]
    assert len(lines(said, "daily/daily/2026-11-25: nothing new since the last one; nothing is sent")) == 1
    assert lines(said, "2026-11-28") == []  # Saturday
    assert lines(said, "not started any more") == []
    world.march(at(7, 14))
    assert {world.mails[reader] for reader in ("alan@example.net", "library@example.net")} == {2}
    assert world.state("2026-W49", frequency="weekly") is IssueState.FINISHED


def test_every_second_tick_of_an_hour_sends_once(world):
    only_daily(world)
    world.now = at(0, 5.9)
    world.march(at(0, 6.2), timedelta(seconds=20))
    assert world.mails == Counter(DAILY)


def test_nobody_is_mailed_before_the_approval(world, said):
    only_daily(world)
    configure(world, 'approval = "auto"', 'approval = "required"')
    world.restart()
    world.march(at(0, 8))
    assert world.messages == 0
    assert len(lines(said, "draft built, papers: 46; `digest issue approve daily/daily/2026-11-23`")) == 1
    assert len(lines(said, "daily/daily/2026-11-23 waits for an approval")) == 1
    world.act(Verb.APPROVE, "2026-11-23")
    world.tick()
    assert world.mails == Counter(DAILY)


def test_approved_before_its_hour_it_waits_for_it(world, said):
    only_daily(world)
    configure(world, 'approval = "auto"', 'approval = "required"')
    world.restart()
    world.tick(at(0, 5.6))
    world.act(Verb.APPROVE, "2026-11-23")
    world.tick(at(0, 5.99))
    assert world.messages == 0
    world.tick(at(0, 6))
    assert world.mails == Counter(DAILY)
    assert lines(said, "waits for an approval") == []


def test_never_approved_it_is_not_started_after_the_grace_and_that_is_said_once(world, said):
    only_daily(world)
    configure(world, 'approval = "auto"', 'approval = "required"')
    world.restart()
    world.march(at(1, 0))
    assert world.messages == 0
    (line,) = lines(said, "not started any more")
    assert "due Mon 2026-11-23 07:00" in line
    assert "`digest issue approve daily/daily/2026-11-23`, then `digest send daily" in line
    world.act(Verb.APPROVE, "2026-11-23")
    world.tick()
    assert world.messages == 0


def test_a_late_machine_still_starts_within_the_grace(world):
    only_daily(world)
    world.tick(at(0, 11.9))
    assert world.mails == Counter(DAILY)


def test_a_machine_that_is_too_late_does_not_start_and_says_how_to(world, said):
    only_daily(world)
    world.tick(at(0, 6))
    world.load("2611.00001")
    world.now = at(1, 12.1)  # Tuesday, dark until then
    world.march(at(1, 20))
    assert world.mails == Counter(DAILY)
    (line,) = lines(said, "not started any more")
    assert "due Tue 2026-11-24 07:00" in line
    assert "grace of 6 h" in line
    assert "`digest send daily --frequency daily --date 2026-11-24`" in line


def test_a_new_site_has_missed_nothing(world, said):
    world.tick(at(0, 20))
    assert said.messages == []


def test_a_fresh_site_without_papers_has_missed_nothing(site, said):
    world = World(site.root)
    world.now = at(0, 20)
    world.tick()
    assert said.messages == []


def test_stopped_in_the_middle_it_goes_on_after_the_restart(world, said):
    only_daily(world)
    configure(world, 'maildir = "outbox"', 'maildir = "outbox"\nconnections = 1')
    world.restart()
    world.tick(at(0, 6), stop=lambda: world.messages >= 2)
    assert world.messages == 2
    assert world.state("2026-11-23") is IssueState.SENDING
    assert len(lines(said, "stopped, and goes on at the next start")) == 1
    world.restart()
    world.tick(at(1, 2))  # long after the grace: what has started goes on
    assert world.mails == Counter(DAILY)
    assert world.state("2026-11-23") is IssueState.FINISHED


def test_asked_to_stop_it_begins_nothing(world):
    world.tick(at(0, 6), stop=lambda: True)
    assert world.messages == 0
    assert world.state("2026-11-23") is None


def test_a_paused_issue_waits_for_its_resume(world):
    only_daily(world)
    world.tick(at(0, 5.6))
    world.act(Verb.APPROVE, "2026-11-23")
    world.act(Verb.PAUSE, "2026-11-23")
    world.march(at(0, 20))
    assert world.messages == 0
    world.act(Verb.RESUME, "2026-11-23")
    world.tick()
    assert world.mails == Counter(DAILY)


def test_deferred_deliveries_are_tried_when_they_are_due_and_not_before(mailed, server, said):
    refused = []

    def greylist(recipient):
        if recipient == "ada@example.org" and len(refused) < 2:
            refused.append(recipient)
            return "451 4.7.1 later"
        return None

    server.rcpt = greylist
    world = World(mailed.root)
    world.now = at(1, 6)
    world.march(at(1, 6.2), timedelta(seconds=20))
    assert len(refused) == 2
    assert server.by_recipient == Counter(DAILY)
    assert world.state("2026-11-24") is IssueState.FINISHED
    # 36 ticks, three runs: the first, and one for each retry.
    assert len(lines(said, "daily/daily/2026-11-24: sending")) == 3
    assert len(lines(said, "next try at")) == 2


def test_a_relay_that_is_down_is_said_once_an_hour_and_left_alone_between(mailed, server, said):
    server.mail = "421 4.3.2 going down"
    world = World(mailed.root)
    world.now = at(1, 6)
    world.march(at(1, 8), timedelta(seconds=20))
    assert len(lines(said, "it is tried again")) == 2
    assert len(lines(said, "daily/daily/2026-11-24: sending")) < 20
    server.mail = None
    world.march(at(1, 8.3), timedelta(seconds=20))
    assert server.by_recipient == Counter(DAILY)


def test_an_error_costs_one_list_only_and_is_said_once(world, said):
    (world.root / "subscribers" / "weekly.csv").rename(world.root / "moved.csv")
    world.march(at(0, 13))
    said.clear()
    assert world.tick(at(0, 13)) is False
    world.march(at(0, 13.3), timedelta(minutes=6))
    (line,) = lines(said, "weekly.csv")
    assert line.startswith("list weekly: ")
    assert all(record.exc_info is None for record in said.records)
    world.march(at(0, 14.4), timedelta(minutes=30))
    assert len(lines(said, "weekly.csv")) == 2  # an hour later again
    (world.root / "moved.csv").rename(world.root / "subscribers" / "weekly.csv")
    world.tick()
    assert world.mails == Counter([*DAILY, "alan@example.net", *WEEKLY])


def test_somebody_sending_by_hand_is_waited_for(world, said):
    only_daily(world)
    with world.service.site.run_lock():
        assert world.tick(at(0, 6))
        assert world.tick(at(0, 6.01))
    assert world.messages == 0
    assert len(lines(said, "another run is sending")) == 1
    world.tick(at(0, 6.02))
    assert world.mails == Counter(DAILY)


def test_two_lists_due_at_once_do_not_hinder_each_other(world, said):
    configure(world, 'send_at = "0 8 * * 1"', 'send_at = "0 1 * * 1"')  # 06:00 UTC, as the daily list
    world.restart()
    world.now = at(0, 6)
    for _ in range(4):
        ticks = [
            threading.Thread(target=world.service.tick, args=(name, lambda: False)) for name in ("daily", "weekly")
        ]
        for tick in ticks:
            tick.start()
        for tick in ticks:
            tick.join()
        world.now += timedelta(seconds=20)
    assert world.mails == Counter([*DAILY, "alan@example.net", *WEEKLY])
    assert lines(said, "another run") == []


def test_a_changed_digest_toml_is_taken_over(world, said):
    only_daily(world)
    world.tick(at(0, 5))
    configure(world, 'send_at = "0 7 * * 1-5"', 'send_at = "0 9 * * 1-5"')
    world.march(at(0, 8))
    assert world.messages == 0
    assert len(lines(said, "digest.toml has changed")) == 1
    world.tick()
    assert world.mails == Counter(DAILY)


def test_a_broken_digest_toml_leaves_the_settings_from_before(world, said):
    only_daily(world)
    world.tick(at(0, 5))
    configure(world, "timezone", "timezome")
    world.march(at(0, 7), timedelta(minutes=10))
    assert world.mails == Counter(DAILY)
    (line,) = lines(said, "the settings from before hold")
    assert "did you mean 'timezone'?" in line


def test_a_new_list_is_named_and_one_that_is_gone_is_left_alone(world, said):
    only_daily(world)
    configure(world, "[lists.daily]", "[lists.fresh]")
    configure(world, "[lists.daily.", "[lists.fresh.")
    world.service.tick("daily", lambda: False)
    assert "list fresh is new: it is served when `digest schedule` is started anew" in said.messages
    assert "list daily is gone from digest.toml; nothing is due for it" in said.messages


def test_refused_rows_are_counted_in_the_log(world, said):
    only_daily(world)
    with (world.root / "subscribers" / "daily.csv").open("a", encoding="utf-8") as file:
        file.write("not an address,,,,,\n")
    world.tick(at(0, 6))
    assert world.mails == Counter(DAILY)
    assert lines(said, "rows refused: 1; `digest subscribers check daily` lists them")


def test_without_remarks_only_deeds_and_errors_are_said(site, said):
    quiet = World(site.root)
    quiet.service = Service(site.root, lambda: quiet.now, remarks=False)
    quiet.tick(at(3, 6))  # nothing is new
    assert said.messages == []
    quiet.load("2611.00001")
    quiet.tick()
    assert len(lines(said, "is finished")) == 1


def test_a_defect_keeps_its_traceback_and_is_not_repeated(world, said, monkeypatch):
    def broken(*_arguments):
        raise RuntimeError("a defect")

    monkeypatch.setattr("digest.drafting.compose_draft", broken)
    only_daily(world)
    world.march(at(0, 6), timedelta(minutes=10))
    assert [record.exc_info is not None for record in said.records if "a defect" in record.message] == [True]


def test_what_stops_an_issue_is_said_at_the_hour_of_its_draft_and_once_an_hour_until_it_is_mended(world, said):
    only_daily(world)
    footer = world.root / "templates" / "default" / "_footer.txt.j2"
    whole = footer.read_text("utf-8")
    footer.write_text(whole.replace("{{ issue.unsubscribe }}", ""), encoding="utf-8")
    world.tick(at(0, 5.4))
    assert lines(said, "can't go out") == []
    assert not world.tick(at(0, 5.5))  # its draft is due at 06:30 in Berlin
    assert lines(said, "can't go out") == [
        "list daily: issue daily/daily/2026-11-23 can't go out: unsubscribe: the plaintext has no link to leave by;"
        " show issue.unsubscribe in the theme; `digest lint daily` tells all"
    ]
    for hour, told in ((5.9, 1), (6, 2), (6.9, 2), (7.1, 3)):  # it is due at 06:00, and tried at every tick
        assert not world.tick(at(0, hour))
        assert len(lines(said, "can't go out")) == told
    assert world.messages == 0
    footer.write_text(whole, encoding="utf-8")
    assert world.tick()
    assert world.mails == Counter(DAILY)
