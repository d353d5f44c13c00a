"""Webhooks over real HTTP: signed by the test's own keys, taken once, and nothing believed of anybody else."""

import json
import socket
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread

import httpx
import pytest

from digest.bounces.report import Effect
from digest.errors import ConfigError
from digest.site import Site
from digest.store import reports, suppressions
from digest.web import hooks
from digest.web.public import create_app
from digest.web.server import PromptServer
from tests.integration.previewing import ask
from tests.integration.sending import sent_issue, token_of
from tests.integration.web import Reply, redirect
from tests.unit.bounces import test_mailgun, test_postmark, test_sendgrid, test_ses

ADA, EMMY = "ada@example.org", "emmy@example.com"

SETTINGS = f"""
[hooks.ses]
topic = "{test_ses.TOPIC}"

[hooks.sendgrid]
public_key = "{test_sendgrid.shown(test_sendgrid.PRIVATE)}"

[hooks.mailgun]
signing_key_file = "keys/mailgun"

[hooks.postmark]
username = "postmark"
"""


def with_settings(site, text):
    path = site.root / "digest.toml"
    path.write_text(path.read_text("utf-8") + text, encoding="utf-8")
    return Site.open(site.root)


@pytest.fixture
def hooked(site, monkeypatch):
    (site.root / "keys" / "mailgun").write_text(f"{test_mailgun.KEY}\n", encoding="ascii")
    monkeypatch.setenv("DIGEST_HOOKS__POSTMARK__PASSWORD", "se:cret")
    return with_settings(site, SETTINGS)


@pytest.fixture
def issue(hooked, now):
    return sent_issue(hooked, [ADA, EMMY], now - timedelta(days=1))


@pytest.fixture
def amazon(monkeypatch):
    """What stands in for Amazon's web server; its answers are those of the network."""
    answers = test_ses.Amazon()
    monkeypatch.setattr(hooks.Amazon, "_get", lambda _self, address: answers(address))
    return answers


@contextmanager
def serving(site, now):
    listener = socket.create_server(("127.0.0.1", 0))
    server = PromptServer(create_app(site, lambda: now), lambda: None)
    thread = Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(10)
        listener.close()


@pytest.fixture
def port(hooked, amazon, now):
    with serving(hooked, now) as port:
        yield port


def post(port, provider, body, **headers):
    body = body if isinstance(body, bytes) else json.dumps(body).encode()
    return ask(port, f"/hooks/{provider}", "POST", form=body, **headers)


def listed(site):
    return [(row.address, row.kind, row.effect, row.origin) for row in reports.walk(site.store)][::-1]


def suppressed(site):
    with site.store.begin() as connection:
        return {(one.address, one.reason, one.source) for one in suppressions.every(connection)}


def of_ses(site, issue, address, **changes):
    message_id = f"<{token_of(site, issue, address)}@example.org>"
    recipient = {"emailAddress": "forwarded@example.net", "status": "5.1.1", "diagnosticCode": "smtp; 550 5.1.1 no"}
    event = test_ses.bounce(recipient=recipient)
    event["mail"] = test_ses.mail(destination=[address], commonHeaders={"messageId": message_id}, headers=[])
    return test_ses.signed(test_ses.message(event, **changes))


def test_a_bounce_that_ses_tells_suppresses_once(hooked, issue, port, amazon):
    for _ in range(3):
        answer = post(port, "ses", of_ses(hooked, issue, ADA), Content_Type="text/plain; charset=UTF-8")
        assert (answer.status, answer.body) == (200, b"Taken.\n")
    assert listed(hooked) == [(ADA, "bounce", Effect.SUPPRESSED, "webhook ses")]
    assert suppressed(hooked) == {(ADA, "no such address", "bounce via webhook ses: smtp; 550 5.1.1 no")}
    assert amazon.asked == [test_ses.CERTIFICATE]  # once for all


