"""What a million subscribers cost in memory and in seconds (`make bench-memory`).

100,000 and then a million subscribers are planned, each in a fresh process, with 469 editions among them, as
readers choose one to three topics of 14. A second process opens the planned issue and sends the first messages of
it. Last, 20,000 messages of 20 KB leave, each an edition of its own. The figures are the most memory a process
ever held (VmHWM), interpreter and libraries included.
"""

import argparse
import tempfile
from pathlib import Path

import bench_site
import sinks
from bench_site import SIZES
from report import Result, call, end_in_order, facts, say

SIZE = next(size for size in SIZES if size.kilobytes == 20)
SUBSCRIBERS = (100_000, 1_000_000)
SENT = 5_000
OWN = 20_000

GOAL_MB = 150.0
GOAL_SECONDS = 60.0
GOAL_GROWTH = 0.10


def below(value: float, goal: float) -> str:
    """Return whether a figure that should be small is."""
    return f"< {goal:g}: met" if value < goal else f"< {goal:g}: missed by {100 * (value / goal - 1):.0f}%"


def shared(scratch: Path, port: int, count: int) -> tuple[Result, Result]:
    """Plan `count` subscribers in one process, and send some of the issue in another."""
    root = scratch / f"shared-{count}"
    bench_site.write_site(root, SIZE, bench_site.shared_topics(count))
    bench_site.write_settings(root, port, 10)
    planned = call("ours.py", "plan", root)
    assert planned["deliveries"] == count, planned
    sent = call("ours.py", "send", root, "--limit", min(SENT, count))
    say(
        f"| {count:,} planned, {planned['editions']} editions: peak MB | {planned['peak_mb']:,.0f} |"
        f" {below(planned['peak_mb'], GOAL_MB)} |"
    )
    say(f"| … seconds | {planned['planning_seconds']:.1f} | {below(planned['planning_seconds'], GOAL_SECONDS)} |")
    say(
        f"| … the first {sent['messages']:,} of them sent: peak MB | {sent['peak_mb']:,.0f} |"
        f" {below(sent['peak_mb'], GOAL_MB)} |"
    )
    say(f"| … messages a second | {sent['messages'] / sent['seconds']:,.0f} | |")
    return planned, sent


def own(scratch: Path, port: int, count: int) -> None:
    """Send `count` messages, each an edition of its own."""
    root = scratch / "own"
    bench_site.write_site(root, SIZE, bench_site.own_topics(count, SIZE.cards))
    bench_site.write_settings(root, port, 10)
    planned = call("ours.py", "plan", root)
    sent = call("ours.py", "send", root)
    say(
        f"| {count:,} planned, {planned['editions']:,} editions: peak MB | {planned['peak_mb']:,.0f} |"
        f" {below(planned['peak_mb'], GOAL_MB)} |"
    )
    say(f"| … all of them sent: peak MB | {sent['peak_mb']:,.0f} | {below(sent['peak_mb'], GOAL_MB)} |")


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0, help="of the subscribers, for a quick look")
    share = parser.parse_args().share
    end_in_order()
    with tempfile.TemporaryDirectory() as folder, sinks.sink() as sink:
        say(f"{facts(sink.kind)}\n\n| what | figure | goal |\n|---|---:|---|")
        peaks: list[tuple[float, float]] = []
        for count in SUBSCRIBERS:
            planned, sent = shared(Path(folder), sink.port, int(count * share))
            peaks.append((planned["peak_mb"], sent["peak_mb"]))
        for what, few, many in zip(("planning", "sending"), *peaks, strict=True):
            growth = many / few - 1
            met = "met" if growth < GOAL_GROWTH else "missed"
            say(f"| {what}: a million beside 100,000 | {growth:+.0%} | within {GOAL_GROWTH:.0%}: {met} |")
        own(Path(folder), sink.port, int(OWN * share))


if __name__ == "__main__":
    main()
