"""Make an edition fit into what mail programs show: Gmail cuts HTML off at 102 KB.

The tail gives way first, and nothing vanishes without a word: abstracts are shortened, then cards
become title lines, then title lines are counted in a closing sentence.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from digest.issues.edition import leads
from digest.issues.issue import Edition, Entry, Issue
from digest.render.view import Form

MAX_HTML = 100_000
"""Bytes of decoded HTML an edition may have with its slots filled."""

SLOT_RESERVE = 6_000
"""Bytes kept free for the slots: subject, preheader, counts, links and the reader's own name."""


@dataclass(frozen=True, slots=True)
class Fit:
    """What was decided: the form of each entry by rank, and how many have no room."""

    forms: Mapping[int, Form]
    overflow: int

    def names(self, edition: Edition) -> frozenset[str]:
        """Return the names of the fragments that make up the edition."""
        names = {f"lead:{edition.lead.rank}"}  # "contents:0" is the heading of the contents
        for section in edition.sections:
            forms = [(e.rank, self.forms[e.rank]) for e in section.entries if e.rank in self.forms]
            if not forms:
                continue
            names |= {f"contents:{section.number}", f"section:{section.number}"}
            names |= {f"{form}:{rank}" for rank, form in forms}
            if any(form == "line" for _, form in forms):
                names.add(f"also:{section.number}")
        if len(names) > 1:
            names.add("contents:0")
        if self.overflow:
            names.add("overflow:0")
        return frozenset(names)


def fit(edition: Edition, sizes: Mapping[str, int], budget: int = MAX_HTML - SLOT_RESERVE) -> Fit:
    """Choose the largest forms that fit; `sizes` are the fragments' decoded sizes, "" the frame's."""
    entries = sorted((e for s in edition.sections for e in s.entries), key=lambda e: -e.rank)
    forms: dict[int, Form] = {e.rank: e.carries for e in entries}
    left_over = sum(s.left_over for s in edition.sections)
    firsts = {s.entries[0].rank for s in edition.sections if s.entries}

    def chosen() -> Fit:
        return Fit(forms, left_over + len(entries) - len(forms))

    def excess() -> int:
        return sum(sizes.get(name, 0) for name in chosen().names(edition)) + sizes.get("", 0) - budget

    over = excess()
    for step in (_shorten, _to_line(firsts), _to_line(set()), _drop):
        for entry in entries:
            if over <= 0:
                break
            before = forms.get(entry.rank)
            step(forms, entry)
            if forms.get(entry.rank) != before:
                over = excess()
    return chosen()


def carded(issue: Issue, fitted: Fit) -> frozenset[int]:
    """Return the ranks that keep their card, given how the widest edition fitted.

    What is a title line there is one in every edition, so that its card can come in a later issue.
    """
    return leads(issue) | {rank for rank, form in fitted.forms.items() if form in ("card", "brief")}


_Step = Callable[[dict[int, Form], Entry], None]


def _shorten(forms: dict[int, Form], entry: Entry) -> None:
    if forms[entry.rank] == "card":
        forms[entry.rank] = "brief"


def _to_line(spared: set[int]) -> _Step:
    def step(forms: dict[int, Form], entry: Entry) -> None:
        if entry.rank not in spared:
            forms[entry.rank] = "line"

    return step


def _drop(forms: dict[int, Form], entry: Entry) -> None:
    forms.pop(entry.rank, None)
