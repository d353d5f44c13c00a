from dataclasses import replace
from datetime import date
from urllib.parse import parse_qs, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.issues.compose import Notes, compose
from digest.issues.edition import edition_of
from digest.issues.issue import IssueKey
from digest.papers.paper import Links, Paper, Signals
from digest.render.fit import Fit
from digest.render.present import (
    ABSTRACT_LIMITS,
    SUMMARY_LIMITS,
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
    assert set(first.abstract) == {"lead", "card", "brief"}
    (line,) = (e for s in whole().sections for e in s.entries if e.title == "Third")
    assert (line.abstract, line.summary, line.shortened) == ({}, {}, {})
    for form, text in first.abstract.items():
        assert ABSTRACT.startswith(text)
        assert text.endswith("nothing.")
        assert ABSTRACT_LIMITS[form] - 50 < len(text) <= ABSTRACT_LIMITS[form]
        assert first.shortened[form]
    lead = whole().leads[0]
    assert len(lead.abstract["lead"]) > len(first.abstract["card"])


def test_a_short_or_missing_abstract_is_not_called_shortened():
    view = whole()
    assert set(view.leads[1].abstract.values()) == {"Short."}
    assert not any(view.leads[1].shortened.values())
    empty = whole_view(compose(ISSUE.key, ISSUE.day, PAPERS[2:3], {}, (), Caps(3, 3)), PUBLICATION, WORDS, slot).leads[
        0
    ]
    assert set(empty.abstract.values()) == set(empty.summary.values()) == {""}
    assert not any(empty.shortened.values())


BEFORE = (
    "Large models answer questions about documents, and they are often wrong about numbers."
    " Earlier methods retrieve passages, which costs time and misses tables. "
)
DONE = (
    "We propose Quux, a method that reads tables as sentences."
    " It beats all earlier methods by 12% on three of four sets of questions."
)
TLDR = "It says what it is. It says it shortly. " + "And then it goes on for long. " * 20


def lead_of(paper, publication=PUBLICATION, why=""):
    issue = compose(ISSUE.key, ISSUE.day, [paper], {}, (), Caps(3, 3), Notes(why={paper.id: why}))
    return whole_view(issue, publication, WORDS, slot).leads[0]


def test_a_summary_is_the_records_own_where_it_has_one():
    entry = lead_of(replace(PAPERS[0], tldr=TLDR))
    assert all(TLDR.startswith(text) and text.endswith(".") for text in entry.summary.values())
    assert all(len(text) <= SUMMARY_LIMITS[form] for form, text in entry.summary.items())
    assert len(entry.summary["brief"]) < len(entry.summary["card"])
    assert ABSTRACT.startswith(entry.abstract["lead"])
    assert len(entry.summary["lead"] + entry.abstract["lead"]) <= ABSTRACT_LIMITS["lead"]
    only = lead_of(replace(PAPERS[2], tldr="In short."))
    assert (only.summary["lead"], only.abstract["lead"], only.shortened["lead"]) == ("In short.", "", False)


def test_without_one_it_is_sentences_of_the_abstract():
    entry = lead_of(replace(PAPERS[0], abstract=f"{BEFORE * 5}{DONE}"))
    assert set(entry.summary.values()) == {DONE}
    assert entry.abstract["lead"].startswith(BEFORE)
    assert DONE not in entry.abstract["lead"]


@pytest.mark.parametrize(
    "tldr", ["", "This is sentence number 2, about nothing.", "Nothing. This is sentence number 1, about nothing."]
)
def test_a_lead_says_no_sentence_twice(tldr):
    entry = lead_of(replace(PAPERS[0], abstract=ABSTRACT, tldr=tldr))
    assert entry.summary["lead"] == ""
    assert ABSTRACT_LIMITS["lead"] - 50 < len(entry.abstract["lead"]) <= ABSTRACT_LIMITS["lead"]
    assert entry.summary["card"]


def test_what_signals_say_is_not_said_again():
    assert lead_of(PAPERS[0], why="1,200 upvotes, rising fast").why == "rising fast"
    assert lead_of(PAPERS[0], why="32 upvotes, 185 stars").why == ""
    assert lead_of(PAPERS[0], why="pinned by the editors").why == "pinned by the editors"


@pytest.mark.parametrize(
    ("address", "wanted", "shown"),
    [
        ("https://e.org/1.png", True, "https://e.org/1.png"),
        ("https://e.org/1.png", False, ""),
        ("http://e.org/1.png", True, ""),
        (None, True, ""),
    ],
)
def test_a_picture_is_shown_where_the_list_wants_it_and_it_comes_safely(address, wanted, shown):
    paper = replace(PAPERS[0], links=Links(paper="https://e.org/1", thumbnail=address))
    entry = lead_of(paper, replace(PUBLICATION, thumbnails=wanted))
    assert entry.thumbnail == shown
    issue = compose(ISSUE.key, ISSUE.day, [paper, PAPERS[1]], HOMES, TOPICS, Caps(3, 3))
    view = whole_view(issue, replace(PUBLICATION, thumbnails=wanted), WORDS, slot)
    edition = edition_of(issue, ("vision",), "en")
    narrow = edition_view(issue, edition, Fit({}, 0), replace(PUBLICATION, thumbnails=wanted), WORDS, slot)
    assert view.pictures == narrow.pictures == bool(shown)


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


def test_a_name_from_right_to_left_turns_nothing_around():
    mark = "\N{LEFT-TO-RIGHT MARK}"
    assert authors_line(("דוד כהן", "Ada", "عمر", "D", "משה")) == f"דוד כהן{mark}, Ada, … משה{mark} (+2)"


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
