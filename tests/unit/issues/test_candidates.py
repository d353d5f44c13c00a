from datetime import UTC, date, datetime, timedelta

import pytest

from digest.issues.candidates import LoadedPaper, candidates
from digest.papers.paper import Paper

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
CUTOFF = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
WINDOW = timedelta(days=3)


def loaded(name, at, published=None):
    return LoadedPaper(Paper(f"file:{name}", name, published=published), at)


def chosen(*items, carried=(), last_cutoff=CUTOFF):
    found = candidates(items, carried=frozenset(carried), last_cutoff=last_cutoff, now=NOW, window=WINDOW)
    return [paper.title for paper in found]


@pytest.mark.parametrize(
    ("first_loaded_at", "published", "stands"),
    [
        (CUTOFF + timedelta(seconds=1), None, True),
        (CUTOFF + timedelta(seconds=1), date(2017, 6, 12), True),
        (datetime(2026, 11, 21, 23, 59, tzinfo=UTC), None, True),
        (datetime(2026, 11, 20, 23, 59, tzinfo=UTC), None, False),
        (datetime(2026, 11, 1, tzinfo=UTC), date(2026, 11, 21), True),
        (datetime(2026, 11, 1, tzinfo=UTC), date(2026, 11, 20), False),
        (datetime(2026, 11, 22, tzinfo=UTC), date(2026, 11, 1), False),
        (datetime(2026, 11, 1, tzinfo=UTC), date(2026, 12, 1), True),
        (CUTOFF, date(2026, 11, 1), False),
    ],
    ids=[
        "loaded since the cut-off",
        "loaded since the cut-off, however old",
        "loaded within the window, of no date",
        "loaded before the window, of no date",
        "dated on the window's first day",
        "dated the day before the window",
        "loaded within the window, dated before it",
        "dated in the future",
        "loaded at the cut-off itself: it stood in that draft",
    ],
)
def test_what_is_new_or_within_the_window_may_stand(first_loaded_at, published, stands):
    assert chosen(loaded("a", first_loaded_at, published)) == (["a"] if stands else [])


def test_a_paper_that_had_its_card_is_out_even_when_it_is_new():
    assert chosen(loaded("a", NOW), loaded("b", NOW), carried=["file:a"]) == ["b"]


def test_before_the_first_issue_everything_may_stand():
    ancient = loaded("a", datetime(2020, 1, 1, tzinfo=UTC), date(1999, 1, 1))
    assert chosen(ancient, last_cutoff=None) == ["a"]
    assert chosen(ancient, last_cutoff=None, carried=["file:a"]) == []


def test_the_order_is_kept_for_the_rank_to_decide():
    assert chosen(*(loaded(name, NOW) for name in "cab")) == ["c", "a", "b"]
