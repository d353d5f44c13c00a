from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.score import LIMIT, Score, failed

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
DAY = timedelta(days=1)


def failures_until_enough(apart: timedelta, at_most: int = 1000) -> int | None:
    score, at = None, NOW
    for number in range(1, at_most + 1):
        score = failed(score, at)
        if score.is_enough:
            return number
        at += apart
    return None


@pytest.mark.parametrize(
    ("apart", "failures"),
    [
        (DAY, 6),  # a daily list: within a week
        (7 * DAY, 9),  # a weekly list
        (14 * DAY, None),
        (30 * DAY, None),
    ],
)
def test_a_mailbox_that_stays_full_is_given_up_and_one_that_fails_now_and_then_is_not(apart, failures):
    assert failures_until_enough(apart) == failures


def test_failures_of_one_morning_are_one():
    first = failed(None, NOW)
    for minutes in (0, 1, 60, 719):
        assert failed(first, NOW + timedelta(minutes=minutes)) is first
    assert failed(first, NOW + timedelta(hours=12)).value > 1.9
    assert failed(first, NOW - DAY) is first  # a report that comes late


def test_a_score_fades_to_nothing_and_no_further():
    score = Score(2.0, NOW)
    assert score.faded(NOW + 14 * DAY) == pytest.approx(1.0)
    assert score.faded(NOW + 28 * DAY) == score.faded(NOW + 600 * DAY) == 0.0
    assert score.faded(NOW - DAY) == 2.0


@given(st.lists(st.integers(0, 60 * 24 * 40), max_size=40))
def test_a_score_is_never_more_than_the_failures_nor_less_than_nothing(gaps):
    score, at = None, NOW
    for number, minutes in enumerate(gaps, 1):
        at += timedelta(minutes=minutes)
        score = failed(score, at)
        assert 1.0 <= score.value <= number
        assert score.is_enough == (score.value >= LIMIT)
