"""Subscribers in JSON: an object a line, or all in one array; read as a stream, a broken one costs only itself."""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from digest.subscribers.table import RawRow

_DECODER = json.JSONDecoder()
_SPACE = re.compile(r"[\s\ufeff,]*")
_NEXT_OBJECT = re.compile(r"\n\s*(?=\{)")
_LONGEST = 1_000_000
"""Characters that one object may have."""


class JsonRow(NamedTuple):
    """An object with its 1-based line; or, where there is none, the reason and the text that stands there."""

    line: int
    value: dict[str, Any]
    reason: str = ""
    text: str = ""


def objects_in_lines(lines: Iterator[str]) -> Iterator[JsonRow]:
    """Yield the objects of JSON Lines."""
    for number, line in enumerate(lines, start=1):
        text = line.strip("\ufeff \t\r\n")
        if text:
            yield _object(number, text)


def objects_in_array(chunks: Iterator[str]) -> Iterator[JsonRow]:
    """Yield the objects of one JSON array. After a broken one it goes on where a line begins with the next."""
    text = _Text(chunks)
    text.skip_space()
    text.advance(text.at + 1)  # the bracket
    while True:
        text.skip_space()
        if text.at_end() or text.rest.startswith("]", text.at):
            return
        line = text.line
        try:
            value, end = text.decode()
        except (ValueError, RecursionError) as error:
            broken = text.resume()
            yield JsonRow(line, {}, f"no valid JSON: {_why(error)}", broken)
        else:
            yield _checked(line, value, text.rest[text.at : end])
            text.advance(end)


def as_row(row: JsonRow, names: Sequence[str]) -> RawRow:
    """Return an object as a row of fields, its values in the order of `names`."""
    if row.reason:
        return RawRow(row.line - 1, row.line, (), row.reason, row.text)
    get = row.value.get
    return RawRow(row.line - 1, row.line, [_field(get(name)) for name in names])


def _field(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case []:
            return ""
        case _:
            return json.dumps(value, ensure_ascii=False)


def _object(line: int, text: str) -> JsonRow:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        return JsonRow(line, {}, f"no valid JSON: {_why(error)}", text)
    return _checked(line, value, text)


def _checked(line: int, value: object, text: str) -> JsonRow:
    if isinstance(value, dict):
        return JsonRow(line, value)
    return JsonRow(line, {}, "expected an object with the fields of one person", text)


def _why(error: Exception) -> str:
    return f"{error.msg}, at column {error.colno}" if isinstance(error, json.JSONDecodeError) else str(error)


class _Text:
    """A text that comes in chunks: what is read of it, where we are in that, and the line."""

    def __init__(self, chunks: Iterator[str]) -> None:
        self._chunks = chunks
        self.rest, self.at, self.line = "", 0, 1

    def _more(self) -> bool:
        chunk = next(self._chunks, "")
        self.rest, self.at = self.rest[self.at :] + chunk, 0
        return bool(chunk)

    def at_end(self) -> bool:
        return self.at >= len(self.rest) and not self._more()

    def skip_space(self) -> None:
        """Go on to the next thing; a comma is none."""
        while match := _SPACE.match(self.rest, self.at):
            self.advance(match.end())
            if self.at < len(self.rest) or not self._more():
                return

    def advance(self, end: int) -> None:
        self.line += self.rest.count("\n", self.at, end)
        self.at = end

    def decode(self) -> tuple[Any, int]:
        while True:
            try:
                return _DECODER.raw_decode(self.rest, self.at)
            except ValueError:
                # It may only be that the rest has not come yet.
                if len(self.rest) - self.at > _LONGEST or not self._more():
                    raise

    def resume(self) -> str:
        """Go on where a line begins with an object; returns what is left behind, as far as it is short."""
        start = self.rest[self.at : self.at + _LONGEST]
        while not (match := _NEXT_OBJECT.search(self.rest, self.at + 1)):
            self.advance(len(self.rest))
            if not self._more():
                return start
        self.advance(match.end())
        return start[: start.find("\n")] if "\n" in start else start
