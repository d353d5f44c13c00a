from datetime import UTC, datetime, timedelta

import pytest

from digest.deliver.choice import Domains
from digest.deliver.delivery import Claim
from digest.deliver.lane import FAULTS, FIRST_BREAK, Lane
from digest.deliver.lessons import Lessons
from digest.deliver.outcome import Stage, judge, lacks_smtputf8, lost
from digest.deliver.pace import Limit
from digest.deliver.states import Verb
from digest.deliver.suspicion import FAILURES

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

ACCEPTED = judge(Stage.DOT, 250, "2.0.0 queued")
POLICY = judge(Stage.RCPT, 550, "5.7.1 not from you")
NOBODY = judge(Stage.RCPT, 550, "5.1.1 nobody")
RATE = judge(Stage.RCPT, 450, "4.7.28 your rate is too high")
DOWN = lost(Stage.CONNECT, "refused")


def claim(number=1, domain="example.org", attempts=0):
    return Claim(number, f"reader{number}", f"reader{number}@{domain}", domain, "key", "", "edition", NOW, attempts)


@pytest.fixture
def lane():
    return Lane("main", object, Limit(4))


@pytest.fixture
def lessons():
    return Lessons(Domains())


def settle(lessons, lane, outcome, number=1, domain="example.org", now=0.0, attempts=0):
    return lessons.settle(claim(number, domain, attempts), lane, outcome, NOW, now)


def test_a_settlement_says_what_came_of_what_and_when(lessons, lane):
    settled = settle(lessons, lane, ACCEPTED)
    assert (settled.claim, settled.outcome, settled.relay, settled.at, settled.again) == (
        claim(), ACCEPTED, "main", NOW, None,
    )  # fmt: skip
    assert settle(lessons, lane, NOBODY).again is None


@pytest.mark.parametrize("outcome", [judge(Stage.RCPT, 450, "4.2.0 later"), lost(Stage.DOT, "gone")])
@pytest.mark.parametrize(("attempts", "least"), [(0, 1), (1, 2), (2, 4), (7, 128), (8, 240), (50, 240)])
def test_what_is_deferred_or_uncertain_waits_longer_each_time(lessons, lane, outcome, attempts, least):
    again = settle(lessons, lane, outcome, attempts=attempts).again
    assert least * MINUTE <= again - NOW <= least * MINUTE * 1.25


def test_what_the_relay_was_at_fault_for_is_tried_at_once_until_its_breaker_is_open(lessons, lane):
    for _ in range(FAULTS):
        assert settle(lessons, lane, DOWN).again == NOW
    assert lane.trouble
    assert MINUTE <= settle(lessons, lane, DOWN).again - NOW <= 1.25 * MINUTE
    assert settle(lessons, lane, DOWN).again - NOW >= 2 * MINUTE
    assert settle(lessons, lane, DOWN, number=2).again == NOW


def test_three_domains_that_answer_alike_are_tried_again_and_count_for_no_spike(lessons, lane):
    for number, domain in enumerate("abc", 1):
        assert settle(lessons, lane, POLICY, number, domain).outcome.verb is Verb.FAIL
    assert lessons.reopened == {1, 2, 3}
    assert lane.trouble == "several domains answer alike: 550 5.7.1 not from you"
    lane.note(ACCEPTED, 0.0)
    for number in range(10, 10 + FAILURES - 1):
        settle(lessons, lane, NOBODY, number)
    assert not lessons.spike


def test_while_the_relay_is_in_trouble_what_it_refuses_is_its_own_fault(lessons, lane):
    for number, domain in enumerate("abc", 1):
        settle(lessons, lane, POLICY, number, domain)
    late = settle(lessons, lane, POLICY, 4, "d", now=1.0)
    assert (late.outcome.verb, late.outcome.suppress, late.again) == (Verb.RELEASE, False, NOW)
    assert settle(lessons, lane, NOBODY, 5, "e", now=1.0).outcome.verb is Verb.FAIL  # that is the address's


def test_after_its_rest_a_relay_that_refuses_as_before_rests_again(lessons, lane):
    for number, domain in enumerate("abc", 1):
        settle(lessons, lane, POLICY, number, domain)
    after = FIRST_BREAK + 1
    assert not lane.pace.is_resting(after)
    settle(lessons, lane, POLICY, 4, "d", now=after)
    assert lane.pace.is_resting(after + FIRST_BREAK)
    assert lane.trouble


def test_one_strict_domain_fails_and_no_more(lessons, lane):
    for number in range(1, FAILURES):
        assert settle(lessons, lane, POLICY, number, "strict").outcome.verb is Verb.FAIL
    assert not lessons.reopened
    assert not lane.trouble


def test_a_domain_that_asks_for_less_rests_and_the_relay_doesn_t(lessons, lane):
    settle(lessons, lane, RATE, domain="busy")
    assert not lessons.domains.admits("busy", 0.0)
    assert lessons.domains.admits("another", 0.0)
    assert not lane.pace.is_resting(0.0)


@pytest.mark.parametrize(
    "reply",
    [
        "4.7.1 Greylisted, try again later",
        "4.7.1 Graylisting in effect, try again later",
        "4.2.2 quota exceeded",
        "4.2.1 mailbox receives mail at a rate that is too high",
        "4.1.8 sender address limit",
        "4.3.0 corporate policy",
        "4.3.0 internal error",
    ],
)
def test_other_deferrals_speak_of_the_address_and_let_its_domain_go_on(lessons, lane, reply):
    settle(lessons, lane, judge(Stage.RCPT, 450, reply), domain="busy")
    assert lessons.domains.admits("busy", 0.0)


@pytest.mark.parametrize("reply", ["4.7.28 rate", "4.7.0 too many messages", "slow down", "4.3.2 limit", "throttled"])
def test_what_asks_for_less_is_told_by_its_words(lessons, lane, reply):
    settle(lessons, lane, judge(Stage.RCPT, 451, reply), domain="busy")
    assert not lessons.domains.admits("busy", 0.0)


def test_so_many_failures_pause_the_list(lessons, lane):
    for number in range(FAILURES - 1):
        settle(lessons, lane, NOBODY, number)
        assert not lessons.spike
    settle(lessons, lane, ACCEPTED, 100)
    settle(lessons, lane, NOBODY, 101)
    assert lessons.spike
    settle(lessons, lane, ACCEPTED, 102)
    assert lessons.spike  # it stays until somebody has looked


def test_messages_that_no_relay_was_offered_neither_pause_a_list_nor_speak_of_a_relay(lessons, lane):
    for number in range(FAILURES * 3):
        settled = settle(lessons, lane, lacks_smtputf8("main"), number, f"d{number}.example.org")
        assert settled.again is None
    assert not (lessons.spike or lessons.reopened or lane.trouble)
