"""Document frequencies that ship with the package: in how many of some thousand arXiv abstracts a term is.

`tests/evaluation/frequencies.py` derives them; `terms.py` completes them by the papers at hand.
"""

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

DATA = "data/frequencies.txt.gz"
"""A line "papers N", then for each frequency a line with it and its terms, tabs between."""


@dataclass(frozen=True, slots=True)
class Frequencies:
    """In how many of `papers` each term is; one that isn't named is in hardly any."""

    papers: int
    counts: Mapping[str, int]


@cache
def shipped_frequencies() -> Frequencies:
    """Return the frequencies in the package; they are read once."""
    content = files("digest.topics").joinpath(DATA).read_bytes()
    head, *lines = gzip.decompress(content).decode("utf-8").splitlines()
    counts = {}
    for line in lines:
        count, *terms = line.split("\t")
        counts.update(dict.fromkeys(terms, int(count)))
    return Frequencies(int(head.removeprefix("papers ")), counts)


def to_bytes(frequencies: Frequencies) -> bytes:
    """Return frequencies as the package stores them; the same ones always give the same bytes."""
    by_count: dict[int, list[str]] = {}
    for term, count in sorted(frequencies.counts.items()):
        by_count.setdefault(count, []).append(term)
    lines = [f"papers {frequencies.papers}"]
    lines += ["\t".join([str(count), *by_count[count]]) for count in sorted(by_count, reverse=True)]
    return gzip.compress("\n".join(lines).encode("utf-8"), mtime=0)
