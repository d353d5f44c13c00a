"""What the benchmarks share: a script run in a process of its own, and how a figure stands beside its goal."""

import json
import os
import platform
import signal
import sqlite3
import subprocess
import sys
from importlib import metadata
from pathlib import Path

HERE = Path(__file__).parent

Result = dict[str, float]


def say(line: str = "") -> None:
    """Print a line at once; a run takes minutes."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def end_in_order() -> None:
    """Let SIGTERM end us as Ctrl-C does, so that sinks and scratch folders go with us."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def call(script: str, *arguments: object) -> Result:
    """Run one of our scripts in a process of its own and return what it measured."""
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=900)
    return json.loads(done.stdout)


def verdict(ratio: float, goal: float | None) -> str:
    """Return a goal, and whether it was met."""
    if goal is None:
        return ""
    return f"{goal:g} x: met" if ratio >= goal else f"{goal:g} x: missed by {100 * (1 - ratio / goal):.1f}%"


def facts(kind: str) -> str:
    """Return what matters of this machine."""
    try:
        loop = f"uvloop {metadata.version('uvloop')}"
    except metadata.PackageNotFoundError:
        loop = "no uvloop"
    versions = f"aiosmtplib {metadata.version('aiosmtplib')}, SQLite {sqlite3.sqlite_version}"
    return (
        f"{os.cpu_count()} cores, {platform.system()}, {platform.python_implementation()} {platform.python_version()},"
        f" {loop}, {versions}; sink: {kind}"
    )
