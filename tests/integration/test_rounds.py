"""The service's rounds: which sources are asked when, and what is said of it."""

import logging
import threading
from datetime import UTC, date, datetime, timedelta

import pytest

from digest import collecting, service
from digest.issues.issue import IssueKey
from digest.rounds import ROUND, Rounds
from digest.service import Service
from digest.store import issues, source_parts
from tests.integration.sources import Clock, Desk, declared, item, listed, rss
from tests.integration.web import Reply, json_reply

TUESDAY = datetime(2026, 11, 24, 5, 0, tzinfo=UTC)
"""06:00 in Berlin; the daily list's draft is built at 06:30 and sent at 07:00."""


@pytest.fixture
def clock() -> Clock:
    return Clock(TUESDAY)


@pytest.fixture
def desk(site, web, clock) -> Desk:
    sources = f"""
[sources.lab]
kind = "feed"
url = "{web.root}/lab.xml"
every_minutes = 30
[sources.field]
kind = "feed"
url = "{web.root}/field.xml"
[sources.inbox]
kind = "file"
path = "inbox"
"""
    (site.root / "inbox").mkdir()
    web.answer("/lab.xml", rss(item("Cells of the Brain", "https://example.org/1")))
    web.answer("/field.xml", rss(item("Cells of the Heart", "https://example.org/2")))
    return Desk(declared(site, sources), clock)


@pytest.fixture
def said(caplog) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.INFO, logger="digest.rounds")
    caplog.set_level(logging.INFO, logger="digest.service")
    return caplog


def rounds(desk: Desk) -> Rounds:
    return Rounds(desk.clock.now, sleep=desk.clock.sleep)


def make(made: Rounds, desk: Desk) -> list[str]:
    return made.make(desk.site, desk.site.sources, lambda: False)


def never() -> bool:
    return False


def test_each_source_is_asked_when_its_time_has_come(desk, web):
    made = rounds(desk)
    make(made, desk)
    assert web.paths() == ["/lab.xml", "/field.xml"]
    desk.clock.later(minutes=29)
    make(made, desk)
    assert len(web.asked) == 2
    desk.clock.later(minutes=1)
    make(made, desk)
    assert web.paths()[2:] == ["/lab.xml"]
    desk.clock.later(minutes=30)
    make(made, desk)
    assert web.paths()[3:] == ["/lab.xml", "/field.xml"]


def test_the_store_remembers_for_a_service_that_is_started_anew(desk, web):
    make(rounds(desk), desk)
    desk.clock.later(minutes=10)
    make(rounds(desk), desk)
    assert len(web.asked) == 2


def test_a_folder_is_looked_at_each_time_and_writes_nothing_when_it_is_as_it_was(desk, web):
    made = rounds(desk)
    make(made, desk)
    with desk.site.store.begin() as connection:
        assert source_parts.asked(connection, "inbox") == {}
        assert set(source_parts.asked(connection, "lab")) == {"", ROUND}
    desk.copy("inbox/a.jsonl", '{"title": "Cells 1", "id": "2611.00001"}')
    make(made, desk)
    assert "arxiv:2611.00001" in desk.rows()


def test_a_source_that_fails_costs_no_other_and_is_not_asked_again_every_tick(desk, web):
    web.answer("/lab.xml", Reply(status=403))
    made = rounds(desk)
    (line,) = make(made, desk)
    assert line.startswith("source lab: ")
    assert "403" in line
    assert web.paths() == ["/lab.xml", "/field.xml"]
    desk.clock.later(seconds=20)
    assert make(made, desk) == []
    assert len(web.asked) == 2


def test_a_defect_costs_only_its_source(desk, web, said, monkeypatch):
    def collect(site, source, *more):
        if source.name == "lab":
            raise ZeroDivisionError("oops")
        return collecting.collect(site, source, *more)

    monkeypatch.setattr("digest.rounds.collect", collect)
    assert make(rounds(desk), desk) == ["source lab: ZeroDivisionError('oops'); it is tried again"]
    assert web.paths() == ["/field.xml"]


def test_it_can_be_stopped_while_it_waits_for_a_source(desk, web):
    """The server asks to be left alone for a minute; the wait ends when stop says so."""
    web.answer("/lab.xml", Reply(status=503, headers={"Retry-After": "60"}))
    begun = desk.clock.moment
    made = rounds(desk)
    assert made.make(desk.site, desk.site.sources, lambda: desk.clock.moment >= begun + timedelta(seconds=5)) == []
    assert desk.clock.moment - begun < timedelta(seconds=6)
    assert web.paths() == ["/lab.xml"]


def test_two_that_ask_at_once_make_one_round_and_one_may_give_up(desk, web):
    """The first holds on in its wait; the second comes, gives up, and a third finds nothing due."""
    web.answer("/lab.xml", Reply(status=503, headers={"Retry-After": "7"}), rss(item("Cells", "https://example.org/3")))
    waits, goes_on = threading.Event(), threading.Event()

    def sleep(seconds: float) -> None:
        waits.set()
        assert goes_on.wait(20)
        desk.clock.sleep(seconds)

    made = Rounds(desk.clock.now, sleep=sleep)
    first = threading.Thread(target=make, args=(made, desk))
    first.start()
    assert waits.wait(20)
    assert made.make(desk.site, desk.site.sources, lambda: True) == []
    third = threading.Thread(target=make, args=(made, desk))
    third.start()
    goes_on.set()
    first.join(20)
    third.join(20)
    assert web.paths() == ["/lab.xml", "/lab.xml", "/field.xml"]


