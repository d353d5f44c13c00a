"""bioRxiv and medRxiv: versions of a preprint, names turned round, answers that are none."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.preprints import next_cursor, parse, url


def preprint(number=1, version="1", **values):
    return {
        "doi": f"10.1101/2026.11.20.{number:06}",
        "title": "Growth of <i>E. coli</i> &amp; Ca<sup>2+</sup>",
        "authors": "Example, A. B.; Sample, C.; The Small Consortium;",
        "author_corresponding": "Ada Example",
        "author_corresponding_institution": "Example University",
        "date": "2026-11-2" + version,
        "version": version,
        "type": "new results",
        "license": "cc_by",
        "category": "cell biology",
        "jatsxml": "https://example.org/1.xml",
        "abstract": "We show that x &lt; y.",
        "published": "NA",
        "server": "bioRxiv",
        **values,
    }


def answer(*items, total=None, status="ok"):
    message = {"status": status, "cursor": 0, "count": len(items), "total": str(total or len(items))}
    return json.dumps({"messages": [message], "collection": list(items)}).encode()


def told(parsed):
    return [(problem.reason, problem.refused) for problem in parsed.problems]


def test_a_preprint():
    parsed = parse(answer(preprint()), "answer", "biorxiv")
    assert parsed.problems == ()
    (paper,) = parsed.papers
    assert (paper.id, paper.version, paper.source) == ("doi:10.1101/2026.11.20.000001", 1, "biorxiv")
    assert (paper.title, paper.abstract) == ("Growth of E. coli & Ca²⁺", "We show that x < y.")
    assert paper.authors == ("A. B. Example", "C. Sample", "The Small Consortium")
    assert (paper.published, paper.listed, paper.news) == (date(2026, 11, 21), date(2026, 11, 21), True)
    assert (paper.categories, paper.organization) == (("biorxiv.cell-biology",), "Example University")
    assert (paper.other_ids, paper.position) == ((), None)
    assert paper.links.paper == "https://doi.org/10.1101/2026.11.20.000001"
    assert paper.extra == {"type": "new results", "license": "cc_by", "jatsxml": "https://example.org/1.xml"}


def test_the_journal_version_is_the_same_paper():
    (paper,) = parse(answer(preprint(published="10.1000/J.1")), "answer", "medrxiv").papers
    assert paper.other_ids == ("doi:10.1000/j.1",)
    assert paper.categories == ("medrxiv.cell-biology",)


@pytest.mark.parametrize("order", [(1, 3, 2), (3, 2, 1), (2, 1, 3)])
def test_of_several_versions_the_last_is_kept(order):
    items = [preprint(version=str(version), title=f"Version {version}") for version in order]
    parsed = parse(answer(*items), "answer", "biorxiv")
    (paper,) = parsed.papers
    assert (paper.title, paper.version) == ("Version 3", 3)
    assert (paper.published, paper.listed, paper.news) == (date(2026, 11, 21), date(2026, 11, 23), True)
    kept = order.index(3) + 1
    assert told(parsed) == [
        (f"preprint {n}: left out: another version of preprint {kept} (10.1101/2026.11.20.000001)", False)
        for n in (1, 2, 3)
        if n != kept
    ]


def test_a_later_version_alone_is_no_news():
    (paper,) = parse(answer(preprint(version="2")), "answer", "biorxiv").papers
    assert (paper.news, paper.published, paper.listed) == (False, None, date(2026, 11, 22))


def test_bad_records_cost_only_themselves():
    items = [preprint(1), preprint(2, title=None), preprint(3, doi=""), 5, preprint(5, authors=7, date="soon")]
    parsed = parse(answer(*items), "answer", "biorxiv")
    assert [paper.id[-1] for paper in parsed.papers] == ["1", "5"]
    assert told(parsed) == [
        ('preprint 2: no title; expected "title" with the paper\'s title as text', True),
        ("preprint 3: expected a preprint with a DOI such as 10.1000/182, found ''", True),
        ("preprint 4: expected a preprint with a DOI such as 10.1000/182, found a number", True),
        ("preprint 5: authors: expected a list of names, found a number", False),
        ("preprint 5: published: expected a date such as 2025-03-12, found 'soon'", False),
        ("preprint 5: listed: expected a date such as 2025-03-12, found 'soon'", False),
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no valid JSON from here on: Expecting value, at column 1"),
        (b"[]", "expected one JSON object, found a list"),
        (b"{}", "expected one JSON object, found an empty one"),
        (b'{"messages": []}', 'expected an answer with a "collection" of preprints'),
        (answer(status="error: bad interval"), "the answer is no list of preprints but 'error: bad interval'"),
    ],
)
def test_answers_that_are_none(content, reason):
    parsed = parse(content, "answer", "biorxiv")
    assert parsed.papers == ()
    assert told(parsed) == [(reason, True)]


@pytest.mark.parametrize(
    "content", [answer(), answer(status="no posts found"), b'{"messages":[{"status":"no posts found"}]}']
)
def test_days_without_preprints_are_no_problem(content):
    assert parse(content, "answer", "biorxiv").problems == ()
    assert next_cursor(content, 0) is None


def test_addresses():
    start, end = date(2026, 11, 20), date(2026, 11, 24)
    assert url("medrxiv", start, end) == "https://api.biorxiv.org/details/medrxiv/2026-11-20/2026-11-24/0/json"
    assert url("biorxiv", start, end, 100, "http://127.0.0.1:1") == (
        "http://127.0.0.1:1/biorxiv/2026-11-20/2026-11-24/100/json"
    )


def test_paging_ends_where_the_answers_do():
    page = answer(preprint(1), preprint(2), total=5)
    assert [next_cursor(page, cursor) for cursor in (0, 2, 3, 4)] == [2, 4, None, None]
    assert next_cursor(answer(total=5), 2) is None, "an empty page whatever its total"
    assert next_cursor(b"Busy", 0) is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
RECORDS = st.dictionaries(st.sampled_from(sorted(preprint())), JSON) | st.builds(
    preprint, st.integers(0, 2), st.sampled_from(["1", "2", "x", ""])
)


@given(st.lists(RECORDS | JSON, max_size=6))
def test_every_record_is_a_paper_a_problem_or_another_version(items):
    parsed = parse(answer(*items), "answer", "biorxiv")
    refused = sum(problem.refused for problem in parsed.problems)
    merged = sum("left out: another version" in problem.reason for problem in parsed.problems)
    assert len(parsed.papers) + refused + merged == len(items)


@given(st.binary() | JSON.map(lambda value: json.dumps(value).encode()))
def test_no_bytes_break_it(content):
    parsed = parse(content, "answer", "biorxiv")
    assert parsed.problems or parsed.papers or next_cursor(content, 0) is None
