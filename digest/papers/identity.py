"""Identity: which records are of the same paper, and which only look like it.

A paper is met under its keys. Ids decide: an equal arXiv id or DOI makes one paper of two records, different
ones keep them two, whatever their titles. Titles join only what ids leave open. The rules, and what is left
apart on purpose, stand in docs/papers.md.
"""

import hashlib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from digest.papers.ids import arxiv_id, doi
from digest.papers.normal import normal_title, surname
from digest.papers.paper import Paper

TELLING_LETTERS = 20
"""From how many letters and digits a title alone says something: "Attention Is All You Need" has 21."""

PAPERS_A_KEY = 20
"""A title or DOI that stands for more papers than this is no sign of identity; it also bounds the work."""

# Titles that name a kind of text. The same author writes many of them.
_KINDS_OF_TEXT = frozenset(
    {"editorial", "guesteditorial", "bookreview", "inthisissue", "tableofcontents", "preface", "foreword"}
    | {"introduction", "erratum", "corrigendum", "correction", "retraction", "reply", "response", "comment"}
    | {"comments", "discussion", "letter", "lettertotheeditor", "news", "announcement", "obituary", "abstract"}
)
# bioRxiv and medRxiv: one DOI for all versions (10.1101, since December 2025 10.64898), written with one or without.
# 10.1101 is also that of journals, whose suffixes begin with letters.
_PREPRINT = re.compile(r"(10\.(?:1101|64898)/(?:[0-9]{4}\.[0-9]{2}\.[0-9]{2}\.)?[0-9]{6,8})(?:v[0-9]{1,2})?")
_RANKS = {"arxiv": 0, "doi": 1, "local": 2}
_NAMING = frozenset({"arxiv", "doi", "title"})


@dataclass(frozen=True, slots=True)
class Resolved:
    """The records of a batch that are of one paper, in the batch's order, and the paper they belong to.

    `paper_id` is the id that the paper has in the store, or is to have when it is `new`. `joined` are further
    ids in the store that turn out to be the same paper: aliases from now on.
    """

    records: tuple[Paper, ...]
    paper_id: str
    new: bool
    joined: tuple[str, ...] = ()


def id_key(paper_id: str) -> str:
    """Return the key of an id: "arxiv:…" without version, "doi:…" in one spelling, else "local:" and the id."""
    scheme, _, name = paper_id.partition(":")
    if scheme in ("arxiv", "doi"):
        if arxiv := arxiv_id(name):  # arXiv's own DOIs too
            return f"arxiv:{arxiv}"
        if scheme == "doi" and (found := doi(name)):
            preprint = _PREPRINT.fullmatch(found)
            return f"doi:{preprint[1] if preprint else found}"
    return f"local:{paper_id}"


def id_of(key: str) -> str:
    """Return the id that `id_key` made `key` of, in its one spelling."""
    return key.removeprefix("local:")


def strength(key: str) -> int:
    """Return how well an id's key names a paper, the best first: arXiv id, DOI, local id."""
    return _RANKS[_kind(key)]


def id_keys(paper: Paper) -> list[str]:
    """Return the keys of a paper's ids, strongest first, each once.

    A paper is on arXiv once: of several arXiv ids the first counts, another is a remark about another paper.
    """
    found = sorted(dict.fromkeys(map(id_key, (paper.id, *paper.other_ids))), key=strength)
    second = [key for key in found if strength(key) == 0][1:]
    return [key for key in found if key not in second]


def keys(paper: Paper) -> tuple[str, ...]:
    """Return all keys under which `paper` can be met, strongest first.

    Its ids; "title:" and 16 hex digits for title and first author's surname; "bare:" and 16 for the title
    alone, where it is long enough to tell something. The last one never joins two papers that have an id or
    an author each (see `group`).
    """
    title = normal_title(paper.title)
    found = id_keys(paper)
    if not title or title in _KINDS_OF_TEXT:
        return tuple(found)
    if author := surname(paper.authors[0]) if paper.authors else "":
        found.append(f"title:{_hash(f'{title}/{author}')}")
    if len(title) >= TELLING_LETTERS:
        found.append(f"bare:{_hash(title)}")
    return tuple(found)


def same(a: Paper, b: Paper) -> bool:
    """Tell whether two records are of the same paper, when nothing but them is known."""
    return len(group([a, b])) == 1


def group(papers: Iterable[Paper]) -> list[list[Paper]]:
    """Return `papers` by paper, papers and records in the order they came.

    Keys are followed from the strongest to the weakest, and where several papers have a key, a record goes to
    the earliest that it doesn't contradict. So a record without ids never makes one paper of two.
    """
    records = list(papers)
    return [[records[node] for node in nodes] for nodes in _Grouping([keys(paper) for paper in records]).groups()]


