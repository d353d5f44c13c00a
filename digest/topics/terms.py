"""Terms: what words and pairs of words a text has, whatever their case and plural.

Everything that compares texts by their words (frequencies, descriptors, learning, suggestions) counts terms.
"""

import re
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from math import log

from digest.papers.paper import Paper
from digest.topics.frequencies import Frequencies

TITLE_WEIGHT = 2
"""How often a term of the title counts, beside one of the abstract."""

_WORD = re.compile(r"[^\W_]+")
_NO_PLURAL = frozenset(
    ["news", "series", "species", "lens", "bias", "gas", "this", "was", "has", "its", "as", "always"]
)
_UNKNOWN = 0


@lru_cache(maxsize=100_000)
def singular(word: str) -> str:
    """Return `word` in lower case without the ending of an English plural."""
    word = word.casefold()
    if len(word) < 3 or word in _NO_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is", "ics")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word[:-1]


@dataclass(frozen=True, slots=True)
class Words:
    """The words of a text, runs of letters and digits: as they are written, and in the singular."""

    text: str
    written: list[str]
    singles: list[str]

    @classmethod
    def of(cls, text: str) -> "Words":
        """Return the words of `text`."""
        written = _WORD.findall(text)
        return cls(text, written, list(map(singular, written)))

    @property
    def terms(self) -> list[str]:
        """Return the words in the singular, then the pairs of neighbours."""
        return self.singles + self.pairs

    @property
    def pairs(self) -> list[str]:
        """Return the pairs of neighbours."""
        return [f"{first} {second}" for first, second in pairwise(self.singles)]


@dataclass(frozen=True, slots=True)
class PaperWords:
    """The words of a paper, and how often each of its terms counts (those of the title more)."""

    paper: Paper
    title: Words
    abstract: Words

    @classmethod
    def of(cls, paper: Paper) -> "PaperWords":
        """Return the words of `paper`."""
        return cls(paper, Words.of(paper.title), Words.of(paper.abstract))

    def counts(self) -> Counter[str]:
        """Return how often each term counts."""
        counts = Counter(self.title.terms * TITLE_WEIGHT)
        counts.update(self.abstract.terms)
        for keyword in self.paper.keywords:
            counts.update(Words.of(keyword).terms)
        return counts


@dataclass(frozen=True, slots=True)
class Bag:
    """The distinct terms of a paper by their numbers, and how often each counts."""

    terms: "array[int]"
    counts: "array[int]"


@dataclass(frozen=True, slots=True)
class Weighed:
    """The distinct terms of a paper by their numbers, and how much each weighs."""

    terms: "array[int]"
    weights: "array[float]"


class Vocabulary:
    """Numbers for terms, and how rare each is: by the shipped frequencies and the papers added.

    A term's rarity is ln((papers + 1) / (papers with it + 1)): 0 for one of every paper, about 9 for an unknown one.
    """

    def __init__(self, frequencies: Frequencies, terms: Iterable[str]) -> None:
        """Begin with `terms`, which no paper has yet."""
        self._frequencies = frequencies
        self._numbers = {"": _UNKNOWN}
        for term in terms:
            self._numbers.setdefault(term, len(self._numbers))
        self._spread = [0] * len(self._numbers)
        self._papers = 0
        self._rarities: list[float] = []
        self._names: list[str] = []

    def add(self, words: PaperWords) -> Bag:
        """Count a paper's terms in, new ones too."""
        counts, numbers, spread = words.counts(), self._numbers, self._spread
        terms = array("l", [numbers.setdefault(term, len(numbers)) for term in counts])
        spread.extend([0] * (len(numbers) - len(spread)))
        for number in terms:
            spread[number] += 1
        self._papers += 1
        self._rarities = []
        return Bag(terms, array("l", counts.values()))

    def bag(self, words: PaperWords) -> Bag:
        """Return the bag of a paper that isn't added; of terms that none of the papers has, one number."""
        counts = words.counts()
        return Bag(array("l", [self._numbers.get(term, _UNKNOWN) for term in counts]), array("l", counts.values()))

    def number(self, term: str) -> int:
        """Return the number of a term."""
        return self._numbers.get(term, _UNKNOWN)

    @property
    def names(self) -> Sequence[str]:
        """Return the terms by their numbers."""
        if len(self._names) < len(self._numbers):
            self._names = list(self._numbers)
        return self._names

    @property
    def spread(self) -> Sequence[int]:
        """Return for each number how many of the papers added have the term."""
        return self._spread

    @property
    def rarities(self) -> Sequence[float]:
        """Return for each number how rare the term is."""
        if not self._rarities:
            known, papers = self._frequencies.counts, self._frequencies.papers + self._papers
            self._rarities = [
                log((papers + 1) / (known.get(term, 0) + spread + 1))
                for term, spread in zip(self._numbers, self._spread, strict=True)
            ]
        return self._rarities

    def rarity(self, term: str) -> float:
        """Return how rare a term is, by the shipped frequencies alone where it has no number."""
        number = self.number(term)
        if number != _UNKNOWN:
            return self.rarities[number]
        papers = self._frequencies.papers + self._papers
        return log((papers + 1) / (self._frequencies.counts.get(term, 0) + 1))

    def weigh(self, bag: Bag) -> "Weighed":
        """Return the terms of a bag with their TF-IDF weights: (1 + ln count) · rarity."""
        rarities = self.rarities
        weights = [
            (rarities[term] if count == 1 else (1 + log(count)) * rarities[term])
            for term, count in zip(bag.terms, bag.counts, strict=True)
        ]
        return Weighed(bag.terms, array("d", weights))
