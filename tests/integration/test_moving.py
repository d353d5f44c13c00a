"""A new address: asked for by link, confirmed from the new mailbox, and what becomes of both."""

from datetime import date, timedelta
from email import message_from_string, policy

import pytest
from sqlalchemy import select

from digest.pipeline import send
from digest.readership.confirming import find
from digest.readership.leaving import come_back, leave
from digest.readership.lookup import known, member
from digest.readership.moving import Move, complete
from digest.rehearsal import rehearse
from digest.sending import Control
from digest.store import readers, suppressions
from digest.store.readers import Reader
from digest.store.requests import requests
from digest.store.schema import notices
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Preferences
from digest.subscribers.reasons import LEFT
from digest.subscribers.tokens import Purpose, sign
from tests.integration.linked import Links, serving

DAY = date(2026, 11, 24)
NEW = "grace@new.example.org"


@pytest.fixture
def grace(seeded, now):
    with serving(seeded, now) as port:
        yield Links(seeded, port, "daily", "grace@example.com")


def asks(who: Links, address=NEW):
    """Ask for a new address on the page, and return the token of the notice's link."""
    assert who.post(f"{who.choose}/address", {"address": address}).status == 200
    with who.site.store.begin() as connection:
        newest = connection.execute(select(requests.c.id).order_by(requests.c.asked_at, requests.c.id)).scalars().all()
    return sign(who.site.signing_keys, Purpose.CONFIRM, newest[-1])


def confirms(who: Links, token, now):
    with who.site.store.begin() as connection:
        return complete(connection, who.site, find(connection, who.site, token), now, {"network": "192.0.2.0/24"})


def loaded(who: Links, address):
    with who.site.store.begin() as connection:
        return readers.load(connection, member(who.site, who.site.list("daily"), parse_address(address))[0])


def id_of(who: Links, address):
    return member(who.site, who.site.list("daily"), parse_address(address))[0]


def says(who: Links, address, now, confirmed=None, **chosen):
    subscriber, key = member(who.site, who.site.list("daily"), parse_address(address))
    with who.site.store.begin() as connection:
        readers.save(
            connection, Reader(subscriber, "daily", address, key, "Amazing", Preferences(**chosen), confirmed, now)
        )


def mail(who: Links):
    """The notices that are planned: to whom, and their text."""
    with who.site.store.begin() as connection:
        rows = connection.execute(select(notices).order_by(notices.c.id)).all()
    found = [message_from_string(row.message, policy=policy.default) for row in rows]
    texts = [one.get_body(("plain",)).get_content() for one in found]
    return [(str(one["To"]), f"{one['Subject']}\n{text}") for one, text in zip(found, texts, strict=True)]


def reached(site, now):
    return rehearse(site, site.list("daily"), "daily", DAY, now)


def test_nothing_changes_before_the_new_mailbox_confirms(grace, now):
    answer = grace.post(f"{grace.choose}/address", {"address": f"  {NEW} "})
    assert (answer.status, "on its way" in answer.words) == (200, True)
    ((to, text),) = mail(grace)
    assert to == NEW
    assert "/c/" in text
    assert "grace@example.com" in reached(grace.site, now).addresses
    assert "g••@example.com" in answer.words


def test_the_answer_is_the_same_whatever_the_address_is(grace, now):
    says(grace, "known@example.org", now, now)
    suppressed = parse_address("barred@example.org")
    with grace.site.store.begin() as connection:
        suppressions.add(
            connection, scope="*", address_key=member(grace.site, grace.site.list("daily"), suppressed)[1],
            address=None, reason="complaint", source="x", now=now,
        )  # fmt: skip
    addresses = ("known@example.org", "barred@example.org", "unknown@example.org", "grace@example.com")
    pages = {grace.post(f"{grace.choose}/address", {"address": one}).page.replace(one, "X") for one in addresses}
    assert len(pages) == 1


@pytest.mark.parametrize(
    "written", ["", "grace", "a@b@example.org", "x" * 400 + "@example.org", "a@example.org\r\nBcc: b@c.d"]
)
def test_what_is_no_address_is_said_and_asked_again(grace, written):
    answer = grace.post(f"{grace.choose}/address", {"address": written})
    assert answer.status == 422
    assert "This can’t be used" in answer.words
    assert mail(grace) == []


def test_too_many_requests_from_a_network_are_refused(grace):
    answers = [
        grace.post(f"{grace.choose}/address", {"address": f"n{number}@example.org"}).status for number in range(12)
    ]
    assert answers == [200] * 10 + [429] * 2
    assert len(mail(grace)) == 10


