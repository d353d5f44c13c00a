"""Bounces in plain words, as mail servers wrote them before RFC 3464, and some still do.

flufl.bounce, which Mailman was made with, knows their words. It gets a short piece of the mail, since its patterns
take long on long lines.
"""

import logging
import re
from email import message_from_bytes

from flufl.bounce import all_failures

from digest.bounces import codes, traces
from digest.bounces.mime import MAX_SAID, Mail, one_line
from digest.bounces.report import Kind, Report

logging.getLogger("flufl.bounce").disabled = True  # a mail it can't read is no news for the log

_MAX_BYTES = 16_000
_MAX_LINE = 300
_NEAR = 800
"""Characters behind an address, in which the reason is looked for."""

_SENDER = re.compile(
    r"(?:mailer-?daemon|mail-?daemon|postmaster|mdaemon|mail(?:er)?[-_. ]?(?:delivery|system)\w*|smtpd?)\b", re.I
)
_SUBJECT = re.compile(
    r"undeliver|returned mail|failure notice|mail delivery (?:failed|failure|problem|report|status|system)"
    r"|delivery (?:status )?(?:notification|failure|failed|report|problem|error|has failed)|delivery .{0,40}delayed"
    r"|delivery has (?:been )?(?:failed|delayed)|could not (?:be delivered|send message)"
    r"|message (?:delayed|not delivered)|warning: (?:message|could not)"
    r"|unzustellbar|non remis|no se puede entregar|退信|配信不能",
    re.IGNORECASE,
)
_DELAYED = re.compile(
    r"not (?:yet )?been delivered yet|not yet been delivered|(?:has|been|is|message \S{0,40}) delayed\b"
    r"|delivery attempts will continue|will (?:continue to )?(?:be retr|retry|try|keep trying)|warning message only"
    r"|you do not need to resend|no action is required on your part|still being (?:tried|retried)",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^[ \t]{0,3}-{2,}.{0,40}\b(?:copy of|original message|header|returned|below this line)|^received: ",
    re.IGNORECASE | re.MULTILINE,
)
"""Where the returned message begins, in a text that has it behind the notice."""


def read(mail: Mail) -> tuple[Report, ...]:
    """Return a report for each recipient that a bounce in words tells of; none where it is no bounce.

    One that names no message of ours is not looked through for addresses: it can do nothing, and there may be many.
    """
    if not _looks_like_bounce(mail):
        return ()
    tokens, token = traces.of_bounce(mail), traces.unsubscribe_token(mail.returned)
    words = _notice(mail)
    delayed, failed = _failures(mail.lines) if tokens or token else ((), ())
    kind = Kind.BOUNCE if failed else Kind.DELAY if delayed else _unknown_kind(mail, words)
    if _DELAYED.search(words) or _DELAYED.search(mail.fields.first("subject")):
        kind = Kind.DELAY
    if kind is Kind.OTHER:
        return ()
    return tuple(_report(kind, tokens, token, words, address) for address in failed or delayed or ("",))


def _report(kind: Kind, tokens: tuple[str, ...], token: str, words: str, address: str) -> Report:
    reason = _reason(words, address)
    return Report(
        kind, tokens, (address,) if address else (), token, codes.enhanced(reason), codes.basic(reason), _line(reason)
    )


def _unknown_kind(mail: Mail, words: str) -> Kind:
    """Return what a notice is that names no address."""
    refused = codes.basic(words) or codes.enhanced(words)
    failed = refused or mail.returned or _SUBJECT.search(mail.fields.first("subject"))
    return Kind.BOUNCE if failed else Kind.OTHER


def _looks_like_bounce(mail: Mail) -> bool:
    """Tell whether a mail comes from a mail server; people write of failed deliveries too."""
    sender = mail.fields.first("from")
    return (
        "x-failed-recipients" in mail.fields
        or bool(_SENDER.match(sender.rpartition("<")[2].strip()))
        or (mail.fields.first("return-path") == "<>" and bool(_SUBJECT.search(mail.fields.first("subject"))))
    )


def _failures(lines: bytes) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the addresses that flufl.bounce finds: not delivered yet, and never."""
    short = b"\n".join(line[:_MAX_LINE] for line in lines[:_MAX_BYTES].split(b"\n"))
    try:
        found = all_failures(message_from_bytes(short))
    except Exception:  # whatever breaks in it, by a charset nobody knows or worse: it knows no address
        return (), ()
    delayed, failed = (_addresses(one) for one in found)
    return delayed, failed


def _addresses(found: frozenset[bytes]) -> tuple[str, ...]:
    texts = sorted(address.decode("ascii", "replace") for address in found)
    return traces.addresses(texts)


def _notice(mail: Mail) -> str:
    """Return what the server says, without the message it returns."""
    words = "\n".join(mail.texts)[:_MAX_BYTES]
    original = _ORIGINAL.search(words)
    return words[: original.start()] if original else words


def _reason(words: str, address: str) -> str:
    """Return the piece of a notice that is about an address, where it has a code; else all of the notice."""
    at = words.lower().find(address.lower()) if address else -1
    if at < 0:
        return words[: 3 * _NEAR]
    piece = words[words.rfind("\n", 0, at) + 1 : at + _NEAR]
    return piece if codes.enhanced(piece) or codes.basic(piece) else words[: 3 * _NEAR]


def _line(reason: str) -> str:
    """Return the line of a reason that has a code, else the beginning of it all."""
    lines = [line for line in reason.split("\n") if codes.enhanced(line) or codes.basic(line)]
    return one_line(lines[0] if lines else reason, MAX_SAID)
