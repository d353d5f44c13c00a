"""A relay session against a scripted server: every way a reply can come, or not."""

import asyncio
import ssl
from contextlib import asynccontextmanager

import pytest

from digest.deliver.delivery import Outgoing
from digest.deliver.outcome import Stage
from digest.deliver.relay import Relay, RelaySession, Secret
from digest.deliver.states import Verb
from tests.integration.script import PIPELINED, PLAIN, Script

MESSAGE = b"Subject: x\r\n\r\nHello\r\n"


@asynccontextmanager
async def session(script: Script, **changes):
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    values = {"tls": "none", "username": None, "password": None, "timeout": 2.0, "messages_per_connection": 100}
    one = RelaySession(Relay(name="test", host="127.0.0.1", port=port, **(values | changes)), "digest@example.org")
    try:
        yield one
    finally:
        await one.close()
        server.close()


async def outcome(script: Script, **changes):
    async with session(script, **changes) as one:
        return await one.send(Outgoing("ada@example.org", "token", MESSAGE))


@pytest.mark.parametrize("extensions", [PLAIN, PIPELINED, ()])
@pytest.mark.parametrize("split", [False, True])
async def test_a_message_arrives_as_it_is(extensions, split):
    script = Script(extensions, split=split)
    async with session(script) as one:
        for _ in range(3):
            got = await one.send(Outgoing("ada@example.org", "token", MESSAGE))
            assert (got.verb, got.stage, got.code, got.enhanced) == (Verb.ACCEPT, Stage.DOT, 250, "2.0.0")
    assert script.messages == [MESSAGE + b".\r\n"] * 3
    assert script.commands[1].startswith("MAIL FROM:<digest@example.org>")
    assert ("SIZE=" in script.commands[1]) == bool(extensions)
    assert script.commands.count("EHLO") <= 1
    assert script.commands[-1] == "QUIT"


@pytest.mark.parametrize("extensions", [PLAIN, PIPELINED])
@pytest.mark.parametrize(
    ("verb", "reply", "expected", "stage"),
    [
        ("mail", b"550 5.7.1 not you\r\n", Verb.RELEASE, Stage.MAIL),
        ("mail", b"451 4.3.0 busy\r\n", Verb.RELEASE, Stage.MAIL),
        ("rcpt", b"550 5.1.1 nobody\r\n", Verb.FAIL, Stage.RCPT),
        ("rcpt", b"550-5.1.1 two\r\n550 5.1.1 lines\r\n", Verb.FAIL, Stage.RCPT),
        ("rcpt", b"450 4.2.0 greylisted\r\n", Verb.DEFER, Stage.RCPT),
        ("rcpt", b"421 4.7.0 too fast\r\n", Verb.RELEASE, Stage.RCPT),
        ("data", b"451 4.3.0 later\r\n", Verb.DEFER, Stage.DATA),
        ("dot", b"554 5.7.1 spam\r\n", Verb.FAIL, Stage.DOT),
        ("dot", b"452 4.3.1 full\r\n", Verb.DEFER, Stage.DOT),
    ],
)
async def test_a_refusal_is_an_outcome_and_the_connection_serves_the_next(extensions, verb, reply, expected, stage):
    script = Script(extensions, **{verb: reply})
    async with session(script) as one:
        got = await one.send(Outgoing("ada@example.org", "token", MESSAGE))
        assert (got.verb, got.stage) == (expected, stage)
        script.answers.clear()
        assert (await one.send(Outgoing("kurt@example.net", "token", MESSAGE))).verb is Verb.ACCEPT
    assert script.messages[-1] == MESSAGE + b".\r\n"
    # A recipient who was refused got nothing: at most the lone dot that ends a DATA granted for nobody.
    refused_early = stage in (Stage.MAIL, Stage.RCPT)
    assert all(body == b".\r\n" for body in script.messages[:-1]) or not refused_early


async def test_data_granted_for_nobody_is_ended_by_a_lone_dot():
    script = Script(PIPELINED, rcpt=b"550 5.1.1 nobody\r\n", dot=b"554 no recipients\r\n")
    got = await outcome(script)
    assert (got.verb, got.stage, got.suppress) == (Verb.FAIL, Stage.RCPT, True)
    assert script.messages == [b".\r\n"]


@pytest.mark.parametrize("extensions", [PLAIN, PIPELINED])
@pytest.mark.parametrize(
    ("verb", "reply", "expected"),
    [
        ("mail", b"", Verb.RELEASE),
        ("rcpt", b"", Verb.RELEASE),
        ("data", b"", Verb.RELEASE),
        ("dot", b"", Verb.LOSE),
        ("dot", b"hello?\r\n", Verb.LOSE),
        ("dot", b"25", Verb.LOSE),  # half a line, and then the end
        ("rcpt", b"not smtp at all\r\n", Verb.RELEASE),
        ("rcpt", b"250-endless\r\n" * 200, Verb.RELEASE),
        ("rcpt", b"2" * 10_000, Verb.RELEASE),
    ],
)
async def test_a_broken_connection_is_uncertain_only_after_the_dot(extensions, verb, reply, expected):
    assert (await outcome(Script(extensions, **{verb: reply}))).verb is expected


