"""The trending order of papers."""

from collections.abc import Iterable

from digest.papers.paper import Paper

_BEHIND_ALL_PAGES = 2**31


def rank(papers: Iterable[Paper]) -> list[Paper]:
    """Return `papers` in trending order, the most noticed first.

    More upvotes, then comments, then stars (a source that says nothing counts as 0); then the place on
    the page it was read from, which such pages order themselves; then the newest; then by id, so that the
    order is total and the same papers always come in the same one.
    """
    return sorted(papers, key=_key)


def _key(paper: Paper) -> tuple[int, int, int, int, int, str]:
    signals = paper.signals
    return (
        -(signals.upvotes or 0),
        -(signals.comments or 0),
        -(signals.stars or 0),
        _BEHIND_ALL_PAGES if paper.position is None else paper.position,
        -paper.published.toordinal() if paper.published else 0,
        paper.id,
    )
