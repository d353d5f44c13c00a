from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.issues.compose import compose
from digest.issues.edition import edition_of
from digest.issues.issue import IssueKey
from digest.papers.paper import Links, Paper, Signals
from digest.render.fit import Fit
from digest.render.present import (
    ABSTRACT_LIMITS,
    Publication,
    authors_line,
    edition_view,
    search_url,
    signal_words,
    whole_view,
)
from digest.render.words import Words
from digest.topics.diversity import Caps
from digest.topics.topic import Topic

PUBLICATION = Publication(
    list_name="Daily Papers",
    list_description="Papers, every morning.",
    byline="by AK and the research community",
    site_name="Paper Digest",
    site_url="https://digest.example.org",
    postal_address="1 Sample Street, Berlin",
)
WORDS = Words("en", {})
TOPICS = (Topic("vision", "Vision"), Topic("speech", "Speech"))
ABSTRACT = " ".join(f"This is sentence number {n}, about nothing." for n in range(1, 41))
PAPERS = [
    Paper(
        "file:1", "First", ABSTRACT, authors=("Ada",), links=Links(paper="https://e.org/1", pdf="https://e.org/1.pdf")
    ),
    Paper("file:2", "Second", "Short.", links=Links(code="https://e.org/code")),
    Paper("file:3", "Third", signals=Signals(upvotes=5)),
    Paper("file:4", "Fourth", "Last one."),
]
HOMES = {"file:1": "speech", "file:2": "vision", "file:3": "vision", "file:4": None}
ISSUE = compose(IssueKey("daily", "daily", "2026-11-24"), date(2026, 11, 24), PAPERS, HOMES, TOPICS, Caps(3, 3))


def slot(name):
    return f"[{name}]"


def whole(issue=ISSUE, publication=PUBLICATION):
    return whole_view(issue, publication, WORDS, slot)


def test_the_whole_view_holds_every_form_any_edition_may_need():
    view = whole()
    assert [(e.title, e.forms) for e in view.leads] == [
        ("First", ("lead",)),
        ("Second", ("lead",)),
        ("Fourth", ("lead",)),
    ]
    every = ("card", "brief", "line")
    shown = [(s.name, s.number, [(e.title, e.forms) for e in s.entries]) for s in view.sections]
    assert shown == [
        ("Speech", 2, [("First", every)]),
        ("Vision", 1, [("Second", every), ("Third", ("line",))]),
        ("Other papers", 3, [("Fourth", every)]),
    ]


def test_what_differs_between_editions_and_readers_is_a_slot():
    view = whole()
    names = ("subject", "preheader", "total", "overflow", "recipient", "unsubscribe", "preferences")
    assert [getattr(view, name) for name in names] == [f"[{name}]" for name in names]
    assert [s.count for s in view.sections] == ["[count2]", "[count1]", "[count3]"]


def test_without_a_site_there_are_no_preferences_to_link_to():
    view = whole(publication=replace(PUBLICATION, site_url=""))
    assert (view.preferences, view.unsubscribe) == ("", "[unsubscribe]")


def test_a_draft_has_no_number():
    assert whole().number == ""
    assert whole(replace(ISSUE, number=12)).number == "12"
    assert whole().date == "Tuesday, November 24, 2026"


def test_an_edition_shows_each_paper_in_its_form_and_no_section_without_one():
    edition = edition_of(ISSUE, (), "de")
    view = edition_view(ISSUE, edition, Fit({2: "brief", 4: "line"}, 1), PUBLICATION, Words("de", {}), slot)
    assert view.language == "de"
    assert [(e.title, e.topic_name, e.topic_number) for e in view.leads] == [("First", "Speech", 2)]
    shown = [(s.name, [(e.title, e.forms) for e in s.entries]) for s in view.sections]
    assert shown == [("Vision", [("Second", ("brief",))]), ("Other papers", [("Fourth", ("line",))])]


