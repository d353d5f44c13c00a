"""Mailboxes are read: what they report is done once, nothing is deleted, and a forged mail does nothing."""

import fcntl
import os
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from itertools import islice
from pathlib import Path

import pytest

from digest.bounces.report import Effect, Kind
from digest.errors import ConfigError, InputError, MailboxError
from digest.mailboxes.maildir import Maildir
from digest.mailboxes.mbox import Mbox
from digest.returns.receiving import Tally, open_mailbox, read_mailbox
from digest.roster.forgetting import forget
from digest.site import Site
from digest.store import reports, suppressions
from digest.subscribers.address import parse_address
from tests.integration.returning import genuine, maildir, mbox
from tests.integration.sending import key_of, sent_issue
from tests.integration.sources import declared
from tests.unit.bounces.samples import MESSAGE_ID, NAMES, mail

ADA, EMMY, KURT = "ada@example.org", "emmy@example.com", "kurt@example.net"


@pytest.fixture
def issue(site, now):
    return sent_issue(site, [ADA, EMMY, KURT], now - timedelta(days=2))


def read(site, mailbox, now) -> Tally:
    return sum((batch.tally for batch in read_mailbox(site, mailbox, "mailbox test", lambda: now)), Tally())


def suppressed(site, *addresses):
    with site.store.begin() as connection:
        found = suppressions.of(connection, [key_of(site, address) for address in addresses])
    return {(one.address, one.scope) for one in found}


def names(path: Path) -> list[str]:
    return sorted(f"{folder}/{one.name}" for folder in ("new", "cur", "tmp") for one in (path / folder).iterdir())


def of_everything(site, issue) -> list[bytes]:
    return [
        genuine(site, issue, ADA),
        genuine(site, issue, EMMY, "arf-yahoo"),
        genuine(site, issue, KURT, "leave-subject"),
        genuine(site, issue, KURT, "exim-delay"),
        genuine(site, issue, KURT, "reply-exchange"),
        mail("other-spam"),
    ]


EVERYTHING = Counter({"suppressed": 2, "left": 1, "delays": 1, "automatic answers": 1, "no report": 1})


def test_a_maildir_is_read_and_each_mail_does_what_it_reports(site, issue, tmp_path, now):
    path = maildir(tmp_path / "mail", *of_everything(site, issue))
    tally = read(site, Maildir(path), now)
    assert (tally.letters, tally.counts) == (6, EVERYTHING)
    assert str(tally) == ("mails: 6, suppressed: 2, left: 1, delays: 1, automatic answers: 1, no report: 1")
    assert suppressed(site, ADA, EMMY, KURT) == {(ADA, "*"), (EMMY, "*"), (KURT, "daily")}
    assert read(site, Maildir(path), now).letters == 0


def test_a_mail_that_was_read_is_kept_with_the_flag_s(site, issue, tmp_path, now):
    path = maildir(tmp_path / "mail", genuine(site, issue, ADA))
    (path / "cur" / "2.host:2,FR").write_bytes(genuine(site, issue, EMMY))
    (path / "cur" / "3.host:2,S").write_bytes(genuine(site, issue, KURT))
    (path / "cur" / "4.host").write_bytes(mail("other-spam"))
    (path / "tmp" / "5.host").write_bytes(b"half of a mail")
    (path / "new" / ".hidden").write_bytes(b"no mail")
    assert read(site, Maildir(path), now).letters == 3
    assert names(path) == [
        "cur/1764000000.M0P1.host:2,S",
        "cur/2.host:2,FRS",
        "cur/3.host:2,S",
        "cur/4.host:2,S",
        "new/.hidden",
        "tmp/5.host",
    ]
    assert suppressed(site, KURT) == set()  # somebody else had read that one


def test_two_files_of_one_name_are_both_kept(site, issue, tmp_path, now):
    path = maildir(tmp_path / "mail")
    (path / "new" / "1.host").write_bytes(b"Subject: a\n\n")
    (path / "cur" / "1.host:2,S").write_bytes(b"Subject: b\n\n")
    read(site, Maildir(path), now)
    assert names(path) == ["cur/1.host:2,S", "new/1.host"]


