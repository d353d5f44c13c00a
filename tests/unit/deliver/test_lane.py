import asyncio

import pytest

from digest.deliver.lane import FAULTS, FIRST_BREAK, LONGEST_BREAK, Lane
from digest.deliver.outcome import Stage, judge, lost
from digest.deliver.pace import FIRST_REST, Limit

ACCEPTED = judge(Stage.DOT, 250, "2.0.0 queued")
DOWN = lost(Stage.CONNECT, "refused")
NOT_US = judge(Stage.MAIL, 550, "5.7.1 who are you")
TOO_MANY = judge(Stage.CONNECT, 421, "4.7.0 too many connections")
GONE = lost(Stage.DOT, "the server closed the connection")


class Connection:
    """A session that counts its goodbyes."""

    closed = 0

    async def close(self):
        self.closed += 1


def lane(connections=4):
    return Lane("main", Connection, Limit(connections))


def in_flight(one, messages):
    async def take():
        return [await one.take() for _ in range(messages)]

    return asyncio.run(take())


@pytest.mark.parametrize("fault", [DOWN, NOT_US, GONE, judge(Stage.EHLO, 421, "4.3.2 closing")])
def test_so_many_faults_in_a_row_open_the_breaker_and_it_is_said_why(fault):
    one = lane()
    assert [one.note(fault, 10.0) for _ in range(FAULTS - 1)] == [""] * (FAULTS - 1)
    assert not one.trouble
    assert one.note(fault, 10.0) == f"can't be used ({one.trouble})"
    assert one.trouble == f"{fault.stage}: {fault.said}"
    assert one.pace.is_resting(10.0 + FIRST_BREAK - 0.1)
    assert not one.pace.is_resting(10.0 + FIRST_BREAK)


@pytest.mark.parametrize(
    "answer",
    [ACCEPTED, judge(Stage.RCPT, 550, "5.1.1 nobody"), judge(Stage.RCPT, 450, "4.2.0 later")],
)
def test_what_speaks_of_an_address_shows_that_the_relay_works(answer):
    one = lane()
    for _ in range(10):
        for _ in range(FAULTS - 1):
            one.note(DOWN, 0.0)
        one.note(answer, 0.0)
    assert not one.trouble


def test_what_was_in_flight_when_it_opened_changes_nothing():
    one = lane()
    for _ in range(FAULTS):
        one.note(DOWN, 0.0)
    assert [one.note(NOT_US, 1.0) for _ in range(5)] == [""] * 5
    assert one.trouble == "connect: refused"
    assert not one.pace.is_resting(FIRST_BREAK)


def test_after_its_rest_one_message_tries_it_and_a_single_fault_is_enough():
    one, now, rests = lane(), 0.0, []
    for _ in range(FAULTS):
        one.note(DOWN, now)
    for _ in range(6):
        began = now
        while one.pace.is_resting(now):
            now += 10.0
        rests.append(now - began)
        assert one.trouble  # until a message was accepted
        assert one.note(DOWN, now)
    assert rests == [FIRST_BREAK, 120.0, 240.0, LONGEST_BREAK, LONGEST_BREAK, LONGEST_BREAK]


def test_an_accepted_message_closes_it_and_the_next_break_is_short_again():
    one = lane()
    for now in (0.0, 100.0, 500.0):
        one.open_breaker("down", now)
    one.note(ACCEPTED, 2000.0)
    assert not one.trouble
    one.open_breaker("down", 3000.0)
    assert not one.pace.is_resting(3000.0 + FIRST_BREAK)


@pytest.mark.parametrize("others", [1, 3])
def test_one_connection_too_many_is_no_fault(others):
    """The connection that was refused is back when its outcome is looked at; `others` are at work."""
    one = lane()
    in_flight(one, others)
    assert one.note(TOO_MANY, 0.0) == f"asks for less; it rests {FIRST_REST:g} s"
    assert one.note(TOO_MANY, 0.5) == ""
    for moment in range(100, 1000, 100):
        one.note(TOO_MANY, float(moment))
    assert not one.trouble


def test_the_only_connection_refused_again_and_again_is_a_fault():
    one = lane()
    for _ in range(FAULTS):
        one.note(TOO_MANY, 0.0)
    assert one.trouble == "connect: 421 4.7.0 too many connections"


def test_connections_are_kept_and_each_is_told_goodbye_once():
    one = lane()
    first, second = in_flight(one, 2)
    one.give_back(first)
    assert in_flight(one, 1) == [first]
    asyncio.run(one.close())  # also the one whose message was abandoned
    assert (first.closed, second.closed, one.sent) == (1, 1, 3)
