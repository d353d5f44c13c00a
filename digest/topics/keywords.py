"""Keywords: where the editor's words and phrases are in a paper, and how many points that gives a topic.

A keyword matches whole words, whatever their case, plural and hyphens ("long-context model" is found in
"long context models"). One written in capitals (RL, RAG) is an acronym and matches in capitals alone.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.topics.terms import PaperWords, Vocabulary, Words, singular
from digest.topics.topic import Topic

TITLE_POINTS = 3.0
ABSTRACT_POINTS = (1.0, 0.5, 0.33, 0.25)  # the first to fourth time; no more after that
KEYWORD_POINTS = 2.0
CATEGORY_POINTS = 1.5
PRIMARY_POINTS = 2.5
"""What a hit counts, before the weight of its phrase."""

COMMON_RARITY = 4.0
"""The rarity of a word that weighs 1; it is in one paper of 55."""
LEAST_RARITY = 0.2

_COMPOUND = re.compile(r"[^\W_]+(?:-[^\W_]+)+")


@dataclass(frozen=True, slots=True, eq=False)
class Phrase:
    """A compiled keyword: of which topic (by number), and as declared.

    `acronyms` has a word's capitals where it is an acronym, "" where not, and is empty without any.
    `weight` is below 0 for a negative keyword. `terms` are those of its words.
    """

    topic: int
    text: str
    acronyms: tuple[str, ...]
    weight: float
    terms: tuple[str, ...]

    def fits(self, written: Sequence[str], start: int) -> bool:
        """Tell whether the acronyms are written as such where the phrase begins."""
        for place, capitals in enumerate(self.acronyms, start):
            if capitals and written[place] not in (capitals, f"{capitals}s"):
                return False
        return True


@dataclass(frozen=True, slots=True)
class Hit:
    """Points for a topic, below 0 against it, and what gave them. `terms` are those of the keyword.

    `is_keyword` is False for a term of the descriptor.
    """

    points: float
    evidence: str
    terms: tuple[str, ...] = ()
    is_keyword: bool = True


class Keywords:
    """The keywords and categories of all topics, ready to be looked for."""

    def __init__(self, topics: Sequence[Topic], vocabulary: Vocabulary) -> None:
        self._number = len(topics)
        self._by_first: dict[str, list[tuple[list[str], Phrase]]] = {}
        self._by_words: dict[tuple[str, ...], list[Phrase]] = {}
        for number, topic in enumerate(topics):
            self._compile(number, topic, vocabulary)
        for found in self._by_first.values():  # longer phrases go before shorter ones
            found.sort(key=lambda one: -len(one[0]))
        self._categories = [{name.casefold() for name in topic.categories} for topic in topics]

    def hits(self, words: PaperWords) -> list[list[Hit]]:
        """Return the hits of each topic, in the order of the topics."""
        hits: list[list[Hit]] = [[] for _ in range(self._number)]

        def add(phrase: Phrase, points: float, evidence: str) -> None:
            against = "not " if phrase.weight < 0 else ""
            hits[phrase.topic].append(Hit(points * phrase.weight, against + evidence, phrase.terms))

        for phrase in self.find(words.title):
            add(phrase, TITLE_POINTS, f"title: {phrase.text}")
        for phrase, count in self.find(words.abstract).items():
            times = f" ×{count}" if count > 1 else ""
            add(phrase, sum(ABSTRACT_POINTS[:count]), f"abstract: {phrase.text}{times}")
        for phrase in dict.fromkeys(p for text in words.paper.keywords for p in self.find(Words.of(text))):
            add(phrase, KEYWORD_POINTS, f"keyword: {phrase.text}")
        for place, category in enumerate(words.paper.categories):
            points = CATEGORY_POINTS if place else PRIMARY_POINTS
            for number in self._with_category(category.casefold()):
                hits[number].append(Hit(points, f"category: {category}"))
        return hits

    def find(self, words: Words) -> Counter[Phrase]:
        """Return how often each phrase is in a text; inside a longer one of its topic it doesn't count."""
        singles, by_first = words.singles, self._by_first
        counts: Counter[Phrase] = Counter()
        covered: dict[int, int] = {}
        for start, single in enumerate(singles):
            if single not in by_first:
                continue
            for wanted, phrase in by_first[single]:
                end = start + len(wanted)
                if (
                    covered.get(phrase.topic, 0) < end
                    and singles[start:end] == wanted
                    and phrase.fits(words.written, start)
                ):
                    covered[phrase.topic] = end
                    counts[phrase] += 1
        if "-" in words.text:
            self._find_joined(words.text, counts)
        return counts

    def _find_joined(self, text: str, counts: Counter[Phrase]) -> None:
        """Count phrases written in one word that have hyphens in `text` ("pre-training" for "pretraining")."""
        hyphened = " ".join(word for word in text.split() if "-" in word)
        for compound in _COMPOUND.findall(hyphened):
            joined = self._by_words.get((singular(compound.replace("-", "")),))
            if joined:
                counted = self._by_words.get(tuple(map(singular, compound.split("-"))), ())
                for phrase in joined:
                    if phrase not in counted and not phrase.acronyms:
                        counts[phrase] += 1

    def _compile(self, number: int, topic: Topic, vocabulary: Vocabulary) -> None:
        """Add the phrases of a topic by their words, hyphenated ones also joined ("pretraining")."""
        known: dict[object, Phrase] = {}
        declared = [(text, topic.weights.get(text, 1.0)) for text in topic.keywords]
        declared += [(text, -topic.weights.get(text, 1.0)) for text in topic.negative]
        for text, weight in declared:
            words = Words.of(text)
            if sum(map(len, words.written)) < 2:  # a single letter is in every text
                continue
            acronyms = _acronyms(words.written)
            keys = [(tuple(words.singles), acronyms)]
            if not acronyms:
                keys.append((tuple(Words.of(text.replace("-", "")).singles), ()))
            phrase = next((known[key] for key in keys if key in known), None)
            phrase = phrase or Phrase(number, text, acronyms, weight * _weight(words, vocabulary), tuple(words.terms))
            for key in keys:
                if key not in known:
                    known[key] = phrase
                    self._by_first.setdefault(key[0][0], []).append((list(key[0]), phrase))
                    self._by_words.setdefault(key[0], []).append(phrase)

    def _with_category(self, category: str) -> Iterable[int]:
        """Yield the topics of a category; "math" stands for all that begin with "math."."""
        archive = category.partition(".")[0]
        return (n for n, wanted in enumerate(self._categories) if category in wanted or archive in wanted)


def is_acronym(word: str) -> bool:
    """Tell whether a word is an acronym: capitals (and digits), at least two of them."""
    return word.isupper() and sum(c.isalpha() for c in word) >= 2


def _acronyms(written: Sequence[str]) -> tuple[str, ...]:
    found = tuple(word if is_acronym(word) else "" for word in written)
    return found if any(found) else ()


def _weight(words: Words, vocabulary: Vocabulary) -> float:
    """Return what a phrase weighs: more with its length, and the rarer it is."""
    rarity = min(map(vocabulary.rarity, words.pairs or words.singles))
    return (1 + (len(words.written) - 1) / 2) * max(LEAST_RARITY, rarity) / COMMON_RARITY
