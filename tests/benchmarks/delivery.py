"""The delivery benchmark: our sender beside three others, in one run (`make bench`).

Every message is somebody's own: an edition nobody else has, drawn from 200 cards, their name, their links. Ours
and (a) send the same messages, all send to the same sink, over the same number of kept connections; `baselines`
says what each does. A case runs three times, the programs in turn, each in a fresh process; medians count.

Before anything is timed the issue goes to a sink of our own once, which sees every message: that gives (a) its
messages, and shows that everybody got exactly one and that no two are alike.

    delivery.py --profile FILE      only ours, at 20 KB over 10 connections, under cProfile (read it with pstats)
"""

import argparse
import email
import email.policy
import os
import re
import shutil
import statistics
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import bench_site
import latency
import sinks
from bench_site import SIZES, Size
from report import Result, call, end_in_order, facts, say, verdict

KEPT = 1_000
"""Messages that (a) sends in turn."""

ROUND_TRIP = 0.030
SHORTEST = 1.5
"""Seconds a run of ours must take to say anything."""

GOALS = {("a", 4): 1.3, ("a", 20): 2.0, ("a", 40): 2.5, ("c", 40): 0.65}
GOAL_MAILER = 20.0
GOAL_FAR = 1.8
BASELINES = {"a": "(a) aiosmtplib.sendmail", "b": "(b) Jinja2 + EmailMessage", "c": "(c) smtp-source"}
COUNTS = {
    "a": {4: 12_000, 20: 6_000, 40: 4_000},
    "b": {4: 800, 20: 600, 40: 500},
    "c": {4: 20_000, 20: 16_000, 40: 12_000},
}

Program = Callable[[], Result]


@dataclass(frozen=True)
class Prepared:
    """A site that is planned, to be copied for each run, and its messages as they were on the wire."""

    size: Size
    root: Path
    deliveries: int
    mean: float
    folder: Path

    def ours(self, port: int, connections: int) -> Result:
        """Send a copy of the site's issue."""
        with copied(self.root, port, connections) as root:
            return call("ours.py", "send", root)


@contextmanager
def copied(origin: Path, port: int, connections: int) -> Iterator[Path]:
    """Lay a copy of a planned site whose relay is at `port`, for a single run."""
    root = origin.with_name(f"{origin.name}-run")
    shutil.copytree(origin, root)
    bench_site.write_settings(root, port, connections)
    os.sync()  # so that no run pays for what the copy left unwritten
    try:
        yield root
    finally:
        shutil.rmtree(root)


def prepare(scratch: Path, size: Size, deliveries: int) -> Prepared:
    """Plan a site, send it to a sink that looks at every message, and check what came."""
    root, folder = scratch / f"site{size.kilobytes}-{deliveries}", scratch / f"messages{size.kilobytes}-{deliveries}"
    bench_site.write_site(root, size, bench_site.own_topics(deliveries, size.cards))
    planned = call("ours.py", "plan", root)
    assert planned["deliveries"] == planned["editions"] == deliveries, planned
    with sinks.capture(folder, KEPT) as sink, copied(root, sink.port, 10) as copy:
        call("ours.py", "send", copy)
    seen = sinks.captured(folder)
    assert seen.messages == seen.recipients == deliveries, seen
    check_own(folder)
    mean = seen.bytes / seen.messages
    assert abs(mean / size.bytes - 1) < 0.1, f"{size.name} came out as {mean:,.0f} bytes"
    say(
        f"{size.name}: {mean:,.0f} bytes on the wire in the mean; {deliveries:,} subscribers, {planned['editions']:,}"
        f" editions; drafted in {planned['drafting_seconds']:.1f} s, planned in {planned['planning_seconds']:.1f} s"
        f" ({deliveries / planned['planning_seconds']:,.0f}/s)"
    )
    return Prepared(size, root, deliveries, mean, folder)


def check_own(folder: Path) -> None:
    """Fail unless each message has a recipient, links, a Message-ID and papers that no other has."""
    own: dict[str, set[object]] = {}
    files = sorted(folder.glob("*.eml"))
    for file in files:
        message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        recipient, leave = message["To"].addresses[0], message["List-Unsubscribe"]
        page = re.findall("<(https:[^>]+)>", leave)[0]
        parts = [message.get_body((kind,)) for kind in ("plain", "html")]
        text, html = (str(part.get_content()) for part in parts if part is not None)
        assert recipient.addr_spec in text
        assert recipient.display_name in text
        assert page in text
        assert page in html
        papers = frozenset(re.findall(r"arxiv\.org/abs/([\d.]+)", text))
        assert papers == frozenset(re.findall(r"arxiv\.org/abs/([\d.]+)", html))
        for what, value in (
            ("to", recipient.addr_spec),
            ("link", page),
            ("id", message["Message-ID"]),
            ("papers", papers),
        ):
            own.setdefault(what, set()).add(value)
    assert all(len(values) == len(files) for values in own.values()), {k: len(v) for k, v in own.items()}


def in_turn(programs: dict[str, Program], rounds: int) -> dict[str, list[Result]]:
    """Run the programs one after the other, `rounds` times."""
    results: dict[str, list[Result]] = {name: [] for name in programs}
    for _ in range(rounds):
        for name, program in programs.items():
            results[name].append(program())
    return results


