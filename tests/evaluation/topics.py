"""Measure matching on labelled papers, with what the topics' files say as the only knowledge.

The data lie beside the repository: `topics-labelled.jsonl.gz` and `topics/SOURCE.toml`. Every figure by which the
program decides was chosen on half A (by a hash of the record's key); half B shows what that is worth elsewhere.
"""

import gzip
import hashlib
import json
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from digest.papers.paper import Paper
from digest.papers.record import paper_from_record
from digest.topics.declared import parse_topics
from digest.topics.match import assign
from digest.topics.topic import Assignment

GOALS = {
    "arxiv_primary": (0.70, 0.69),
    "rosinality_tags": (0.80, 0.70),
    "conference_area": (0.60, 0.53),
    "awesome_list": (0.68, 0.61),
}
"""Accuracy and macro-F1 that each source should reach."""

SECONDS_GOAL = 2.0


@dataclass(frozen=True, slots=True)
class Judged:
    """An assignment beside the label, and in which half the paper is."""

    label: str
    half: str
    found: Assignment

    @property
    def right(self) -> bool:
        """Tell whether the topic is the label."""
        return self.found.topic_id == self.label


def figures(data: Path) -> list[tuple[str, str, str]]:
    """Return (what, goal, measured) for each source, the seconds per 1,000 papers, and the confidence."""
    rows: list[tuple[str, str, str]] = []
    judged: list[Judged] = []
    seconds = papers = 0.0
    for source, goal in GOALS.items():
        topics = parse_topics((data / "topics" / f"{source}.toml").read_text(encoding="utf-8"), source)
        labelled = list(_labelled(data, source, {topic.id for topic in topics}))
        started = time.process_time()
        found = assign([paper for paper, _, _ in labelled], topics)
        seconds, papers = seconds + time.process_time() - started, papers + len(labelled)
        of_source = [Judged(label, half, one) for (_, label, half), one in zip(labelled, found, strict=True)]
        judged += of_source
        wanted = "≥ {:.2f} / {:.2f}".format(*goal)
        rows.append((f"{source}, accuracy / macro-F1", wanted, _scores(of_source)))
        rows.append((f"{source}, half B", wanted, _scores([one for one in of_source if one.half == "B"])))
    rows.append(("seconds of CPU per 1,000 papers", f"≤ {SECONDS_GOAL}", f"{1000 * seconds / papers:.2f}"))
    rows += reliability([one for one in judged if one.half == "B"])
    return rows


def reliability(judged: Sequence[Judged]) -> list[tuple[str, str, str]]:
    """Return for each tenth of the confidence how many were right of so many."""
    rows = []
    for tenth in range(10):
        inside = [one for one in judged if one.found.topic_id and min(9, int(one.found.confidence * 10)) == tenth]
        if inside:
            mean = sum(one.found.confidence for one in inside) / len(inside)
            right = sum(one.right for one in inside) / len(inside)
            rows.append(
                (
                    f"confidence {tenth / 10:.1f} to {tenth / 10 + 0.1:.1f}",
                    f"{mean:.2f}",
                    f"{right:.2f} of {len(inside)}",
                )
            )
    return rows


def _labelled(data: Path, source: str, known: set[str]) -> Iterator[tuple[Paper, str, str]]:
    with gzip.open(data / "topics-labelled.jsonl.gz", "rt", encoding="utf-8") as lines:
        for record in map(json.loads, lines):
            if record["source"] == source and record["label"] in known:
                text = {"title": record["title"], "abstract": record["abstract"] or ""}
                digest = hashlib.sha256((record["key"] or record["title"]).encode()).digest()
                yield paper_from_record(text, source, None)[0], record["label"], "AB"[digest[0] % 2]


def _scores(judged: Sequence[Judged]) -> str:
    accuracy = sum(one.right for one in judged) / len(judged)
    labels = sorted({one.label for one in judged})
    return f"{accuracy:.3f} / {sum(_f1(judged, label) for label in labels) / len(labels):.3f}"


def _f1(judged: Sequence[Judged], label: str) -> float:
    hits = sum(one.right for one in judged if one.label == label)
    total = sum(one.label == label for one in judged) + sum(one.found.topic_id == label for one in judged)
    return 2 * hits / total if total else 0.0


if __name__ == "__main__":
    for what, goal, measured in figures(Path(sys.argv[1])):
        print(f"{what:45} {goal:15} {measured}")  # noqa: T201
