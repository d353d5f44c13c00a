"""Merging: the records that several sources have of one paper become one, field by field.

Which source is believed for what is the table `PRECEDENCE`; docs/papers.md shows it with the reasons.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any

from digest.papers.identity import id_key, id_of, strength
from digest.papers.normal import is_cut_list, surname
from digest.papers.paper import Links, Paper, Signals

_WHO_HAS_THE_TEXT = ("arxiv", "biorxiv", "medrxiv", "huggingface", "feed", "file", "page")
_WHO_KNOWS_READERS = ("huggingface", "page", "arxiv", "biorxiv", "medrxiv", "feed", "file")

PRECEDENCE: Mapping[str, tuple[str, ...]] = {
    "title": _WHO_HAS_THE_TEXT,
    "abstract": _WHO_HAS_THE_TEXT,
    "authors": _WHO_HAS_THE_TEXT,
    "categories": _WHO_HAS_THE_TEXT,
    "links.paper": _WHO_HAS_THE_TEXT,
    "links.pdf": _WHO_HAS_THE_TEXT,
    "extra": _WHO_HAS_THE_TEXT,
    "tldr": _WHO_KNOWS_READERS,
    "keywords": _WHO_KNOWS_READERS,
    "organization": _WHO_KNOWS_READERS,
    "links.code": _WHO_KNOWS_READERS,
    "links.project": _WHO_KNOWS_READERS,
    "links.thumbnail": _WHO_KNOWS_READERS,
    "listed": _WHO_KNOWS_READERS,
    "position": _WHO_KNOWS_READERS,
    "signals.upvotes": _WHO_KNOWS_READERS,
    "signals.comments": _WHO_KNOWS_READERS,
    "signals.stars": _WHO_KNOWS_READERS,
}
"""Field → the kinds of source that are asked for it, in order; the first that says something is believed.

