from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.deliver.outcome import NO_SUCH_ADDRESS, Blame, Outcome, Stage, blame, judge, lacks_smtputf8, lost
from digest.deliver.states import DeliveryState, Verb, move

ABOUT_US = (Stage.CONNECT, Stage.EHLO, Stage.STARTTLS, Stage.AUTH, Stage.MAIL)


@pytest.mark.parametrize(
    ("stage", "code", "reply", "verb"),
    [
        # The reply to the final dot.
        (Stage.DOT, 250, "2.0.0 queued as 4F1", Verb.ACCEPT),
        (Stage.DOT, 250, "OK", Verb.ACCEPT),
        (Stage.DOT, 250, "5.0.0 whatever it says", Verb.ACCEPT),
        (Stage.DOT, 451, "4.3.0 try later", Verb.DEFER),
        (Stage.DOT, 452, "", Verb.DEFER),
        (Stage.DOT, 421, "4.7.0 closing", Verb.DEFER),
        (Stage.DOT, 550, "5.7.1 looks like spam", Verb.FAIL),
        (Stage.DOT, 554, "rejected", Verb.FAIL),
        # RCPT speaks of the address.
        (Stage.RCPT, 450, "4.2.0 greylisted", Verb.DEFER),
        (Stage.RCPT, 452, "4.2.2 mailbox full", Verb.DEFER),
        (Stage.RCPT, 550, "5.1.1 no such user", Verb.FAIL),
        (Stage.RCPT, 550, "no such user", Verb.FAIL),
        (Stage.RCPT, 552, "5.2.2 mailbox full", Verb.FAIL),
        (Stage.RCPT, 421, "4.4.2 closing", Verb.RELEASE),
        (Stage.DATA, 451, "4.3.0 no space", Verb.DEFER),
        (Stage.DATA, 554, "no valid recipients", Verb.FAIL),
        (Stage.DATA, 421, "bye", Verb.RELEASE),
        # The enhanced code comes before the basic one.
        (Stage.RCPT, 550, "4.2.1 disabled for now", Verb.DEFER),
        (Stage.RCPT, 450, "5.1.1 no such user", Verb.FAIL),
        (Stage.DOT, 554, "4.7.1 try again", Verb.DEFER),
        # What isn't known is deferred.
        (Stage.RCPT, 999, "?", Verb.DEFER),
        (Stage.DOT, 354, "go on", Verb.DEFER),
        (Stage.DOT, 0, "", Verb.DEFER),
    ],
)
def test_what_a_reply_means(stage, code, reply, verb):
    assert judge(stage, code, reply).verb is verb


@pytest.mark.parametrize(("stage", "code"), list(product(ABOUT_US, [220, 421, 450, 454, 500, 530, 535, 550, 554])))
def test_what_is_said_of_us_leaves_the_subscriber_untouched(stage, code):
    outcome = judge(stage, code, "5.1.1 no")
    assert (outcome.verb, outcome.suppress) == (Verb.RELEASE, False)


@given(st.sampled_from(Stage), st.integers(0, 999), st.text(max_size=30))
def test_only_the_final_dot_accepts_and_every_outcome_moves_a_claimed_delivery(stage, code, reply):
    outcome = judge(stage, code, reply)
    assert (outcome.verb is Verb.ACCEPT) == (stage is Stage.DOT and 200 <= code < 300)
    assert move(DeliveryState.CLAIMED, outcome.verb)
    assert (outcome.stage, outcome.code) == (stage, code)


@pytest.mark.parametrize(("code", "enhanced"), list(product([450, 550], sorted(NO_SUCH_ADDRESS))))
@pytest.mark.parametrize("stage", [Stage.RCPT, Stage.DATA, Stage.DOT])
def test_an_address_that_doesn_t_exist_is_suppressed(stage, code, enhanced):
    outcome = judge(stage, code, f"{enhanced} <ada@example.org> unknown")
    assert (outcome.verb, outcome.suppress, outcome.enhanced) == (Verb.FAIL, True, enhanced)


@pytest.mark.parametrize(
    "reply",
    [
        "no such user",
        "5.2.2 full",
        "5.7.1 policy 5.1.1",
        "4.1.1 not now",
        "5.1.10.3 what",
        "5.1.1: odd",
        "x5.1.1 no",
        "",
    ],
)
def test_other_refusals_suppress_nobody(reply):
    assert not judge(Stage.RCPT, 550, reply).suppress
    assert not judge(Stage.DOT, 250, "5.1.1 accepted all the same").suppress


