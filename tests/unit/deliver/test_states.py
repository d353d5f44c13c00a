from itertools import product

import pytest

from digest.deliver.states import FINAL, TRANSITIONS, WAITING, DeliveryState, Verb, move
from digest.errors import StateError

S, V = DeliveryState, Verb

# Every way there is, written out once more; all others are refused.
WAYS = {
    (S.PLANNED, V.CLAIM): S.CLAIMED,
    (S.DEFERRED, V.CLAIM): S.CLAIMED,
    (S.CLAIMED, V.RELEASE): S.DEFERRED,
    (S.CLAIMED, V.ACCEPT): S.ACCEPTED,
    (S.CLAIMED, V.DEFER): S.DEFERRED,
    (S.CLAIMED, V.LOSE): S.DEFERRED,
    (S.CLAIMED, V.FAIL): S.FAILED,
    (S.CLAIMED, V.HOLD): S.HELD,
    (S.DEFERRED, V.RETRY): S.DEFERRED,
    (S.FAILED, V.RETRY): S.DEFERRED,
    (S.HELD, V.RETRY): S.DEFERRED,
    (S.EXPIRED, V.RETRY): S.DEFERRED,
    (S.PLANNED, V.EXPIRE): S.EXPIRED,
    (S.DEFERRED, V.EXPIRE): S.EXPIRED,
    (S.PLANNED, V.SUPPRESS): S.SUPPRESSED,
    (S.DEFERRED, V.SUPPRESS): S.SUPPRESSED,
    (S.PLANNED, V.CANCEL): S.CANCELLED,
    (S.DEFERRED, V.CANCEL): S.CANCELLED,
}


@pytest.mark.parametrize(("state", "verb"), list(product(S, V)))
def test_a_delivery_goes_these_ways_and_no_other(state, verb):
    if (state, verb) in WAYS:
        assert move(state, verb) is WAYS[state, verb]
        return
    with pytest.raises(StateError, match=f"{state}.*{verb}"):
        move(state, verb)


def test_a_delivery_waits_is_claimed_or_is_done():
    assert set(S) == WAITING | {S.CLAIMED} | FINAL
    assert not WAITING & FINAL
    assert S.CLAIMED not in WAITING | FINAL


def test_an_issue_is_finished_by_exactly_the_states_that_nothing_but_a_retry_leaves():
    left = [sources for verb, (sources, _) in TRANSITIONS.items() if verb is not V.RETRY]
    assert {state for state in S if not any(state in sources for sources in left)} == FINAL
    assert {str(s) for s in FINAL} == {"accepted", "failed", "expired", "suppressed", "held", "cancelled"}


def test_nothing_is_sent_that_wasn_t_claimed_and_nothing_claimed_is_taken_away():
    sent = {V.ACCEPT, V.FAIL, V.DEFER, V.LOSE, V.HOLD, V.RELEASE}
    assert {verb for verb in V if S.CLAIMED in TRANSITIONS[verb][0]} == sent
    assert all(TRANSITIONS[verb][0] == (S.CLAIMED,) for verb in sent)
    assert set(TRANSITIONS) == set(V)
