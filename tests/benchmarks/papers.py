"""What a day's papers cost, with many known (`make bench-papers`).

100,000 papers are made, the same each time, and loaded; one issue has been approved. Then 1,000 new records come
in a file of JSON Lines: they are read and cleaned, deduplicated against the known ones and stored, matched to the
shipped topics, and ranked. Three batches on three days; the medians are printed.
"""

import json
import random
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from digest.drafting import rank, select  # noqa: E402
from digest.init import create_site  # noqa: E402
from digest.issues.issue import Issue, IssueKey  # noqa: E402
from digest.issues.states import IssueState  # noqa: E402
from digest.papers.paper import Parsed  # noqa: E402
from digest.site import Site  # noqa: E402
from digest.sources.file import load_file  # noqa: E402
from digest.store import issues  # noqa: E402
from digest.store.loading import Saved, save  # noqa: E402

KNOWN, FRESH, RUNS, GOAL = 100_000, 1_000, 3, 5.0
DAYS = 250
"""The days over which the known papers came: 400 a day."""

START = datetime(2026, 3, 1, 6, tzinfo=UTC)
_VOCABULARY = """
    attention transformer diffusion language model image video robot policy reward learning benchmark graph
    retrieval speech protein reasoning agent alignment quantization sparse token latent flow causal federated
    segmentation detection planning memory code translation embedding privacy medical climate physics kernel
    efficient robust scalable unified adaptive hierarchical multimodal contrastive generative neural bayesian
"""
_COMMON = "we show that this method is better than others on several tasks and needs less data to train in practice"
_GIVEN = "Ada Bo Cy Dora Emil Fay Gus Hana Ivo Jun Kai Lea Mo Nia Oz Pia Quin Rosa Sam Tess"
_FAMILY = "Example Sample Test Lovelace Noether Hopper Gauss Turing Ramanujan Germain Euler Curie Bohr Meitner"
_CATEGORIES = "cs.CL cs.LG cs.CV cs.RO cs.AI stat.ML eess.AS q-bio.QM"
WORDS, PLAIN, FIRST, LAST, CATEGORIES = map(str.split, (_VOCABULARY, _COMMON, _GIVEN, _FAMILY, _CATEGORIES))


def record(number: int, day: date, dice: random.Random) -> dict[str, Any]:
    """Return a record such as a source has: every tenth without arXiv id, every third with upvotes."""
    words = dice.choices(WORDS, k=7)
    names = [f"{dice.choice(FIRST)} {dice.choice(LAST)}" for _ in range(dice.randint(1, 6))]
    abstract = " ".join(dice.choices(WORDS + PLAIN * 2, k=150))
    known: dict[str, Any] = {
        "title": f"{words[0].title()}Net-{number}: {' '.join(words[1:])} with $\\alpha_{{{number % 9}}}$",
        "abstract": f"{abstract[0].upper()}{abstract[1:]}. We reach $\\mathcal{{O}}(n^2)$.",
        "authors": names,
        "published": str(day),
        "categories": dice.sample(CATEGORIES, k=2),
    }
    known |= (
        {"doi": f"10.1000/p{number}"}
        if number % 10 == 0
        else {"arxiv_id": f"{2000 + number // 50_000}.{number % 50_000:05}"}
    )
    return known | ({"upvotes": dice.randint(0, 90), "comments": dice.randint(0, 9)} if number % 3 == 0 else {})


def batch(run: int, day: date) -> Iterator[dict[str, Any]]:
    """Yield the records of one run: 900 unknown papers, and 100 known ones under another id or from elsewhere."""
    dice = random.Random(1_000 + run)
    for index in range(FRESH):
        number = KNOWN + run * FRESH + index
        if index % 10:
            yield record(number, day, dice)
        else:
            again = record(index * 97 % KNOWN, day, random.Random(index * 97 % KNOWN))
            yield {**again, "upvotes": 5} if index % 20 else {"title": again["title"], "authors": again["authors"]}


def fill(site: Site) -> float:
    """Load the known papers, day by day, and return the seconds."""
    begun = time.perf_counter()
    path, a_day = site.root / "known.jsonl", KNOWN // DAYS
    for day in range(DAYS):
        moment = START + timedelta(days=day)
        numbers = range(day * a_day, (day + 1) * a_day)
        records = (record(number, moment.date(), random.Random(number)) for number in numbers)
        path.write_text("".join(f"{json.dumps(one)}\n" for one in records), encoding="utf-8")
        store(site, load_file(path, None), moment)
    return time.perf_counter() - begun


def store(site: Site, parsed: Parsed, moment: datetime) -> Saved:
    """Deduplicate and store what was read."""
    with site.store.begin() as connection:
        return save(connection, parsed.papers, moment)


def approved(site: Site, moment: datetime) -> None:
    """Let an issue of the daily list have been approved, so that not all that was ever loaded is a candidate."""
    with site.store.begin() as connection:
        issue = Issue(IssueKey("daily", "daily", str(moment.date())), moment.date(), None, ())
        issues.set_state(connection, issues.save_draft(connection, issue, moment, moment), IssueState.FINISHED)


def measured(site: Site, run: int) -> dict[str, float]:
    """Return the seconds of each step of one run."""
    moment = START + timedelta(days=DAYS + run)
    path = site.root / f"fresh-{run}.jsonl"
    path.write_text("".join(f"{json.dumps(one)}\n" for one in batch(run, moment.date())), encoding="utf-8")
    mailing_list, marks = site.list("daily"), [time.perf_counter()]
    parsed = load_file(path, None)
    marks.append(time.perf_counter())
    saved = store(site, parsed, moment)
    marks.append(time.perf_counter())
    with site.store.begin() as connection:
        found = select(connection, site, mailing_list, "daily", moment + timedelta(minutes=1))
    marks.append(time.perf_counter())
    ranking = rank(site, mailing_list, found, moment + timedelta(minutes=1))
    marks.append(time.perf_counter())
    if saved != Saved(new=900, changed=saved.changed, unchanged=100 - saved.changed) or len(ranking.papers) < 900:
        raise SystemExit(f"not what was expected: {saved}, {len(ranking.papers)} ranked")
    approved(site, moment + timedelta(hours=1))
    steps = ("read and clean", "deduplicate and store", "select", "match and rank")
    return dict(zip(steps, (after - before for before, after in pairwise(marks)), strict=True))


def main() -> None:
    """Print the seconds of each step."""
    with tempfile.TemporaryDirectory() as scratch:
        create_site(Path(scratch) / "site")
        site = Site.open(Path(scratch) / "site")
        print(f"{KNOWN:,} papers loaded in {fill(site):.0f} s", flush=True)  # noqa: T201
        approved(site, START + timedelta(days=DAYS, hours=-12))
        runs = [measured(site, run) for run in range(RUNS)]
        site.store.dispose()
    medians = {step: statistics.median(run[step] for run in runs) for step in runs[0]}
    for step, seconds in medians.items():
        print(f"{step:<24}{seconds:6.2f} s")  # noqa: T201
    total = sum(medians.values())
    verdict = "met" if total < GOAL else "missed"
    print(f"{'together':<24}{total:6.2f} s for {FRESH:,} records; {GOAL:g} s: {verdict}")  # noqa: T201
    print(f"{'memory at most':<24}{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:6.0f} MB")  # noqa: T201


if __name__ == "__main__":
    main()
