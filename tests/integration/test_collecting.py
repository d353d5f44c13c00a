"""Sources asked at a real server, from the first request to the rows of the store."""

import json
import os
from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text

from digest import collecting
from digest.collecting import collect_file
from digest.drafting import rank
from digest.drafting import select as select_candidates
from digest.issues.issue import IssueKey
from digest.issues.states import IssueState
from digest.store import issues, papers, picks, source_parts
from digest.store.database import open_database
from digest.store.loading import Saved
from digest.store.readings import of_papers
from digest.store.schema import issue_papers, paper_keys
from tests.integration.sources import (
    Clock,
    Desk,
    announced,
    arxiv_api,
    arxiv_feed,
    declared,
    item,
    listed,
    rss,
    xml,
)
from tests.integration.web import Reply, Web, json_reply

TUESDAY = datetime(2026, 11, 24, 9, tzinfo=UTC)
TODAY = date(2026, 11, 24)
HTML = Reply(b"<!doctype html><title>Sign in</title>", headers={"Content-Type": "text/html"})


@pytest.fixture
def desk(site, web: Web) -> Desk:
    sources = f"""
[sources.huggingface]
kind = "huggingface"
url = "{web.root}/hf"
back_days = 1
[sources.arxiv]
kind = "arxiv-feed"
categories = ["cs.LG"]
url = "{web.root}/feeds"
[sources.api]
kind = "arxiv"
query = "abs:robot"
url = "{web.root}/api"
max_papers = 5
[sources.lab]
kind = "feed"
url = "{web.root}/lab.xml?key=secret"
[sources.biorxiv]
kind = "biorxiv"
url = "{web.root}/bio"
categories = ["neuroscience"]
[sources.inbox]
kind = "file"
path = "inbox"
year = 2025
"""
    return Desk(declared(site, sources), Clock(TUESDAY))


def refused(desk: Desk) -> list[source_parts.Rejected]:
    with desk.site.store.begin() as connection:
        return source_parts.rejected(connection, None, 100)


