"""The link of a confirmation over HTTP: what scanners do to it, what a reader does, and the whole way to an issue."""

import re
from concurrent.futures import ThreadPoolExecutor
from email import message_from_bytes, policy

import pytest
from sqlalchemy import select

from digest.notifying import Notifier, notices_leave
from digest.pipeline import Control, send
from digest.readership.confirming import ask
from digest.readership.leaving import leave
from digest.readership.lookup import member
from digest.store import database, readers, suppressions
from digest.store.readers import Reader
from digest.store.schema import notices
from digest.store.schema_readers import requests
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Preferences
from digest.subscribers.tokens import Purpose, sign
from tests.integration.asking import URL, open_for_all, set_up
from tests.integration.test_notifying import until

ADA = parse_address("ada@example.org")


@pytest.fixture
def public(site):
    (site.root / "subscribers" / "daily.csv").write_text("email\n", encoding="utf-8")
    return set_up(site)


@pytest.fixture
def front(public, now):
    with open_for_all(public, now) as front:
        yield front


@pytest.fixture
def link(front, public):
    """The path of a link that waits to be confirmed."""
    front.sign_up(ADA.address, topic=["robotics"], frequency="weekly")
    return paths(public)[-1]


def paths(site):
    with site.store.begin() as connection:
        ids = connection.execute(select(requests.c.id).order_by(requests.c.asked_at)).scalars().all()
    return [f"/c/{sign(site.signing_keys, Purpose.CONFIRM, one)}" for one in ids]


def state(site):
    """All that a visitor could change, as it stands in the store."""
    tables = ("readers", "requests", "reader_events", "suppressions", "lifted_suppressions", "aliases")
    with site.store.begin() as connection:
        return {name: connection.exec_driver_sql(f"SELECT * FROM {name}").all() for name in tables}


def events(site):
    with site.store.begin() as connection:
        subscriber, _ = member(site, site.list("daily"), ADA)
        return [event.kind for event in readers.events(connection, [subscriber])]


def test_the_link_shows_what_will_happen(front, link):
    page = front.get(link)
    assert page.status == 200
    for word in ("Confirm your subscription", "Daily Papers", "ada@example.org", "Weekly", "Robotics"):
        assert word in page.words
    assert page.page.count('<form method="post">') == 1
    assert page.headers["x-robots-tag"] == "noindex"
    assert page.headers["cache-control"] == "no-store"


def test_scanners_change_nothing(front, public, link):
    before = state(public)
    for method in ("GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"):
        for more in ({}, {"Purpose": "prefetch", "Sec_Purpose": "prefetch;prerender"}, {"User_Agent": "Scanner/1.0"}):
            assert front.get(link, method, **more).status in (200, 405)
    assert state(public) == before


def test_the_button_subscribes_and_pressing_it_again_shows_the_same(front, public, link):
    first = front.post(link)
    assert first.status == 200
    assert "You are subscribed" in first.words
    assert "Your first issue comes on Monday, November 30, 2026." in first.words
    again, seen = front.post(link), front.get(link)
    assert first.body == again.body == seen.body
    assert events(public) == ["signed up"]
    assert [one.email for one in readers.confirmed(public.store, "daily")] == ["ada@example.org"]


def test_pressed_from_everywhere_at_once_it_is_done_once(front, public, link):
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: front.post(link), range(16)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert events(public) == ["signed up"]


def test_a_link_that_was_tampered_with_is_none_of_ours(front, public, link):
    before = state(public)
    for place in range(3, len(link), 4):
        wrong = link[:place] + ("A" if link[place] != "A" else "B") + link[place + 1 :]
        for answer in (front.get(wrong), front.post(wrong)):
            assert answer.status == 404
            assert "Ask again" in answer.words
    with public.store.begin() as connection:
        (request,) = connection.execute(select(requests)).all()
    for purpose in set(Purpose) - {Purpose.CONFIRM}:
        assert front.post(f"/c/{sign(public.signing_keys, purpose, request.id)}").status == 404
    for odd in ("/c/", "/c/x", "/c/" + "A" * 5000, "/c/%00", "/c/..%2f..", f"{link}/", f"{link}%0d%0aSet-Cookie:x"):
        assert front.post(odd).status == 404
    assert state(public) == before


def test_a_link_that_was_not_used_in_time_says_so_and_how_to_ask_again(front, public, link):
    front.pass_by(days=3)
    for answer in (front.get(link), front.post(link)):
        assert answer.status == 410
        assert "This link has expired" in answer.words
        assert 'href="../subscribe/daily"' in answer.page
    assert events(public) == []


def test_a_link_that_was_used_does_not_bring_back_who_has_left(front, public, link, now):
    front.post(link)
    with public.store.begin() as connection:
        leave(connection, public, member(public, public.list("daily"), ADA)[0], "one click", now, {})
    assert "“Daily Papers” doesn’t go to ada@example.org now" in front.post(link).words
    assert front.sign_up(ADA.address).status == 200  # another one does
    assert "You are subscribed" in front.post(paths(public)[-1]).words
    with public.store.begin() as connection:
        assert not suppressions.among(connection, "daily", [member(public, public.list("daily"), ADA)[1]])


