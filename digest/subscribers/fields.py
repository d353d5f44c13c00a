"""How the fields of a row are written (RFC 4180): where each stands in the row's text, and how a value is put there."""

import re
from collections.abc import Mapping

_NEEDS_QUOTES = re.compile(r'[,"\r\n]|^[#\s]|\s\Z')
_FIELD = re.compile(r' *"[^"]*(?:""[^"]*)*"|[^,]*')


def quoted(value: str) -> str:
    """Return a value as a field; one that begins with # must not look like a comment."""
    return _in_quotes(value) if _NEEDS_QUOTES.search(value) else value


def with_fields(row: str, values: Mapping[int, str]) -> str:
    """Return the text of a row with other values in some of its fields, by their place; the others stay as written.

    A field that stood in quotes stands in quotes again, and spaces around a field stay.
    """
    spans = _spans(row)
    for place, value in sorted(values.items(), reverse=True):
        start, end = spans[place]
        row = row[:start] + _in_place_of(row[start:end], value) + row[end:]
    return row


def _spans(row: str) -> list[tuple[int, int]]:
    """Return where the fields of a row that can be read begin and end."""
    end_of_row = len(row.rstrip("\r\n"))
    found, start = [], 0
    while True:
        match = _FIELD.match(row, start, end_of_row)
        assert match is not None  # it matches nothing at all too
        found.append(match.span())
        if match.end() >= end_of_row:
            return found
        start = match.end() + 1


def _in_place_of(field: str, value: str) -> str:
    inner = field.lstrip(" ")
    before = field[: len(field) - len(inner)]
    written = _in_quotes(value) if inner.startswith('"') else quoted(value)
    # Behind a closing quote nothing may stand, not even a space.
    after = "" if written.startswith('"') else inner[len(inner.rstrip()) :]
    return before + written + after


def _in_quotes(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'
