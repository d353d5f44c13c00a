"""JSON texts of strangers: decoded, and read element by element, so that a break costs only what follows it."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from digest.papers.values import kind
from digest.sources.collector import Collector

_DECODER = json.JSONDecoder()
_JSON_SPACE = re.compile(r"[ \t\r\n]*")  # RFC 8259, section 2


def decode(content: bytes, collector: Collector) -> str:
    """Return the text of a JSON answer (UTF-8, or UTF-16 and UTF-32 by their zeros; RFC 8259, section 8.1).

    Bytes that are none become U+FFFD, which shows that something was lost, and are told.
    """
    encoding = json.detect_encoding(content)
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        collector.fault(
            None, f"byte {error.start} is not {encoding.upper()}; shown as \N{REPLACEMENT CHARACTER}", False
        )
        return content.decode(encoding, "replace")


def each(text: str, collector: Collector) -> Iterator[tuple[int, Any]]:
    """Yield (line, value) of each element of the array `text`, or of the one value it is.

    Where the JSON breaks off, what came before is yielded and the rest is told as one fault.
    """
    try:
        yield from _elements(text)
    except json.JSONDecodeError as error:
        collector.fault(error.lineno, f"no valid JSON from here on: {error.msg}, at column {error.colno}")
    except (ValueError, RecursionError) as error:  # a number too long, nesting too deep
        collector.fault(None, f"no usable JSON: {error}")


def an_object(content: bytes, collector: Collector) -> Mapping[str, Any]:
    """Return the one object that an answer is; {} where it is none, which is told."""
    found = [value for _, value in each(decode(content, collector), collector)]
    if len(found) == 1 and isinstance(found[0], Mapping) and found[0]:
        return found[0]
    if not collector.faulty:
        wrong = kind(found[0]) if len(found) == 1 else "a list"
        collector.fault(None, f"expected one JSON object, found {'an empty one' if found == [{}] else wrong}")
    return {}


def _elements(text: str) -> Iterator[tuple[int, Any]]:
    at = _after_space(text, 0)
    line = 1 + text.count("\n", 0, at)
    if not text.startswith("[", at):
        value, end = _DECODER.raw_decode(text, at)
        if _after_space(text, end) < len(text):
            raise json.JSONDecodeError("something behind the object", text, _after_space(text, end))
        yield line, value
        return
    start, at = at, _after_space(text, at + 1)
    more = not text.startswith("]", at)
    while more:
        value, end = _DECODER.raw_decode(text, at)
        line += text.count("\n", start, at)
        yield line, value
        start, at = at, _after_space(text, end)
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
