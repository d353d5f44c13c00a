"""Likeness: how much a paper's terms are those of a topic's name, description and keywords (TF-IDF cosine)."""

from collections.abc import Iterable, Mapping, Sequence
from math import log, sqrt

from digest.topics.keywords import is_acronym
from digest.topics.terms import Vocabulary, Weighed, Words
from digest.topics.topic import Topic

NAME_WEIGHT, KEYWORD_WEIGHT, DESCRIPTION_WEIGHT = 2.0, 2.0, 1.0
"""How often a term of a topic's name, of a keyword, of the description counts."""


def descriptor(topic: Topic) -> dict[str, float]:
    """Return the terms of what is said of a topic, and how often each counts."""
    counts: dict[str, float] = {}
    texts = [(topic.name, NAME_WEIGHT), (topic.description, DESCRIPTION_WEIGHT)]
    texts += [(text, KEYWORD_WEIGHT * topic.weights.get(text, 1.0)) for text in topic.keywords]
    for text, weight in texts:
        for part in _without_acronyms(text):
            for term in Words.of(part).terms:
                if len(term) > 1:
                    counts[term] = counts.get(term, 0.0) + weight
    return counts


def descriptor_vector(topic: Topic, vocabulary: Vocabulary) -> dict[str, float]:
    """Return a topic's terms with TF-IDF weights, of length 1 together."""
    counts = descriptor(topic)
    weights = {term: (1 + log(n) if n > 1 else n) * vocabulary.rarity(term) for term, n in counts.items()}
    scale = length(weights.values())
    return {term: weight / scale for term, weight in weights.items()}


class Descriptors:
    """What is said of each topic, ready to be compared with papers."""

    def __init__(self, topics: Sequence[Topic], vocabulary: Vocabulary) -> None:
        self._number = len(topics)
        self._by_term: dict[int, list[tuple[int, float, str]]] = {}
        for number, topic in enumerate(topics):
            for term, weight in descriptor_vector(topic, vocabulary).items():
                self._by_term.setdefault(vocabulary.number(term), []).append((number, weight, term))

    def likeness(self, paper: Weighed) -> list[Mapping[str, float]]:
        """Return for each topic what each common term gives to the cosine; their sum is the cosine."""
        parts: list[dict[str, float]] = [{} for _ in range(self._number)]
        scale = length(paper.weights)
        for term, weight in zip(paper.terms, paper.weights, strict=True):
            if term in self._by_term:
                for number, declared, name in self._by_term[term]:
                    parts[number][name] = weight / scale * declared
        return list(parts)


def length(weights: Iterable[float]) -> float:
    """Return the Euclidean length of a vector, at least a trifle above 0."""
    return max(1e-9, sqrt(sum([weight * weight for weight in weights])))


def _without_acronyms(text: str) -> list[str]:
    """Return the parts of a text between acronyms, whose capitals the terms wouldn't keep."""
    parts: list[list[str]] = [[]]
    for word in Words.of(text).written:
        if is_acronym(word):
            parts.append([])
        else:
            parts[-1].append(word)
    return [" ".join(part) for part in parts]
