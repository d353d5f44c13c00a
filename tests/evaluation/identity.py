"""How well papers are told apart and put together, on real records kept beside the repository.

python -m tests.evaluation.identity DATA
"""

import gzip
import json
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from digest.papers.identity import group, keys
from digest.papers.merge import latest, merge
from digest.papers.normal import normal_title
from digest.papers.paper import Paper, Signals

Figure = tuple[str, str, str]


def figures(data: Path) -> list[Figure]:
    """Return what is measured on the records in `data`, what it should be, and what it is."""
    arxiv, hugging_face = list(from_arxiv(data)), list(from_hugging_face(data))
    pairs = list(both_ways(data))
    everything = arxiv + hugging_face
    return [
        *_by_id(arxiv, hugging_face),
        *_by_title(arxiv, pairs),
        *_titles_of_two(everything),
        *_merged(pairs),
        *_speed(everything),
    ]


def from_arxiv(data: Path) -> Iterator[Paper]:
    """Read arXiv's records."""
    for row in _rows(data / "arxiv.jsonl.gz"):
        yield Paper(
            id=f"arxiv:{row['id']}",
            title=_line(row["title"]),
            abstract=_line(row["abstract"]),
            authors=tuple(row["authors"]),
            published=date.fromisoformat(row["published"][:10]),
            categories=tuple(row["categories"]),
            source="arxiv",
            version=row["version"],
        )


def from_hugging_face(data: Path) -> Iterator[Paper]:
    """Read the days of Hugging Face."""
    for path in sorted((data / "hf-daily").glob("*.json")):
        answer = json.loads(path.read_text("utf-8"))
        for row in answer["data"] if isinstance(answer, dict) else answer:
            paper = row["paper"]
            yield Paper(
                id=f"arxiv:{paper['id']}",
                title=_line(paper["title"]),
                abstract=_line(paper["summary"]),
                tldr=_line(paper.get("ai_summary") or ""),
                authors=tuple(author["name"] for author in paper["authors"]),
                signals=Signals(upvotes=paper["upvotes"]),
                source="huggingface",
            )


def both_ways(data: Path) -> Iterator[tuple[Paper, Paper]]:
    """Read the papers that were kept both as arXiv and as Hugging Face has them."""
    for row in _rows(data / "latex-pairs.jsonl.gz"):
        paper_id = f"arxiv:{row['id']}"
        yield (
            Paper(paper_id, _line(row["arxiv_title"]), _line(row["arxiv_abstract"]), source="arxiv"),
            Paper(paper_id, _line(row["hf_title"]), _line(row["hf_summary"]), source="huggingface"),
        )


def without_ids(records: list[Paper]) -> list[Paper]:
    """Return `records` as a source without arXiv ids would have them."""
    return [replace(record, id=f"{record.source}:{number}", other_ids=()) for number, record in enumerate(records)]


def _by_id(arxiv: list[Paper], hugging_face: list[Paper]) -> list[Figure]:
    groups = group(arxiv + hugging_face)
    ids = {paper.id for paper in arxiv + hugging_face}
    wrong = sum(len({paper.id for paper in found}) > 1 for found in groups)
    both = sum(len({paper.source for paper in found}) == 2 for found in groups)
    rows = len(arxiv) + len(hugging_face)
    return [
        (f"papers found in {rows:,} records with ids", f"{len(ids):,}", f"{len(groups):,}, {wrong} of them mixed"),
        (
            "of these from both sources, by id",
            f"{len({p.id for p in arxiv} & {p.id for p in hugging_face})}",
            f"{both}",
        ),
    ]


def _by_title(arxiv: list[Paper], pairs: list[tuple[Paper, Paper]]) -> list[Figure]:
    """Hide Hugging Face's ids, and its authors too, and see what the titles alone find again."""
    authors = {paper.id: paper.authors for paper in arxiv}
    with_authors = [(a, b) for a, b in pairs if a.id in authors]
    named = [tuple(replace(p, authors=authors[p.id]) for p in pair) for pair in with_authors]
    found = []
    for what, chosen in (("title and first author", named), ("title alone, no authors", pairs)):
        known = [a for a, _ in chosen]
        copies = without_ids([b for _, b in chosen])
        groups = [{id(paper) for paper in members} for members in group(known + copies)]
        at = {paper: number for number, members in enumerate(groups) for paper in members}
        right = sum(at[id(a)] == at[id(b)] for a, b in zip(known, copies, strict=True))
        changed = sum(normal_title(a.title) != normal_title(b.title) for a, b in chosen)
        spelled = sum(a.title != b.title for a, b in chosen)
        wrong = sum(len(members) > 2 for members in groups)
        found.append(
            (
                f"Hugging Face's copies without id, found again by {what}",
                f"{len(chosen)}, less {changed} whose titles were changed; none wrong",
                f"{right}, {wrong} wrong ({spelled} titles are written differently)",
            )
        )
    return found


def _titles_of_two(records: list[Paper]) -> list[Figure]:
    """Find titles that several papers have, and see that each stays itself, with a record without id between."""
    by_title: dict[str, dict[str, Paper]] = {}
    for paper in records:
        by_title.setdefault(normal_title(paper.title), {}).setdefault(paper.id, paper)
    shared = [list(papers.values()) for papers in by_title.values() if len(papers) > 1]
    apart = 0
    for papers in shared:
        between = without_ids([papers[0], replace(papers[0], authors=())])
        groups = group([papers[0], *between, *papers[1:]])
        apart += all(len({p.id for p in members} & {p.id for p in papers}) <= 1 for members in groups)
    by_one = sum(len({keys(paper)[1] for paper in papers}) == 1 for papers in shared)
    return [
        (
            "titles that several papers have, kept apart",
            f"{len(shared)}",
            f"{apart}; of {by_one} the first author is one",
        )
    ]


def _merged(pairs: list[tuple[Paper, Paper]]) -> list[Figure]:
    ours = [merge(latest(pair)) for pair in pairs]
    kept = sum(paper.abstract == pair[0].abstract for paper, pair in zip(ours, pairs, strict=True))
    damaged = sum(pair[0].abstract != pair[1].abstract for pair in pairs)
    return [(f"arXiv's abstract kept ({damaged} differ)", f"{len(pairs)}", f"{kept}")]


def _speed(records: list[Paper]) -> list[Figure]:
    many = [
        replace(paper, id=f"doi:10.1000/{copy}.{number}", title=f"{paper.title} {copy}")
        for copy in range(100_000 // len(records) + 1)
        for number, paper in enumerate(records)
    ][:100_000]
    of_keys = _seconds(lambda: [keys(paper) for paper in many[:1_000]])
    of_group = _seconds(lambda: group(many), times=1)
    return [
        ("keys of 1,000 papers", "well under 0.1 s", f"{of_keys:.3f} s"),
        ("100,000 records grouped", "a few seconds", f"{of_group:.1f} s"),
    ]


def _seconds(work: Any, times: int = 5) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return sorted(taken)[len(taken) // 2]


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def _line(text: str) -> str:
    return " ".join(text.split())


if __name__ == "__main__":
    for what, goal, measured in figures(Path(sys.argv[1])):
        print(f"{what}: {measured} (goal: {goal})")  # noqa: T201
