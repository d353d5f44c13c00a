"""Files: what lies in a file or a folder, read within limits and given to the right parser."""

import json
from pathlib import Path

from digest.errors import InputError
from digest.papers.paper import Parsed
from digest.sources.jsonl import parse_json, parse_jsonl
from digest.sources.page import page_day, parse_page

SIZE_LIMIT = 50_000_000
"""The most bytes a file may have."""

SUFFIXES = (".txt", ".jsonl", ".ndjson", ".json")
"""The files of a folder that are loaded."""


def paths_to_load(path: Path) -> list[Path]:
    """Return `path` itself, or the files of the folder that can be loaded, sorted by name.

    Hidden files and subfolders are not looked into. Raises InputError where there is nothing.
    """
    try:
        if not path.is_dir():
            path.stat()
            return [path]
        files = (p for p in path.iterdir() if p.suffix.lower() in SUFFIXES and not p.name.startswith("."))
        found = sorted(p for p in files if p.is_file())
    except OSError as error:
        raise _unreadable(path, error) from None
    if not found:
        raise InputError(f"{path}: nothing to load in this folder; expected files named {_SUFFIX_LIST}")
    return found


_SUFFIX_LIST = ", ".join(f"*{suffix}" for suffix in SUFFIXES)


def read(path: Path) -> str:
    """Return the text of a file: UTF-8, with or without byte order mark, or UTF-16 with one.

    Raises InputError where it can't be read, is larger than `SIZE_LIMIT`, or is in another encoding. Such a
    file is refused, not guessed at: a wrong guess would put wrong letters into names for good.
    """
    try:
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(content) > SIZE_LIMIT:
        raise InputError(f"{path}: larger than {SIZE_LIMIT // 1_000_000} MB; split it into several files")
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{path}:{line}: byte {error.start} is not UTF-8; save the file in UTF-8") from None


def load_file(path: Path, year: int | None) -> Parsed:
    """Return the papers of a file, and its problems: JSON by suffix or look, otherwise a papers page.

    `year` completes the day of a page. Raises InputError as `read` and `parse_page` do.
    """
    text, where = read(path), str(path)
    if _is_page(path, text):
        return parse_page(text, where, year)
    if text.lstrip()[:1] == "[" or (path.suffix.lower() == ".json" and not _is_one_a_line(text)):
        return parse_json(text, where)
    return parse_jsonl(text, where)


def day_without_year(path: Path) -> str | None:
    """Return the day of a page that names no year, as it is written there; None for every other file.

    Raises InputError as `read` does.
    """
    text = read(path)
    day = page_day(text) if _is_page(path, text) else None
    return day.text if day is not None and day.year is None else None


def _is_page(path: Path, text: str) -> bool:
    return path.suffix.lower() not in SUFFIXES[1:] and text.lstrip()[:1] not in ("{", "[")


def _is_one_a_line(text: str) -> bool:
    """Tell whether the first line with something in it is a whole JSON object."""
    try:
        return isinstance(json.loads(text.lstrip().partition("\n")[0]), dict)
    except (ValueError, RecursionError):
        return False


def _unreadable(path: Path, error: OSError) -> InputError:
    reason = "there is no such file or folder" if isinstance(error, FileNotFoundError) else error.strerror or str(error)
    return InputError(f"{path}: {reason[:1].lower()}{reason[1:]}")
