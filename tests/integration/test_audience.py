"""Who gets an issue, end to end: what readers said in the store, over the file, less who must not be mailed."""

import re
from datetime import date, timedelta

import pytest

from digest.errors import InputError
from digest.issues.states import IssueState
from digest.pipeline import Control, ready, send
from digest.planning import store_plan
from digest.readership.lookup import member
from digest.site import Site
from digest.store import issues, readers, suppressions
from digest.store.readers import Reader
from digest.store.suppressions import EVERYWHERE, domain_key
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Preferences

DAY = date(2026, 11, 24)


@pytest.fixture
def daily(mailed, subscriber_file):
    write(subscriber_file, "ada@example.org", "emmy@example.org")
    return mailed.list("daily")


def write(path, *rows, header="email"):
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")


def go(site, now, frequency="daily"):
    return send(site, site.list("daily"), frequency, DAY, Control(now=lambda: now))


def says(site, written, now, *, confirmed=True, name="", **chosen):
    """Have a reader of the daily list say something; returns their subscriber id."""
    address = parse_address(written)
    one, key = member(site, site.list("daily"), address)
    reader = Reader(one, "daily", address.address, key, name, Preferences(**chosen), now if confirmed else None, now)
    with site.store.begin() as connection:
        readers.save(connection, reader)
    return one


def suppress(site, key, now, scope="daily", reason="left"):
    with site.store.begin() as connection:
        suppressions.add(connection, scope=scope, address_key=key, address=None, reason=reason, source="test", now=now)


def key_of(site, written):
    return member(site, site.list("daily"), parse_address(written))[1]


def language_of(message):
    html = message.get_payload()[-1].get_payload(decode=True).decode("utf-8")
    return re.search(r'<html[^>]* lang="([a-z]+)"', html)[1]


def test_who_signed_up_gets_it_though_no_file_names_them(mailed, daily, server, now):
    says(mailed, "sofja@example.org", now, name="Sofja")
    delivered = go(mailed, now)
    assert dict(server.by_recipient) == {
        "ada@example.org": 1,
        "emmy@example.org": 1,
        "sofja@example.org": 1,
    }
    assert "Sofja" in next(m["To"] for e, m in server.messages if e.rcpt_tos == ["sofja@example.org"])
    assert delivered.issue.state is IssueState.FINISHED


def test_who_asked_and_never_confirmed_gets_nothing(mailed, daily, server, now):
    says(mailed, "sofja@example.org", now, confirmed=False)
    go(mailed, now)
    assert "sofja@example.org" not in server.by_recipient


def test_what_readers_chose_goes_before_the_file(mailed, daily, subscriber_file, server, now):
    write(
        subscriber_file,
        "ada@example.org,robotics,daily,en",
        "emmy@example.org,,daily,",
        "kurt@example.org,,,de",
        header="email,topics,frequency,language",
    )
    says(mailed, "ada@example.org", now, confirmed=False, topics=(), language="de")
    says(mailed, "emmy@example.org", now, confirmed=False, frequency="weekly")
    says(mailed, "kurt@example.org", now, confirmed=False, topics=("vision",), language="fr")
    reach = go(mailed, now).reach
    assert {envelope.rcpt_tos[0]: language_of(message) for envelope, message in server.messages} == {
        "ada@example.org": "de",
        "kurt@example.org": "fr",
    }
    assert reach.left_out == {"another frequency": 1}


def test_a_pause_lasts_until_its_day_begins_in_the_lists_timezone(mailed, daily, now):
    """Of the list in Berlin the 25th begins at 23:00 UTC."""
    says(mailed, "ada@example.org", now, confirmed=False, paused_until=date(2026, 11, 25))
    before, after = (now.replace(hour=22, minute=59), now.replace(hour=23))
    assert planned_at(mailed, before) == ["emmy@example.org"]
    assert planned_at(mailed, after) == ["ada@example.org", "emmy@example.org"]


def planned_at(site, moment):
    """Return whom the daily issue would be planned for at a moment; nothing is stored."""
    from digest.store.memory import memory

    with site.store.connect() as connection, connection.begin() as transaction:
        _, planner = ready(connection, site, site.list("daily"), "daily", DAY, moment)
        transaction.rollback()
    with memory() as remembered:
        return sorted(one.address for one in planner.deliveries(remembered))


def test_a_changed_address_is_mailed_at_the_new_one_though_the_file_has_the_old(mailed, daily, server, now):
    before, _ = member(mailed, daily, parse_address("ada@example.org"))
    now_id = says(mailed, "ada@example.net", now)
    with mailed.store.begin() as connection:
        readers.move(connection, before, now_id, now)
    reach = go(mailed, now).reach
    assert set(server.by_recipient) == {"ada@example.net", "emmy@example.org"}
    assert reach.left_out == {"moved": 1}


def test_a_domain_is_suppressed_when_an_issue_is_planned(mailed, daily, subscriber_file, server, now):
    write(subscriber_file, "ada@example.org", "emmy@bücher.example.net", "kurt@example.com")
    suppress(mailed, domain_key("xn--bcher-kva.example.net"), now, EVERYWHERE)
    suppress(mailed, domain_key("EXAMPLE.com"), now)
    reach = go(mailed, now).reach
    assert set(server.by_recipient) == {"ada@example.org"}
    assert reach.left_out == {"suppressed": 2}


