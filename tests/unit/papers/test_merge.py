"""Records of one paper become one: who is believed for what, whatever the order."""

import re
from dataclasses import fields, replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.identity import keys
from digest.papers.merge import PRECEDENCE, kind, latest, merge, renamed, updated
from digest.papers.paper import Links, Paper, Signals

PAGE = (Path(__file__).parents[3] / "docs" / "papers.md").read_text("utf-8")

ABSTRACT = "Compasses of wood point north only by chance. " * 8
ARXIV = Paper(
    id="arxiv:2403.01234",
    title="Sailing by Night with a $\\pi$-Compass",
    abstract=ABSTRACT + "Ours does so with probability 0.3.",
    authors=("Ada Lovelace", "Ben Franklin"),
    published=date(2024, 3, 2),
    listed=date(2024, 3, 4),
    position=7,
    categories=("cs.RO", "cs.AI"),
    links=Links(paper="https://arxiv.org/abs/2403.01234", pdf="https://arxiv.org/pdf/2403.01234"),
    source="arxiv:cs.RO",
    version=2,
    news=False,
    other_ids=("doi:10.1000/182",),
    extra={"comment": "12 pages", "license": "CC0"},
)
HUGGINGFACE = Paper(
    id="arxiv:2403.01234",
    title="Sailing by Night with a pi-Compass",
    abstract=ABSTRACT + "Ours does so with probability 03.",
    tldr="A compass that sometimes works.",
    authors=("Ada Lovelace", "Ben Franklin"),
    organization="Example University",
    published=date(2024, 3, 3),
    listed=date(2024, 3, 6),
    position=2,
    keywords=("sailing",),
    links=Links(paper="https://example.org/p", code="https://example.org/code", project="https://example.org"),
    signals=Signals(upvotes=40, comments=0, stars=5),
    source="huggingface",
    extra={"comment": "no pages", "submitter": "somebody"},
)
FILE = Paper(id="file:0123456789ab", title="Sailing by night", signals=Signals(upvotes=900), source="file")


def test_each_source_is_believed_for_what_it_knows():
    assert merge([HUGGINGFACE, FILE, ARXIV]) == Paper(
        id="arxiv:2403.01234",
        title=ARXIV.title,
        abstract=ARXIV.abstract,
        tldr=HUGGINGFACE.tldr,
        authors=ARXIV.authors,
        organization="Example University",
        published=date(2024, 3, 2),
        listed=date(2024, 3, 6),
        position=2,
        categories=("cs.RO", "cs.AI"),
        keywords=("sailing",),
        links=Links(ARXIV.links.paper, ARXIV.links.pdf, HUGGINGFACE.links.code, HUGGINGFACE.links.project),
        signals=Signals(upvotes=40, comments=0, stars=5),
        source="arxiv:cs.RO",
        version=2,
        news=True,
        other_ids=("doi:10.1000/182", "file:0123456789ab"),
        extra={"comment": "12 pages", "license": "CC0", "submitter": "somebody"},
    )


def test_what_the_first_does_not_say_the_next_does():
    silent = replace(ARXIV, abstract="", authors=(), categories=(), links=Links(), published=None, version=None)
    merged = merge([silent, HUGGINGFACE, replace(FILE, categories=("cs.CV",))])
    assert merged.abstract == HUGGINGFACE.abstract
    assert merged.authors == HUGGINGFACE.authors
    assert merged.categories == ("cs.CV",)
    assert merged.links == HUGGINGFACE.links
    assert (merged.published, merged.version) == (date(2024, 3, 3), None)


def test_no_records_are_no_paper():
    with pytest.raises(ValueError, match="no records"):
        merge([])


# --- texts


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "Compasses of wood.",  # much shorter
        ABSTRACT[:250] + "…",
        ABSTRACT[:250] + "...",
    ],
)
def test_an_abstract_that_is_no_full_one_never_wins(bad):
    assert merge([replace(ARXIV, abstract=bad), HUGGINGFACE]).abstract == HUGGINGFACE.abstract


def test_a_somewhat_shorter_abstract_is_a_full_one():
    revised = ABSTRACT[:250]
    assert merge([replace(ARXIV, abstract=revised), HUGGINGFACE]).abstract == revised