def test_a_mail_that_cannot_be_read_costs_only_itself(site, issue, tmp_path, now):
    path = maildir(tmp_path / "mail", genuine(site, issue, ADA))
    (path / "new" / "0.host").symlink_to(path / "new")  # no file: it is left alone
    os.mkfifo(path / "new" / "00.host")
    broken = Maildir(path)
    broken._unread_names = lambda folder: ["new/1764000000.M0P1.host", "new/0.host"] if folder == "new" else []  # type: ignore[method-assign]
    tally = read(site, broken, now)
    assert [(one.place, one.problem) for one in tally.unreadable] == [("0.host", "Is a directory")]
    assert str(tally).endswith("suppressed: 1, unreadable: 1")
    assert read(site, Maildir(path), now).letters == 0


def test_what_another_program_moves_meanwhile_is_no_error(site, issue, tmp_path, now):
    path = maildir(tmp_path / "mail", genuine(site, issue, ADA), genuine(site, issue, EMMY))
    mailbox = Maildir(path)
    letters = list(mailbox.unread())
    for file in list((path / "new").iterdir()):
        file.rename(path / "cur" / f"{file.name}:2,S")
    mailbox.done(letters)
    assert len(names(path)) == 2
    unread = mailbox.unread
    mailbox.unread = lambda: iter(letters)  # type: ignore[method-assign]
    assert read(site, mailbox, now).counts == {"suppressed": 2}
    mailbox.unread = unread  # type: ignore[method-assign]


def test_an_mbox_is_read_and_never_written(site, issue, tmp_path, now):
    path = mbox(tmp_path / "box", *of_everything(site, issue))
    path.chmod(0o400)
    before = path.read_bytes(), path.stat().st_mtime_ns
    assert read(site, Mbox(path), now).counts == EVERYTHING
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before
    assert sorted(one.name for one in tmp_path.iterdir()) == ["box", "site"]


def test_an_mbox_goes_on_where_it_was_and_another_reader_tells_by_the_keys(site, issue, tmp_path, now):
    path, mailbox = mbox(tmp_path / "box", *of_everything(site, issue)), Mbox(tmp_path / "box")
    assert read(site, mailbox, now).letters == 6
    assert read(site, mailbox, now).letters == 0
    mbox(path, genuine(site, issue, KURT))
    assert read(site, mailbox, now).counts == {"suppressed": 1}
    assert read(site, Mbox(path), now).counts == {"repeated": 6, "no report": 1}


def test_a_line_without_end_begins_no_second_mail(site, issue, tmp_path, now, monkeypatch):
    monkeypatch.setattr("digest.mailboxes.mbox._TOGETHER", 1)  # else it takes 8 MB to be read round and round
    endless = b"Subject: a\n\n" + b"x" * 100_000 + b"From a@example.org\n"
    path = mbox(tmp_path / "box", endless, endless, genuine(site, issue, ADA))
    with Mbox(path) as mailbox:
        assert len([*islice(mailbox.unread(), 9)]) == 3
    assert read(site, Mbox(path), now).letters == 3


def test_an_mbox_that_was_written_within_is_read_anew(site, issue, tmp_path, now):
    path, mailbox = mbox(tmp_path / "box", *of_everything(site, issue)), Mbox(tmp_path / "box")
    read(site, mailbox, now)
    path.write_bytes(path.read_bytes()[200:])  # shorter: its first mail begins in the middle now
    with pytest.raises(MailboxError, match="no mbox: a line that begins with 'From ' is missing at byte 0"):
        read(site, mailbox, now)
    path.unlink()
    mbox(path, *[genuine(site, issue, ADA), genuine(site, issue, KURT)])
    assert read(site, mailbox, now).counts == {"repeated": 1, "suppressed": 1}
    kept = path.read_bytes()
    path.write_bytes(kept.replace(b"\nSubject: Und", b"\nStatus: RO\nX-UID: 12\nX-Keywords: a\n b\nSubject: Und"))
    mbox(path, genuine(site, issue, EMMY))
    assert read(site, mailbox, now).counts == {"repeated": 2, "suppressed": 1}
    assert suppressed(site, EMMY) == {(EMMY, "*")}


