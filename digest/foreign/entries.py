"""A row of a file of another program → what it says of one person."""

import json
import re
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache
from json.encoder import encode_basestring_ascii
from typing import NamedTuple

from digest.foreign.layout import Layout
from digest.foreign.standing import Gone
from digest.subscribers.address import Address, parse_address
from digest.subscribers.file import clean_name, parse_frequency, parse_language, parse_timezone
from digest.subscribers.formulas import FORMULA, unescaped
from digest.subscribers.table import RawRow

_UNDECODED = re.compile("[\ud800-\udfff�]")
_LISTED = re.compile(r"[,;|]")
_LONGEST_EVIDENCE = 500


class Entry(NamedTuple):
    """What a row says of a person: their address and preferences, or that they are gone, and the evidence of consent.

    `topics` is as it is written, `evidence` are the members of a JSON object. `others` are the fields of the columns
    that were asked for by number.
    """

    line: int
    address: Address
    name: str
    topics: str
    frequency: str
    timezone: str
    language: str
    gone: Gone | None
    evidence: str
    others: tuple[str, ...]


def reader_of(layout: Layout, others: Sequence[int] = (), *, table: bool = True) -> Callable[[RawRow], Entry]:
    """Return what reads a row of a file. It raises ValueError with the reason when the row can't be used.

    In a `table` fields may be `escaped`, in JSON they are as they are.
    """
    plain = unescaped if table else str.strip
    width, at, judge = len(layout.names), layout.taken.get, layout.judge
    email = layout.taken["email"]
    name, first, last = at("name"), at("first_name"), at("last_name")
    topics, frequency, timezone, language = at("topics"), at("frequency"), at("timezone"), at("language")
    evidence = tuple((f"{encode_basestring_ascii(column)}: ", place) for column, place in layout.evidence.items())

    def read(raw: RawRow) -> Entry:
        fields = _checked(raw, width)
        address = parse_address(plain(fields[email]))
        gone = judge(fields)
        # A million rows may have it, and an encoder of its own for each costs five times as much.
        said = ", ".join(
            [
                column + encode_basestring_ascii(fields[place][:_LONGEST_EVIDENCE])
                for column, place in evidence
                if fields[place]
            ]
        )
        if gone is not None:
            return Entry(raw.start + 1, address, "", "", "", "", "", gone, said, ())
        if address.address.startswith(FORMULA):
            raise ValueError("begins like a formula, which a spreadsheet would run")
        whole = fields[name] if name is not None else ""
        if not whole and (first is not None or last is not None):
            whole = f"{'' if first is None else fields[first]} {'' if last is None else fields[last]}"
        return Entry(
            raw.start + 1,
            address,
            clean_name(plain(whole)) if whole else "",
            "" if topics is None else fields[topics].strip(),
            "" if frequency is None else _optional(fields[frequency], parse_frequency),
            "" if timezone is None else _optional(fields[timezone], parse_timezone),
            "" if language is None else _optional(fields[language], parse_language),
            None,
            said,
            tuple([clean_name(plain(fields[place])) for place in others]),
        )

    return read


def _checked(raw: RawRow, width: int) -> Sequence[str]:
    """Return the fields of a row. Raises ValueError when they are not those of the header, or no text."""
    if raw.reason:
        raise ValueError(raw.reason)
    fields = raw.fields
    if len(fields) != width:
        if len(fields) < width or any(fields[width:]):
            raise ValueError(f"has {len(fields)} fields where the header has {width}")
        fields = fields[:width]
    whole = "".join(fields)
    if not whole.isascii() and _UNDECODED.search(whole):
        raise ValueError("holds bytes that are not in the encoding of the file")
    if "\0" in whole:
        raise ValueError("holds a NUL byte; the file may be damaged")
    return fields


def _optional(text: str, check: Callable[[str], str]) -> str:
    text = text.strip()
    return check(text) if text else ""


@lru_cache(maxsize=4096)
def chosen_topics(text: str, known: Collection[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return which topics a field names, each once, and the tags in it that are none, fit to be shown.

    Tags are separated by commas, semicolons or |, and may hold spaces; where there are none of these, by spaces.
    """
    tags = _tags(text)
    if len(tags) == 1 and _topic(tags[0]) not in known:
        tags = tags[0].split()
    found = dict.fromkeys(topic for tag in tags if (topic := _topic(tag)) in known)
    return tuple(found), tuple(dict.fromkeys(clean_name(tag) for tag in tags if _topic(tag) not in known))


def _tags(text: str) -> list[str]:
    if text.startswith("["):
        try:
            listed = json.loads(text)
        except ValueError:
            listed = text.strip("[]").split(",")
        parts = [str(one.get("name", "")) if isinstance(one, dict) else str(one) for one in listed]
    else:
        parts = _LISTED.split(text)
    return [tag for part in parts if (tag := part.strip(" '\"\t\r\n"))]


def _topic(tag: str) -> str:
    """Return the id that a topic called `tag` would have: lower case, words joined by hyphens."""
    return "-".join(re.split(r"[\s_]+", tag.lower()))
