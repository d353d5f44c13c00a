from itertools import product

import pytest

from digest.errors import StateError
from digest.issues.issue import IssueKey
from digest.issues.states import TRANSITIONS, IssueState, Verb, move, possible

# Written out a second time on purpose: a slip in the table must not pass with it.
STEPS = {
    ("draft", "approve"): "approved",
    ("draft", "cancel"): "cancelled",
    ("approved", "start"): "sending",
    ("approved", "pause"): "paused",
    ("approved", "cancel"): "cancelled",
    ("sending", "pause"): "paused",
    ("sending", "finish"): "finished",
    ("sending", "cancel"): "cancelled",
    ("paused", "resume"): "sending",
    ("paused", "cancel"): "cancelled",
    ("finished", "reopen"): "sending",
}
EVERY_PAIR = list(product(IssueState, Verb))
KEY = IssueKey("ml", "daily", "2026-11-24")


@pytest.mark.parametrize(("state", "verb"), EVERY_PAIR)
def test_every_step_and_every_refusal(state: IssueState, verb: Verb) -> None:
    if (state, verb) in STEPS:
        assert move(state, verb) == STEPS[state, verb]
    else:
        with pytest.raises(StateError) as refusal:
            move(state, verb, KEY)
        text = str(refusal.value)
        assert text.startswith(f"issue ml/daily/2026-11-24 is {state}; it can't be ")
        assert "\n" not in text


@pytest.mark.parametrize(
    ("state", "verb", "text"),
    [
        ("finished", "pause", "issue ml/daily/2026-11-24 is finished; it can't be paused, only reopened"),
        (
            "cancelled",
            "start",
            "issue ml/daily/2026-11-24 is cancelled; it can't be started, for that is final",
        ),
        (
            "paused",
            "start",
            "issue ml/daily/2026-11-24 is paused; it can't be started, only resumed or cancelled",
        ),
        (
            "sending",
            "approve",
            "issue ml/daily/2026-11-24 is sending; it can't be approved, only paused or cancelled",
        ),
        (
            "approved",
            "resume",
            "issue ml/daily/2026-11-24 is approved; it can't be resumed, only started, paused or cancelled",
        ),
    ],
)
def test_a_refusal_says_what_is_possible(state: str, verb: str, text: str) -> None:
    with pytest.raises(StateError) as refusal:
        move(IssueState(state), Verb(verb), KEY)
    assert str(refusal.value) == text


def test_without_a_name_it_is_the_issue() -> None:
    with pytest.raises(StateError, match=r"^the issue is draft; it can't be paused, only approved or cancelled$"):
        move(IssueState.DRAFT, Verb.PAUSE)


def test_nothing_leaves_cancelled() -> None:
    assert {state for state in IssueState if not possible(state)} == {"cancelled"}


def test_only_a_retry_leads_out_of_finished() -> None:
    assert possible(IssueState.FINISHED) == (Verb.REOPEN,)
    assert [before for before, verb in TRANSITIONS if verb is Verb.REOPEN] == [IssueState.FINISHED]


def test_nothing_gets_out_of_a_pause_but_an_editor() -> None:
    assert possible(IssueState.PAUSED) == (Verb.RESUME, Verb.CANCEL)


def test_an_approved_issue_can_be_paused_and_go_on() -> None:
    paused = move(IssueState.APPROVED, Verb.PAUSE)
    assert move(paused, Verb.RESUME) is IssueState.SENDING


def test_only_a_sending_issue_finishes_and_only_a_draft_is_approved() -> None:
    assert [before for before, verb in TRANSITIONS if verb is Verb.FINISH] == [IssueState.SENDING]
    assert [before for before, verb in TRANSITIONS if verb is Verb.APPROVE] == [IssueState.DRAFT]


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        TRANSITIONS[IssueState.FINISHED, Verb.RESUME] = IssueState.SENDING  # type: ignore[index]
