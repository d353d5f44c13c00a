"""Learning: the papers themselves say which further words belong to a topic.

The words of a paper that fits a topic well are likely words of the topic. So each term votes for topics as the
papers that have it do, and each paper hears its terms, a few rounds long (a linear model on soft labels, fitted
by expectation and maximisation). Nobody has to label a paper. With

    x  the weight of a term in a paper: TF-IDF, the paper's vector of length 1
    q  the part of a paper that a topic has, at first its share by keywords and descriptors
    F  for a term and a topic: Σ x·q over the papers;  M for a term: Σ x;  r for a topic: ΣF / ΣM over the terms

a paper's new q is the softmax over the topics of

    VOTES · Σ x · ((F + SHRINK·r) / (M + SHRINK) - r)  +  SHARES · ln(share + TRIFLE)  +  SIZE · ln(mean q + TRIFLE/10)

The numbers of all topics lie side by side in one long integer, a field each, so that one multiplication serves
them all: that is ten times as fast as a loop over the topics. And sums of integers don't depend on their order,
so neither does what is learned depend on the order of the papers.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from operator import mul

from digest.topics.descriptors import length
from digest.topics.terms import Vocabulary, Weighed

ROUNDS = 4
VOTES = 2.5
SHRINK = 0.15
SHARES = 0.6
SIZE = 0.6
TRIFLE = 0.01
MAX_TERMS = 200
"""A paper's weightiest terms; the others aren't heard."""

_ONE = 1 << 12  # 1.0 as a fixed-point number: of x, of q
_SCALE = 1 << 24  # of 1 / (M + SHRINK)
_FIELD = 56  # bits: 48 of x·_SCALE·q, for Σx below 256; 24 of x·q for up to 2**32 papers
_MASK = (1 << _FIELD) - 1


@dataclass(slots=True)
class Example:
    """A paper's terms with x, and with x / (M + SHRINK); and the part of the paper that each topic has."""

    terms: "array[int]"
    weights: "array[int]"
    heard: "array[int]"
    common: float
    shares: Sequence[float]
    parts: Sequence[float]


class Learned:
    """What was learned: how each term votes."""

    def __init__(self, vocabulary: Vocabulary, papers: Sequence[tuple[Weighed, Sequence[float]]]) -> None:
        """Learn from papers, each with its terms and its topics' shares; there must be one at least."""
        topics = len(papers[0][1])
        self._vocabulary = vocabulary
        self._topics = topics
        self._masses = [0] * len(vocabulary.spread)
        self._votes = [0] * len(vocabulary.spread)
        self._means = [1 / topics] * topics
        known = [self._known(paper) for paper, _ in papers]
        for terms, weights in known:
            for term, weight in zip(terms, weights, strict=True):
                self._masses[term] += weight
        self.examples = [self._example(*one, shares) for one, (_, shares) in zip(known, papers, strict=True)]
        """The papers learned from, in their order."""
        for _ in range(ROUNDS):
            self._sizes = _means([example.parts for example in self.examples])
            self._count()
            for example in self.examples:
                example.parts = self._parts(example)

    def read(self, paper: Weighed, shares: Sequence[float]) -> Example:
        """Return a further paper with the parts of it that each topic has; they add up to 1."""
        example = self._example(*self._known(paper), shares)
        example.parts = self._parts(example)
        return example

    def words(self, example: Example, topic: int, other: int | None) -> list[tuple[float, int]]:
        """Return what each term says for a topic, against another one or else against the mean, in nats.

        Terms of a single pair of papers are left out: they say little that others would believe.
        """
        scale, spread, here = VOTES / (_ONE * _ONE * _SCALE), self._vocabulary.spread, topic * _FIELD
        pairs = [(term, x) for term, x in zip(example.terms, example.heard, strict=True) if spread[term] > 2]
        votes = self._votes
        if other is None:
            mean = self._means[topic] * _ONE
            return [(scale * x * ((votes[t] >> here & _MASK) - self._masses[t] * mean), t) for t, x in pairs]
        there = other * _FIELD
        return [(scale * x * ((votes[t] >> here & _MASK) - (votes[t] >> there & _MASK)), t) for t, x in pairs]

    def _known(self, paper: Weighed) -> tuple["array[int]", "array[int]"]:
        """Return the terms that other papers have too, with x."""
        spread = self._vocabulary.spread
        pairs = [(term, weight) for term, weight in zip(paper.terms, paper.weights, strict=True) if spread[term] > 1]
        if len(pairs) > MAX_TERMS:
            pairs = sorted(pairs, key=lambda pair: -pair[1])[:MAX_TERMS]
        scale = _ONE / length([weight for _, weight in pairs])
        return array("l", [term for term, _ in pairs]), array("l", [int(weight * scale) for _, weight in pairs])

    def _example(self, terms: "array[int]", weights: "array[int]", shares: Sequence[float]) -> Example:
        masses, shrink = self._masses, int(SHRINK * _ONE)
        heard = array("q", [x * _SCALE // (masses[term] + shrink) for term, x in zip(terms, weights, strict=True)])
        common = sum(map(mul, heard, map(masses.__getitem__, terms))) / _ONE / _SCALE
        return Example(terms, weights, heard, common, shares, _shared(shares))

    def _count(self) -> None:
        """Let every term vote as its papers do."""
        votes, totals = [0] * len(self._votes), 0
        for example in self.examples:
            fields = _packed(example.parts)
            totals += fields * sum(example.weights)
            for term, weight in zip(example.terms, example.weights, strict=True):
                votes[term] += weight * fields
        self._votes = votes
        self._means = _shared([totals >> topic * _FIELD & _MASK for topic in range(self._topics)])

    def _parts(self, example: Example) -> list[float]:
        votes = sum(map(mul, example.heard, map(self._votes.__getitem__, example.terms)))
        scale, common = VOTES / (_ONE * _ONE * _SCALE), VOTES * example.common
        scores = []
        for share, mean, size in zip(example.shares, self._means, self._sizes, strict=True):
            said = SHARES * log(share + TRIFLE) + SIZE * log(size + TRIFLE / 10)
            scores.append(scale * (votes & _MASK) - common * mean + said)
            votes >>= _FIELD
        return softmax(scores)


def _packed(parts: Sequence[float]) -> int:
    fields = 0
    for part in reversed(parts):
        fields = (fields << _FIELD) | int(part * _ONE)
    return fields


def _shared(values: Sequence[float]) -> list[float]:
    """Return values scaled to add up to 1, equal ones where all are 0."""
    total = sum(values)
    return [value / total for value in values] if total else [1 / len(values)] * len(values)


def _means(rows: Sequence[Sequence[float]]) -> list[float]:
    return [sum(column) / len(rows) for column in zip(*rows, strict=True)]


def softmax(scores: Sequence[float]) -> list[float]:
    """Return exp(score) of each, scaled to add up to 1."""
    highest = max(scores, default=0.0)
    powers = [exp(score - highest) for score in scores]
    total = sum(powers)
    return [power / total for power in powers]
