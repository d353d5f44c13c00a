"""The webhooks of Postmark: one record each. Postmark signs nothing; a name and a password stand in the address.

Its MessageID is its own. The returned message, where Postmark is told to send it along, may hold ours; else the
address tells whom it is about. Broadcast streams tell bounces and complaints as changes of a subscription alone.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from typing import Any

from digest.bounces.report import Arrival, Kind, Report
from digest.bounces.webhook import (
    RefusedError,
    arrival,
    link_in,
    parse,
    status_in,
    text_at,
    tokens_in,
)

_TYPES = {
    "HardBounce": (Kind.BOUNCE, "5.1.1"),
    "BadEmailAddress": (Kind.BOUNCE, "5.1.3"),
    "SoftBounce": (Kind.BOUNCE, "4.2.0"),
    "DnsError": (Kind.BOUNCE, "4.4.3"),
    "Blocked": (Kind.BOUNCE, "5.7.1"),
    "SpamNotification": (Kind.BOUNCE, "5.7.1"),
    "DMARCPolicy": (Kind.BOUNCE, "5.7.1"),
    "Unknown": (Kind.BOUNCE, ""),
    "SpamComplaint": (Kind.COMPLAINT, ""),
    "Unsubscribe": (Kind.LEAVE, ""),
    "Transient": (Kind.DELAY, ""),
    "AutoResponder": (Kind.REPLY, ""),
    "AddressChange": (Kind.REPLY, ""),
    "ChallengeVerification": (Kind.REPLY, ""),
    "OpenRelayTest": (Kind.REPLY, ""),
    "Subscribe": (Kind.REPLY, ""),
}
"""What each type is, and its status where the other server named none."""

_VAGUE = ("", "5.0.0", "5.5.0")

_CHANGES = {
    "HardBounce": (Kind.BOUNCE, "5.1.1"),
    "SpamComplaint": (Kind.COMPLAINT, ""),
    "ManualSuppression": (Kind.LEAVE, ""),
}
"""Why a reader is not mailed any more."""


def read(headers: Mapping[str, str], body: bytes, username: str, password: str) -> list[Arrival]:
    """Return what a request reports; `headers` are by lower-case name. Raises RefusedError, MalformedError."""
    _verify(headers.get("authorization", ""), username, password)
    record = parse(body)
    match text_at(record, "RecordType"):
        case "Bounce" | "SpamComplaint":
            event = (text_at(record, "ID") or text_at(record, "MessageID"), text_at(record, "Email"))
            return [arrival("postmark", ("bounce", *event), _bounce(record))]
        case "SubscriptionChange" if isinstance(record, Mapping) and record.get("SuppressSending") is True:
            event = (text_at(record, "ChangedAt"), text_at(record, "Recipient"))
            return [arrival("postmark", ("change", *event), _change(record))]
    return []


def _verify(authorization: str, username: str, password: str) -> None:
    """Check HTTP Basic authentication (RFC 7617)."""
    scheme, _, written = authorization.partition(" ")
    try:
        given = base64.b64decode(written.strip(), validate=True)
    except (binascii.Error, ValueError):
        given = b""
    is_right = hmac.compare_digest(given, f"{username}:{password}".encode())
    if scheme.lower() != "basic" or not is_right:
        raise RefusedError("its name or password is missing or wrong")


def _bounce(record: Any) -> Report:
    said = text_at(record, "Details") or text_at(record, "Description") or f"Postmark: {text_at(record, 'Name')}"
    code, found = status_in(said)
    kind, usual = _TYPES.get(text_at(record, "Type"), (Kind.OTHER, ""))
    content = text_at(record, "Content")
    return Report(
        kind,
        tokens_in(content),
        (text_at(record, "Email"),),
        link_in(content),
        status=usual if found in _VAGUE else found,
        code=code,
        said=said,
        trusted=True,
    )


def _change(record: Any) -> Report:
    reason, origin = text_at(record, "SuppressionReason"), text_at(record, "Origin")
    kind, status = _CHANGES.get(reason, (Kind.OTHER, ""))
    if kind is Kind.LEAVE and origin != "Recipient":
        kind = Kind.OTHER  # the operator's own doing, in Postmark's pages
    said = f"Postmark: {reason} by {origin}"
    return Report(kind, recipients=(text_at(record, "Recipient"),), status=status, said=said, trusted=True)