Other kinds come last. What is not here has a rule of its own (see `merge`).
"""

_FULL = 0.5
# An abstract shorter than this share of the longest is an excerpt. Feeds that send whole articles are no measure:
_LONGEST_ABSTRACT = 5_000


def kind(source: str) -> str:
    """Return the kind of a source: what stands before the colon in its name ("arxiv:cs.CL" is "arxiv")."""
    return source.partition(":")[0]


def merge(records: Iterable[Paper]) -> Paper:
    """Return the one paper that `records` of it make, whatever their order; a single one is returned as it is.

    Hand in at most one record of a source (see `latest`). Fields follow `PRECEDENCE`; among sources of one
    kind the higher version comes first, then the name. The rules besides:
    - the id is the strongest there is, the others become `other_ids`;
    - the first day published, the highest version, and news where any record is;
    - a text that is cut off never wins over a full one, a list of authors never over one that goes on;
    - of a kind's sources the highest count of each signal; `listed` and `position` from one record;
    - `source` is that of the record that gave the title.
    Raises ValueError for no records.
    """
    given = list(records)
    if len(given) < 2:
        return _only(given)
    ranked = _Ranked(given)
    giver = _first_full(ranked.by("title"), "title", share=0)
    listing = next((r for r in ranked.by("listed") if r.listed or r.position), giver)
    paper_id, *other_ids = _ids(ranked.by("title"))
    return Paper(
        id=paper_id,
        title=giver.title,
        abstract=_first_full(ranked.by("abstract"), "abstract", share=_FULL).abstract,
        tldr=ranked.first("tldr"),
        authors=_authors([record.authors for record in ranked.by("authors") if record.authors]),
        organization=ranked.first("organization"),
        published=min((r.published for r in given if r.published), default=None),
        listed=listing.listed,
        categories=ranked.first("categories"),
        keywords=ranked.first("keywords"),
        links=Links(*(ranked.first(f"links.{name}") for name in ("paper", "pdf", "code", "project", "thumbnail"))),
        signals=Signals(*(ranked.most(f"signals.{name}") for name in ("upvotes", "comments", "stars"))),
        source=giver.source,
        position=listing.position,
        version=max((r.version for r in given if r.version is not None), default=None),
        news=any(r.news for r in given),
        other_ids=tuple(other_ids),
        extra={key: value for record in reversed(ranked.by("extra")) for key, value in record.extra.items()},
    )


def latest(records: Iterable[Paper]) -> list[Paper]:
    """Return of each source the newest record of a paper, given its records in the order they came.

    A lower version than one that came before is an old page read again, and doesn't count. What was news
    once stays news: a replacement that comes on the same day must not hide a new paper.
    """
    newest: dict[str, Paper] = {}
    for record in records:
        before = newest.get(record.source, record)
        chosen = before if updated(record, before) else record
        newest[record.source] = replace(chosen, news=before.news or record.news)
    return list(newest.values())


def renamed(paper: Paper, paper_id: str) -> Paper:
    """Return `paper` under the id by which it is already known; its own becomes one of `other_ids`."""
    if paper.id == paper_id:
        return paper
    others = [text for text in (paper.id, *paper.other_ids) if text != paper_id]
    others.sort(key=lambda text: strength(id_key(text)))
    return replace(paper, id=paper_id, other_ids=tuple(others))


def updated(before: Paper, after: Paper) -> bool:
    """Tell whether `after` is a higher version than `before`; False where one of them says no version."""
    return before.version is not None and after.version is not None and after.version > before.version


class _Ranked:
    """The records of a paper in the order in which a field believes them."""

    def __init__(self, records: Sequence[Paper]) -> None:
        # The last part of the key only matters where a source has two records: then too, order must not.
        even = sorted(records, key=lambda r: (-(r.version or 0), r.source, repr(r)))
        self._orders = {order: sorted(even, key=lambda r: _place(r, order)) for order in set(PRECEDENCE.values())}

    def by(self, field: str) -> list[Paper]:
        return self._orders[PRECEDENCE[field]]

    def first(self, field: str) -> Any:
        """Return the first value that says something; an empty one where none does."""
        values = list(map(attrgetter(field), self.by(field)))
        return next((value for value in values if value not in (None, "", ())), values[0])

    def most(self, field: str) -> int | None:
        """Return the highest count that sources of the first kind with any count have."""
        read = attrgetter(field)
        having = [record for record in self.by(field) if read(record) is not None]
        return max((read(record) for record in having if kind(record.source) == kind(having[0].source)), default=None)


def _place(record: Paper, order: tuple[str, ...]) -> int:
    found = kind(record.source)
    return order.index(found) if found in order else len(order)


def _only(records: list[Paper]) -> Paper:
    if not records:
        raise ValueError("no records to merge")
    return records[0]


def _first_full(records: list[Paper], field: str, share: float) -> Paper:
    """Return the first record whose text is neither an excerpt (below `share`) nor cut off, seen by the longest."""
    read = attrgetter(field)
    lengths = [length for record in records if (length := len(read(record)))]
    longest = max((length for length in lengths if length <= _LONGEST_ABSTRACT), default=min(lengths, default=0))

    def is_full(text: str) -> bool:
        return len(text) >= longest or (len(text) >= share * longest and not text.endswith(("…", "...")))

    return next(record for record in records if is_full(read(record)))


def _authors(lists: list[tuple[str, ...]]) -> tuple[str, ...]:
    """Return the first of `lists`, or one that begins like it and goes on."""
    best = lists[0] if lists else ()
    for names in lists[1:]:
        if _goes_on(names, best):
            best = names
    return best


def _goes_on(names: tuple[str, ...], begun: tuple[str, ...]) -> bool:
    if is_cut_list(begun) and not surname(begun[-1]):  # its last name is "et al."
        begun = begun[:-1]
    return len(names) > len(begun) and list(map(surname, names[: len(begun)])) == list(map(surname, begun))


def _ids(records: list[Paper]) -> list[str]:
    """Return all ids that `records` have in one spelling, strongest first, equally strong ones as they come."""
    found = dict.fromkeys(id_key(text) for record in records for text in (record.id, *record.other_ids))
    return [id_of(key) for key in sorted(found, key=strength)]
