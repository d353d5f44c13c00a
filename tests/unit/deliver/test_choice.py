import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.choice import Choice, Domains
from digest.deliver.lane import Lane
from digest.deliver.pace import FIRST_REST, Limit


def lanes(*values):
    """Lanes of so many connections, and so much weight."""
    return [
        Lane(f"relay{number}", object, Limit(connections), weight)
        for number, (connections, weight) in enumerate(values)
    ]


def take(choice, now=0.0):
    """Give the next message to a relay; returns it, or None."""
    lane = choice.next(now)
    if lane is not None:
        asyncio.run(lane.take())
    return lane


def test_in_order_the_first_takes_all_and_is_waited_for_while_it_is_only_busy():
    first, second = lanes((2, 1), (2, 1))
    choice = Choice([first, second])
    assert [take(choice), take(choice), take(choice)] == [first, first, None]


def test_in_order_the_next_takes_over_while_the_first_rests():
    first, second = lanes((2, 1), (2, 1))
    choice = Choice([first, second])
    first.open_breaker("down", 0.0)
    assert choice.next(1.0) is second
    assert choice.next(60.0) is first
    second.pace.slow_down(0.0)
    assert choice.next(1.0) is None


def share(choice, messages, slow=None):
    """Send so many, one of each relay done at a time; a slow relay finishes one of twenty times."""
    counts = dict.fromkeys((lane.name for lane in choice.lanes), 0)
    for turn in range(messages):
        while (lane := take(choice)) is not None:
            counts[lane.name] += 1
        for lane in choice.lanes:
            done = turn % 20 == 0 if lane.name == slow else True
            for _ in range(lane.pace.in_flight if done else 0):
                lane.give_back(None)
    return counts


@pytest.mark.parametrize("weights", [(3, 1), (1, 3), (1, 1), (4, 1), (1, 1, 2)])
def test_side_by_side_each_has_its_share(weights):
    counts = share(Choice(lanes(*((4, weight) for weight in weights)), "weighted"), 200)
    for count, weight in zip(counts.values(), weights, strict=True):
        assert count / sum(counts.values()) == pytest.approx(weight / sum(weights), abs=0.06)  # connections are whole


def test_side_by_side_the_shares_are_kept_also_where_neither_is_busy():
    large, small = lanes((4, 3), (4, 1))
    choice = Choice([large, small], "weighted")
    for _ in range(80):
        take(choice).give_back(None)
    assert (large.sent, small.sent) == (60, 20)


def test_side_by_side_a_slow_relay_doesn_t_hold_up_the_others():
    counts = share(Choice(lanes((4, 1), (4, 1)), "weighted"), 200, slow="relay0")
    assert counts["relay1"] == 800
    assert counts["relay0"] <= 44


def test_side_by_side_one_that_rests_leaves_its_share_to_the_others():
    large, small = lanes((4, 3), (4, 1))
    choice = Choice([large, small], "weighted")
    large.open_breaker("down", 0.0)
    assert [take(choice, 1.0) for _ in range(5)] == [small] * 4 + [None]


def test_there_is_trouble_when_no_relay_is_left():
    first, second = lanes((2, 1), (2, 1))
    choice = Choice([first, second])
    first.open_breaker("down", 0.0)
    assert choice.trouble == ""
    second.open_breaker("closed", 0.0)
    assert choice.trouble == "relay relay0 can't be used (down); relay relay1 can't be used (closed)"


def test_a_domain_without_a_limit_is_admitted_until_it_asks_for_less():
    domains, now = Domains(), 0.0
    for _ in range(10):
        asyncio.run(domains.begin("busy"))
    assert domains.admits("busy", now)
    assert domains.slow_down("busy", 0.0) == FIRST_REST
    assert not domains.admits("busy", now)
    assert domains.admits("another", now)
    now = FIRST_REST
    assert not domains.admits("busy", now)  # five at once from now on, and ten are under way
    for _ in range(6):
        domains.end("busy")
    assert domains.admits("busy", now)


@given(st.lists(st.tuples(st.sampled_from("ab"), st.sampled_from(["begin", "end", "slow down"])), max_size=80))
def test_a_domain_never_gets_more_at_once_than_its_limit(steps):
    domains = Domains({"a": Limit(2)})
    count = {"a": 0, "b": 0}

    async def walk():
        now = 0.0
        for domain, step in steps:
            now += 10.0
            if step == "begin" and domains.admits(domain, now):
                await domains.begin(domain)
                count[domain] += 1
            elif step == "end" and count[domain]:
                domains.end(domain, accepted=True)
                count[domain] -= 1
            elif step == "slow down":
                domains.slow_down(domain, now)
                assert not domains.admits(domain, now)
            assert count["a"] <= 2
        for domain, number in count.items():
            for _ in range(number):
                domains.end(domain)
        now += 1000.0
        assert domains.admits("a", now)
        assert domains.admits("b", now)

    asyncio.run(walk())
