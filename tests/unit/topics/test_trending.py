"""The score is what docs/trending.md says, fair to records without signals, and its order is total."""

import random
import re
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.paper import Paper, Signals
from digest.topics.trending import WEIGHTS, Contender, Reading, Score, rising, trending, why

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
TODAY = NOW.date()
DOCS = Path(__file__).parents[3] / "docs" / "trending.md"


def ago(days, hours=0):
    return NOW - timedelta(days=days, hours=hours)


def contender(
    id, upvotes=None, comments=None, stars=None, *, days=0, readings=(), confidence=None, pinned=False, **more
):
    paper = Paper(id, "T", signals=Signals(upvotes, comments, stars), listed=TODAY - timedelta(days=days), **more)
    return Contender(paper, NOW, tuple(readings), confidence, pinned)


def ids(scores):
    return [score.paper_id for score in scores]


def one(scores, id):
    return next(score for score in scores if score.paper_id == id)


def reading(days, upvotes=None, stars=None):
    return Reading(ago(days), Signals(upvotes=upvotes, stars=stars))


def test_the_total_is_the_weighted_sum_of_the_parts():
    papers = [contender("a", 5, 1, 3, confidence=0.9, readings=[reading(1, 2)]), contender("b", 4, days=1, pinned=True)]
    for score in trending(papers, NOW):
        assert set(score.parts) == set(WEIGHTS)
        assert score.total == pytest.approx(sum(WEIGHTS[name] * part for name, part in score.parts.items()))


def test_a_count_is_ranked_within_its_source_and_day():
    papers = [contender(f"p{n}", n * n) for n in range(6)]
    others = [contender("yesterday", 10_000, days=1), contender("elsewhere", 10_000, source="other")]
    scores = trending([*papers, *others], NOW)
    # six in the group: shares 1/12, 3/12 … 11/12, drawn to 0.5 by 6 / (6 + 4)
    assert [one(scores, f"p{n}").parts["upvotes"] for n in range(6)] == pytest.approx(
        [0.5 + ((2 * n + 1) / 12 - 0.5) * 0.6 for n in range(6)]
    )
    assert one(scores, "yesterday").parts["upvotes"] == one(scores, "elsewhere").parts["upvotes"] == 0.5


def test_equal_counts_have_equal_parts():
    scores = trending([contender("a", 3), contender("b", 3), contender("c", 0)], NOW)
    assert one(scores, "a").parts == one(scores, "b").parts
    assert one(scores, "a").parts["upvotes"] > 0.5 > one(scores, "c").parts["upvotes"]


def test_the_background_says_what_is_usual_but_gets_no_score():
    paper = contender("p", 10)
    assert trending([paper], NOW)[0].parts["upvotes"] == 0.5
    background = [contender(f"b{n}", n) for n in range(8)]
    assert ids(trending([paper], NOW, background)) == ["p"]
    assert trending([paper], NOW, background)[0].parts["upvotes"] > 0.75
    assert trending([paper], NOW, [*background, contender("p", 0)]) == trending([paper], NOW, background)


def test_a_place_stands_for_upvotes_where_there_are_none():
    page = trending([contender(f"p{n}", position=n, source="page") for n in range(1, 11)], NOW)
    assert ids(page) == [f"p{n}" for n in range(1, 11)]
    assert page[0].parts["place"] > 0.5 > page[-1].parts["place"]
    counted = trending([contender("a", 1, position=1), contender("b", 2, position=2)], NOW)
    assert [score.parts["place"] for score in counted] == [0.5, 0.5]
    assert ids(counted) == ["b", "a"]
    assert WEIGHTS["place"] == WEIGHTS["upvotes"]


def test_a_score_decays_with_age():
    parts = [trending([contender("p", days=days)], NOW)[0].parts["freshness"] for days in (-1, 0, 2, 4)]
    assert parts == [1, 1, 0.5, 0.25]


