"""JSON records: one paper an object, a line each (JSON Lines), or all in one JSON array."""

import json
import re
from collections.abc import Iterator
from typing import Any

from digest.papers.paper import Paper, Parsed, Problem
from digest.papers.record import paper_from_record

_DECODER = json.JSONDecoder()
_JSON_SPACE = re.compile(r"[ \t\r\n]*")  # RFC 8259, section 2


def parse_jsonl(text: str, where: str, source: str = "file") -> Parsed:
    """Return the papers of JSON Lines: one object a line, blank lines between are fine.

    A line that can't be used costs only itself and is a problem with its number; so is each value that
    had to be dropped. `where` names the file in problems.
    """
    loader = _Loader(where, source)
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            loader.refuse(number, f"no valid JSON: {error.msg}, at column {error.colno}; expected one object a line")
        except (ValueError, RecursionError) as error:  # a number too long, nesting too deep
            loader.refuse(number, f"no usable JSON: {error}")
        else:
            loader.add(number, value)
    return loader.parsed()


def parse_json(text: str, where: str, source: str = "file") -> Parsed:
    """Return the papers of a JSON text: an array of objects, or a single object.

    Where the JSON breaks off, what came before is kept and the rest is one problem.
    """
    loader = _Loader(where, source)
    text = text.removeprefix("\ufeff")
    try:
        for offset, value in _elements(text):
            loader.add(text.count("\n", 0, offset) + 1, value)
    except json.JSONDecodeError as error:
        loader.refuse(error.lineno, f"no valid JSON from here on: {error.msg}, at column {error.colno}")
    except (ValueError, RecursionError) as error:
        loader.refuse(None, f"no usable JSON: {error}")
    return loader.parsed()


def _elements(text: str) -> Iterator[tuple[int, Any]]:
    """Yield (offset, value) of each element of the array `text`, or of the one value it is."""
    at = _after_space(text, 0)
    if not text.startswith("[", at):
        value, end = _DECODER.raw_decode(text, at)
        if _after_space(text, end) < len(text):
            raise json.JSONDecodeError("something behind the object", text, _after_space(text, end))
        yield at, value
        return
    at = _after_space(text, at + 1)
    more = not text.startswith("]", at)
    while more:
        value, end = _DECODER.raw_decode(text, at)
        yield at, value
        at = _after_space(text, end)
        more = text.startswith(",", at)
        if more:
            at = _after_space(text, at + 1)
        elif not text.startswith("]", at):
            raise json.JSONDecodeError("expected ',' or ']'", text, at)
    if _after_space(text, at + 1) < len(text):
        raise json.JSONDecodeError("something behind the array", text, _after_space(text, at + 1))


def _after_space(text: str, at: int) -> int:
    match = _JSON_SPACE.match(text, at)
    return match.end() if match else at


class _Loader:
    """Collects the papers of one file, each id once."""

    def __init__(self, where: str, source: str) -> None:
        self._where = where
        self._source = source
        self._papers: dict[str, Paper] = {}
        self._lines: dict[str, int] = {}
        self._problems: list[Problem] = []

    def add(self, line: int, value: Any) -> None:
        if not isinstance(value, dict):
            self.refuse(line, "expected an object with the keys of one paper")
            return
        try:
            paper, warnings = paper_from_record(value, self._source, len(self._papers) + 1)
        except ValueError as error:
            self.refuse(line, str(error))
            return
        if paper.id in self._papers:
            self.refuse(line, f"the paper of line {self._lines[paper.id]} again ({paper.id})")
            return
        self._papers[paper.id], self._lines[paper.id] = paper, line
        self._problems += [Problem(self._where, line, warning, False) for warning in warnings]

    def refuse(self, line: int | None, reason: str) -> None:
        self._problems.append(Problem(self._where, line, reason, True))

    def parsed(self) -> Parsed:
        if not self._papers and not self._problems:
            self.refuse(None, "the file is empty; expected papers as JSON objects")
        return Parsed(tuple(self._papers.values()), tuple(self._problems))
