"""One JSON object becomes a paper, or says in one line why not."""

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.paper import Links, Signals
from digest.papers.record import ABSTRACT_LIMIT, AUTHORS_LIMIT, TITLE_LIMIT, paper_from_record


def load(**record):
    return paper_from_record(record, "file", 3)


def test_a_full_record():
    paper, warnings = load(
        title="Small\n Models",
        abstract="We  show it.",
        authors=["Ada Example", {"name": "Bo Sample", "hidden": False}],
        published="2025-03-12",
        categories="cs.LG cs.CL",
        keywords=["small models"],
        url="https://example.org/p",
        pdf="https://example.org/p.pdf",
        code="https://example.org/code",
        project="https://example.org/project",
        upvotes=7,
        comments=2,
        stars=0,
        venue={"name": "Workshop"},
    )
    assert warnings == []
    assert (paper.title, paper.abstract, paper.source, paper.position) == (
        "Small Models",
        "We show it.",
        "file",
        3,
    )
    assert paper.authors == ("Ada Example", "Bo Sample")
    assert paper.published == date(2025, 3, 12)
    assert (paper.categories, paper.keywords) == (("cs.LG", "cs.CL"), ("small models",))
    assert paper.links == Links(
        "https://example.org/p",
        "https://example.org/p.pdf",
        "https://example.org/code",
        "https://example.org/project",
    )
    assert paper.signals == Signals(7, 2, 0)
    assert paper.extra == {"venue": {"name": "Workshop"}}


def test_the_other_names_people_use():
    paper, warnings = load(
        title="T1",
        summary="S.",
        publishedAt="2024-05-28T23:47:19.000-05:00",
        ai_keywords=["a", "a", "b"],
        githubRepo="https://example.org/c",
        projectPage="https://example.org/j",
        link="https://example.org/l",
        pdf_url="https://example.org/l.pdf",
        numComments=1,
        githubStars=9.0,
        primary_category="cs.CL",
        categories=["cs.LG", "cs.CL"],
    )
    assert warnings == []
    assert (paper.abstract, paper.published, paper.keywords) == ("S.", date(2024, 5, 29), ("a", "b"))
    assert paper.links == Links(
        "https://example.org/l", "https://example.org/l.pdf", "https://example.org/c", "https://example.org/j"
    )
    assert paper.signals == Signals(None, 1, 9)
    assert paper.categories == ("cs.CL", "cs.LG")
    assert paper.extra == {}


def test_a_count_may_be_in_digits():
    paper, warnings = load(title="T1", upvotes=" 12 ", stars="0")
    assert (paper.signals, warnings) == (Signals(12, None, 0), [])


def test_an_empty_alias_gives_way_and_a_second_one_is_kept():
    paper, _ = load(title="T1", abstract="", summary="From the summary.")
    assert paper.abstract == "From the summary."
    paper, _ = load(title="T1", abstract="Ours.", summary="Theirs.")
    assert (paper.abstract, paper.extra) == ("Ours.", {"summary": "Theirs."})


@pytest.mark.parametrize(
    "authors",
    [
        "Ada Example, Bo Sample and Cy Test",
        "Ada Example, Bo Sample, and Cy Test",
        "Ada Example; Bo Sample; Cy Test",
        "Ada Example and Bo Sample & Cy Test",
        [{"name": "Ada Example"}, "Bo Sample", "", {"name": " Cy\nTest "}],
    ],
)
def test_ways_to_write_authors(authors):
    assert load(title="T1", authors=authors)[0].authors == ("Ada Example", "Bo Sample", "Cy Test")


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        ("Example, Ada; Sample, Bo", ("Example, Ada", "Sample, Bo")),
        (["Example, Ada", "Sample, Bo"], ("Example, Ada", "Sample, Bo")),
        ([{"name": "Ada Example", "hidden": True}, {"name": "Bo Sample", "hidden": False}], ("Bo Sample",)),
    ],
)
def test_names_stay_as_they_are_and_hidden_ones_are_left_out(authors, expected):
    paper, warnings = load(title="T1", authors=authors)
    assert (paper.authors, warnings) == (expected, [])