@pytest.mark.parametrize(
    ("listed", "published", "fresh"),
    [(TODAY, TODAY - timedelta(2), 1), (None, TODAY - timedelta(2), 0.5), (None, None, 0.25)],
)
def test_the_age_is_that_of_the_listing_else_of_publication_else_of_the_first_load(listed, published, fresh):
    paper = Paper("p", "T", listed=listed, published=published)
    assert trending([Contender(paper, ago(4))], NOW)[0].parts["freshness"] == fresh


def test_the_usual_speed_is_three_quarters_and_at_least_five_a_day():
    def speed(*grown):
        papers = [contender(f"p{n}", 100 + growth, readings=[reading(2, 100)]) for n, growth in enumerate(grown)]
        return [one(trending(papers, NOW), f"p{n}").parts["speed"] for n in range(len(grown))]

    assert speed(10, 0, -3) == [0.75, 0.5, 0.5]  # five a day
    assert speed(200)[0] == pytest.approx(0.5 + 0.5 * 100 / 105)  # alone it isn't its own measure
    assert speed(80, *[40] * 8)[:2] == pytest.approx([0.5 + 0.5 * 40 / 60, 0.75])  # the median is twenty a day
    assert speed(*[2] * 20)[0] == pytest.approx(0.5 + 0.5 * 1 / 6)  # one a day is no pace
    assert trending([contender("p", 100)], NOW)[0].parts["speed"] == 0.5


def test_speed_counts_from_the_last_reading_of_an_earlier_day():
    readings = [reading(2, 0), reading(1, 40), Reading(ago(0, 1), Signals(upvotes=50))]
    papers = [contender("p", 50, readings=readings)]
    assert trending(papers, NOW)[0].parts["speed"] == pytest.approx(0.5 + 0.5 * 10 / 15)  # ten since yesterday
    backwards = [contender("p", 50, readings=readings[::-1])]
    assert trending(backwards, NOW) == trending(papers, NOW)
    late = [contender("p", 50, readings=[Reading(ago(3, 2), Signals(upvotes=20))])]
    slow = trending([*late, *(contender(f"q{n}", 90, readings=[reading(1, 0)]) for n in range(9))], NOW)
    assert one(slow, "p").parts["speed"] == pytest.approx(0.5 + 0.5 * 10 / 100)  # thirty in three days


def test_stars_rise_too_but_upvotes_alone_begin_with_the_listing():
    stars = contender("s", None, None, 500, readings=[reading(1, stars=100)])
    assert trending([stars], NOW)[0].parts["speed"] >= 0.75
    known_today = contender("n", None, None, 500, readings=[reading(1)])
    assert trending([known_today], NOW)[0].parts["speed"] == 0.5
    listed_today = contender("l", 30, readings=[reading(1)])
    assert trending([listed_today], NOW)[0].parts["speed"] > 0.7


@pytest.mark.parametrize("days", [3, 7, 30])
def test_a_paper_that_rises_overcomes_its_age(days):
    day = [contender(f"old{n}", n, days=days, readings=[reading(1, n)]) for n in range(20)]
    day[3] = contender("riser", 200, days=days, readings=[reading(1, 3)])
    fresh = [contender(f"new{n}", n) for n in range(20)]
    order = ids(trending([*day, *fresh], NOW))
    assert order.index("riser") < order.index("new15")
    assert order.index("old19") > order.index("new15")


def test_pins_come_first():
    best = contender("best", 99, 99, 99, confidence=1.0, readings=[reading(1, 0)])
    worst = contender("worst", 0, 0, 0, days=99, confidence=0.0, pinned=True)
    crowd = [contender(f"c{n}", n, n, n) for n in range(1, 50)]
    crowd += [contender(f"d{n}", n, n, n, days=99) for n in range(1, 50)]
    assert ids(trending([best, worst, *crowd], NOW))[:2] == ["worst", "best"]


def test_what_decides_between_equal_totals():
    papers = [
        contender("b"),
        contender("a"),
        contender("starred", stars=1),
        contender("discussed", comments=1),
        contender("upvoted", upvotes=0),
        contender("third", position=3, source="s3"),
        contender("second", position=2, source="s2"),
    ]
    scores = trending(papers, NOW)
    assert len({score.total for score in scores}) == 1
    assert ids(scores) == ["discussed", "starred", "second", "third", "a", "b", "upvoted"]


