import hmac
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.bounces import mailgun
from digest.bounces.report import Kind
from digest.bounces.webhook import MalformedError, RefusedError
from tests.unit.bounces.test_ses import JSON

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
TOKEN = "0123456789abcdef" * 2
KEY = "key-of-the-webhooks"


def signed(event, token="f" * 50, at=NOW, key=KEY):
    timestamp = str(int(at.timestamp()))
    signature = hmac.new(key.encode(), f"{timestamp}{token}".encode(), "sha256").hexdigest()
    return {"signature": {"timestamp": timestamp, "token": token, "signature": signature}, "event-data": event}


def failed(severity="permanent", reason="bounce", **status):
    return {
        "event": "failed",
        "severity": severity,
        "reason": reason,
        "id": "hTWCTD81RtiDN",
        "recipient": "ada@example.org",
        "message": {"headers": {"message-id": f"{TOKEN}@example.org", "to": "ada@example.org"}},
        "delivery-status": {"code": 550, "message": "5.1.1 no such user", "attempt-no": 1} | status,
    }


def read(message, now=NOW):
    return mailgun.read(json.dumps(message).encode(), KEY, now)


def test_a_permanent_failure_is_a_bounce():
    (arrived,) = read(signed(failed()))
    report = arrived.report
    assert (report.kind, report.tokens, report.recipients) == (Kind.BOUNCE, (TOKEN,), ("ada@example.org",))
    assert (report.status, report.code, report.said) == ("5.1.1", 550, "5.1.1 no such user")
    assert (report.trusted, arrived.origin) == (True, "webhook mailgun")


@pytest.mark.parametrize("field", ["timestamp", "token", "signature"])
@pytest.mark.parametrize("value", ["1", "", "ü", None, 7, [], {}])
def test_what_was_tampered_with_is_refused(field, value):
    message = signed(failed())
    message["signature"][field] = value
    with pytest.raises(RefusedError):
        read(message)
    del message["signature"][field]
    with pytest.raises(RefusedError):
        read(message)


def test_another_key_and_an_old_signature_are_refused():
    with pytest.raises(RefusedError):
        read(signed(failed(), key="another"))
    with pytest.raises(RefusedError):
        read(signed(failed(), token=""))
    with pytest.raises(RefusedError):
        read(signed(failed(), at=NOW - timedelta(hours=25)))
    with pytest.raises(RefusedError):
        read(signed(failed(), at=NOW + timedelta(minutes=6)))
    assert read(signed(failed(), at=NOW - timedelta(hours=9)))


def test_a_token_is_good_for_one_event():
    (first,) = read(signed(failed()))
    (forged,) = read(signed({"event": "complained", "recipient": "kurt@example.net"}))
    (other,) = read(signed(failed(), token="e" * 50))
    assert first.key == forged.key != other.key


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (failed("temporary"), (Kind.DELAY, "5.1.1")),
        (failed(message="552 5.2.2 full"), (Kind.BOUNCE, "5.2.2")),
        (failed(message="no", **{"enhanced-code": "5.7.1"}), (Kind.BOUNCE, "5.7.1")),
        (failed(message="", description="Too old"), (Kind.BOUNCE, "")),
        (
            failed(reason="suppress-bounce", code=605, message="Not delivering to previously bounced address"),
            (Kind.BOUNCE, "5.1.1"),
        ),
        (failed(reason="suppress-complaint", code=607), (Kind.COMPLAINT, "")),
        (failed(reason="suppress-unsubscribe", code=606), (Kind.LEAVE, "")),
        ({"event": "complained", "recipient": "ada@example.org"}, (Kind.COMPLAINT, "")),
        ({"event": "unsubscribed", "recipient": "ada@example.org"}, (Kind.LEAVE, "")),
        ({"event": "rejected", "reject": {"reason": "Sandbox"}}, (Kind.OTHER, "")),
    ],
)
def test_what_an_event_says(event, expected):
    (arrived,) = read(signed(event))
    assert (arrived.report.kind, arrived.report.status) == expected


def test_what_says_that_all_is_well_is_left_aside():
    for name in ("delivered", "opened", "clicked", "accepted", "new"):
        assert read(signed({"event": name, "recipient": "ada@example.org"})) == []


@given(JSON)
def test_whatever_mailgun_says_is_read_as_far_as_it_is_understood(value):
    for event in (value, {"event": "failed", "delivery-status": value, "recipient": value, "message": value}):
        assert all(one.report.trusted for one in read(signed(event)))
    with pytest.raises(RefusedError):
        read(value)


@given(st.binary(max_size=40))
def test_what_is_no_json_is_malformed_or_refused(body):
    with pytest.raises((MalformedError, RefusedError)):
        mailgun.read(body, KEY, NOW)
