"""Header fields as bytes: folded, encoded, and never broken by what strangers wrote.

RFC 5322 (fields, folding), RFC 2047 (words that aren't ASCII), RFC 2369 and 8058 (leaving a list),
RFC 2919 (List-Id).
"""

import re
from binascii import b2a_base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.errors import HeaderParseError
from email.header import Header
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from textwrap import TextWrapper
from typing import Any

_NOT_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_FOLD = "\r\n "
_LINE = 76
"""Characters of a line that can be folded (RFC 2047, 2; RFC 5322 allows two more)."""
_ATOMS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~ -]+")
_NAME = 100
"""Characters of a name that are shown."""
_WORDS = re.compile(r"(?:[!-~]+(?: [!-~]+)*)?").fullmatch
"""Finds ASCII words with a space between each two: what `one_line` leaves as it is."""
_IN_BRACKETS = re.compile(r"[!-;=?-~]*").fullmatch
_ASCII_WRAP = TextWrapper(width=_LINE - 1, break_long_words=False, break_on_hyphens=False)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name (may be empty) and an address."""

    name: str
    address: str

    @classmethod
    def parse(cls, written: str) -> "Mailbox":
        """Read "Name <address>" or a bare address, as the settings have checked it."""
        name, address = parseaddr(written)
        return cls(name, address)

    def __str__(self) -> str:
        """Return it as people write it, for the body of a message."""
        return f"{self.name} <{self.address}>" if self.name else self.address


@dataclass(frozen=True, slots=True)
class IssueHeaders:
    """What all messages of an issue have in common in their headers; frozen at approval.

    `domain` stands in Message-IDs; `unsubscribe` takes mailed requests; `key_id` names the signing key.
    """

    sender: Mailbox
    reply_to: Mailbox | None
    list_id: str
    list_name: str
    domain: str
    site_url: str
    unsubscribe: str
    key_id: int

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> "IssueHeaders":
        """Read what `dataclasses.asdict` made of it."""
        reply_to = stored["reply_to"]
        values = {**stored, "sender": Mailbox(**stored["sender"])}
        return cls(**values | {"reply_to": Mailbox(**reply_to) if reply_to else None})


def one_line(text: str) -> str:
    """Return text that can stand in a header: no line break, no control character."""
    return " ".join(_NOT_TEXT.sub(" ", text).split())


def shown_name(name: str) -> str:
    """Return a person's or a list's name as messages show it: one line, at most 100 characters."""
    if len(name) <= _NAME and _WORDS(name):
        return name
    return one_line(name)[:_NAME].strip()


def text_field(name: str, value: str) -> bytes:
    """Return an unstructured field such as Subject, as encoded words where it isn't plain ASCII."""
    clean = one_line(value)
    if clean and clean.isascii() and "=?" not in clean and len(name) + len(clean) + 2 < _LINE:
        return f"{name}: {clean}\r\n".encode("ascii")
    return _long_text_field(name, clean)


def _long_text_field(name: str, clean: str) -> bytes:
    lines = _ASCII_WRAP.wrap(f"{name}: {clean}")
    long = any(len(line) > _LINE for line in lines) or lines[0] == f"{name}:"
    encoded = long or "=?" in clean or not clean.isascii()
    written = f"{name}: {_encoded_words(name, clean)}" if encoded else _FOLD.join(lines)
    return f"{written}\r\n".encode("ascii")


def mailbox_field(name: str, mailbox: Mailbox) -> bytes:
    """Return an address field such as To; long and foreign names are encoded and folded.

    An address with letters outside ASCII stands there in UTF-8 (RFC 6532, 3.2): no encoded word may hold one.
    """
    words = shown_name(mailbox.name)
    if not words:
        return f"{name}: {mailbox.address}\r\n".encode()
    return f"{name}: {_phrase_and_angle(name, words, mailbox.address)}\r\n".encode()


def _phrase_and_angle(name: str, words: str, inside: str) -> str:
    phrase = _phrase(name, words)
    fits = len(f"{name}: {phrase} <{inside}>") <= _LINE
    return f"{phrase} <{inside}>" if fits else f"{phrase}{_FOLD}<{inside}>"


def _phrase(name: str, words: str) -> str:
    """Return a display name as atoms, in quotes, or as encoded words (RFC 5322, 3.2.5; RFC 2047, 5)."""
    plain = words if _ATOMS.fullmatch(words) else '"' + re.sub(r'(["\\])', r"\\\1", words) + '"'
    if words.isascii() and "=?" not in words and len(f"{name}: {plain}") <= _LINE:
        return plain
    return _encoded_words(name, words)


def _encoded_words(name: str, text: str) -> str:
    # Most names need one word, and a message for each of them is made; the library takes 30 times as long.
    word = f"=?utf-8?b?{b2a_base64(text.encode(), newline=False).decode()}?="
    if len(name) + 2 + len(word) <= _LINE:
        return word
    return Header(text, "utf-8", header_name=name, maxlinelen=_LINE).encode(linesep="\r\n")


def date_field(moment: datetime) -> bytes:
    """Return the Date field of an aware moment."""
    return _date_field(moment, moment.utcoffset())


@lru_cache(maxsize=64)
def _date_field(moment: datetime, _offset: timedelta | None) -> bytes:
    # One moment at two offsets is equal, and yet written in two ways; so the offset is part of the key.
    return f"Date: {format_datetime(moment)}\r\n".encode("ascii")


def angle_field(name: str, *urls: str) -> bytes:
    """Return a field of URLs in angle brackets (RFC 2369), one a line, unfolded within."""
    for url in urls:
        if not _IN_BRACKETS(url):
            raise HeaderParseError(f"{name}: a URL with characters that can't stand there: {url!r}")
    listed = f",{_FOLD}".join(f"<{url}>" for url in urls)
    return f"{name}: {listed}\r\n".encode("ascii")


def list_id_field(headers: IssueHeaders) -> bytes:
    """Return List-Id (RFC 2919): the list's name, and its permanent id under the sender's domain."""
    inside = f"{headers.list_id}.{headers.domain}"
    words = shown_name(headers.list_name)
    listed = _phrase_and_angle("List-Id", words, inside) if words else f"<{inside}>"
    return f"List-Id: {listed}\r\n".encode("ascii")
