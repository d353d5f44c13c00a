"""The Event Webhook of SendGrid: a list of events, signed with ECDSA over the time and the raw body.

`smtp-id` is the Message-ID that we sent. SendGrid puts what it doesn't even try into "dropped".
"""

import base64
import binascii
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import ECDSA, EllipticCurvePublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

from digest.bounces.report import Arrival, Kind, Report
from digest.bounces.webhook import (
    MalformedError,
    RefusedError,
    arrival,
    expect_fresh,
    parse,
    status_in,
    text_at,
    tokens_in,
)

SIGNATURE = "x-twilio-email-event-webhook-signature"
TIMESTAMP = "x-twilio-email-event-webhook-timestamp"

_KINDS = {
    "bounce": Kind.BOUNCE,
    "deferred": Kind.DELAY,
    "spamreport": Kind.COMPLAINT,
    "unsubscribe": Kind.LEAVE,
    "group_unsubscribe": Kind.LEAVE,
    "dropped": Kind.OTHER,
}

_DROPPED = {
    "bounced address": (Kind.BOUNCE, "5.1.1"),
    "invalid": (Kind.BOUNCE, "5.1.3"),
    "spam reporting address": (Kind.COMPLAINT, ""),
    "unsubscribed address": (Kind.LEAVE, ""),
}
"""Why a message was dropped, where that says something of its reader."""

_BY_CLASSIFICATION = {"Invalid Address": "5.1.1"}
"""What SendGrid has found out, where the other server named no code that says it."""

_VAGUE = ("", "5.0.0", "5.5.0")


def load_key(text: str) -> EllipticCurvePublicKey:
    """Return the verification key as SendGrid shows it. Raises ValueError."""
    try:
        key = load_der_public_key(base64.b64decode("".join(text.split()), validate=True))
    except (binascii.Error, ValueError, UnsupportedAlgorithm):
        key = None
    if isinstance(key, EllipticCurvePublicKey):
        return key
    raise ValueError("expected the verification key that SendGrid shows, in base64")


def read(headers: Mapping[str, str], body: bytes, key: EllipticCurvePublicKey, now: datetime) -> list[Arrival]:
    """Return what a request reports; `headers` are by lower-case name. Raises RefusedError, MalformedError."""
    _verify(headers.get(SIGNATURE, ""), headers.get(TIMESTAMP, ""), body, key, now)
    events = parse(body)
    if not isinstance(events, list):
        raise MalformedError("the body is no list of events")
    return [found for event in events if (found := _arrival(event))]


def _verify(signature: str, timestamp: str, body: bytes, key: EllipticCurvePublicKey, now: datetime) -> None:
    try:
        key.verify(base64.b64decode(signature, validate=True), timestamp.encode() + body, ECDSA(SHA256()))
        moment = datetime.fromtimestamp(int(timestamp), UTC)
    except (InvalidSignature, binascii.Error, ValueError, OverflowError, OSError):
        raise RefusedError("its signature is missing or wrong") from None
    expect_fresh(moment, now)


def _arrival(event: Any) -> Arrival | None:
    name = text_at(event, "event")
    if name not in _KINDS:
        return None
    # Some kinds of event come without an id; then two that say the same are the same.
    event_id = text_at(event, "sg_event_id") or sha256(json.dumps(event, sort_keys=True).encode()).hexdigest()
    return arrival("sendgrid", (event_id, name, text_at(event, "email")), _report(event, _KINDS[name]))


def _report(event: Any, kind: Kind) -> Report:
    said = text_at(event, "reason") or text_at(event, "response") or f"SendGrid: {text_at(event, 'event')}"
    code, found = status_in(said)
    status = found or text_at(event, "status")
    if kind is Kind.OTHER:
        kind, status = _DROPPED.get(said.strip().lower(), (kind, status))
    elif kind is Kind.BOUNCE and status in _VAGUE:
        status = _BY_CLASSIFICATION.get(text_at(event, "bounce_classification"), status)
    return Report(
        kind,
        tokens_in(text_at(event, "smtp-id")),
        (text_at(event, "email"),),
        status=status,
        code=code,
        said=said,
        trusted=True,
    )