def test_an_mbox_that_another_program_has_locked_is_left_alone(site, tmp_path, now, monkeypatch):
    monkeypatch.setattr("digest.mailboxes.mbox._TRIES", (0.0,))
    path = mbox(tmp_path / "box", mail("other-spam"))
    lock = tmp_path / "box.lock"
    lock.touch()
    with pytest.raises(MailboxError, match="another program has it locked; it is tried again"):
        read(site, Mbox(path), now)
    lock.unlink()
    holder = "import fcntl, sys; f = open(sys.argv[1], 'rb+'); fcntl.lockf(f, fcntl.LOCK_EX); print(); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", holder, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout
        process.stdout.readline()
        with pytest.raises(MailboxError, match="another program has it locked"):
            read(site, Mbox(path), now)
        process.communicate()
    assert read(site, Mbox(path), now).letters == 1
    with path.open("rb+") as file:  # nothing is left of our own lock
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


@pytest.mark.parametrize(
    ("mailbox", "said"),
    [
        (Maildir(Path("/nowhere")), "/nowhere: there is no Maildir here"),
        (Mbox(Path("/nowhere")), "/nowhere: No such file or directory; expected an mbox"),
        (Mbox(Path("/")), "/: no file; expected an mbox"),
    ],
)
def test_no_mailbox_there_is_one_clear_line(site, now, mailbox, said):
    with pytest.raises(MailboxError) as raised:
        read(site, mailbox, now)
    assert str(raised.value).startswith(said)


def test_the_same_report_in_two_mailboxes_is_one(site, issue, tmp_path, now):
    both = genuine(site, issue, ADA, "two-recipients")
    assert read(site, Maildir(maildir(tmp_path / "mail", both)), now).counts == {
        "suppressed": 1, "noted": 1, "no report": 1,
    }  # fmt: skip
    sent = Maildir(maildir(tmp_path / "copy", both.replace(b"\n", b"\r\n")))
    assert read(site, sent, now).counts == {"repeated": 2, "no report": 1}


def test_forged_mails_do_nothing(site, issue, tmp_path, now):
    """Whoever knows a reader's address, and all our formats, but no message of ours."""
    forged = [mail(name).replace(b"bob@example.com", ADA.encode()) for name in NAMES]
    guessed = [one.replace(MESSAGE_ID.encode(), f"{n:032x}".encode()) for n, one in enumerate(forged)]
    tally = read(site, Maildir(maildir(tmp_path / "mail", *forged, *guessed)), now)
    assert tally.letters == 2 * len(NAMES)
    assert set(tally.counts) == {"unmatched", "delays", "automatic answers", "no report", "repeated"}
    assert suppressed(site, ADA, EMMY, KURT) == set()
    assert {row.effect for row in reports.walk(site.store)} == {Effect.UNMATCHED}


def test_another_readers_message_does_nothing_to_whom_the_bounce_names(site, issue, tmp_path, now):
    """Emmy has a message of her own, and writes a bounce with it that names Ada."""
    forged = genuine(site, issue, EMMY).replace(EMMY.encode(), ADA.encode())
    read(site, Maildir(maildir(tmp_path / "mail", forged)), now)
    assert suppressed(site, ADA) == set()


def test_with_verp_the_address_tells_where_the_relay_changed_the_message_id(site, issue, tmp_path, now):
    mails = genuine(site, issue, ADA, "postfix-verp-headers-only", **{"5.4.6": "5.1.1"})
    assert read(site, Maildir(maildir(tmp_path / "mail", mails)), now).counts == {"suppressed": 1}


def test_an_answer_that_asks_to_leave_is_proved_by_what_it_answers(site, issue, tmp_path, now):
    mails = [genuine(site, issue, ADA, "leave-answer"), genuine(site, issue, EMMY, "leave-unproved")]
    assert read(site, Maildir(maildir(tmp_path / "mail", *mails)), now).counts == {"left": 1, "unmatched": 1}
    assert suppressed(site, ADA, EMMY) == {(ADA, "daily")}
    [row] = reports.walk(site.store, effects=[Effect.UNMATCHED])
    assert (row.kind, row.said) == (Kind.LEAVE, f"{EMMY} asks to leave, and proves no message of ours")