def resolve(batch: Sequence[Paper], known: Mapping[str, Iterable[str]]) -> list[Resolved]:
    """Decide for a batch of records which paper each belongs to, in the order of their first records.

    `known` holds the papers of the store that share a key with the batch: id → all their keys, oldest first.
    Where a record shows two of them to be one, the older id stays. A new paper gets the strongest id its
    records have; no two papers get the same, nor one that a known paper has.
    """
    nodes = [tuple(dict.fromkeys((id_key(paper_id), *found))) for paper_id, found in known.items()]
    nodes += [keys(paper) for paper in batch]
    found = []
    for members in _Grouping(nodes).groups():
        new = [node for node in members if node >= len(known)]
        if new:
            found.append((new[0], _resolved(members, nodes, list(known), batch)))
    return [resolved for _, resolved in sorted(found, key=lambda item: item[0])]


def _resolved(members: list[int], nodes: list[tuple[str, ...]], known: list[str], batch: Sequence[Paper]) -> Resolved:
    records = tuple(batch[node - len(known)] for node in members if node >= len(known))
    stored = [known[node] for node in members if node < len(known)]
    if stored:
        return Resolved(records, stored[0], new=False, joined=tuple(stored[1:]))
    strongest = min((nodes[node][0] for node in members), key=strength)
    return Resolved(records, id_of(strongest), new=True)


class _Grouping:
    """Nodes, each with the keys of a record or a known paper, put together to papers: a union-find that refuses.

    A group's ids are kept by scheme; two groups contradict each other where both have ids of a scheme and none
    in common. Equal DOIs are refused only where arXiv ids contradict: proceedings share one DOI.
    """

    def __init__(self, nodes: Sequence[Collection[str]]) -> None:
        self._parents = list(range(len(nodes)))
        self._ids = [_by_scheme(node) for node in nodes]
        self._named = [any(_kind(key) in _NAMING for key in node) for node in nodes]
        for kind, schemes in (("arxiv", ()), ("doi", ("arxiv",)), ("local", _SCHEMES), ("title", _SCHEMES)):
            self._meet(nodes, kind, schemes)
        self._meet_by_title_alone(nodes)

    def groups(self) -> list[list[int]]:
        """Return the nodes by paper, in order."""
        found: dict[int, list[int]] = {}
        for node in range(len(self._parents)):
            found.setdefault(self._root(node), []).append(node)
        return list(found.values())

    def _meet(self, nodes: Sequence[Collection[str]], kind: str, schemes: Sequence[str]) -> None:
        met: dict[str, list[int]] = {}
        for node, node_keys in enumerate(nodes):
            for key in node_keys:
                if _kind(key) == kind:
                    others = met.setdefault(key, [])
                    joined = any(self._join(other, node, schemes) for other in others)
                    if not joined and len(others) < PAPERS_A_KEY:
                        others.append(node)

    def _meet_by_title_alone(self, nodes: Sequence[Collection[str]]) -> None:
        """Put what has neither author nor id to the one paper of that title, if there is only one."""
        met: dict[str, list[int]] = {}
        for node, node_keys in enumerate(nodes):
            for key in node_keys:
                if _kind(key) == "bare":
                    met.setdefault(key, []).append(node)
        for of_title in met.values():
            roots = list(dict.fromkeys(map(self._root, of_title)))
            if sum(self._named[root] for root in roots) <= 1:
                for root in roots[1:]:
                    self._join(roots[0], root, ())

    def _root(self, node: int) -> int:
        while self._parents[node] != node:
            self._parents[node] = node = self._parents[self._parents[node]]
        return node

    def _join(self, one: int, other: int, schemes: Sequence[str]) -> bool:
        """Make one group of two, unless they contradict each other in one of `schemes`; tell if they are one."""
        first, second = sorted((self._root(one), self._root(other)))
        if first == second:
            return True
        mine, theirs = self._ids[first], self._ids[second]
        if any(s in mine and s in theirs and mine[s].isdisjoint(theirs[s]) for s in schemes):
            return False
        for scheme, ids in theirs.items():
            mine.setdefault(scheme, set()).update(ids)
        self._named[first] |= self._named[second]
        self._parents[second] = first
        return True


def is_of_title(key: str) -> bool:
    """Tell whether a key is of a title rather than an id."""
    return _kind(key) in ("title", "bare")


_SCHEMES = ("arxiv", "preprint", "doi")


def _by_scheme(node: Iterable[str]) -> dict[str, set[str]]:
    """Return the ids among `node`'s keys by scheme; a preprint's DOI and a journal's don't contradict each other."""
    found: dict[str, set[str]] = {}
    for key in node:
        kind = _kind(key)
        if kind in ("arxiv", "doi"):
            preprint = kind == "doi" and _PREPRINT.fullmatch(key, len("doi:"))
            found.setdefault("preprint" if preprint else kind, set()).add(key)
    return found


def _kind(key: str) -> str:
    return key.partition(":")[0]


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
