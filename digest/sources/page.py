"""The papers page saved as text: a header with a day, then title, blank line, abstract, blank line.

`parse_page` is pure. It takes what it can, and names every line that it could not use.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import pairwise

from digest.errors import InputError
from digest.papers.clean import clean_line
from digest.papers.paper import Paper, Parsed, Problem
from digest.papers.record import paper_from_record
from digest.papers.sentences import cut
from digest.sources.layout import Line, Piece, pieces

SOURCE = "page"
"""The source that papers from a page are said to have."""

_HEADER_LIMIT = 40  # lines; a header is short
_LONG_ABSTRACT = 2500  # characters; arXiv allows 1,920
_KNOWN_HEADER = re.compile(
    r"new|subscribe|daily papers|trending papers|hugging face"
    r"|get trending papers in your email inbox!?|by\s*AK and the research community",
    re.IGNORECASE,
)
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = (
    r"(?P<month>jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?"
    r"|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)\.?"
)
_WEEKDAY = r"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs?)?|fri|sat(?:ur)?|sun)(?:day)?\.?,?\s+)?"
_DAY = r"(?P<day>[12][0-9]|3[01]|0?[1-9])(?:st|nd|rd|th)?"
_YEAR = r"(?:,?\s+(?P<year>(?:19|20)[0-9]{2}))?"
_DAY_LINES = (
    re.compile(rf"{_WEEKDAY}{_MONTH}\s+{_DAY}{_YEAR}", re.IGNORECASE),
    re.compile(rf"{_WEEKDAY}{_DAY}\.?\s+(?:of\s+)?{_MONTH}{_YEAR}", re.IGNORECASE),
    re.compile(r"(?P<year>(?:19|20)[0-9]{2})-(?P<month>0[1-9]|1[0-2])-(?P<day>[12][0-9]|3[01]|0[1-9])"),
)


@dataclass(frozen=True, slots=True)
class PageDay:
    """The day a page says it is of; `year` is None where it names none. It may not exist (Feb 29)."""

    month: int
    day: int
    year: int | None
    line: int
    text: str


def page_day(text: str) -> PageDay | None:
    """Return the day in the header of a page, or None where it has none."""
    header, _ = _split_header(_lines(text))
    return next((day for line in header if (day := _read_day(line))), None)


def parse_page(text: str, where: str, year: int | None) -> Parsed:
    """Return the papers of a page, and a problem for each line that was not used or looks damaged.

    `where` names the file in problems. `year` completes a day without a year; the page's own year wins.
    Raises InputError where the day has no year and `year` is None.
    """
    lines = _lines(text)
    if not lines:
        return Parsed((), (Problem(where, None, "the file is empty; expected titles and abstracts", True),))
    header, body = _split_header(lines)
    notes = _Notes(where)
    published = _published(header, year, notes)
    for line in header:
        if not _KNOWN_HEADER.fullmatch(line.text) and not _read_day(line):
            notes.add(line.number, f"header line not known, skipped: {_quoted(line.text)}")
    found = pieces(_blocks(_without_noise(body, notes)))
    if not header and not any(_is_pair(a, b) for a, b in pairwise(found)):
        return Parsed((), (_no_page(where, lines[0].text),))
    return _Collector(notes, published).collect(found)


@dataclass(slots=True)
class _Notes:
    where: str
    problems: list[Problem] = field(default_factory=list)

    def add(self, line: int | None, reason: str, refused: bool = False) -> None:
        self.problems.append(Problem(self.where, line, reason, refused))


class _Collector:
    """Pairs titles with abstracts and makes papers of them."""

    def __init__(self, notes: _Notes, published: date | None) -> None:
        self._notes = notes
        self._published = published
        self._papers: dict[str, Paper] = {}
        self._lines: dict[str, int] = {}

    def collect(self, found: Sequence[Piece]) -> Parsed:
        position = 0
        while position < len(found):
            piece = found[position]
            following = found[position + 1] if position + 1 < len(found) else None
            if piece.kind == "abstract":
                reason = f"an abstract without a title, left out: {_quoted(piece.text)}"
                self._notes.add(piece.line, reason, refused=True)
            elif following is not None and _is_pair(piece, following):
                self._add(piece, following.text)
                position += 1
            else:
                self._add(piece, "")
            position += 1
        problems = sorted(self._notes.problems, key=lambda problem: problem.line or 0)
        return Parsed(tuple(self._papers.values()), tuple(problems))

    def _add(self, title: Piece, abstract: str) -> None:
        record = {
            "title": title.text,
            "abstract": abstract,
            "published": self._published and str(self._published),
        }
        try:
            paper, warnings = paper_from_record(record, SOURCE, len(self._papers) + 1)
        except ValueError as error:
            self._notes.add(title.line, str(error), refused=True)
            return
        if paper.id in self._papers:
            reason = f"the title of line {self._lines[paper.id]} again, left out: {_quoted(title.text)}"
            self._notes.add(title.line, reason, refused=True)
            return
        self._papers[paper.id], self._lines[paper.id] = paper, title.line
        if not abstract:
            warnings.append(f"a title without an abstract: {_quoted(title.text)}")
        if len(abstract) > _LONG_ABSTRACT:
            warnings.append(f"an abstract of {len(abstract):,} characters; is a blank line missing in it?")
        for warning in warnings:
            self._notes.add(title.line, warning)


def _is_pair(first: Piece, second: Piece) -> bool:
    return first.kind == "title" and second.kind == "abstract"


def _lines(text: str) -> list[Line]:
    """Return the lines that are not blank, numbered as editors do (not at form feeds, as Python does)."""
    cleaned = (Line(n, clean_line(raw)) for n, raw in enumerate(re.split(r"\r\n|\n|\r", text), start=1))
    return [line for line in cleaned if line.text]


def _blocks(lines: Sequence[Line]) -> list[list[Line]]:
    """Return runs of lines with consecutive numbers."""
    blocks: list[list[Line]] = []
    for line in lines:
        if blocks and blocks[-1][-1].number == line.number - 1:
            blocks[-1].append(line)
        else:
            blocks.append([line])
    return blocks


def _split_header(lines: Sequence[Line]) -> tuple[Sequence[Line], Sequence[Line]]:
    """Return the header and the rest: up to the last known line or day before anything like prose."""
    end = 0
    for index, line in enumerate(lines[:_HEADER_LIMIT]):
        if _KNOWN_HEADER.fullmatch(line.text) or _read_day(line):
            end = index + 1
        elif len(line.text) > 120 or line.text.endswith("."):
            break
    return lines[:end], lines[end:]


def _without_noise(body: Sequence[Line], notes: _Notes) -> list[Line]:
    """Return `body` without lines that can't belong to a paper, each of them noted."""
    kept = []
    for line in body:
        if _read_day(line):
            notes.add(line.number, f"a second day, skipped; the papers keep the header's: {_quoted(line.text)}")
        elif not any(c.isalpha() for c in line.text):
            notes.add(line.number, f"no letters in it, skipped: {_quoted(line.text)}")
        else:
            kept.append(line)
    return kept