def test_a_whole_article_does_not_make_an_excerpt_of_an_abstract():
    article = replace(FILE, abstract=ABSTRACT * 50, source="feed:blog")
    assert merge([ARXIV, article]).abstract == ARXIV.abstract
    assert merge([replace(ARXIV, abstract=""), article]).abstract == article.abstract


def test_a_title_that_was_cut_gives_way_and_its_record_with_it():
    cut = replace(FILE, title="Sailing by…", source="feed:blog")
    merged = merge([cut, FILE])
    assert (merged.title, merged.source) == ("Sailing by night", "file")


# --- authors


@pytest.mark.parametrize(
    "begun",
    [
        ("Ada Lovelace",),
        ("Ada Lovelace", "et al."),
        ("Lovelace, A. et al.",),
        ("et al.",),
    ],
)
def test_a_list_of_authors_that_goes_on_wins(begun):
    assert merge([replace(ARXIV, authors=begun), HUGGINGFACE]).authors == HUGGINGFACE.authors


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("Ada Lovelace", "Ben Franklin"), ("Ben Franklin", "Ada Lovelace", "Somebody Else")),
        (("Ada Lovelace", "Ben Franklin"), ("A. Lovelace", "B. Franklin")),
        (("Somebody Else et al.",), ("Ada Lovelace", "Ben Franklin")),
    ],
)
def test_other_authors_and_the_same_authors_do_not(first, second):
    assert merge([replace(ARXIV, authors=first), replace(HUGGINGFACE, authors=second)]).authors == first


# --- several sources of one kind


def test_among_one_kind_the_higher_version_gives_the_text():
    older = replace(ARXIV, source="arxiv:cs.AI", version=1, title="Sailing", news=True)
    merged = merge([older, ARXIV])
    assert (merged.title, merged.source, merged.version, merged.news) == (ARXIV.title, "arxiv:cs.RO", 2, True)


def test_signals_are_the_highest_among_one_kind_each_for_itself():
    early = replace(HUGGINGFACE, source="huggingface:trending", signals=Signals(upvotes=12, stars=70))
    assert merge([early, HUGGINGFACE, FILE]).signals == Signals(upvotes=40, comments=0, stars=70)
    assert merge([ARXIV, FILE]).signals == Signals(upvotes=900)


def test_a_position_belongs_to_its_day():
    no_order = replace(HUGGINGFACE, position=None)
    merged = merge([no_order, ARXIV])
    assert (merged.listed, merged.position) == (date(2024, 3, 6), None)
    merged = merge([replace(HUGGINGFACE, position=None, listed=None), ARXIV])
    assert (merged.listed, merged.position) == (date(2024, 3, 4), 7)
    merged = merge([replace(HUGGINGFACE, listed=None), ARXIV])
    assert (merged.listed, merged.position) == (None, 2)


# --- ids


def test_the_strongest_id_stands_first_and_no_id_is_lost():
    journal = replace(FILE, id="doi:10.1000/182", other_ids=("doi:10.48550/arXiv.2403.01234", "feed:x:1"))
    merged = merge([FILE, journal])
    assert merged.id == "arxiv:2403.01234"
    assert merged.other_ids == ("doi:10.1000/182", "feed:x:1", "file:0123456789ab")


def test_a_paper_keeps_the_id_it_is_known_by():
    known = renamed(ARXIV, "file:0123456789ab")
    assert known == replace(ARXIV, id="file:0123456789ab", other_ids=("arxiv:2403.01234", "doi:10.1000/182"))
    assert set(keys(known)) == {*keys(ARXIV), "local:file:0123456789ab"}
    assert renamed(known, "arxiv:2403.01234").other_ids == ("doi:10.1000/182", "file:0123456789ab")
    assert renamed(ARXIV, ARXIV.id) is ARXIV


# --- versions


@pytest.mark.parametrize(
    ("before", "after", "expected"), [(1, 2, True), (2, 2, False), (2, 1, False), (None, 2, False), (1, None, False)]
)
def test_updated(before, after, expected):
    assert updated(replace(ARXIV, version=before), replace(ARXIV, version=after)) is expected


def test_latest_of_each_source():
    first, again = replace(ARXIV, version=1, news=True), replace(ARXIV, version=2, news=False, title="Changed")
    old_page = replace(first, title="Old page")
    recounted = replace(HUGGINGFACE, signals=Signals(upvotes=41), news=True)
    assert latest([first, HUGGINGFACE, again, recounted, old_page]) == [replace(again, news=True), recounted]
    assert latest([first, again]) == [replace(again, news=True)]
    assert latest([]) == []


