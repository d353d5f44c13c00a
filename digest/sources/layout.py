"""Which lines of a page are titles and which are abstracts.

A page alternates title, abstract, title, abstract, with blank lines between; real ones are damaged:
blank lines missing, titles and abstracts missing, lines wrapped. So no single rule decides. Every way
to cut the page into titles and abstracts has a cost, and the cheapest one wins (dynamic programming, as
in Viterbi's algorithm). Costs are in units of doubt: 1 is "slightly odd", 5 "hardly possible".
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

Kind = Literal["title", "abstract"]

_BROKEN_RHYTHM = 1.25  # two titles, or two abstracts, in a row
_SPLIT = 0.5  # a title and an abstract without a blank line between
_SPLIT_IN_WRAP = 0.9  # the same where the lines look like one wrapped text
_JOIN_EARLY = 0.9  # one text goes on in the next line, though this one had room for the next word
_SHORT_BEGIN = 1.4  # moreover, if that is the first line of an abstract: it may be a title
_JOIN_SENTENCES = 0.25  # the same where the line ends a sentence
_RAGGED = 2.0  # all such joins in one piece together: who breaks lines at will does it often
_LONGEST_TITLE = 5  # lines
_LONGEST_PIECE = 80  # lines; no abstract is wrapped into more
_LONGEST_BLOCK = 2000  # lines; a larger block is no page, and is taken whole

_SHORT = 250  # characters; hardly an abstract is shorter

_PROSE_WORDS = re.compile(
    r"\b(?:we|our|this|these|is|are|was|were|has|have|can|which|that|propose|show|however)\b", re.I
)
_SENTENCES_MEET = re.compile(r"[a-z0-9)\]][.!][\"')\]]*\s+[\"'(]?[A-Z]")
_STOP_AT_END = re.compile(r"[.!?。！？…][\"'”’)\]]*$")
_WRAPPED_HYPHEN = re.compile(r"(?<=\w-)\n(?=\w)(?!(?:and|or|to)\s)")
_SMALL_WORDS = frozenset(("with", "from", "into", "over", "under", "using", "without", "through", "towards", "between"))
_FULL_STOP_AT_END = re.compile(r"(?:(?<!\.)\.|。)[\"'”’)\]]*$")


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is not blank: its 1-based number in the file, and its clean text."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class Piece:
    """A title or an abstract, its lines joined; `line` is where it begins."""

    kind: Kind
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class _Path:
    """The cheapest way to cut everything up to here, as a chain from its last piece backwards."""

    cost: float
    kind: Kind
    lines: Sequence[Line] = ()
    before: "_Path | None" = None


_Ends = dict[Kind, _Path]  # the cheapest paths to one place, by the kind of their last piece


def pieces(blocks: Sequence[Sequence[Line]]) -> list[Piece]:
    """Return the titles and abstracts of `blocks` (runs of lines without a blank one), in order."""
    ends: _Ends = {"abstract": _Path(0.0, "abstract")}  # so the page begins with a title
    for block in blocks:
        ends = _extend(ends, block)
    path: _Path | None = min(ends.values(), key=lambda path: path.cost + _rhythm(path, "title"))
    found = []
    while path is not None and path.lines:
        found.append(Piece(path.kind, path.lines[0].number, _joined(path.lines)))
        path = path.before
    return found[::-1]


def _extend(ends: _Ends, block: Sequence[Line]) -> _Ends:
    """Return the cheapest paths through one more block."""
    width = sorted(len(line.text) for line in block)[len(block) * 3 // 4]  # a long URL is not the width
    reached: list[_Ends] = [ends] + [{} for _ in block]
    whole = len(block) > _LONGEST_BLOCK
    longest = len(block) if whole else _LONGEST_PIECE
    for start in range(1 if whole else len(block)):
        if start > 0:
            split = _split_cost(block[start - 1], block[start], width)
            reached[start] = {k: replace(p, cost=p.cost + split) for k, p in reached[start].items()}
        for stop, kind, cost in _costs(block, start, longest, width):
            if whole and stop < len(block):
                continue
            for path in reached[start].values():
                total = path.cost + _rhythm(path, kind) + cost
                best = reached[stop].get(kind)
                if best is None or total < best.cost:
                    reached[stop][kind] = _Path(total, kind, block[start:stop], path)
    return reached[-1]


def _costs(block: Sequence[Line], start: int, longest: int, width: int) -> Iterator[tuple[int, Kind, float]]:
    """Yield where each possible piece from `start` on stops, its kind and its own cost."""
    joins, length, begin = 0.0, -1, 0.0
    for stop in range(start + 1, min(len(block), start + longest) + 1):
        length += len(block[stop - 1].text) + 1
        if stop - start > 1:
            joins = min(joins + _join_cost(block[stop - 2], block[stop - 1], width), _RAGGED)
        if stop - start == 2 and joins == _JOIN_EARLY:
            begin = _SHORT_BEGIN
        lines = block[start:stop] if length < _SHORT or stop - start <= _LONGEST_TITLE else ()
        if stop - start <= _LONGEST_TITLE:
            yield stop, "title", joins + _title_cost(_joined(lines))
        text = _joined(lines) if length < _SHORT else ""
        yield stop, "abstract", joins + begin + _abstract_cost(text, length, block[start].text, block[stop - 1].text)


def _joined(lines: Sequence[Line]) -> str:
    """Return the text of `lines`; one wrapped behind a hyphen ("real-", "world") goes on without a space."""
    text = "\n".join(line.text for line in lines)
    return _WRAPPED_HYPHEN.sub("", text).replace("\n", " ")


def _rhythm(path: _Path, kind: Kind) -> float:
    """Return what it costs to go on with `kind` after `path`."""
    return _BROKEN_RHYTHM if path.kind == kind else 0.0


def _join_cost(line: Line, following: Line, width: int) -> float:
    """Return how odd it is that one text goes on from `line` to `following`."""
    if _is_full(line, following, width):
        return 0.0
    return _JOIN_SENTENCES if _STOP_AT_END.search(line.text[-5:]) else _JOIN_EARLY


def _split_cost(line: Line, following: Line, width: int) -> float:
    """Return how odd it is that one piece ends with `line` and the next begins with `following`."""
    wrapped = _is_full(line, following, width) and not _STOP_AT_END.search(line.text[-5:])
    return _SPLIT_IN_WRAP if wrapped else _SPLIT


def _is_full(line: Line, following: Line, width: int) -> bool:
    """Tell whether `line` had no room for the first word of the next, as in wrapped text."""
    return len(line.text) + 1 + len(following.text.partition(" ")[0]) > width


def _title_cost(text: str) -> float:
    """Return how unlike a title `text` is."""
    cost = 0.0 if _is_title_case(text) else 0.5
    cost += 6.0 if len(text) > 300 else 3.0 if len(text) > 200 else 1.0 if len(text) > 150 else 0.0
    cost += 2.0 if _SENTENCES_MEET.search(text[:600]) else 0.0
    cost += 2.0 if _FULL_STOP_AT_END.search(text[-5:]) else 0.0
    return cost + (1.0 if re.match(r"(?:we|this paper|in this)\b", text, re.I) else 0.0)


def _abstract_cost(text: str, length: int, first_line: str, last_line: str) -> float:
    """Return how unlike an abstract a text is; a short one is likely only as a finished sentence.

    `text` is needed only where `length` is below `_SHORT`.
    """
    cost = 3.0 if length < 80 else 2.0 if length < 160 else 1.0 if length < _SHORT else 0.0
    cost = cost * 0.3 if _FULL_STOP_AT_END.search(last_line[-5:]) else cost + 1.0
    if length < _SHORT and _PROSE_WORDS.search(text):
        cost -= 1.0
    return max(cost, 0.0) + max(length - 3000, 0) / 1000 + (2.0 if _is_title_case(first_line) else 0.0)


def _is_title_case(text: str) -> bool:
    """Tell whether nearly all longer words begin with a capital, as in titles and hardly in prose."""
    if len(text) > 250:
        return False
    words = [word for word in re.findall(r"(?<![\w-])[^\W\d_]{4,}", text) if word not in _SMALL_WORDS]
    return len(words) >= 2 and sum(word[0].isupper() for word in words) >= 0.8 * len(words)
