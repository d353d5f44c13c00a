"""How legible titles and abstracts become, on real records kept beside the repository.

python -m tests.evaluation.latex DATA
"""

import gzip
import json
import re
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from digest.papers.clean import clean_line
from digest.papers.latex import legible

Figure = tuple[str, str, str]

# What a reader would see of TeX: a macro, a formula between dollar signs (prices count too, by mistake), a
# script in braces, a lone backslash.
_TEX = re.compile(r"\\[A-Za-z]|\$[^$]+\$|[_^]\{|\\")
_SIGNS = re.compile(r"[\\$^_{]")
_QUOTES_AND_TIES = re.compile(r"[`~]")
_RUNS = 5


@dataclass(slots=True)
class Measured:
    """Counts over all records; `seconds` for each run over the abstracts, one after the other."""

    differing: int = 0
    equal: int = 0
    differing_with_titles: int = 0
    equal_with_titles: int = 0
    abstracts: int = 0
    tex_before: int = 0
    tex_left: int = 0
    plain: int = 0
    plain_changed: int = 0
    quoted: int = 0
    quoted_changed: int = 0
    summaries: int = 0
    summaries_changed: int = 0
    summaries_tex_left: int = 0
    exceptions: int = 0
    seconds: tuple[float, ...] = ()


def figures(data: Path) -> list[Figure]:
    """Return what is measured on the records in `data`, what it should be, and what it is."""
    found = measure(data)
    milliseconds = [seconds * 1000 / max(found.abstracts, 1) for seconds in found.seconds]
    return [
        ("pairs that differ and become equal: abstracts", ">= 85%", _share(found.equal, found.differing)),
        ("the same, with their titles", "-", _share(found.equal_with_titles, found.differing_with_titles)),
        ("arXiv abstracts with TeX before", "-", _share(found.tex_before, found.abstracts)),
        ("arXiv abstracts with TeX left", "<= 0.5%", _share(found.tex_left, found.abstracts)),
        ("plain arXiv abstracts and titles changed", "0%", _share(found.plain_changed, found.plain)),
        ("those with ` or ~ alone, changed", "-", _share(found.quoted_changed, found.quoted)),
        ("Hugging Face texts changed", "-", _share(found.summaries_changed, found.summaries)),
        ("Hugging Face texts with TeX left", "-", _share(found.summaries_tex_left, found.summaries)),
        ("exceptions", "0", str(found.exceptions)),
        ("ms of CPU an arXiv abstract, median of runs", "<= 0.5", f"{statistics.median(milliseconds):.3f}"),
    ]


def measure(data: Path) -> Measured:
    """Return the counts on the records in `data`."""
    found = Measured()
    rows = list(_rows(data / "arxiv.jsonl.gz"))
    abstracts = [clean_line(row["abstract"]) for row in rows]
    _pairs(found, data)
    _arxiv(found, abstracts, [clean_line(row["title"]) for row in rows])
    _hugging_face(found, data)
    found.seconds = tuple(_timed(abstracts) for _ in range(_RUNS))
    return found


def unequal(data: Path) -> Iterator[tuple[str, str, str]]:
    """Read the pairs that stay unequal: the id, and the text as each source has it, made legible."""
    for row in _rows(data / "latex-pairs.jsonl.gz"):
        ours, theirs = (legible(clean_line(row[key])) for key in ("arxiv_abstract", "hf_summary"))
        if ours != theirs:
            yield row["id"], ours, theirs


def _pairs(found: Measured, data: Path) -> None:
    for row in _rows(data / "latex-pairs.jsonl.gz"):
        texts = [clean_line(row[key]) for key in ("arxiv_abstract", "hf_summary", "arxiv_title", "hf_title")]
        ours, theirs, our_title, their_title = (_legible(found, text) for text in texts)
        differs, titles_differ = texts[0] != texts[1], texts[2] != texts[3]
        found.differing += differs
        found.equal += differs and ours == theirs
        found.differing_with_titles += differs or titles_differ
        found.equal_with_titles += (differs or titles_differ) and (ours, our_title) == (theirs, their_title)


def _arxiv(found: Measured, abstracts: list[str], titles: list[str]) -> None:
    for text in abstracts:
        found.abstracts += 1
        found.tex_before += _TEX.search(text) is not None
        found.tex_left += _TEX.search(_legible(found, text)) is not None
    for text in (*abstracts, *titles):
        if _SIGNS.search(text):
            continue
        changed = _legible(found, text) != text
        if _QUOTES_AND_TIES.search(text):
            found.quoted += 1
            found.quoted_changed += changed
        else:
            found.plain += 1
            found.plain_changed += changed


def _hugging_face(found: Measured, data: Path) -> None:
    for path in sorted((data / "hf-daily").glob("*.json")):
        answer = json.loads(path.read_text("utf-8"))
        for row in answer["data"] if isinstance(answer, dict) else answer:
            for text in (clean_line(row["paper"]["title"]), clean_line(row["paper"]["summary"])):
                read = _legible(found, text)
                found.summaries += 1
                found.summaries_changed += read != text
                found.summaries_tex_left += _TEX.search(read) is not None


def _legible(found: Measured, text: str) -> str:
    try:
        return legible(text)
    except Exception:
        found.exceptions += 1
        return text


def _timed(texts: list[str]) -> float:
    started = time.process_time()
    for text in texts:
        legible(text)
    return time.process_time() - started


def _share(part: int, whole: int) -> str:
    return f"{100 * part / max(whole, 1):.2f}% ({part} of {whole})"


def _rows(path: Path) -> Iterator[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


if __name__ == "__main__":
    for what, goal, measured in figures(Path(sys.argv[1])):
        print(f"{what:50} {goal:>8}  {measured}")  # noqa: T201
