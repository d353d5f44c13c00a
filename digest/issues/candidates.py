"""Which papers may stand in the next issue of a list."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.papers.paper import Paper
from digest.topics.trending import Reading, rising


@dataclass(frozen=True, slots=True)
class LoadedPaper:
    """A paper as the store knows it.

    With it: the moment (aware) it was first loaded, the sources it came by, the moment its version last rose,
    and the signals it had on earlier days.
    """

    paper: Paper
    first_loaded_at: datetime
    sources: tuple[str, ...] = ()
    updated_at: datetime | None = None
    readings: tuple[Reading, ...] = ()


def candidates(
    loaded: Iterable[LoadedPaper],
    *,
    carried: Set[str],
    last_cutoff: datetime | None,
    now: datetime,
    window: timedelta,
    pinned: Set[str] = frozenset(),
) -> list[LoadedPaper]:
    """Return the papers first loaded since the last cut-off, dated within the window before `now`, or rising.

    Papers that already had their card (`carried`, paper ids) are out, and pinned ones always in. Before a
    list's first issue there is no cut-off, and everything loaded may stand in it.
    """
    return [
        item
        for item in loaded
        if item.paper.id not in carried
        and (
            last_cutoff is None
            or item.paper.id in pinned
            or item.first_loaded_at > last_cutoff
            or _within(item, now, window)
            or rising(item.paper, item.readings, now)
        )
    ]


def updates(
    loaded: Iterable[LoadedPaper], *, carried: Mapping[str, int | None], last_cutoff: datetime | None
) -> list[LoadedPaper]:
    """Return the papers that had their card, by id with its version, and of which a newer one was announced since."""
    return [
        item
        for item in loaded
        if item.paper.id in carried
        and item.updated_at is not None
        and last_cutoff is not None
        and item.updated_at > last_cutoff
        and (item.paper.version or 0) > (carried[item.paper.id] or 1)
    ]


def _within(item: LoadedPaper, now: datetime, window: timedelta) -> bool:
    day = item.paper.published or item.first_loaded_at.date()
    return day >= (now - window).date()
