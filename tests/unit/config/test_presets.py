"""Relays by preset, recipient domains, and what a list wants done: the settings of delivery."""

import pytest
from pydantic import TypeAdapter, ValidationError

from digest.config.presets import PRESETS, Preset
from digest.config.settings import DomainTable, ListTable, RelayTable, Settings

BASE = {"mail": {"sender": "digest@example.org"}, "lists": {"daily": {"name": "Daily"}}}
RELAYS = {"outbox": {"maildir": "outbox"}}


def refusal(table, **values):
    with pytest.raises(ValidationError) as caught:
        table(**values)
    return "; ".join(error["msg"] for error in caught.value.errors())


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_all_that_a_relay_needs_and_never_without_tls(name):
    table = RelayTable(preset=name)
    assert table.host == PRESETS[name]["host"]
    assert table.tls in ("starttls", "implicit")
    assert (table.port == 465) == (table.tls == "implicit")
    for key, value in PRESETS[name].items():
        assert getattr(table, key) == value


def test_every_preset_that_can_be_named_is_known():
    for name in PRESETS:
        assert TypeAdapter(Preset).validate_python(name) == name
    assert "'gmail', 'microsoft365', 'ses', 'fastmail', 'postmark' or 'mailgun'" in refusal(RelayTable, preset="x")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("host", "smtp-relay.gmail.com"),
        ("port", 465),
        ("tls", "implicit"),
        ("connections", 1),
        ("messages_per_connection", 10),
        ("messages_per_minute", 5.0),
    ],
)
def test_what_the_table_says_itself_goes_before_its_preset(key, value):
    table = RelayTable(preset="gmail", **{key: value})
    for other, usual in PRESETS["gmail"].items():
        assert getattr(table, other) == (value if other == key else usual)


def test_a_preset_is_an_smtp_server_and_no_folder():
    assert "not both" in refusal(RelayTable, preset="gmail", maildir="outbox")
    assert "readable over the network" in refusal(RelayTable, preset="gmail", tls="none")


def test_a_preset_holds_where_single_values_come_by_variable(monkeypatch):
    monkeypatch.setenv("DIGEST_RELAYS__MAIN__PASSWORD", "s3cret-word")
    settings = Settings(**BASE, relays={"main": {"preset": "ses", "username": "digest"}})
    main = settings.relays["main"]
    assert (main.host, main.messages_per_minute) == (PRESETS["ses"]["host"], 840)
    assert main.password is not None
    assert "s3cret-word" not in repr(settings)
    assert "s3cret-word" not in settings.model_dump_json()


def test_a_domain_has_limits_of_its_own():
    domains = {"example.org": {"messages_per_minute": 30}, "mail.example.net": {"connections": 1}}
    settings = Settings(**BASE, relays=RELAYS, domains=domains)
    assert settings.domains["example.org"] == DomainTable(messages_per_minute=30)
    assert settings.domains["mail.example.net"].messages_per_minute is None


@pytest.mark.parametrize("domain", ["", "exa mple.org", "ada@example.org", "-example.org", "example..org"])
def test_a_domain_is_a_domain(domain):
    assert refusal(Settings, **BASE, relays=RELAYS, domains={domain: {"connections": 1}})


@pytest.mark.parametrize("key", ["connections", "messages_per_minute"])
@pytest.mark.parametrize("value", [0, -1, "many"])
def test_a_limit_lets_something_through(key, value):
    assert refusal(DomainTable, **{key: value})
    assert refusal(RelayTable, host="127.0.0.1", **{key: value})


@pytest.mark.parametrize("weight", [0, -1])
def test_a_relay_has_some_weight(weight):
    assert "greater than 0" in refusal(RelayTable, host="127.0.0.1", weight=weight)


def test_a_list_says_how_its_relays_share_and_what_becomes_of_the_uncertain():
    usual = ListTable(name="Daily")
    assert (usual.failover, usual.uncertain) == ("ordered", "resend")
    other = ListTable(name="Daily", failover="weighted", uncertain="hold")
    assert (other.failover, other.uncertain) == ("weighted", "hold")
    assert "'ordered' or 'weighted'" in refusal(ListTable, name="Daily", failover="random")
    assert "'resend' or 'hold'" in refusal(ListTable, name="Daily", uncertain="drop")


def test_the_envelope_sender_is_the_list_s_or_each_message_s():
    assert RelayTable(host="127.0.0.1").envelope == "from"
    assert RelayTable(host="127.0.0.1", envelope="verp").envelope == "verp"
    assert "'from' or 'verp'" in refusal(RelayTable, host="127.0.0.1", envelope="own")


@pytest.mark.parametrize("where", ["mail", "list"])
def test_a_sender_without_room_for_the_token_of_verp_is_refused(where):
    """RFC 5321, 4.5.3.1.1: a local part has at most 64 octets; a relay would refuse every message."""
    relays = {"main": {"host": "127.0.0.1", "tls": "none", "envelope": "verp"}}

    def site(local):
        sender = {"sender": f"Digest <{local}@example.org>"}
        daily = {"name": "Daily"} | (sender if where == "list" else {})
        return {"mail": sender if where == "mail" else BASE["mail"], "relays": relays, "lists": {"daily": daily}}

    assert Settings(**site("d" * 31)).relays["main"].envelope == "verp"
    assert "at most 31 characters before the @" in refusal(Settings, **site("d" * 32))