class TestHuggingFace:
    def test_a_day_is_loaded_with_all_that_it_says(self, desk, web):
        web.answer("/hf", json_reply([listed(1, upvotes=7), listed(2)]))
        (today,) = desk.ask("huggingface", TODAY)
        assert today.saved == Saved(new=2)
        assert today.place == f"{web.root}/hf 2026-11-24"
        assert web.asked[0].query == {"date": "2026-11-24", "limit": "100"}
        assert "paper-digest/" in web.asked[0].headers["User-Agent"]
        row = desk.rows()["arxiv:2611.00001"]
        assert (row.signals["upvotes"], row.listed, row.position, row.sources) == (7, TODAY, 1, ["huggingface"])
        assert row.first_loaded_at == TUESDAY

    def test_a_partial_day_is_completed_and_then_only_asked_for_its_upvotes(self, desk, web):
        web.answer(
            "/hf", json_reply([listed(1, 7)]), json_reply([listed(1, 9), listed(2)]), json_reply([listed(1, 30)])
        )
        assert desk.ask("huggingface", TODAY)[0].saved == Saved(new=1)
        desk.clock.later(hours=17)  # 02:00 of Wednesday
        assert [one.saved for one in desk.ask("huggingface", TODAY)] == [
            Saved(new=1, changed=1),
            Saved(changed=1),
        ]
        assert [one.query["date"] for one in web.asked] == ["2026-11-24", "2026-11-24", "2026-11-25"]
        desk.clock.later(hours=19)
        desk.ask("huggingface", TODAY)
        assert [one.query["date"] for one in web.asked[3:]] == ["2026-11-25"]
        desk.clock.later(hours=1, minutes=1)
        desk.ask("huggingface", TODAY)
        assert [one.query["date"] for one in web.asked[4:]] == ["2026-11-24", "2026-11-25"]
        with desk.site.store.begin() as connection:
            found = of_papers(connection, ["arxiv:2611.00001"])["arxiv:2611.00001"]
        assert [(reading.at.day, reading.signals.upvotes) for reading in found] == [(24, 7), (25, 30)]

    def test_what_has_not_changed_is_not_sent_again_but_keeps_being_asked_for(self, desk, web):
        web.answer("/hf", json_reply([listed(1)], ETag='"one"'), Reply(status=304), json_reply([listed(1), listed(2)]))
        desk.ask("huggingface", TODAY)
        (again,) = desk.ask("huggingface", TODAY)
        assert (again.nothing, again.error) == ("it has not changed since it was asked last", None)
        assert web.asked[1].headers["If-None-Match"] == '"one"'
        assert desk.ask("huggingface", TODAY)[0].saved == Saved(new=1, unchanged=1)
        assert web.asked[2].headers["If-None-Match"] == '"one"'

    def test_of_another_address_a_validator_says_nothing(self, desk, web):
        web.answer("/hf", json_reply([listed(1)], ETag='"one"'))
        desk.ask("huggingface", TODAY)
        path = desk.site.root / "digest.toml"
        path.write_text(path.read_text("utf-8").replace("/hf", "/mirror"), encoding="utf-8")
        desk.site = type(desk.site).open(desk.site.root)
        web.answer("/mirror", json_reply([listed(1)]))
        desk.ask("huggingface", TODAY)
        assert web.asked[1].path == "/mirror"
        assert "If-None-Match" not in web.asked[1].headers

    def test_a_day_of_several_pages_is_read_to_its_end(self, desk, web):
        web.answer("/hf", json_reply([listed(n) for n in range(1, 101)], ETag='"p0"'), json_reply([listed(101)]))
        (today,) = desk.ask("huggingface", TODAY)
        assert today.saved == Saved(new=101)
        assert web.asked[1].query["p"] == "1"
        assert desk.clock.slept >= 2.9  # seconds between two requests to one host
        desk.ask("huggingface", TODAY)
        assert "If-None-Match" not in web.asked[2].headers  # the first page says nothing of the second

    def test_an_error_keeps_the_days_before_it_and_the_next_call_goes_on(self, desk, web):
        web.answer("/hf", json_reply([listed(1)]), *[Reply(status=500)] * 4, json_reply([listed(2)]))
        monday, tuesday = desk.ask("huggingface")
        assert monday.saved == Saved(new=1)
        assert "500" in (tuesday.error or "")
        assert "\n" not in (tuesday.error or "")
        assert len(web.asked) == 5
        assert list(desk.rows()) == ["arxiv:2611.00001"]
        (today,) = desk.ask("huggingface")
        assert today.saved == Saved(new=1)
        assert web.asked[5].query["date"] == "2026-11-24"

    def test_who_fails_is_asked_for_nothing_more_in_this_call(self, desk, web):
        web.answer("/hf", Reply(status=403), json_reply([listed(2)]))
        assert len(desk.ask("huggingface")) == 1
        assert len(web.asked) == 1

    def test_after_an_outage_since_catches_up(self, desk, web):
        web.answer("/hf", json_reply([listed(1)]), json_reply([]), json_reply([listed(2)]))
        found = desk.ask("huggingface", date(2026, 11, 20))
        assert [one.query["date"] for one in web.asked] == ["2026-11-20", "2026-11-23", "2026-11-24"]
        assert [one.saved.new for one in found] == [1, 0, 1]
        assert found[1].nothing == "none announced (a holiday?)"

    @pytest.mark.parametrize(
        ("reply", "why"),
        [
            (json_reply([]), "not complete before Wednesday 01:00 UTC"),
            (Reply(b"{}", 404), "not complete before Wednesday 01:00 UTC (there is no such list, says the source)"),
        ],
    )
    def test_nothing_new_because(self, desk, web, reply, why):
        web.answer("/hf", reply)
        (today,) = desk.ask("huggingface", TODAY)
        assert (today.nothing or "").endswith(why)
        assert today.error is None

    def test_at_a_weekend_it_says_so_without_asking(self, desk, web):
        desk.clock.moment = datetime(2026, 11, 22, 9, tzinfo=UTC)
        (found,) = desk.ask("huggingface", date(2026, 11, 21))
        assert "at weekends" in (found.nothing or "")
        assert web.asked == []

    def test_an_answer_that_is_an_error_does_not_complete_a_day(self, desk, web):
        desk.clock.moment = datetime(2026, 11, 25, 0, 30, tzinfo=UTC)
        web.answer("/hf", json_reply({"error": "try later"}, ETag='"oops"'), json_reply([listed(1)]))
        desk.clock.later(hours=1)
        found = desk.ask("huggingface", TODAY)
        assert "the answer is an error" in found[0].problems[0].reason
        desk.ask("huggingface", TODAY)
        assert [one.query["date"] for one in web.asked] == ["2026-11-24", "2026-11-25", "2026-11-24", "2026-11-25"]
        assert "If-None-Match" not in web.asked[2].headers


