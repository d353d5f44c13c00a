"""An IMAP mailbox, read over real connections, with and without TLS; what goes wrong is one clear line."""

import os
import signal
import socket
import subprocess
import sys
from datetime import timedelta

import pytest

from digest.errors import MailboxError
from digest.mailboxes.imap import Account, Imap
from digest.returns.receiving import Tally, read_mailbox
from digest.store import reports
from tests.integration.imap_server import LOGIN, certificate, serving
from tests.integration.returning import genuine
from tests.integration.sending import sent_issue
from tests.unit.bounces.samples import mail

ADA, EMMY, KURT = "ada@example.org", "emmy@example.com", "kurt@example.net"


@pytest.fixture
def issue(site, now):
    return sent_issue(site, [ADA, EMMY, KURT], now - timedelta(days=2))


@pytest.fixture
def imap():
    with serving() as imap:
        yield imap


def account(imap, tls="none", **changes):
    return Account(**{
        "host": "127.0.0.1", "port": imap.port, "tls": tls, "username": LOGIN[0], "password": LOGIN[1], **changes
    })  # fmt: skip


def read(site, mailbox, now) -> Tally:
    return sum((batch.tally for batch in read_mailbox(site, mailbox, "mailbox test", lambda: now)), Tally())


def test_unseen_mails_are_read_and_marked_as_seen(site, issue, imap, now):
    imap.put(genuine(site, issue, ADA), genuine(site, issue, KURT, "leave-subject"), mail("other-spam"))
    imap.put(genuine(site, issue, EMMY))
    imap.mails[10].flags.add("\\Seen")
    assert str(read(site, Imap(account(imap)), now)) == "mails: 3, suppressed: 1, left: 1, no report: 1"
    assert imap.flags() == [["\\Seen"]] * 4
    assert read(site, Imap(account(imap)), now).letters == 0
    assert not any("EXPUNGE" in command or "Deleted" in command for command in imap.commands if "SEARCH" not in command)


def test_many_mails_are_fetched_some_at_a_time(site, imap, now):
    imap.put(*[b"Subject: %d\n\n" % n for n in range(45)])
    assert read(site, Imap(account(imap)), now).letters == 45
    assert imap.count("UID FETCH") == imap.count("UID STORE") == 3


def test_of_a_huge_mail_only_the_beginning_is_fetched(site, imap):
    imap.put(b"Subject: big\n\n" + b"x" * 3_000_000)
    with Imap(account(imap)) as mailbox:
        [letter] = mailbox.unread()
    assert len(letter.content) == 1_000_000


def test_a_mail_that_the_server_does_not_give_costs_only_itself(site, issue, imap, now):
    imap.put(genuine(site, issue, ADA), b"Subject: broken\n\n", genuine(site, issue, EMMY))
    imap.refuse = {"UID FETCH 7,8,9": "NO a mail is broken", "UID FETCH 8 ": "NO [CORRUPTION] can't be read"}
    tally = read(site, Imap(account(imap)), now)
    assert tally.counts == {"suppressed": 2}
    assert [(one.place, one.problem) for one in tally.unreadable] == [
        ("UID 8", "the server doesn't give it: [CORRUPTION] can't be read")
    ]
    assert imap.flags() == [["\\Seen"], [], ["\\Seen"]]


@pytest.mark.parametrize(
    ("changes", "refuse", "said"),
    [
        ({"password": "wrong"}, {}, "refuses the login of digest: [AUTHENTICATIONFAILED] who are you; check username"),
        ({"folder": "Bounces"}, {}, "doesn't open the folder Bounces: no such folder; check `folder`"),
        ({}, {"UID STORE": "NO read only"}, "mails can't be marked as read: read only"),
        ({}, {"UID SEARCH": "BAD no"}, "UID command error: BAD"),
        ({"host": "nowhere.invalid"}, {}, "there is no such host; check `host`"),
    ],
)
def test_a_refusal_is_one_line_with_the_server_and_what_to_do(site, imap, now, changes, refuse, said):
    imap.put(mail("other-spam"))
    imap.refuse = refuse
    with pytest.raises(MailboxError) as raised:
        read(site, Imap(account(imap, **changes)), now)
    line = str(raised.value)
    assert said in line
    assert line.startswith(f"{changes.get('host', '127.0.0.1')}:{imap.port}")
    assert "\n" not in line
    assert LOGIN[1] not in line


def test_a_connection_that_ends_is_one_line_and_what_was_read_is_done(site, issue, imap, now):
    imap.put(*[genuine(site, issue, ADA)] * 20, genuine(site, issue, EMMY))
    imap.drop_at = "UID FETCH 27"
    with pytest.raises(MailboxError, match="tried again"):
        read(site, Imap(account(imap)), now)
    imap.drop_at = ""
    assert read(site, Imap(account(imap)), now).counts["suppressed"] == 1


def test_nobody_there_is_one_line(site, now):
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(MailboxError, match=f"^127.0.0.1:{port}: Connection refused; it is tried again$"):
        read(site, Imap(Account("127.0.0.1", port, "none", *LOGIN)), now)


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_a_certificate_is_verified(site, issue, tmp_path, now, monkeypatch, tls):
    file, context = certificate(tmp_path)
    with serving(context if tls == "implicit" else None) as imap:
        imap.starttls = context if tls == "starttls" else None
        imap.put(genuine(site, issue, ADA))
        with pytest.raises(MailboxError, match="its certificate is not trusted: self-signed certificate"):
            read(site, Imap(account(imap, tls)), now)
        monkeypatch.setenv("SSL_CERT_FILE", str(file))
        assert read(site, Imap(account(imap, tls)), now).counts == {"suppressed": 1}
        assert imap.count("LOGIN") == 1


def test_a_certificate_of_another_host_is_refused(site, tmp_path, now, monkeypatch):
    file, context = certificate(tmp_path, "127.0.0.2")
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with (
        serving(context) as imap,
        pytest.raises(MailboxError, match="its certificate is not trusted: IP address mismatch"),
    ):
        read(site, Imap(account(imap, "implicit")), now)


def test_no_password_goes_to_a_server_without_tls(site, imap, now):
    with pytest.raises(MailboxError, match="TLS not supported by server"):
        read(site, Imap(account(imap, "starttls")), now)
    with pytest.raises(MailboxError, match="no TLS here"):
        read(site, Imap(account(imap, "implicit")), now)
    assert imap.count("LOGIN") == 0


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from digest.mailboxes.imap import Account, Imap
from digest.returns.receiving import read_mailbox
from digest.site import Site

mailbox = Imap(Account("127.0.0.1", int(sys.argv[2]), "none", sys.argv[3], sys.argv[4]))
mailbox.done = lambda letters: os.kill(os.getpid(), signal.SIGKILL)  # after the commit, before the flag
list(read_mailbox(Site.open(Path(sys.argv[1])), mailbox, "mailbox test", lambda: datetime.fromisoformat(sys.argv[5])))
"""


def test_killed_between_commit_and_flag_nothing_is_done_twice(site, issue, imap, now):
    imap.put(genuine(site, issue, ADA, **{"5.1.1": "5.2.2"}))
    arguments = [sys.executable, "-c", KILLED, site.root, str(imap.port), *LOGIN, now.isoformat()]
    killed = subprocess.run(arguments, timeout=60, capture_output=True, text=True, env=os.environ)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert imap.flags() == [[]]
    assert [row.effect for row in reports.walk(site.store)] == ["scored"]
    assert read(site, Imap(account(imap)), now).counts == {"repeated": 1}
    assert imap.flags() == [["\\Seen"]]
