"""Derive the document frequencies that ship with the package from a file of arXiv records.

    python tests/evaluation/frequencies.py RECORDS.jsonl.gz

Only figures are kept: a term and in how many records it is, from `LEAST_WORD` records on (words) and from
`LEAST_PAIR` on (pairs of words). No record can be put together again from them.
"""

import gzip
import json
import sys
from collections import Counter
from pathlib import Path

from digest.papers.record import paper_from_record
from digest.topics.frequencies import DATA, Frequencies, to_bytes
from digest.topics.terms import PaperWords

LEAST_WORD, LEAST_PAIR = 3, 6


def derive(records: Path) -> Frequencies:
    """Return the frequencies of the terms of all records, rare ones left out."""
    counts: Counter[str] = Counter()
    with gzip.open(records, "rt", encoding="utf-8") as lines:
        papers = 0
        for line in lines:
            paper, _ = paper_from_record(json.loads(line), "arxiv", None)
            counts.update(PaperWords.of(paper).counts().keys())
            papers += 1
    kept = {term: n for term, n in counts.items() if n >= (LEAST_PAIR if " " in term else LEAST_WORD)}
    return Frequencies(papers, kept)


if __name__ == "__main__":
    target = Path(__file__).parents[2] / "digest/topics" / DATA
    derived = derive(Path(sys.argv[1]))
    target.write_bytes(to_bytes(derived))
    print(f"{target}: {len(derived.counts):,} terms of {derived.papers:,} papers, {target.stat().st_size:,} bytes")  # noqa: T201