class TestWhatIsWrong:
    def test_html_in_place_of_json_is_an_error_in_one_line(self, desk, web):
        web.answer("/hf", HTML)
        (found,) = desk.ask("huggingface", TODAY)
        assert "expected JSON" in (found.error or "")
        assert desk.rows() == {}

    def test_a_feed_that_is_not_there_is_an_error(self, desk, web):
        (found,) = desk.ask("lab")
        assert "404" in (found.error or "")
        assert found.nothing is None

    def test_no_secret_of_an_address_is_shown_or_stored(self, desk, web):
        web.answer("/lab.xml", rss(item("", "https://example.org/1")), Reply(status=403))
        found = [*desk.ask("lab"), *desk.ask("lab")]
        assert web.asked[0].query == {"key": "secret"}
        assert found[1].error is not None
        assert "secret" not in repr([(one.place, one.problems, one.error) for one in found])
        assert "secret" not in repr(refused(desk))

    def test_a_bad_record_is_set_aside_once_and_costs_no_other(self, desk, web):
        web.answer("/hf", json_reply([listed(1), {"paper": {"id": "2611.00002"}}, 17, listed(3)]))
        (first,) = desk.ask("huggingface", TODAY)
        desk.clock.later(hours=2)
        asked_last = desk.clock.moment
        desk.ask("huggingface", TODAY)
        assert first.saved == Saved(new=2)
        assert [problem.refused for problem in first.problems] == [True, True]
        found = refused(desk)
        assert len(found) == 2
        assert {one.first_at for one in found} == {TUESDAY}
        assert {one.last_at for one in found} == {asked_last}
        assert any("paper 2: no title" in one.reason for one in found)
        assert {one.place for one in found} == {f"{web.root}/hf 2026-11-24"}

    def test_refused_records_are_bounded(self, desk, web, monkeypatch):
        monkeypatch.setattr(source_parts, "KEPT_REJECTED", 2)
        web.answer("/hf", json_reply([1, 2, 3]))
        desk.ask("huggingface", TODAY)
        assert len(refused(desk)) == 2