@pytest.mark.parametrize(
    ("reply", "enhanced"),
    [
        ("5.1.1 no", "5.1.1"),
        ("5.1.1", "5.1.1"),
        ("  5.1.10\tno", "5.1.10"),
        ("5.1.1\n5.1.1 in two lines", "5.1.1"),
        ("5.1", ""),
        ("3.1.1 no class", ""),
        ("5.1.1234 too long", ""),
        ("٥.١.١ no", ""),
        ("5.١.1 no", ""),
        ("no 5.1.1", ""),
    ],
)
def test_the_enhanced_code_stands_first_or_not_at_all(reply, enhanced):
    assert judge(Stage.RCPT, 550, reply).enhanced == enhanced


@given(st.text(max_size=2000))
def test_a_strangers_reply_is_one_bounded_line_that_can_be_printed(reply):
    for outcome in (judge(Stage.RCPT, 550, reply), lost(Stage.DOT, reply)):
        assert outcome.reply.isprintable()
        assert len(outcome.reply) <= 500
        assert outcome.reply == outcome.reply.strip()


def test_a_reply_moves_no_cursor():
    assert judge(Stage.RCPT, 550, "5.1.1 no\r\n\x1b[2Jsuch\x00 user").reply == "5.1.1 no [2Jsuch user"
    assert lost(Stage.DATA, "timed\n out\x07").reply == "timed out"


@pytest.mark.parametrize("stage", Stage)
def test_silence_before_the_message_left_is_nobodys_fault_and_behind_it_uncertain(stage):
    verb = Verb.LOSE if stage is Stage.DOT else Verb.RELEASE
    assert lost(stage, "timed out") == Outcome(verb, stage, 0, "", "timed out")


@pytest.mark.parametrize(
    ("code", "reply", "counts"),
    [
        (552, "5.2.2 mailbox full", True),
        (550, "5.2.1 disabled", True),
        (550, "5.4.1 no answer from host", True),
        (550, "5.4.4 unable to route", True),
        (550, "5.1.1 no such user", False),
        (550, "5.7.1 policy", False),
        (550, "5.20.1 no such class", False),
        (550, "full", False),
        (452, "4.2.2 full for now", False),
    ],
)
def test_a_mailbox_that_can_t_be_reached_counts_against_its_address(code, reply, counts):
    assert (judge(Stage.RCPT, code, reply).blame is Blame.UNREACHABLE) == counts
    assert judge(Stage.MAIL, code, reply).blame is Blame.NOTHING  # that is about us


@pytest.mark.parametrize(
    ("status", "blamed"),
    [
        *((status, Blame.GONE) for status in sorted(NO_SUCH_ADDRESS)),
        ("5.2.2", Blame.UNREACHABLE),
        ("4.2.2", Blame.UNREACHABLE),  # full until they gave up
        ("4.4.7", Blame.UNREACHABLE),
        ("5.4.14", Blame.UNREACHABLE),
        ("4.1.1", Blame.NOTHING),
        ("5.1.2", Blame.NOTHING),
        ("5.1.100", Blame.NOTHING),
        ("5.20.1", Blame.NOTHING),
        ("5.3.4", Blame.NOTHING),
        ("5.7.1", Blame.NOTHING),
        ("5.7.511", Blame.NOTHING),
        ("5.0.0", Blame.NOTHING),
        ("2.2.2", Blame.NOTHING),
        ("", Blame.NOTHING),
    ],
)
def test_what_a_final_failure_says_of_its_address(status, blamed):
    assert blame(status) is blamed


def test_what_is_said_is_the_reply_in_full_or_what_was_met_instead():
    assert judge(Stage.RCPT, 550, "5.1.1 no such user").said == "550 5.1.1 no such user"
    assert lost(Stage.DOT, "timed out").said == "timed out"


@pytest.mark.parametrize("stage", [Stage.MAIL, Stage.RCPT, Stage.DOT])
def test_a_relay_that_takes_no_letters_outside_ascii_speaks_of_the_address_and_suppresses_nobody(stage):
    outcome = judge(stage, 550, "5.6.7 address needs SMTPUTF8")
    assert outcome.verb is Verb.FAIL
    assert not (outcome.suppress or outcome.blame is Blame.UNREACHABLE)


def test_a_message_that_a_relay_cannot_take_fails_without_a_reply():
    outcome = lacks_smtputf8("main")
    assert (outcome.verb, outcome.code, outcome.enhanced) == (Verb.FAIL, 0, "5.6.7")
    assert outcome.said == "the relay main doesn't offer SMTPUTF8, which the address needs"
    assert not (outcome.suppress or outcome.blame is Blame.UNREACHABLE or outcome.wants_less)
