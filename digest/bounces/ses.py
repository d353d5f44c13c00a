"""The webhook of Amazon SES, which tells through SNS: a notification signed by SNS holds the report of SES.

Both forms of SES are read: identity notifications (`notificationType`) and event publishing (`eventType`). SES gives a
message an id of its own; the Message-ID it came with stands in `mail`. A topic with raw delivery sends no signature,
and is refused.
"""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA1, SHA256, HashAlgorithm
from cryptography.x509 import load_pem_x509_certificate

from digest.bounces.report import Arrival, Kind, Report
from digest.bounces.webhook import (
    MalformedError,
    RefusedError,
    arrival,
    at,
    expect_fresh,
    items_at,
    link_in,
    parse,
    status_in,
    text_at,
    tokens_in,
)

Fetch = Callable[[str], bytes]
"""GETs an address of SNS over verified TLS, follows no redirect, and returns the body."""

_HOST = r"https://sns\.[a-z]{2}(?:-[a-z]{2,12}){1,3}-[0-9]{1,2}\.amazonaws\.com(?:\.cn)?"
"""SNS in a region, such as us-gov-west-1. With any name there, "sns.s3" would do: a bucket that somebody called sns."""

_CERTIFICATE = re.compile(rf"{_HOST}/SimpleNotificationService-[0-9a-f]{{1,64}}\.pem")
_CONFIRMATION = re.compile(rf"{_HOST}/\?[A-Za-z0-9._~:/?&=%+-]{{1,2000}}")

