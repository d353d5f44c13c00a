"""The window: which deliveries are looked at next, without reading all of them.

Deliveries never tried come in the order of their ids, a stretch at a time: neighbours lie on one page of the
database, so that a group of them costs one page written, and the editions of a stretch are read together.
Those deferred come when they are due. One whose domain may get nothing just now is put aside, as its bare
id, and the others pass it.
"""

from array import array
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from digest.deliver.delivery import Waiting

STRETCH = 1_000
"""Deliveries read at a time."""


@dataclass(slots=True)
class Window:
    """The waiting deliveries in memory. `after` is the last id read of those never tried."""

    after: int = 0
    is_complete: bool = False
    _ready: deque[Waiting] = field(default_factory=deque)
    _aside: dict[str, "array[int]"] = field(default_factory=dict)
    _again: set[int] = field(default_factory=set)

    def add_untried(self, found: list[Waiting]) -> None:
        """Take in the next stretch of those never tried; an empty one was the last."""
        self.is_complete = not found
        if found:
            self.after = found[-1].id
            self._ready.extend(found)

    def add_again(self, found: Iterable[Waiting]) -> None:
        """Take in what is due again, before the others; what is in the window already is passed over."""
        for one in found:
            if one.id not in self._again:
                self._again.add(one.id)
                self._ready.appendleft(one)

    @property
    def is_low(self) -> bool:
        """Tell whether it is time to read on."""
        return len(self._ready) < STRETCH // 4

    @property
    def due_again(self) -> int:
        """How many deferred ones are in the window."""
        return len(self._again)

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing at all is left to be picked."""
        return not self._ready and not self._aside

    def next(self, admits: Callable[[str], bool]) -> Waiting | None:
        """Return the next one whose domain `admits` lets through, or None."""
        picked = self._from_aside(admits) if self._aside else None
        while picked is None and self._ready:
            one = self._ready.popleft()
            if admits(one.domain):
                picked = one
            else:
                self._aside.setdefault(one.domain, array("q")).append(one.id)
        if picked is not None:
            self._again.discard(picked.id)
        return picked

    def _from_aside(self, admits: Callable[[str], bool]) -> Waiting | None:
        for domain, ids in self._aside.items():
            if admits(domain):
                picked = Waiting(ids.pop(), domain, "")
                if not ids:
                    del self._aside[domain]
                return picked
        return None
