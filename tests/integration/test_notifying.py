"""Notices leave as soon as they are due: beside an issue that is being sent, once, and without a storm of log lines."""

import threading
import time
from contextlib import ExitStack
from datetime import timedelta

import pytest

from digest import notifying
from digest.deliver.states import DeliveryState
from digest.errors import BusyError
from digest.notifying import Notifier, notices_leave
from digest.sending import Control, send_notices
from tests.integration.test_notices import add, go, states


def send(site, now):
    return Notifier(lambda: now).send(site, site.list("daily"), lambda: False)


def test_a_notice_leaves_while_an_issue_is_being_sent(mailed, server, now):
    add(mailed, now)
    with mailed.run_lock():
        assert send(mailed, now)
    assert list(server.by_recipient) == ["new@example.org"]


def test_an_issue_goes_out_while_notices_are_being_sent(mailed, server, now):
    add(mailed, now)
    with mailed.notices_lock():
        assert go(mailed, now).counts == {DeliveryState.ACCEPTED: 5}
    assert states(mailed) == {"new@example.org": DeliveryState.PLANNED}


def test_what_another_program_has_on_the_wire_is_left_to_it(mailed, server, now):
    add(mailed, now)
    with mailed.notices_lock():
        assert send(mailed, now)
        with pytest.raises(BusyError, match="process"):
            send_notices(mailed, mailed.list("daily"), Control(now=lambda: now))
    assert not server.messages


def test_a_relay_that_fails_is_told_once_and_left_alone_for_longer_each_time(mailed, server, now, caplog):
    add(mailed, now)
    server.mail = "421 4.3.2 shutting down"
    moment = [now]
    notifier = Notifier(lambda: moment[0])
    for _ in range(300):  # five minutes of looks
        notifier.send(mailed, mailed.list("daily"), lambda: False)
        moment[0] += timedelta(seconds=1)
    (line,) = [record.getMessage() for record in caplog.records if record.name == "digest.notifying"]
    assert 2 <= caplog.text.count("relay rests") <= 4
    assert line.startswith("list daily: notices: relay test can't be used (")
    assert line.endswith("; they are tried again")
    server.mail = None
    moment[0] += timedelta(minutes=20)
    assert notifier.send(mailed, mailed.list("daily"), lambda: False)
    assert list(server.by_recipient) == ["new@example.org"]


def test_a_defect_is_told_and_the_next_look_comes(mailed, server, now, caplog, monkeypatch):
    add(mailed, now)
    monkeypatch.setattr(notifying, "send_notices", lambda *_: 1 / 0)
    assert send(mailed, now) is False
    assert "ZeroDivisionError" in caplog.text


def test_what_was_asked_long_ago_is_forgotten_once_an_hour_and_a_defect_there_stops_nothing(
    site, now, caplog, monkeypatch
):
    moments, clock = [], [now]
    monkeypatch.setattr(notifying, "forget_old", lambda _site, moment: moments.append(moment))
    notifier = Notifier(lambda: clock[0])
    for minutes in range(121):
        clock[0] = now + timedelta(minutes=minutes)
        notifier.forget_old(site)
    assert moments == [now + timedelta(hours=hours) for hours in range(3)]
    monkeypatch.setattr(notifying, "forget_old", lambda *_: 1 / 0)
    clock[0] += timedelta(hours=1)
    notifier.forget_old(site)
    assert "old requests could not be forgotten" in caplog.text


def test_it_leaves_within_a_second_and_once_however_many_look(mailed, server, now, monkeypatch):
    monkeypatch.setattr(notifying, "BETWEEN", 0.01)
    with ExitStack() as stack:
        for _ in range(3):
            stack.enter_context(notices_leave(Notifier(lambda: now), lambda: mailed))
        for number in range(5):
            add(mailed, now, f"r{number}@example.org", number)
            until(lambda: len(server.messages) > number)  # noqa: B023 (called at once)
    assert sorted(server.by_recipient.values()) == [1] * 5
    assert not [one for one in threading.enumerate() if one.name == "notices"]


def until(holds, seconds=20):
    ends = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < ends
        time.sleep(0.01)
