"""Diversity: papers on the same thing stand together, and don't take all the cards.

Two papers are near-duplicates of meaning where the words of title and abstract say the same, or where they
share the name of a benchmark and say something similar. docs/trending.md has the measure and its figures.
"""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, pairwise

from digest.papers.paper import Paper
from digest.topics.terms import Words

ALIKE = 0.18
"""From this cosine on, two papers are near-duplicates of meaning."""

ALIKE_WITH_NAME = 0.12
"""The same for two that share a rare name (SWE-bench), which stands in the title of at least one."""

RARE = 0.01
"""A name is rare where one of its words is in no larger share of all papers."""

_RARE_IN_BATCH = 0.5  # the same where nothing but the batch is known: five of ten may be on one benchmark
_UNKNOWN = 0.0001  # the share of papers that a word has which isn't known
_TITLE_TIMES = 2  # a word of the title counts as often as this many of the abstract
_MOST_COMPARED = 300  # papers, the best ranked; an issue shows fewer
_MOST_SHARED = 0.3  # of a large batch; a word in more of it tells little apart, and would cost the most time
_LARGE_BATCH = 100
_WORD = re.compile(r"[^\W_]+")
_NAME = re.compile(r"[^\W_]+(?:-[^\W_]+)*")
_FUNCTION_WORDS = frozenset(
    _WORD.findall(
        "a all also an and any are as at be been between both but by can do each for from had has have how if in"
        " into is it its may more most no not of on one only or other our over show such than that the their them"
        " then there these they this those through thus to two under use used using via was we were what when where"
        " which while who whose why will with within without yet"
    )
)

Shares = Mapping[str, float]
"""The share of all papers, 0..1, whose title or abstract has a word (in lower case, the singular or as it stands)."""


def groups(ranked: Sequence[Paper], known: Shares | None = None) -> dict[str, str]:
    """Map the id of each paper to that of the first of its group, which is its own for most.

    `ranked` has the best first. A paper joins the best-ranked first that it is a near-duplicate of, so no
    chain of neighbours binds two papers that have nothing in common. Without `known` shares the words of the
    batch say how rare they are, which needs some dozens of papers to be of use. Only the best few hundred
    are compared; the others are firsts of their own.
    """
    alike = near_duplicates(ranked[:_MOST_COMPARED], known)
    first_of: dict[str, str] = {}
    for paper in ranked:
        firsts = (other for other in alike.get(paper.id, ()) if first_of.get(other) == other)
        first_of[paper.id] = next(firsts, paper.id)
    return first_of


def near_duplicates(papers: Sequence[Paper], known: Shares | None = None) -> dict[str, list[str]]:
    """Map the id of each paper that has any to the ids of its near-duplicates before it, in order."""
    texts = [_Text.of(paper) for paper in papers]
    shares = _shares(texts, known)
    rare = _rare({name for text in texts for name in text.title_names}, texts, known)
    found: dict[str, list[str]] = defaultdict(list)
    for (i, j), cosine in sorted(_cosines(texts, shares).items()):
        if cosine >= ALIKE or (cosine >= ALIKE_WITH_NAME and not rare.isdisjoint(texts[i].shared_names(texts[j]))):
            found[papers[j].id].append(papers[i].id)
    return dict(found)


@dataclass(frozen=True, slots=True)
class _Text:
    """What is compared of a paper: how often each word and pair of words occurs, and its names."""

    counts: Counter[str]
    names: frozenset[str]
    title_names: frozenset[str]

    @classmethod
    def of(cls, paper: Paper) -> "_Text":
        title, abstract = _features(paper.title), _features(paper.abstract)
        counts = Counter(abstract)
        for feature in title:
            counts[feature] += _TITLE_TIMES
        in_title = frozenset(_names(paper.title))
        return cls(counts, in_title | frozenset(_names(paper.abstract)), in_title)

    def shared_names(self, other: "_Text") -> frozenset[str]:
        """Return the names both have, at least one of them in its title."""
        return (self.title_names & other.names) | (self.names & other.title_names)


def _features(text: str) -> list[str]:
    """Return the words of `text`, and the pairs of neighbours, without function words."""
    words = Words.of(text).singles
    single = [word for word in words if word not in _FUNCTION_WORDS and len(word) > 1]
    pairs = [f"{a} {b}" for a, b in pairwise(words) if a not in _FUNCTION_WORDS and b not in _FUNCTION_WORDS]
    return single + pairs


def _names(text: str) -> Iterable[str]:
    """Yield the words of `text` that are written as benchmarks and systems are, in lower case.

    SWE-bench, GSM8K, EgoExo4D, NTIRE; not Text-to-Image, nor a short acronym such as LLM or SLAM.
    """
    for word in _NAME.findall(text):
        name = word.removesuffix("s")
        if len(name) >= 5 and any(map(_is_coined, name.split("-"))):
            yield name.casefold()


