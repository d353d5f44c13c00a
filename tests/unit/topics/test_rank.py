"""The trending order is total, and follows what readers noticed."""

import random
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from digest.papers.paper import Paper, Signals
from digest.topics.rank import rank


def ids(papers):
    return [paper.id for paper in rank(papers)]


def test_what_decides_in_turn():
    papers = [
        Paper("c-old", "T", published=date(2025, 1, 1)),
        Paper("b-new", "T", published=date(2025, 1, 2)),
        Paper("d-undated", "T"),
        Paper("second", "T", position=2),
        Paper("first", "T", position=1),
        Paper("starred", "T", signals=Signals(stars=9), position=9),
        Paper("discussed", "T", signals=Signals(comments=1)),
        Paper("liked", "T", signals=Signals(upvotes=1, comments=0)),
        Paper("liked-more", "T", signals=Signals(upvotes=2)),
        Paper("a-old", "T", published=date(2025, 1, 1)),
    ]
    expected = "liked-more liked discussed starred first second b-new a-old c-old d-undated"
    assert " ".join(ids(papers)) == expected


def test_a_page_without_signals_keeps_its_order():
    papers = [Paper(f"p{n * 7 % 10}", "T", position=n) for n in range(1, 11)]
    assert rank(reversed(papers)) == papers


counts = st.none() | st.integers(0, 2)
any_papers = st.lists(
    st.builds(
        Paper,
        st.integers(0, 999).map(str),
        st.just("T"),
        signals=st.builds(Signals, counts, counts, counts),
        position=st.none() | st.integers(1, 3),
        published=st.none() | st.dates(date(2025, 1, 1), date(2025, 1, 3)),
    ),
    unique_by=lambda paper: paper.id,
)


@given(any_papers, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_they_came(papers, shuffler: random.Random):
    shuffled = list(papers)
    shuffler.shuffle(shuffled)
    assert rank(shuffled) == rank(papers)
    assert sorted(ids(papers)) == sorted(paper.id for paper in papers)
