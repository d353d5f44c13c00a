"""A summary for a paper that came without one: what was done and what came out, in a sentence or two of its abstract.

Nothing is written here, only chosen. Each sentence gets marks for both, from its words (`cues`), its place and how
much it is about what the others are about. The best pair that has room is taken, in the abstract's order.
"""

from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from heapq import nlargest
from itertools import product

from digest.papers.cues import is_english, marks
from digest.papers.sentences import cut, sentences

_CANDIDATES = 6
"""Sentences of the most marks, of each kind, that are tried in pairs."""

_FIRST_PROPOSAL = 2.0
"""Marks for the first sentence that proposes something: it mostly names what the paper is about."""
_MOTIVATION = 4.0
"""Marks taken from each sentence before the authors' own work is spoken of."""
_TOPICAL = 2.0
"""Marks for each time, on average, that a sentence's words stand in the others; at most `_OFTEN` times count."""
_OFTEN = 3
_RESULT_ALONE = 0.8
"""What the marks of a result count where nothing says what was done."""
_READ = 2_000
"""Abstracts whose sentences are kept: an issue shows each at several lengths and in several languages."""
_WIDE_STOPS = ("。", "！", "？", "．", "｡")


@dataclass(frozen=True, slots=True)
class _Sentence:
    """A sentence that may be chosen; `place` counts from the abstract's first. For the marks see `cues.Marks`."""

    place: int
    text: str
    done: float
    result: float
    leans: float


def summarize(abstract: str, limit: int) -> str:
    """Return the sentence or two of `abstract` that tell the most, whole, within `limit` characters (at least 1).

    An abstract that fits comes back whole, and of one that isn't in English the first sentences that fit. Only
    where every such sentence is too long the best is cut at a word, and ends with "…".
    """
    abstract = abstract.strip()
    if len(abstract) <= limit:
        return abstract
    pieces, scored = _read(abstract)
    fitting = [sentence for sentence in scored if len(sentence.text) <= limit]
    if fitting:
        return " ".join(sentence.text for sentence in _best(fitting, limit))
    if scored:
        return cut(max(scored, key=lambda sentence: sentence.done).text, limit)
    return _first(pieces, limit)


@lru_cache(maxsize=_READ)
def _read(abstract: str) -> tuple[list[str], list[_Sentence]]:
    """Return an abstract's sentences, and those of them that can stand in a summary."""
    pieces = sentences(abstract)
    return pieces, _scored(pieces) if is_english(abstract) else []


def _scored(pieces: list[str]) -> list[_Sentence]:
    """Return the sentences that can stand in a summary, with their marks."""
    found = [marks(piece) for piece in pieces]
    frequency = Counter(word for of_piece in found if of_piece for word in of_piece.words)
    own = next((place for place, of_piece in enumerate(found) if of_piece and of_piece.ours), 0)
    proposal = next((place for place, of_piece in enumerate(found) if of_piece and of_piece.proposes), -1)
    scored = []
    for place, of_piece in enumerate(found):
        if of_piece is not None:
            common = sum(min(frequency[word] - 1, _OFTEN) for word in of_piece.words) / max(len(of_piece.words), 1)
            both = _TOPICAL * common - _MOTIVATION * (place < own)
            done = of_piece.done + both + _FIRST_PROPOSAL * (place == proposal)
            scored.append(_Sentence(place, pieces[place], done, of_piece.result + both, of_piece.leans))
    return scored


def _best(fitting: list[_Sentence], limit: int) -> list[_Sentence]:
    """Return the pair with the most marks that fits `limit`, in order, or one sentence if that has more alone."""
    tell_done = nlargest(_CANDIDATES, fitting, key=lambda sentence: sentence.done)
    tell_result = nlargest(_CANDIDATES, fitting, key=lambda sentence: sentence.result)
    choices = [[one] for one in [*tell_done, *tell_result]]
    for pair in product(tell_done, tell_result):
        one, other = sorted(pair, key=lambda sentence: sentence.place)
        if one is not other and len(one.text) + 1 + len(other.text) <= limit:
            choices.append([one, other])
    return max(choices, key=_worth)


def _worth(chosen: list[_Sentence]) -> float:
    one, other = chosen[0], chosen[-1]
    if one is other:
        return max(one.done, one.result * _RESULT_ALONE) - one.leans
    leans = one.leans + (0.0 if other.place == one.place + 1 else other.leans)
    return max(one.done + other.result, one.result + other.done) - leans


def _first(pieces: list[str], limit: int) -> str:
    """Return the first sentences that fit, one after the other, or the beginning of the first."""
    text = ""
    for piece in pieces:
        longer = f"{text}{'' if text.endswith(_WIDE_STOPS) else ' '}{piece}" if text else piece
        if len(longer) <= limit:
            text = longer
        elif text:
            break
    return text or cut(pieces[0], limit)
