"""A completed double opt-in: who is subscribed then, what it lifts, and what it keeps as evidence."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from digest.readership.confirming import RequestState, ask, find, state_of
from digest.readership.leaving import leave
from digest.readership.lookup import member
from digest.readership.signing_up import Choices, complete
from digest.store import readers, requests, suppressions
from digest.store.readers import Reader
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Preferences

ADA = parse_address("ada@example.org")
CHOSEN = Choices(("robotics",), "weekly", "de")


@pytest.fixture
def daily(site):
    (site.root / "subscribers" / "daily.csv").write_text("email\n", encoding="utf-8")
    return site.list("daily")


def asked(site, daily, now, choices=CHOSEN, address=ADA):
    """Ask for a list, and return the request that was kept."""
    data = choices.asked_from("192.0.2.7/32")
    ask(site, daily, "signup", address, data, network="192.0.2.7/32", language=choices.language, now=now)
    _, key = member(site, daily, address)
    with site.store.begin() as connection:
        return requests.waiting(connection, [key], [], now)[-1]


def confirm(site, request, now):
    with site.store.begin() as connection:
        complete(connection, site, request, now, {"network": "198.51.100.0/32"})
        requests.confirm(connection, request.id, now)


def stands(site, request, now):
    with site.store.begin() as connection:
        return state_of(connection, requests.load(connection, request.id), now)


def test_asking_changes_nothing_and_confirming_subscribes_as_chosen(site, daily, now):
    request = asked(site, daily, now)
    assert list(readers.confirmed(site.store, "daily")) == []
    assert stands(site, request, now) is RequestState.OPEN
    confirm(site, request, now + timedelta(hours=1))
    (subscriber,) = readers.confirmed(site.store, "daily")
    assert (subscriber.email, subscriber.topics, subscriber.frequency, subscriber.language) == (
        *("ada@example.org", ("robotics",), "weekly", "de"),
    )
    assert stands(site, request, now + timedelta(days=9)) is RequestState.DONE


def test_the_evidence_says_when_and_from_where_both_were_done_and_in_which_words(site, daily, now):
    request = asked(site, daily, now)
    confirm(site, request, now + timedelta(hours=1))
    with site.store.begin() as connection:
        (event,) = readers.events(connection, [request.subscriber_id])
    assert (event.kind, event.at, event.list_id) == ("signed up", now + timedelta(hours=1), "daily")
    assert event.data == {
        "list": "Daily Papers",
        "asked_at": "2026-11-24T06:00:00+00:00",
        "asked": {"topics": ["robotics"], "frequency": "weekly", "language": "de", "network": "192.0.2.7/32"},
        "confirmed": {"network": "198.51.100.0/32"},
        "lifted": [],
    }


def test_it_lifts_what_its_reader_asked_for_also_where_only_their_id_was_known(site, daily, now):
    subscriber, key = member(site, daily, ADA)
    with site.store.begin() as connection:
        assert leave(connection, site, subscriber, "one click", now, {}) is None  # nobody knew the address
        for scope, name in (("daily", key), ("weekly", key), ("daily", subscriber)):
            values = {"address": None, "source": "one click", "reason": "left", "now": now}
            suppressions.add(connection, scope=scope, address_key=name, **values)
    confirm(site, asked(site, daily, now), now)
    with site.store.begin() as connection:
        (left,) = suppressions.of(connection, [key, subscriber])
        assert left.scope == "weekly"
        assert len(suppressions.lifted(connection, [key, subscriber])) == 3


@pytest.mark.parametrize("name", ["address", "domain"])
def test_it_does_not_lift_what_is_not_its_readers_to_lift(site, daily, now, name):
    _, key = member(site, daily, ADA)
    request = asked(site, daily, now)
    with site.store.begin() as connection:
        key = key if name == "address" else "@example.org"
        values = {"address": None, "reason": "complaint", "source": "a report", "now": now}
        suppressions.add(connection, scope=suppressions.EVERYWHERE, address_key=key, **values)
    confirm(site, request, now)
    assert stands(site, request, now) is RequestState.BARRED
    with site.store.begin() as connection:
        assert len(suppressions.of(connection, [key])) == 1


def test_who_left_after_confirming_is_not_brought_back_by_the_same_link(site, daily, now):
    request = asked(site, daily, now)
    confirm(site, request, now)
    with site.store.begin() as connection:
        leave(connection, site, request.subscriber_id, "one click", now, {})
    assert stands(site, request, now) is RequestState.LEFT


def test_one_that_was_not_confirmed_in_time_expires(site, daily, now):
    request = asked(site, daily, now)
    assert stands(site, request, now + timedelta(days=3, seconds=-1)) is RequestState.OPEN
    assert stands(site, request, now + timedelta(days=3)) is RequestState.EXPIRED


def test_who_is_subscribed_already_gets_what_they_confirm_and_keeps_what_they_were_not_asked(site, daily, now):
    subscriber, key = member(site, daily, ADA)
    said = Preferences((), "daily", "Asia/Tokyo", "fr", date(2027, 1, 1))
    before = Reader(subscriber, "daily", ADA.address, key, "Ada", said, now - timedelta(days=9), now)
    with site.store.begin() as connection:
        readers.save(connection, before)
    confirm(site, asked(site, daily, now), now)
    with site.store.begin() as connection:
        reader = readers.load(connection, subscriber)
    assert reader.preferences == Preferences(("robotics",), "weekly", "Asia/Tokyo", "fr", None)
    assert (reader.name, reader.confirmed_at) == ("Ada", now)


def test_the_lists_own_language_is_no_choice(site, daily, now):
    confirm(site, asked(site, daily, now, replace(CHOSEN, language="en-GB")), now)
    (subscriber,) = readers.confirmed(site.store, "daily")
    assert subscriber.language is None


def test_who_comes_back_to_an_address_they_had_left_for_another_gets_their_mail_there(site, daily, now):
    subscriber, _ = member(site, daily, ADA)
    other, _ = member(site, daily, parse_address("lovelace@example.org"))
    with site.store.begin() as connection:
        readers.move(connection, subscriber, other, now)
    confirm(site, asked(site, daily, now), now)
    with site.store.begin() as connection:
        assert readers.moved(connection, [subscriber]) == {}


def test_a_request_is_found_by_nothing_but_its_token(site, daily, now):
    request = asked(site, daily, now)
    with site.store.begin() as connection:
        for text in ("", "x", request.id, "A" * 47, "ä" * 47, "\x00" * 47):
            assert find(connection, site, text) is None