def test_what_only_some_sources_know():
    paper, warnings = load(
        title="T1",
        id="2403.01234v3",
        doi="10.1000/A1",
        other_ids=["https://doi.org/10.1000/b2", "10.1000/a1", "no id", 5],
        ai_summary="In\nshort.",
        organization={"name": "lab", "fullname": "The  Lab"},
        submittedOnDailyAt="2024-03-05T01:02:03.000Z",
        announce_type="replace-cross",
    )
    assert warnings == []
    assert (paper.id, paper.version) == ("arxiv:2403.01234", 3)
    assert paper.other_ids == ("doi:10.1000/a1", "doi:10.1000/b2")
    assert (paper.tldr, paper.organization, paper.listed) == ("In short.", "The Lab", date(2024, 3, 5))
    assert not paper.news
    assert paper.extra == {}


@pytest.mark.parametrize(
    ("version", "expected", "says"),
    [
        (3, 3, []),
        ("3", 3, []),
        ("v3", 3, []),
        (None, 2, []),
        (0, 2, ["version: expected a whole number from 1, found 0"]),
        ("final", 2, ["version: expected a whole number from 1, found 'final'"]),
    ],
)
def test_a_version_is_named_or_in_the_id(version, expected, says):
    paper, warnings = load(title="T1", url="https://arxiv.org/abs/2403.01234v2", version=version)
    assert (paper.version, warnings) == (expected, says)
    assert paper.extra == {}


@pytest.mark.parametrize(("kind", "news"), [("new", True), ("cross", True), ("replace", False), (None, True)])
def test_only_replacements_are_no_news(kind, news):
    assert load(title="T1", announce_type=kind)[0].news is news


def test_a_source_of_the_name_of_a_scheme_makes_no_links():
    paper, _ = paper_from_record({"title": "T1"}, "arxiv", None)
    assert paper.links == Links()


def test_two_authors_of_one_name_are_two():
    assert load(title="T1", authors=["Wei Wang", "Wei Wang"])[0].authors == ("Wei Wang", "Wei Wang")


def test_an_arxiv_id_implies_links_and_is_the_id():
    paper, warnings = load(title="T1", id="2403.01234v2", doi="10.1000/182")
    assert (paper.id, warnings) == ("arxiv:2403.01234", [])
    assert (paper.links.paper, paper.links.pdf) == (
        "https://arxiv.org/abs/2403.01234",
        "https://arxiv.org/pdf/2403.01234",
    )
    assert (paper.version, paper.other_ids, paper.extra) == (2, ("doi:10.1000/182",), {})
    assert load(title="T1", url="https://arxiv.org/abs/2403.01234v1")[0].id == "arxiv:2403.01234"
    own = load(title="T1", arxiv_id="2403.01234", url="https://example.org/")[0]
    assert (own.links.paper, own.links.pdf) == ("https://example.org/", "https://arxiv.org/pdf/2403.01234")


def test_a_doi_is_next_best_and_an_own_id_stays_in_extra():
    assert load(title="T1", doi="https://doi.org/10.1000/A1")[0].id == "doi:10.1000/a1"
    assert load(title="T1", doi="10.1000/a1")[0].links.paper == "https://doi.org/10.1000/a1"
    own, warnings = load(title="T1", id="row-17")
    assert own.id.startswith("file:")
    assert (own.extra, warnings) == ({"id": "row-17"}, [])


