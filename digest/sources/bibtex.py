"""BibTeX files: read by bibtexparser, an entry a paper.

TeX in titles and names is left as it is, except for the braces that only keep capitals ("{BERT}").
"""

import logging
import re
from collections.abc import Iterator, Mapping
from typing import Any

from bibtexparser.entrypoint import parse_string
from bibtexparser.exceptions import BlockAbortedException
from bibtexparser.library import Library
from bibtexparser.middlewares import MonthIntMiddleware, RemoveEnclosingMiddleware, SeparateCoAuthors
from bibtexparser.model import Block, DuplicateBlockKeyBlock, DuplicateFieldKeyBlock, Entry, ParsingFailedBlock

from digest.papers.clean import clean_line
from digest.papers.paper import Parsed
from digest.papers.sentences import cut
from digest.sources.collector import FILE_RECORDS_LIMIT, Collector

_ARXIV = re.compile(r"(?:arxiv:\s*|\babs/)([a-z.-]+/[0-9]{7}|[0-9]{4}\.[0-9]{4,5}(?:v[0-9]+)?)", re.IGNORECASE)
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MONTH = re.compile(r"[0-9]{4}-[0-9]{2}")
_URL = re.compile(r"\\url\{(.*)\}")
_ARGUMENT = re.compile(r"(?:\\[A-Za-z]+\*?\s*|\\[^A-Za-z\s]|[\^_]\s*)$")  # what stands before a brace of TeX's own
_SAME = ("title", "abstract", "keywords", "doi", "version")  # fields that go by the same name in a record
_USED = (*_SAME, "author", "url", "month", "date", "eprint", "archiveprefix", "eprinttype", "primaryclass")
_MIDDLEWARE = [MonthIntMiddleware(), SeparateCoAuthors()]

# What it logs, the problems say.
logging.getLogger("bibtexparser").setLevel(logging.CRITICAL)


def parse_bibtex(text: str, where: str, source: str = "file") -> Parsed:
    """Return the papers of a BibTeX file, and a problem with its line for each entry that can't be used."""
    collector = Collector(where, source, FILE_RECORDS_LIMIT)
    try:
        library = parse_string(text.removeprefix("\ufeff"), append_middleware=_MIDDLEWARE)
        for block in library.blocks:
            _add(block, library, collector)
    except Exception as error:  # a parser of strangers' texts by strangers; one that raises costs the rest
        collector.fault(None, f"bibtexparser can't read it: {cut(clean_line(str(error)), 80) or type(error).__name__}")
    return collector.parsed("no entries in it; expected BibTeX such as @article{key, title = {…}}")


def _add(block: Block, library: Library, collector: Collector) -> None:
    line = (block.start_line or 0) + 1
    notes: tuple[str, ...] = ()
    if isinstance(block, DuplicateFieldKeyBlock):
        notes = (f"twice in it: {', '.join(sorted(block.duplicate_keys))}; the first was kept",)
        block = _first_fields(block, library)
    elif isinstance(block, DuplicateBlockKeyBlock):
        block = block.ignore_error_block or block  # two papers may share a key
    if isinstance(block, Entry):
        collector.add(line, _record(block), notes)
    elif isinstance(block, ParsingFailedBlock):
        error = block.error
        reason = error.abort_reason if isinstance(error, BlockAbortedException) else str(error)
        collector.refuse(line, f"this entry can't be read: {cut(clean_line(reason), 160)}")


def _first_fields(failed: DuplicateFieldKeyBlock, library: Library) -> Block:
    """Return the entry with each of its fields once; it comes as it is written, before any middleware."""
    entry = failed.ignore_error_block
    if isinstance(entry, Entry):
        entry.fields = list({field.key: field for field in reversed(entry.fields)}.values())
        for middleware in (RemoveEnclosingMiddleware(), *_MIDDLEWARE):
            middleware.transform_entry(entry, library)  # in place
    return entry or failed


def _record(entry: Entry) -> dict[str, Any]:
    fields = {field.key.lower(): field.value for field in entry.fields}
    texts = {key: unbraced(value) for key, value in fields.items() if isinstance(value, str)}
    authors = fields.get("author")
    return {
        **{key: value for key, value in texts.items() if key not in _USED},
        **{key: texts[key] for key in _SAME if key in texts},
        "authors": list(_names(authors)) if isinstance(authors, list) else [],
        "doi": texts.get("doi", "").replace("\\_", "_"),
        "url": _URL.sub(r"\1", fields.get("url") or "").replace("\\_", "_").replace("\\%", "%"),
        "arxiv_id": _arxiv_id(texts),
        "primary_category": texts.get("primaryclass"),
        "published": _published(fields),
        "entry_type": entry.entry_type,
        "key": entry.key,
    }


def _names(authors: list[str]) -> Iterator[str]:
    """Yield the authors; "Family, Given" and "Family, Jr, Given" the way they are said, as BibTeX does."""
    for author in authors:
        parts = [unbraced(part.strip()) for part in _at_commas(author)]
        if len(parts) == 1 and parts[0] != "others":
            yield parts[0]
        elif len(parts) > 1:
            yield f"{parts[-1]} {', '.join(parts[:-1])}"


def _at_commas(author: str) -> list[str]:
    """Return the parts of a name between its commas outside of braces."""
    parts, depth, begin = [], 0, 0
    for match in re.finditer(r"[{},]", author):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if match[0] == "," and depth == 0:
            parts.append(author[begin : match.start()])
            begin = match.end()
    return [*parts, author[begin:]]


def _arxiv_id(texts: Mapping[str, str]) -> str:
    """Return the arXiv id: of the eprint fields, else of the words that reference managers put it into."""
    archive = texts.get("archiveprefix") or texts.get("eprinttype") or ""
    if archive.lower() == "arxiv":
        return texts.get("eprint", "")
    searched = " ".join(texts.get(key, "") for key in ("eprint", "journal", "volume", "howpublished", "note"))
    match = _ARXIV.search(searched)
    return match[1] if match else ""


def _published(fields: Mapping[str, Any]) -> str | None:
    """Return the date; of a month its first day. A year alone is no date and stays in `extra`."""
    day = str(fields.get("date") or "").strip()
    if _DAY.fullmatch(day):
        return day
    if _MONTH.fullmatch(day):
        return f"{day}-01"
    year, month = str(fields.get("year") or "").strip(), fields.get("month")
    return f"{year}-{month:02}-01" if isinstance(month, int) and re.fullmatch("[0-9]{4}", year) else None


def unbraced(text: str) -> str:
    r"""Return `text` without the braces that only keep capitals: not in a formula, not TeX's own.

    Braces behind a command, "^" or "_" are arguments, and those around a command ("{\"o}") belong to it.
    Text with braces that don't match is returned as it is.
    """
    dropped: list[int] = []
    open_braces: list[tuple[int, bool]] = []
    in_math, argument_end = False, -1
    for at, char in enumerate(text):
        if char in "{}$" and text[max(at - 1, 0) : at] == "\\":
            continue
        if char == "$":
            in_math = not in_math
        elif char == "{":
            argument = at == argument_end + 1 > 0 or _ARGUMENT.search(text[max(at - 30, 0) : at]) is not None
            open_braces.append((at, in_math or argument or text[at + 1 : at + 2] == "\\"))
        elif char == "}":
            if not open_braces:
                return text
            begin, own = open_braces.pop()
            argument_end = at if own else argument_end
            dropped += [] if own else [begin, at]
    if open_braces:
        return text
    gone = set(dropped)
    return "".join(char for at, char in enumerate(text) if at not in gone)
