"""Our own program, a step in a process of its own; prints JSON.

plan  builds, approves and plans the issue of a site; nothing is sent.
send  is `pipeline.send` on a planned site. What is timed is the whole of it: the run lock, opening the ledger,
      recovering, connecting, claiming and settling with the disk's promise, making every message, and QUIT.
"""

import argparse
import cProfile
import json
import resource
import sys
import time
from dataclasses import asdict
from pathlib import Path

import bench_site

from digest import clock, pipeline
from digest.deliver.states import DeliveryState
from digest.sending import Control


def peak_mb() -> float:
    """Return the most memory this process has held so far, in MB of 1,000,000 bytes (VmHWM where there is /proc)."""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text("ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024 / 1e6
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


def run(root: Path, limit: int | None = None) -> dict[str, float]:
    """Send what the site has planned, or stop after about `limit`; every message must be accepted."""
    settled = 0

    def count(_settlement: object) -> None:
        nonlocal settled
        settled += 1

    site, mailing_list = bench_site.open_site(root)
    if limit is None:
        control = Control(now=clock.now)
    else:
        control = Control(now=clock.now, stop=lambda: settled >= limit, progress=count)
    start, cpu = time.perf_counter(), time.process_time()
    delivered = pipeline.send(site, mailing_list, "daily", bench_site.DAY, control)
    seconds = time.perf_counter() - start
    assert delivered is not None
    assert delivered.reach is None, "the deliveries were to be planned before"
    accepted = delivered.counts.get(DeliveryState.ACCEPTED, 0)
    unexpected = {state: n for state, n in delivered.counts.items() if n and state is not DeliveryState.ACCEPTED}
    assert limit is not None or not unexpected, f"{unexpected}; {delivered.run.stopped}"
    return {
        "messages": accepted,
        "seconds": seconds,
        "cpu": time.process_time() - cpu,
        "peak_mb": peak_mb(),
    }


def main() -> None:
    """Do one step, under cProfile when a file for its statistics is named."""
    parser = argparse.ArgumentParser()
    parser.add_argument("step", choices=("plan", "send"))
    parser.add_argument("site", type=Path)
    parser.add_argument("--limit", type=int)
    parser.add_argument("--profile", type=Path)
    given = parser.parse_args()
    if given.step == "plan":
        result = {**asdict(bench_site.plan(given.site)), "peak_mb": peak_mb()}
    elif given.profile:
        profile = cProfile.Profile()
        result = profile.runcall(run, given.site, given.limit)
        profile.dump_stats(given.profile)
    else:
        result = run(given.site, given.limit)
    sys.stdout.write(json.dumps(result) + "\n")


if __name__ == "__main__":
    main()