@pytest.mark.parametrize(("verb", "expected"), [("mail", Verb.RELEASE), ("rcpt", Verb.RELEASE)])
async def test_silence_has_an_end(verb, expected):
    got = await outcome(Script(PLAIN, **{verb: None}), timeout=0.05)
    assert got.verb is expected
    assert "no reply within 0.05 seconds" in got.reply


async def test_a_server_that_left_meanwhile_is_called_again():
    script = Script(PLAIN)
    async with session(script) as one:
        await one.send(Outgoing("ada@example.org", "token", MESSAGE))
        one._wire.close()  # the idle connection is gone
        assert (await one.send(Outgoing("ada@example.org", "token", MESSAGE))).verb is Verb.ACCEPT


async def test_the_connection_is_renewed_after_its_share():
    script = Script(PLAIN)
    async with session(script, messages_per_connection=2) as one:
        for _ in range(5):
            await one.send(Outgoing("ada@example.org", "token", MESSAGE))
    assert sum(command.startswith("EHLO") for command in script.commands) == 3


async def test_a_relay_without_starttls_is_refused():
    got = await outcome(Script(PLAIN), tls="starttls")
    assert got.verb is Verb.RELEASE
    assert got.stage in (Stage.CONNECT, Stage.STARTTLS)


async def test_a_wrong_password_speaks_of_us_and_is_not_shown():
    script = Script(("AUTH PLAIN LOGIN",), auth=b"535 5.7.8 bad credentials\r\n")
    got = await outcome(script, username="digest", password=Secret("s3cret-word"))
    assert (got.verb, got.stage) == (Verb.RELEASE, Stage.AUTH)
    assert "s3cret-word" not in repr(got)
    assert "s3cret-word" not in repr(Relay("t", "h", 1, "none", "u", Secret("s3cret-word"), 1.0, 1))


async def test_tls_is_verified(tmp_path):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate = _self_signed(tmp_path)
    context.load_cert_chain(*certificate)
    server = await asyncio.start_server(Script().serve, "127.0.0.1", 0, ssl=context)
    relay = Relay("test", "127.0.0.1", server.sockets[0].getsockname()[1], "implicit", None, None, 2.0, 10)
    one = RelaySession(relay, "digest@example.org")
    got = await one.send(Outgoing("ada@example.org", "token", MESSAGE))
    await one.close()
    server.close()
    assert got.verb is Verb.RELEASE
    assert "certificate" in got.reply.lower()


def _self_signed(folder):
    import subprocess

    key, certificate = folder / "key.pem", folder / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=127.0.0.1"],
        check=True,
        capture_output=True,
    )  # fmt: skip
    return certificate, key


SMTPUTF8 = (*PIPELINED, "8BITMIME", "SMTPUTF8")
INTERNATIONAL = Outgoing("jörg@example.org", "token", "To: jörg@example.org\r\n\r\nHello\r\n".encode())


@pytest.mark.parametrize(
    ("extensions", "parameters"),
    [
        (SMTPUTF8, "SIZE=32 SMTPUTF8 BODY=8BITMIME"),
        (("8BITMIME", "SMTPUTF8"), "SMTPUTF8 BODY=8BITMIME"),
        (("SMTPUTF8",), "SMTPUTF8"),
    ],
)
async def test_an_international_address_is_named_in_utf8_where_that_is_offered(extensions, parameters):
    script = Script(extensions)
    async with session(script) as one:
        assert (await one.send(INTERNATIONAL)).verb is Verb.ACCEPT
        assert (await one.send(Outgoing("ada@example.org", "token", MESSAGE))).verb is Verb.ACCEPT
    mails = [command for command in script.commands if command.startswith("MAIL")]
    assert mails[0] == f"MAIL FROM:<digest@example.org> {parameters}"
    assert "SMTPUTF8" not in mails[1]  # who doesn't need it doesn't ask for it: a relay further on may lack it
    assert script.accepted == ["jörg@example.org", "ada@example.org"]
    assert script.messages[0] == INTERNATIONAL.data + b".\r\n"


@pytest.mark.parametrize("extensions", [(), PLAIN, PIPELINED, (*PIPELINED, "8BITMIME")])
async def test_an_international_address_fails_unsent_where_it_is_not_offered_and_the_connection_serves_on(extensions):
    script = Script(extensions)
    async with session(script) as one:
        got = await one.send(INTERNATIONAL)
        assert (got.verb, got.code, got.enhanced, got.suppress) == (Verb.FAIL, 0, "5.6.7", False)
        assert got.said == "the relay test doesn't offer SMTPUTF8, which the address needs"
        assert (await one.send(Outgoing("ada@example.org", "token", MESSAGE))).verb is Verb.ACCEPT
    assert [command.split(" ")[0] for command in script.commands] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert script.accepted == ["ada@example.org"]


@pytest.mark.parametrize("verb", ["mail", "rcpt"])
async def test_a_relay_that_offers_smtputf8_and_refuses_the_address_is_not_at_fault(verb):
    got = await _sent(INTERNATIONAL, Script(SMTPUTF8, **{verb: b"550 5.6.7 not to that server\r\n"}))
    assert (got.verb, got.code, got.enhanced, got.suppress) == (Verb.FAIL, 550, "5.6.7", False)


async def _sent(message, script):
    async with session(script) as one:
        return await one.send(message)