_SIGNED = {
    "Notification": ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    "SubscriptionConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    "UnsubscribeConfirmation": ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
"""What is signed of each type, in this order."""

_HASHES: Mapping[str, HashAlgorithm] = {"1": SHA1(), "2": SHA256()}  # noqa: S303 - the usual version; AWS's choice

_NO_COMPLAINT = frozenset({"not-spam", "auth-failure", "virus"})
"""Kinds of feedback that aren't a reader's complaint of our message."""

_BY_SUBTYPE = {
    "NoEmail": "5.1.1",
    "Suppressed": "5.1.1",
    "OnAccountSuppressionList": "5.1.1",
    "MailboxFull": "5.2.2",
}
"""What SES has found out, where it says more than the other server."""


def read(body: bytes, topic: str, fetch: Fetch, now: datetime) -> list[Arrival]:
    """Return what a request reports, and confirm the subscription where it asks for that.

    `topic` is the ARN of the one topic that is believed: anybody can have a topic, and Amazon signs for them all.
    `fetch` is asked for the signing certificate each time; let it remember. Raises RefusedError, MalformedError, and
    what `fetch` raises.
    """
    message = parse(body)
    kind = text_at(message, "Type")
    if text_at(message, "TopicArn") != topic or kind not in _SIGNED:
        raise RefusedError("it is of no topic that the settings name")
    expect_fresh(_moment(text_at(message, "Timestamp")), now)
    _verify(message, _SIGNED[kind], fetch, now)
    if kind == "SubscriptionConfirmation":
        _confirm(text_at(message, "SubscribeURL"), fetch)
    if kind != "Notification":
        return []
    try:
        event = parse(text_at(message, "Message").encode())
    except (MalformedError, UnicodeEncodeError):
        return []  # SNS or SES says in words that all is well
    return _arrivals(event, text_at(message, "MessageId"))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise RefusedError("it has no time") from None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _verify(message: Any, names: tuple[str, ...], fetch: Fetch, now: datetime) -> None:
    address, algorithm = text_at(message, "SigningCertURL"), _HASHES.get(text_at(message, "SignatureVersion"))
    if not _CERTIFICATE.fullmatch(address) or algorithm is None:
        raise RefusedError("its certificate is not where those of SNS are, or its kind of signature is unknown")
    signed = "".join(f"{name}\n{text_at(message, name)}\n" for name in names if at(message, name) is not None)
    try:
        signature = base64.b64decode(text_at(message, "Signature"), validate=True)
        _key(fetch(address), now).verify(signature, signed.encode(), PKCS1v15(), algorithm)
    except (InvalidSignature, binascii.Error, ValueError):  # a lone surrogate is one, too
        raise RefusedError("its signature is wrong") from None


def _key(certificate: bytes, now: datetime) -> RSAPublicKey:
    found = load_pem_x509_certificate(certificate)
    key = found.public_key()
    if not isinstance(key, RSAPublicKey) or not found.not_valid_before_utc <= now <= found.not_valid_after_utc:
        raise ValueError("no certificate that holds now")
    return key


def _confirm(address: str, fetch: Fetch) -> None:
    if not _CONFIRMATION.fullmatch(address):
        raise RefusedError("the address to confirm the subscription at is not Amazon's")
    fetch(address)


def _arrivals(event: Any, message_id: str) -> list[Arrival]:
    kind = text_at(event, "eventType") or text_at(event, "notificationType")
    reports = _REPORTS[kind](event) if kind in _REPORTS else []
    return [arrival("ses", (message_id, *report.recipients[:1]), _with_headers(event, report)) for report in reports]


def _with_headers(event: Any, report: Report) -> Report:
    """Return a report with what SES knows of the message: its own recipient, and headers.

    A bounce may name another address, to which the message was forwarded.
    """
    sent_to = (address for address in items_at(event, "mail", "destination")[:9] if isinstance(address, str))
    written = [
        f"{text_at(header, 'name')}: {text_at(header, 'value')}"
        for header in items_at(event, "mail", "headers")
        if text_at(header, "name").lower() in ("message-id", "list-unsubscribe")
    ]
    headers = "\n".join([*written, text_at(event, "mail", "commonHeaders", "messageId")])
    return Report(
        report.kind,
        tokens_in(headers),
        (*report.recipients, *sent_to),
        link_in(headers),
        report.status,
        report.code,
        report.said,
        trusted=True,
    )


def _bounces(event: Any) -> list[Report]:
    subtype = text_at(event, "bounce", "bounceSubType")
    kind = Kind.LEAVE if subtype == "UnsubscribedRecipient" else Kind.BOUNCE
    reports = []
    for recipient in items_at(event, "bounce", "bouncedRecipients"):
        said = text_at(recipient, "diagnosticCode") or f"SES: {text_at(event, 'bounce', 'bounceType')} {subtype}"
        code, found = status_in(said)
        status = _BY_SUBTYPE.get(subtype) or found or text_at(recipient, "status")
        address = text_at(recipient, "emailAddress")
        reports.append(Report(kind, recipients=(address,), status=status, code=code, said=said))
    return reports


def _complaints(event: Any) -> list[Report]:
    feedback = text_at(event, "complaint", "complaintFeedbackType")
    kind = Kind.OTHER if feedback in _NO_COMPLAINT else Kind.COMPLAINT
    return [
        Report(kind, recipients=(text_at(recipient, "emailAddress"),), said=f"SES: complaint {feedback}".strip())
        for recipient in items_at(event, "complaint", "complainedRecipients")
    ]


def _delays(event: Any) -> list[Report]:
    reports = []
    for recipient in items_at(event, "deliveryDelay", "delayedRecipients"):
        said = text_at(recipient, "diagnosticCode") or f"SES: {text_at(event, 'deliveryDelay', 'delayType')}"
        code, found = status_in(said)
        status = found or text_at(recipient, "status")
        address = text_at(recipient, "emailAddress")
        reports.append(Report(Kind.DELAY, recipients=(address,), status=status, code=code, said=said))
    return reports


def _rejections(event: Any) -> list[Report]:
    return [Report(Kind.OTHER, said=f"SES: rejected: {text_at(event, 'reject', 'reason')}")]


_REPORTS: Mapping[str, Callable[[Any], list[Report]]] = {
    "Bounce": _bounces,
    "Complaint": _complaints,
    "DeliveryDelay": _delays,
    "Reject": _rejections,
}
"""The events that say something of a reader; others say that all is well."""
