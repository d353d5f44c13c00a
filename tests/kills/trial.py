"""The supervisor: start the sender, kill it at a random moment, look, start it again, until all is sent."""

import time
from collections.abc import Callable
from pathlib import Path
from random import Random
from subprocess import Popen

from tests.kills import ledger
from tests.kills.finding import Finding, Moment, Size, check_after_kill, check_at_end
from tests.kills.program import Program, ended
from tests.kills.server import CountingServer, Fault

PATIENCE = 60.0
"""Seconds after which a run that isn't where it shall be killed is killed where it is."""

ROUNDS = 50
"""Runs to the end that an issue may need once nobody kills any more: each mends most of what was refused."""

FIRST = 0.03
"""Seconds in which a run that finds its plan made takes back what a dead run left, and connects."""


class Trial:
    """One issue, whose sender is killed `size.kills` times. Moments and faults are drawn from `size.seed`.

    `progress` is told of each kill.
    """

    def __init__(
        self,
        root: Path,
        size: Size,
        faults: dict[Fault, float],
        progress: Callable[[Finding], None] = lambda _finding: None,
    ) -> None:
        self._root = root
        self._size = size
        self._progress = progress
        self._random = Random(size.seed)
        self._server = CountingServer(faults, size.pace, size.seed)
        self._finding = Finding(size)
        self._claimed = 0  # left by the run before
        self._taken = 0  # before this run
        self._waits = False  # the last run went to its end, what is left waits for its time

    def run(self) -> Finding:
        """Run the trial and return what it found. Raises AssertionError where a run ends as none should."""
        began = time.monotonic()
        planning = self._measure_planning()
        with self._server:
            self._program = self._new_program(self._root, self._server)
            self._kill_while_planning(self._size.kills // 5, planning)
            self._kill_on_the_way()
            self._finish()
        self._finding.seconds = time.monotonic() - began
        return self._finding

    def _new_program(self, root: Path, server: CountingServer) -> Program:
        return Program(root, server.port, self._size.connections, self._size.messages)

    def _measure_planning(self) -> float:
        """Return how many seconds a run needs from its lock to its first connection, tried on another site."""
        with CountingServer({}, self._size.pace, self._size.seed) as server:
            self._program = self._new_program(self._root.with_name(f"{self._root.name}-measured"), server)
            process = self._start()
            began = time.monotonic()
            self._until(process, lambda: server.busy > 0)
            seconds = time.monotonic() - began
            process.kill()
            ended(process, PATIENCE)
        return seconds

    def _kill_while_planning(self, kills: int, planning: float) -> None:
        """Kill before the first message, shortest wait first: a plan that is whole can't be killed half made."""
        for wait in sorted(self._random.uniform(0, planning) for _ in range(kills)):
            process = self._start()
            self._pause(process, wait)
            self._kill(process)

    def _kill_on_the_way(self) -> None:
        """Spread the other kills over what is still unsent; some of it stays for the end."""
        for _ in range(3 * self._size.kills):
            left = self._size.kills - self._finding.kills.total()
            look = ledger.look(self._program.store)
            if not left or look.issue == "finished":
                return
            if self._waits or self._random.random() < 0.5:
                ledger.pass_time(self._program.store)
            unsent = self._size.messages - look.counts["accepted"]
            at_once = left % 5 == 0
            self._kill_after(0 if at_once else 1 + self._random.randrange(1 + 2 * unsent // (left + 3)))

    def _kill_after(self, messages: int) -> None:
        """Kill a run some milliseconds after the server took so many of it; 0 is about before the first."""
        process = self._start()
        self._until(process, lambda: len(self._server.taken) >= self._taken + messages)
        self._pause(process, self._random.uniform(0, 0.002 + 3 * self._size.pace if messages else FIRST))
        self._kill(process)

    def _finish(self) -> None:
        """Let the sender run to the end, as often as what was refused needs; then once more, for nothing."""
        for _ in range(ROUNDS):
            ledger.pass_time(self._program.store)
            self._run_to_the_end()
            if ledger.look(self._program.store).issue == "finished":
                break
        self._run_to_the_end()
        self._finding.claim(len(self._server.taken) == self._taken, "a finished issue was sent again")
        self._finding.claim(ledger.is_intact(self._program.store), "the store is damaged")
        check_at_end(self._finding, ledger.look(self._program.store), self._server, self._program.addresses)

    def _start(self) -> Popen[str]:
        """Start a run and wait until it holds the run lock: draft, plan and messages come after that."""
        self._taken = len(self._server.taken)
        process = self._program.start()
        self._until(process, lambda: self._program.is_at_work(process))
        return process

    def _until(self, process: Popen[str], reached: Callable[[], bool]) -> None:
        limit = time.monotonic() + PATIENCE
        while not reached() and process.poll() is None and time.monotonic() < limit:
            time.sleep(0.001)

    def _pause(self, process: Popen[str], seconds: float) -> None:
        limit = time.monotonic() + seconds
        self._until(process, lambda: time.monotonic() >= limit)

    def _kill(self, process: Popen[str]) -> None:
        """Kill -9; only what a SIGKILL ended counts as killed."""
        process.kill()
        said = ended(process, PATIENCE)
        self._finding.runs += 1
        self._server.settle()
        look = ledger.look(self._program.store)
        self._waits = said is not None
        if said is None:
            self._finding.kills[self._moment(look)] += 1
            check_after_kill(self._finding, look, self._server)
            self._progress(self._finding)
        else:
            self._check_report(said)
        self._claimed = look.counts["claimed"]

    def _moment(self, look: ledger.Look) -> Moment:
        if not look.planned:
            return Moment.PLANNING
        return Moment.SENDING if len(self._server.taken) > self._taken else Moment.RECOVERING

    def _run_to_the_end(self) -> None:
        process = self._start()
        said = ended(process, PATIENCE + self._size.messages * (0.01 + self._size.pace))
        self._finding.runs += 1
        assert said is not None, "somebody else killed a run"
        self._check_report(said)
        self._claimed = ledger.look(self._program.store).counts["claimed"]

    def _check_report(self, said: dict[str, object]) -> None:
        """A run that could speak names what the one before left uncertain, and leaves nothing itself."""
        named = said["uncertain"]
        self._finding.claim(named == self._claimed, f"{self._claimed} were uncertain, the run named {named}")
        states = said["deliveries"]
        self._finding.claim("claimed" not in str(states), f"a run ended by itself and left {states}")
