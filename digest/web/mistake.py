"""Where a mistake is: the file, the line, and the lines around it, for the editor who is to mend it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from digest.config.load import FILE_NAME

_AROUND = 3
"""How many lines are shown above and below."""
_LARGEST = 2_000_000
"""Bytes of a file that is looked into."""
_WITH_LINE = re.compile(r"(?P<file>/.+?):(?P<line>[0-9]{1,9}): ")
_SETTINGS = re.compile(rf"(?P<file>/.+?/{re.escape(FILE_NAME)}): (?P<rest>.*)", re.DOTALL)
_TOML_LINE = re.compile(r"\(at line ([0-9]{1,9}),")
_PART = r"""(?:[\w-]+|"[^"]*"|'[^']*')"""
_KEY = re.compile(rf"\s*(?P<open>\[*)\s*(?P<key>{_PART}(?:\s*\.\s*{_PART})*)\s*[\]=]")
_KEY_PART = re.compile(_PART)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a file, counted from 1; `here` tells whether the mistake is in it."""

    number: int
    text: str
    here: bool


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mistake is."""

    file: Path
    line: int
    lines: tuple[Line, ...]


def place_of(mistake: str, folders: Iterable[Path]) -> Place | None:
    """Return the place that the words of a mistake name, if it is in a file below one of `folders`."""
    found = _WITH_LINE.match(mistake)
    if found:
        file, number = Path(found["file"]), int(found["line"])
        return _place(file, number) if _below(file, folders) else None
    in_settings = _SETTINGS.match(mistake)
    if in_settings is None or not _below(Path(in_settings["file"]), folders):
        return None
    file = Path(in_settings["file"])
    return _place(file, _line_in_settings(_text(file), in_settings["rest"]))


def _below(file: Path, folders: Iterable[Path]) -> bool:
    resolved = file.resolve()
    return any(resolved.is_relative_to(folder.resolve()) for folder in folders)


def _place(file: Path, number: int | None) -> Place | None:
    lines = _text(file).splitlines()
    if number is None or not 1 <= number <= len(lines):
        return None
    first = max(1, number - _AROUND)
    around = enumerate(lines[first - 1 : number + _AROUND], start=first)
    return Place(file, number, tuple(Line(at, text[:400], at == number) for at, text in around))


def _text(file: Path) -> str:
    try:
        with file.open(encoding="utf-8", errors="replace") as opened:
            return opened.read(_LARGEST)
    except OSError:
        return ""


def _line_in_settings(text: str, rest: str) -> int | None:
    """Return the line of a TOML mistake, or the one that declares the key it is about or the table around."""
    if told := _TOML_LINE.search(rest):
        return int(told[1])
    wanted = rest.partition(":")[0].split(".")
    best: tuple[int, int | None] = (0, None)
    table: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        found = _KEY.match(line)
        if found is None:
            continue
        parts = [part.strip("\"'") for part in _KEY_PART.findall(found["key"])]
        table, path = (parts, parts) if found["open"] else (table, table + parts)
        if path == wanted[: len(path)] and len(path) > best[0]:
            best = (len(path), number)
    return best[1]
