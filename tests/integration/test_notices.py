"""Notices: single messages by the same sender, before deliveries; the alert to the operator."""

import time
from datetime import timedelta
from email import message_from_bytes, policy

import pytest

from digest.deliver.states import DeliveryState
from digest.issues.states import IssueState
from digest.pipeline import key_of, send
from digest.sending import Control, notices_due, send_notices
from digest.service import Service
from digest.site import Site
from digest.store import issues, notices, suppressions
from digest.store.notices import NoticeLedger
from digest.subscribers.identity import address_key

OPS = "ops@example.org"


def add(site, now, address="new@example.org", number=1):
    with site.store.begin() as connection:
        notices.add(
            connection,
            kind="confirmation",
            list_id="daily",
            address=address,
            address_key=address_key(site.identity_key, address),
            message_id=f"n{number}@example.org",
            message=f"From: digest@example.org\r\nTo: {address}\r\nSubject: Confirm\r\n\r\nHello\r\n".encode(),
            due_at=now,
            deadline=now + timedelta(days=1),
        )


def states(site):
    with site.store.begin() as connection:
        rows = connection.exec_driver_sql("SELECT address, state FROM notices ORDER BY id").all()
        return {address: DeliveryState(state) for address, state in rows}


def go(site, now):
    return send(site, site.list("daily"), "daily", now.date(), Control(now=lambda: now))


def test_a_notice_goes_before_the_deliveries_of_the_same_run(mailed, server, now):
    add(mailed, now)
    delivered = go(mailed, now)
    assert delivered.issue.state is IssueState.FINISHED
    recipients = [envelope.rcpt_tos[0] for envelope, _ in server.messages]
    assert recipients[0] == "new@example.org"
    assert len(recipients) == 6
    assert states(mailed) == {"new@example.org": DeliveryState.ACCEPTED}
    go(mailed, now + timedelta(minutes=5))
    assert len(server.messages) == 6


def test_a_notice_that_is_deferred_is_tried_again_and_one_that_isn_t_due_waits(mailed, server, now):
    add(mailed, now)
    add(mailed, now + timedelta(hours=1), "later@example.org", 2)
    server.rcpt = lambda _recipient: "450 4.2.0 greylisted"
    control = Control(now=lambda: now)
    send_notices(mailed, mailed.list("daily"), control)
    assert states(mailed) == {"new@example.org": DeliveryState.DEFERRED, "later@example.org": DeliveryState.PLANNED}
    server.rcpt = lambda _recipient: None
    send_notices(mailed, mailed.list("daily"), control)
    assert not server.messages  # a minute at least
    later = now + timedelta(minutes=2)
    send_notices(mailed, mailed.list("daily"), Control(now=lambda: later))
    assert list(server.by_recipient) == ["new@example.org"]


def test_what_a_dead_run_had_claimed_is_sent_again(mailed, server, now):
    add(mailed, now)
    ledger = NoticeLedger(mailed.store, "daily")
    assert len(ledger.exchange([], [one.id for one in ledger.due_again(now, 9)], now)) == 1
    send_notices(mailed, mailed.list("daily"), Control(now=lambda: now))
    assert states(mailed) == {"new@example.org": DeliveryState.DEFERRED}
    later = now + timedelta(minutes=2)
    send_notices(mailed, mailed.list("daily"), Control(now=lambda: later))
    assert states(mailed) == {"new@example.org": DeliveryState.ACCEPTED}


@pytest.mark.parametrize(
    ("scope", "state"), [("daily", DeliveryState.ACCEPTED), (suppressions.EVERYWHERE, DeliveryState.SUPPRESSED)]
)
def test_who_left_a_list_may_confirm_and_who_complained_gets_nothing(mailed, server, now, scope, state):
    add(mailed, now)
    with mailed.store.begin() as connection:
        suppressions.add(
            connection,
            scope=scope,
            address_key=address_key(mailed.identity_key, "new@example.org"),
            address=None,
            reason="x",
            source="test",
            now=now,
        )
    send_notices(mailed, mailed.list("daily"), Control(now=lambda: now))
    assert states(mailed) == {"new@example.org": state}


def test_an_issue_that_fails_is_paused_and_the_operator_told(mailed, server, subscriber_file, now):
    settings = mailed.root / "digest.toml"
    settings.write_text(settings.read_text("utf-8").replace("[mail]", f'[mail]\nalerts = "{OPS}"'), encoding="utf-8")
    site = Site.open(mailed.root)
    subscriber_file.write_text("email\n" + "".join(f"r{n}@example.org\n" for n in range(60)), encoding="utf-8")
    server.rcpt = lambda recipient: None if recipient == OPS else "550 5.1.1 no such user"
    delivered = go(site, now)
    assert "paused" in delivered.run.stopped
    assert delivered.issue.state is IssueState.PAUSED
    assert 20 <= delivered.counts[DeliveryState.FAILED] <= 22  # those on the wire are settled too
    service = Service(site.root, lambda: now + timedelta(minutes=1))
    assert service.tick("daily", lambda: False)
    assert service.tick("daily", lambda: False)
    ((envelope, _),) = server.messages
    message = message_from_bytes(envelope.content, policy=policy.default)
    assert envelope.rcpt_tos == [OPS]
    assert message["Subject"] == "[Paper Digest] daily/daily/2026-11-24 is paused: too many messages failed"
    assert message["Auto-Submitted"] == "auto-generated"
    text = message.get_content()
    assert "digest issue resume daily/daily/2026-11-24" in text
    assert "550 5.1.1 no such user" in text
    assert f"{delivered.counts[DeliveryState.FAILED]:>7}  failed" in text


