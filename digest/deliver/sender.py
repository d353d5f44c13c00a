"""The sender: claim → send → settle, over a few kept connections to one relay or several.

One task exchanges with the ledger for all connections: it settles what became known and claims what goes
next, in one transaction, and a message leaves only after its claim is committed. So whenever the power
fails, at most one message a connection is uncertain. Only the waiting for the disk is done in a thread of its
own, and replies are read meanwhile.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from digest.deliver.choice import Choice, Domains
from digest.deliver.delivery import Claim, Ledger, Outgoing, Session, Settlement, Waiting
from digest.deliver.facts import tell_settlement
from digest.deliver.lane import Lane
from digest.deliver.lessons import Lessons
from digest.deliver.outcome import Outcome, Stage, lost
from digest.deliver.states import Verb
from digest.deliver.window import STRETCH, Window

ASKED = "asked to stop"
"""Why a run stopped that somebody stopped."""

SPIKE = "so many messages failed that the issue is paused; look at them before it goes on"
"""Why a run stopped in which the failures piled up."""

PATIENCE = 6.0
"""Seconds that a run that is to stop waits for the replies to what is on the wire."""

GROUP, GATHERING, IN_A_ROW = 8, 0.002, 0.02
"""How many settlements are waited for before a transaction, for how long at most, and how close behind the last
one it must be (seconds) for that to be worth it."""

LOOK_AROUND = 0.25
"""Seconds after which a sender with nothing to do looks whether that has changed."""


@dataclass(slots=True)
class Run:
    """A run's counts by verb, and why it stopped early (None when it went to the end)."""

    counts: dict[Verb, int] = field(default_factory=dict)
    stopped: str | None = None
    defect: Exception | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """Where claims come from, and what makes their messages; `prepare` is told which editions come soon."""

    ledger: Ledger
    message: Callable[[Claim], Outgoing]
    prepare: Callable[[Collection[str]], None] = lambda _editions: None


class _Pick(NamedTuple):
    """A waiting delivery, and the connection that would carry it."""

    waiting: Waiting
    lane: Lane
    session: Session


