"""Every fault at every verb: what it means for the message, and that the next one still goes out."""

import asyncio
import base64
import re
import ssl
import subprocess
from contextlib import asynccontextmanager

import pytest

from digest.deliver.delivery import Outgoing
from digest.deliver.outcome import Stage
from digest.deliver.relay import Relay, RelaySession, Secret
from digest.deliver.states import Verb
from tests.integration.script import PIPELINED, PLAIN, Script

MESSAGE = b"Subject: x\r\n\r\nHello\r\n"
ADA = Outgoing("ada@example.org", "token", MESSAGE)
KURT = Outgoing("kurt@example.net", "token", MESSAGE)
SECRET = "s3cret-word"
HANG = None

CODES = [421, 450, 451, 452, 550, 552, 554]
CUTS = {"disconnect": b"", "hang": HANG, "garbage": b"\x00\xff hello?\r\n", "half a line": b"25"}
FAULTS = {**{str(code): f"{code} no\r\n".encode() for code in CODES}, **CUTS}

ABOUT_US = {
    "banner": Stage.CONNECT,
    "ehlo": Stage.EHLO,
    "starttls": Stage.STARTTLS,
    "auth": Stage.AUTH,
    "mail": Stage.MAIL,
}


@pytest.fixture(scope="session")
def certificates(tmp_path_factory):
    """A CA, and what it signed: for us, for another name, for yesterday; and one that signed itself."""
    folder = tmp_path_factory.mktemp("certificates")

    def openssl(*arguments):
        subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True, cwd=folder)

    def request(name, *more):
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", f"{name}.key")
        openssl("req", *key, "-subj", f"/CN={name}", *more)

    request("ca", "-x509", "-days", 2, "-out", "ca.pem")
    request("self-signed", "-x509", "-days", 2, "-out", "self-signed.pem", "-addext", "subjectAltName=IP:127.0.0.1")
    for name, address, days in (("right", "127.0.0.1", 2), ("wrong", "127.0.0.9", 2), ("expired", "127.0.0.1", -1)):
        request(name, "-out", f"{name}.request")
        (folder / "extensions").write_text(f"subjectAltName = IP:{address}\n", "ascii")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", days, "-extfile", "extensions")
        openssl("x509", "-req", "-in", f"{name}.request", "-out", f"{name}.pem", *signed)
    return folder


