"""What readers said: kept, found again by the link of any mail, and what strangers may ask in their name."""

import re
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_string, policy
from html import unescape

import pytest
from sqlalchemy import insert, select, update

from digest.readership.confirming import TooManyRequestsError, ask, find, forget_old
from digest.readership.leaving import leave
from digest.readership.lookup import known, member
from digest.store import readers, requests, suppressions
from digest.store.readers import Reader
from digest.store.schema import attempts, notices
from digest.store.schema_readers import reports
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Preferences
from digest.subscribers.tokens import Purpose, sign

ADA = parse_address("ada@example.org")


@pytest.fixture
def daily(site):
    (site.root / "subscribers" / "daily.csv").write_text("email\nada@example.org\n", encoding="utf-8")
    return site.list("daily")


def a_reader(site, mailing_list, address, now, **chosen):
    subscriber, key = member(site, mailing_list, address)
    return Reader(subscriber, mailing_list.id, address.address, key, "", Preferences(**chosen), now, now)


def test_what_a_reader_says_is_kept_and_said_anew(site, daily, now):
    first = a_reader(site, daily, ADA, now, topics=(), frequency="weekly", paused_until=date(2027, 1, 1))
    second = a_reader(site, daily, ADA, now, topics=("robotics",), language="de", timezone="Asia/Tokyo")
    with site.store.begin() as connection:
        for reader in (first, second):
            readers.save(connection, reader)
            assert readers.load(connection, reader.subscriber_id) == reader
        assert readers.languages(connection, "daily") == {"de"}
        assert readers.preferences(connection, [first.subscriber_id, "0" * 32]) == {
            first.subscriber_id: second.preferences
        }
    assert [one.email for one in readers.confirmed(site.store, "daily")] == ["ada@example.org"]


def test_sign_ups_are_read_in_stretches_and_all(site, daily, now, monkeypatch):
    monkeypatch.setattr(readers, "_TOGETHER", 3)
    with site.store.begin() as connection:
        for number in range(7):
            readers.save(connection, a_reader(site, daily, parse_address(f"r{number}@example.org"), now))
    assert len({one.email for one in readers.confirmed(site.store, "daily")}) == 7


def test_a_former_address_leads_to_the_present_one_through_all_in_between(site, daily, now):
    ids = [member(site, daily, parse_address(f"{name}@example.org"))[0] for name in ("a", "b", "c")]
    with site.store.begin() as connection:
        readers.move(connection, ids[0], ids[1], now)
        readers.move(connection, ids[1], ids[2], now)
        assert readers.moved(connection, ids) == {ids[0]: ids[2], ids[1]: ids[2]}
        readers.move(connection, ids[2], ids[0], now)  # and back
        assert readers.moved(connection, ids) == {ids[1]: ids[0], ids[2]: ids[0]}
        assert sorted(readers.former(connection, ids[0])) == sorted(ids[1:])


def test_a_link_finds_who_is_in_no_more_than_the_file(site, daily):
    subscriber, key = member(site, daily, ADA)
    with site.store.begin() as connection:
        found = known(connection, site, subscriber)
        assert (found.list_id, found.address, found.address_key) == ("daily", "ada@example.org", key)
        assert known(connection, site, "0" * 32) is None


def test_leaving_twice_is_leaving_once(site, daily, now):
    subscriber, key = member(site, daily, ADA)
    with site.store.begin() as connection:
        for moment in (now, now + timedelta(days=1)):
            leave(connection, site, subscriber, "one click", moment, {})
        (found,) = suppressions.of(connection, [key])
        assert (found.scope, found.reason, found.at) == ("daily", "left", now)
        assert [event.kind for event in readers.events(connection, [subscriber])] == ["left"]


def test_who_can_not_be_found_is_suppressed_all_the_same(site, daily, now):
    subscriber, _ = member(site, daily, parse_address("gone@example.org"))
    with site.store.begin() as connection:
        assert leave(connection, site, subscriber, "one click", now, {}) is None
        assert suppressions.among(connection, "daily", [subscriber])


def test_a_lifted_suppression_is_kept_with_who_lifted_it(site, daily, now):
    _, key = member(site, daily, ADA)
    with site.store.begin() as connection:
        values = {"scope": "daily", "address_key": key, "address": ADA.address, "reason": "left", "source": "mail"}
        assert suppressions.add(connection, **values, now=now)
        assert not suppressions.add(connection, **values, now=now)
        assert suppressions.lift(connection, scope="daily", key=key, by="operator: asked by phone", now=now)
        assert not suppressions.lift(connection, scope="daily", key=key, by="operator", now=now)
        assert suppressions.of(connection, [key]) == []
        (lifted,) = suppressions.lifted(connection, [key])
        assert (lifted.by, lifted.was.reason) == ("operator: asked by phone", "left")


def request_of(site, daily, address, now, network="192.0.2.7/32"):
    ask(site, daily, "signup", parse_address(address), {}, network=network, language="en", now=now)


def planned(site):
    with site.store.begin() as connection:
        return connection.execute(select(notices)).all()