def test_a_subscription_is_confirmed(port, amazon):
    address = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=23ab"
    fields = test_ses.message("…", Type="SubscriptionConfirmation", Token="23ab", SubscribeURL=address)
    del fields["Subject"]
    assert post(port, "ses", test_ses.signed(fields)).status == 200
    assert amazon.asked == [test_ses.CERTIFICATE, address]


def test_when_amazon_can_t_be_reached_the_provider_tries_again(hooked, issue, port, amazon, monkeypatch, caplog):
    def unreachable(*_args):
        raise httpx.ConnectError("no route")

    with monkeypatch.context() as patch:
        patch.setattr(hooks.Amazon, "_get", unreachable)
        assert post(port, "ses", of_ses(hooked, issue, ADA)).status == 503
    assert post(port, "ses", of_ses(hooked, issue, ADA)).status == 200
    assert len(suppressed(hooked)) == 1
    assert "no route" in caplog.text


def test_a_batch_of_a_thousand_events_of_sendgrid(hooked, now, port):
    addresses = [f"r{n}@s{n % 500}.example.org" for n in range(6_000)]
    key = sent_issue(hooked, addresses, now)
    some = addresses[:1_000]
    events = [
        test_sendgrid.event(
            email=address,
            sg_event_id=f"e{n}",
            reason="550 5.1.1 no",
            **{"smtp-id": f"<{token_of(hooked, key, address)}@x>"},
        )
        for n, address in enumerate(some)
    ]
    headers, body = test_sendgrid.request(events)
    sent = {name.replace("-", "_"): value for name, value in headers.items()}
    for _ in range(2):
        assert post(port, "sendgrid", body, **sent).status == 200
    assert len(suppressed(hooked)) == len(listed(hooked)) == 1_000


def test_what_mailgun_tells_acts_once_whatever_is_written_under_its_token(hooked, issue, port):
    complaint = {"event": "complained", "recipient": ADA}
    assert post(port, "mailgun", test_mailgun.signed(complaint)).status == 200
    replayed = {"event": "complained", "recipient": EMMY}
    assert post(port, "mailgun", test_mailgun.signed(replayed)).status == 200
    assert listed(hooked) == [(ADA, "complaint", Effect.SUPPRESSED, "webhook mailgun")]


def test_what_postmark_tells_with_its_password(hooked, issue, port):
    record = test_postmark.bounce(Email=EMMY)
    refused = post(port, "postmark", record)
    assert (refused.status, refused.headers["www-authenticate"]) == (401, 'Basic realm="webhook"')
    assert post(port, "postmark", record, **test_postmark.basic("postmark:wrong")).status == 401
    assert listed(hooked) == []
    assert post(port, "postmark", record, **test_postmark.basic()).status == 200
    assert listed(hooked) == [(EMMY, "bounce", Effect.SUPPRESSED, "webhook postmark")]


def test_what_is_not_signed_is_refused_and_nothing_of_it_is_logged(hooked, issue, port, caplog):
    forged = [
        ("ses", of_ses(hooked, issue, ADA) | {"Message": "secret"}),
        ("ses", of_ses(hooked, issue, ADA, TopicArn="arn:aws:sns:eu-west-1:999999999999:secret")),
        ("sendgrid", [test_sendgrid.event(email=ADA, reason="secret")]),
        ("mailgun", test_mailgun.signed({"event": "complained", "recipient": ADA}, key="secret")),
    ]
    for provider, body in forged:
        assert post(port, provider, body).status == 403
    assert (listed(hooked), suppressed(hooked)) == ([], set())
    assert len(caplog.records) == 4
    assert "secret" not in caplog.text
    assert ADA not in caplog.text


def test_what_can_t_be_read_is_said_so(hooked, port, caplog):
    headers, body = test_sendgrid.request(b"{")
    assert (
        post(port, "sendgrid", body, **{name.replace("-", "_"): value for name, value in headers.items()}).status == 400
    )
    assert post(port, "ses", b"\xff").status == 400
    assert post(port, "postmark", b"[" * 100_000, **test_postmark.basic()).status == 400
    assert listed(hooked) == []


