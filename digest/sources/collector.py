"""Collecting: the records of one input become papers, each id once, and problems, none without its place."""

from collections.abc import Iterable, Mapping
from typing import Any

from digest.papers.paper import Paper, Parsed, Problem
from digest.papers.record import paper_from_record

RECORDS_LIMIT = 5_000
"""The most records that are taken of an answer or feed; arXiv's largest feeds end at 2,000."""

FILE_RECORDS_LIMIT = 100_000
"""The most records that are taken of a file."""

Place = int | str | None
"""Where a record stands: a line of the input, or words where lines say nothing ("paper 3")."""


class Collector:
    """Takes the records of one input, in order; what can't be used becomes a problem.

    Every record that is added comes out as a paper or as a refused problem. `first` is the position of the
    first one, where their order means something. At most `limit` are taken, else `RECORDS_LIMIT`.
    """

    def __init__(self, where: str, source: str, limit: int | None = None, first: int | None = None) -> None:
        self._where = where
        self._source = source
        self.limit = RECORDS_LIMIT if limit is None else limit
        self._first = first
        self._papers: dict[str, Paper] = {}
        self._places: dict[str, Place] = {}
        self._problems: list[Problem] = []
        self._seen = 0

    def add(self, place: Place, record: Mapping[str, Any], notes: Iterable[str] = ()) -> Paper | None:
        """Take one record; `notes` are told where it becomes a paper, which is returned.

        Records beyond the limit are counted only.
        """
        self._seen += 1
        if self._seen > self.limit:
            return None
        position = None if self._first is None else self._first + self._seen - 1
        try:
            paper, warnings = paper_from_record(record, self._source, position)
        except ValueError as error:
            self._tell(place, str(error), refused=True)
            return None
        if paper.id in self._papers:
            self._tell(place, f"the paper of {_named(self._places[paper.id])} again ({paper.id})", refused=True)
            return None
        self._papers[paper.id], self._places[paper.id] = paper, place
        for line in (*notes, *warnings):
            self._tell(place, line, refused=False)
        return paper

    def refuse(self, place: Place, reason: str) -> None:
        """Set one record aside that is none."""
        self._seen += 1
        if self._seen <= self.limit:
            self._tell(place, reason, refused=True)

    def merge(self, place: Place, reason: str) -> None:
        """Leave one record out because a better one of the same paper is there."""
        self._seen += 1
        if self._seen <= self.limit:
            self._tell(place, f"left out: {reason}", refused=False)

    def fault(self, place: Place, reason: str, refused: bool = True) -> None:
        """Tell what is wrong with the input itself rather than with one record."""
        self._tell(place, reason, refused)

    @property
    def faulty(self) -> bool:
        """Tell whether something of the input was refused."""
        return any(problem.refused for problem in self._problems)

    @property
    def full(self) -> bool:
        """Tell whether the limit is reached, so that a further record needs no look."""
        return self._seen >= self.limit

    def skip(self, count: int = 1) -> None:
        """Count records that weren't looked at because there are too many."""
        self._seen += count

    def parsed(self, empty: str = "") -> Parsed:
        """Return what was collected; `empty` is the problem of an input with nothing in it, if that is one."""
        if self._seen > self.limit:
            left = f"the {self._seen - self.limit:,} behind them were left out"
            self._tell(None, f"more than {self.limit:,} records; {left}", refused=True)
        if empty and not self._papers and not self._problems:
            self._tell(None, empty, refused=True)
        return Parsed(tuple(self._papers.values()), tuple(self._problems))

    def _tell(self, place: Place, reason: str, refused: bool) -> None:
        line, words = (None, f"{place}: {reason}") if isinstance(place, str) else (place, reason)
        self._problems.append(Problem(self._where, line, words, refused))


def _named(place: Place) -> str:
    return place if isinstance(place, str) else f"line {place}"