def test_a_subscription_moves_with_what_was_chosen(grace, now):
    grace.post(grace.choose, {"do": "save", "topics": "robotics", "timezone": "Asia/Tokyo", "language": "de"})
    token = asks(grace)
    assert confirms(grace, token, now) is Move.MOVED
    moved = loaded(grace, NEW)
    assert (moved.address, moved.confirmed_at, moved.name) == (NEW, now, "Grace Hopper")
    assert moved.preferences == Preferences(("robotics",), None, "Asia/Tokyo", "de")
    assert loaded(grace, "grace@example.com") is None
    found = reached(grace.site, now)
    assert NEW in found.addresses
    assert "grace@example.com" not in found.addresses
    assert found.left_out["moved"] == 1
    for address in (NEW, "grace@example.com"):
        with grace.site.store.begin() as connection:
            last = readers.events(connection, [id_of(grace, address)])[-1]
        assert last.kind == "moved"
        assert last.data["network"] == "192.0.2.0/24"
        assert "@" not in str(last.data)


def test_confirming_again_is_harmless(grace, now):
    token = asks(grace)
    assert confirms(grace, token, now) is Move.MOVED
    before = loaded(grace, NEW)
    assert confirms(grace, token, now + timedelta(hours=1)) is Move.ALREADY
    assert loaded(grace, NEW) == before
    assert len(mail(grace)) == 2


def test_the_former_address_is_told_and_gets_no_power_over_the_new_one(grace, now):
    confirms(grace, asks(grace), now)
    to, text = mail(grace)[-1]
    assert to == "grace@example.com"
    assert "g••@new.example.org" in text
    assert NEW not in text
    assert "/p/" not in text
    assert "/c/" not in text
    assert "digest@example.org" in text


def test_the_former_address_is_told_how_to_come_back(grace, now):
    path = grace.site.root / "digest.toml"
    path.write_text(path.read_text("utf-8").replace("# url = ", "url = "), encoding="utf-8")
    with serving(type(grace.site).open(grace.site.root), now) as port:
        who = Links(type(grace.site).open(grace.site.root), port, "daily", "grace@example.com")
        confirms(who, asks(who), now)
        assert "https://digest.example.org/subscribe/daily" in mail(who)[-1][1]


def test_old_links_are_about_the_new_address(grace, now):
    confirms(grace, asks(grace), now)
    assert "g••@new.example.org" in grace.get(grace.choose).words
    grace.post(grace.choose, {"do": "save", "frequency": "weekly", "topics": ["language-models", "robotics"]})
    assert loaded(grace, NEW).preferences.frequency == "weekly"
    assert "g••@new.example.org" in grace.get(grace.leave).words
    grace.post(grace.leave, {"List-Unsubscribe": "One-Click"})
    assert NEW not in reached(grace.site, now).addresses
    with grace.site.store.begin() as connection:
        who = known(connection, grace.site, id_of(grace, NEW))
        assert [one.reason for one in suppressions.of(connection, [who.address_key])] == [LEFT]


def test_a_link_of_the_former_address_changes_the_address_no_more(grace, now):
    confirms(grace, asks(grace), now)
    assert "/address" not in grace.get(grace.choose).page
    answer = grace.post(f"{grace.choose}/address", {"address": "thief@example.net"})
    assert "link is from mail to your former address" in answer.words
    assert [to for to, _ in mail(grace)] == [NEW, "grace@example.com"]


def test_who_is_robbed_comes_back_by_signing_up_again(grace, now):
    """Somebody with a forwarded mail took the subscription; a completed sign-up of the former address gets it back."""
    token = asks(grace, "thief@example.net")
    confirms(grace, token, now)
    subscriber, key = grace.ids
    with grace.site.store.begin() as connection:
        come_back(connection, "daily", subscriber, key, "sign-up", now)
    says(grace, grace.address, now, now)
    assert grace.address in reached(grace.site, now).addresses
    assert "g••@example.com" in grace.get(grace.choose).words
    assert confirms(grace, token, now + timedelta(hours=1)) is Move.ALREADY  # the thief's link has done its work
    assert grace.address in reached(grace.site, now).addresses


def test_what_is_planned_for_the_former_address_isn_t_sent_once_they_leave(grace, now):
    stopped: list[int] = []
    control = Control(now=lambda: now, stop=lambda: bool(stopped), planned=stopped.append)
    send(grace.site, grace.site.list("daily"), "daily", DAY, control)
    confirms(grace, asks(grace), now)
    grace.post(grace.leave, {"List-Unsubscribe": "One-Click"})
    delivered = send(grace.site, grace.site.list("daily"), "daily", DAY, Control(now=lambda: now))
    assert delivered.counts["suppressed"] == 1
    assert delivered.counts["accepted"] == 4


def test_who_left_meanwhile_stays_so(grace, now):
    token = asks(grace)
    with grace.site.store.begin() as connection:
        leave(connection, grace.site, grace.ids[0], "mail", now, {})
    assert confirms(grace, token, now) is Move.LEFT
    assert loaded(grace, NEW) is None
    assert [to for to, _ in mail(grace)] == [NEW]


def test_who_is_not_found_any_more_is_told(grace, now):
    token = asks(grace)
    (grace.site.root / "subscribers" / "daily.csv").write_text("email\n", encoding="utf-8")
    assert confirms(grace, token, now) is Move.GONE


