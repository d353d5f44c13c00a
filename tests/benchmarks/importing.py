"""What an import of a million rows costs in seconds and in memory (`make bench-import`).

Three files: a plain table; an export of Mailchimp with the evidence of consent, tags, and every hundredth row unusable;
and the same export of people who left. Each goes into a fresh site in a process of its own, and then once more, when
all are known: read, looked over, taken in. The memory is the most a process ever held, interpreter and libraries
included; a tenth of the rows beside it shows whether it grows.
"""

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[1]))

from digest.clock import now  # noqa: E402
from digest.init import create_site  # noqa: E402
from digest.roster.importing.taking import imported  # noqa: E402
from digest.site import Site  # noqa: E402
from tests.benchmarks.report import call, end_in_order, say  # noqa: E402

ROWS = 1_000_000
GOAL_SECONDS, GOAL_MB = 60.0, 300.0

NAMES = ["Ada", "Bo", "Cy", "Dora", "Emil", "Fay", "Gus", "Hana", "Ivo", "Jürgen", "Kai", "Léa"]
FAMILIES = ["Example", "Sample", "Lovelace", "Noether", "Hopper", "Gauss", "Turing", "Müller", "Núñez"]
MAILCHIMP = (
    '"Email Address","First Name","Last Name",MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,'
    "LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,{}LAST_CHANGED,LEID,EUID,NOTES,TAGS\n"
)


def plain(count: int) -> Iterator[str]:
    """Yield a table in our own columns."""
    dice = random.Random(1)
    yield "email,name,topics,frequency,timezone,language\n"
    for number in range(count):
        name, family = dice.choice(NAMES), dice.choice(FAMILIES)
        topics, often = dice.choice(("", "robotics", "vision robotics")), dice.choice(("", "weekly"))
        yield f"reader{number}@example.{dice.choice(('org', 'com', 'net'))},{name} {family},{topics},{often},,\n"


def mailchimp(count: int, left: str = "") -> Iterator[str]:
    """Yield an export of Mailchimp, of those who left when `left` says so."""
    dice = random.Random(1)
    yield MAILCHIMP.format("UNSUB_TIME,UNSUB_REASON," if left else "")
    for number in range(count):
        address = "no address" if number % 100 == 7 else f"reader{number}@example.org"
        moment = f'"2019-01-01 10:{number // 60 % 60:02}:{number % 60:02}",192.0.2.{number % 250}'
        yield (
            f"{address},{dice.choice(NAMES)},{dice.choice(FAMILIES)},2,{moment},{moment},52.5,13.4,1,2,Europe/Berlin,DE,"
            f'BE,{left}"2021-03-16 14:40:47",{number},ab{number:x},,"""Robotics"",""VIP {number % 50}"""\n'
        )


FILES = {
    "a plain table": plain,
    "Mailchimp's export, with evidence": mailchimp,
    "Mailchimp's export of who left": lambda count: mailchimp(count, '"2021-03-16 14:40:47",NORMAL,'),
}


def measure(root: Path, path: Path) -> None:
    """Import a file into a site and print what it took, as JSON."""
    begun, site = time.perf_counter(), Site.open(root)
    with imported(site, site.list("daily"), path, {}) as found:
        read = time.perf_counter() - begun
        summary = found.summary
        if summary.changes:
            found.take_in(now())
    sys.stdout.write(
        json.dumps(
            {
                "rows": summary.rows,
                "new": summary.merged.new,
                "leaving": sum(summary.leaving.values()),
                "refused": summary.refused.count,
                "read_seconds": read,
                "seconds": time.perf_counter() - begun,
                "cpu": time.process_time(),
                "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            }
        )
    )


def verdict(value: float, goal: float) -> str:
    """Return whether a figure that should be small is."""
    return f"< {goal:g}: {'met' if value < goal else 'missed'}"


def compare(scratch: Path, what: str, count: int) -> None:
    """Import a file into a fresh site, and again, and print the figures."""
    peaks = []
    for rows in (count // 10, count):
        root, path = scratch / f"site-{rows}", scratch / "import.csv"
        create_site(root)
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(FILES[what](rows))
        (root / "subscribers" / "daily.csv").write_text("email,name,topics,frequency,timezone,language\n", "utf-8")
        first = call("importing.py", "--measure", root, path)
        again = call("importing.py", "--measure", root, path)
        assert first["new"] + first["leaving"] + first["refused"] == rows, first
        assert again["new"] == again["leaving"] == 0, again
        peaks.append(first["peak_mb"])
    took, mb = first["seconds"], first["peak_mb"]
    say(f"| {what}: seconds | {took:.1f} | {verdict(took, GOAL_SECONDS)} |")
    say(f"| … of these until the question; of CPU in all | {first['read_seconds']:.1f}; {first['cpu']:.1f} | |")
    say(f"| … peak MB (with a tenth of the rows) | {mb:,.0f} ({peaks[0]:,.0f}) | {verdict(mb, GOAL_MB)} |")
    say(f"| … once more, all known: seconds | {again['seconds']:.1f} | {verdict(again['seconds'], GOAL_SECONDS)} |")


def main() -> None:
    """Run it all."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=ROWS)
    parser.add_argument("--measure", nargs=2, type=Path, metavar=("SITE", "FILE"), help="one import, for ourselves")
    asked = parser.parse_args()
    if asked.measure:
        measure(*asked.measure)
        return
    end_in_order()
    say(f"| {asked.rows:,} rows | figure | goal |\n|---|---:|---|")
    for what in FILES:
        with tempfile.TemporaryDirectory() as folder:
            compare(Path(folder), what, asked.rows)


if __name__ == "__main__":
    main()