def test_whom_an_unproved_request_names_is_forgotten_with_them(site, issue, tmp_path, now):
    read(site, Maildir(maildir(tmp_path / "mail", genuine(site, issue, EMMY, "leave-unproved"))), now)
    forget(site, parse_address(EMMY), now)
    assert [row.said for row in reports.walk(site.store)] == [""]


def test_strangers_cannot_fill_the_store_with_answers_and_spam(site, tmp_path, now):
    spam = [mail("other-spam") + b"%d" % n for n in range(20)] + [mail("reply-vacation") + b"%d" % n for n in range(20)]
    read(site, Maildir(maildir(tmp_path / "mail", *spam)), now)
    assert list(reports.walk(site.store)) == []


def test_between_two_batches_the_reader_may_stop(site, issue, tmp_path, now, monkeypatch):
    monkeypatch.setattr("digest.returns.receiving._TOGETHER", 2)
    path = maildir(tmp_path / "mail", *of_everything(site, issue))
    assert len(next(iter(read_mailbox(site, Maildir(path), "mailbox test", lambda: now))).letters) == 2
    assert len(list((path / "new").iterdir())) == 4


def test_a_batch_has_a_bound_in_bytes(site, tmp_path, now, monkeypatch):
    monkeypatch.setattr("digest.returns.receiving._BYTES_TOGETHER", 300)
    path = maildir(tmp_path / "mail", *[b"Subject: x\n\n" + b"x" * 200] * 5)
    batches = list(read_mailbox(site, Maildir(path), "mailbox test", lambda: now))
    assert [len(batch.letters) for batch in batches] == [2, 2, 1]


KILLED = """
import os, signal, sys
from datetime import datetime
from pathlib import Path
from digest.mailboxes.maildir import Maildir
from digest.mailboxes.mbox import Mbox
from digest.returns.receiving import read_mailbox
from digest.site import Site

mailbox = {"maildir": Maildir, "mbox": Mbox}[sys.argv[2]](Path(sys.argv[3]))
mailbox.done = lambda letters: os.kill(os.getpid(), signal.SIGKILL)  # after the commit, before the mark
list(read_mailbox(Site.open(Path(sys.argv[1])), mailbox, "mailbox test", lambda: datetime.fromisoformat(sys.argv[4])))
"""


@pytest.mark.parametrize("kind", ["maildir", "mbox"])
def test_killed_between_commit_and_mark_nothing_is_done_twice(site, issue, tmp_path, now, kind):
    make, opened = {"maildir": (maildir, Maildir), "mbox": (mbox, Mbox)}[kind]
    soft = genuine(site, issue, ADA, **{"5.1.1": "5.2.2"})
    path = make(tmp_path / "mail", soft, genuine(site, issue, KURT, "leave-subject"))
    arguments = [sys.executable, "-c", KILLED, site.root, kind, path, now.isoformat()]
    killed = subprocess.run(arguments, timeout=60, capture_output=True, text=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [row.effect for row in reports.walk(site.store)] == [Effect.LEFT, Effect.SCORED]
    assert read(Site.open(site.root), opened(path), now).counts == {"repeated": 2}
    assert read(site, opened(path), now).counts == ({} if kind == "maildir" else {"repeated": 2})


def test_a_mailbox_is_opened_by_its_name(site, tmp_path):
    site = declared(site, '[mailboxes.one]\nmaildir = "mail"\n[mailboxes.two]\nmbox = "/var/mail/digest"\n')
    one, two = (open_mailbox(site, name) for name in ("one", "two"))
    assert isinstance(one, Maildir)
    assert isinstance(two, Mbox)
    assert (one.path, two.path) == (site.root / "mail", Path("/var/mail/digest"))
    with pytest.raises(InputError, match="there is no mailbox 'ones'; did you mean 'one'"):
        open_mailbox(site, "ones")


def test_an_imap_server_needs_a_password(site):
    site = declared(site, '[mailboxes.at-work]\nhost = "imap.example.org"\nusername = "digest"\n')
    with pytest.raises(ConfigError, match="set DIGEST_MAILBOXES__AT_WORK__PASSWORD or password_file"):
        open_mailbox(site, "at-work")