def test_the_new_mailbox_had_left_and_comes_back(grace, now):
    says(grace, NEW, now, now, topics=("vision",))
    with grace.site.store.begin() as connection:
        leave(connection, grace.site, id_of(grace, NEW), "mail", now, {})
    assert confirms(grace, asks(grace), now) is Move.MOVED
    assert loaded(grace, NEW).preferences.topics == ("language-models", "robotics")  # what held before is over
    assert NEW in reached(grace.site, now).addresses
    key = loaded(grace, NEW).address_key
    with grace.site.store.begin() as connection:
        (lifted,) = suppressions.lifted(connection, [key])
    assert lifted.by.startswith("new address")


def test_where_the_new_address_is_subscribed_the_two_become_one(grace, now):
    grace.post(grace.choose, {"do": "save", "topics": "robotics", "language": "de", "paused_until": "2026-12-01"})
    says(grace, NEW, now, now, topics=("vision",), frequency="daily")
    assert confirms(grace, asks(grace), now) is Move.MOVED
    merged = loaded(grace, NEW)
    assert merged.preferences == Preferences(("vision",), "daily", "America/New_York", "de", None)
    assert merged.name == "Amazing"
    assert reached(grace.site, now).addresses.count(NEW) == 1


def test_there_and_back_again(grace, now):
    confirms(grace, asks(grace), now)
    there = Links(grace.site, grace.port, "daily", NEW)
    later = now + timedelta(hours=1)
    with grace.site.store.begin() as connection:
        connection.execute(requests.delete())
    assert confirms(there, asks(there, grace.address), later) is Move.MOVED
    found = reached(grace.site, now)
    assert grace.address in found.addresses
    assert NEW not in found.addresses
    for who in (grace, there):
        assert "g••@example.com" in who.get(who.choose).words


def test_the_same_address_is_no_move(grace, now):
    assert confirms(grace, asks(grace, "GRACE@example.com"), now) is Move.ALREADY
    assert grace.address in reached(grace.site, now).addresses
    assert len(mail(grace)) == 1


def test_all_of_it_by_the_pages(grace, now):
    """From the preferences over the notice's link to the confirmed address; the former one is shown to nobody whole."""
    path = f"/c/{asks(grace)}"
    page = grace.get(path)
    assert "g••@example.com" in page.words
    assert grace.address not in page.page
    assert grace.address in reached(grace.site, now).addresses
    answer = grace.post(path)
    assert f"goes to {NEW} from now on" in answer.words
    assert NEW in reached(grace.site, now).addresses
    assert "is changed" in grace.post(path).words
    assert "is changed" in grace.get(path).words
    assert len(mail(grace)) == 2


def test_the_page_says_when_nothing_was_changed(grace, now):
    path = f"/c/{asks(grace)}"
    grace.post(grace.leave, {"List-Unsubscribe": "One-Click"})
    for answer in (grace.post(path), grace.get(path)):
        assert "This link has been used" in answer.words
        assert 'href="../subscribe/daily"' in answer.page
    assert NEW not in reached(grace.site, now).addresses


def test_who_has_moved_on_is_not_told_otherwise(grace, now):
    path = f"/c/{asks(grace)}"
    grace.post(path)
    there = Links(grace.site, grace.port, "daily", NEW)
    with grace.site.store.begin() as connection:
        former = dict(connection.execute(select(requests)).one()._mapping)
        connection.execute(requests.delete())
    grace.post(f"/c/{asks(there, 'third@example.org')}")
    with grace.site.store.begin() as connection:
        connection.execute(requests.insert().values(**former))
    assert f"doesn’t go to {NEW} now" in grace.post(path).words
    assert "third@example.org" in reached(grace.site, now).addresses


def test_a_wish_from_before_a_move_takes_nothing_from_the_new_address(grace, now):
    """Somebody with a forwarded mail asks, and confirms only once its reader has moved on."""
    thief = asks(grace, "thief@example.net")
    grace.post(f"{grace.choose}/address", {"address": NEW})
    with grace.site.store.begin() as connection:
        own = connection.execute(select(requests.c.id).where(requests.c.address == NEW)).scalar_one()
    assert confirms(grace, sign(grace.site.signing_keys, Purpose.CONFIRM, own), now) is Move.MOVED
    assert confirms(grace, thief, now) is Move.GONE
    found = reached(grace.site, now).addresses
    assert NEW in found
    assert "thief@example.net" not in found
    assert "doesn’t go to thief@example.net now" in grace.get(f"/c/{thief}").words


def test_who_asks_twice_for_the_same_address_may_press_both_buttons(grace, now):
    first = asks(grace)
    with grace.site.store.begin() as connection:
        connection.execute(requests.update().values(asked_at=now - timedelta(minutes=5)))
    second = asks(grace)
    assert first != second
    for token in (first, second):
        assert "is changed" in grace.post(f"/c/{token}").words


def test_who_is_invited_and_names_their_own_address_is_told_that_it_goes_there(grace):
    answer = grace.post(f"/c/{asks(grace, grace.address)}")
    assert f"goes to {grace.address} from now on" in answer.words