def test_the_service_says_that_a_failing_issue_is_paused_and_lets_its_relay_be(
    mailed, server, subscriber_file, now, caplog
):
    site = spiking(mailed, server, subscriber_file)
    service = Service(site.root, lambda: now)
    assert service.tick("daily", lambda: False) is False
    (line,) = [line for line in caplog.messages if "so many messages failed" in line]
    assert "paused" in line
    assert "tried again" not in line  # it isn't, until somebody says so
    add(site, now, "new@example.org", 1)
    server.rcpt = lambda _recipient: None
    assert service.tick("daily", lambda: False)
    assert "new@example.org" in server.by_recipient  # the relay was not at fault, and isn't left alone


def test_notices_that_no_relay_takes_are_told_and_kept(mailed, server, now, caplog):
    night = now.replace(hour=1)
    for number in range(4):
        add(mailed, night, f"r{number}@example.org", number)
    server.mail = "550 5.7.1 who are you"
    assert Service(mailed.root, lambda: night).tick("daily", lambda: False) is False
    assert any("notices: relay test can't be used (mail: 550 5.7.1 who are you" in line for line in caplog.messages)
    server.mail = None
    assert Service(mailed.root, lambda: night + timedelta(minutes=5)).tick("daily", lambda: False)
    assert sorted(server.by_recipient) == [f"r{number}@example.org" for number in range(4)]


def state_of_issue(site, now):
    with site.store.begin() as connection:
        return issues.find(connection, key_of(site.list("daily"), "daily", now.date())).state


def spiking(site, server, subscriber_file, alerts="ops@example.org"):
    settings = site.root / "digest.toml"
    settings.write_text(settings.read_text("utf-8").replace("[mail]", f'[mail]\nalerts = "{alerts}"'), encoding="utf-8")
    subscriber_file.write_text("email\n" + "".join(f"r{n}@example.org\n" for n in range(60)), encoding="utf-8")
    server.rcpt = lambda recipient: None if recipient == alerts else "550 5.1.1 no such user"
    return Site.open(site.root)


def test_failing_notices_do_not_pause_the_issue(mailed, server, now):
    for number in range(25):
        add(mailed, now, f"bogus{number}@example.net", number)
    server.rcpt = lambda recipient: "550 5.1.1 no such user" if recipient.startswith("bogus") else None
    delivered = go(mailed, now)
    assert delivered.issue.state is IssueState.FINISHED
    assert delivered.counts == {DeliveryState.ACCEPTED: 5}


def test_a_broken_template_of_the_alert_does_not_undo_the_pause(mailed, server, subscriber_file, now):
    site = spiking(mailed, server, subscriber_file)
    folder = site.root / "templates" / "notices"
    folder.mkdir()
    (folder / "alert.txt.j2").write_text("{{ nothing }}", encoding="utf-8")
    go(site, now)
    assert state_of_issue(site, now) is IssueState.PAUSED


@pytest.mark.parametrize("alerts", ["root@server.local", "ops@example.invalid", "ops@mail.test"])
def test_an_address_that_only_the_settings_take_does_not_undo_the_pause(mailed, server, subscriber_file, now, alerts):
    site = spiking(mailed, server, subscriber_file, alerts)
    go(site, now)
    assert state_of_issue(site, now) is IssueState.PAUSED


def test_without_the_service_the_alert_leaves_too(mailed, server, subscriber_file, now):
    go(spiking(mailed, server, subscriber_file), now)
    assert list(server.by_recipient) == ["ops@example.org"]


def test_an_address_that_does_not_exist_gets_no_second_notice(mailed, server, now):
    add(mailed, now, "gone@example.net", 1)
    server.rcpt = lambda _recipient: "550 5.1.1 no such user"
    send_notices(mailed, mailed.list("daily"), Control(now=lambda: now))
    with mailed.store.begin() as connection:
        assert address_key(mailed.identity_key, "gone@example.net") in suppressions.keys(connection, "other")


def test_a_look_for_notices_waits_for_no_writer(mailed, now):
    add(mailed, now)
    with mailed.store.begin():  # holds the lock that writers need
        began = time.monotonic()
        assert notices_due(mailed, mailed.list("daily"), now)
        assert time.monotonic() - began < 5
    assert not notices_due(mailed, mailed.list("daily"), now - timedelta(minutes=1))