def _read_day(line: Line) -> PageDay | None:
    match = next((m for pattern in _DAY_LINES if (m := pattern.fullmatch(line.text))), None)
    if match is None:
        return None
    name, year = match["month"], match["year"]
    month = int(name) if name.isdigit() else _MONTHS.index(name[:3].lower()) + 1
    return PageDay(month, int(match["day"]), int(year) if year else None, line.number, line.text)


def _published(header: Sequence[Line], year: int | None, notes: _Notes) -> date | None:
    """Return the date of the page's papers; None, and a note, where there is no such day."""
    day = next((found for line in header if (found := _read_day(line))), None)
    if day is None:
        return None
    if day.year is None and year is None:
        raise InputError(
            f'{notes.where}:{day.line}: the page says "{day.text}" but no year; add --year, as in --year 2025'
        )
    if day.year is not None and year is not None and day.year != year:
        notes.add(day.line, f"the page says {day.year}, so --year {year} was not used")
    try:
        return date(day.year or year or 0, day.month, day.day)
    except ValueError:
        notes.add(day.line, f'there is no "{day.text}" in {day.year or year}; the papers have no date')
        return None


def _no_page(where: str, first: str) -> Problem:
    what = "this looks like HTML; save the page as text" if first.startswith("<") else "this is no papers page"
    return Problem(where, None, f"{what}: expected a title, a blank line, its abstract, a blank line, and so on", True)


def _quoted(text: str) -> str:
    return f'"{cut(text, 60)}"'
