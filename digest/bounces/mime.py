"""A mail taken apart within bounds: what strangers send may be broken, endless, or nested without end."""

import re
from codecs import lookup
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from functools import cached_property
from html import unescape

MAX_BYTES = 1_000_000
"""Bytes of a mail that are looked at. A report of a message of ours, returned in whole, has a tenth of it."""

MAX_LINES = 20_000
"""Lines of a mail, and of a part, that are looked at."""

MAX_SAID = 500
"""Characters that are kept of what a server said."""

_MAX_PARTS = 50
"""Parts of a mail at most, and so levels of them: each level makes each line dearer."""

_MAX_FIELD = 4_000
_BOUNDARY = re.compile(rb"boundary", re.IGNORECASE)
_MESSAGE_TYPE = re.compile(rb"^(content-type:[ \t\n]*)message/", re.IGNORECASE | re.MULTILINE)
_LEAF = "x-message/"
_TYPE = re.compile(rb"^content-type:[^\n]*(?:\n[ \t][^\n]*)*", re.IGNORECASE | re.MULTILINE)
_MAX_TYPE = 2_000
"""Bytes of a content type that are looked at: to take its parameters apart takes ever longer, the more there are."""

_MAX_TEXT = 200_000
"""Bytes of a text for people that are looked at."""

_TAG = re.compile(r"<[^<>]{0,2000}>")
_UNSHOWN = re.compile(r"<(?:style|script)\b", re.IGNORECASE)
_SHOWN_AGAIN = re.compile(r"</(?:style|script)\b", re.IGNORECASE)
_SLOW = ("punycode", "idna")
"""What Python can decode, takes very long over, and is no encoding of mails."""


class Fields:
    """The header fields of a mail or of a part, decoded, each on one line."""

    def __init__(self, message: Message) -> None:
        self._values: dict[str, list[str]] = {}
        for name, value in message.raw_items():
            self._values.setdefault(name.strip().lower(), []).append(value)

    @classmethod
    def none(cls) -> "Fields":
        """Return the fields of nothing."""
        return cls(Message())

    def all(self, *names: str) -> list[str]:
        """Return what stands in all fields of some names, written in lower case."""
        return [_decoded(value) for name in names for value in self._values.get(name, ())]

    def first(self, name: str) -> str:
        """Return what stands in the first field of a name, "" where there is none."""
        return next(iter(self.all(name)), "")

    def __contains__(self, name: str) -> bool:
        return name in self._values


@dataclass(frozen=True, slots=True)
class Part:
    """A leaf of a mail: `kind` is its content type, `content` what its transfer encoding says."""

    kind: str
    charset: str
    content: bytes

    @property
    def text(self) -> str:
        """Its text, without the tags where it is HTML; what can't be decoded becomes U+FFFD."""
        content = self.content[:_MAX_TEXT]
        try:
            charset = lookup(self.charset).name
            text = content.decode("utf-8" if charset in _SLOW else charset, "replace")
        except (LookupError, ValueError):
            text = content.decode("utf-8", "replace")
        return unescape(_TAG.sub(" ", _without_unshown(text))) if self.kind == "text/html" else text

    @property
    def is_message(self) -> bool:
        """Whether it is another message, or the head of one."""
        return self.kind in _MESSAGES

    @property
    def fields(self) -> Fields:
        """The fields at its beginning, where it is a message."""
        return fields_of(self.content)


_MESSAGES = ("message/rfc822", "message/global", "message/global-headers", "text/rfc822-headers", "message/partial")


@dataclass(frozen=True)
class Mail:
    """A mail's header, and its leaves in their order; `lines` is all of it that is looked at.

    `report` is the report-type of a multipart/report (RFC 6522), "" for anything else.
    """

    lines: bytes
    fields: Fields
    report: str
    parts: tuple[Part, ...]

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The texts for people, the plain ones first; a returned message is none."""
        shown = [part for part in self.parts if part.kind.startswith("text/") and not part.is_message]
        return tuple(part.text for part in sorted(shown, key=lambda part: part.kind == "text/html"))

    @cached_property
    def returned(self) -> tuple[Fields, ...]:
        """The header of each message that it returns."""
        return tuple(part.fields for part in self.parts if part.is_message)


class TooManyPartsError(ValueError):
    """A mail has more parts than any report."""


def take_apart(mail: bytes) -> Mail:
    """Take a mail apart, whatever its line ends. Raises TooManyPartsError."""
    lines = _TYPE.sub(_with_short_type, _lines(mail))
    if sum(1 for _ in _BOUNDARY.finditer(lines)) > 2 * _MAX_PARTS:
        raise TooManyPartsError(f"has more than {_MAX_PARTS} parts")
    # A message within is left as it stands: it is one level less, and its transfer encoding is undone as of any leaf.
    message = message_from_bytes(_MESSAGE_TYPE.sub(rb"\1" + _LEAF.encode(), lines))
    report = message.get_param("report-type", "")
    return Mail(
        lines,
        Fields(message),
        report.lower() if isinstance(report, str) else "",
        tuple(_part(leaf) for leaf in _leaves(message)),
    )


def fields_of(content: bytes) -> Fields:
    """Return the header fields that some bytes begin with."""
    return Fields(BytesHeaderParser().parsebytes(content.lstrip()))


def _without_unshown(html: str) -> str:
    """Return HTML without its style sheets and scripts; one that never ends ends with the text."""
    kept, at = [], 0
    while found := _UNSHOWN.search(html, at):
        kept.append(html[at : found.start()])
        closed = _SHOWN_AGAIN.search(html, found.end())
        at = closed.start() if closed else len(html)
    return "".join([*kept, html[at:]])


def one_line(text: str, longest: int) -> str:
    """Return a text without what can't be shown and double spaces, cut where it gets too long."""
    cut = text[: 2 * longest]
    shown = cut if cut.isprintable() else "".join(char if char.isprintable() else " " for char in cut)
    return " ".join(shown.split())[:longest]


def _lines(mail: bytes) -> bytes:
    """Return what of a mail is looked at, with LF for whatever it has at the ends of lines."""
    cut = mail[:MAX_BYTES].replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    if cut.count(b"\n") > MAX_LINES:
        cut = b"\n".join(cut.split(b"\n", MAX_LINES)[:MAX_LINES])
    return cut


def _with_short_type(found: re.Match[bytes]) -> bytes:
    """Return a content type as it stands where it is of usual length, cut where it isn't."""
    return found[0] if len(found[0]) <= _MAX_TYPE else found[0][:_MAX_TYPE]


def _leaves(message: Message) -> Iterator[Message]:
    for number, part in enumerate(message.walk()):
        if number >= _MAX_PARTS:
            raise TooManyPartsError(f"has more than {_MAX_PARTS} parts")
        if not part.is_multipart():
            yield part


def _part(leaf: Message) -> Part:
    content = leaf.get_payload(decode=True)
    kind = leaf.get_content_type()
    charset = leaf.get_content_charset("utf-8")
    kind = kind.removeprefix("x-") if kind.startswith(_LEAF) else kind
    return Part(kind, charset, content if isinstance(content, bytes) else b"")


def _decoded(value: str) -> str:
    raw = str(value)[:_MAX_FIELD].encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    if "=?" in raw:
        with suppress(MessageError, LookupError, ValueError):  # as it stands, then
            raw = str(make_header(decode_header(raw)))
    return one_line(raw, _MAX_FIELD)