@pytest.mark.parametrize("scope", [EVERYWHERE, "daily", "weekly"])
def test_a_domain_that_is_suppressed_after_the_plan_is_not_sent_to(mailed, daily, server, now, scope):
    write(mailed.subscriber_file(daily), "ada@example.org", "kurt@EXAMPLE.com")
    plan(mailed, now)
    suppress(mailed, domain_key("example.com"), now, scope)
    delivered = go(mailed, now)
    there = {"ada@example.org"} if scope != "weekly" else {"ada@example.org", "kurt@example.com"}
    assert set(server.by_recipient) == there
    assert sum(delivered.counts.values()) == 2
    assert delivered.issue.state is IssueState.FINISHED


def plan(site, now):
    """Approve and plan the daily issue, and send none of it."""
    with site.store.begin() as connection:
        stored, planner = ready(connection, site, site.list("daily"), "daily", DAY, now)
    store_plan(site, planner, lambda: False)
    with site.store.begin() as connection:
        issues.set_state(connection, stored.id, IssueState.SENDING, planned_at=now)


def test_who_left_by_a_link_of_an_address_nobody_knew_is_not_planned_once_a_file_names_them(
    mailed, daily, subscriber_file, server, now
):
    one, _ = member(mailed, daily, parse_address("kurt@example.org"))
    suppress(mailed, one, now, EVERYWHERE)
    write(subscriber_file, "ada@example.org", "kurt@example.org")
    assert go(mailed, now).reach.left_out == {"suppressed": 1}
    assert set(server.by_recipient) == {"ada@example.org"}


def test_a_file_pasted_back_from_an_old_copy_brings_nobody_back(mailed, daily, subscriber_file, server, now):
    old = subscriber_file.read_text("utf-8")
    says(mailed, "ada@example.org", now)
    suppress(mailed, key_of(mailed, "ada@example.org"), now)
    write(subscriber_file, "emmy@example.org")
    subscriber_file.write_text(old, encoding="utf-8")
    go(mailed, now)
    assert set(server.by_recipient) == {"emmy@example.org"}


def test_whom_a_plan_left_out_is_kept_with_the_issue(mailed, daily, subscriber_file, now):
    write(subscriber_file, *(f"{name}@example.org" for name in ("ada", "emmy", "kurt")))
    says(mailed, "ada@example.org", now, confirmed=False, paused_until=date(2027, 1, 1))
    suppress(mailed, key_of(mailed, "kurt@example.org"), now)
    stored = go(mailed, now).issue
    assert stored.left_out == {"paused": 1, "suppressed": 1}


def test_a_list_of_sign_ups_alone_needs_no_file(mailed, daily, subscriber_file, server, now, caplog):
    subscriber_file.unlink()
    says(mailed, "sofja@example.org", now, language="de")
    delivered = go(mailed, now)
    assert set(server.by_recipient) == {"sofja@example.org"}
    assert language_of(server.messages[0][1]) == "de"
    assert delivered.reach.refused == 0
    assert "no subscriber file" in caplog.text


def test_an_empty_file_is_none(mailed, daily, subscriber_file, server, now):
    subscriber_file.write_bytes(b"")
    says(mailed, "sofja@example.org", now)
    go(mailed, now)
    assert set(server.by_recipient) == {"sofja@example.org"}


def test_a_file_that_is_gone_from_a_list_of_invited_people_stops_the_issue(mailed, daily, subscriber_file, server, now):
    """As after a list is renamed: three signed up, and the thousands of the file would have missed it."""
    says(mailed, "sofja@example.org", now)
    go(mailed, now)
    subscriber_file.rename(subscriber_file.with_name("gone.csv"))
    tomorrow = now + timedelta(days=1)
    with pytest.raises(InputError, match=r"daily\.csv: is missing or empty, but the last issue of daily went to 2 who"):
        send(mailed, daily, "weekly", DAY, Control(now=lambda: tomorrow))
    for name in ("ada@example.org", "emmy@example.org"):
        suppress(mailed, key_of(mailed, name), now)
    weekly = send(mailed, daily, "weekly", DAY, Control(now=lambda: tomorrow))
    assert weekly.reach.left_out == {"another frequency": 1}  # who is left signed up, so nobody misses anything


def test_a_path_that_the_settings_name_and_nobody_finds_is_a_mistake(mailed, daily, subscriber_file, now):
    settings = mailed.root / "digest.toml"
    text = settings.read_text("utf-8")
    text = text.replace("[lists.daily]\n", '[lists.daily]\nsubscribers = "subscribers/daly.csv"\n')
    settings.write_text(text, encoding="utf-8")
    site = Site.open(mailed.root)
    says(site, "sofja@example.org", now)
    with pytest.raises(InputError, match=r"daly\.csv: can't be read"):
        go(site, now)


def test_without_sign_ups_a_missing_file_is_a_mistake(mailed, daily, subscriber_file, now):
    subscriber_file.unlink()
    with pytest.raises(InputError, match=r"daily\.csv: can't be read"):
        go(mailed, now)
