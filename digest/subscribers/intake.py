"""People of an import → the rows of a subscriber file, as a stream: what it lacks is added, all else stays.

A row that is there keeps every field that says something; its empty ones are filled. New rows stand at the end, in the
order of the import. Lines that aren't touched stay byte for byte.
"""

from collections import Counter, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol

from digest.errors import InputError
from digest.subscribers.address import parse_address
from digest.subscribers.edit import line_end
from digest.subscribers.fields import quoted
from digest.subscribers.table import FIELDS, MAX_LINES, QUOTES, Header, RawRow, read_table

_TOGETHER = 1_000


class People(Protocol):
    """The people of an import. What is said of one is a field for each of FIELDS and then for each other column."""

    def find(self, canonicals: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """Return what is said of those of some canonical addresses that are wanted and were not asked for before."""
        ...

    def count_others(self) -> int:
        """Return how many were never found."""
        ...

    def others(self) -> Iterator[tuple[str, ...]]:
        """Yield what is said of all who were never found."""
        ...


@dataclass(slots=True)
class Merged:
    """What a merge did: rows added, rows left alone, and of those changed how many fields were filled by column.

    `lost` counts values for which the file has no column.
    """

    new: int = 0
    changed: int = 0
    unchanged: int = 0
    filled: Counter[str] = field(default_factory=Counter)
    lost: Counter[str] = field(default_factory=Counter)


def merge(
    lines: Iterable[str], people: People, others: Sequence[str], where: str, merged: Merged, *, adding: bool = True
) -> Iterator[str]:
    """Yield the text of a subscriber file with the people of an import in it; `merged` is complete at its end.

    `others` are the names of the other columns that something is said for. Without `adding` new rows are only counted,
    which takes less time. Raises InputError when there is no header, or beside a quote that is left open: it would
    swallow what is written.
    """
    kept = _Kept(lines)
    header, rows = read_table(kept, where)
    places = _places(header, others)
    end = line_end(kept.first)
    quote = _OpenQuote(where)
    while batch := list(islice(rows, _TOGETHER)):
        known = [_canonical(row, header) for row in batch]
        found = dict(people.find([one for one in known if one is not None]))
        for row, canonical in zip(batch, known, strict=True):
            quote.look(row)
            said = found.pop(canonical, None) if canonical is not None else None
            if said is None:
                continue
            filled = _filled(row, said, places, merged)
            if filled is not None:
                quote.expect_closed(row.start)
                yield from kept.until(row.start)
                yield ",".join(map(quoted, filled)) + kept.drop_until(row.end)
        yield from kept.until(batch[-1].end)
    yield from kept.rest()
    if new := people.count_others():
        quote.expect_closed(kept.taken)
        if adding and not kept.last.endswith(("\n", "\r")):
            yield end
    if not adding and all(place is not None for _, place in places):
        merged.new = new
        return
    added = people.others()
    straight = [place for _, place in places] == list(range(header.width))
    while some := list(islice(added, _TOGETHER)):
        merged.new += len(some)
        if straight:
            yield "".join([",".join(map(quoted, said)) + end for said in some])
        else:
            yield "".join([_line(said, places, header.width, merged) + end for said in some])


def _line(said: Sequence[str], places: Sequence[tuple[str, int | None]], width: int, merged: Merged) -> str:
    fields = [""] * width
    for (name, place), value in zip(places, said, strict=True):
        if value:
            if place is None:
                merged.lost[name] += 1
            else:
                fields[place] = quoted(value)
    return ",".join(fields)


def _filled(
    row: RawRow, said: Sequence[str], places: Sequence[tuple[str, int | None]], merged: Merged
) -> list[str] | None:
    """Return a row's fields with its empty ones filled; None where that changes nothing."""
    fields, changed = list(row.fields), False
    for (name, place), value in zip(places, said, strict=True):
        if not value:
            continue
        if place is None:
            merged.lost[name] += 1
        elif not fields[place].strip():
            fields[place], changed = value, True
            merged.filled[name] += 1
    merged.changed += changed
    merged.unchanged += not changed
    return fields if changed else None


def _places(header: Header, others: Sequence[str]) -> list[tuple[str, int | None]]:
    """Return each column that something is said for, with its place in the file."""
    ours: list[tuple[str, int | None]] = [(name, header.columns.get(name)) for name in FIELDS]
    return ours + [(name, header.names.index(name) if name in header.names else None) for name in others]


def _canonical(row: RawRow, header: Header) -> str | None:
    """Return the canonical address of a row that can be used, None for any other."""
    if row.reason or len(row.fields) != header.width:
        return None
    written = row.fields[header.columns["email"]].strip()
    if written.isascii():
        return written.casefold()
    try:
        return parse_address(written).canonical
    except ValueError:
        return None


class _Kept:
    """Lines on their way, kept until they are written."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._lines = iter(lines)
        self._waiting: deque[str] = deque()
        self._given = 0
        self.taken = 0
        self.first = self.last = ""

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.first = self.first or line
            self.last = line
            self.taken += 1
            self._waiting.append(line)
            yield line

    def until(self, line: int) -> Iterator[str]:
        """Yield the lines before a number, 0-based, that are still kept."""
        some = [self._waiting.popleft() for _ in range(line - self._given)]
        self._given += len(some)
        if some:
            yield "".join(some)

    def drop_until(self, line: int) -> str:
        """Let the lines before a number go; returns the end of the last one, which gets one where it has none."""
        text = "".join(self.until(line))
        if not text.endswith(("\n", "\r")):
            self.last = line_end(self.first)
            return self.last
        return line_end(text)

    def rest(self) -> Iterator[str]:
        """Yield all that are still kept."""
        yield from self.until(self.taken)


class _OpenQuote:
    """Where a quote was left open last: what is written below could become part of its row."""

    def __init__(self, where: str) -> None:
        self._where = where
        self._line: int | None = None

    def look(self, row: RawRow) -> None:
        if row.reason == QUOTES:
            self._line = row.start

    def expect_closed(self, line: int) -> None:
        if self._line is not None and line - self._line <= MAX_LINES:
            place = f"{self._where}:{self._line + 1}"
            raise InputError(f"{place}: close the quote that is left open before the file is changed")
