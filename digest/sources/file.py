"""Files: what lies in a file or a folder, read within limits and given to the right parser."""

import json
from datetime import date
from pathlib import Path

from digest.errors import InputError
from digest.papers.paper import Parsed
from digest.sources import huggingface
from digest.sources.jsonl import parse_json, parse_jsonl
from digest.sources.page import page_day, parse_page

SIZE_LIMIT = 50_000_000
"""The most bytes a file may have."""

SUFFIXES = (".txt", ".jsonl", ".ndjson", ".json", ".csv", ".tsv", ".bib", ".xml", ".atom", ".rss")
"""The files of a folder that are loaded."""

_FEEDS = (".xml", ".atom", ".rss")
_FEED_BEGINS = (b"<?xml", b"<rss", b"<feed", b"<rdf:RDF")


def shown(path: Path) -> str:
    """Return a path as it can be stored and printed: bytes in it that are not UTF-8 become question marks."""
    return str(path).encode("utf-8", "replace").decode("utf-8")


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
        raise InputError(f"{shown(path)}: nothing to load in this folder; expected files named {_SUFFIX_LIST}")
    return found


_SUFFIX_LIST = ", ".join(f"*{suffix}" for suffix in SUFFIXES)


def read(path: Path) -> str:
    """Return the text of a file: UTF-8, with or without byte order mark, or UTF-16 with one.

    Raises InputError where it can't be read, is larger than `SIZE_LIMIT`, or is in another encoding. Such a
    file is refused, not guessed at: a wrong guess would put wrong letters into names for good.
    """
    return _decoded(path, content_of(path))


def load_file(path: Path, year: int | None) -> Parsed:
    """Return the papers of a file, and its problems, by suffix or look: a table, BibTeX, a feed, JSON, a page.

    A saved answer of Hugging Face's API is known by its look; where the file is named after a day, as
    2026-08-13.json, it is of that day. `year` completes the day of a page. Raises InputError as `read` and
    `parse_page` do.
    """
    content, where = content_of(path), shown(path)
    if _is_feed(path, content):
        from digest.sources import feed

        return feed.parse(content, where)
    text = _decoded(path, content)
    match path.suffix.lower():
        case ".csv" | ".tsv":
            from digest.sources.csvfile import parse_csv

            return parse_csv(text, where)
        case ".bib":
            from digest.sources.bibtex import parse_bibtex

            return parse_bibtex(text, where)
    return parse_page(text, where, year) if _is_page(path, text) else _load_json(path, content, text)


def _load_json(path: Path, content: bytes, text: str) -> Parsed:
    where = shown(path)
    if huggingface.is_answer(text):
        return huggingface.parse(content, where, _day_of(path))
    if text.lstrip()[:1] == "[" or (path.suffix.lower() == ".json" and not _is_one_a_line(text)):
        return parse_json(text, where)
    return parse_jsonl(text, where)


def _day_of(path: Path) -> date | None:
    """Return the day that a file is named after."""
    try:
        return date.fromisoformat(path.stem)
    except ValueError:
        return None


def day_without_year(path: Path) -> str | None:
    """Return the day of a page that names no year, as it is written there; None for every other file.

    Raises InputError as `read` does.
    """
    content = content_of(path)
    if _is_feed(path, content):
        return None
    text = _decoded(path, content)
    day = page_day(text) if _is_page(path, text) else None
    return day.text if day is not None and day.year is None else None


def content_of(path: Path) -> bytes:
    """Return the bytes of a file. Raises InputError where it can't be read or is larger than `SIZE_LIMIT`."""
    try:
        if path.is_fifo():  # to open one waits until somebody writes
            raise InputError(f"{shown(path)}: a pipe; expected a file, write it into one first")
        with path.open("rb") as file:
            content = file.read(SIZE_LIMIT + 1)
    except OSError as error:
        raise _unreadable(path, error) from None
    if len(content) > SIZE_LIMIT:
        raise InputError(f"{shown(path)}: larger than {SIZE_LIMIT // 1_000_000} MB; split it into several files")
    return content


def _decoded(path: Path, content: bytes) -> str:
    encoding = "utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        return content.decode(encoding)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(f"{shown(path)}:{line}: byte {error.start} is not UTF-8; save the file in UTF-8") from None


def _is_feed(path: Path, content: bytes) -> bool:
    """Tell whether this is a feed: XML, which says itself how it is encoded, or a JSON Feed."""
    begin = content[:1000].lstrip(b"\xef\xbb\xbf \t\r\n")
    return (
        path.suffix.lower() in _FEEDS
        or begin.startswith(_FEED_BEGINS)
        or (begin.startswith(b"{") and b"jsonfeed.org/version/" in begin.replace(b"\\/", b"/"))
    )


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
    return InputError(f"{shown(path)}: {reason[:1].lower()}{reason[1:]}")
