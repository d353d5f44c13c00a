"""The sender: claim → send → settle, over a few kept connections.

One ledger task stands between all connections and the store: it settles what is known and claims what
comes next in a single transaction, and a message leaves only after its claim is committed. What the
sender needs of the store is the `Ledger` below; what it needs of the network is a `Session`.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from digest.deliver.outcome import Outcome, Stage, lost
from digest.deliver.states import Verb

RELAY_FAULTS = 3
"""Faults of the relay in a row, on one connection, after which a run gives up and says so."""

ASKED = "asked to stop"
"""Why a run stopped that somebody stopped."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery that is ours to send now; `message` makes its bytes from the frozen issue."""

    delivery_id: int
    subscriber_id: str
    address: str
    address_key: str
    name: str
    edition: str
    date: datetime
    attempts: int


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a claim."""

    claim: Claim
    outcome: Outcome
    relay: str
    at: datetime


class Ledger(Protocol):
    """What the sender asks of the store."""

    def exchange(self, settled: list[Settlement], want: int, now: datetime) -> list[Claim]:
        """Settle what is known and claim up to `want` deliveries, in one transaction."""
        ...


class Session(Protocol):
    """One connection to a relay, opened when first needed."""

    async def send(self, recipient: str, message: bytes) -> Outcome:
        """Hand over one message; every reply, and silence, is an outcome."""
        ...

    async def close(self) -> None:
        """Say QUIT and close; a broken connection is closed without a word."""
        ...


@dataclass(slots=True)
class Run:
    """A run's counts by verb, and why it stopped early (None when it went to the end)."""

    counts: dict[Verb, int] = field(default_factory=dict)
    stopped: str | None = None
    defect: Exception | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """Sends what a ledger holds due; `progress` is told of every settlement."""

    ledger: Ledger
    relay: str
    open_session: Callable[[], Session]
    message: Callable[[Claim], bytes]
    now: Callable[[], datetime]
    stop: Callable[[], bool]
    connections: int = 4
    progress: Callable[[Settlement], None] = lambda _settlement: None

    async def run(self) -> Run:
        """Send until nothing is due, the relay gives up, or `stop()` says so.

        A defect met while a message is made is raised once everything on the wire is settled.
        """
        run = Run()
        todo: asyncio.Queue[Claim] = asyncio.Queue()
        done: asyncio.Queue[Settlement] = asyncio.Queue()
        workers = [asyncio.create_task(self._work(todo, done, run)) for _ in range(self.connections)]
        try:
            await self._keep_ledger(todo, done, run)
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
        if run.defect is not None:
            raise run.defect
        return run

    async def _keep_ledger(self, todo: asyncio.Queue[Claim], done: asyncio.Queue[Settlement], run: Run) -> None:
        """Exchange with the ledger until every claim is settled and nothing more is due."""
        open_claims, settled = 0, list[Settlement]()
        while True:
            want = 0 if self._stopping(run) else self.connections - open_claims
            claims = self.ledger.exchange(settled, want, self.now())
            open_claims += len(claims)
            for claim in claims:
                todo.put_nowait(claim)
            if not open_claims:
                return
            settled = await self._gather(done, run)
            open_claims -= len(settled)

    async def _gather(self, done: asyncio.Queue[Settlement], run: Run) -> list[Settlement]:
        """Wait for one settlement and take all others that are there already."""
        settled = [await done.get()]
        with suppress(asyncio.QueueEmpty):
            while True:
                settled.append(done.get_nowait())
        for settlement in settled:
            verb = settlement.outcome.verb
            run.counts[verb] = run.counts.get(verb, 0) + 1
            self.progress(settlement)
        return settled

    def _stopping(self, run: Run) -> bool:
        if run.stopped is None and self.stop():
            run.stopped = ASKED
        return run.stopped is not None

    async def _work(self, todo: asyncio.Queue[Claim], done: asyncio.Queue[Settlement], run: Run) -> None:
        """One connection: send claim after claim; a row of relay faults ends the whole run."""
        session, faults = self.open_session(), 0
        try:
            while True:
                claim = await todo.get()
                outcome = await self._send(session, claim, run)
                faults = faults + 1 if outcome.verb is Verb.RELEASE else 0
                if faults >= RELAY_FAULTS and run.stopped is None:
                    said = f"{outcome.code} {outcome.reply}" if outcome.code else outcome.reply
                    run.stopped = f"relay {self.relay} can't be used ({outcome.stage}: {said})"
                done.put_nowait(Settlement(claim, outcome, self.relay, self.now()))
        finally:
            await session.close()

    async def _send(self, session: Session, claim: Claim, run: Run) -> Outcome:
        try:
            message = self.message(claim)
        except Exception as error:
            run.stopped, run.defect = "a message couldn't be made", error
            return lost(Stage.CONNECT, repr(error))
        return await session.send(claim.address, message)
