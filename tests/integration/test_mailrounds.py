"""The service's mail rounds: which mailbox is read when, and what is said of it."""

import logging
import threading
from datetime import timedelta

import pytest

from digest.errors import BusyError
from digest.mailboxes.letter import Letter
from digest.mailboxes.maildir import Maildir
from digest.returns import rounds as mailrounds
from digest.returns.rounds import MailRounds
from digest.service import Service
from digest.store import suppressions
from tests.integration.returning import genuine, maildir, mbox
from tests.integration.sending import key_of, sent_issue
from tests.integration.sources import Clock, declared
from tests.unit.bounces.samples import mail

ADA, EMMY, KURT = "ada@example.org", "emmy@example.com", "kurt@example.net"
TWO = """
[mailboxes.bounces]
maildir = "mail"
every_minutes = 10
[mailboxes.old]
mbox = "mbox"
"""


@pytest.fixture
def issue(site, now):
    return sent_issue(site, [ADA, EMMY, KURT], now - timedelta(days=2))


@pytest.fixture
def two(site, issue):
    maildir(site.root / "mail", genuine(site, issue, ADA))
    mbox(site.root / "mbox", genuine(site, issue, EMMY))
    return declared(site, TWO)


@pytest.fixture
def clock(now):
    return Clock(now)


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.INFO, logger="digest")
    return caplog


def never():
    return False


def suppressed(site, address):
    with site.store.begin() as connection:
        return bool(suppressions.of(connection, [key_of(site, address)]))


def test_each_mailbox_is_read_when_its_time_has_come(two, issue, clock, said):
    rounds = MailRounds(clock.now)
    assert rounds.make(two, never) == []
    assert suppressed(two, ADA)
    assert suppressed(two, EMMY)
    assert said.messages == ["mailbox bounces: mails: 1, suppressed: 1", "mailbox old: mails: 1, suppressed: 1"]
    maildir(two.root / "mail", genuine(two, issue, KURT))
    mbox(two.root / "mbox", mail("other-spam"))
    clock.later(minutes=9)
    assert rounds.make(two, never) == []
    assert not suppressed(two, KURT)
    clock.later(minutes=1)
    rounds.make(two, never)
    assert suppressed(two, KURT)
    assert said.messages[2:] == ["mailbox bounces: mails: 1, suppressed: 1"]


def test_where_the_clock_was_put_back_mailboxes_are_read(two, issue, clock):
    rounds = MailRounds(clock.now)
    rounds.make(two, never)
    maildir(two.root / "mail", genuine(two, issue, KURT))
    clock.later(days=-1)
    rounds.make(two, never)
    assert suppressed(two, KURT)


def test_a_mailbox_that_cannot_be_read_costs_only_itself(two, issue, clock):
    (two.root / "mail" / "cur").rename(two.root / "cur")
    rounds = MailRounds(clock.now)
    [error] = rounds.make(two, never)
    assert error.startswith(f"mailbox bounces: {two.root / 'mail'}: there is no Maildir here")
    assert suppressed(two, EMMY)
    (two.root / "cur").rename(two.root / "mail" / "cur")
    clock.later(minutes=10)
    assert rounds.make(two, never) == []
    assert suppressed(two, ADA)


def test_a_defect_costs_only_its_own_mailbox(two, clock, monkeypatch, caplog):
    caplog.set_level(logging.CRITICAL, logger="digest.returns.rounds")
    opened = mailrounds.open_mailbox

    def broken(site, name):
        if name == "bounces":
            raise RuntimeError("a defect")
        return opened(site, name)

    monkeypatch.setattr(mailrounds, "open_mailbox", broken)
    assert MailRounds(clock.now).make(two, never) == ["mailbox bounces: RuntimeError('a defect'); it is tried again"]
    assert suppressed(two, EMMY)


def test_who_asks_to_leave_and_proves_nothing_is_told_of(two, issue, clock, said):
    maildir(two.root / "mail", mail("leave-unproved"), mail("leave-unproved") + b"and so on")
    MailRounds(clock.now).make(two, never)
    assert [record.getMessage() for record in said.records if record.levelno == logging.WARNING] == [
        "mailbox bounces: 2 who ask to leave prove no message of ours; write back, or suppress them by hand:"
        " digest bounces list --kind leave --effect unmatched"
    ]


