"""`kill -9` in the middle of sending: nobody is missed, and who may get it twice is known and few."""

import os
import signal
import subprocess
import sys
import time
from datetime import date, timedelta

from digest.clock import now as clock_now
from digest.deliver.states import DeliveryState
from digest.issues.states import IssueState
from digest.pipeline import send
from digest.sending import Control

READERS, CONNECTIONS = 60, 2


def test_a_killed_run_goes_on_where_it_was(mailed, server, subscriber_file):
    rows = "".join(f"r{n}@example.org\n" for n in range(READERS))
    subscriber_file.write_text("email\n" + rows, encoding="utf-8")
    site = mailed
    server.delay = 0.02

    day = "2026-11-24"
    command = [sys.executable, "-m", "digest", "--site", site.root, "send", "daily", "--date", day]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    limit = time.monotonic() + 30
    while len(server.messages) < READERS // 3 and time.monotonic() < limit and process.poll() is None:
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 0 < len(server.messages) < READERS

    again = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert again.returncode in (0, 3), again.stderr
    later = clock_now() + timedelta(minutes=5)
    last = send(site, site.list("daily"), "daily", date.fromisoformat(day), Control(now=lambda: later))

    assert last.issue.state is IssueState.FINISHED
    assert last.counts == {DeliveryState.ACCEPTED: READERS}
    assert set(server.by_recipient) == {f"r{n}@example.org" for n in range(READERS)}
    twice = [recipient for recipient, times in server.by_recipient.items() if times > 1]
    assert len(twice) <= CONNECTIONS
    ids = {(envelope.rcpt_tos[0], message["Message-ID"]) for envelope, message in server.messages}
    assert len(ids) == READERS  # a second copy has the first one's Message-ID


def test_sigterm_settles_what_is_on_the_wire(mailed, server, subscriber_file):
    rows = "".join(f"r{n}@example.org\n" for n in range(READERS))
    subscriber_file.write_text("email\n" + rows, encoding="utf-8")
    site = mailed
    server.delay = 0.02
    command = [sys.executable, "-m", "digest", "--site", site.root, "send", "daily", "--date", "2026-11-24"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    limit = time.monotonic() + 30
    while len(server.messages) < 5 and time.monotonic() < limit and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 3
    assert "asked to stop" in err
    assert f"{len(server.messages)} accepted" in out
    assert "claimed" not in out