def test_only_post_is_answered_and_only_by_whom_the_settings_name(hooked, port):
    assert ask(port, "/hooks/ses").status == 405
    assert post(port, "mandrill", b"{}").status == 404
    assert post(port, "ses/other", b"{}").status == 404


def test_too_much_is_refused_before_it_has_all_come(port, monkeypatch):
    monkeypatch.setattr(hooks, "MAX_BYTES", 1_000)
    assert post(port, "ses", b"x" * 1_000).status == 400
    assert post(port, "ses", b"x" * 1_001).status == 413
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"POST /hooks/ses HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n")
        connection.sendall(b"3e8\r\n" + b"x" * 1_000 + b"\r\n2\r\nxx\r\n")  # and no end
        assert connection.recv(100).startswith(b"HTTP/1.1 413")


def test_a_request_that_never_ends_is_let_go(port, monkeypatch):
    monkeypatch.setattr(hooks, "MAX_SECONDS", 0.1)
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"POST /hooks/ses HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{")
        assert connection.recv(100).startswith(b"HTTP/1.1 408")


def test_a_request_that_breaks_off_does_nothing(hooked, issue, port, caplog):
    body = json.dumps(of_ses(hooked, issue, ADA)).encode()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        head = f"POST /hooks/ses HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body[:-1])
    assert post(port, "ses", body).status == 200
    assert len(listed(hooked)) == 1
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == []


def test_while_the_store_is_busy_the_provider_is_asked_to_come_back(hooked, issue, now, amazon, monkeypatch):
    monkeypatch.setattr("digest.store.database.PATIENCE", 0.05)
    busy = Site.open(hooked.root)
    with serving(busy, now) as port:
        assert post(port, "ses", b"{}").status == 403
        with hooked.store.begin():
            answer = post(port, "ses", of_ses(hooked, issue, ADA))
            assert (answer.status, answer.headers["retry-after"]) == (503, "60")
        assert post(port, "ses", of_ses(hooked, issue, ADA)).status == 200
    busy.store.dispose()


def test_without_settings_there_is_no_webhook(site, now):
    with serving(site, now) as port:
        assert post(port, "ses", b"{}").status == 404


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ('[hooks.sendgrid]\npublic_key = "AAAA"\n', "hooks.sendgrid.public_key: expected the verification key"),
        (
            "[hooks.mailgun]\n",
            "hooks.mailgun: has no signing_key; set DIGEST_HOOKS__MAILGUN__SIGNING_KEY or signing_key_file",
        ),
        ('[hooks.postmark]\nusername = "u"\n', "hooks.postmark: has no password; set DIGEST_HOOKS__POSTMARK__PASSWORD"),
        ('[hooks.mailgun]\nsigning_key_file = "keys/empty"\n', "hooks.mailgun: has no signing_key"),
    ],
)
def test_a_key_that_is_missing_or_can_t_be_used_is_told_at_the_start(site, now, settings, message):
    (site.root / "keys" / "empty").write_text("\n", encoding="ascii")
    with pytest.raises(ConfigError) as refused:
        create_app(with_settings(site, settings), lambda: now)
    assert str(refused.value).startswith(message)


def test_the_certificate_comes_over_the_network_and_is_kept(web):
    address = web.answer("/SimpleNotificationService-1.pem", *map(Reply, [b"first", b"second"]))
    fetch = hooks.Amazon("https://digest.example.org")
    assert [fetch(address), fetch(address)] == [b"first", b"first"]
    other = web.answer("/confirm", *map(Reply, [b"first", b"second"]))
    assert [fetch(other), fetch(other)] == [b"first", b"second"]
    assert "digest.example.org" in web.asked[0].headers["User-Agent"]


def test_a_redirect_an_error_and_too_much_are_no_certificate(web):
    fetch = hooks.Amazon("")
    for reply in (redirect(web.root + "/elsewhere.pem"), Reply(b"", 404), Reply(b"x" * 70_000)):
        with pytest.raises(httpx.HTTPError):
            fetch(web.answer("/SimpleNotificationService-2.pem", reply))
    assert "/elsewhere.pem" not in web.paths()
