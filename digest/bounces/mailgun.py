"""The webhooks of Mailgun: one event each, with an HMAC over a time and a token.

The signature covers the token and not the event, so whoever has seen one could write another event under it. Hence a
token is good for one event: it is what the report is told from others by, and a second one does nothing.
"""

import hmac
from datetime import UTC, datetime
from typing import Any

from digest.bounces.report import Arrival, Kind, Report
from digest.bounces.webhook import RefusedError, arrival, at, expect_fresh, parse, status_in, text_at, tokens_in

_SUPPRESSED = {
    "suppress-bounce": (Kind.BOUNCE, "5.1.1"),
    "suppress-complaint": (Kind.COMPLAINT, ""),
    "suppress-unsubscribe": (Kind.LEAVE, ""),
}
"""Why Mailgun didn't even try."""


def read(body: bytes, signing_key: str, now: datetime) -> list[Arrival]:
    """Return what a request reports. Raises RefusedError, MalformedError."""
    message = parse(body)
    token = _verified(message, signing_key, now)
    report = _report(at(message, "event-data"))
    return [] if report is None else [arrival("mailgun", (token,), report)]


def _verified(message: Any, signing_key: str, now: datetime) -> str:
    timestamp, token, signature = (text_at(message, "signature", name) for name in ("timestamp", "token", "signature"))
    try:
        made = hmac.new(signing_key.encode(), f"{timestamp}{token}".encode(), "sha256").hexdigest()
        is_genuine = bool(token) and hmac.compare_digest(made.encode(), signature.encode())
        moment = datetime.fromtimestamp(int(timestamp), UTC)
    except (ValueError, OverflowError, OSError):
        is_genuine = False
    if not is_genuine:
        raise RefusedError("its signature is missing or wrong")
    expect_fresh(moment, now)
    return token


def _report(event: Any) -> Report | None:
    name, reason = text_at(event, "event"), text_at(event, "reason")
    said = (
        text_at(event, "delivery-status", "message")
        or text_at(event, "delivery-status", "description")
        or text_at(event, "reject", "reason")
        or f"Mailgun: {name} {reason}".strip()
    )
    _, found = status_in(said)
    status = text_at(event, "delivery-status", "enhanced-code") or found
    match name, text_at(event, "severity"):
        case "failed", "temporary":
            kind = Kind.DELAY
        case "failed", _:
            kind, status = _SUPPRESSED.get(reason, (Kind.BOUNCE, status))
        case "complained", _:
            kind = Kind.COMPLAINT
        case "unsubscribed", _:
            kind = Kind.LEAVE
        case "rejected", _:
            kind = Kind.OTHER
        case _:
            return None
    code = text_at(event, "delivery-status", "code")
    return Report(
        kind,
        tokens_in(text_at(event, "message", "headers", "message-id")),
        (text_at(event, "recipient"),),
        status=status,
        code=int(code) if code.isascii() and code.isdigit() and len(code) == 3 else 0,
        said=said,
        trusted=True,
    )
