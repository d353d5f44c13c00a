import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given
from hypothesis import strategies as st

from digest.bounces import sendgrid
from digest.bounces.report import Kind
from digest.bounces.webhook import MalformedError, RefusedError
from tests.unit.bounces.test_ses import JSON

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
TOKEN = "0123456789abcdef" * 2
PRIVATE = ec.generate_private_key(ec.SECP256R1())


def shown(key):
    """The key as SendGrid's page shows it."""
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


KEY = sendgrid.load_key(shown(PRIVATE))


def request(events, at=NOW, key=PRIVATE):
    body = (events if isinstance(events, bytes) else json.dumps(events).encode()) + b"\r\n"
    timestamp = str(int(at.timestamp()))
    signature = base64.b64encode(key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    return {sendgrid.SIGNATURE: signature, sendgrid.TIMESTAMP: timestamp}, body


def event(name="bounce", **changes):
    return {
        "email": "ada@example.org",
        "timestamp": 1_795_500_000,
        "smtp-id": f"<{TOKEN}@example.org>",
        "event": name,
        "sg_event_id": "Ym91bmNlLTQtNTA0ODUx",
        "sg_message_id": "euo2iKxd.recvd-5f54",
    } | changes


def read(events, **changes):
    return sendgrid.read(*request(events, **changes), KEY, NOW)


def test_a_bounce_is_read():
    reason = "550 5.1.1 The email account that you tried to reach does not exist"
    (arrived,) = read([event(type="bounce", status="5.1.1", reason=reason)])
    report = arrived.report
    assert (report.kind, report.tokens, report.recipients) == (Kind.BOUNCE, (TOKEN,), ("ada@example.org",))
    assert (report.status, report.code, report.said, report.trusted) == ("5.1.1", 550, reason, True)
    assert arrived.origin == "webhook sendgrid"


def test_what_was_tampered_with_is_refused():
    headers, body = request([event()])
    later = {sendgrid.TIMESTAMP: str(int(NOW.timestamp()) + 1)}
    other = request([event()], key=ec.generate_private_key(ec.SECP256R1()))[0]
    for forged, content in [
        (headers, body.replace(b"ada", b"eve")),
        (headers, body.rstrip()),
        (headers | later, body),
        (other, body),
        ({}, body),
        (headers | {sendgrid.SIGNATURE: "no base64"}, body),
        (headers | {sendgrid.SIGNATURE: ""}, body),
        (headers | {sendgrid.TIMESTAMP: "ünsigned"}, body),
    ]:
        with pytest.raises(RefusedError):
            sendgrid.read(forged, content, KEY, NOW)


def test_a_signed_time_that_is_none_is_refused():
    body = b"[]"
    for timestamp in ("", "soon", "9" * 30, "-1"):
        signature = base64.b64encode(PRIVATE.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
        with pytest.raises(RefusedError):
            sendgrid.read({sendgrid.SIGNATURE: signature, sendgrid.TIMESTAMP: timestamp}, body, KEY, NOW)


def test_an_old_request_is_refused_and_one_of_hours_ago_is_not():
    with pytest.raises(RefusedError):
        read([event()], at=NOW - timedelta(hours=25))
    with pytest.raises(RefusedError):
        read([event()], at=NOW + timedelta(minutes=6))
    assert read([event()], at=NOW - timedelta(hours=23))


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"reason": "mailbox full", "status": "5.2.2"}, (Kind.BOUNCE, "5.2.2")),
        ({"reason": "552 5.2.2 full", "status": "5.0.0"}, (Kind.BOUNCE, "5.2.2")),
        (
            {"reason": "550 unknown user", "status": "5.0.0", "bounce_classification": "Invalid Address"},
            (Kind.BOUNCE, "5.1.1"),
        ),
        (
            {"reason": "unable to get mx info", "bounce_classification": "Unclassified", "type": "blocked"},
            (Kind.BOUNCE, ""),
        ),
        ({"reason": "550 5.7.1 blocked", "bounce_classification": "Invalid Address"}, (Kind.BOUNCE, "5.7.1")),
        ({"event": "dropped", "reason": "Bounced Address"}, (Kind.BOUNCE, "5.1.1")),
        ({"event": "dropped", "reason": "Invalid"}, (Kind.BOUNCE, "5.1.3")),
        ({"event": "dropped", "reason": "Spam Reporting Address"}, (Kind.COMPLAINT, "")),
        ({"event": "dropped", "reason": "Unsubscribed Address"}, (Kind.LEAVE, "")),
        ({"event": "dropped", "reason": "Recipient List over Package Quota"}, (Kind.OTHER, "")),
        ({"event": "deferred", "response": "450 4.2.0 try again later"}, (Kind.DELAY, "4.2.0")),
        ({"event": "spamreport"}, (Kind.COMPLAINT, "")),
        ({"event": "unsubscribe"}, (Kind.LEAVE, "")),
        ({"event": "group_unsubscribe"}, (Kind.LEAVE, "")),
    ],
)
def test_what_an_event_says(changes, expected):
    (arrived,) = read([event(**changes)])
    assert (arrived.report.kind, arrived.report.status) == expected


def test_a_batch_keeps_its_order_and_each_event_its_key():
    quiet = [event(name) for name in ("processed", "delivered", "open", "click", "group_resubscribe", "new")]
    some = [event(sg_event_id=f"e{n}", email=f"r{n}@example.org") for n in range(1_000)]
    arrived = read([*quiet, *some, *some])
    assert [one.report.recipients[0] for one in arrived[:1_000]] == [one["email"] for one in some]
    assert [one.key for one in arrived[:1_000]] == [one.key for one in arrived[1_000:]]
    assert len({one.key for one in arrived}) == 1_000


def test_events_without_an_id_are_told_apart_by_what_they_say():
    one, two = (event(sg_event_id=None, timestamp=n) for n in range(2))
    assert len({arrived.key for arrived in read([one, two, one])}) == 2


@pytest.mark.parametrize("body", [b"{", b"{}", b"\xff", b'"text"', b"[" * 100_000])
def test_what_is_signed_and_no_list_is_malformed(body):
    with pytest.raises(MalformedError):
        read(body)


@given(
    st.lists(
        JSON
        | st.fixed_dictionaries(
            {
                "event": st.sampled_from(["bounce", "dropped"]),
                "email": JSON,
                "reason": JSON,
                "status": JSON,
                "smtp-id": JSON,
            }
        ),
        max_size=5,
    )
)
def test_whatever_sendgrid_says_is_read_as_far_as_it_is_understood(events):
    assert all(one.report.trusted for one in read(events))


@pytest.mark.parametrize(
    "text", ["", "no key", "AAAA", shown(rsa.generate_private_key(public_exponent=65537, key_size=2048))]
)
def test_another_key_is_no_key(text):
    with pytest.raises(ValueError, match="verification key"):
        sendgrid.load_key(text)
