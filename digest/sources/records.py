"""Records as they lie in a file, each with its place: for commands that answer record by record."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.errors import InputError
from digest.papers.paper import Paper
from digest.papers.record import paper_from_record
from digest.sources.file import read

_IDS = ("id", "key", "paper_id", "arxiv_id", "doi")


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a file: where it is, the id it was given there, and its paper or what is wrong with it."""

    where: str
    given_id: Any = None
    paper: Paper | None = None
    problem: str = ""


def read_records(path: Path) -> list[Record]:
    """Return every record of a JSON or JSON Lines file, repeated and unusable ones too, in their order.

    Raises InputError where the file can't be read, or holds no record.
    """
    text = read(path).removeprefix("\ufeff")
    values = _of_array(path, text) if text.lstrip()[:1] == "[" else _of_lines(path, text)
    records = [_record(where, value) for where, value in values]
    if not records:
        raise InputError(f"{path}: no records; expected papers as JSON objects, one a line")
    return records


def _of_lines(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    try:
        whole = json.loads(text)  # a single object, over as many lines as it likes
    except (ValueError, RecursionError):
        whole = None
    if isinstance(whole, dict):
        yield f"{path}:1", whole
        return
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                yield f"{path}:{number}", json.loads(line)
            except (ValueError, RecursionError) as error:
                yield f"{path}:{number}", ValueError(f"no valid JSON: {error}")


def _of_array(path: Path, text: str) -> Iterator[tuple[str, Any]]:
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{path}: no valid JSON: {error}") from None
    yield from ((f"{path}: record {number}", value) for number, value in enumerate(values, start=1))


def _record(where: str, value: Any) -> Record:
    if isinstance(value, ValueError):
        return Record(where, problem=str(value))
    if not isinstance(value, dict):
        return Record(where, problem="expected an object with the keys of one paper")
    try:
        paper, _ = paper_from_record(value, "file", None)
    except ValueError as error:
        return Record(where, problem=str(error))
    given = next((value[key] for key in _IDS if isinstance(value.get(key), str | int) and value[key] != ""), None)
    return Record(where, paper.id if given is None else given, paper)
