"""Two edits of one file put together, line by line, as version control does it."""

from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

OURS, BETWEEN, THEIRS = "<<<<<<< what you edited", "=======", ">>>>>>> what is in the file by now"
"""What stands around lines that both changed; no row can begin like that, so a check finds those that are left."""


class Merged(NamedTuple):
    """The text of both, and in how many places they contradict."""

    text: str
    conflicts: int


class _Change(NamedTuple):
    """Lines `start` to `end` (exclusive) of the base, and what they became."""

    start: int
    end: int
    lines: Sequence[str]


def merge(base: Sequence[str], ours: Sequence[str], theirs: Sequence[str]) -> Merged:
    """Put together what two people made of `base`; lines come with their ends.

    Where both changed the same place in two ways both stand there, between marks.
    """
    line_end = "\r\n" if any(line.endswith("\r\n") for line in ours[:1]) else "\n"
    merged: list[str] = []
    done = conflicts = 0
    for start, end, mine, other in _places(_changes(base, ours), _changes(base, theirs)):
        merged += base[done:start]
        one, two = _applied(base, start, end, mine), _applied(base, start, end, other)
        if not other or one == two:
            merged += one
        elif not mine:
            merged += two
        elif start == end:  # both put rows in here
            merged += [*two, *one]
        else:
            conflicts += 1
            merged += [OURS + line_end, *one, BETWEEN + line_end, *two, THEIRS + line_end]
        done = end
    merged += base[done:]
    # A last line without its end may have got another one behind it.
    return Merged("".join([*_closed(merged[:-1], line_end), *merged[-1:]]), conflicts)


def _changes(base: Sequence[str], edited: Sequence[str]) -> list[_Change]:
    # A file is long and an edit is short: what is the same at both ends is not looked at.
    shorter = min(len(base), len(edited))
    same = next((n for n in range(shorter) if base[n] != edited[n]), shorter)
    rest = shorter - same
    tail = next((n for n in range(rest) if base[-1 - n] != edited[-1 - n]), rest)
    middle, became = base[same : len(base) - tail], edited[same : len(edited) - tail]
    codes = SequenceMatcher(None, middle, became, autojunk=False).get_opcodes()
    return [_Change(same + a, same + b, became[c:d]) for kind, a, b, c, d in codes if kind != "equal"]


def _places(
    ours: Sequence[_Change], theirs: Sequence[_Change]
) -> Iterator[tuple[int, int, list[_Change], list[_Change]]]:
    """Yield the places that changed, in their order, each with the changes of both that touch it."""
    left = sorted([(change, 0) for change in ours] + [(change, 1) for change in theirs])
    while left:
        change, side = left.pop(0)
        found: tuple[list[_Change], list[_Change]] = ([], [])
        found[side].append(change)
        end = change.end
        while left and _touches(left[0][0], change.start, end):
            change_too, side = left.pop(0)
            found[side].append(change_too)
            end = max(end, change_too.end)
        yield change.start, end, *found


def _touches(change: _Change, start: int, end: int) -> bool:
    return change.start < end or change.start == start


def _applied(base: Sequence[str], start: int, end: int, changes: Sequence[_Change]) -> list[str]:
    lines: list[str] = []
    for change in changes:
        lines += [*base[start : change.start], *change.lines]
        start = change.end
    return lines + list(base[start:end])


def _closed(lines: Sequence[str], line_end: str) -> list[str]:
    return [line if line.endswith(("\n", "\r")) else line + line_end for line in lines]
