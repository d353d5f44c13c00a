"""The live bar of `digest send`, on a terminal: what was accepted, deferred, failed, how fast, how long to go."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Task

    from digest.deliver.delivery import Settlement

REFRESHES = 8
"""How often a second the bar is drawn."""

RATE_OVER = 5.0
"""Seconds over which the rate is taken."""

LEAST_BAR = 10
"""Columns that are left to the bar itself; words that don't fit beside it are left out."""

_WORDS = {"accept": "accepted", "fail": "failed", "lose": "uncertain"}
"""What a verb counts as; every other one leaves a delivery deferred."""


@dataclass(slots=True)
class Tally:
    """The deliveries of a run by their last outcome; one that was deferred and sent later counts once.

    It is told of every message and only counts; whoever draws reads it from another thread.
    """

    total: int | None = None
    settled: int = 0
    counts: dict[str, int] = field(default_factory=lambda: {"accepted": 0, "deferred": 0, "failed": 0, "uncertain": 0})
    _unaccepted: dict[int, str] = field(default_factory=dict)

    def planned(self, open_deliveries: int) -> None:
        """Take note of how many deliveries are open: what comes from here on is sending."""
        self.total = open_deliveries

    def add(self, settlement: "Settlement") -> None:
        """Count what became of a delivery, in place of what it was before."""
        delivery, word = settlement.claim.delivery_id, _WORDS.get(settlement.outcome.verb, "deferred")
        before = self._unaccepted.pop(delivery, None)
        if before is None:
            self.settled += 1
        else:
            self.counts[before] -= 1
        if word != "accepted":
            self._unaccepted[delivery] = word
        self.counts[word] += 1


def words(tally: Tally, rate: float | None, room: int) -> str:
    """Return what stands beside the bar, in at most `room` columns where it can be; `rate` is messages a second."""
    if tally.total is None:
        return ""
    counts = [f"{word} {tally.counts[word]:,}" for word in tally.counts if tally.counts[word] or word != "uncertain"]
    pace = []
    if rate:
        left = timedelta(seconds=round((tally.total - tally.settled) / rate))
        pace = [f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s", f"{left} left"]
    number = f"{tally.settled:,}/{tally.total:,}"
    narrower = ([number, *counts, *pace], [number, *counts[2:], *pace], [number, *pace], [number, *pace[1:]], [number])
    return next((line for parts in narrower if len(line := "  ".join(parts)) <= room), "")


@contextmanager
def sending_bar() -> Iterator[Tally]:
    """Show the bar while the block runs; yields what counts for it. Without a terminal nothing is shown.

    Lines that go to sys.stderr meanwhile, such as the log's, are printed above it.
    """
    tally = Tally()
    if not sys.stderr.isatty():
        yield tally
        return
    from rich.console import Console, RenderableType
    from rich.progress import BarColumn, Progress, TextColumn
    from rich.text import Text

    class Words(TextColumn):
        def render(self, task: "Task") -> Text:
            room = console.width - LEAST_BAR - len(task.description) - 2 * 2
            return Text(words(tally, task.speed, room), no_wrap=True)

    class Sending(Progress):
        def get_renderables(self) -> Iterator[RenderableType]:
            description = "planning" if tally.total is None else "sending"
            for task in self.task_ids:
                self.update(task, description=description, total=tally.total, completed=tally.settled)
            yield from super().get_renderables()

    console = Console(stderr=True)
    with Sending(
        TextColumn("{task.description}"),
        BarColumn(bar_width=None),
        Words(""),
        console=console,
        transient=True,
        expand=True,
        refresh_per_second=REFRESHES,
        speed_estimate_period=RATE_OVER,
        redirect_stdout=False,
    ) as bar:
        bar.add_task("planning", total=None)
        yield tally
