import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ConfigError
from digest.subscribers.identity import (
    SigningKeys,
    address_key,
    format_identity_key,
    format_signing_keys,
    keyed_hash,
    mailbox_key,
    message_id_local,
    message_id_maker,
    new_identity_key,
    new_signing_keys,
    parse_identity_key,
    parse_signing_keys,
    subscriber_id,
)

KEY = bytes(range(32))
READER = "00112233445566778899aabbccddeeff"


# The answers were computed with `openssl dgst -sha256 -mac HMAC`. They must never change: with other
# ids every subscriber is a stranger, and whoever left is mailed again.
def test_ids_are_what_they_have_always_been() -> None:
    assert subscriber_id(KEY, "daily", "ada@example.org") == "9de02ff418a6256e494ee0597580d315"
    assert address_key(KEY, "ada@example.org") == "0e1a12e7206cd7808b7fd35f158ac080"
    assert mailbox_key(KEY, "ada@example.org") not in (address_key(KEY, "ada@example.org"), "")
    assert message_id_local(KEY, "daily/daily/2026-11-24", READER) == "a018226a0dc6d1f6d96fbc3279bc9ffe"


def test_the_encoding_is_length_and_text() -> None:
    message = b"\0\0\0\x17paper-digest subscriber\0\0\0\x05daily\0\0\0\x0fada@example.org"
    assert subscriber_id(KEY, "daily", "ada@example.org") == hmac.digest(KEY, message, "sha256")[:16].hex()


@given(st.binary(max_size=64), st.binary(max_size=300))
def test_the_keyed_hash_is_hmac_sha256(key: bytes, message: bytes) -> None:
    assert keyed_hash(key, message) == hmac.digest(key, message, "sha256")
    assert keyed_hash(key, message) == hmac.digest(key, message, "sha256")  # the first one left nothing behind


def test_list_address_and_key_all_count() -> None:
    ids = {
        subscriber_id(KEY, "daily", "ada@example.org"),
        subscriber_id(KEY, "weekly", "ada@example.org"),
        subscriber_id(KEY, "daily", "emmy@example.org"),
        subscriber_id(bytes(32), "daily", "ada@example.org"),
        address_key(KEY, "ada@example.org"),
        message_id_local(KEY, "daily", "ada@example.org"),
    }
    assert len(ids) == 6


@given(st.text(min_size=1, max_size=8), st.integers(0, 8), st.integers(0, 8))
def test_the_parts_do_not_run_into_each_other(text: str, one: int, other: int) -> None:
    same = text[:one] == text[:other]
    assert (subscriber_id(KEY, text[:one], text[one:]) == subscriber_id(KEY, text[:other], text[other:])) is same


def test_a_short_key_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        subscriber_id(b"", "daily", "ada@example.org")


def test_a_new_key_goes_to_its_file_and_back() -> None:
    key = new_identity_key()
    assert len(key) == 32
    assert key != new_identity_key()
    assert parse_identity_key(format_identity_key(key), "identity.key") == key
    assert parse_identity_key(f" {key.hex().upper()}\r\n", "identity.key") == key


SECRET = "5ec2e7" + "ab" * 29


@pytest.mark.parametrize(
    "text", ["", "\n", SECRET[:-1], SECRET + "a", SECRET[:-1] + "g", f"{SECRET}\n{SECRET}", f"1 {SECRET}"]
)
def test_a_bad_identity_file_is_named_and_not_shown(text: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_identity_key(text, "keys/identity.key")
    assert str(error.value).startswith("keys/identity.key: expected one line of 64 hexadecimal digits")
    assert "5ec2e7" not in str(error.value)


def test_the_first_key_signs_and_all_are_kept() -> None:
    keys = parse_signing_keys(f"# rotated\n\n 2\t{SECRET}\r\n1 {KEY.hex()}\n", "signing.keys")
    assert keys.current == 2
    assert keys.secret(1) == KEY
    assert keys.secret(3) is None
    assert parse_signing_keys(format_signing_keys(keys), "signing.keys") == keys


def test_new_signing_keys_differ_and_do_not_show() -> None:
    keys = new_signing_keys()
    assert keys.current == 1
    assert keys != new_signing_keys()
    assert parse_signing_keys(format_signing_keys(keys), "signing.keys") == keys
    secret = keys.keys[0][1]
    assert secret.hex() not in repr(keys)
    assert repr(secret) not in repr(keys)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("", "signing.keys: holds no key"),
        ("# none\n", "signing.keys: holds no key"),
        (SECRET, "signing.keys:1: expected"),
        (f"# x\n0 {SECRET}", "signing.keys:2: expected"),
        (f"256 {SECRET}", "signing.keys:1: expected"),
        (f"-1 {SECRET}", "signing.keys:1: expected"),
        (f"one {SECRET}", "signing.keys:1: expected"),
        (f"1 {SECRET}a", "signing.keys:1: expected"),
        (f"1 {SECRET} # mine", "signing.keys:1: expected"),
        (f"1 {SECRET}\n01 {SECRET}", "signing.keys:2: the key id 1 stands in an earlier line"),
    ],
)
def test_a_bad_signing_file_names_the_line_and_shows_no_secret(text: str, where: str) -> None:
    with pytest.raises(ConfigError) as error:
        parse_signing_keys(text, "signing.keys")
    assert str(error.value).startswith(where)
    assert "5ec2e7" not in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("keys", [(), ((0, KEY),), ((256, KEY),), ((1, b""),), ((1, KEY), (1, KEY))])
def test_unsound_signing_keys_cannot_be_made(keys: tuple[tuple[int, bytes], ...]) -> None:
    with pytest.raises(ValueError, match="signing keys need"):
        SigningKeys(keys)


@given(st.text(max_size=60), st.lists(st.text("0123456789abcdef", min_size=32, max_size=32), max_size=3))
def test_many_message_ids_of_an_issue_are_those_made_one_by_one(issue_key, subscribers):
    local = message_id_maker(KEY, issue_key)
    assert [local(one).hex() for one in subscribers] == [message_id_local(KEY, issue_key, one) for one in subscribers]
