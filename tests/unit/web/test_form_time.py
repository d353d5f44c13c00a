"""The signed moment in a form."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.identity import SigningKeys, keyed_hash
from digest.subscribers.tokens import Purpose, sign
from digest.web.form_time import made_at, stamp

OLD, NEW = bytes(range(32)), bytes(range(32, 64))
KEYS = SigningKeys(((1, OLD),))


def test_it_says_when_a_form_was_made_to_the_second(now):
    assert made_at(KEYS, stamp(KEYS, now + timedelta(seconds=0.9))) == now


def test_a_form_from_before_a_new_key_is_known_and_one_of_a_key_that_is_gone_is_not(now):
    written = stamp(KEYS, now)
    assert made_at(SigningKeys(((2, NEW), (1, OLD))), written) == now
    assert made_at(SigningKeys(((2, NEW),)), written) is None
    assert made_at(SigningKeys(((1, NEW),)), written) is None


def test_no_other_moment_passes_for_it(now):
    key, seconds, mac = stamp(KEYS, now).split(".")
    for text in (f"{key}.{int(seconds) - 60}.{mac}", f"{key}.0{seconds}.{mac}", f"{key}.{seconds}.{mac.upper()}"):
        assert made_at(KEYS, text) is None
    assert made_at(KEYS, f"{key}.{seconds}.{keyed_hash(OLD, b'1 ' + seconds.encode())[:16].hex()}") is None


@pytest.mark.parametrize(
    "text", ["", "..", "1.2.3", "999.1." + "0" * 32, "1." + "9" * 40 + "." + "0" * 32, "١.1." + "0" * 32]
)
def test_what_is_no_stamp_is_none(text):
    assert made_at(KEYS, text) is None


@given(st.text())
def test_nothing_a_stranger_writes_is_believed_or_breaks_it(text):
    assert made_at(KEYS, text) is None


def test_a_link_is_no_stamp(now):
    assert made_at(KEYS, sign(KEYS, Purpose.CONFIRM, "0" * 32)) is None