def test_of_two_that_are_not_older_than_today_the_newer_comes_first():
    scores = trending([contender("a-today"), contender("b-tomorrow", days=-1)], NOW)  # a source east of here
    assert ids(scores) == ["b-tomorrow", "a-today"]
    assert scores[0].total == scores[1].total


def test_records_without_signals_stand_in_the_middle():
    with_signals = [contender(f"s{n:02}", n, n % 3, n) for n in range(20)]
    without = [contender(f"w{n:02}", source="feed") for n in range(20)]
    order = ids(trending([*with_signals, *without], NOW))
    places = [order.index(f"w{n:02}") for n in range(20)]
    assert min(places) > 5
    assert max(places) < 34
    assert order[0] == "s19"


def test_what_the_mail_says():
    crowd = [contender(f"c{n}", n, n, n) for n in range(30)]
    scores = trending([*crowd, contender("top", 120, readings=[reading(1, 20)])], NOW)
    assert why(scores[0]) == "most upvoted of its day, rising fast"
    assert why(one(scores, "c29")) == "29 upvotes, 29 comments"
    assert why(one(scores, "c2")) == ""
    assert why(trending([contender("p", pinned=True)], NOW)[0]) == "pinned by the editors"
    page = trending([contender(f"p{n}", position=n) for n in range(1, 31)], NOW)
    assert [why(score) for score in page[:2]] == ["first in its listing", ""]


@pytest.mark.parametrize(("upvotes", "told"), [(1, ""), (4, ""), (5, "5 upvotes")])
def test_a_handful_is_no_reason_whatever_its_rank(upvotes, told):
    few = [contender(f"z{n}", 0) for n in range(40)]
    scores = trending([*few, contender("a", upvotes), contender("b", upvotes)], NOW)
    assert why(scores[0]) == told


def test_the_first_of_a_handful_is_nothing_to_say():
    assert why(trending([contender("a", 2), contender("b", 1)], NOW)[0]) == ""
    tied = trending([contender("a", 9), contender("b", 9), *(contender(f"c{n}", 0) for n in range(40))], NOW)
    assert why(tied[0]) == "9 upvotes"


@pytest.mark.parametrize(("upvotes", "told"), [(4, ""), (5, "most upvoted of its day")])
def test_the_first_of_a_day_without_upvotes_is_nothing_to_say(upvotes, told):
    quiet = [contender(f"c{n}", 1) for n in range(20)]
    assert why(trending([*quiet, contender("a", upvotes)], NOW)[0]) == told


def rises(now, *readings, **window):
    return rising(Paper("p", "T", signals=now), readings, NOW, **window)


def test_a_paper_rises_by_ten_upvotes_and_half_as_many_again():
    assert rises(Signals(upvotes=30), reading(4, 20))
    assert not rises(Signals(upvotes=29), reading(4, 20))
    assert rises(Signals(upvotes=10), reading(4, 0))
    assert not rises(Signals(upvotes=9), reading(4, 0))
    assert rises(Signals(upvotes=150), reading(4, 100))
    assert not rises(Signals(upvotes=149), reading(4, 100))


def test_a_rise_counts_from_the_last_reading_before_the_window():
    assert not rises(Signals(upvotes=30), reading(9, 1), reading(4, 29), reading(1, 2))
    assert rises(Signals(upvotes=30), reading(4, 29), reading(9, 1), window=timedelta(days=5))
    assert rises(Signals(upvotes=30), reading(2, 10), reading(1, 29))  # none that old: the first there is
    assert not rises(Signals(upvotes=30))
    assert not rises(Signals(upvotes=30), Reading(NOW + timedelta(days=1), Signals(upvotes=0)))


def test_a_paper_listed_after_its_days_rises_by_upvotes_alone():
    assert rises(Signals(upvotes=10), reading(4))
    assert not rises(Signals(stars=1000), reading(4))
    assert rises(Signals(stars=100), reading(4, stars=50))
    assert not rises(Signals(stars=99), reading(4, stars=50))
    assert not rises(Signals(), reading(4, 20, 20))