class TestArxiv:
    def test_a_replacement_of_an_unknown_paper_is_ignored_and_counted(self, desk, web):
        web.answer("/feeds/atom/cs.LG", arxiv_feed([announced(1), announced(2, "replace", 3)]))
        (found,) = desk.ask("arxiv")
        assert found.saved == Saved(new=1, ignored=1)
        assert list(desk.rows()) == ["arxiv:2611.00001"]

    def test_a_replacement_of_a_known_one_raises_its_version_and_makes_it_no_news(self, desk, web):
        web.answer(
            "/feeds/atom/cs.LG",
            arxiv_feed([announced(1)]),
            arxiv_feed([announced(1, "replace", 2, "Better words.")]),
        )
        desk.ask("arxiv")
        desk.clock.later(days=1)
        (found,) = desk.ask("arxiv")
        row = desk.rows()["arxiv:2611.00001"]
        assert found.saved == Saved(changed=1)
        assert (row.version, row.abstract, row.updated_at) == (2, "Better words.", desk.clock.moment)
        assert (row.first_loaded_at, row.listed, row.published) == (TUESDAY, TODAY, TODAY)

    def test_a_replacement_lends_its_day_to_no_paper_of_another_source(self, desk, web):
        desk.copy("inbox/a.jsonl", '{"title": "Small Models Number 1", "id": "2611.00001"}')
        desk.ask("inbox")
        web.answer("/feeds/atom/cs.LG", arxiv_feed([announced(1, "replace", 2)]))
        desk.ask("arxiv")
        assert desk.rows()["arxiv:2611.00001"].listed is None

    def test_an_empty_feed_is_explained(self, desk, web):
        desk.clock.moment = datetime(2026, 11, 22, 15, tzinfo=UTC)  # Sunday
        web.answer("/feeds/atom/cs.LG", arxiv_feed([]))
        (found,) = desk.ask("arxiv")
        assert (found.nothing or "").startswith("arXiv announces nothing on Fridays and Saturdays")

    def test_its_pages_end_at_max_papers_and_it_says_so(self, desk, web):
        web.answer("/api", arxiv_api([1, 2, 3, 4, 5], 12))
        (found,) = desk.ask("api")
        assert found.saved == Saved(new=5)
        assert "there is more behind the 5 papers" in found.problems[-1].reason
        assert len(web.asked) == 1
        assert refused(desk) == []

    def test_pages_that_came_before_an_error_are_kept_and_all_are_asked_for_again(self, desk, web):
        path = desk.site.root / "digest.toml"
        path.write_text(path.read_text("utf-8").replace("max_papers = 5", "max_papers = 150"), encoding="utf-8")
        desk.site = type(desk.site).open(desk.site.root)
        web.answer(
            "/api",
            arxiv_api([], 0),
            arxiv_api(range(1, 101), 120),
            Reply(status=403),
            arxiv_api(range(1, 101), 120),
            arxiv_api([120], 120),
        )
        desk.ask("api")
        desk.clock.later(days=1)
        (found,) = desk.ask("api")
        assert found.saved == Saved(new=100)
        assert "403" in (found.error or "")
        desk.clock.later(days=30)
        (again,) = desk.ask("api")
        assert again.saved == Saved(new=1, unchanged=100)
        assert [one.query["start"] for one in web.asked[1:]] == ["0", "100", "0", "100"]
        assert "submittedDate:[202611190000 TO" in web.asked[3].query["search_query"]

    def test_it_is_asked_from_some_days_before_it_was_asked_last(self, desk, web):
        web.answer("/api", arxiv_api([], 0))
        desk.ask("api")
        desk.clock.later(days=10)
        desk.ask("api")
        assert "submittedDate:[202611190000 TO" in web.asked[1].query["search_query"]


def test_a_feed_is_read(desk, web):
    web.answer("/lab.xml", rss(item("Cells of the Brain", "https://example.org/1")))
    (found,) = desk.ask("lab")
    assert found.saved == Saved(new=1)
    (row,) = desk.rows().values()
    assert (row.title, row.sources) == ("Cells of the Brain", ["feed:lab"])


def test_what_is_secret_in_an_address_is_not_stored(desk, web):
    web.answer("/lab.xml", xml(rss(item("Cells", "https://example.org/1")).body.decode(), ETag='"1"'))
    desk.ask("lab")
    desk.ask("lab")
    assert web.asked[1].headers["if-none-match"] == '"1"'
    with desk.site.store.begin() as connection:
        assert "secret" not in repr(source_parts.asked(connection, "lab"))