def _is_coined(part: str) -> bool:
    capitals = sum(c.isupper() for c in part)
    return capitals >= 2 or (capitals == 1 and any(c.isdigit() for c in part))


def _rare(names: Collection[str], texts: Sequence[_Text], known: Shares | None) -> set[str]:
    """Return those of `names` that few papers have; without known shares, at most half of the batch."""
    if known is not None:
        return {name for name in names if min(_share(word, known) for word in _WORD.findall(name)) <= RARE}
    have = Counter(name for text in texts for name in text.names)
    return {name for name in names if have[name] <= max(2, _RARE_IN_BATCH * len(texts))}


def _shares(texts: Sequence[_Text], known: Shares | None) -> dict[str, float]:
    """Return the share of papers that have each feature of the batch."""
    if known is None:
        have = Counter(feature for text in texts for feature in text.counts)
        return {feature: count / (len(texts) + 1) for feature, count in have.items()}
    features = {feature for text in texts for feature in text.counts}
    return {feature: min(_share(word, known) for word in feature.split(" ")) for feature in features}


def _share(word: str, known: Shares) -> float:
    plurals = (f"{word}s", f"{word}es", f"{word[:-1]}ies")
    return max(_UNKNOWN, *(known.get(form, 0.0) for form in (word, *plurals)))


def _cosines(texts: Sequence[_Text], shares: Mapping[str, float]) -> dict[tuple[int, int], float]:
    """Return the cosine of the TF-IDF vectors of each pair (earlier, later) that shares a feature."""
    postings: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for number, text in enumerate(texts):
        weights = {f: (1 + math.log(n)) * -math.log(shares[f]) for f, n in text.counts.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        for feature, weight in weights.items():
            postings[feature].append((number, weight / length))
    most = len(texts) if len(texts) <= _LARGE_BATCH else _MOST_SHARED * len(texts)
    cosines: dict[tuple[int, int], float] = defaultdict(float)
    for feature in sorted(postings):
        if 2 <= len(postings[feature]) <= most:
            for (i, a), (j, b) in combinations(postings[feature], 2):
                cosines[i, j] += a * b
    return cosines


def together(section: Sequence[Paper], first_of: Mapping[str, str]) -> list[Paper]:
    """Return a section's papers with near-duplicates directly under the first of their group there.

    `section` has the best first; the order is kept between groups, and within each of them. `first_of` is
    what `groups` gave for the whole issue, so the first of a group may stand in another section.
    """
    by_group: dict[str, list[Paper]] = {}
    for paper in section:
        by_group.setdefault(first_of.get(paper.id, paper.id), []).append(paper)
    return [paper for group in by_group.values() for paper in group]


@dataclass(frozen=True, slots=True)
class Caps:
    """How many cards at most: of an issue, of a section (None: as many as the issue), of a group in a section."""

    issue: int
    section: int | None = None
    group: int = 2


def cards(
    ranked: Sequence[Paper],
    section_of: Mapping[str, str],
    first_of: Mapping[str, str],
    caps: Caps,
    pinned: Collection[str] = (),
) -> set[str]:
    """Return the ids of the papers that get a card; the others of `ranked` (best first) are title lines.

    Each section's best gets one, then `pinned` ones whatever the caps of section and group say, then the
    others by rank as far as all three caps allow. Only more sections than `caps.issue` go beyond that.
    """
    chosen = _bests(ranked, section_of)
    room = caps.issue - len(chosen)
    for paper in [p for p in ranked if p.id in pinned and p.id not in chosen][: max(room, 0)]:
        chosen.add(paper.id)
    of_section = Counter(section_of[paper.id] for paper in ranked if paper.id in chosen)
    of_group = Counter(_group(paper, section_of, first_of) for paper in ranked if paper.id in chosen)
    most = caps.issue if caps.section is None else caps.section
    for paper in ranked:
        section, group = section_of[paper.id], _group(paper, section_of, first_of)
        if len(chosen) >= caps.issue:
            break
        if paper.id not in chosen and of_section[section] < most and of_group[group] < caps.group:
            chosen.add(paper.id)
            of_section[section] += 1
            of_group[group] += 1
    return chosen


def _bests(ranked: Sequence[Paper], section_of: Mapping[str, str]) -> set[str]:
    best: dict[str, str] = {}
    for paper in ranked:
        best.setdefault(section_of[paper.id], paper.id)
    return set(best.values())


def _group(paper: Paper, section_of: Mapping[str, str], first_of: Mapping[str, str]) -> tuple[str, str]:
    return section_of[paper.id], first_of.get(paper.id, paper.id)
