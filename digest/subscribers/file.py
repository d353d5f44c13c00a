"""Subscriber files: text → subscribers, and every row that can't be used with its line and reason.

The format is CSV (RFC 4180) with a header; only the column `email` is needed:

    # comments may stand above the header
    email,name,topics,frequency,timezone,language
    ada@example.org,Ada Lovelace,robotics language-models,weekly,Europe/London,en

`topics` are ids separated by spaces, semicolons or |; an empty field means what the list itself has.
Columns with other names are the operator's own and are left alone.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from zoneinfo import ZoneInfo

from digest.errors import meant
from digest.subscribers.address import Address, is_of, parse_address
from digest.subscribers.advice import address_meant, address_with_comma, language_meant, timezone_meant, with_hint
from digest.subscribers.subscriber import Subscriber
from digest.subscribers.table import Header, RawRow, read_table, split_lines

MAX_NAME = 200
"""Longest name in characters; the rest is cut."""

_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{1,8})*")
_LONGEST_TAG = 35
"""Characters of a language tag (RFC 5646, 4.4.1)."""
_SEPARATORS = re.compile(r"[\s;|]+")
_BIDI_CONTROLS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
_UNDECODED = re.compile("[\ud800-\udfff]")
_NOT_UTF8 = "the name is not UTF-8 and is left out; save the file as CSV in UTF-8"


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


def parse_subscribers(text: str, where: str, known_topics: Iterable[str]) -> SubscriberFile:
    """Return the rows of the subscriber file `text`; `where` is its name in errors.

    A row with a mistake costs only itself. Raises InputError when there is no header to read by.
    """
    rows: list[SubscriberRow] = []
    problems: list[RowProblem] = []
    first: dict[str, int] = {}
    for found in read_rows(split_lines(text), where, known_topics):
        if isinstance(found, RowProblem):
            problems.append(found)
        elif (line := first.setdefault(found.address.canonical, found.line)) != found.line:
            problems.append(repeated(found.line, found.address, line))
        else:
            rows.append(found)
    return SubscriberFile(tuple(rows), tuple(problems))


def read_rows(lines: Iterable[str], where: str, known_topics: Iterable[str]) -> Iterator[SubscriberRow | RowProblem]:
    """Return the rows of a subscriber file and the problems with others, as a stream in its order.

    `lines` come with their ends. Who has two rows comes twice: that is for those to find who can remember
    everybody (`repeated` says it). Raises InputError at once when there is no header to read by.
    """
    header, raw_rows = read_table(lines, where)
    return _rows(raw_rows, header, frozenset(known_topics))


def _rows(raw_rows: Iterable[RawRow], header: Header, topics: frozenset[str]) -> Iterator[SubscriberRow | RowProblem]:
    for raw in raw_rows:
        try:
            row = _row(raw, header, topics)
        except ValueError as error:
            yield RowProblem(raw.start + 1, str(error), _shown_email(raw, header))
        else:
            yield row
            if not row.subscriber.name and _undecoded(_name(raw, header)):
                yield RowProblem(row.line, _NOT_UTF8, row.subscriber.email, refused=False)


def find_row(
    lines: Iterable[str], where: str, known_topics: Iterable[str], canonical: str
) -> SubscriberRow | RowProblem | None:
    """Return the first row of a canonical address, or what is wrong with that row; None when there is none.

    Only that row is looked at closely. Raises InputError when there is no header to read by.
    """
    header, raw_rows = read_table(lines, where)
    theirs = (raw for raw in raw_rows if is_of(_email(raw, header), canonical))
    return next(_rows(theirs, header, frozenset(known_topics)), None)


def written_addresses(lines: Iterable[str], where: str) -> Iterator[str]:
    """Return the addresses of a subscriber file in its order, as they are written there: not all can be used.

    Raises InputError at once when there is no header to read by.
    """
    header, raw_rows = read_table(lines, where)
    written = (clean_name(_email(raw, header)) for raw in raw_rows)
    return (address for address in written if "@" in address)


def languages(lines: Iterable[str], where: str) -> frozenset[str]:
    """Return the languages that the rows of a subscriber file ask for; rows are not checked otherwise.

    Raises InputError when there is no header to read by.
    """
    header, rows = read_table(lines, where)
    column = header.columns.get("language")
    if column is None:
        return frozenset()
    written = {raw.fields[column].strip() for raw in rows if len(raw.fields) == header.width}
    tags = (text for text in written if _LANGUAGE.fullmatch(text) and len(text) <= _LONGEST_TAG)
    return frozenset(map(parse_language, tags))


def repeated(line: int, address: Address, first: int) -> RowProblem:
    """Return the problem with a row whose address has a row already, in the line `first`."""
    return RowProblem(line, f"the same address as in line {first}", address.address)


def clean_name(text: str) -> str:
    """Return a name as it may stand in a greeting: one line, NFC, no control characters, bounded."""
    if not text.isprintable():
        text = "".join(c for c in text if c.isspace() or not _is_control(c))
    return unicodedata.normalize("NFC", " ".join(text.split()))[:MAX_NAME].rstrip()


def _is_control(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cs") or char in _BIDI_CONTROLS


def _row(raw: RawRow, header: Header, topics: frozenset[str]) -> SubscriberRow:
    """Return the row's subscriber. Raises ValueError with the reason when it can't be used."""
    _refuse_shape(raw, header)
    values = {name: raw.fields[index].strip() for name, index in header.columns.items()}
    address = _address(values["email"])
    name = values.get("name", "")
    subscriber = Subscriber(
        email=address.address,
        name="" if _undecoded(name) else clean_name(name),
        topics=_topics(values.get("topics", ""), topics),
        frequency=_optional(values.get("frequency"), parse_frequency),
        timezone=_optional(values.get("timezone"), parse_timezone),
        language=_optional(values.get("language"), parse_language),
    )
    return SubscriberRow(raw.start + 1, subscriber, address)


def _address(written: str) -> Address:
    try:
        return parse_address(written)
    except ValueError as error:
        raise ValueError(with_hint(str(error), address_meant(written))) from None


def _optional(text: str | None, check: Callable[[str], str]) -> str | None:
    return check(text) if text else None


def _undecoded(name: str) -> bool:
    return not name.isascii() and _UNDECODED.search(name) is not None


def _refuse_shape(raw: RawRow, header: Header) -> None:
    if raw.reason:
        raise ValueError(raw.reason)
    if len(raw.fields) != header.width:
        until = f" (the row runs to line {raw.end})" if raw.end > raw.start + 1 else ""
        found = f"has {len(raw.fields)} fields where the header has {header.width}{until}"
        at = header.columns["email"]
        if len(raw.fields) > at + 1 and (meant := address_with_comma(*raw.fields[at : at + 2])):
            raise ValueError(f"{found}: a comma stands in the address; did you mean {meant}?")
        raise ValueError(f"{found}; a field with a comma in it needs quotes")
    if "\0" in "".join(raw.fields):
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
    hint = meant(topic[:64], sorted(known), f"known: {', '.join(sorted(known)) or 'none'}")
    return f"the topic {_shown(topic)} is not declared; {hint}"


def parse_frequency(text: str) -> str:
    """Return "daily" or "weekly". Raises ValueError with one line that says what is wrong."""
    if text.lower() not in ("daily", "weekly"):
        raise ValueError(f"the frequency {_shown(text)} is neither daily nor weekly")
    return text.lower()


@lru_cache(maxsize=4096)
def parse_timezone(text: str) -> str:
    """Return the name of an IANA timezone. Raises ValueError with one line that says what is wrong."""
    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):
        reason = f"{_shown(text)} is no IANA timezone; expected one such as Europe/Berlin"
        raise ValueError(with_hint(reason, timezone_meant(text))) from None
    return text


@lru_cache(maxsize=4096)
def parse_language(text: str) -> str:
    """Return a language tag in the case that RFC 5646 section 2.1.1 recommends: zh-Hant-TW.

    Raises ValueError with one line that says what is wrong.
    """
    if not _LANGUAGE.fullmatch(text) or len(text) > _LONGEST_TAG:
        reason = f"{_shown(text)} is no language tag (BCP 47); expected one such as de or pt-BR"
        raise ValueError(with_hint(reason, language_meant(text)))
    first, *others = text.lower().split("-")
    return "-".join([first, *({2: part.upper(), 4: part.title()}.get(len(part), part) for part in others)])


def _shown(text: str) -> str:
    return repr(text if len(text) <= 60 else text[:59] + "…")


def _name(raw: RawRow, header: Header) -> str:
    index = header.columns.get("name")
    return "" if index is None else raw.fields[index]


def _shown_email(raw: RawRow, header: Header) -> str:
    return clean_name(_email(raw, header))


def _email(raw: RawRow, header: Header) -> str:
    index = header.columns["email"]
    return raw.fields[index] if index < len(raw.fields) else ""
