"""The issue: one numbered newsletter, and the editions readers get of it."""

from dataclasses import dataclass
from datetime import date
from typing import Literal

from digest.papers.paper import Paper
from digest.topics.topic import Topic

Carries = Literal["card", "line"]
"""How large a paper may stand in an issue: with its abstract, or as a title line. Only a card uses
up the paper for later issues."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in an issue; `rank` is its 1-based place among all papers of the issue.

    `why` says in a few words what made it trending, or that it is there again; "" where nothing tells.
    """

    paper: Paper
    rank: int
    carries: Carries
    why: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """One topic's entries in rank order; empty only in an edition whose lead was its one listed paper.

    `number` is the topic's 1-based place among the list's topics (papers that fit none come last); it
    stays the same from day to day. `left_over` counts papers for which the issue has no room at all.
    """

    topic: Topic
    number: int
    entries: tuple[Entry, ...]
    left_over: int = 0


@dataclass(frozen=True, slots=True)
class IssueKey:
    """What makes an issue itself: the list's permanent id, "daily" or "weekly", and the period."""

    list_id: str
    frequency: str
    period: str

    def __str__(self) -> str:
        """Return "list/frequency/period", the way commands name an issue."""
        return f"{self.list_id}/{self.frequency}/{self.period}"


@dataclass(frozen=True, slots=True)
class Issue:
    """One newsletter: identity, date, number (None before approval) and sections."""

    key: IssueKey
    day: date
    number: int | None
    sections: tuple[Section, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """All entries, best rank first."""
        return tuple(sorted((e for s in self.sections for e in s.entries), key=lambda e: e.rank))


@dataclass(frozen=True, slots=True)
class Edition:
    """The part of an issue that readers with equal preferences get.

    `lead` is its best-ranked entry and stands above the sections; `sections` hold the others.
    """

    key: str
    language: str
    lead: Entry
    sections: tuple[Section, ...]
