"""Subscriber files: text → subscribers, and every row that can't be used with its line and reason.

The format is CSV (RFC 4180) with a header; only the column `email` is needed:

    # comments may stand above the header
    email,name,topics,frequency,timezone,language
    ada@example.org,Ada Lovelace,robotics language-models,weekly,Europe/London,en

`topics` are ids separated by spaces, semicolons or |; an empty field means what the list itself has.
Columns with other names are the operator's own and are left alone.
"""

import csv
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from functools import lru_cache
from io import StringIO
from zoneinfo import ZoneInfo

from digest.errors import InputError
from digest.subscribers.address import Address, parse_address
from digest.subscribers.subscriber import Subscriber

FIELDS = ("email", "name", "topics", "frequency", "timezone", "language")
HEADER = ",".join(FIELDS)
MAX_NAME = 200
"""Longest name in characters; the rest is cut."""

_MAX_LINES = 100
"""Most lines that one row may run over. It bounds what a forgotten closing quote can swallow."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_SEPARATORS = re.compile(r"[\s;|]+")
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNDECODED = re.compile("[\ud800-\udfff]")
_NOT_UTF8 = "the name is not UTF-8 and is left out; save the file as CSV in UTF-8"
_QUOTES = "a quote is not closed, or text follows a closed one; a quote inside a field is written twice"


@dataclass(frozen=True, slots=True)
class SubscriberRow:
    """A usable row: its 1-based line, the subscriber, and the address in both its forms."""

    line: int
    subscriber: Subscriber
    address: Address


@dataclass(frozen=True, slots=True)
class RowProblem:
    """Something wrong in a row: its 1-based line, what, and the row's address as far as it can be shown.

    `refused` tells whether the row was left out; otherwise it is among the rows as far as it goes.
    """

    line: int
    reason: str
    email: str = ""
    refused: bool = True

    def __str__(self) -> str:
        """Return "line 7: reason (address)"."""
        return f"line {self.line}: {self.reason}" + (f" ({self.email})" if self.email else "")


@dataclass(frozen=True, slots=True)
class SubscriberFile:
    """What a subscriber file holds: the usable rows in its order, and every problem with the others."""

    rows: tuple[SubscriberRow, ...]
    problems: tuple[RowProblem, ...] = ()


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header ends (`end`: index of the line below it), its width, and where our fields stand."""

    end: int
    width: int
    columns: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class RawRow:
    """A row as it is written: lines `start` to `end` (exclusive, 0-based), and its fields.

    `reason` is "" unless the row can't be read at all; `fields` is empty then.
    """

    start: int
    end: int
    fields: Sequence[str]
    reason: str = ""


def parse_subscribers(text: str, where: str, known_topics: Iterable[str]) -> SubscriberFile:
    """Return the rows of the subscriber file `text`; `where` is its name in errors.

    A row with a mistake costs only itself. Raises InputError when there is no header to read by.
    """
    lines = split_lines(text)
    header = find_header(lines, where)
    topics = frozenset(known_topics)
    rows: list[SubscriberRow] = []
    problems: list[RowProblem] = []
    first: dict[str, int] = {}
    for raw in raw_rows(lines, header):
        try:
            row = _row(raw, header, topics, first)
        except ValueError as error:
            problems.append(RowProblem(raw.start + 1, str(error), _shown_email(raw, header)))
        else:
            first[row.address.canonical] = row.line
            rows.append(row)
            if _UNDECODED.search(_value(raw, header, "name")):
                problems.append(RowProblem(row.line, _NOT_UTF8, row.subscriber.email, refused=False))
    return SubscriberFile(tuple(rows), tuple(problems))


def clean_name(text: str) -> str:
    """Return a name as it may stand in a greeting: one line, NFC, no control characters, bounded."""
    if not text.isprintable():
        text = "".join(c for c in text if c.isspace() or not _is_control(c))
    return unicodedata.normalize("NFC", " ".join(text.split()))[:MAX_NAME].rstrip()


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs") or char in _BIDI_CONTROLS


def split_lines(text: str) -> list[str]:
    r"""Return the lines of `text` with their ends: \n, \r\n or \r and nothing else, as csv counts them."""
    return list(StringIO(text, newline=""))


def find_header(lines: Sequence[str], where: str) -> Header:
    """Return the header of a subscriber file. Raises InputError when it has none, or one without `email`."""
    start = 0
    while start < len(lines) and _above_header(lines[start]):
        start += 1
    if start == len(lines):
        raise InputError(f"{where}: is empty; expected the header line: {HEADER}")
    # A byte-order mark before a quote would make the quote a letter.
    raw = _read_row([lines[start].removeprefix("\ufeff"), *lines[start + 1 : start + _MAX_LINES]], 0)
    names = [field.strip().lower() for field in raw.fields]
    columns = {name: index for index, name in enumerate(names) if name in FIELDS}
    if "email" not in columns or len(columns) < sum(name in FIELDS for name in names):
        raise InputError(f"{where}:{start + 1}: {_header_reason(lines[start], names, raw)}")
    return Header(start + raw.end, len(names), columns)


def raw_rows(lines: Sequence[str], header: Header) -> Iterator[RawRow]:
    """Yield the rows below the header; blank lines and rows of empty fields are not rows."""
    start = header.end
    while start < len(lines):
        row = _read_row(lines, start)
        if row.end > start + 1 and _swallowed(row, header):
            row = RawRow(start, start + 1, (), _QUOTES)
        start = row.end
        if row.reason or any(field and not field.isspace() for field in row.fields):
            yield row