def test_preprints_of_wanted_categories_are_read(desk, web):
    collection = [
        {"doi": f"10.1101/2026.11.20.00000{n}", "title": f"Cells {n}", "version": "1", "category": category}
        | {"date": "2026-11-23", "abstract": "A.", "authors": "Example, A.; Sample, B."}
        for n, category in enumerate(["cell biology", "neuroscience"], start=1)
    ]
    answer = {"messages": [{"status": "ok", "total": "2"}], "collection": collection}
    web.answer("/bio/biorxiv/2026-11-19/2026-11-24/0/json", json_reply(answer))
    (found,) = desk.ask("biorxiv")
    assert found.saved == Saved(new=1)
    assert list(desk.rows()) == ["doi:10.1101/2026.11.20.000002"]


class TestOnePaper:
    @pytest.mark.parametrize("order", [("arxiv", "huggingface"), ("huggingface", "arxiv")])
    def test_of_two_sources_is_one_row_in_either_order(self, desk, web, order):
        web.answer("/feeds/atom/cs.LG", arxiv_feed([announced(1, abstract="What the authors wrote, all of it.")]))
        web.answer("/hf", json_reply([listed(1, upvotes=42)]))
        for name in order:
            desk.ask(name, TODAY if name == "huggingface" else None)
        (row,) = desk.rows().values()
        assert row.abstract == "What the authors wrote, all of it."
        assert row.signals["upvotes"] == 42
        assert list(row.authors) == ["Ada Example", "Bo Sample"]
        assert row.sources == ["arxiv", "huggingface"]

    def test_asking_again_makes_nothing_new(self, desk, web):
        web.answer("/hf", json_reply([listed(1, upvotes=42)]))
        desk.ask("huggingface", TODAY)
        before = desk.rows()
        desk.clock.later(hours=1)
        assert desk.ask("huggingface", TODAY)[0].saved == Saved(unchanged=1)
        after = desk.rows()["arxiv:2611.00001"]
        assert after.first_loaded_at == before["arxiv:2611.00001"].first_loaded_at
        assert after.last_loaded_at == desk.clock.moment

    def test_two_that_only_share_a_title_stay_two(self, desk):
        lines = (f'{{"title": "A Survey of Everything There Is", "id": "2611.0000{n}"}}' for n in (1, 2))
        desk.copy("inbox/a.jsonl", "\n".join(lines))
        assert desk.ask("inbox")[0].saved == Saved(new=2)

    def test_two_that_a_record_joins_keep_one_row_their_cards_picks_and_readings(self, desk):
        """The second of them had its card; the first is the one that stays."""
        desk.copy("inbox/a.jsonl", '{"title": "Cells in Journals", "doi": "10.1000/cells", "upvotes": 3}')
        desk.ask("inbox")
        desk.clock.later(days=1)
        desk.copy(
            "inbox/b.jsonl",
            '{"title": "Cells as a Preprint", "id": "2611.00009", "upvotes": 5, "authors": ["Bo Sample"]}',
        )
        desk.ask("inbox")
        carry(desk, "arxiv:2611.00009")
        with desk.site.store.begin() as connection:
            picks.pick(connection, "daily", "arxiv:2611.00009", "pin", desk.clock.moment)
        desk.clock.later(days=1)
        both = (
            '{"title": "Cells", "authors": ["Ada Example"], "id": "2611.00009", "doi": "10.1000/cells", "upvotes": 9}'
        )
        desk.copy("inbox/c.jsonl", both)
        desk.ask("inbox")
        desk.copy("inbox/d.jsonl", '{"title": "Cells as a Preprint", "authors": ["Bo Sample"]}')
        assert desk.ask("inbox")[0].saved.new == 0  # met under a title that no record has any more
        (row,) = desk.rows().values()
        assert (row.id, row.first_loaded_at) == ("doi:10.1000/cells", TUESDAY)
        assert "arxiv:2611.00009" in row.other_ids
        with desk.site.store.begin() as connection:
            assert set(issues.carried(connection, "daily", "daily")) == {row.id}
            assert picks.picked(connection, "daily") == {row.id: "pin"}
            readings = of_papers(connection, [row.id])[row.id]
            assert papers.by_id(connection, ["arxiv:2611.00009"])["arxiv:2611.00009"].id == row.id
            assert [paper.id for paper in papers.search(connection, "arxiv:2611.00009")] == [row.id]
        assert [reading.signals.upvotes for reading in readings] == [3, 5, 9]
        assert candidates(desk, "daily") == []