def rate(results: Sequence[Result]) -> float:
    """Return the median of messages a second."""
    return statistics.median(result["messages"] / result["seconds"] for result in results)


def rows(label: str, results: dict[str, list[Result]], goals: dict[str, float | None]) -> Iterator[str]:
    """Yield the table's rows of one case."""
    ours = rate(results["ours"])
    rates = [result["messages"] / result["seconds"] for result in results["ours"]]
    peak, cpu = (max(result[key] for result in results["ours"]) for key in ("peak_mb", "cpu"))
    cost = 1e6 * cpu / results["ours"][0]["messages"]
    short = min(result["seconds"] for result in results["ours"]) < SHORTEST
    note = f"{min(rates):,.0f} to {max(rates):,.0f}; {cost:,.0f} µs of CPU each, peak {peak:,.0f} MB"
    yield f"| {label} | ours | {ours:,.0f} | | {note}{'; run too short' if short else ''} |"
    for name, found in BASELINES.items():
        if name in results:
            theirs = rate(results[name])
            yield f"| | {found} | {theirs:,.0f} | {ours / theirs:.2f} | {verdict(ours / theirs, goals.get(name))} |"


def near(case: Prepared, port: int, connections: int, rounds: int, share: float) -> Iterator[str]:
    """Run one size over one number of connections, on a network without a delay."""
    kb = case.size.kilobytes

    def baseline(which: str, name: str, *more: object) -> Program:
        count = max(connections, int(COUNTS[name][kb] * share))
        return lambda: call("baselines.py", which, port, connections, count, *more)

    programs: dict[str, Program] = {
        "ours": lambda: case.ours(port, connections),
        "a": baseline("prepared", "a", "--folder", case.folder),
        "b": baseline("mailer", "b", "--kilobytes", kb),
    }
    if sinks.installed("smtp-source"):
        programs["c"] = baseline("source", "c", "--length", int(case.mean))
    results = in_turn(programs, rounds)
    assert abs(results["b"][0]["bytes"] / case.mean - 1) < 0.15, "the mailer's messages are of another size"
    goals = {"a": GOALS[("a", kb)], "b": GOAL_MAILER, "c": GOALS.get(("c", kb))}
    yield from rows(f"{case.size.name}, {connections} connections", results, goals)


def far(case: Prepared, sink_port: int, connections: int, rounds: int) -> Iterator[str]:
    """Run ours and (a) over a network with a round trip of 30 ms."""
    with latency.delayed(sink_port, ROUND_TRIP) as port:
        fewer = case.deliveries // 2
        once, together = latency.ping(port), latency.ping(port, 50)
        assert ROUND_TRIP <= once < ROUND_TRIP * 1.2, f"a round trip took {once:.4f} s"
        assert together < once * 1.2, "the relay lets one wait for the other"
        programs: dict[str, Program] = {
            "ours": lambda: case.ours(port, connections),
            "a": lambda: call("baselines.py", "prepared", port, connections, fewer, "--folder", case.folder),
        }
        results = in_turn(programs, rounds)
    label = f"{case.size.name}, {connections} connections, round trip {once * 1000:.1f} ms"
    yield from rows(label, results, {"a": GOAL_FAR})


def profile(scratch: Path, port: int, share: float, target: Path) -> None:
    """Run ours alone at 20 KB under cProfile."""
    size = next(size for size in SIZES if size.kilobytes == 20)
    case = prepare(scratch, size, int(size.deliveries * share))
    with copied(case.root, port, 10) as root:
        result = call("ours.py", "send", root, "--profile", target.resolve())
    say(f"{result['messages'] / result['seconds']:,.0f}/s under the profiler")


def compare(scratch: Path, sink: sinks.Sink, given: argparse.Namespace) -> None:
    """Run every case and print the table."""
    lines: list[str] = []
    sizes = [size for size in SIZES if size.kilobytes in given.kilobytes]
    for size in sizes:
        case = prepare(scratch, size, int(size.deliveries * given.share))
        for connections in (10, 50):
            lines += near(case, sink.port, connections, given.rounds, given.share)
    for connections, deliveries in ((10, 500), (50, 2_500)):
        case = prepare(scratch, SIZES[1], deliveries)
        lines += far(case, sink.port, connections, given.rounds)
    say(f"\nMedians of {given.rounds} runs, messages a second, one process each. {facts(sink.kind)}\n")
    say("| case | program | messages/s | ours to it | goal, or the spread of ours |\n|---|---|---:|---:|---|")
    for line in lines:
        say(line)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kilobytes", type=int, nargs="+", default=[size.kilobytes for size in SIZES])
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--share", type=float, default=1.0, help="of the messages, for a quick look")
    parser.add_argument("--bundled", action="store_true", help="use the bundled sink even where smtp-sink is")
    parser.add_argument("--profile", type=Path, metavar="FILE")
    given = parser.parse_args()
    end_in_order()
    with tempfile.TemporaryDirectory() as scratch, sinks.sink(given.bundled) as sink:
        if given.profile:
            profile(Path(scratch), sink.port, given.share, given.profile)
        else:
            compare(Path(scratch), sink, given)


if __name__ == "__main__":
    main()
