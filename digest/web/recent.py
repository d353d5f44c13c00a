"""What was shown a moment ago: a page, its two frames and its checks are one message, rendered once.

A message is shown again only while no file that it is made of has changed: templates, settings, subscribers
and the store are looked at each time.
"""

import os
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from threading import Lock

from digest.config.load import FILE_NAME
from digest.resources import shipped
from digest.site import Site
from digest.web.choice import Choice, Chosen
from digest.web.shown import Shown, show

KEPT = 8
"""How many messages are kept."""


class Recent:
    """The messages shown last, each with all that it was made of."""

    def __init__(self) -> None:
        """Begin with none."""
        self._kept: OrderedDict[object, Shown] = OrderedDict()
        self._lock = Lock()  # whoever asks for the same message waits for it

    def show(self, site: Site, choice: Choice, chosen: Chosen, now: datetime) -> Shown:
        """Return what a choice comes to within this minute. Raises what `show` raises."""
        with self._lock:
            key = (choice, now.replace(second=0, microsecond=0), tuple(_states(site)))
            if key not in self._kept:
                self._kept[key] = show(site, chosen, now)
                while len(self._kept) > KEPT:
                    self._kept.popitem(last=False)
            return self._kept[key]


def _states(site: Site) -> Iterator[tuple[str, int, int, int]]:
    """Yield what tells one state of a file from another, for all files that a message is made of."""
    for path in _files(site):
        try:
            stat = os.stat(path)  # noqa: PTH116 (some hundred files each time)
        except OSError:
            continue
        yield str(path), stat.st_ino, stat.st_size, stat.st_mtime_ns


def _files(site: Site) -> Iterator[Path | str]:
    store = site.root / site.settings.store
    yield from (site.root / FILE_NAME, store, store.with_name(f"{store.name}-wal"))
    yield from map(site.subscriber_file, site.lists)
    yield from _below((site.root / site.settings.templates, shipped("templates")))


def _below(folders: Iterable[Path]) -> Iterator[str]:
    for folder in folders:
        for where, _, names in os.walk(folder):
            yield from (f"{where}/{name}" for name in names)