class TestAFolder:
    LINE = '{"title": "Cells %d", "id": "2611.0000%d"}\n'

    def test_each_file_is_loaded_once_and_again_when_it_has_changed(self, desk):
        path = desk.copy("inbox/a.jsonl", self.LINE % (1, 1))
        assert desk.ask("inbox")[0].saved == Saved(new=1)
        (found,) = desk.ask("inbox")
        assert (found.nothing, found.saved) == ("no file is new or has changed", Saved())
        os.utime(path, ns=(1, 1))  # touched, the same inside
        assert desk.ask("inbox")[0].nothing is not None
        path.write_text(self.LINE % (7, 7), encoding="utf-8")
        os.utime(path, ns=(1, 1))  # not read at all, as long as it looks the same
        assert desk.ask("inbox")[0].nothing is not None
        desk.copy("inbox/a.jsonl", self.LINE % (1, 1) + self.LINE % (2, 2))
        desk.copy("inbox/b.jsonl", self.LINE % (3, 3))
        assert [one.saved for one in desk.ask("inbox")] == [Saved(new=1, unchanged=1), Saved(new=1)]

    def test_a_broken_file_costs_only_itself_and_is_tried_again(self, desk):
        desk.copy("inbox/a.jsonl", self.LINE % (1, 1))
        broken = desk.copy("inbox/b.jsonl", "")
        broken.write_bytes(b"\xff\xfe\xfa")
        desk.copy("inbox/c.jsonl", self.LINE % (3, 3))
        found = desk.ask("inbox")
        assert [one.saved.new for one in found] == [1, 0, 1]
        assert str(broken) in (found[1].error or "")
        assert [one.error for one in desk.ask("inbox")] == [found[1].error]
        broken.write_text(self.LINE % (2, 2), encoding="utf-8")
        assert [one.saved.new for one in desk.ask("inbox")] == [1]

    def test_a_bad_line_is_set_aside_under_its_source(self, desk):
        desk.copy("inbox/a.jsonl", self.LINE % (1, 1) + "{}\n")
        desk.ask("inbox")
        (one,) = refused(desk)
        assert one.source == "inbox"
        assert one.place.endswith("a.jsonl:2")

    def test_a_name_that_is_not_utf_8_costs_nothing(self, desk):
        name = os.fsdecode(b"inbox/\xff.jsonl")
        desk.copy(name, self.LINE % (1, 1) + "{}\n")
        desk.copy("inbox/b.jsonl", self.LINE % (2, 2))
        found = desk.ask("inbox")
        assert [one.saved.new for one in found] == [1, 1]
        assert {one.place.rpartition("/")[2] for one in found} == {"b.jsonl", "?.jsonl"}
        assert refused(desk)[0].place.endswith("?.jsonl:2")
        assert desk.ask("inbox")[0].nothing == "no file is new or has changed"

    def test_a_file_that_is_too_large_is_not_read_whole(self, desk):
        path = desk.copy("inbox/a.jsonl", "")
        os.truncate(path, 1 << 40)  # a hole of a terabyte
        assert "larger than 50 MB" in (desk.ask("inbox")[0].error or "")

    def test_an_empty_one_is_no_error_and_a_missing_one_is(self, desk):
        assert "no such file or folder" in (desk.ask("inbox")[0].error or "")
        (desk.site.root / "inbox").mkdir()
        (desk.site.root / "inbox" / ".keep").touch()
        (found,) = desk.ask("inbox")
        assert (found.nothing, found.error) == ("the folder is empty", None)

    def test_a_saved_page_keeps_its_kind(self, desk, site):
        from digest.resources import shipped

        desk.copy("inbox/page.txt", (shipped("seeds") / "seed-page.txt").read_text("utf-8"))
        assert desk.ask("inbox")[0].saved.new > 10
        assert {tuple(row.sources) for row in desk.rows().values()} == {("page:inbox",)}


