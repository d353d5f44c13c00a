"""The program as an operator has it: a site made by its commands, and its `send` in a process of its own."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from digest import clock

RELAY_TIMEOUT = 30.0
"""Seconds the sender waits for a reply: longer than the server's silence, and than a busy machine's pauses."""

DONE, COULD_NOT, PARTLY = 0, 1, 3
"""The exit codes of `digest send` that are no defect; COULD_NOT only when the relay was of no use."""

_TOPICS = ("", "language-models", "robotics vision", "efficiency", "data safety")
"""What readers chose: some editions, so that the ledger's order is not the file's."""

_DOMAINS = ("example.org", "example.com", "example.net")


class Program:
    """One site that sends to a server on loopback; `addresses` is who stands in its subscriber file."""

    def __init__(self, root: Path, port: int, connections: int, readers: int) -> None:
        self.root = root
        self.store = root / "store.sqlite3"
        self.addresses = tuple(f"r{n}@{_DOMAINS[n % len(_DOMAINS)]}" for n in range(readers))
        # The ledger is tried, not the wire: short messages do.
        self._environment = {**os.environ, "DIGEST_LISTS__DAILY__MAX_CARDS": "3"}
        self._day = clock.now().date().isoformat()
        self._make(port, connections)

    def _make(self, port: int, connections: int) -> None:
        self._command("init", str(self.root))
        settings = self.root / "digest.toml"
        relay = f'host = "127.0.0.1"\nport = {port}\ntls = "none"\n'
        relay += f"connections = {connections}\ntimeout_seconds = {RELAY_TIMEOUT}\n"
        text, marked = settings.read_text("utf-8"), 'maildir = "outbox"\n'
        assert marked in text
        settings.write_text(text.replace(marked, relay), encoding="utf-8")
        self._command("--site", str(self.root), "papers", "load", str(self.root / "seeds"), "--year", "2025")
        rows = (f"{address},Reader {n},{_TOPICS[n % len(_TOPICS)]}\n" for n, address in enumerate(self.addresses))
        file = self.root / "subscribers" / "daily.csv"
        file.write_text("email,name,topics\n" + "".join(rows), encoding="utf-8")

    def _command(self, *words: str) -> None:
        command = [sys.executable, "-m", "digest", *words]
        subprocess.run(command, env=self._environment, check=True, stdout=subprocess.DEVNULL, timeout=60)

    def start(self) -> subprocess.Popen[str]:
        """Start `digest send`."""
        command = [sys.executable, "-m", "digest", "--site", str(self.root)]
        command += ["send", "daily", "--date", self._day, "--json"]
        return subprocess.Popen(
            command, env=self._environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def is_at_work(self, process: subprocess.Popen[str]) -> bool:
        """Tell whether this process holds the run lock: the draft and the plan come next (docs/store.md)."""
        lock = self.store.with_name(f"{self.store.name}.lock")
        return lock.exists() and lock.read_text(encoding="ascii") == str(process.pid)


def ended(process: subprocess.Popen[str], patience: float) -> dict[str, Any] | None:
    """Return what a run said at its own end, or None when a SIGKILL ended it.

    Raises AssertionError for any other end, or when none comes within `patience` seconds.
    """
    try:
        out, err = process.communicate(timeout=patience)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise AssertionError(f"a run did not end within {patience:.0f} seconds") from None
    if process.returncode == -signal.SIGKILL:
        return None
    said: dict[str, Any] = json.loads(out) if out.startswith("{") else {}
    of_no_use = process.returncode == COULD_NOT and said.get("stopped")
    if not said or not (process.returncode in (DONE, PARTLY) or of_no_use):
        raise AssertionError(f"a run ended with {process.returncode}: {err[-2000:]}{out[-500:]}")
    return said