def test_what_is_the_same_is_said_once(desk, web, said):
    made = rounds(desk)
    web.answer("/lab.xml", rss(item("", "https://example.org/1")))
    web.answer("/field.xml", rss())
    for _ in range(3):
        make(made, desk)
        desk.clock.later(hours=1)
    assert said.messages.count("source lab: records refused: 1; `digest papers rejected lab` lists them") == 1
    assert said.messages.count("source field: nothing new: nothing is listed there") == 1
    assert not any("inbox" in line for line in said.messages)
    web.answer("/field.xml", rss(item("Cells", "https://example.org/2")))
    make(made, desk)
    assert said.messages[-1] == "source field: papers new: 1, changed: 0"


def test_without_remarks_no_news_are_not_said(desk, web, said):
    web.answer("/field.xml", rss())
    Rounds(desk.clock.now, remarks=False, sleep=desk.clock.sleep).make(desk.site, desk.site.sources, never)
    assert said.messages == ["source lab: papers new: 1, changed: 0"]


class TestService:
    def served(self, desk: Desk) -> Service:
        return Service(desk.site.root, desk.clock.now)

    def entries(self, desk: Desk) -> list[str] | None:
        with desk.site.store.begin() as connection:
            found = issues.find(connection, IssueKey("daily", "daily", "2026-11-24"))
            return None if found is None else [one.paper_id for one in issues.entries(connection, found.id)]

    def test_a_draft_asks_the_sources_that_are_due_first(self, desk, web):
        served = self.served(desk)
        served.tick("daily", never)
        assert web.asked == []  # 06:00: nothing is due
        desk.clock.later(minutes=30)
        served.tick("daily", never)
        assert web.paths() == ["/lab.xml", "/field.xml"]
        assert len(self.entries(desk) or []) == 2
        desk.clock.later(minutes=30)
        served.tick("daily", never)  # the draft is there: what comes now is for the next one
        assert len(web.asked) == 2

    def test_only_the_sources_of_the_list_are_asked(self, desk, web):
        path = desk.site.root / "digest.toml"
        settings = path.read_text("utf-8").replace("[lists.daily]", '[lists.daily]\nsources = ["field"]', 1)
        path.write_text(settings, encoding="utf-8")
        desk.clock.later(minutes=30)
        self.served(desk).tick("daily", never)
        assert web.paths() == ["/field.xml"]

    @pytest.mark.parametrize("reply", [Reply(status=403), Reply(b"<html>", headers={"Content-Type": "text/html"})])
    def test_an_error_of_a_source_does_not_stop_the_issue(self, desk, web, said, reply):
        web.answer("/lab.xml", reply)
        desk.clock.later(minutes=30)
        served = self.served(desk)
        assert served.tick("daily", never)
        assert len(self.entries(desk) or []) == 1
        assert len([line for line in said.messages if line.startswith("source lab: ")]) == 1

    def test_a_defect_in_reading_a_source_does_not_stop_the_issue(self, desk, web, monkeypatch):
        def collect(*_):
            raise ZeroDivisionError

        desk.ask("field")
        monkeypatch.setattr("digest.rounds.collect", collect)
        desk.clock.later(minutes=30)
        assert self.served(desk).tick("daily", never)
        assert len(self.entries(desk) or []) == 1

    def test_a_source_that_keeps_one_waiting_does_not_hold_up_the_issue_for_long(self, desk, web, monkeypatch):
        web.answer("/lab.xml", *[Reply(status=503, headers={"Retry-After": "110"})] * 4)
        monkeypatch.setattr(service, "PATIENCE", timedelta(minutes=2))
        desk.ask("field")
        desk.clock.later(minutes=30)
        served = self.served(desk)
        served._rounds = rounds(desk)
        begun = desk.clock.moment
        served.tick("daily", never)
        assert desk.clock.moment - begun < timedelta(minutes=2, seconds=2)
        assert web.paths().count("/lab.xml") == 2
        assert self.entries(desk) is not None

    def test_a_tick_of_the_sources_tells_whether_all_could_be_used(self, desk, web, said):
        served = self.served(desk)
        assert served.tick_sources(never)
        desk.clock.later(hours=1)
        web.answer("/lab.xml", Reply(status=403))
        assert not served.tick_sources(never)
        errors = [line for line in said.messages if "403" in line]
        assert len(errors) == 1


def test_a_day_of_hugging_face_is_asked_for_through_the_service(site, web, clock):
    desk = Desk(declared(site, f'[sources.huggingface]\nkind = "huggingface"\nurl = "{web.root}/hf"'), clock)
    web.answer("/hf", json_reply([]), json_reply([listed(1)]))
    made = rounds(desk)
    for _ in range(3):
        make(made, desk)
        desk.clock.later(hours=1)
    days = [date.fromisoformat(one.query["date"]) for one in web.asked]
    assert days[-3:] == [date(2026, 11, 24)] * 3
    assert days[:-3] == [date(2026, 11, day) for day in (17, 18, 19, 20, 23)]


def test_a_clock_put_back_keeps_no_source_waiting(desk, web):
    made = rounds(desk)
    desk.clock.later(days=3000)
    make(made, desk)
    desk.clock.later(days=-3000)
    asked = len(web.asked)
    make(made, desk)
    assert len(web.asked) > asked
