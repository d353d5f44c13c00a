"""JSON records: one paper an object, a line each (JSON Lines), or all in one JSON array."""

import json
from typing import Any

from digest.papers.paper import Parsed
from digest.sources.collector import FILE_RECORDS_LIMIT, Collector
from digest.sources.jsontext import each

_EMPTY = "the file is empty; expected papers as JSON objects"


def parse_jsonl(text: str, where: str, source: str = "file") -> Parsed:
    """Return the papers of JSON Lines: one object a line, blank lines between are fine.

    A line that can't be used costs only itself and is a problem with its number; so is each value that
    had to be dropped. `where` names the file in problems.
    """
    collector = Collector(where, source, FILE_RECORDS_LIMIT)
    for number, line in enumerate(text.removeprefix("\ufeff").split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except json.JSONDecodeError as error:
            collector.refuse(number, f"no valid JSON: {error.msg}, at column {error.colno}; expected one object a line")
        except (ValueError, RecursionError) as error:  # a number too long, nesting too deep
            collector.refuse(number, f"no usable JSON: {error}")
        else:
            _add(collector, number, value)
    return collector.parsed(_EMPTY)


def parse_json(text: str, where: str, source: str = "file") -> Parsed:
    """Return the papers of a JSON text: an array of objects, or a single object.

    Where the JSON breaks off, what came before is kept and the rest is one problem.
    """
    collector = Collector(where, source, FILE_RECORDS_LIMIT)
    for line, value in each(text.removeprefix("\ufeff"), collector):
        _add(collector, line, value)
    return collector.parsed(_EMPTY)


def _add(collector: Collector, line: int, value: Any) -> None:
    if isinstance(value, dict):
        collector.add(line, value)
    else:
        collector.refuse(line, "expected an object with the keys of one paper")
