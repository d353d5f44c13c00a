"""What readers said: kept, found again by the link of any mail, and what strangers may ask in their name."""

from datetime import date, timedelta

import pytest
from sqlalchemy import select

from digest.confirming import TooManyRequestsError, ask, find
from digest.leaving import leave
from digest.lookup import known, member
from digest.store import readers, requests, suppressions
from digest.store.readers import Reader
from digest.store.schema import notices
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


def test_a_network_may_ask_ten_times_an_hour(site, daily, now):
    for number in range(10):
        request_of(site, daily, f"r{number}@example.org", now)
    with pytest.raises(TooManyRequestsError) as refused:
        request_of(site, daily, "ada@example.org", now)
    assert refused.value.after == timedelta(hours=1)
    request_of(site, daily, "ada@example.org", now, "192.0.2.8/32")
    request_of(site, daily, "emmy@example.org", now + timedelta(hours=1, seconds=1))
    assert len(planned(site)) == 12
