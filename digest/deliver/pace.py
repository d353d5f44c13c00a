"""The pace: how much may go at once, and how fast, to one relay or to one recipient domain.

A fixed limit comes from the settings. What the other side says adapts it: told to slow down, we halve the
connections and rest, each time twice as long; as messages are accepted again, both come back by and by.
"""

from dataclasses import dataclass, field

from aiolimiter import AsyncLimiter

FIRST_REST = 2.0
LONGEST_REST = 300.0
"""Seconds."""

RECOVERY = 20
"""Messages accepted in a row that earn one more connection, and half the rest."""


@dataclass(slots=True)
class Limit:
    """What the settings allow; None is no limit."""

    connections: int | None = None
    messages_per_minute: float | None = None


@dataclass(slots=True)
class Pace:
    """The pace towards one relay or domain; moments are seconds of the event loop's clock."""

    limit: Limit
    in_flight: int = 0
    _allowed: int | None = field(init=False)
    _rest: float = FIRST_REST
    _resting_until: float = 0.0
    _accepted: int = 0
    _limiter: AsyncLimiter | None = field(init=False)

    def __post_init__(self) -> None:
        self._allowed = self.limit.connections
        self._limiter = _limiter(self.limit.messages_per_minute)

    def is_ready(self, now: float) -> bool:
        """Tell whether one more message may start now."""
        return (
            now >= self._resting_until
            and (self._allowed is None or self.in_flight < self._allowed)
            and (self._limiter is None or self._limiter.has_capacity())
        )

    def is_resting(self, now: float) -> bool:
        """Tell whether nothing may start, however little is in flight."""
        return now < self._resting_until

    async def begin(self) -> None:
        """Count a message as started; `is_ready` said that it may, so this doesn't wait."""
        self.in_flight += 1
        if self._limiter is not None:
            await self._limiter.acquire()

    async def remember(self, messages: int) -> None:
        """Count messages that left in the last minute, before this run began."""
        if self._limiter is not None:
            share = messages * self._limiter.time_period / 60
            await self._limiter.acquire(min(share, self._limiter.max_rate))

    def end(self) -> None:
        """Count a message as done, however it ended."""
        self.in_flight -= 1

    def accepted(self) -> None:
        """Come back towards the full pace."""
        self._accepted += 1
        if self._accepted < RECOVERY:
            return
        self._accepted = 0
        self._rest = max(FIRST_REST, self._rest / 2)
        if self._allowed is not None and self._allowed != self.limit.connections:
            self._allowed += 1

    def slow_down(self, now: float) -> float:
        """Halve the connections and rest; returns for how many seconds (0 when it rests already)."""
        if self.is_resting(now):
            return 0.0
        half = max(1, self.in_flight // 2)
        seconds = self.rest(now, self._rest)
        self._allowed = half
        return seconds

    def rest(self, now: float, seconds: float) -> float:
        """Start nothing for so long, and a single message after it; the next rest is twice as long."""
        self._accepted = 0
        self._allowed = 1
        self._resting_until = now + seconds
        self._rest = min(self._rest * 2, LONGEST_REST)
        return seconds


def _limiter(per_minute: float | None) -> AsyncLimiter | None:
    """Return a bucket of one second's messages, so that a minute's share doesn't leave in one burst."""
    if per_minute is None:
        return None
    burst = max(1.0, per_minute / 60)
    return AsyncLimiter(burst, burst * 60 / per_minute)
