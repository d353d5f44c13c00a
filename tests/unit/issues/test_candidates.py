from datetime import UTC, date, datetime, timedelta

import pytest

from digest.issues.candidates import LoadedPaper, candidates, updates
from digest.papers.paper import Paper, Signals
from digest.topics.trending import Reading

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
CUTOFF = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
WINDOW = timedelta(days=3)


def loaded(name, at, published=None):
    return LoadedPaper(Paper(f"file:{name}", name, published=published), at)


def chosen(*items, carried=(), last_cutoff=CUTOFF):
    found = candidates(items, carried=frozenset(carried), last_cutoff=last_cutoff, now=NOW, window=WINDOW)
    return [item.paper.title for item in found]


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


OLD = datetime(2026, 11, 1, tzinfo=UTC)


def test_a_pinned_paper_stands_whatever_its_age_unless_it_had_its_card():
    old = loaded("a", OLD)
    more = {"last_cutoff": CUTOFF, "now": NOW, "window": WINDOW, "pinned": {"file:a"}}
    assert candidates([old], carried=frozenset(), **more) == [old]
    assert candidates([old], carried={"file:a"}, **more) == []


def risen(upvotes, *before):
    """A paper that left the window, with counts on earlier days, the last of which five days ago."""
    readings = tuple(
        Reading(NOW - timedelta(days=4 + number), Signals(upvotes=count))
        for number, count in enumerate(reversed(before), start=1)
    )
    return LoadedPaper(Paper("file:a", "a", signals=Signals(upvotes=upvotes)), OLD, readings=readings)


@pytest.mark.parametrize(
    ("upvotes", "before", "stands"),
    [
        (14, (3,), True),
        (12, (3,), False),
        (140, (100,), False),
        (150, (100,), True),
        (40, (), False),
        (3, (40,), False),
    ],
    ids=["ten more", "nine more", "not half as many again", "half as many again", "no reading", "fewer"],
)
def test_a_paper_that_rises_may_stand_again(upvotes, before, stands):
    assert chosen(risen(upvotes, *before)) == (["a"] if stands else [])


def test_a_paper_that_rises_had_its_card_all_the_same():
    assert chosen(risen(500, 3), carried=["file:a"]) == []


def again(version, updated_at, carried, cutoff=CUTOFF):
    item = LoadedPaper(Paper("file:a", "a", version=version), OLD, updated_at=updated_at)
    return bool(updates([item], carried=carried, last_cutoff=cutoff))


SINCE = CUTOFF + timedelta(seconds=1)


@pytest.mark.parametrize(
    ("version", "updated_at", "carried", "stands"),
    [
        (2, SINCE, {"file:a": 1}, True),
        (2, SINCE, {"file:a": None}, True),
        (1, SINCE, {"file:a": None}, False),
        (2, SINCE, {"file:a": 2}, False),
        (3, SINCE, {"file:a": 2}, True),
        (2, CUTOFF, {"file:a": 1}, False),
        (2, None, {"file:a": 1}, False),
        (None, SINCE, {"file:a": None}, False),
        (2, SINCE, {}, False),
    ],
    ids=[
        "a newer version than was carried",
        "carried without a version, so the first",
        "the first itself",
        "the version that was carried",
        "a third",
        "told before the cut-off already",
        "never updated",
        "no versions at all",
        "no card yet: it is a candidate as any other",
    ],
)
def test_an_update_is_a_newer_version_of_what_had_its_card(version, updated_at, carried, stands):
    assert again(version, updated_at, carried) == stands


def test_there_are_no_updates_before_the_first_issue():
    assert not again(2, SINCE, {"file:a": 1}, cutoff=None)
