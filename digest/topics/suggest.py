"""Suggesting topics: groups of papers that share telling terms, in the form of the settings.

First some terms that many of the papers have, and papers elsewhere have less, become provisional topics, each
of other papers than the ones before it. Matching with them, and then with the terms that tell the found groups
apart, a few times over, lets the groups settle. All of it is counting: the same papers give the same suggestions.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from digest.papers.paper import Paper
from digest.topics.frequencies import shipped_frequencies
from digest.topics.match import Matcher
from digest.topics.terms import PaperWords, Vocabulary
from digest.topics.topic import Topic

LEAST_PAPERS = 20
"""Of fewer papers nothing can be said."""
MOST_GROUPS = 12
LEAST_GROUP = 4
ROUNDS = 3
KEYWORDS, LEAST_KEYWORDS = 10, 3

_TELLING = 2.5  # the rarity of a term that says something; it is in one paper of twelve
_LARGEST_SEED = 0.25
_OVERLAP = 0.35
_LEAST_PART = 0.15
"""Parts: of all papers; of the smaller group's; of a group's papers that have a term worth a keyword."""

_COMMON_WORDS = """
    a about across after all also although an and any are as at be been being best better between both but by
    can code could current despite different do does due during each effective efficient enable especially et
    even existing extensive experiment first for framework from further given good had has have high how however
    i if improve in including instead into introduce is issue it its large less limited many may method more
    most much must need new no not novel of often on one only or other our out outperform over paper performance
    present previous problem propose proposed provide recent result same second set several show significant
    significantly since single small so some state study such than that the their them then these they this
    those three through thus to two under up use used using various very via was we well were what when where
    whether which while who will with within without work would yet you approach based achieve aim allow
    demonstrate develop leading leverage require term towards user art http https github com available real
    world key task al step compared way page project five find source open against rate wide related rather mean
    end correct focus goal difficult strongest
"""
_SAYS_NOTHING = frozenset(_COMMON_WORDS.split())


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A group of papers: its topic with telling keywords, and its papers, the surest first."""

    topic: Topic
    papers: tuple[Paper, ...]


def suggest(papers: Sequence[Paper]) -> list[Suggestion]:
    """Return topics that `papers` could be grouped by, the largest first; none of fewer than `LEAST_PAPERS`."""
    ordered = [paper for _, paper in sorted({paper.id: paper for paper in papers}.items())]
    if len(ordered) < LEAST_PAPERS:
        return []
    counted = _Counted(ordered)
    groups: list[tuple[str, ...]] = [(seed,) for seed in counted.seeds()]
    placed: list[list[Paper]] = []
    for _ in range(ROUNDS):
        placed = [group for group in _placed(ordered, groups) if len(group) >= LEAST_GROUP]
        groups = [counted.telling(group) for group in placed]
    found = [(words, group) for words, group in zip(groups, placed, strict=True) if len(words) >= LEAST_KEYWORDS]
    found.sort(key=lambda one: (-len(one[1]), one[0]))
    return [Suggestion(_topic(words, number), tuple(group)) for number, (words, group) in enumerate(found, start=1)]


def to_toml(suggestion: Suggestion, remarks: Iterable[str] = ()) -> str:
    """Return a suggestion as a table of `digest.toml`, with remarks as comments above it."""
    topic = suggestion.topic
    lines = [f"# {remark}" for remark in remarks]
    lines += [f"[topics.{topic.id}]", f"name = {json.dumps(topic.name)}", "keywords = ["]
    lines += [f"    {json.dumps(keyword)}," for keyword in topic.keywords]
    return "\n".join([*lines, "]"])


class _Counted:
    """The terms of some papers, and in how many of them each is."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._shipped = Vocabulary(shipped_frequencies(), shipped_frequencies().counts)
        self._terms = {paper.id: self._telling_terms(paper) for paper in papers}
        self._spread = Counter(term for terms in self._terms.values() for term in terms)
        self._papers = len(papers)

    def seeds(self) -> list[str]:
        """Return terms that many papers have and papers elsewhere less, each of other papers than those before."""
        most = max(LEAST_GROUP, int(_LARGEST_SEED * self._papers))
        wide = [term for term, spread in self._spread.items() if LEAST_GROUP <= spread <= most]
        wide.sort(key=lambda term: (-self._spread[term] * self._shipped.rarity(term) * len(term.split()), term))
        having: dict[str, set[str]] = {}
        for term in wide:
            ids = {one for one, terms in self._terms.items() if term in terms}
            if all(len(ids & others) <= _OVERLAP * min(len(ids), len(others)) for others in having.values()):
                having[term] = ids
            if len(having) == MOST_GROUPS:
                break
        return list(having)

    def telling(self, group: Sequence[Paper]) -> tuple[str, ...]:
        """Return the terms that a group has far more often than the other papers have, none inside another."""
        inside = Counter(term for paper in group for term in self._terms[paper.id])
        least = max(3, _LEAST_PART * len(group))
        scores = {term: self._excess(term, count, len(group)) for term, count in inside.items() if count >= least}
        chosen: list[str] = []
        for term in sorted(scores, key=lambda term: (-scores[term], term)):
            words = set(term.split())
            if scores[term] > 0 and not any(words <= set(one.split()) or words >= set(one.split()) for one in chosen):
                chosen.append(term)
        return tuple(chosen[:KEYWORDS])

    def _excess(self, term: str, count: int, size: int) -> float:
        """Return how far a count is above what the group would have by chance, in standard deviations.

        A pair of words is put before a single one: it makes the better keyword.
        """
        expected = size * self._spread[term] / self._papers
        return (count - expected) / sqrt(expected) * len(term.split())

    def _telling_terms(self, paper: Paper) -> set[str]:
        return {
            term
            for term in PaperWords.of(paper).counts()
            if self._shipped.rarity(term) > _TELLING and all(map(_says_something, term.split()))
        }


def _says_something(word: str) -> bool:
    return word not in _SAYS_NOTHING and len(word) > 1 and not word.isdigit() and not word.endswith("ly")


def _placed(papers: Sequence[Paper], groups: Sequence[tuple[str, ...]]) -> list[list[Paper]]:
    """Return the papers that go to each group by its words, the surest first."""
    topics = [Topic(str(number), "", keywords=words) for number, words in enumerate(groups)]
    matcher = Matcher(topics, papers)
    matched = sorted(((matcher.match(paper), paper) for paper in papers), key=lambda one: -one[0].confidence)
    placed: Mapping[str, list[Paper]] = {topic.id: [] for topic in topics}
    for assignment, paper in matched:
        if assignment.topic_id is not None:
            placed[assignment.topic_id].append(paper)
    return list(placed.values())


def _topic(words: Sequence[str], number: int) -> Topic:
    slug = re.sub(r"[^a-z0-9]+", "-", words[0]).strip("-")
    return Topic(slug or f"topic-{number}", ", ".join(words[:2]).capitalize(), keywords=tuple(words))