def _above_header(line: str) -> bool:
    # A spreadsheet puts quotes around a comment that has a comma.
    return line.lstrip("\ufeff \t").startswith(("#", '"#')) or not line.strip("\ufeff \t\r\n,")


def _read_row(lines: Sequence[str], start: int) -> RawRow:
    line = lines[start]
    if line.startswith("#"):
        return RawRow(start, start + 1, (), "starts with #; comments stand above the header")
    if '"' not in line:
        return RawRow(start, start + 1, line.rstrip("\r\n").split(","))
    # Each row has a reader of its own: after a broken row we go on with the line below its first.
    reader = csv.reader(lines[start : start + _MAX_LINES], strict=True, skipinitialspace=True)
    try:
        fields = next(reader)
    except csv.Error as error:
        return RawRow(start, start + 1, (), str(error) if "limit" in str(error) else _QUOTES)
    return RawRow(start, start + reader.line_num, fields)


def _swallowed(row: RawRow, header: Header) -> bool:
    """Tell whether one of our fields took in rows below: a quote left open that a later one closed."""
    ours = (row.fields[index] for index in header.columns.values() if index < len(row.fields))
    return any("@" in field and ("\n" in field or "\r" in field) for field in ours)


def _header_reason(line: str, names: Sequence[str], raw: RawRow) -> str:
    if "\0" in line:
        return "holds NUL bytes, as UTF-16 does; save the file as CSV in UTF-8"
    if "email" in names:
        twice = next(name for name in FIELDS if names.count(name) > 1)
        return f"the header has the column {twice!r} twice"
    if "@" in line:
        wanted = ",".join(FIELDS[: len(names)]) if len(names) <= len(FIELDS) else HEADER
        return f"expected a header and found an address; add this line above it: {wanted}"
    if raw.reason:
        return f"the header can't be read: {raw.reason}"
    if "email" in re.split(r"[;\t]", line.strip("\ufeff \r\n").lower()):
        return f"the header's columns must be separated by commas: {HEADER}"
    return f"the header has no column 'email'; expected {HEADER} (only email is needed)"


def _row(raw: RawRow, header: Header, topics: frozenset[str], first: Mapping[str, int]) -> SubscriberRow:
    """Return the row's subscriber. Raises ValueError with the reason when it can't be used.

    `first` holds the line of each canonical address met above.
    """
    _refuse_shape(raw, header)

    def optional(name: str, check: Callable[[str], str]) -> str | None:
        text = _value(raw, header, name)
        return check(text) if text else None

    address = parse_address(_value(raw, header, "email"))
    if address.canonical in first:
        raise ValueError(f"the same address as in line {first[address.canonical]}")
    name = _value(raw, header, "name")
    subscriber = Subscriber(
        email=address.address,
        name="" if _UNDECODED.search(name) else clean_name(name),
        topics=_topics(_value(raw, header, "topics"), topics),
        frequency=optional("frequency", _frequency),
        timezone=optional("timezone", _timezone),
        language=optional("language", _language),
    )
    return SubscriberRow(raw.start + 1, subscriber, address)


def _value(raw: RawRow, header: Header, name: str) -> str:
    index = header.columns.get(name)
    return "" if index is None else raw.fields[index].strip()


def _refuse_shape(raw: RawRow, header: Header) -> None:
    if raw.reason:
        raise ValueError(raw.reason)
    if len(raw.fields) != header.width:
        until = f" (the row runs to line {raw.end})" if raw.end > raw.start + 1 else ""
        found = f"has {len(raw.fields)} fields where the header has {header.width}{until}"
        raise ValueError(f"{found}; a field with a comma in it needs quotes")
    if any("\0" in field for field in raw.fields):
        raise ValueError("holds a NUL byte; the file may be damaged")


@lru_cache(maxsize=4096)
def _topics(text: str, known: frozenset[str]) -> tuple[str, ...]:
    ids = dict.fromkeys(part for part in _SEPARATORS.split(text.lower()) if part)
    unknown = next((part for part in ids if part not in known), None)
    if unknown is not None:
        raise ValueError(_unknown_topic(unknown, known))
    return tuple(ids)


@lru_cache(maxsize=4096)
def _unknown_topic(topic: str, known: frozenset[str]) -> str:
    near = get_close_matches(topic[:64], sorted(known), n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"known: {', '.join(sorted(known)) or 'none'}"
    return f"the topic {_shown(topic)} is not declared; {hint}"


def _frequency(text: str) -> str:
    if text.lower() not in ("daily", "weekly"):
        raise ValueError(f"the frequency {_shown(text)} is neither daily nor weekly")
    return text.lower()


@lru_cache(maxsize=4096)
def _timezone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{_shown(text)} is no IANA timezone; expected one such as Europe/Berlin") from None
    return text


@lru_cache(maxsize=4096)
def _language(text: str) -> str:
    """Return a language tag in the case that RFC 5646 section 2.1.1 recommends: zh-Hant-TW."""
    if not _LANGUAGE.fullmatch(text) or len(text) > 35:
        raise ValueError(f"{_shown(text)} is no language tag (BCP 47); expected one such as de or pt-BR")
    first, *others = text.lower().split("-")
    return "-".join([first, *({2: part.upper(), 4: part.title()}.get(len(part), part) for part in others)])


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")


def _shown_email(raw: RawRow, header: Header) -> str:
    index = header.columns["email"]
    return clean_name(raw.fields[index]) if index < len(raw.fields) else ""
