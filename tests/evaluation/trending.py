"""How the trending order and the groups of near-duplicates do on real records kept beside the repository.

python -m tests.evaluation.trending DATA
"""

import gzip
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from statistics import correlation, median

from digest.papers.paper import Paper, Signals
from digest.topics.diversity import groups, near_duplicates
from digest.topics.trending import Contender, Score, trending

Figure = tuple[str, str, str]
Days = Mapping[date, Sequence[Paper]]

WINDOW = 3
"""So many listing days of arXiv are looked at together for near-duplicates, as an issue does."""


def figures(data: Path) -> list[Figure]:
    """Return what is measured on the records in `data`, what it should be, and what it is."""
    arxiv, hugging_face = dict(from_arxiv(data)), dict(from_hugging_face(data))
    return [
        *_order(hugging_face),
        *_fairness(hugging_face, arxiv),
        *_likeness(hugging_face, arxiv),
        *_times(hugging_face, arxiv),
    ]


def from_hugging_face(data: Path) -> Iterator[tuple[date, list[Paper]]]:
    """Yield each day of Hugging Face's papers with the signals at its capture."""
    for path in sorted((data / "hf-daily").glob("*.json")):
        day = date.fromisoformat(path.stem)
        found = json.loads(path.read_text(encoding="utf-8"))
        rows = found["data"] if isinstance(found, dict) else found
        yield day, [_hugging_face_paper(row, day, place) for place, row in enumerate(rows, start=1)]


def _hugging_face_paper(row: dict, day: date, place: int) -> Paper:
    paper = row["paper"]
    signals = Signals(paper.get("upvotes"), row.get("numComments"), paper.get("githubStars"))
    text = {"title": " ".join(paper["title"].split()), "abstract": " ".join(paper["summary"].split())}
    return Paper(f"arxiv:{paper['id']}", **text, signals=signals, source="huggingface", position=place, listed=day)


