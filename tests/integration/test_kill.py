"""`kill -9` while it plans and while it sends: nobody is missed, and what may come twice is known and little."""

import signal
import smtplib
import socket
import subprocess
import sys
import time

import pytest

from tests.kills.finding import Moment, Size
from tests.kills.server import USUAL, CountingServer, Fault
from tests.kills.trial import Trial

READERS = 60


@pytest.mark.slow
def test_killed_again_and_again_an_issue_reaches_everybody(tmp_path):
    size = Size(messages=2_000, kills=20, seed=20261124, connections=4, pace=0.003)
    finding = Trial(tmp_path / "site", size, USUAL).run()
    assert finding.wrong == []
    assert finding.kills.total() == size.kills
    assert finding.kills[Moment.PLANNING] >= 1
    assert finding.kills[Moment.SENDING] >= size.kills // 2
    assert finding.uncertain > 0  # else no kill struck where it could hurt
    assert finding.lost == 0
    assert finding.duplicates <= finding.kills.total() * size.connections + finding.doubtful
    assert finding.states == {"accepted": size.messages}


MESSAGE = "Subject: x\r\nMessage-ID: <1@example.org>\r\n\r\nMessage-ID: <2@example.org>\r\n"


def hand_over(server):
    with smtplib.SMTP("127.0.0.1", server.port, timeout=10) as client:
        client.sendmail("digest@example.org", ["ada@example.org"], MESSAGE)


@pytest.mark.parametrize(
    ("fault", "error", "taken"),
    [
        (Fault.BANNER, smtplib.SMTPConnectError, False),
        (Fault.GREYLIST, smtplib.SMTPRecipientsRefused, False),
        (Fault.BEFORE_DATA, smtplib.SMTPServerDisconnected, False),
        (Fault.DOT, smtplib.SMTPDataError, False),
        (Fault.AFTER_DOT, smtplib.SMTPServerDisconnected, True),
        (Fault.SILENCE, smtplib.SMTPServerDisconnected, True),
    ],
)
def test_the_counting_server_counts_its_faults_and_what_it_took(fault, error, taken):
    with CountingServer({fault: 1.0}, pace=0.0, seed=1) as server:
        with pytest.raises(error):
            hand_over(server)
        server.settle()
    assert server.faults == {fault: 1}
    assert server.by_recipient() == ({"ada@example.org": {"<1@example.org>"}} if taken else {})


def test_the_counting_server_knows_a_duplicate_from_a_change():
    with CountingServer({}, pace=0.0, seed=1) as server:
        hand_over(server)
        hand_over(server)
        server.settle()
        assert (server.duplicates(), server.differing()) == (1, 0)
        server.take(MESSAGE.replace("Subject: x", "Subject: y").encode(), "ada@example.org")
        assert (server.duplicates(), server.differing()) == (2, 1)


def test_the_counting_server_takes_what_a_dead_sender_had_sent():
    with CountingServer({}, pace=0.05, seed=1) as server:
        with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
            replies = client.makefile("rb")
            client.sendall(b"EHLO x\r\nMAIL FROM:<a@example.org>\r\nRCPT TO:<b@example.org>\r\nDATA\r\n")
            assert any(line.startswith(b"354") for line in replies)
            client.sendall(f"{MESSAGE}.\r\n".encode())
            replies.close()
        server.settle()
        assert server.by_recipient() == {"b@example.org": {"<1@example.org>"}}


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
    out, _ = process.communicate(timeout=10)
    assert process.returncode == 3
    assert "asked to stop" in out
    assert f"{len(server.messages)} accepted" in out
    assert "claimed" not in out