def candidates(desk: Desk, name: str) -> list[str]:
    with desk.site.store.begin() as connection:
        found = select_candidates(connection, desk.site, desk.site.list(name), "daily", desk.clock.moment)
    rank(desk.site, desk.site.list(name), found, desk.clock.moment)
    return [one.paper.id for one in found.papers]


def carry(desk: Desk, paper_id: str) -> None:
    """Let a paper have had its card in an issue of the daily list."""
    from digest.issues.issue import Issue

    now = desk.clock.moment
    with desk.site.store.begin() as connection:
        issue = Issue(IssueKey("daily", "daily", str(now.date())), now.date(), None, ())
        issue_id = issues.save_draft(connection, issue, now, now)
        issues.set_state(connection, issue_id, IssueState.FINISHED)
        row = {"paper_id": paper_id, "rank": 1, "title": "T", "topic_id": "", "topic_name": "", "section": 1}
        connection.execute(insert(issue_papers).values(issue_id=issue_id, carries="card", **row))


def test_what_may_matter_since_a_moment_is_found_by_each_of_its_reasons(desk, web):
    """Loaded, published, updated, or counted since; and what has none of these isn't looked at."""
    lines = [
        '{"title": "Old", "id": "2611.00001", "published": "2026-10-01"}',
        '{"title": "Dated", "id": "2611.00002", "published": "2026-11-24"}',
        '{"title": "Updated", "id": "2611.00003v1", "version": 1, "published": "2026-10-01"}',
        '{"title": "Counted", "id": "2611.00004", "published": "2026-10-01", "upvotes": 1}',
    ]
    desk.clock.moment = datetime(2026, 11, 1, 9, tzinfo=UTC)
    desk.copy("inbox/a.jsonl", "\n".join(lines))
    desk.ask("inbox")
    desk.clock.moment = TUESDAY
    desk.copy("inbox/b.jsonl", "\n".join(line.replace("v1", "v2").replace(": 1,", ": 2,") for line in lines[2:]))
    desk.copy("inbox/c.jsonl", '{"title": "Loaded", "id": "2611.00005", "published": "2026-10-01"}')
    desk.ask("inbox")
    with desk.site.store.begin() as connection:
        found = papers.everything(connection, datetime(2026, 11, 23, 9, tzinfo=UTC))
        assert len(papers.everything(connection)) == 5
    assert sorted(one.paper.id[-5:] for one in found) == ["00002", "00003", "00004", "00005"]


def test_a_list_takes_only_what_its_sources_have(desk, web):
    path = desk.site.root / "digest.toml"
    settings = path.read_text("utf-8").replace("[lists.daily]", '[lists.daily]\nsources = ["lab", "inbox"]', 1)
    path.write_text(settings, encoding="utf-8")
    desk.site = type(desk.site).open(desk.site.root)
    web.answer("/hf", json_reply([listed(1), listed(2)]))
    web.answer("/lab.xml", rss(item("Cells of the Brain", "https://arxiv.org/abs/2611.00002")))
    desk.copy("inbox/a.json", json.dumps([listed(3)]))
    desk.copy("elsewhere/b.jsonl", '{"title": "Cells 4", "id": "2611.00004"}')
    collect_file(desk.site, desk.site.root / "elsewhere" / "b.jsonl", None, TUESDAY)
    for name in ("lab", "inbox"):
        assert desk.ask(name)[0].saved.new == 1
    desk.ask("huggingface", TODAY)
    assert sorted(candidates(desk, "daily")) == ["arxiv:2611.00002", "arxiv:2611.00003"]
    assert len(candidates(desk, "weekly")) == 4