@pytest.mark.parametrize(
    ("key", "value", "says"),
    [
        ("upvotes", "-3", "upvotes: expected a whole number from 0, found '-3'"),
        ("upvotes", "many", "upvotes: expected a whole number from 0, found 'many'"),
        ("upvotes", True, "upvotes: expected a whole number from 0, found True"),
        ("comments", -1, "comments: expected a whole number from 0, found -1"),
        ("stars", float("nan"), "stars: expected a whole number from 0, found nan"),
        ("stars", 1e300, "stars: expected a whole number from 0, found 1e+300"),
        ("upvotes", 2.5, "upvotes: expected a whole number from 0, found 2.5"),
        ("published", "last week", "published: expected a date such as 2025-03-12, found 'last week'"),
        ("date", 2024, "date: expected a date such as 2025-03-12, found 2024"),
        ("published", "0001-01-01", "published: 0001-01-01 is before there were papers"),
        ("published", "9999-12-31T23:59:59-12:00", "published: expected a date such as 2025-03-12"),
        ("url", "javascript:alert(1)", "url: expected an http(s) link, found 'javascript:alert(1)'"),
        ("code", ["x"], "code: expected text, found a list"),
        ("abstract", 5, "abstract: expected text, found a number"),
        ("authors", 5, "authors: expected a list of names, found a number"),
        ("authors", ["Ada", 5], "authors: expected names, found a number among them; left out"),
        ("arxiv_id", "24.1", "arxiv_id: expected an arXiv id such as 2403.01234, found '24.1'"),
        ("tldr", ["x"], "tldr: expected text, found a list"),
        ("organization", {"name": 5}, "organization: expected text, found a number"),
        ("listed", "soon", "listed: expected a date such as 2025-03-12, found 'soon'"),
        ("announce_type", "again", "announce_type: expected new, cross, replace, replace-cross, found 'again'"),
        ("other_ids", "10.1000/1", "other_ids: expected a list of ids, found text"),
        ("doi", {"a": 1}, "doi: expected a DOI such as 10.1000/182, found an object"),
    ],
)
def test_a_wrong_value_costs_only_itself(key, value, says):
    paper, warnings = load(title="T1", keywords=["kept"], **{key: value})
    assert len(warnings) == 1
    assert warnings[0].startswith(says)
    assert (paper.title, paper.keywords, paper.extra) == ("T1", ("kept",), {})
    assert (paper.published, paper.links, paper.signals) == (None, Links(), Signals())
    assert (paper.tldr, paper.organization, paper.listed, paper.version, paper.news) == ("", "", None, None, True)
    assert paper.other_ids == ()


@pytest.mark.parametrize("record", [{}, {"title": None}, {"title": " \u200b\n"}, {"title": "?!"}, {"title": ["T"]}])
def test_without_a_title_there_is_no_paper(record):
    with pytest.raises(ValueError, match=r"\btitle\b") as caught:
        paper_from_record({"abstract": "A.", **record}, "file", 1)
    assert "\n" not in str(caught.value)


def test_everything_has_a_bound():
    paper, warnings = load(
        title="word " * 200, abstract="Sentence here. " * 3000, authors=[f"A {n}" for n in range(3000)]
    )
    assert len(paper.title) <= TITLE_LIMIT
    assert paper.title.endswith("word…")
    assert len(paper.abstract) <= ABSTRACT_LIMIT
    assert len(paper.authors) == AUTHORS_LIMIT
    assert [line.partition(":")[0] for line in warnings] == ["title", "abstract", "authors"]


def test_extra_can_be_stored():
    paper, warnings = load(title="T1", note="a\ud800b\x00c", ratio=float("inf"), deep=json.loads("[" * 50 + "]" * 50))
    assert paper.extra == {"note": "abc", "ratio": None}
    assert warnings == ["deep: nested more than 20 deep; left out"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = """
    title abstract authors published categories keywords url pdf code upvotes stars id doi arxiv_id x tldr organization
    listed version announce_type other_ids
"""


@given(st.dictionaries(st.sampled_from(KEYS.split()), JSON), st.booleans())
def test_no_record_breaks_it(record, titled):
    if titled:
        record["title"] = "A title"
    try:
        paper, warnings = paper_from_record(record, "file", 1)
    except ValueError as error:
        assert not titled or "A title" not in record["title"]
        assert "\n" not in str(error)
        return
    assert all("\n" not in line for line in warnings)
    json.dumps(dict(paper.extra), allow_nan=False).encode()
    for text in (paper.title, paper.abstract, *paper.authors, *paper.keywords, *paper.categories):
        assert text.encode() is not None
        assert "\n" not in text
