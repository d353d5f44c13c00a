import string
from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ConfigError
from digest.subscribers.identity import SigningKeys
from digest.subscribers.tokens import Purpose, Token, _mac, sign, verify

SECRET = bytes(range(32))
KEYS = SigningKeys(((7, SECRET), (3, bytes(32))))
READER = "00112233445566778899aabbccddeeff"
TOKEN = "AQcBABEiM0RVZneImaq7zN3u_66SZkSaqIIevSFOES6SMRg"
ALPHABET = string.ascii_letters + string.digits + "-_"

readers = st.binary(min_size=16, max_size=16).map(bytes.hex)
purposes = st.sampled_from(Purpose)


# Computed with `openssl dgst -sha256 -mac HMAC` over the layout in the module's docstring. Links like
# this one lie in readers' mailboxes; the format can't change.
def test_a_token_is_what_it_has_always_been() -> None:
    assert sign(KEYS, Purpose.UNSUBSCRIBE, READER) == TOKEN
    assert verify(KEYS, TOKEN) == Token(Purpose.UNSUBSCRIBE, READER, 7)
    assert {purpose.name: purpose.value for purpose in Purpose} == {
        "UNSUBSCRIBE": 1,
        "PREFERENCES": 2,
        "CONFIRM": 3,
        "VIEW": 4,
    }


@given(purposes, readers, st.sampled_from([None, 3, 7]))
def test_what_is_signed_is_read_back(purpose: Purpose, reader: str, key_id: int | None) -> None:
    token = sign(KEYS, purpose, reader, key_id)
    assert len(token) == 47
    assert set(token) <= set(ALPHABET)
    assert token == sign(KEYS, purpose, reader, key_id)
    assert verify(KEYS, token) == Token(purpose, reader, key_id or 7)


def test_any_changed_bit_is_refused() -> None:
    raw = urlsafe_b64decode(TOKEN + "=")
    for bit in range(len(raw) * 8):
        changed = bytearray(raw)
        changed[bit // 8] ^= 1 << bit % 8
        assert verify(KEYS, urlsafe_b64encode(changed).rstrip(b"=").decode()) is None, bit


def test_any_changed_letter_is_refused() -> None:
    for place in range(len(TOKEN)):
        for letter in ALPHABET:
            if letter != TOKEN[place]:
                assert verify(KEYS, TOKEN[:place] + letter + TOKEN[place + 1 :]) is None


@pytest.mark.parametrize(
    "token",
    [
        "",
        TOKEN[:-1],
        TOKEN + "A",
        TOKEN + "=",
        TOKEN + "\n",
        " " + TOKEN,
        TOKEN[:20] + " " + TOKEN[20:],
        TOKEN[:20] + "\n" + TOKEN[21:],
        TOKEN.replace("_", "/"),
        TOKEN[:-1] + "é",
        "ａ" * 47,
        "\0" * 47,
        "A" * 47,
    ],
)
def test_other_spellings_and_lengths_are_refused(token: str) -> None:
    assert verify(KEYS, token) is None


@given(st.text() | st.text(ALPHABET, min_size=47, max_size=47))
def test_whatever_a_stranger_sends_is_no_token(token: str) -> None:
    assert verify(KEYS, token) is None


@pytest.mark.parametrize("head", [bytes((2, 7, 1)), bytes((0, 7, 1)), bytes((1, 7, 0)), bytes((1, 7, 5))])
def test_another_version_or_purpose_is_refused_though_the_mac_is_right(head: bytes) -> None:
    raw = head + bytes.fromhex(READER)
    token = urlsafe_b64encode(raw + _mac(SECRET, raw)).rstrip(b"=").decode()
    assert len(token) == 47
    assert verify(KEYS, token) is None


def test_rotation_keeps_old_links_and_frozen_issues() -> None:
    old = SigningKeys(((3, bytes(32)),))
    sent = sign(old, Purpose.UNSUBSCRIBE, READER)
    assert verify(KEYS, sent) == Token(Purpose.UNSUBSCRIBE, READER, 3)
    assert sign(KEYS, Purpose.UNSUBSCRIBE, READER) != sent
    assert sign(KEYS, Purpose.UNSUBSCRIBE, READER, key_id=3) == sent


def test_a_key_that_was_taken_away_verifies_and_signs_nothing() -> None:
    left = SigningKeys(((3, bytes(32)),))
    assert verify(left, TOKEN) is None
    with pytest.raises(ConfigError, match="lacks the key 7"):
        sign(left, Purpose.VIEW, READER, key_id=7)


def test_another_secret_under_the_same_id_is_refused() -> None:
    assert verify(SigningKeys(((7, bytes(32)),)), TOKEN) is None


@pytest.mark.parametrize("reader", ["", READER[:-2], READER + "00", "x" * 32])
def test_only_a_subscriber_id_is_signed(reader: str) -> None:
    with pytest.raises(ValueError, match="hex"):
        sign(KEYS, Purpose.VIEW, reader)