def test_a_request_plans_a_notice_with_a_link_that_finds_it(site, daily, now):
    request_of(site, daily, "ada@example.org", now)
    (notice,) = planned(site)
    with site.store.begin() as connection:
        (row,) = connection.execute(select(requests.requests)).all()
        token = sign(site.signing_keys, Purpose.CONFIRM, row.id)
        assert find(connection, site, token).address == "ada@example.org"
        assert find(connection, site, sign(site.signing_keys, Purpose.VIEW, row.id)) is None
        assert find(connection, site, token[:-1] + ("A" if token[-1] != "A" else "B")) is None
    assert token in notice.message.replace("=\r\n", "")
    assert notice.deadline == now + timedelta(days=3)


def test_an_address_gets_three_notices_a_day_whoever_asks(site, daily, now):
    for number in range(6):
        request_of(site, daily, "ada@example.org", now, f"192.0.2.{number}/32")
    assert len(planned(site)) == 3
    request_of(site, daily, "ada@example.org", now + timedelta(days=1, seconds=1))
    assert len(planned(site)) == 4


def test_a_button_that_is_pressed_twice_asks_once(site, daily, now):
    request_of(site, daily, "ada@example.org", now)
    request_of(site, daily, "ada@example.org", now + timedelta(seconds=1))
    assert len(planned(site)) == 1
    request_of(site, daily, "ada@example.org", now + timedelta(minutes=2))  # it didn't come, or was deleted
    assert len(planned(site)) == 2


def test_who_asks_again_and_again_for_an_address_is_limited_like_others_and_keeps_nobody_out_for_longer(
    site, daily, now
):
    for number in range(10):
        request_of(site, daily, "ada@example.org", now + timedelta(minutes=2 * number))
    assert len(planned(site)) == 3
    with pytest.raises(TooManyRequestsError):
        request_of(site, daily, "emmy@example.org", now + timedelta(minutes=30))
    request_of(site, daily, "ada@example.org", now + timedelta(days=1, minutes=1), "192.0.2.9/32")
    assert len(planned(site)) == 4


def test_all_together_may_ask_so_often_as_the_settings_say(site, daily, now):
    web = site.settings.web.model_copy(update={"requests_per_hour": 3})
    site = replace(site, settings=site.settings.model_copy(update={"web": web}))
    for number in range(3):
        request_of(site, daily, f"r{number}@example.org", now, f"192.0.2.{number}/32")
    with pytest.raises(TooManyRequestsError):
        request_of(site, daily, "ada@example.org", now, "198.51.100.1/32")


def test_what_was_asked_long_ago_is_forgotten(site, daily, now):
    for address, day in (("ada@example.org", 0), ("sent@example.org", 0), ("emmy@example.org", 1)):
        request_of(site, daily, address, now + timedelta(days=day))
    with site.store.begin() as connection:
        (notice, *_) = connection.execute(select(notices.c.id).where(notices.c.address == "sent@example.org")).one()
        connection.execute(update(notices).where(notices.c.id == notice).values(state="accepted"))
        tried = {"relay": "r", "at": now, "verb": "defer", "stage": "dot", "code": 450, "enhanced": "", "reply": ""}
        connection.execute(insert(attempts).values(notice_id=notice, **tried))
        report = {"key": "k", "origin": "o", "kind": "delay", "effect": "none", "status": "", "said": "", "at": now}
        connection.execute(insert(reports).values(notice_id=notice, **report))
    forget_old(site, now + timedelta(days=33, minutes=1))
    with site.store.begin() as connection:
        assert [row.address for row in connection.execute(select(requests.requests))] == ["emmy@example.org"]
        assert [row.notice_id for row in connection.execute(select(reports))] == [None]
        assert connection.execute(select(attempts)).all() == []
    # What was never sent is not done with, and waits for the sender to say that it is too late.
    assert sorted(row.address for row in planned(site)) == ["ada@example.org", "emmy@example.org"]


def test_the_notice_is_in_the_readers_language_and_says_what_was_chosen_in_both_parts(site, daily, now):
    with_url = site.settings.site.model_copy(update={"url": "https://digest.example.org"})
    site = replace(site, settings=site.settings.model_copy(update={"site": with_url}))
    names = {topic.id: topic.name for topic in site.topics(daily)}
    first, second, other, *_ = names
    data = {"topics": [second, first], "frequency": "weekly", "network": "192.0.2.7/32"}
    ask(site, daily, "signup", ADA, data, network="192.0.2.7/32", language="de", now=now)
    (notice,) = planned(site)
    message = message_from_string(notice.message, policy=policy.default)
    assert message["Content-Language"] == "de"
    text, markup = (message.get_body((kind,)).get_content() for kind in ("plain", "html"))
    assert '<html lang="de"' in markup
    for part in (text, unescape(markup)):
        assert "https://digest.example.org/c/" in part
        assert f"{names[first]}, {names[second]}" in " ".join(part.split())
        assert names[other] not in part
        assert "192.0.2.7" not in part
    assert [word for word in ("src=", "url(", "@import", "<img") if word in markup] == []
    assert len(re.findall(r"<a [^>]*href=", markup)) == 2


def test_a_network_may_ask_ten_times_an_hour(site, daily, now):
    for number in range(10):
        request_of(site, daily, f"r{number}@example.org", now)
    with pytest.raises(TooManyRequestsError) as refused:
        request_of(site, daily, "ada@example.org", now)
    assert refused.value.after == timedelta(hours=1)
    request_of(site, daily, "ada@example.org", now, "192.0.2.8/32")
    request_of(site, daily, "emmy@example.org", now + timedelta(hours=1, seconds=1))
    assert len(planned(site)) == 12