@pytest.fixture
def trusted(certificates, monkeypatch):
    """The client's own way to trust: what the environment names, as on any machine with a CA of its own."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificates / "ca.pem"))
    return certificates


def context_of(certificates, name):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / f"{name}.pem", certificates / f"{name}.key")
    return context


@asynccontextmanager
async def session(script: Script, *, implicit=None, timeout=0.1, **changes):
    server = await asyncio.start_server(script.serve, "127.0.0.1", 0, ssl=implicit)
    port = server.sockets[0].getsockname()[1]
    values = {"tls": "none", "username": None, "password": None, "messages_per_connection": 100}
    relay = Relay(name="test", host="127.0.0.1", port=port, timeout=timeout, **(values | changes))
    one = RelaySession(relay, "digest@example.org")
    try:
        yield one
    finally:
        await one.close()
        server.close()


@asynccontextmanager
async def secure(script: Script, certificates, **changes):
    """A session with all that can fail: STARTTLS and AUTH."""
    script.context = context_of(certificates, "right")
    # A TLS handshake takes its time on a busy machine; only what hangs waits for the end of it.
    values = {"tls": "starttls", "username": "digest", "password": Secret(SECRET), "timeout": 0.25}
    async with session(script, **(values | changes)) as one:
        yield one


SECURE = (*PIPELINED[:1], "STARTTLS", "AUTH PLAIN")


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", ABOUT_US)
async def test_what_fails_before_the_address_is_named_speaks_of_us(trusted, verb, fault):
    script = Script(SECURE, **{verb: FAULTS[fault]})
    async with secure(script, trusted) as one:
        got = await one.send(ADA)
        assert (got.verb, got.stage, got.suppress) == (Verb.RELEASE, ABOUT_US[verb], False)
        assert got.code == int(fault) if fault in map(str, CODES) else got.said
        assert not script.messages
        script.answers.clear()
        assert (await one.send(KURT)).verb is Verb.ACCEPT
    assert script.accepted == ["kurt@example.net"]
    assert SECRET not in repr(got)


@pytest.mark.parametrize("extensions", [PLAIN, PIPELINED], ids=["one by one", "pipelined"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("verb", [Stage.RCPT, Stage.DATA, Stage.DOT])
async def test_what_fails_behind_it_speaks_of_the_address(extensions, verb, fault):
    script = Script(extensions, **{verb.value: FAULTS[fault]})
    # The reply to the dot may take ten times as long as another.
    async with session(script, timeout=0.02 if fault == "hang" and verb is Stage.DOT else 0.1) as one:
        got = await one.send(ADA)
        if fault in CUTS:
            expected = Verb.LOSE if verb is Stage.DOT else Verb.RELEASE
        elif fault == "421":
            expected = Verb.DEFER if verb is Stage.DOT else Verb.RELEASE
        else:
            expected = Verb.FAIL if fault.startswith("5") else Verb.DEFER
        assert (got.verb, got.stage, got.suppress) == (expected, verb, False)
        script.answers.clear()
        one._relay = Relay(**{name: getattr(one._relay, name) for name in Relay.__slots__} | {"timeout": 2.0})
        assert (await one.send(KURT)).verb is Verb.ACCEPT
    assert script.accepted == ["kurt@example.net"]


@pytest.mark.parametrize("extensions", [PLAIN, PIPELINED], ids=["one by one", "pipelined"])
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("verb", "reply", "expected"),
    [
        ("rcpt", b"550 5.1.1 nobody\r\n", (Verb.FAIL, Stage.RCPT, True)),
        ("dot", b"554 5.7.1 spam\r\n", (Verb.FAIL, Stage.DOT, False)),
        ("data", b"451 4.3.0 later\r\n", (Verb.DEFER, Stage.DATA, False)),
    ],
)
async def test_a_reply_that_is_known_stays_known_when_the_reset_fails(extensions, fault, verb, reply, expected):
    script = Script(extensions, **{verb: reply, "rset": FAULTS[fault]})
    async with session(script) as one:
        got = await one.send(ADA)
        assert (got.verb, got.stage, got.suppress) == expected
        script.answers.clear()
        assert (await one.send(KURT)).verb is Verb.ACCEPT
    assert script.accepted == ["kurt@example.net"]


@pytest.mark.parametrize("fault", FAULTS)
async def test_nothing_depends_on_the_goodbye(fault):
    script = Script(quit=FAULTS[fault])
    async with session(script, messages_per_connection=1) as one:
        for _ in range(3):
            assert (await one.send(ADA)).verb is Verb.ACCEPT
    assert script.connections() == 3


async def test_a_server_that_takes_leave_while_idle_costs_nobody_a_try():
    """A 421 nobody asked for arrives between two messages (RFC 5321, 3.8)."""
    script = Script(dot=b"250 2.0.0 queued\r\n421 4.4.2 idle for too long\r\n")
    async with session(script) as one:
        assert (await one.send(ADA)).verb is Verb.ACCEPT
        script.answers.clear()
        await asyncio.sleep(0)
        assert (await one.send(KURT)).verb is Verb.ACCEPT
    assert script.connections() == 2


@pytest.mark.parametrize(
    ("name", "said"),
    [("self-signed", "self-signed"), ("expired", "expired"), ("wrong", "mismatch")],
)
@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_a_certificate_that_isn_t_right_gets_neither_mail_nor_password(trusted, name, said, tls):
    script, context = Script(SECURE), context_of(trusted, name)
    implicit = context if tls == "implicit" else None
    async with secure(script, trusted, tls=tls, implicit=implicit, timeout=2.0) as one:
        script.context = context
        got = await one.send(ADA)
        assert (got.verb, got.code) == (Verb.RELEASE, 0)
        assert got.stage is (Stage.CONNECT if implicit else Stage.STARTTLS)
        assert said in got.reply.lower()
    assert not script.messages
    assert not any(command.startswith("AUTH") for command in script.commands)


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
async def test_a_right_certificate_is_what_lets_mail_through(trusted, tls):
    script = Script(SECURE)
    implicit = context_of(trusted, "right") if tls == "implicit" else None
    async with secure(script, trusted, tls=tls, implicit=implicit, timeout=2.0) as one:
        for _ in range(2):
            assert (await one.send(ADA)).verb is Verb.ACCEPT
    assert script.connections() == (1 if implicit else 2)  # once more behind STARTTLS (RFC 3207, 4.2)


async def test_a_certificate_of_a_stranger_is_refused_without_the_ca(certificates):
    async with secure(Script(SECURE), certificates, timeout=2.0) as one:
        assert "certificate verify failed" in (await one.send(ADA)).reply.lower()


async def test_starttls_that_isn_t_offered_is_not_done_without(trusted):
    script = Script(("AUTH PLAIN",))
    async with secure(script, trusted) as one:
        got = await one.send(ADA)
    assert (got.verb, got.stage) == (Verb.RELEASE, Stage.STARTTLS)
    assert not any(command.startswith(("AUTH", "MAIL")) for command in script.commands)


@pytest.mark.parametrize("extensions", [("AUTH PLAIN",), ("AUTH LOGIN",), ("AUTH CRAM-MD5",), ("AUTH PLAIN LOGIN",)])
@pytest.mark.parametrize(
    "reply", [b"334 not base64!\r\n", b"334 \r\n", b"500 what is %s\r\n", b"535-5.7.8 no: %s\r\n535 5.7.8 x\r\n"]
)
async def test_a_server_that_echoes_the_password_doesn_t_bring_it_into_the_outcome(extensions, reply):
    script = Script(extensions)

    def echo(command):
        return reply.replace(b"%s", command.encode())

    script.answers["auth"] = echo
    for word in ("digest", SECRET, f"\0digest\0{SECRET}"):  # what AUTH LOGIN sends on lines of their own
        script.answers[base64.b64encode(word.encode()).decode().lower()] = echo
    for encoded in list(script.answers):
        script.answers[encoded.upper()] = script.answers[encoded]
    async with session(script, username="digest", password=Secret(SECRET)) as one:
        got = await one.send(ADA)
    assert (got.verb, got.stage) == (Verb.RELEASE, Stage.AUTH)
    assert SECRET not in got.said
    for word in re.findall(r"[A-Za-z0-9+/]{8,}={0,2}", got.said):
        if len(word) % 4 == 0:
            assert SECRET.encode() not in base64.b64decode(word)


async def test_a_message_that_was_never_handed_over_isn_t_uncertain():
    """The connection carried one before; what became of that says nothing of the next."""
    async with session(Script()) as one:
        assert (await one.send(ADA)).verb is Verb.ACCEPT
        assert one.abandon("the message couldn't be made").verb is Verb.RELEASE


@pytest.mark.parametrize(
    ("verb", "expected"), [("rcpt", Verb.RELEASE), ("dot", Verb.LOSE), ("banner", Verb.RELEASE), ("ehlo", Verb.RELEASE)]
)
async def test_given_up_in_the_middle_it_is_known_how_far_it_went(verb, expected):
    script = Script(**{verb: HANG})
    async with session(script, timeout=5.0) as one:
        task = asyncio.create_task(one.send(ADA))
        async with asyncio.timeout(2):
            while not (script.messages if verb == "dot" else script.open):
                await asyncio.sleep(0.001)
            await asyncio.sleep(0.02)
        task.cancel()
        got = one.abandon("stopped")
        assert got.verb is expected
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(2):
            while script.open:  # the server is left alone, and not with a connection that nobody uses
                await asyncio.sleep(0.001)
        script.answers.clear()
        assert (await one.send(KURT)).verb is Verb.ACCEPT