def test_papers_of_the_schema_before_are_met_under_all_their_keys(desk, web, site, tmp_path):
    """A store of 0002: one paper with an arXiv id, one that only has a title."""
    engine = desk.site.store
    migrate(engine, "0002")
    row = {
        "source": "file", "position": 1, "title": "Small Models Number 1", "abstract": "Old.",
        "authors": '["Ada Example"]', "published": "2026-11-20", "categories": "[]", "keywords": "[]",
        "links": '{"paper": "", "pdf": "", "code": "", "project": ""}',
        "signals": '{"upvotes": 3, "comments": null, "stars": null}',
        "extra": "{}", "first_loaded_at": "2026-11-20 06:00:00", "last_loaded_at": "2026-11-20 06:00:00",
    }  # fmt: skip
    with engine.begin() as connection:
        for paper_id, title in (("arxiv:2611.00001", row["title"]), ("file:abc", "Small Models Number 2")):
            values: dict[str, Any] = {**row, "id": paper_id, "title": title}
            names = ", ".join(values)
            marks = ", ".join(f":{name}" for name in values)
            connection.execute(text(f"INSERT INTO papers ({names}) VALUES ({marks})"), values)
    engine.dispose()
    desk.site = type(site).open(site.root)
    assert {tuple(row.sources) for row in desk.rows().values()} == {("file",)}
    web.answer("/hf", json_reply([listed(1, 9), listed(2, 8)]))
    (found,) = desk.ask("huggingface", TODAY)
    assert found.saved == Saved(changed=2)
    rows = desk.rows()
    assert set(rows) == {"arxiv:2611.00001", "file:abc"}
    assert {tuple(row.sources) for row in rows.values()} == {("file", "huggingface")}
    assert {row.first_loaded_at for row in rows.values()} == {datetime(2026, 11, 20, 6, tzinfo=UTC)}
    assert rows["file:abc"].other_ids == ["arxiv:2611.00002"]
    with desk.site.store.begin() as connection:
        assert (
            connection.execute(select(paper_keys.c.paper_id).where(paper_keys.c.key == "arxiv:2611.00002")).scalar()
            == "file:abc"
        )


def migrate(engine, revision: str) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "digest:store/migrations")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def test_a_large_file_is_stored_in_several_transactions(desk, monkeypatch):
    """So that the sender never waits long for one."""
    moments = []
    event.listen(desk.site.store, "commit", lambda _: moments.append(len(moments)))
    monkeypatch.setattr(collecting, "BATCH", 2)
    path = desk.copy("inbox/a.jsonl", "".join(f'{{"title": "Cells {n}", "id": "2611.0000{n}"}}\n' for n in range(1, 6)))
    assert collect_file(desk.site, path, None, TUESDAY).saved == Saved(new=5)
    assert len(moments) == 4


def test_a_clock_put_back_leaves_no_gap_in_what_is_asked_for(desk, web):
    web.answer("/api", arxiv_api([1], 1))
    desk.clock.later(days=3000)
    desk.ask("api")
    desk.clock.later(days=-3000)
    desk.ask("api")
    assert "submittedDate:[202611190000 TO 2026" in web.asked[1].query["search_query"]


def test_a_store_that_stays_busy_is_the_error_of_one_source_and_not_of_the_others(desk, web, monkeypatch):
    web.answer("/lab.xml", rss(item("A paper", "https://example.org/a")))
    monkeypatch.setattr("digest.store.database.PATIENCE", 0.05)
    assert desk.rows() == {}
    with open_database(desk.site.root / desk.site.settings.store).begin():
        (collected,) = desk.ask("lab")
    assert "busy" in (collected.error or "")
    assert desk.rows() == {}
    assert [one.saved.new for one in desk.ask("lab")] == [1]
