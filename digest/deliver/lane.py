"""A lane: the way to one relay, with its kept connections, its pace and its circuit breaker."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from digest.deliver.delivery import Session
from digest.deliver.outcome import Outcome
from digest.deliver.pace import Limit, Pace
from digest.deliver.states import Verb
from digest.deliver.suspicion import Suspicion

FAULTS = 3
"""Faults of a relay in a row after which its circuit breaker opens."""

FIRST_BREAK, LONGEST_BREAK = 60.0, 480.0
"""Seconds until a relay that couldn't be used is given a single message to try; they double."""


@dataclass(slots=True)
class Lane:
    """One relay in use by a run. `trouble` says why its circuit breaker is open, "" while it isn't."""

    name: str
    open_session: Callable[[], Session]
    limit: Limit
    weight: float = 1.0
    trouble: str = ""
    sent: int = 0
    suspicion: Suspicion = field(default_factory=Suspicion)
    pace: Pace = field(init=False)
    _sessions: list[Session] = field(default_factory=list)
    _idle: list[Session] = field(default_factory=list)
    _faults: int = 0
    _break: float = FIRST_BREAK

    def __post_init__(self) -> None:
        self.pace = Pace(self.limit)

    async def take(self) -> Session:
        """Return a connection for one message; the caller knows that the pace allows it."""
        await self.pace.begin()
        self.sent += 1
        if not self._idle:
            self._sessions.append(self.open_session())
            return self._sessions[-1]
        return self._idle.pop()

    def give_back(self, session: Session) -> None:
        """Keep the connection for the next message."""
        self.pace.end()
        self._idle.append(session)

    def note(self, outcome: Outcome, now: float) -> str:
        """Learn from an outcome, its connection given back; returns what changed, in words, or ""."""
        about_us = outcome.verb is Verb.RELEASE or (outcome.verb is Verb.LOSE and not outcome.code)
        if not about_us:
            self._faults = 0
            if outcome.verb is Verb.ACCEPT:
                self.trouble, self._break = "", FIRST_BREAK
                self.pace.accepted()
                self.suspicion.accepted()
            return ""
        # Of several connections some may be too many; that is no reason to give up the relay.
        if outcome.wants_less and self.pace.in_flight:
            seconds = self.pace.slow_down(now)
            return f"asks for less; it rests {seconds:g} s" if seconds else ""
        self._faults += 1
        if self._faults < FAULTS or (self.trouble and self.pace.is_resting(now)):
            return ""
        return self.open_breaker(f"{outcome.stage}: {outcome.said}", now)

    def open_breaker(self, why: str, now: float) -> str:
        """Use this relay no more for a while; returns why, in words."""
        self.trouble = why
        self._faults = FAULTS - 1  # after the rest a single fault is enough
        self.pace.rest(now, self._break)
        self._break = min(self._break * 2, LONGEST_BREAK)
        return f"can't be used ({why})"

    async def close(self) -> None:
        """Say goodbye on every connection, also on one whose message was abandoned."""
        await asyncio.gather(*(session.close() for session in self._sessions))
