"""Which papers may stand in the next issue of a list."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.papers.paper import Paper


@dataclass(frozen=True, slots=True)
class LoadedPaper:
    """A paper and the moment (aware) it was first loaded."""

    paper: Paper
    first_loaded_at: datetime


def candidates(
    loaded: Iterable[LoadedPaper],
    *,
    carried: Set[str],
    last_cutoff: datetime | None,
    now: datetime,
    window: timedelta,
) -> list[Paper]:
    """Return the papers first loaded since the last cut-off, or dated within the window before `now`.

    Papers that already had their card (`carried`, paper ids) are out. Before a list's first issue
    there is no cut-off, and everything loaded may stand in it.
    """
    return [
        item.paper
        for item in loaded
        if item.paper.id not in carried
        and (last_cutoff is None or item.first_loaded_at > last_cutoff or _within(item, now, window))
    ]


def _within(item: LoadedPaper, now: datetime, window: timedelta) -> bool:
    day = item.paper.published or item.first_loaded_at.date()
    return day >= (now - window).date()