def test_a_busy_store_is_no_error(two, clock, monkeypatch, said):
    def busy(*_):
        raise BusyError("the store is locked")

    monkeypatch.setattr("digest.returns.receiving.take", busy)
    rounds = MailRounds(clock.now)
    assert rounds.make(two, never) == []
    assert said.messages[0] == "mailbox bounces: the store is locked; it is read with the next tick"
    monkeypatch.undo()
    clock.later(seconds=20)
    rounds.make(two, never)
    assert suppressed(two, ADA)


def test_a_mail_that_cannot_be_read_is_told(two, clock, monkeypatch):
    maildir(two.root / "mail", b"Subject: unreadable\n\n")
    letter = Maildir._letter

    def refused(mailbox, name):
        return Letter("M1P1", name, problem="Permission denied") if "M1P1" in name else letter(mailbox, name)

    monkeypatch.setattr(Maildir, "_letter", refused)
    assert MailRounds(clock.now).make(two, never) == ["mailbox bounces: M1P1 can't be read: Permission denied"]
    assert suppressed(two, ADA)


def test_ten_thousand_mails_do_not_hold_up_a_tick(two, clock, monkeypatch):
    monkeypatch.setattr(mailrounds, "MOST", 100)
    maildir(two.root / "mail", *[b"Subject: spam %d\n\nBuy!\n" % n for n in range(250)])
    rounds = MailRounds(clock.now)
    left = []
    for _ in range(4):  # the next tick goes on at once
        rounds.make(two, never)
        left.append(sum(1 for _ in (two.root / "mail" / "new").iterdir()))
    assert left == [151, 51, 0, 0]
    assert suppressed(two, EMMY)


def test_a_slow_mailbox_is_left_after_a_minute(two, clock, monkeypatch):
    monkeypatch.setattr("digest.returns.receiving._TOGETHER", 1)
    maildir(two.root / "mail", mail("other-spam"), mail("other-spam"))
    rounds = MailRounds(lambda: (clock.later(seconds=20), clock.moment)[1])
    rounds.make(two, never)
    assert 0 < sum(1 for _ in (two.root / "mail" / "new").iterdir()) < 3


def test_who_is_asked_to_stop_reads_no_further_batch(two, clock, monkeypatch):
    monkeypatch.setattr("digest.returns.receiving._TOGETHER", 1)
    maildir(two.root / "mail", mail("other-spam"))
    stop = threading.Event()
    taken = mailrounds.read_mailbox

    def once(*arguments):
        for batch in taken(*arguments):
            stop.set()
            yield batch

    monkeypatch.setattr(mailrounds, "read_mailbox", once)
    MailRounds(clock.now).make(two, stop.is_set)
    assert sum(1 for _ in (two.root / "mail" / "new").iterdir()) == 1
    assert not suppressed(two, EMMY)


def test_a_mailbox_whose_settings_change_is_opened_anew(two, issue, clock):
    rounds = MailRounds(clock.now)
    rounds.make(two, never)
    settings = two.root / "digest.toml"
    maildir(two.root / "other", genuine(two, issue, KURT))
    settings.write_text(settings.read_text("utf-8").replace('maildir = "mail"', 'maildir = "other"'), encoding="utf-8")
    rounds.make(type(two).open(two.root), never)
    assert suppressed(two, KURT)


def test_the_service_says_an_error_once_an_hour(two, clock, said):
    (two.root / "mbox").unlink()
    service = Service(two.root, clock.now)
    assert not service.tick_mailboxes(never)
    for _ in range(11):
        clock.later(minutes=5)
        service.tick_mailboxes(never)
    errors = [record.getMessage() for record in said.records if record.levelno == logging.ERROR]
    assert errors == [f"mailbox old: {two.root / 'mbox'}: No such file or directory; expected an mbox, a file of mails"]
    clock.later(minutes=5)
    service.tick_mailboxes(never)
    assert sum(record.levelno == logging.ERROR for record in said.records) == 2
