"""Which relay the words after --relay name."""

import pytest

from digest.config.presets import PRESETS
from digest.errors import InputError
from digest.trial import relay_of

ME = "me@example.org"


@pytest.mark.parametrize("name", ["gmail", "microsoft365", "fastmail"])
def test_a_preset_has_its_host_port_and_tls_and_is_logged_in_with_the_address(name):
    relay, known = relay_of(name, ME), PRESETS[name]
    assert (relay.host, relay.port, relay.tls) == (known["host"], known["port"], known["tls"])
    assert (relay.username, relay.password) == (ME, None)


@pytest.mark.parametrize("name", ["ses", "postmark", "mailgun"])
def test_a_preset_with_logins_of_its_own_says_what_to_give(name):
    known = PRESETS[name]
    with pytest.raises(InputError, match=f"give both: smtp://LOGIN@{known['host']}:{known['port']}$"):
        relay_of(name, ME)
    relay = relay_of(f"smtp://LOGIN@{known['host']}:{known['port']}", ME)
    assert (relay.host, relay.port, relay.tls) == (known["host"], known["port"], known["tls"])


@pytest.mark.parametrize(
    ("text", "host", "port", "tls", "username"),
    [
        ("smtps://you@smtp.example.org", "smtp.example.org", None, "implicit", "you"),
        ("smtps://you@smtp.example.org:8465/", "smtp.example.org", 8465, "implicit", "you"),
        ("smtp://smtp.example.org", "smtp.example.org", None, "starttls", None),
        ("smtp://you%40example.org@smtp.example.org:25", "smtp.example.org", 25, "starttls", "you@example.org"),
        ("smtp://you@example.org@smtp.example.org", "smtp.example.org", None, "starttls", "you@example.org"),
        ("SMTP://localhost:1025", "localhost", 1025, "none", None),
        ("smtp://127.0.0.1:1025", "127.0.0.1", 1025, "none", None),
        ("smtp://[::1]:1025", "::1", 1025, "none", None),
    ],
)
def test_an_address_of_a_server(text, host, port, tls, username):
    relay = relay_of(text, ME)
    assert (relay.host, relay.port, relay.tls, relay.username) == (host, port, tls, username)


@pytest.mark.parametrize(
    "text",
    [
        "smtps://you:secret@smtp.example.org",
        "smtp://you:secret@smtp.example.org:99999",
        "smtp://you@example.org:secret@smtp.example.org",
        "smtp://:secret@smtp.example.org",
    ],
)
def test_a_password_in_the_address_is_refused_and_not_repeated(text):
    with pytest.raises(InputError, match="leave the password out of the address") as caught:
        relay_of(text, ME)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "zzz",
        "smtp.example.org",
        "https://smtp.example.org",
        "smtp://",
        "smtp://smtp.example.org:port",
        "smtp://smtp.example.org:99999",
        "smtp://smtp.example.org/inbox",
        "smtp://smtp.example.org?tls=no",
        "smtp://[::1",
    ],
)
def test_anything_else_is_told_what_was_expected(text):
    with pytest.raises(InputError, match=r"expected gmail, .*, or smtps://you@smtp\.example\.org$"):
        relay_of(text, ME)


@pytest.mark.parametrize("text", ["you:secret@smtp.example.org", "smpts://you:secret@smtp.example.org"])
def test_what_may_hold_a_password_is_not_repeated(text):
    with pytest.raises(InputError) as caught:
        relay_of(text, ME)
    assert "secret" not in str(caught.value)


def test_a_host_or_port_that_is_none_is_one_line():
    for text in ("smtp://-_-", "smtp://localhost:0"):
        with pytest.raises(InputError, match=r"^--relay \S+: [^\n]+$"):
            relay_of(text, ME)


@pytest.mark.parametrize(("text", "near"), [("gmial", "gmail"), ("GMail", "gmail"), ("fastmial", "fastmail")])
def test_a_misspelt_name_is_answered_with_the_nearest(text, near):
    with pytest.raises(InputError, match=f"^--relay {text}: did you mean {near}\\?$"):
        relay_of(text, ME)
