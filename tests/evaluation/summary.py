"""How much of a paper the chosen sentence or two tell, on real records kept beside the repository.

Hugging Face's records of the last years carry a one-sentence summary; its content words are what should be told
(a recall as ROUGE-1's, without the little words). arXiv's have none: there the words of the title stand for it.

python -m tests.evaluation.summary DATA
"""

import gzip
import json
import random
import re
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.papers.clean import clean_line
from digest.papers.latex import legible
from digest.papers.sentences import sentences, shorten
from digest.papers.summary import summarize

Figure = tuple[str, str, str]
Way = Callable[[str, int], str]
"""Takes an abstract and the most characters, and returns what a card shows."""

LIMITS = (380, 200)
"""Characters on a card and on a brief one."""
_SEED = 20
_LITTLE = """
    a an the of and or to in on for with by from at as is are was were be been that this these those it its we our their
    they which can into than such while also both using via not but has have more most between through over under across
    each other where when how what all any
"""
_LITTLE_WORDS = frozenset(_LITTLE.split())


@dataclass(frozen=True, slots=True)
class Told:
    """An abstract, and the words that a summary of it should have."""

    abstract: str
    wanted: frozenset[str]


def figures(data: Path) -> list[Figure]:
    """Return what is measured on the records in `data`, what it should be, and what it is."""
    summaries, titles = list(_hugging_face(data)), list(_arxiv(data))
    abstracts = [told.abstract for told in titles]
    rows: list[Figure] = []
    for limit in LIMITS:
        rows.append(
            _compared(f"words of {len(summaries)} reference summaries told, in {limit} characters", summaries, limit)
        )
        rows.append(_compared(f"words of {len(titles)} titles told, in {limit} characters", titles, limit))
    for limit in LIMITS:
        chosen = [summarize(abstract, limit) for abstract in abstracts]
        cut = sum(text.endswith("…") for text in chosen)
        longest = max(map(len, chosen))
        rows.append(
            (f"cut at a word, as no sentence fits {limit} (the longest is {longest})", "-", _share(cut, len(chosen)))
        )
    milliseconds = sorted(_milliseconds(abstract) for abstract in abstracts)
    shown = f"{statistics.median(milliseconds):.2f}, {milliseconds[-1]:.2f}"
    return [*rows, ("ms of CPU an abstract: median, most", "< 0.5, -", shown)]


def random_sentences(abstract: str, limit: int) -> str:
    """Return up to two sentences by lot, as far as they fit."""
    pieces = [piece for piece in sentences(abstract) if len(piece) <= limit]
    random.Random(f"{_SEED}{abstract}").shuffle(pieces)
    pair = " ".join(pieces[:2])
    return pair if len(pair) <= limit else pieces[0]


def _first_sentences(abstract: str, limit: int) -> str:
    return shorten(abstract, limit)[0]


def _compared(what: str, papers: list[Told], limit: int) -> Figure:
    ways: dict[str, Way] = {"first sentences": _first_sentences, "by lot": random_sentences}
    beside = "; ".join(f"{name} {_recall(way, papers, limit):.1f}%" for name, way in ways.items())
    return what, "-", f"{_recall(summarize, papers, limit):.1f}% ({beside})"


def _recall(way: Way, papers: list[Told], limit: int) -> float:
    shares = [len(told.wanted & _words(way(told.abstract, limit))) / len(told.wanted) for told in papers]
    return 100 * statistics.mean(shares)


def _words(text: str) -> frozenset[str]:
    found = re.findall(r"[a-z0-9]+", text.lower())
    return frozenset(word for word in found if word not in _LITTLE_WORDS and len(word) > 1)


def _hugging_face(data: Path) -> Iterator[Told]:
    seen = set()
    for path in sorted((data / "hf-daily").glob("*.json")):
        answer = json.loads(path.read_text("utf-8"))
        for row in answer["data"] if isinstance(answer, dict) else answer:
            paper: dict[str, Any] = row["paper"]
            wanted = _words(legible(clean_line(paper.get("ai_summary") or "")))
            if wanted and paper["id"] not in seen:
                seen.add(paper["id"])
                yield Told(legible(clean_line(paper["summary"])), wanted)


def _arxiv(data: Path) -> Iterator[Told]:
    seen = set()
    with gzip.open(data / "arxiv.jsonl.gz", "rt", encoding="utf-8") as file:
        for row in map(json.loads, file):
            wanted = _words(legible(clean_line(row["title"])))
            if wanted and row["id"] not in seen:
                seen.add(row["id"])
                yield Told(legible(clean_line(row["abstract"])), wanted)


def _milliseconds(abstract: str) -> float:
    started = time.process_time()
    summarize(abstract, LIMITS[0])
    return (time.process_time() - started) * 1000


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.2f}% ({part} of {whole})"


if __name__ == "__main__":
    for what, goal, measured in figures(Path(sys.argv[1])):
        print(f"{what:70} {goal:>8}  {measured}")  # noqa: T201
