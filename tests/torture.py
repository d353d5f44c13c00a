"""Kill the sender again and again while it sends to thousands, with faults injected (`make torture`).

Prints a table for docs/reliability.md; exit code 1 when a promise was not kept.

usage: torture.py [--messages N] [--kills N] [--seed N] [--connections N]
"""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.kills.finding import Finding, Moment, Size
from tests.kills.server import USUAL, Fault
from tests.kills.trial import Trial

PACE = 0.001
"""Seconds the server thinks over a message: a kill finds most connections with a message on the wire."""


def table(finding: Finding) -> str:
    """Return what was found as a Markdown table."""
    size, kept = finding.size, "kept" if not finding.wrong else "**broken**"
    rows = [
        ("messages (one a reader)", f"{size.messages:,}"),
        ("connections; seed", f"{size.connections}; {size.seed}"),
        ("runs; of these killed with SIGKILL", f"{finding.runs}; {finding.kills.total()}"),
        *((f"– killed {moment}", f"{finding.kills[moment]}") for moment in Moment),
        *((f"fault: {fault}", f"{finding.faults[fault]:,}") for fault in Fault),
        ("uncertain after kills; at most at one kill", f"{finding.uncertain:,}; {finding.most_uncertain}"),
        ("**duplicates**; at most allowed", f"**{finding.duplicates:,}**; {finding.bound:,}"),
        ("**lost**", f"**{finding.lost}**"),
        ("issue; deliveries by state", f"{finding.issue}; {_counted(finding.states)}"),
        ("all promises", kept),
        ("duration", f"{finding.seconds / 60:.1f} minutes"),
    ]
    return "\n".join(["| | |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)])


def _counted(states: dict[str, int]) -> str:
    return ", ".join(f"{number:,} {state}" for state, number in sorted(states.items())) or "none"


def main() -> None:
    """Run one trial as the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--messages", type=int, default=50_000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1, help="of the moments and the faults")
    parser.add_argument("--connections", type=int, default=8)
    asked = parser.parse_args()
    size = Size(asked.messages, asked.kills, asked.seed, asked.connections, PACE)
    with tempfile.TemporaryDirectory() as scratch:
        finding = Trial(Path(scratch) / "site", size, USUAL, _tell).run()
    print(table(finding))  # noqa: T201
    for line in finding.wrong:
        print(f"broken: {line}", file=sys.stderr)  # noqa: T201
    sys.exit(1 if finding.wrong else 0)


def _tell(finding: Finding) -> None:
    made = finding.kills.total()
    if made % 10 == 0:
        print(f"{made} kills, {finding.uncertain} uncertain, {len(finding.wrong)} wrong", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    main()
