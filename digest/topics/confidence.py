"""Confidence: from what a topic got of a paper to how likely that topic is the right one.

A logistic curve, 1 / (1 + e^-(START + SLOPE · ln(part / (1 - part)))), with one pair of figures for shares by the
editor's words and one for what was learned. They were fitted on half of four labelled collections, each weighing
the same, and hold on the other half within a few percent (docs/topics.md has the table).
"""

from math import exp, log

FROM_SHARE = (0.74, 1.35)
FROM_PART = (-0.75, 0.39)
"""START and SLOPE."""

LEAST_CONFIDENCE = 0.22
"""Below it a paper is left without a topic: a guess would be wrong four times of five."""

_EDGE = 1e-4


def confidence(part: float, learned: bool) -> float:
    """Return how likely the topic with this part of a paper is the right one, 0 where it has none."""
    if part <= 0:
        return 0.0
    inner = min(max(part, _EDGE), 1 - _EDGE)
    start, slope = FROM_PART if learned else FROM_SHARE
    return 1 / (1 + exp(-(start + slope * log(inner / (1 - inner)))))
