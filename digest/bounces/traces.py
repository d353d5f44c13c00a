"""Our own traces in what comes back: Message-IDs, VERP addresses and unsubscribe tokens; and addresses of others.

Whether a trace is genuine is not known here. Each is a secret of the one message it stands in.
"""

import re
from collections.abc import Iterable
from urllib.parse import unquote

from digest.bounces.mime import Fields, Mail

_MAX_TRACES = 10
_MESSAGE_ID = re.compile(r"(?<![0-9A-Za-z])([0-9A-Fa-f]{32})@")
_QUOTED_ID = re.compile(r"^[ \t>|]{0,20}message-id:[ \t]{0,9}\n?[ \t>|]{0,9}<?([0-9a-f]{32})@", re.IGNORECASE | re.M)
_VERP = re.compile(r"\+([0-9A-Fa-f]{32})@")
_ALONE = re.compile(r"(?<![A-Za-z0-9_-])([A-Za-z0-9_-]{47})(?![A-Za-z0-9_-])")
_IN_PLUS = re.compile(r"\+([A-Za-z0-9_-]{47})@")
_ADDRESS = re.compile(r"[^\s<>@,;:\"'()\[\]\x00-\x1f]{1,64}@[^\s<>@,;:\"'()\[\]\x00-\x1f]{1,253}")
_ARRIVED_FOR = ("delivered-to", "x-original-to", "envelope-to", "x-envelope-to", "x-delivered-to", "to")
"""The fields that tell the address a mail came to: those of the last server, and what it was sent to."""


def message_ids(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the local parts of Message-IDs, or tokens of VERP addresses, that can be ours."""
    return _distinct(found.lower() for text in texts for found in _MESSAGE_ID.findall(text))


def quoted_ids(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the local parts of Message-IDs in headers that a text quotes."""
    return _distinct(found.lower() for text in texts for found in _QUOTED_ID.findall(text))


def arrived_at(mail: Mail) -> tuple[str, ...]:
    """Return the tokens of the VERP addresses that a mail came to."""
    return _distinct(found.lower() for field in mail.fields.all(*_ARRIVED_FOR) for found in _VERP.findall(field))


def of_bounce(mail: Mail) -> tuple[str, ...]:
    """Return all that names a message of ours in a mail that is known to be about one."""
    told = [field for head in mail.returned for field in head.all("message-id", "return-path", "x-original-message-id")]
    answered = mail.fields.all("in-reply-to", "references", "x-original-message-id")
    found = (*arrived_at(mail), *message_ids(told), *message_ids(answered), *quoted_ids(mail.texts))
    return _distinct(found)


def unsubscribe_token(heads: Iterable[Fields]) -> str:
    """Return the token in the List-Unsubscribe field of a returned message, "" without one."""
    for head in heads:
        for field in head.all("list-unsubscribe"):
            if found := _ALONE.search(unquote(field)):
                return found[1]
    return ""


def token_in(text: str) -> str:
    """Return the unsubscribe token in a line, "" without one."""
    found = _ALONE.search(text)
    return found[1] if found else ""


def token_of_recipient(mail: Mail) -> str:
    """Return the unsubscribe token behind the plus sign of the address that a mail came to, "" without one."""
    found = (_IN_PLUS.search(field) for field in mail.fields.all(*_ARRIVED_FOR))
    return next((one[1] for one in found if one), "")


def addresses(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the addresses in some fields."""
    return _distinct(found for text in texts for found in _ADDRESS.findall(text))


def _distinct(found: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(found))[:_MAX_TRACES]
