"""How much may go at once: the moments are passed in, the limiter reads the loop's clock, which stands."""

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.pace import FIRST_REST, LONGEST_REST, RECOVERY, Limit, Pace


class Clock:
    """An event loop's clock that is set by hand."""

    now = 1000.0


@pytest.fixture
async def clock(monkeypatch):
    one = Clock()
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: one.now)
    return one


def run_in(pace, messages):
    return asyncio.run(_begin(pace, messages))


async def _begin(pace, messages):
    for _ in range(messages):
        await pace.begin()


@given(
    st.integers(1, 8),
    st.lists(st.sampled_from(["begin", "end", "accepted", "slow down", "rest", "wait"]), max_size=200),
)
def test_never_more_in_flight_than_allowed(connections, steps):
    pace, now = Pace(Limit(connections)), 0.0

    async def walk():
        nonlocal now
        for step in steps:
            if step == "begin" and pace.is_ready(now):
                await pace.begin()
                assert pace.in_flight <= connections
                assert not pace.is_resting(now)
            elif step in ("end", "accepted") and pace.in_flight:
                pace.end()
                if step == "accepted":
                    pace.accepted()
            elif step == "slow down":
                assert 0 <= pace.slow_down(now) <= LONGEST_REST
                assert pace.is_resting(now)
            elif step == "rest":
                pace.rest(now, 60.0)
            elif step == "wait":
                now += 30.0
            assert 0 <= pace.in_flight <= connections

    asyncio.run(walk())


@given(st.integers(1, 12), st.integers(0, 6))
def test_after_many_accepted_ones_the_whole_limit_is_back_and_no_more(connections, asked):
    pace, now = Pace(Limit(connections)), 0.0
    for _ in range(asked):
        now += LONGEST_REST + 1
        pace.slow_down(now)
    now += LONGEST_REST + 1
    for _ in range(RECOVERY * (connections + 2)):
        pace.accepted()
    started = 0
    while pace.is_ready(now):
        run_in(pace, 1)
        started += 1
    assert started == connections


def test_asked_for_less_it_halves_and_rests_each_time_twice_as_long():
    pace = Pace(Limit(8))
    run_in(pace, 8)
    assert pace.slow_down(100.0) == FIRST_REST
    assert pace.slow_down(100.5) == 0.0  # what else was in flight says the same; that is one request
    for _ in range(8):
        pace.end()
    assert not pace.is_ready(100.0 + FIRST_REST - 0.01)
    later = 100.0 + FIRST_REST
    run_in(pace, 3)
    assert pace.is_ready(later)
    run_in(pace, 1)
    assert not pace.is_ready(later)
    assert pace.slow_down(later) == 2 * FIRST_REST


def test_the_rest_has_an_end():
    pace, now = Pace(Limit(2)), 0.0
    rests = []
    for _ in range(12):
        now += LONGEST_REST + 1
        rests.append(pace.slow_down(now))
    assert rests[:3] == [2.0, 4.0, 8.0]
    assert rests[-3:] == [LONGEST_REST] * 3


def test_messages_accepted_halve_the_next_rest():
    pace = Pace(Limit(2))
    for moment in (0.0, 100.0, 200.0):
        pace.slow_down(moment)
    for _ in range(RECOVERY):
        pace.accepted()
    assert pace.slow_down(900.0) == 8.0


def test_after_a_rest_a_single_message_tries_it():
    pace = Pace(Limit(4))
    pace.rest(0.0, 60.0)
    assert not pace.is_ready(59.9)
    run_in(pace, 1)
    assert not pace.is_ready(60.0)
    pace.end()
    assert pace.is_ready(60.0)


def test_without_a_limit_everything_may_go_until_somebody_objects():
    pace = Pace(Limit())
    run_in(pace, 500)
    assert pace.is_ready(0.0)
    pace.slow_down(0.0)
    assert not pace.is_ready(FIRST_REST)  # 250 are allowed, 500 are in flight


@pytest.mark.parametrize(("per_minute", "seconds"), [(1, 60), (6, 10), (30, 2)])
async def test_a_minute_s_messages_are_spread_over_the_minute(clock, per_minute, seconds):
    pace = Pace(Limit(messages_per_minute=per_minute))
    assert pace.is_ready(clock.now)
    await pace.begin()
    clock.now += seconds * 0.99
    assert not pace.is_ready(clock.now)
    clock.now += seconds * 0.02
    assert pace.is_ready(clock.now)


@pytest.mark.parametrize("per_minute", [0.5, 1, 59, 60, 61, 90, 600, 840])
async def test_no_minute_has_more_than_its_limit_and_a_second_s_burst(clock, per_minute):
    pace, left = Pace(Limit(messages_per_minute=per_minute)), []
    for _ in range(2400):
        while pace.is_ready(clock.now):
            await pace.begin()
            left.append(clock.now)
        clock.now += 0.1
    most = max(sum(one <= other < one + 60 for other in left) for one in left)
    assert most <= per_minute + max(1.0, per_minute / 60) + 0.001
    assert len(left) >= per_minute * 4 * 0.9  # and the limit is made use of


@pytest.mark.parametrize(("per_minute", "before", "wait"), [(1, 1, 60), (6, 6, 10), (600, 10_000, 0.11), (1, 0, 0)])
async def test_what_left_before_this_run_counts(clock, per_minute, before, wait):
    pace = Pace(Limit(messages_per_minute=per_minute))
    await pace.remember(before)
    assert pace.is_ready(clock.now) == (wait == 0)
    clock.now += wait
    assert pace.is_ready(clock.now)


async def test_a_pace_without_a_limit_remembers_nothing():
    pace = Pace(Limit(2))
    await pace.remember(1000)
    assert pace.is_ready(0.0)
