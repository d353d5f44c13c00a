"""Hugging Face Daily Papers: every era of its answers, wrapped or not, damaged or not."""

import json
import statistics
import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.paper import Links, Signals
from digest.sources.huggingface import PAGE_SIZE, is_answer, next_page, parse, url

DAY = date(2026, 11, 24)


def element(number=1, **outer):
    """An element as of 2024: what every era has."""
    return {
        "paper": {
            "id": f"2611.{number:05}",
            "authors": [{"name": "Ada Example", "hidden": False}, {"name": "Bo Sample", "hidden": True}],
            "publishedAt": "2026-11-22T18:59:59.000Z",
            "title": f"Small Models\n  Number {number}",
            "summary": "We show that small models\nare enough.",
            "upvotes": 12,
        },
        "publishedAt": "2026-11-23T21:42:39.779Z",
        "title": "The Outer Title",
        "mediaUrl": "https://example.org/thumb.png",
        "numComments": 3,
        **outer,
    }


def recent(number=1):
    """An element as of 2026: with what was added later."""
    item = element(
        number,
        thumbnail="https://example.org/thumb.png",
        submittedBy={"fullname": "A Submitter", "name": "submitter", "type": "user"},
        summary="The outer summary.",
        organization={"name": "outer-lab"},
        isAuthorParticipating=True,
        mediaUrls=["https://example.org/film.mp4"],
    )
    item["paper"] |= {
        "submittedOnDailyAt": "2026-11-24T02:15:01.675Z",
        "ai_summary": "Small models\nare enough.",
        "ai_keywords": ["small models", "distillation"],
        "ai_summary_model": "some/model",
        "githubRepo": "https://example.org/code",
        "githubStars": 40,
        "projectPage": "https://example.org/project",
        "organization": {"_id": "1", "name": "lab", "fullname": "The Lab", "avatar": "https://example.org/a.png"},
        "discussionId": "abc",
    }
    return item


def load(value, listed=DAY, **options):
    return parse(json.dumps(value).encode(), "answer", listed, **options)


def told(parsed):
    return [(problem.reason, problem.refused) for problem in parsed.problems]


def test_an_element_of_the_first_era():
    parsed = load([element()])
    assert parsed.problems == ()
    (paper,) = parsed.papers
    assert (paper.id, paper.source, paper.position) == ("arxiv:2611.00001", "huggingface", 1)
    assert (paper.title, paper.abstract) == ("Small Models Number 1", "We show that small models are enough.")
    assert paper.authors == ("Ada Example",)
    assert (paper.published, paper.listed) == (date(2026, 11, 22), DAY)
    assert paper.signals == Signals(12, 3, None)
    assert paper.links == Links("https://arxiv.org/abs/2611.00001", "https://arxiv.org/pdf/2611.00001")
    assert paper.extra == {
        "mediaUrl": "https://example.org/thumb.png",
        "huggingface": "https://huggingface.co/papers/2611.00001",
    }


def test_an_element_of_today():
    parsed = load([recent()], listed=None)
    assert parsed.problems == ()
    (paper,) = parsed.papers
    assert (paper.tldr, paper.keywords) == ("Small models are enough.", ("small models", "distillation"))
    assert (paper.organization, paper.listed) == ("The Lab", DAY)
    assert paper.abstract == "We show that small models are enough."
    assert (paper.links.code, paper.links.project) == ("https://example.org/code", "https://example.org/project")
    assert paper.links.thumbnail == "https://example.org/thumb.png"
    assert paper.signals == Signals(12, 3, 40)
    assert paper.extra == {
        "mediaUrl": "https://example.org/thumb.png",
        "mediaUrls": ["https://example.org/film.mp4"],
        "isAuthorParticipating": True,
        "ai_summary_model": "some/model",
        "discussionId": "abc",
        "huggingface": "https://huggingface.co/papers/2611.00001",
    }


def test_what_the_inner_record_leaves_open_the_outer_one_says():
    item = recent()
    item["paper"] |= {"summary": "", "organization": None, "title": ""}
    (paper,) = load([item]).papers
    assert (paper.title, paper.abstract, paper.organization) == ("The Outer Title", "The outer summary.", "outer-lab")


@pytest.mark.parametrize(
    ("listed", "submitted", "expected"),
    [
        (DAY, None, DAY),
        (DAY, "2026-11-20T00:00:00.000Z", date(2026, 11, 20)),
        (None, None, date(2026, 11, 23)),
    ],
)
def test_the_day_of_listing(listed, submitted, expected):
    item = element()
    item["paper"]["submittedOnDailyAt"] = submitted
    assert load([item], listed).papers[0].listed == expected


def test_a_wrapped_day():
    parsed = load({"status": "ok", "date": "2026-11-20", "count": 2, "data": [element(1), element(2)]}, listed=None)
    assert [(paper.position, paper.listed) for paper in parsed.papers] == [
        (1, date(2026, 11, 20)),
        (2, date(2026, 11, 20)),
    ]
    assert parsed.problems == ()


def test_positions_go_on_over_pages():
    assert [paper.position for paper in load([element(1), element(2)], page=2).papers] == [201, 202]


