"""Matching: which topic a paper belongs to, by the editor's words and by what papers have in common.

A paper's fit to each topic comes from keywords, categories and likeness to what is said of the topic (`fit.py`).
Where there are papers enough, the words they share are learned (`learn.py`). The best topic gets the paper, if
the confidence is enough (`confidence.py`). Nothing here reads a file of models, the clock or a random number, and
the order of the papers doesn't matter.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from heapq import nlargest

from digest.papers.paper import Paper
from digest.topics.confidence import LEAST_CONFIDENCE, confidence
from digest.topics.descriptors import Descriptors, descriptor
from digest.topics.evidence import COMMON, TELLING, Reason, reasons
from digest.topics.fit import Fit, fit
from digest.topics.frequencies import shipped_frequencies
from digest.topics.keywords import Hit, Keywords
from digest.topics.learn import SHARES, TRIFLE, VOTES, Example, Learned
from digest.topics.terms import Bag, PaperWords, Vocabulary, Weighed
from digest.topics.topic import Assignment, Topic

LEARN_FROM = 50
"""So many papers are needed; of fewer there is nothing to learn."""
LEARN_AT_MOST = 4_000
"""Of more papers these many are learned from, spread over all; every one is matched."""

MAX_EVIDENCE = 6
MAX_LEARNED = 40
"""How many of a paper's learned words are looked at for evidence."""


def assign(papers: Sequence[Paper], topics: Sequence[Topic], seen: Sequence[Paper] = ()) -> list[Assignment]:
    """Return an assignment for each paper, in the same order; each paper gets one topic or none.

    `seen` are further papers to learn from, such as those of the last weeks. Equal topics go by the order in
    which they were declared. For a paper without a topic, `runner_up` is the one that came nearest.
    """
    matcher = Matcher(topics, [*papers, *seen])
    return [matcher.match(paper) for paper in papers]


@dataclass(frozen=True, slots=True)
class Chance:
    """How one topic stands for a paper: its part of the paper (0..1), and the reasons, strongest first."""

    topic: Topic
    part: float
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class _Read:
    """A paper as the matcher sees it."""

    paper: Paper
    terms: Weighed
    fit: Fit
    example: Example | None = None

    @property
    def parts(self) -> list[float]:
        """Return each topic's part of the paper; a barred topic has none."""
        parts = self.example.parts if self.example else self.fit.shares
        return [0.0 if number in self.fit.barred else part for number, part in enumerate(parts)]


class Matcher:
    """Topics, ready to be matched with papers, after having learned from some."""

    def __init__(self, topics: Sequence[Topic], papers: Iterable[Paper]) -> None:
        """Compile `topics`, and learn from `papers` where they are enough."""
        self._topics = tuple(topics)
        self._vocabulary = Vocabulary(shipped_frequencies(), (term for topic in topics for term in descriptor(topic)))
        examples = [PaperWords.of(paper) for paper in _examples(papers)]
        bags = [self._vocabulary.add(words) for words in examples]
        self._keywords = Keywords(topics, self._vocabulary)
        self._descriptors = Descriptors(topics, self._vocabulary)
        self._telling: dict[str, bool] = {}
        self._known: dict[str, _Read] = {}
        self._learned: Learned | None = None
        if topics and len(examples) >= LEARN_FROM:
            reads = [self._read(words, bag) for words, bag in zip(examples, bags, strict=True)]
            self._learned = Learned(self._vocabulary, [(read.terms, read.fit.shares) for read in reads])
            for read, example in zip(reads, self._learned.examples, strict=True):
                self._known[read.paper.id] = replace(read, example=example)

    @property
    def has_learned(self) -> bool:
        """Tell whether there were papers enough to learn from."""
        return self._learned is not None

    def match(self, paper: Paper) -> Assignment:
        """Return where a paper goes, and why."""
        read = self._look(paper)
        parts = read.parts
        order = _best_first(parts)
        if not order:
            return Assignment(paper.id, None, 0.0, None, ())
        sure = confidence(parts[order[0]], self.has_learned)
        decided = [reason for reason in self._reasons(read, order[0], order) if reason.weight > 0]
        evidence = tuple(reason.text for reason in decided[:MAX_EVIDENCE])
        best, second = (self._topics[number].id for number in (order[0], order[min(1, len(order) - 1)]))
        if sure < LEAST_CONFIDENCE or not evidence:
            return Assignment(paper.id, None, sure, best, evidence)
        return Assignment(paper.id, best, sure, second if len(order) > 1 else None, evidence)

    def chances(self, paper: Paper) -> list[Chance]:
        """Return how every topic with a part of the paper stands, best first."""
        read = self._look(paper)
        parts = read.parts
        order = _best_first(parts)
        return [Chance(self._topics[n], parts[n], tuple(self._reasons(read, n, order))) for n in order]

    def _look(self, paper: Paper) -> _Read:
        known = self._known.get(paper.id)
        if known is not None and (known.paper is paper or known.paper == paper):
            return known
        words = PaperWords.of(paper)
        read = self._read(words, self._vocabulary.bag(words))
        return replace(read, example=self._learned.read(read.terms, read.fit.shares)) if self._learned else read

    def _read(self, words: PaperWords, bag: Bag) -> _Read:
        weighed = self._vocabulary.weigh(bag)
        return _Read(words.paper, weighed, fit(self._keywords.hits(words), self._descriptors.likeness(weighed)))

    def _reasons(self, read: _Read, number: int, order: Sequence[int]) -> list[Reason]:
        """Return what speaks for a topic, beside the best of the others."""
        scale = 1 / (read.fit.shares[number] + TRIFLE)
        said = [(part * scale, hit) for part, hit in read.fit.words(number) if hit.is_keyword or self._is_named(hit)]
        if self._learned is None or read.example is None:
            return reasons(said, ())
        other = next((one for one in order if one != number), None)
        strongest = nlargest(MAX_LEARNED, self._learned.words(read.example, number, other))
        names = self._vocabulary.names
        heard = [(vote, names[term]) for vote, term in strongest]
        taught = VOTES + SHARES  # what is said of a topic decides twice: at once, and by what it taught
        return reasons(
            [(weight * taught, hit) for weight, hit in said],
            [(vote, term) for vote, term in heard if self._is_telling(term)],
        )

    def _is_named(self, hit: Hit) -> bool:
        return all(self._vocabulary.rarity(word) > COMMON for term in hit.terms for word in term.split())

    def _is_telling(self, term: str) -> bool:
        if term not in self._telling:
            words = [word for word in term.split() if len(word) > 2 and not word.isdigit()]
            rarities = map(self._vocabulary.rarity, words)
            self._telling[term] = len(words) == len(term.split()) and min(rarities) > TELLING
        return self._telling[term]


def _examples(papers: Iterable[Paper]) -> list[Paper]:
    """Return the papers to learn from, each once, in an order that is always the same."""
    once: dict[str, Paper] = {}
    for paper in papers:
        known = once.get(paper.id)
        if known is None or (paper.title, paper.abstract) < (known.title, known.abstract):
            once[paper.id] = paper
    ordered = [once[one] for one in sorted(once)]
    step = max(1, -(-len(ordered) // LEARN_AT_MOST))
    return ordered[::step]


def _best_first(parts: Sequence[float]) -> list[int]:
    """Return the numbers of the topics that have a part, the first declared of equal ones first."""
    return sorted((n for n, part in enumerate(parts) if part > 0), key=lambda n: -parts[n])
