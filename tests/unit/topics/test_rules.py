"""What editors include and exclude, and why a paper was dropped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.paper import Paper
from digest.topics.rules import Rules, Wanted, apply

PAPER = Paper(
    "p",
    "A Benchmark for Large Language Models",
    "We test pre-training of agents. Policies differ. Time series.",
    authors=("Yann LeCun", "Aäron van den Oord", "J.-B. Alayrac", "Müller, Ada K."),
    organization="Example University",
    categories=("cs.CL", "math.OC"),
    keywords=("robot learning",),
)


def is_excluded(paper=PAPER, **wanted):
    kept, dropped = apply([paper], Rules(exclude=Wanted(**{k: (v,) for k, v in wanted.items()})))
    assert len(kept) + len(dropped) == 1
    return bool(dropped)


@pytest.mark.parametrize(
    "keyword",
    [
        "large language model",
        "LANGUAGE MODELS",
        "benchmarks",
        "pretraining",
        "pre training",
        "Pre-Training",
        "policy",
        "robot learning",
        "robots",
        "series",
    ],
)
def test_keywords_that_match(keyword):
    assert is_excluded(keywords=keyword)


@pytest.mark.parametrize(
    "keyword", ["bench", "serie", "language agent", "model we", "polic", "learning robot", "", "..."]
)
def test_keywords_that_do_not(keyword):
    assert not is_excluded(keywords=keyword)


@pytest.mark.parametrize(
    "author",
    [
        "Yann LeCun",
        "yann lecun",
        "Y. LeCun",
        "LeCun",
        "LeCun, Y.",
        "LeCun, Yann",
        "Yann A. LeCun",
        "van den Oord",
        "A. van den Oord",
        "Aaron van den Oord",
        "Oord",
        "Jean-Baptiste Alayrac",
        "Ada Müller",
        "A. Muller",
        "Ada K. Muller",
    ],
)
def test_authors_that_match(author):
    assert is_excluded(authors=author)


@pytest.mark.parametrize(
    "author",
    ["Yves LeCun", "Z. LeCun", "Yann", "Cun", "Yann LeCun Junior", "Ada B. Müller", "Y. van den Oord", "", ","],
)
def test_authors_that_do_not(author):
    assert not is_excluded(authors=author)


@pytest.mark.parametrize(
    ("kind", "value", "matches"),
    [
        ("organizations", "EXAMPLE  university", True),
        ("organizations", "Example", False),
        ("organizations", "", False),
        ("categories", "cs.CL", True),
        ("categories", "CS", True),
        ("categories", "math", True),
        ("categories", "math.O", False),
        ("categories", "cs.C", False),
    ],
)
def test_organizations_and_categories(kind, value, matches):
    assert is_excluded(**{kind: value}) is matches


def test_a_surname_alone_does_not_tell_of_whom():
    assert not is_excluded(Paper("q", "T", authors=("LeCun",)), authors="Yann LeCun")


def test_a_paper_without_an_organization_fits_none():
    assert not is_excluded(Paper("q", "T"), organizations="")


def test_an_empty_include_takes_everything_and_any_one_kind_is_enough():
    other = Paper("q", "Cats", categories=("cs.CV",))
    assert apply([PAPER, other], Rules()) == ([PAPER, other], [])
    kept, dropped = apply([PAPER, other], Rules(include=Wanted(keywords=("dog",), categories=("cs.CV",))))
    assert kept == [other]
    assert dropped == [(PAPER, "fits nothing that is included")]


def test_exclusion_wins_over_inclusion_and_a_pin_over_both():
    rules = Rules(include=Wanted(keywords=("benchmark",)), exclude=Wanted(authors=("Y. LeCun",)))
    assert apply([PAPER], rules) == ([], [(PAPER, 'excluded by author "Y. LeCun"')])
    assert apply([PAPER], rules, pinned={"p"}) == ([PAPER], [])
    outside = Paper("q", "Cats")
    assert apply([outside], rules, pinned={"q"}) == ([outside], [])


words = st.text(max_size=20)


@given(st.lists(st.builds(Paper, words, words, words, authors=st.tuples(words)), max_size=8), words, words)
def test_every_paper_is_kept_or_dropped_once_in_its_order(papers, keyword, author):
    rules = Rules(Wanted(authors=(author,)), Wanted(keywords=(keyword,)))
    kept, dropped = apply(papers, rules)
    rest = [paper for paper, _ in dropped]
    assert sorted(map(id, kept + rest)) == sorted(map(id, papers))
    for part in (kept, rest):
        places = [next(n for n, p in enumerate(papers) if p is paper) for paper in part]
        assert places == sorted(places)
    assert all(reason for _, reason in dropped)