def test_bad_records_cost_only_themselves():
    untitled = element(2)
    untitled["paper"]["title"] = untitled["title"] = None
    broken = element(5)
    broken["paper"] |= {"upvotes": -1, "organization": ["x"], "authors": "Ada Example"}
    parsed = load([element(1), untitled, "text", {"paper": [1]}, element(1), broken])
    assert [(paper.id, paper.position) for paper in parsed.papers] == [("arxiv:2611.00001", 1), ("arxiv:2611.00005", 6)]
    assert parsed.papers[1].signals.upvotes is None
    assert told(parsed) == [
        ('paper 2: no title; expected "title" with the paper\'s title as text', True),
        ('paper 3: expected an object with a "paper", found text', True),
        ('paper 4: expected an object with a "paper", found an object', True),
        ("paper 5: the paper of paper 1 again (arxiv:2611.00001)", True),
        ("paper 6: organization: expected text, found a list", False),
        ("paper 6: upvotes: expected a whole number from 0, found -1", False),
    ]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no valid JSON from here on: Expecting value, at column 1"),
        (b"<html>busy</html>", "no valid JSON from here on: Expecting value, at column 1"),
        (b'{"error": "Invalid date"}', "the answer is an error: 'Invalid date'"),
        (b"5", 'paper 1: expected an object with a "paper", found a number'),
        (b'[{"title": "\xff\xfe One"}]', "byte 12 is not UTF-8; shown as \ufffd"),
    ],
)
def test_answers_that_are_none(content, says):
    parsed = parse(content, "answer", DAY)
    assert [problem.reason for problem in parsed.problems] == [says]
    assert len(parsed.papers) == says.startswith("byte")


def test_an_answer_that_breaks_off_keeps_what_came_before():
    content = json.dumps([element(1), element(2), element(3)]).encode()
    parsed = parse(content[:-50], "answer", DAY)
    assert [paper.id for paper in parsed.papers] == ["arxiv:2611.00001", "arxiv:2611.00002"]
    assert [problem.refused for problem in parsed.problems] == [True]


def test_an_empty_day_is_no_problem():
    assert load([]).problems == ()


def test_a_paper_that_is_not_on_arxiv_keeps_its_page():
    item = element()
    item["paper"]["id"] = "some thing"
    (paper,) = load([item]).papers
    assert paper.id.startswith("huggingface:")
    assert paper.links.paper == "https://huggingface.co/papers/some%20thing"


def test_addresses():
    base = "https://huggingface.co/api/daily_papers"
    assert url(date(2027, 1, 1)) == f"{base}?date=2027-01-01&limit=100"
    assert url(date(2025, 12, 30), "week") == f"{base}?week=2026-W01&limit=100"
    assert url(DAY, "month", 2, "http://127.0.0.1:1/x") == "http://127.0.0.1:1/x?month=2026-11&limit=100&p=2"


def test_pages_end_with_one_that_is_not_full():
    full = json.dumps([element(number) for number in range(PAGE_SIZE)]).encode()
    assert next_page(full, 0) == 1
    assert next_page(json.dumps([element()] * (PAGE_SIZE - 1)).encode(), 3) is None
    assert next_page(b"no JSON", 0) is None
    assert next_page(b"[]", 3, '<https://huggingface.co/api/daily_papers?p=4>; rel="next"') == 4
    assert next_page(b"[]", 3, '<https://huggingface.co/api/daily_papers?p=2>; rel="prev"') is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([element()], True),
        ({"status": "ok", "data": [element()]}, True),
        ([{"title": "One"}], False),
        ([{"title": "One", "paper": "https://example.org"}], False),
        ({"title": "One", "data": []}, False),
        ([], False),
    ],
)
def test_what_looks_like_an_answer(value, expected):
    assert is_answer(json.dumps(value)) is expected
    assert not is_answer("no JSON")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
INNER = "id authors publishedAt title summary upvotes submittedOnDailyAt ai_keywords ai_summary githubRepo organization"
OUTER = "publishedAt title numComments thumbnail submittedBy summary organization mediaUrls"
ELEMENTS = st.builds(
    lambda outer, inner: {**outer, "paper": inner},
    st.dictionaries(st.sampled_from(OUTER.split()), JSON),
    st.dictionaries(st.sampled_from(INNER.split()), JSON) | JSON,
)


@given(st.lists(ELEMENTS | JSON, max_size=6))
def test_every_element_is_a_paper_or_a_problem(items):
    parsed = load(items)
    assert len(parsed.papers) + sum(problem.refused for problem in parsed.problems) == len(items)
    assert all("\n" not in str(problem) for problem in parsed.problems)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_break_it(content):
    for listed in (None, DAY):
        assert isinstance(parse(content, "answer", listed).papers, tuple)
    next_page(content, 0)


def test_a_thousand_papers_are_read_in_half_a_second():
    content = json.dumps([recent(number) for number in range(1000)]).encode()
    seconds = []
    for _ in range(3):
        start = time.perf_counter()
        assert len(parse(content, "answer", DAY).papers) == 1000
        seconds.append(time.perf_counter() - start)
    assert statistics.median(seconds) < 0.5


@pytest.mark.shared_data
def test_every_real_day(shared_data):
    days = sorted((shared_data / "hf-daily").glob("*.json"))
    assert days
    for path in days:
        day = date.fromisoformat(path.stem)
        items = json.loads(path.read_bytes())
        parsed = parse(path.read_bytes(), path.name, day)
        assert parsed.problems == ()
        assert len(parsed.papers) == len(items)
        assert {paper.listed for paper in parsed.papers} == {day}
        assert all(paper.id.startswith("arxiv:") and paper.abstract and paper.authors for paper in parsed.papers)
