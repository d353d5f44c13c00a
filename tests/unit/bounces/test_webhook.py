import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.bounces.webhook import link_in, status_in, text_at, tokens_in

TOKEN = "0123456789abcdef" * 2


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("smtp; 550 5.1.1 user unknown", (550, "5.1.1")),
        ("550-5.1.1 The account\n550-5.1.1 does not exist\n550 5.1.1 at all", (550, "5.1.1")),
        ("smtp;550 550 5.1.1 twice", (550, "5.1.1")),
        ("452 4.2.2 full", (452, "4.2.2")),
        ("5.7.1 no code before it", (0, "5.7.1")),
        ("550 unknown user", (550, "")),
        ("from 192.0.5.1.1.9 or 5.1.1.1", (0, "")),
        ("host 5.4.4 said: 550 5.1.1 no", (550, "5.1.1")),
        ("within 1550 ms", (0, "")),
        ("5.1.1111", (0, "")),
        ("", (0, "")),
    ],
)
def test_the_codes_in_what_a_server_said(said, found):
    assert status_in(said) == found


def test_a_token_stands_before_an_at_sign_and_nothing_stands_before_it():
    assert tokens_in(f"<{TOKEN}@example.org> {TOKEN}@example.org") == (TOKEN,)
    assert tokens_in(f"digest+{TOKEN}@example.org") == (TOKEN,)
    for other in (TOKEN, f"0{TOKEN}@x", f"{TOKEN.upper()}@x", f"{TOKEN[:-1]}@x", f"x{TOKEN}@x"):
        assert tokens_in(other) == ()


def test_a_link_has_a_token_of_47_characters():
    assert (
        link_in(f"<https://example.org/u/{'A' * 47}>, <mailto:a@example.org?subject=unsubscribe%20{'B' * 47}>")
        == "A" * 47
    )
    assert link_in(f"<mailto:a@example.org?subject=unsubscribe%20{'B' * 47}>") == "B" * 47  # a site without pages
    assert link_in("A" * 48) == link_in("A" * 46) == ""


@given(st.text())
def test_any_text_can_be_looked_through(text):
    code, status = status_in(text)
    assert code == 0 or 400 <= code < 600
    assert status == "" or len(status) <= 9
    tokens_in(text), link_in(text)


def test_what_is_no_text_is_none():
    assert [text_at({"a": value}, "a") for value in (True, None, [], {}, 7, 1.5, "x")] == [
        "",
        "",
        "",
        "",
        "7",
        "1.5",
        "x",
    ]
