"""What a run learns from each outcome: about the address, its domain, the relay, and the list."""

import logging
from dataclasses import dataclass, field, replace
from datetime import datetime

from digest.deliver.choice import Domains
from digest.deliver.delivery import Claim, Settlement
from digest.deliver.facts import tell
from digest.deliver.lane import FAULTS, Lane
from digest.deliver.outcome import Outcome
from digest.deliver.retry import next_attempt
from digest.deliver.states import Verb
from digest.deliver.suspicion import Spike, speaks_of_policy


@dataclass(slots=True)
class Lessons:
    """The memory of one run. `reopened` are failed deliveries to be tried again after all.

    `spike` tells that so many messages failed that somebody has to look.
    """

    domains: Domains
    reopened: set[int] = field(default_factory=set)
    spike: bool = False
    _last: Spike = field(default_factory=Spike)
    _released: dict[int, int] = field(default_factory=dict)

    def settle(self, claim: Claim, lane: Lane, outcome: Outcome, at: datetime, now: float) -> Settlement:
        """Return what becomes of the claim; `at` is the moment, `now` the event loop's clock."""
        if speaks_of_policy(outcome) and lane.trouble:
            outcome = replace(outcome, verb=Verb.RELEASE)  # it is about the relay; another may do better
        changed = lane.note(outcome, now)
        if outcome.verb is Verb.DEFER and outcome.wants_less and (seconds := self.domains.slow_down(claim.domain, now)):
            tell("domain rests", logging.INFO, domain=claim.domain, seconds=seconds, reply=outcome.reply)
        if outcome.verb is Verb.FAIL:
            changed = self._suspect(claim, lane, outcome, now) or changed
        if changed:
            tell("relay rests", relay=lane.name, reason=changed)
        if outcome.code and claim.delivery_id not in self.reopened:  # without a reply nobody refused anything
            self.spike = self._last.add(outcome.verb) or self.spike
        return Settlement(claim, outcome, lane.name, at, self._again(claim, outcome, at))

    def _suspect(self, claim: Claim, lane: Lane, outcome: Outcome, now: float) -> str:
        """See whether a refusal is about the relay; returns what changed, in words."""
        alike = lane.suspicion.refused(claim.delivery_id, claim.domain, outcome)
        if not alike:
            return ""
        self.reopened |= alike
        self._last.clear()
        return lane.open_breaker(f"several domains answer alike: {outcome.code} {outcome.reply}", now)

    def _again(self, claim: Claim, outcome: Outcome, at: datetime) -> datetime | None:
        """Return when to try once more.

        What the relay was at fault for is tried at once, until its circuit breaker opens and another takes
        over; if that comes to nothing too, it waits like any other.
        """
        if outcome.verb is Verb.RELEASE:
            times = self._released.get(claim.delivery_id, 0)
            self._released[claim.delivery_id] = times + 1
            return next_attempt(times - FAULTS + 1, at, claim.subscriber_id) if times >= FAULTS else at
        if outcome.verb in (Verb.DEFER, Verb.LOSE):
            return next_attempt(claim.attempts + 1, at, claim.subscriber_id)
        return None
