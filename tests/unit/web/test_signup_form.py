"""The subscribe form as it comes in."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import FormData

from digest.subscribers.address import Address
from digest.topics.topic import Topic
from digest.web.offer import Offer
from digest.web.signup_form import Mistake, SignupForm, address_of

TOPICS = tuple(Topic(name, name.title()) for name in ("agents", "robotics", "vision"))
OFFER = Offer("daily", "Daily", "", TOPICS, "daily", {"daily": date(2026, 11, 25), "weekly": None}, None)


def read(*fields):
    return SignupForm.read(FormData(list(fields)), OFFER)


def test_what_was_typed_and_chosen_is_kept():
    form = read(("email", " ada@example.org "), ("topic", "vision"), ("topic", "agents"), ("frequency", "weekly"))
    assert (form.address, form.topics, form.frequency) == ("ada@example.org", ("agents", "vision"), "weekly")
    assert not form.trapped


def test_all_topics_are_no_choice():
    assert read(*(("topic", topic.id) for topic in TOPICS)).topics == ()


def test_what_the_list_does_not_offer_is_left_out():
    form = read(("topic", "' OR 1=1"), ("topic", "robotics"), ("frequency", "hourly"))
    assert (form.topics, form.frequency) == (("robotics",), "daily")


def test_an_empty_form_asks_for_an_address_and_nothing_else():
    assert address_of(read()) == Mistake()


@pytest.mark.parametrize(
    "typed",
    ["ada", "ada@", "Ada <ada@example.org>", "ada@example.org\r\nBcc: x@example.net", "ada@example.org,x@example.net"],
)
def test_what_is_no_address_is_refused_with_a_reason(typed):
    found = address_of(read(("email", typed)))
    assert isinstance(found, Mistake)
    assert found.reason


def test_a_likely_other_address_is_asked_about_once():
    assert address_of(read(("email", "ada@example.con"))) == Mistake(meant="ada@example.com")
    insisted = read(("email", "ada@example.con"), ("insisted", "ada@example.con"))
    assert address_of(insisted) == Address("ada@example.con", "ada@example.con")
    other = read(("email", "bob@example.con"), ("insisted", "ada@example.con"))
    assert address_of(other) == Mistake(meant="bob@example.com")


def test_the_trap_is_seen():
    assert read(("homepage", "https://spam.example.net")).trapped


@given(st.lists(st.tuples(st.sampled_from(["email", "topic", "frequency", "made", "insisted"]), st.text())))
def test_whatever_comes_in_is_a_form_of_bounded_size(fields):
    form = read(*fields)
    assert len(form.address) <= 508
    assert len(form.insisted) <= 508
    assert form.frequency in OFFER.coming
    assert set(form.topics) < {topic.id for topic in TOPICS}
    address_of(form)
