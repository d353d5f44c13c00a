"""The topic: a named group of papers, declared by the editor."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Topic:
    """A named group with what is known of it: description, keywords, arXiv categories.

    `weights` says how much a keyword counts where that isn't 1; a keyword in `negative` speaks against the
    topic.
    """

    id: str
    name: str
    description: str = ""
    keywords: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    negative: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where a paper went, and why.

    `topic_id` is None for a paper that fits no topic. `confidence` is 0..1. `evidence` names what
    decided, strongest first, for example "title: language model".
    """

    paper_id: str
    topic_id: str | None
    confidence: float
    runner_up: str | None
    evidence: tuple[str, ...]