# --- properties

KINDS = ("arxiv", "arxiv:cs.CL", "huggingface", "huggingface:trending", "biorxiv", "medrxiv", "feed:x", "file", "other")
TEXTS = st.sampled_from(["", "Short…", "A text of some length.", "Another text of some more length.", "Long. " * 30])
COUNTS = st.one_of(st.none(), st.integers(0, 50))
DAYS = st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2024, 1, 9)))
LINKS = st.one_of(st.none(), st.sampled_from(["https://example.org/a", "https://example.com/b"]))
NAMES = st.lists(st.sampled_from(["Ada Lovelace", "A. Lovelace", "Ben Franklin", "et al."]), max_size=3).map(tuple)
IDS = st.sampled_from(["arxiv:2403.01234", "doi:10.1000/1", "doi:10.1000/2", "file:1", "feed:x:1"])
RECORDS = st.builds(
    Paper,
    id=IDS,
    title=st.sampled_from(["Sailing", "Sailing by…", "Sailing by Night"]),
    abstract=TEXTS,
    tldr=TEXTS,
    authors=NAMES,
    organization=TEXTS,
    published=DAYS,
    listed=DAYS,
    categories=st.sampled_from([(), ("cs.CL",), ("cs.AI", "cs.CL")]),
    keywords=NAMES,
    links=st.builds(Links, LINKS, LINKS, LINKS, LINKS),
    signals=st.builds(Signals, COUNTS, COUNTS, COUNTS),
    source=st.sampled_from(KINDS),
    position=st.one_of(st.none(), st.integers(1, 9)),
    version=st.one_of(st.none(), st.integers(1, 3)),
    news=st.booleans(),
    other_ids=st.lists(IDS, max_size=2).map(tuple),
    extra=st.dictionaries(st.sampled_from("abc"), st.integers(0, 3)),
)


@given(st.lists(RECORDS, min_size=1, max_size=6).flatmap(lambda rs: st.tuples(st.just(rs), st.permutations(rs))))
def test_the_order_of_records_changes_nothing(both):
    records, shuffled = both
    assert merge(records) == merge(shuffled)


@given(RECORDS)
def test_one_record_is_its_own_paper(record):
    assert merge([record]) == record
    assert latest([record]) == [record]


@given(st.lists(RECORDS, min_size=2, max_size=6))
def test_merging_again_changes_nothing(records):
    merged = merge(records)
    assert merge([merged]) == merged
    assert merge([*records, *records]) == merged


@given(st.lists(RECORDS, min_size=2, max_size=6))
def test_nothing_is_made_up_and_nothing_said_is_lost(records):
    merged = merge(records)
    for name in ("title", "abstract", "tldr", "authors", "organization", "categories", "keywords", "source"):
        said = [getattr(record, name) for record in records]
        assert getattr(merged, name) in said
        assert bool(getattr(merged, name)) == any(said)
    assert {merged.id, *merged.other_ids} == {i for record in records for i in (record.id, *record.other_ids)}
    assert merged.id not in merged.other_ids
    assert merged.news == any(record.news for record in records)
    assert set(merged.extra) == {key for record in records for key in record.extra}


# --- the table and its page


def test_every_field_has_a_place_in_the_table_or_a_rule_of_its_own():
    with_rules = {"id", "other_ids", "published", "version", "news", "source"}
    inner = {f"links.{f.name}" for f in fields(Links)} | {f"signals.{f.name}" for f in fields(Signals)}
    plain = {f.name for f in fields(Paper)} - {"links", "signals"}
    assert set(PRECEDENCE) == (plain | inner) - with_rules


def test_the_page_shows_the_table():
    shown: dict[str, tuple[str, ...]] = {}
    for names, order in re.findall(r"^\| (`[^|]*`) \| ([a-z, ]+) \|", PAGE, re.MULTILINE):
        shown |= dict.fromkeys(re.findall(r"`([^`]+)`", names), tuple(order.strip().split(", ")))
    assert shown == dict(PRECEDENCE)


def test_the_kind_of_a_source():
    assert [kind(name) for name in ("arxiv", "arxiv:cs.CL", "feed:a:b", "")] == ["arxiv", "arxiv", "feed", ""]