class Sender:
    """Sends what a ledger holds due, until nothing is, no relay can be used, or somebody stops it."""

    def __init__(
        self,
        queue: Queue,
        choice: Choice,
        domains: Domains,
        *,
        now: Callable[[], datetime],
        stop: Callable[[], bool] = lambda: False,
        progress: Callable[[Settlement], None] = lambda _settlement: None,
        patience: float = PATIENCE,
    ) -> None:
        self._queue = queue
        self._choice = choice
        self._domains = domains
        self._now, self._stop, self._progress, self._patience = now, stop, progress, patience
        self._lessons = Lessons(domains)
        self._window = Window()
        self._run = Run()
        self._on_wire: dict[asyncio.Task[None], tuple[Claim, _Pick]] = {}
        self._done: list[Settlement] = []
        self._news, self._enough = asyncio.Event(), 1
        self._looked_around = float("-inf")
        self._exchanged = float("-inf")
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="disk")

    async def run(self) -> Run:
        """Send; what goes wrong with us or the ledger is raised once everything on the wire is settled."""
        self._loop = asyncio.get_running_loop()
        try:
            try:
                while await self._step():
                    pass
            except Exception as error:
                self._run.defect = error
            await self._wind_up()
        finally:
            for task, (_, pick) in self._on_wire.items():
                task.cancel()
                pick.session.abandon("the run failed")
            await asyncio.gather(*self._on_wire, return_exceptions=True)
            await asyncio.gather(*(lane.close() for lane in self._choice.lanes))
            self._disk.shutdown()
        if self._run.defect is not None:
            raise self._run.defect
        return self._run

    async def _step(self) -> bool:
        """Settle, claim and start what can be; returns whether there is more to do."""
        await self._gather()
        if self._run.stopped is None:
            self._run.stopped = ASKED if self._stop() else SPIKE if self._lessons.spike else None
        if self._run.stopped is not None:
            return False
        self._read_on()
        picks = await self._pick()
        if self._done or picks:
            await self._exchange(picks)
            return True
        if not self._on_wire and self._window.is_empty and self._window.is_complete:
            return False
        if not self._on_wire and (trouble := self._choice.trouble):
            self._run.stopped = trouble
            return False
        await self._wait(LOOK_AROUND)  # for a reply, for a limit, or for the end of a rest
        return True

    async def _gather(self) -> None:
        """Let replies that come close together share a transaction, since its cost is the disk's."""
        if self._on_wire and len(self._done) < GROUP and self._loop.time() - self._exchanged < IN_A_ROW:
            await self._wait(GATHERING, GROUP)

    async def _wait(self, seconds: float, enough: int = 1) -> None:
        """Wait until so many settlements are there, nothing is on the wire, or the time is over."""
        self._enough = enough
        self._news.clear()
        handle = self._loop.call_later(seconds, self._news.set)
        await self._news.wait()
        handle.cancel()

    def _read_on(self) -> None:
        """Fill the window from the ledger where it runs low, and with what is due again."""
        ledger, window, now = self._queue.ledger, self._window, self._loop.time()
        if now - self._looked_around >= LOOK_AROUND or (window.is_empty and window.is_complete):
            self._looked_around = now
            limit = STRETCH + window.due_again
            window.add_again(self._look_up(ledger.due_again, self._now(), limit))
        if window.is_low and not window.is_complete:
            window.add_untried(self._look_up(ledger.upcoming, window.after, STRETCH))

    def _look_up(self, query: Callable[..., list[Waiting]], *values: object) -> list[Waiting]:
        """Ask the ledger for deliveries that wait, and have their editions ready."""
        found = query(*values)
        self._queue.prepare({one.edition for one in found})
        return found

    async def _pick(self) -> dict[int, _Pick]:
        """Return deliveries for every connection that may take one, by delivery id."""
        now = self._loop.time()
        picks: dict[int, _Pick] = {}
        while (lane := self._choice.next(now)) is not None:
            one = self._window.next(lambda domain: self._domains.admits(domain, now))
            if one is None:
                break
            await self._domains.begin(one.domain)
            picks[one.id] = _Pick(one, lane, await lane.take())
        return picks

    async def _exchange(self, picks: dict[int, _Pick]) -> None:
        """Settle what is done and claim what was picked, in one transaction; then send it."""
        settled, self._done = self._done, []
        reopened, self._lessons.reopened = self._lessons.reopened, set()
        if not (settled or picks or reopened):
            return
        try:
            claims = self._queue.ledger.exchange(settled, list(picks), self._now(), reopened)
            committing = self._loop.run_in_executor(self._disk, self._queue.ledger.commit)
            messages = [self._made(claim) for claim in claims]  # while the disk is written
            await committing
        except Exception:
            self._done[:0], self._lessons.reopened = settled, reopened  # to be tried once more at the end
            self._give_back(picks.values())
            raise
        self._exchanged = self._loop.time()
        for settlement in settled:
            verb = settlement.outcome.verb
            self._run.counts[verb] = self._run.counts.get(verb, 0) + 1
            tell_settlement(settlement)
            self._progress(settlement)
        for claim, message in zip(claims, messages, strict=True):
            pick = picks.pop(claim.delivery_id)
            task = self._loop.create_task(self._send(claim, pick, message))
            self._on_wire[task] = claim, pick
        self._give_back(picks.values())  # suppressed, expired or taken away meanwhile

    def _give_back(self, picks: Iterable[_Pick]) -> None:
        """Let go of the connections of those that were picked and aren't sent."""
        for pick in picks:
            self._domains.end(pick.waiting.domain)
            pick.lane.give_back(pick.session)

    def _made(self, claim: Claim) -> Outgoing | None:
        """Return the message of a claim; one that can't be made is a defect, and ends the run."""
        try:
            return self._queue.message(claim)
        except Exception as error:
            self._run.stopped, self._run.defect = "a message couldn't be made", error
            return None

    async def _send(self, claim: Claim, pick: _Pick, message: Outgoing | None) -> None:
        """Send one message; what comes of it is settled with the next exchange."""
        if message is None:
            outcome = lost(Stage.CONNECT, "the message couldn't be made")
        else:
            try:
                outcome = await pick.session.send(message)
            except Exception as error:
                self._run.stopped, self._run.defect = "a message couldn't be sent", error
                outcome = pick.session.abandon(repr(error))
        task = asyncio.current_task()
        assert task is not None
        del self._on_wire[task]
        self._settle(claim, pick, outcome)

    def _settle(self, claim: Claim, pick: _Pick, outcome: Outcome) -> None:
        self._domains.end(claim.domain, accepted=outcome.verb is Verb.ACCEPT)
        pick.lane.give_back(pick.session)
        settlement = self._lessons.settle(claim, pick.lane, outcome, self._now(), self._loop.time())
        self._done.append(settlement)
        if len(self._done) >= self._enough or not self._on_wire:
            self._news.set()

    async def _wind_up(self) -> None:
        """Wait for the replies to what is on the wire, but not for ever, and settle everything."""
        if self._on_wire:
            _, late = await asyncio.wait(self._on_wire, timeout=self._patience)
            for task in late:
                claim, pick = self._on_wire.pop(task)
                task.cancel()
                self._settle(claim, pick, pick.session.abandon("stopped while waiting for the reply"))
        await self._exchange({})