counts = st.none() | st.integers(0, 3)
signals = st.builds(Signals, counts, counts, counts)
contenders = st.lists(
    st.builds(
        Contender,
        st.builds(
            Paper,
            st.integers(0, 999).map(str),
            st.just("T"),
            signals=signals,
            position=st.none() | st.integers(1, 3),
            listed=st.none() | st.dates(date(2026, 11, 20), date(2026, 11, 24)),
            source=st.sampled_from(("hf", "feed")),
        ),
        st.datetimes(datetime(2026, 11, 20), datetime(2026, 11, 24), timezones=st.just(UTC)),
        st.lists(st.builds(Reading, st.integers(0, 5).map(ago), signals), max_size=3).map(tuple),
        st.none() | st.floats(0, 1),
        st.booleans(),
    ),
    unique_by=lambda one: one.paper.id,
    max_size=12,
)


@given(contenders, contenders, st.randoms(use_true_random=False))
def test_the_order_does_not_depend_on_how_they_came(papers, background, shuffler: random.Random):
    shuffled, behind = list(papers), list(background)
    shuffler.shuffle(shuffled)
    scores = trending(papers, NOW, background)
    assert sorted(ids(scores)) == sorted(one.paper.id for one in papers)
    known = {one.paper.id for one in papers}
    if not known & {one.paper.id for one in background}:
        shuffler.shuffle(behind)
    assert trending(shuffled, NOW, behind) == scores


@given(contenders)
def test_the_parts_keep_their_bounds_and_pins_come_first(papers):
    scores = trending(papers, NOW)
    assert all(0 <= part <= 1 for score in scores for part in score.parts.values())
    pins = [score.parts["pin"] for score in scores]
    assert pins == sorted(pins, reverse=True)
    assert [score.total for score in scores] == sorted((score.total for score in scores), reverse=True)


@given(contenders, st.sampled_from(("upvotes", "comments", "stars")), st.integers(0, 5), signals)
def test_one_more_never_stands_below_an_otherwise_equal_one(papers, name, count, before):
    def with_count(id, number):
        kinds = {"upvotes": 1, "comments": 1, "stars": 1, name: number}
        return contender(id, **kinds, source="hf", readings=[Reading(ago(1), before)])

    order = ids(trending([*papers, with_count("zz-more", count + 1), with_count("aa-less", count)], NOW))
    assert order.index("zz-more") < order.index("aa-less")


@given(st.lists(st.integers(0, 50), min_size=5, max_size=30, unique=True))
def test_a_record_without_signals_is_neither_first_nor_last(upvotes):
    papers = [contender(f"p{n:02}", n) for n in upvotes]
    for id in ("a-first-by-id", "z-last-by-id"):
        order = ids(trending([*papers, contender(id, source="feed")], NOW))
        assert 0 < order.index(id) < len(order) - 1


def test_the_page_on_the_score_has_the_weights_and_its_example_is_true():
    text = DOCS.read_text(encoding="utf-8")
    told = {name: float(weight) for name, weight in re.findall(r"^\| `(\w+)` \| ([0-9.]+) \|", text, re.MULTILINE)}
    assert told == dict(WEIGHTS)
    lines = [f"p{n:02}" for n in range(1, 21)]
    papers = [contender(id, n, comments=0) for n, id in enumerate(lines)]
    papers[19] = contender("p20", 120, comments=4, readings=[reading(1, 20)], confidence=0.8)
    best = trending(papers, NOW)[0]
    row = re.search(r"^\| \*\*total\*\* \|.*\| ([0-9.]+) \|$", text, re.MULTILINE)
    assert row is not None
    assert f"{best.total:.3f}" == row[1]


def test_thousands_take_less_than_a_second():
    chance = random.Random(3)
    many = [
        contender(str(n), chance.randrange(99), 1, chance.randrange(9), days=n % 5, readings=[reading(1, 1)])
        for n in range(6000)
    ]
    begin = time.process_time()
    scores = trending(many[:1000], NOW, many[1000:])
    assert time.process_time() - begin < 2  # a loaded machine; 0.1 s on an idle one
    assert len(scores) == 1000
    assert isinstance(scores[0], Score)
