from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.retry import next_attempt

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def wait(attempts, key="reader"):
    return next_attempt(attempts, NOW, key) - NOW


@given(st.integers(1, 10**6), st.text())
def test_a_try_comes_after_a_minute_at_least_and_five_hours_at_most(attempts, key):
    assert MINUTE <= wait(attempts, key) <= 5 * HOUR


@given(st.integers(1, 20), st.text())
def test_a_try_again_is_always_at_the_same_time(attempts, key):
    assert wait(attempts, key) == wait(attempts, key)


@pytest.mark.parametrize(
    ("attempts", "least"),
    [(1, MINUTE), (2, 2 * MINUTE), (3, 4 * MINUTE), (7, 64 * MINUTE), (8, 128 * MINUTE), (9, 4 * HOUR), (30, 4 * HOUR)],
)
def test_the_wait_doubles_up_to_four_hours_and_a_quarter_is_for_spreading(attempts, least):
    waits = [wait(attempts, f"reader {n}") for n in range(500)]
    assert least <= min(waits) < least * 1.01
    assert least * 1.24 < max(waits) <= least * 1.25


def test_readers_are_spread_so_that_a_relay_that_was_down_isn_t_met_by_all_at_once():
    quarters = [0, 0, 0, 0]
    for n in range(1000):
        quarters[min(int((wait(9, f"reader {n}") - 4 * HOUR) / (HOUR / 4)), 3)] += 1
    assert min(quarters) > 180


def test_a_reader_isn_t_late_at_every_try():
    later = [(wait(attempts) / min(MINUTE * 2 ** (attempts - 1), 4 * HOUR)) for attempts in range(1, 9)]
    assert len({round(share, 3) for share in later}) > 4


def test_all_tries_of_a_day_fit_into_a_day():
    spent, tries = timedelta(), 0
    while spent < 24 * HOUR:
        tries += 1
        spent += wait(tries)
    assert 12 <= tries <= 14