def test_a_busy_store_is_said_soon_to_who_signs_up_or_confirms(front, public, link, monkeypatch):
    monkeypatch.setattr(database, "HURRY", 0.2)
    made = front.made()
    other = database.open_database(public.root / "store.sqlite3")
    with other.begin():
        for answer in (front.post(link), front.post("/subscribe/daily", {"email": "new@example.org", "made": made})):
            assert (answer.status, answer.headers["retry-after"]) == (503, "30")
            assert "try again in some minutes" in answer.words
    other.dispose()
    assert "You are subscribed" in front.post(link).words


def test_who_may_not_be_mailed_anywhere_is_told_so_and_whom_to_ask(front, public, link, now):
    with public.store.begin() as connection:
        key = member(public, public.list("daily"), ADA)[1]
        values = {"address": None, "reason": "complaint", "source": "a report", "now": now}
        suppressions.add(connection, scope=suppressions.EVERYWHERE, address_key=key, **values)
    answer = front.post(link)
    assert "We can’t send to this address" in answer.words
    assert "write to digest@example.org" in answer.words


def test_a_list_that_is_gone_from_the_settings_has_no_links(public, front, link, now):
    others = {name: table for name, table in public.settings.lists.items() if name != "daily"}
    changed = type(public)(public.root, public.settings.model_copy(update={"lists": others}))
    with open_for_all(changed, now) as later:
        assert later.get(link).status == 404
        assert later.post(link).status == 404


def test_the_page_speaks_the_language_in_which_was_asked(front, public):
    front.sign_up(ADA.address, Accept_Language="fr")
    page = front.get(paths(public)[-1], Accept_Language="en")
    assert page.headers["content-language"] == "fr"


def test_a_new_address_is_confirmed_by_its_owner_who_sees_which_one_it_takes_the_place_of(public, front, now):
    daily = public.list("daily")
    new = parse_address("lovelace@example.org")
    subscriber, key = member(public, daily, ADA)
    with public.store.begin() as connection:
        readers.save(connection, Reader(subscriber, "daily", ADA.address, key, "", Preferences(), now, now))
    ask(public, daily, "address", new, {"from": subscriber}, network="x", language="de", now=now)
    (path,) = paths(public)
    page = front.get(path)
    assert "So far a••@example.org From now on lovelace@example.org" in page.words
    answers = [front.post(path, X_Forwarded_For="192.0.2.9"), front.post(path), front.get(path)]
    assert len({answer.body for answer in answers}) == 1
    assert "“Daily Papers” goes to lovelace@example.org from now on." in answers[0].words
    with public.store.begin() as connection:
        moved = readers.load(connection, member(public, daily, new)[0])
        (event,) = readers.events(connection, [subscriber])
    assert (moved.address, moved.confirmed_at) == (new.address, now)
    assert (event.kind, event.data["network"]) == ("moved", "127.0.0.1/32")
    ask(public, daily, "address", new, {"from": "0" * 32}, network="y", language="en", now=front.now[0])
    (path,) = {one for one in paths(public) if one.startswith("/c/")} - {path}
    assert "So far" not in front.get(path).words  # nobody is found under that id
    with public.store.begin() as connection:
        readers.remove(connection, moved.subscriber_id)
    assert "“Daily Papers” doesn’t go to lovelace@example.org now" in front.post(path).words
    ask(public, daily, "address", new, {"from": subscriber}, network="z", language="en", now=front.now[0])
    path = paths(public)[-1]
    front.pass_by(days=3)
    late = front.get(path)
    assert (late.status, "still goes to your former address" in late.words) == (410, True)


def test_the_whole_way_from_the_form_to_the_next_issue(mailed, server, subscriber_file, now):
    subscriber_file.write_text("email\n", encoding="utf-8")
    site = set_up(mailed)
    with open_for_all(site, now) as front, notices_leave(Notifier(lambda: front.now[0]), lambda: site):
        assert front.sign_up(ADA.address, topic=["robotics"], Accept_Language="en").status == 200
        until(lambda: server.messages)
        (envelope, _) = server.messages.pop()
        notice = message_from_bytes(envelope.content, policy=policy.default)
        assert (envelope.rcpt_tos, notice["To"]) == (["ada@example.org"], "ada@example.org")
        assert envelope.mail_from == "digest@example.org"  # aligned with From
        found = {
            re.search(rf"{URL}(/c/[A-Za-z0-9_-]+)", notice.get_body((kind,)).get_content())[1]
            for kind in ("plain", "html")
        }
        (path,) = found
        front.pass_by(hours=1)
        assert "You are subscribed" in front.post(path).words
    deliver(site, front.now[0])
    ((envelope, message),) = server.messages
    assert envelope.rcpt_tos == ["ada@example.org"]
    assert "Confirm" not in message["Subject"]
    with site.store.begin() as connection:
        assert connection.execute(select(notices.c.state)).scalars().all() == ["accepted"]


def deliver(site, now):
    return send(site, site.list("daily"), "daily", now.date(), Control(now=lambda: now))
