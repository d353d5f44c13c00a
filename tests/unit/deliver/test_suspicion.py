import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.outcome import Outcome, Stage, judge
from digest.deliver.states import Verb
from digest.deliver.suspicion import DOMAINS, FAILURES, FORGOTTEN_AFTER, OF_LAST, REMEMBERED, Spike, Suspicion

POLICY = judge(Stage.RCPT, 550, "5.7.1 not from you")


@pytest.mark.parametrize("reply", ["5.7.1 policy", "5.7.26 unauthenticated", "5.3.0 system", "5.3.4 too big"])
def test_three_domains_that_answer_alike_speak_of_the_relay(reply):
    suspicion, outcome = Suspicion(), judge(Stage.DOT, 554, reply)
    assert suspicion.refused(1, "a", outcome) == frozenset()
    assert suspicion.refused(2, "a", outcome) == frozenset()
    assert suspicion.refused(3, "b", outcome) == frozenset()
    assert suspicion.refused(4, "c", outcome) == {1, 2, 3, 4}
    assert suspicion.refused(5, "d", outcome) == frozenset()  # and it begins anew


@pytest.mark.parametrize(
    "reply", ["5.1.1 nobody", "5.2.2 full", "5.4.4 no route", "no code", "5.77.1 odd", "4.7.1 later"]
)
def test_other_refusals_speak_of_the_addresses(reply):
    suspicion = Suspicion()
    for number, domain in enumerate("abcdefgh"):
        assert not suspicion.refused(number, domain, judge(Stage.RCPT, 550, reply))


def test_a_deferral_is_no_refusal():
    suspicion = Suspicion()
    outcome = Outcome(Verb.DEFER, Stage.RCPT, 550, "5.7.1", "5.7.1 no")
    assert not any(suspicion.refused(number, domain, outcome) for number, domain in enumerate("abcd"))


def test_only_those_that_answer_alike_are_counted_together():
    suspicion = Suspicion()
    codes = ["5.7.1", "5.7.26", "5.3.0"]
    for number, (domain, code) in enumerate(zip("abc", codes, strict=True)):
        assert not suspicion.refused(number, domain, judge(Stage.RCPT, 550, f"{code} no"))


@pytest.mark.parametrize(("accepted", "suspected"), [(FORGOTTEN_AFTER - 1, True), (FORGOTTEN_AFTER, False)])
def test_messages_accepted_clear_the_relay(accepted, suspected):
    suspicion = Suspicion()
    suspicion.refused(1, "a", POLICY)
    suspicion.refused(2, "b", POLICY)
    for _ in range(accepted):
        suspicion.accepted()
    assert bool(suspicion.refused(3, "c", POLICY)) == suspected


def test_one_strict_domain_is_remembered_in_bounds_and_hides_no_other():
    suspicion = Suspicion()
    for number in range(REMEMBERED * 2):
        assert not suspicion.refused(number, "strict", POLICY)
    suspicion.refused(5000, "b", POLICY)
    again = suspicion.refused(5001, "c", POLICY)
    assert {5000, 5001} <= again
    assert len(again) <= REMEMBERED + DOMAINS


@given(st.lists(st.sampled_from([Verb.ACCEPT, Verb.FAIL, Verb.DEFER, Verb.RELEASE, Verb.LOSE]), max_size=150))
def test_a_spike_is_so_many_failures_among_the_last_that_are_known(verbs):
    spike, known = Spike(), []
    for verb in verbs:
        told = spike.add(verb)
        known += [verb] if verb in (Verb.ACCEPT, Verb.FAIL) else []
        assert told == (verb is Verb.FAIL and known[-OF_LAST:].count(Verb.FAIL) >= FAILURES)


def test_cleared_it_counts_anew():
    spike = Spike()
    for _ in range(FAILURES - 1):
        assert not spike.add(Verb.FAIL)
    spike.clear()
    assert not spike.add(Verb.FAIL)
