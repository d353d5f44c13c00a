"""Suspicions: refusals that speak of us and not of the address they answer.

One domain that refuses us for its policy (5.7.x) or its system (5.3.x) is that domain's affair. When several
answer alike it is the relay, or what it is thought of: then the relay rests, and those refused are tried
again. Many failures of any kind are a list gone bad, and somebody has to look. Many bounces that say there is no such
address are doubted: servers have said so of all their readers for an afternoon.
"""

from collections import deque
from dataclasses import dataclass, field

from digest.deliver.outcome import Outcome
from digest.deliver.states import Verb

DOMAINS = 3
"""So many recipient domains that answer alike speak of the relay."""

FORGOTTEN_AFTER = 20
"""So many messages accepted meanwhile clear a relay of an older refusal."""

REMEMBERED = 1_000
"""Deliveries of one kind of refusal that can be tried again."""

FAILURES, OF_LAST = 20, 50
"""So many failures among so many last outcomes pause a list."""

BELIEVED, ONE_IN = 50, 5
"""Fewer addresses of an issue than this are believed not to exist; of more, at most one in so many of those mailed."""


@dataclass(slots=True)
class Suspicion:
    """The refusals of one relay, by their enhanced code."""

    _refused: dict[str, dict[int, str]] = field(default_factory=dict)
    _accepted: int = 0

    def accepted(self) -> None:
        """Count a message that the relay took."""
        if self._refused:
            self._accepted += 1
            if self._accepted >= FORGOTTEN_AFTER:
                self._refused.clear()

    def refused(self, delivery_id: int, domain: str, outcome: Outcome) -> frozenset[int]:
        """Take note of a refusal; returns the deliveries to try again when it is one too many, or none."""
        if not speaks_of_policy(outcome):
            return frozenset()
        alike = self._refused.setdefault(outcome.enhanced, {})
        self._accepted = 0
        if len(alike) < REMEMBERED or domain not in alike.values():
            alike[delivery_id] = domain
        if len(set(alike.values())) < DOMAINS:
            return frozenset()
        return frozenset(self._refused.pop(outcome.enhanced))


def speaks_of_policy(outcome: Outcome) -> bool:
    """Tell whether a failure may be about us (RFC 3463, 3.4 and 3.8)."""
    return outcome.verb is Verb.FAIL and outcome.enhanced.startswith(("5.7.", "5.3."))


def accepted_for(gone: int) -> int:
    """Return how many accepted messages make so many bounces, of addresses that don't exist, believable.

    Both are counted alike: of an issue, or of its messages to one domain.
    """
    return gone * ONE_IN if gone >= BELIEVED else 0


class Spike:
    """The last outcomes, failed or not."""

    def __init__(self) -> None:
        self._last: deque[bool] = deque(maxlen=OF_LAST)

    def add(self, verb: Verb) -> bool:
        """Take note of an outcome; tells whether the list is to be paused."""
        if verb in (Verb.ACCEPT, Verb.FAIL):
            self._last.append(verb is Verb.FAIL)
        return verb is Verb.FAIL and sum(self._last) >= FAILURES

    def clear(self) -> None:
        """Forget them: they were the relay's fault."""
        self._last.clear()