def test_abstracts_are_shortened_at_sentences_by_form_and_title_lines_have_none():
    (first,) = (e for s in whole().sections for e in s.entries if e.title == "First")
    assert set(first.abstract) == {"card", "brief"}
    for form, text in first.abstract.items():
        assert ABSTRACT.startswith(text)
        assert text.endswith("nothing.")
        assert ABSTRACT_LIMITS[form] - 50 < len(text) <= ABSTRACT_LIMITS[form]
        assert first.shortened[form]
    lead = whole().leads[0]
    assert len(lead.abstract["lead"]) > len(first.abstract["card"])


def test_a_short_or_missing_abstract_is_not_called_shortened():
    view = whole()
    assert view.leads[1].abstract == {"lead": "Short."}
    assert view.leads[1].shortened == {"lead": False}
    empty = whole_view(compose(ISSUE.key, ISSUE.day, PAPERS[2:3], {}, (), Caps(3, 3)), PUBLICATION, WORDS, slot).leads[
        0
    ]
    assert (empty.abstract, empty.shortened) == ({"lead": ""}, {"lead": False})


@pytest.mark.parametrize(
    ("links", "url", "others"),
    [
        (
            Links(paper="https://e.org/a", pdf="https://e.org/p", code="https://e.org/c", project="https://e.org/j"),
            "https://e.org/a",
            ["PDF", "Code", "Project"],
        ),
        (Links(pdf="https://e.org/p", project="https://e.org/j"), "https://e.org/j", ["PDF", "Project"]),
        (Links(pdf="https://e.org/p"), "https://e.org/p", ["PDF"]),
    ],
)
def test_a_title_leads_to_the_papers_page_or_what_comes_nearest(links, url, others):
    issue = compose(ISSUE.key, ISSUE.day, [replace(PAPERS[0], links=links)], {}, (), Caps(3, 3))
    entry = whole_view(issue, PUBLICATION, WORDS, slot).leads[0]
    assert (entry.url, entry.url_is_search) == (url, False)
    assert [link.label for link in entry.links] == others


def test_a_paper_without_a_page_is_searched_for_and_code_isnt_its_page():
    second = whole().leads[1]
    assert second.url_is_search
    assert parse_qs(urlsplit(second.url).query)["query"] == ["Second"]
    assert [link.label for link in second.links] == ["Code"]


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1))
def test_a_search_finds_the_title_and_is_a_plain_url(title):
    url = search_url(title)
    assert url.isascii()
    assert not set(url) & set(" <>\"'\r\n")
    assert parse_qs(urlsplit(url).query)["query"] == [title]


@pytest.mark.parametrize(
    ("authors", "line"),
    [
        ("", ""),
        ("A", "A"),
        ("ABCD", "A, B, C, D"),
        ("ABCDE", "A, B, … E (+2)"),
        ("ABCDEFGHIJ", "A, B, … J (+7)"),
    ],
)
def test_many_authors_are_the_first_the_last_and_a_number(authors, line):
    assert authors_line(tuple(authors)) == line


@pytest.mark.parametrize(
    ("signals", "words"),
    [
        (Signals(), ()),
        (Signals(upvotes=0), ()),
        (Signals(upvotes=1, comments=2, stars=3), ("1 upvote", "2 comments", "3 stars")),
        (Signals(stars=999), ("999 stars",)),
        (Signals(stars=1000), ("1K stars",)),
        (Signals(stars=2345), ("2.3K stars",)),
        (Signals(stars=999_949), ("999.9K stars",)),
        (Signals(stars=999_950), ("1000K stars",)),
        (Signals(stars=12_345_678), ("12.3M stars",)),
    ],
)
def test_counts_are_said_in_words(signals, words):
    assert signal_words(signals, WORDS) == words


@given(st.integers(1, 2**53))
def test_a_count_is_short_whatever_it_is(count):
    (words,) = signal_words(Signals(upvotes=count), WORDS)
    number = words.split(" ")[0]
    said = float(number.rstrip("KMBT")) * {"K": 1e3, "M": 1e6, "B": 1e9, "T": 1e12}.get(number[-1], 1)
    assert said == pytest.approx(count, rel=0.05)
