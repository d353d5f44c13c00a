"""The choice: which relay takes the next message, and which recipient domains may get one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from digest.deliver.lane import Lane
from digest.deliver.pace import Limit, Pace

Failover = Literal["ordered", "weighted"]
"""Whether the first relay that can be used takes all, or each its share."""


@dataclass(frozen=True, slots=True)
class Choice:
    """The relays of a run. Moments are seconds of the event loop's clock."""

    lanes: Sequence[Lane]
    failover: Failover = "ordered"

    def next(self, now: float) -> Lane | None:
        """Return the relay for one more message, or None when none may take one now."""
        usable = [lane for lane in self.lanes if not lane.pace.is_resting(now)]
        if self.failover == "ordered":
            return usable[0] if usable and usable[0].pace.is_ready(now) else None
        # Shares of the connections, not of the messages: a relay that is slow doesn't hold up the others.
        scale = min((lane.limit.connections or 1) / lane.weight for lane in usable) if usable else 0
        ready = [
            lane
            for lane in usable
            if lane.pace.is_ready(now) and lane.pace.in_flight < max(1, round(scale * lane.weight))
        ]
        return min(ready, key=lambda lane: (lane.sent + 1) / lane.weight, default=None)

    @property
    def trouble(self) -> str:
        """Why no relay at all can be used, "" while one can."""
        if not all(lane.trouble for lane in self.lanes):
            return ""
        return "; ".join(f"relay {lane.name} can't be used ({lane.trouble})" for lane in self.lanes)


@dataclass(slots=True)
class Domains:
    """The pace towards recipient domains: those with a limit of their own, and those that asked for less."""

    limits: Mapping[str, Limit] = field(default_factory=dict)
    _paces: dict[str, Pace] = field(default_factory=dict)
    _in_flight: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._paces = {domain: Pace(limit) for domain, limit in self.limits.items()}

    def admits(self, domain: str, now: float) -> bool:
        """Tell whether one more message may go to the domain now."""
        pace = self._paces.get(domain)
        return pace is None or pace.is_ready(now)

    async def begin(self, domain: str) -> None:
        """Count a message to the domain as started."""
        self._in_flight[domain] = self._in_flight.get(domain, 0) + 1
        if domain in self._paces:
            await self._paces[domain].begin()

    def end(self, domain: str, *, accepted: bool = False) -> None:
        """Count it as done."""
        self._in_flight[domain] -= 1
        if not self._in_flight[domain]:
            del self._in_flight[domain]
        pace = self._paces.get(domain)
        if pace is not None:
            pace.end()
            if accepted:
                pace.accepted()

    def slow_down(self, domain: str, now: float) -> float:
        """Obey a domain that asks for less; returns for how many seconds it gets nothing."""
        pace = self._paces.get(domain)
        if pace is None:
            pace = self._paces[domain] = Pace(Limit(), in_flight=self._in_flight.get(domain, 0))
        return pace.slow_down(now)

    async def remember(self, sent: Mapping[str, int]) -> None:
        """Count what the domains got in the last minute, before this run began."""
        for domain, pace in self._paces.items():
            await pace.remember(sent.get(domain, 0))
