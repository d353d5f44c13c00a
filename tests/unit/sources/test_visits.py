"""What a source is asked for now, given what it was asked before."""

import json
from datetime import UTC, date, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest

from digest.config.settings import SourceTable
from digest.sources.visits import Known, Visit, visits

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""A Tuesday, 04:00 in New York."""


def table(kind: str, **values: object) -> SourceTable:
    return SourceTable.model_validate({"kind": kind, **values})


def asked(visit: Visit) -> dict[str, str]:
    return {key: value for key, (value,) in parse_qs(urlsplit(visit.url).query).items()}


def days(found: list[Visit]) -> list[str]:
    return [visit.part for visit in found]


def known(whole: bool, hours_ago: float = 1, now: datetime = NOW) -> Known:
    return Known(now - timedelta(hours=hours_ago), whole)


def only(found: list[Visit]) -> Visit:
    (visit,) = found
    return visit


class TestHuggingFace:
    def test_far_back_whole_months_and_weeks_are_one_visit_each(self):
        found = visits(table("huggingface", back_days=3), date(2026, 9, 29), NOW, {})
        assert days(found) == [
            *("2026-09-29", "2026-09-30", "2026-10"),
            *("2026-W45", "2026-W46", "2026-W47", "2026-11-23", "2026-11-24"),
        ]
        assert [(asked(visit).get("month"), asked(visit).get("week")) for visit in found][2:4] == [
            ("2026-10", None),
            (None, "2026-W45"),
        ]
        assert all(visit.whole for visit in found[:-1])

    def test_what_a_month_or_week_brought_is_not_asked_for_by_day(self):
        parts = {"2026-10": known(whole=True, hours_ago=500), "2026-W46": known(whole=True, hours_ago=500)}
        found = days(visits(table("huggingface", back_days=3), date(2026, 10, 1), NOW, parts))
        assert found == ["2026-W45", "2026-W47", "2026-11-23", "2026-11-24"]

    def test_a_week_with_a_day_that_is_known_is_asked_for_by_day(self):
        parts = {"2026-11-11": known(whole=True, hours_ago=500)}
        found = days(visits(table("huggingface", back_days=3), date(2026, 11, 9), NOW, parts))
        assert found[:4] == ["2026-11-09", "2026-11-10", "2026-11-12", "2026-11-13"]

    def test_the_first_time_it_is_asked_for_the_days_it_keeps_asking_for_without_weekends(self):
        found = visits(table("huggingface", back_days=7), None, NOW, {})
        assert days(found) == ["2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20", "2026-11-23", "2026-11-24"]

    def test_some_days_are_asked_for_at_least(self):
        assert days(visits(table("huggingface", back_days=0), None, NOW, {})) == ["2026-11-23", "2026-11-24"]

    def test_only_a_day_that_is_over_is_whole(self):
        found = visits(table("huggingface", back_days=1), None, NOW, {})
        assert [(visit.part, visit.whole) for visit in found][-2:] == [("2026-11-23", True), ("2026-11-24", False)]
        at_one = visits(table("huggingface"), None, datetime(2026, 11, 25, 1, tzinfo=UTC), {})
        assert {visit.part: visit.whole for visit in at_one}["2026-11-24"]

    def test_a_partial_day_is_asked_for_each_time_and_a_complete_one_after_20_hours(self):
        parts = {f"2026-11-{day}": known(whole=True, hours_ago=19.9) for day in (17, 18, 19, 20)}
        parts["2026-11-23"], parts["2026-11-24"] = known(whole=True, hours_ago=20), known(whole=False)
        assert days(visits(table("huggingface"), None, NOW, parts)) == ["2026-11-23", "2026-11-24"]

    def test_back_days_end_the_asking_for_upvotes(self):
        parts = {f"2026-11-{day}": known(whole=True, hours_ago=30) for day in (17, 18, 19, 20, 23)}
        assert days(visits(table("huggingface", back_days=4), None, NOW, parts)) == [
            "2026-11-20",
            "2026-11-23",
            "2026-11-24",
        ]

    def test_since_catches_up_with_days_that_are_not_complete_however_long_ago(self):
        since = date(2026, 11, 5)
        parts = {"2026-11-06": known(whole=True, hours_ago=300), "2026-11-09": known(whole=False, hours_ago=300)}
        found = days(visits(table("huggingface", back_days=1), since, NOW, parts))
        assert found[:3] == ["2026-11-05", "2026-W46", "2026-W47"]
        assert found[-1] == "2026-11-24"

    def test_at_a_weekend_there_is_nothing_of_the_day(self):
        sunday = datetime(2026, 11, 22, 9, tzinfo=UTC)
        parts = {day: known(whole=True, now=sunday) for day in ("2026-11-19", "2026-11-20")}
        assert visits(table("huggingface", back_days=3), None, sunday, parts) == []

    def test_the_day_is_the_one_in_utc(self):
        tokyo = NOW.replace(hour=23).astimezone(ZoneInfo("Asia/Tokyo"))
        assert days(visits(table("huggingface"), None, tokyo, {}))[-1] == "2026-11-24"

    def test_a_full_page_is_followed_by_the_next_one_of_the_same_day_at_the_same_mirror(self):
        mirror = "http://127.0.0.1:9/daily"
        first = visits(table("huggingface", url=mirror), None, NOW, {})[-1]
        assert first.url.startswith(f"{mirror}?")
        full = json.dumps([{"paper": {"id": f"2611.{number:05}", "title": "T"}} for number in range(100)]).encode()
        assert first.following(full[:-1] + b', {"paper": {}}]') is not None
        second = first.following(full)
        assert second is not None
        assert asked(second) == {"date": "2026-11-24", "limit": "100", "p": "1"}
        assert (second.part, second.place, second.whole) == (first.part, first.place, first.whole)
        assert second.following(b"[]") is None
        positions = [paper.position for paper in second.parse(full, "here").papers]
        assert (positions[0], positions[-1]) == (101, 200)
        assert {paper.listed for paper in second.parse(full, "here").papers} == {date(2026, 11, 24)}

    def test_only_of_a_day_404_is_an_answer(self):
        assert visits(table("huggingface"), None, NOW, {})[-1].absent
        assert not only(visits(table("feed", url="https://example.org/feed"), None, NOW, {})).absent


class TestArxiv:
    def test_its_feed_is_asked_and_to_catch_up_its_api(self):
        source = table("arxiv-feed", categories=["cs.CL", "stat.ML"], url="http://127.0.0.1:9")
        feed = only(visits(source, None, NOW, {"": known(whole=False)}))
        assert feed.url == "http://127.0.0.1:9/atom/cs.CL+stat.ML"
        api = only(visits(source, date(2026, 11, 16), NOW, {}))
        assert api.url.startswith("https://export.arxiv.org/api/query?")
        assert asked(api)["search_query"] == (
            "(cat:cs.CL OR cat:stat.ML) AND submittedDate:[202611110000 TO 202611240900]"
        )

    @pytest.mark.parametrize(
        ("moment", "why"),
        [
            (datetime(2026, 11, 21, 15, tzinfo=UTC), "nothing on Fridays and Saturdays"),  # Saturday: Friday's
            (datetime(2026, 11, 22, 15, tzinfo=UTC), "nothing on Fridays and Saturdays"),  # Sunday: Saturday's
            (datetime(2026, 11, 23, 15, tzinfo=UTC), "a holiday?"),  # Monday: Sunday evening's
            (datetime(2026, 11, 20, 15, tzinfo=UTC), "a holiday?"),  # Friday: Thursday evening's
            (datetime(2026, 11, 24, 5, 30, tzinfo=UTC), "not complete before"),  # half an hour after midnight there
        ],
    )
    def test_an_empty_feed_is_explained_by_the_evening_before(self, moment, why):
        assert why in only(visits(table("arxiv-feed", categories=["cs.CL"]), None, moment, {})).empty

    @pytest.mark.parametrize(
        ("parts", "first"),
        [({}, "20261119"), ({"api": Known(datetime(2026, 11, 23, 4, 59, tzinfo=UTC), False)}, "20261118")],
    )
    def test_its_api_is_asked_again_for_what_was_submitted_before(self, parts, first):
        """Monday 05:00 UTC it shows papers that were submitted on Thursday the 19th from 19:00 UTC on."""
        visit = only(visits(table("arxiv", query="abs:robot"), None, NOW, parts))
        assert asked(visit)["search_query"].startswith(f"(abs:robot) AND submittedDate:[{first}0000 TO ")

    def test_its_pages_are_followed_at_the_same_mirror(self):
        source = table("arxiv", categories=["cs.CL"], url="http://127.0.0.1:9/api", max_papers=40)
        first = only(visits(source, None, NOW, {}))
        answer = b"<feed><opensearch:totalResults>90</opensearch:totalResults><entry></entry></feed>"
        second = first.following(answer)
        assert second is not None
        assert second.url.startswith("http://127.0.0.1:9/api?")
        assert (asked(first)["start"], asked(first)["max_results"]) == ("0", "40")
        assert (asked(second)["start"], asked(second)["max_results"]) == ("40", "40")
        third = second.following(answer)
        assert third is not None
        assert third.following(answer) is None


class TestPreprints:
    ANSWER = json.dumps(
        {
            "messages": [{"status": "ok", "total": "5"}],
            "collection": [
                {"doi": f"10.1101/2026.11.20.00000{n}", "title": f"Cells {n}", "version": "1", "category": category}
                for n, category in enumerate(["Cell Biology", "neuroscience"], start=1)
            ],
        }
    ).encode()

    def test_the_interval_begins_some_days_before_it_was_asked_last(self):
        api = "https://api.biorxiv.org/details"
        assert only(visits(table("biorxiv"), None, NOW, {})).url == f"{api}/biorxiv/2026-11-19/2026-11-24/0/json"
        parts = {"api": Known(datetime(2026, 11, 10, 8, tzinfo=UTC), False)}
        assert only(visits(table("medrxiv"), None, NOW, parts)).url == f"{api}/medrxiv/2026-11-05/2026-11-24/0/json"
        assert "2026-11-01/2026-11-24" in only(visits(table("biorxiv"), date(2026, 11, 1), NOW, parts)).url

    @pytest.mark.parametrize("wanted", ["cell-biology", "Cell Biology", "cell_biology"])
    def test_only_wanted_categories_are_taken(self, wanted):
        visit = only(visits(table("biorxiv", categories=[wanted]), None, NOW, {}))
        assert [paper.title for paper in visit.parse(self.ANSWER, "here").papers] == ["Cells 1"]

    def test_all_are_taken_where_none_are_named(self):
        visit = only(visits(table("biorxiv"), None, NOW, {}))
        assert len(visit.parse(self.ANSWER, "here").papers) == 2

    def test_its_pages_are_followed_to_the_total(self):
        first = only(visits(table("biorxiv", url="http://127.0.0.1:9/details"), None, NOW, {}))
        second = first.following(self.ANSWER)
        assert second is not None
        assert second.url == "http://127.0.0.1:9/details/biorxiv/2026-11-19/2026-11-24/2/json"
        third = second.following(self.ANSWER)
        assert third is not None
        assert third.following(self.ANSWER) is None


def test_a_place_is_always_the_same_and_holds_no_secret():
    mirror = "http://127.0.0.1:9/x"
    later = NOW + timedelta(minutes=7)
    for source in (
        table("feed", url=f"{mirror}?key=secret"),
        table("huggingface", url=mirror),
        table("arxiv", query="q", url=f"{mirror}?key=secret"),
        table("biorxiv", url=mirror),
    ):
        places = [[visit.place for visit in visits(source, None, now, {})] for now in (NOW, later)]
        assert places[0] == places[1]
        assert not {"secret", "?"} & set("".join(places[0]).replace("secret", "?"))
        assert "127.0.0.1:9/x" in places[0][0]
