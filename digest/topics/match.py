"""Matching: which topic a paper belongs to, by the editor's keywords and categories.

A keyword matches whole words, whatever their case, plural and hyphens ("long-context model" is found in
"long context models"). One written in capitals (RL, RAG) is an acronym and matches in capitals alone.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from digest.papers.paper import Paper
from digest.topics.topic import Assignment, Topic

TITLE_POINTS = 3.0
ABSTRACT_POINTS = (1.0, 0.5, 0.33, 0.25)  # the first to fourth time; no more after that
KEYWORD_POINTS = 2.0
CATEGORY_POINTS = 1.5
PRIMARY_POINTS = 2.5
"""What a hit counts, before the weight of its phrase: a phrase of n words weighs 1 + (n - 1) / 2."""

MIN_SCORE = 1.0
MIN_CONFIDENCE = 0.15
"""Below either, a paper is left without a topic."""

_MAX_EVIDENCE = 6
_WORD = re.compile(r"[^\W_]+")
_COMPOUND = re.compile(r"[^\W_]+(?:-[^\W_]+)+")
_NO_PLURAL = frozenset(
    (
        "news",
        "series",
        "species",
        "lens",
        "bias",
        "gas",
        "this",
        "was",
        "has",
        "its",
        "as",
        "us",
        "is",
        "always",
    )
)


def assign(papers: Sequence[Paper], topics: Sequence[Topic]) -> list[Assignment]:
    """Return an assignment for each paper, in the same order; each paper gets one topic or none.

    The confidence is the best topic's share of all topics' points. Equal points go to the topic that
    was declared first. For a paper without a topic, `runner_up` is the one that came nearest.
    """
    index = _compile(topics)
    longest = max(map(len, index), default=0)
    return [_assignment(paper, _scores(paper, topics, index, longest), topics) for paper in papers]


@dataclass(frozen=True, slots=True)
class _Phrase:
    """A compiled keyword: of which topic, and as declared.

    `acronyms` has a word's capitals where it is an acronym, "" where not, and is empty without any.
    """

    topic: int
    text: str
    acronyms: tuple[str, ...]
    weight: float


_Index = Mapping[tuple[str, ...], Sequence[_Phrase]]


@dataclass(frozen=True, slots=True)
class _Hit:
    points: float
    evidence: str


def _compile(topics: Sequence[Topic]) -> _Index:
    """Return the phrases of all topics by their words, hyphenated ones also joined ("pretraining")."""
    index: dict[tuple[str, ...], list[_Phrase]] = defaultdict(list)
    for number, topic in enumerate(topics):
        known: dict[object, _Phrase] = {}
        for text in topic.keywords:
            words = _WORD.findall(text)
            if sum(map(len, words)) < 2:  # a single letter is in every text
                continue
            acronyms = _acronyms(words)
            keys = [(_key(words), acronyms)]
            if not acronyms:
                keys.append((_key(_WORD.findall(text.replace("-", ""))), ()))
            phrase = next((known[key] for key in keys if key in known), None)
            phrase = phrase or _Phrase(number, text, acronyms, 1 + (len(words) - 1) / 2)
            for key in keys:
                if key not in known:
                    known[key] = phrase
                    index[key[0]].append(phrase)
    return index


def _acronyms(words: Sequence[str]) -> tuple[str, ...]:
    found = tuple(word if _is_acronym(word) else "" for word in words)
    return found if any(found) else ()


def _is_acronym(word: str) -> bool:
    return word.isupper() and sum(c.isalpha() for c in word) >= 2


def _key(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(_singular, words))


@lru_cache(maxsize=100_000)
def _singular(word: str) -> str:
    """Return `word` in lower case without the ending of an English plural."""
    word = word.casefold()
    if len(word) < 3 or word in _NO_PLURAL or not word.endswith("s") or word.endswith(("ss", "us", "is", "ics")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("sses", "xes", "ches", "shes")) else word[:-1]


def _scores(paper: Paper, topics: Sequence[Topic], index: _Index, longest: int) -> list[list[_Hit]]:
    """Return the hits of each topic, in the order of the topics."""
    hits: list[list[_Hit]] = [[] for _ in topics]
    for phrase in _found(paper.title, index, longest):
        hits[phrase.topic].append(_Hit(TITLE_POINTS * phrase.weight, f"title: {phrase.text}"))
    for phrase, count in _found(paper.abstract, index, longest).items():
        times = f" ×{count}" if count > 1 else ""
        points = sum(ABSTRACT_POINTS[:count]) * phrase.weight
        hits[phrase.topic].append(_Hit(points, f"abstract: {phrase.text}{times}"))
    for phrase in Counter(p for text in paper.keywords for p in _found(text, index, longest)):
        hits[phrase.topic].append(_Hit(KEYWORD_POINTS * phrase.weight, f"keyword: {phrase.text}"))
    for number, topic in enumerate(topics):
        hits[number] += _category_hits(paper.categories, topic)
    return hits


def _found(text: str, index: _Index, longest: int) -> Counter[_Phrase]:
    """Return how often each phrase is in `text`; inside a longer one of its topic it doesn't count."""
    words = _WORD.findall(text)
    keys = _key(words)
    counts: Counter[_Phrase] = Counter()
    covered: dict[int, int] = {}
    for start in range(len(keys)):
        for length in range(min(longest, len(keys) - start), 0, -1):
            for phrase in index.get(keys[start : start + length], ()):
                if covered.get(phrase.topic, 0) <= start + length - 1 and _acronyms_fit(phrase, words, start):
                    covered[phrase.topic] = start + length
                    counts[phrase] += 1
    for compound in _COMPOUND.findall(text):
        counted = index.get(_key(compound.split("-")), ())
        for phrase in index.get(_key([compound.replace("-", "")]), ()):
            if phrase not in counted and not phrase.acronyms:
                counts[phrase] += 1
    return counts


def _acronyms_fit(phrase: _Phrase, words: Sequence[str], start: int) -> bool:
    return all(not acronym or words[start + i] in (acronym, f"{acronym}s") for i, acronym in enumerate(phrase.acronyms))


def _category_hits(categories: Sequence[str], topic: Topic) -> Iterable[_Hit]:
    """Yield a hit for each category of the topic; "math" stands for all that begin with "math."."""
    wanted = {category.casefold() for category in topic.categories}
    for place, category in enumerate(categories):
        name = category.casefold()
        if name in wanted or name.partition(".")[0] in wanted:
            yield _Hit(CATEGORY_POINTS if place else PRIMARY_POINTS, f"category: {category}")


def _assignment(paper: Paper, hits: Sequence[Sequence[_Hit]], topics: Sequence[Topic]) -> Assignment:
    scores = [sum(hit.points for hit in of_topic) for of_topic in hits]
    order = sorted((n for n, score in enumerate(scores) if score > 0), key=lambda n: -scores[n])
    if not order:
        return Assignment(paper.id, None, 0.0, None, ())
    best = order[0]
    confidence = scores[best] / sum(scores)
    evidence = tuple(h.evidence for h in sorted(hits[best], key=lambda h: -h.points)[:_MAX_EVIDENCE])
    if scores[best] < MIN_SCORE or confidence < MIN_CONFIDENCE:
        return Assignment(paper.id, None, confidence, topics[best].id, evidence)
    runner_up = topics[order[1]].id if len(order) > 1 else None
    return Assignment(paper.id, topics[best].id, confidence, runner_up, evidence)
