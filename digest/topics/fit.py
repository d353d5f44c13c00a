"""Fit: how well a paper fits each topic by what the editor said of it, before anything is learned.

A topic's share is its part of all topics' keyword points and of all topics' likeness:

    share = (KEYWORDS · points / (all points + FEW_POINTS)
             + likeness / (all likeness + LITTLE_LIKENESS)) / (KEYWORDS + 1)

so that a paper with hardly a word of any topic has small shares everywhere. Negative keywords take points away,
and the likeness in proportion; a topic left without points has no share and is barred.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from digest.topics.keywords import Hit

KEYWORDS = 0.75
"""How much the keywords count beside the likeness."""
FEW_POINTS = 0.5
LITTLE_LIKENESS = 0.01


@dataclass(frozen=True, slots=True)
class Fit:
    """How well one paper fits the topics, in their order.

    `shares` add up to 1 at most. A topic in `barred` can't get the paper.
    """

    shares: list[float]
    barred: frozenset[int]
    _hits: Sequence[Sequence[Hit]]
    _likeness: Sequence[Mapping[str, float]]
    _per_point: float
    _per_likeness: float

    def words(self, topic: int) -> list[tuple[float, Hit]]:
        """Return what gave a topic its share, each with its part of it; what speaks against it is below 0.

        Terms of the topic's descriptor are put in the same way as keywords.
        """
        words = [(hit.points * self._per_point, hit) for hit in self._hits[topic]]
        for term, part in self._likeness[topic].items():
            words.append((part * self._per_likeness, Hit(part, f"like the topic's words: {term}", (term,), False)))
        return words


def fit(hits: Sequence[Sequence[Hit]], likeness: Sequence[Mapping[str, float]]) -> Fit:
    """Return the shares of each topic from its keyword hits and what its terms give."""
    favour = [sum([hit.points for hit in of_topic if hit.points > 0]) for of_topic in hits]
    kept = [_kept(good, of_topic) for good, of_topic in zip(favour, hits, strict=True)]
    points = [good * part for good, part in zip(favour, kept, strict=True)]
    cosines = [sum(parts.values()) * part for parts, part in zip(likeness, kept, strict=True)]
    per_point = KEYWORDS / (KEYWORDS + 1) / (sum(points) + FEW_POINTS)
    per_likeness = 1 / (KEYWORDS + 1) / (sum(cosines) + LITTLE_LIKENESS)
    shares = [p * per_point + c * per_likeness for p, c in zip(points, cosines, strict=True)]
    barred = frozenset(number for number, part in enumerate(kept) if not part)
    return Fit(shares, barred, hits, likeness, per_point, per_likeness)


def _kept(favour: float, hits: Sequence[Hit]) -> float:
    """Return which part of a topic's points, and of its likeness, its negative keywords leave."""
    against = -sum([hit.points for hit in hits if hit.points < 0])
    if not against:
        return 1.0
    return max(0.0, favour - against) / favour if favour else 0.0
