"""The score of an address: how often its mailbox, though it is there, couldn't be reached lately.

Each failure adds 1, and two weeks take away 1. So somebody whose mailbox stays full is suppressed at the sixth daily
issue, and at the ninth weekly one: a faster fading would never give up on a weekly list. A mailbox that fails once in
a fortnight never comes to the limit, whatever the list's frequency. Several failures within half a day are one:
somebody on five lists has no worse mailbox for it. That a message is accepted takes nothing away, since many a relay
accepts everything and bounces it later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

LIMIT = 5.0
"""The score that suppresses."""

FADES = timedelta(days=14)
"""How long it takes for one failure to be forgotten."""

APART = timedelta(hours=12)
"""Failures that are no further apart than this are one."""


@dataclass(frozen=True, slots=True)
class Score:
    """A score as it was at the last failure that counted, and when that was."""

    value: float
    at: datetime

    @property
    def is_enough(self) -> bool:
        """Tell whether it suppresses."""
        return self.value >= LIMIT

    def faded(self, at: datetime) -> float:
        """Return what is left of it at a later moment."""
        return max(0.0, self.value - max(at - self.at, timedelta()) / FADES)


def failed(before: Score | None, at: datetime) -> Score:
    """Return the score of an address that failed at a moment; the same as before where that counts no more."""
    if before is None:
        return Score(1.0, at)
    return Score(before.faded(at) + 1.0, at) if at - before.at >= APART else before
