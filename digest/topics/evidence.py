"""Evidence: what decided, in words for people, strongest first."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from digest.topics.keywords import Hit

TELLING = 2.5
"""The least rarity of a learned word that is named; one in every twelfth paper tells nobody anything."""

COMMON = 1.0
"""The rarity of a word ("and", "model") that isn't named for being among a topic's words."""

_SLIGHT = 0.05
"""What gives less than this part of the strongest reason isn't named."""


@dataclass(frozen=True, slots=True)
class Reason:
    """What speaks for a topic, or below 0 against it, in nats (a difference of 1 makes it e times as likely)."""

    weight: float
    text: str


def reasons(said: Iterable[tuple[float, Hit]], heard: Iterable[tuple[float, str]]) -> list[Reason]:
    """Return the reasons of a topic, strongest first: hits of what is said of it, and terms of its papers.

    A term whose words stronger reasons name already isn't named again.
    """
    found = [(weight, hit.evidence, hit.terms, hit.is_keyword) for weight, hit in said if weight]
    found += [(weight, f"like its papers: {term}", (term,), False) for weight, term in heard if weight > 0]
    found.sort(key=lambda one: (-one[0], one[1]))
    least = _SLIGHT * max((weight for weight, *_ in found), default=0.0)
    named = {word for _, _, terms, keyword in found if keyword for word in _words(terms)}
    chosen = []
    for weight, text, terms, keyword in found:
        if keyword or (weight >= least and not _words(terms) <= named):
            chosen.append(Reason(weight, text))
            named |= _words(terms)
    return chosen


def _words(terms: Sequence[str]) -> set[str]:
    return {word for term in terms for word in term.split()}