def from_arxiv(data: Path) -> Iterator[tuple[date, list[Paper]]]:
    """Yield each listing day of the arXiv records, each paper once."""
    days: dict[date, dict[str, Paper]] = {}
    with gzip.open(data / "arxiv.jsonl.gz", "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            if not row["listed"]:
                continue
            day = date.fromisoformat(row["listed"])
            text = {"title": " ".join(row["title"].split()), "abstract": " ".join(row["abstract"].split())}
            paper = Paper(f"arxiv:{row['id']}", **text, source="arxiv", listed=day)
            days.setdefault(day, {}).setdefault(paper.id, paper)
    for day in sorted(days):
        yield day, list(days[day].values())


def scored(papers: Sequence[Paper], day: date) -> list[Score]:
    """Return the scores of a day's papers in trending order, on the evening of that day."""
    now = datetime(day.year, day.month, day.day, 20, tzinfo=UTC)
    return trending([Contender(paper, now) for paper in papers], now)


def _order(days: Days) -> list[Figure]:
    by_upvotes = [
        _spearman(range(len(papers)), [-(paper.signals.upvotes or 0) for paper in _in_order(papers, day)])
        for day, papers in days.items()
        if len({paper.signals.upvotes for paper in papers}) > 1
    ]
    at_capture = [
        _spearman(range(len(papers)), [paper.position or 0 for paper in _in_order(papers, day)])
        for day, papers in days.items()
        if len(papers) > 1
    ]
    cuts = [(day, papers) for day, papers in days.items() if len(papers) > 5]
    tied = [(day, papers) for day, papers in cuts if _upvotes(papers)[4] == _upvotes(papers)[5]]
    totals = [[score.total for score in scored(papers, day)] for day, papers in tied]
    return [
        ("rank correlation of the score with upvotes, median of the days", "over 0.9", f"{median(by_upvotes):.2f}"),
        ("the same with the order at capture", "over 0.9", f"{median(at_capture):.2f}"),
        ("days whose fifth and sixth tie in upvotes", "about a sixth", f"{len(tied)} of {len(cuts)}"),
        ("of these, with unequal scores there", "most", f"{sum(t[4] != t[5] for t in totals)} of {len(tied)}"),
    ]


def _upvotes(papers: Sequence[Paper]) -> list[int]:
    return sorted((paper.signals.upvotes or 0 for paper in papers), reverse=True)


def _in_order(papers: Sequence[Paper], day: date) -> list[Paper]:
    known = {paper.id: paper for paper in papers}
    return [known[score.paper_id] for score in scored(papers, day)]


def _fairness(hugging_face: Days, arxiv: Days) -> list[Figure]:
    """Put as many papers without signals beside each day of Hugging Face, and see where they stand."""
    pool = list(chain.from_iterable(arxiv.values()))
    places, first, last, days = [], 0, 0, 0
    for number, (day, papers) in enumerate(hugging_face.items()):
        if len(papers) < 5:
            continue
        known = {paper.id for paper in papers}
        plain = [p for p in pool[number * 100 : number * 100 + len(papers)] if p.id not in known]
        plain = [replace(paper, listed=day) for paper in plain]
        if not plain:
            continue
        order = [score.paper_id for score in scored([*papers, *plain], day)]
        ids = {paper.id for paper in plain}
        places += [place / (len(order) - 1) for place, id in enumerate(order) if id in ids]
        first, last, days = first + (order[0] in ids), last + (order[-1] in ids), days + 1
    return [
        (
            "mean place of records without signals among as many with (0 first, 1 last)",
            "0.4 to 0.6",
            f"{mean(places):.2f}",
        ),
        ("days on which one of them is the first, the last", "0, 0", f"{first}, {last} of {days}"),
    ]


def _likeness(hugging_face: Days, arxiv: Days) -> list[Figure]:
    frequencies = document_frequencies(chain.from_iterable(arxiv.values()))
    found: set[str] = set()
    for window in _windows(hugging_face, arxiv):
        for later, earlier in near_duplicates(window, frequencies).items():
            found |= {_pair(later, other) for other in earlier}
    same, different = set(map(_sorted, SAME)), set(map(_sorted, DIFFERENT))
    judged = found & (same | different)
    return [
        ("near-duplicates found in the records", "", str(len(found))),
        ("of these, read by hand", "most", str(len(judged))),
        (
            "precision: of those read, on one benchmark or one task",
            "over 0.8",
            f"{len(found & same) / len(judged):.2f}",
        ),
        ("of the pairs read as the same, found", "over 0.8", f"{len(found & same)} of {len(same)}"),
        ("of the pairs read as different, found", "few", f"{len(found & different)} of {len(different)}"),
    ]


def _windows(hugging_face: Days, arxiv: Days) -> Iterator[Sequence[Paper]]:
    yield from hugging_face.values()
    days = sorted(arxiv)
    for start in range(0, len(days), WINDOW):
        papers = chain.from_iterable(arxiv[day] for day in days[start : start + WINDOW])
        yield list({paper.id: paper for paper in papers}.values())


def document_frequencies(papers: Iterator[Paper]) -> dict[str, float]:
    """Return the share of `papers` that have each word, of those that some have."""
    have: Counter[str] = Counter()
    total = 0
    for paper in papers:
        total += 1
        text = f"{paper.title} {paper.abstract}".casefold()
        have.update(set("".join(c if c.isalnum() else " " for c in text).split()))
    return {word: count / total for word, count in have.items() if count >= 5}


def _times(hugging_face: Days, arxiv: Days) -> list[Figure]:
    now = datetime(2026, 11, 24, 6, tzinfo=UTC)
    papers = {p.id: p for p in chain.from_iterable((*arxiv.values(), *hugging_face.values()))}
    everyone = [Contender(paper, now) for paper in papers.values()][-6000:]
    begin = time.perf_counter()
    trending(everyone[-1000:], now, everyone[:-1000])
    score = time.perf_counter() - begin
    batch = [contender.paper for contender in everyone[:200]]
    begin = time.perf_counter()
    groups(batch)
    group = time.perf_counter() - begin
    return [
        ("time to score 1,000 papers before 5,000 others", "under 1,000 ms", f"{score * 1000:.0f} ms"),
        ("time to group 200 papers", "under 500 ms", f"{group * 1000:.0f} ms"),
    ]


def mean(values: Sequence[float]) -> float:
    """Return the mean of `values`."""
    return sum(values) / len(values)


def _spearman(first: Sequence[float], second: Sequence[float]) -> float:
    return correlation(_ranks(first), _ranks(second))


def _ranks(values: Sequence[float]) -> list[float]:
    """Return the rank of each value, equal ones sharing the mean of theirs."""
    ordered = sorted(values)
    return [(ordered.index(value) + len(ordered) - ordered[::-1].index(value) - 1) / 2 for value in values]


def _pair(first: str, second: str) -> str:
    return _sorted(f"{first.removeprefix('arxiv:')}+{second.removeprefix('arxiv:')}")


def _sorted(pair: str) -> str:
    return "+".join(sorted(pair.split("+")))


SAME = """
2608.00782+2608.03632 2505.16838+2505.17827 2508.16465+2508.18213
2410.05993+2410.07073 2504.13415+2504.13391 2504.13460+2504.14860 2504.13825+2504.14772 2504.14666+2504.15932
2504.15003+2504.14600 2504.15003+2504.14582 2504.14600+2504.14582 2504.19675+2504.21474 2504.20419+2504.21706
2504.20435+2504.21340 2505.00808+2505.01372 2505.03329+2505.04915 2505.09264+2505.09265 2505.09484+2505.09415
2505.09265+2505.09926 2505.14432+2505.13757 2505.17796+2505.19952 2505.19813+2505.19793 2505.23722+2505.23038
2505.24200+2506.01458 2506.03681+2506.04981 2506.05235+2506.05686 2506.05345+2506.04642 2506.04579+2506.06033
2506.07726+2506.08836 2506.08777+2506.09952 2506.09378+2506.09565 2506.10844+2506.13743 2506.10844+2506.12571
2506.10627+2506.11243 2506.13596+2506.13300 2506.17077+2506.18828 2506.16052+2506.16066 2506.18785+2506.18798
2506.18529+2506.18533 2506.22375+2506.21892 2506.21899+2506.21872 2506.23582+2507.00475 2507.05330+2507.05639
2507.10076+2507.11323 2507.12762+2507.12755 2507.15037+2507.16010 2507.20030+2507.20613 2507.21875+2507.21881
2508.00420+2508.00220 2508.02143+2508.03397 2508.04234+2508.06407 2508.04267+2508.05065 2508.03860+2508.05097
2508.05318+2508.05197 2508.07866+2508.08125 2508.07866+2508.08649 2508.08125+2508.08649 2508.07866+2508.09516
2508.08125+2508.09516 2508.08649+2508.09516 2508.07866+2508.09515 2508.08125+2508.09515 2508.08649+2508.09515
2508.09516+2508.09515 2508.08192+2508.09072 2508.13544+2508.15582 2508.13478+2508.14374 2508.15960+2508.17666
2508.17827+2508.17789 2508.17924+2508.18787 2508.19804+2508.21035 2508.21035+2508.20745 2509.02999+2509.04183
2509.09196+2509.09197 2509.11176+2509.10932 2509.13084+2509.13834 2509.14901+2509.15781 2509.14901+2509.15546
2509.15781+2509.15546 2509.14901+2509.19082 2509.15781+2509.19082 2509.15546+2509.19082 2509.14963+2509.18215
2509.15868+2509.18693 2509.18738+2509.18683 2509.18705+2509.18697 2509.19726+2509.22276 2509.20870+2509.20856
2509.20725+2509.20710 2509.26039+2509.26047 2510.07239+2510.08329 2510.07319+2510.08305 2507.13739+2507.14050
2507.05677+2507.05668 2509.26145+2510.00706 2508.16157+2508.17789 2508.14374+2508.15582 2508.13478+2508.15582
2508.19730+2508.21048 2505.00039+2505.02164 2506.03892+2506.04054
""".split()  # noqa: SIM905 a list one can read
"""Pairs of one day or neighbouring days, read by hand: one benchmark or shared task, or one narrow task."""

DIFFERENT = """
2504.13059+2504.13159 2504.13825+2504.14366 2505.12826+2505.14454 2507.02004+2507.05241
2505.03711+2505.03030 2505.06696+2505.08439 2505.07062+2505.08311 2505.17690+2505.19846 2506.09378+2506.09997
2506.10335+2506.13508 2506.13638+2506.13285 2507.06195+2507.07539 2507.07997+2507.07704 2507.15602+2507.15629
2507.23569+2507.23374 2508.00762+2508.03475 2509.12130+2509.11496 2510.05015+2510.04312 2601.14722+2601.13044
2507.02671+2507.04531 2506.14382+2506.15565 2507.15496+2507.16224 2506.08862+2506.09378 2505.21190+2505.22222
2506.07233+2506.08967 2506.08777+2506.09378 2508.00766+2508.02180 2507.02294+2507.02798 2504.17364+2504.17229
2509.15548+2509.18956 2509.11772+2509.14060 2506.05198+2506.05639 2509.11624+2509.12938 2509.15573+2509.18683
2505.17783+2505.17690 2411.07618+2411.08790 2506.08777+2506.08710 2505.05722+2505.06624 2506.07657+2506.08777
2509.15935+2509.16119 2507.01653+2507.01634 2504.19684+2504.21340 2506.16398+2506.18658 2504.14969+2504.16081
2506.07897+2506.08777 2505.12842+2505.14418 2505.16637+2505.16763 2509.15795+2509.18738 2506.11274+2506.11989
2608.00782+2608.04349 2509.14493+2509.19020 2509.19296+2509.18566 2602.03392+2602.05281 2505.04135+2505.03828
""".split()  # noqa: SIM905 a list one can read
"""Pairs read by hand that have some words in common and another subject."""


if __name__ == "__main__":
    for what, wanted, found in figures(Path(sys.argv[1])):
        sys.stdout.write(f"{what:80} {wanted:15} {found}\n")
