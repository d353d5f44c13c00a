"""The way out, by raw requests as mail programs, scanners and people send them."""

import http.client
import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from email import message_from_bytes
from urllib.parse import urlsplit

import pytest
from sqlalchemy import update

from digest.issues.states import IssueState
from digest.pipeline import approve, build, key_of, send
from digest.roster.forgetting import forget
from digest.sending import Control
from digest.site import Site
from digest.store import database, deliveries, issues, readers, suppressions
from digest.store.database import open_database
from digest.store.readers import Reader
from digest.store.schema import deliveries as delivery_rows
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Preferences
from digest.subscribers.keyring import rotate
from digest.subscribers.reasons import LEFT
from digest.subscribers.tokens import Purpose, sign, verify
from digest.web.leaving import LONGEST_WORDS, REASONS_A_DAY
from tests.integration.linked import FORM, Links, serving

DAY = date(2026, 11, 24)
CLICK = {"List-Unsubscribe": "One-Click"}


def with_url(site: Site) -> Site:
    """Return the site with pages for readers, so that its mail has links."""
    path = site.root / "digest.toml"
    text = path.read_text("utf-8").replace("# url = ", "url = ")
    path.write_text(text, encoding="utf-8")
    return Site.open(site.root)


@pytest.fixture
def ada(site, now):
    with serving(site, now) as port:
        yield Links(site, port, "daily", "ada@example.org")


def left(who: Links, list_id="daily"):
    """Whether somebody is suppressed on a list by their own word."""
    subscriber, key = who.ids
    with who.site.store.begin() as connection:
        found = suppressions.of(connection, [key, subscriber])
    return any(one.reason == LEFT and one.scope in (list_id, "*") for one in found)


def events(who: Links):
    with who.site.store.begin() as connection:
        return [one.kind for one in readers.events(connection, [who.ids[0]])]


def multipart(*fields: tuple[str, str], boundary="b0undary"):
    parts = "".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields
    )
    return parts + f"--{boundary}--\r\n", f"multipart/form-data; boundary={boundary}"


def test_one_click_urlencoded(ada):
    answer = ada.post(ada.leave, CLICK)
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.page == "You have unsubscribed: no more mail comes from this list.\n"
    assert "set-cookie" not in answer.headers
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert left(ada)
    assert events(ada) == ["left"]


def test_one_click_multipart(ada):
    body, kind = multipart(("List-Unsubscribe", "One-Click"))
    assert ada.get(ada.leave, method="POST", form=body, Content_Type=kind).status == 200
    assert left(ada)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("list-unsubscribe=one-click", FORM),
        ("List-Unsubscribe=One-Click", f"{FORM}; charset=utf-16"),
        ("List-Unsubscribe=One-Click", "APPLICATION/X-WWW-FORM-URLENCODED;charset=ISO-8859-1"),
        ("List-Unsubscribe=One-Click\r\n", FORM),
        ("List%2DUnsubscribe=One%2DClick", FORM),
        ("a=1&List-Unsubscribe=One-Click&b=2", FORM),
        ("List-Unsubscribe=", FORM),
        ("List-Unsubscribe=One-Click", "text/plain"),
        ("List-Unsubscribe=One-Click", ""),
        ("List-Unsubscribe=One-Click", "multipart/form-data"),
        ("List%2DUnsubscribe=One-Click", "application/octet-stream"),
        ('{"List-Unsubscribe": "One-Click"}', "application/json"),
        ("".join(f"{letter}\0" for letter in "List-Unsubscribe=One-Click"), "text/plain; charset=utf-16le"),
        (multipart(("other", "1"), ("LIST-UNSUBSCRIBE", "One-Click"))[0], "multipart/form-data; boundary=b0undary"),
        (multipart(("List-Unsubscribe", "One-Click"))[0], "multipart/form-data; boundary=another"),
        (multipart(("List-Unsubscribe", "One-Click"))[0], FORM),
        (multipart(("List-Unsubscribe", "One-Click"))[0].replace('name="', 'filename="a"; name="'),
         "multipart/form-data; boundary=b0undary"),
    ],
)  # fmt: skip
def test_whoever_says_the_words_leaves_in_whatever_form(ada, body, kind):
    assert ada.get(ada.leave, method="POST", form=body, Content_Type=kind).status == 200
    assert left(ada)


def test_a_post_without_content_type_leaves(ada):
    with socket.create_connection(("127.0.0.1", ada.port), timeout=5) as connection:
        body = b"List-Unsubscribe=One-Click"
        head = f"POST {ada.leave} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + body)
        assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")
    assert left(ada)


@pytest.mark.parametrize(
    "body", ["", "unsubscribe=yes", "List-Unsubscribe-Post=1x&do=other", "do=", "do=LEAVE", "a" * 60_000]
)
def test_a_post_that_says_something_else_shows_the_page_and_changes_nothing(ada, body):
    if body.startswith("List"):
        body = body.replace("List-Unsubscribe-Post", "List")
    answer = ada.get(ada.leave, method="POST", form=body, Content_Type=FORM)
    assert answer.status == 200
    assert 'value="leave"' in answer.page
    assert not left(ada)
    assert events(ada) == []


def test_what_is_too_large_is_refused_and_so_is_what_breaks_off(ada):
    assert ada.post(ada.leave, {"a": "b" * 70_000, **CLICK}).status == 413
    with socket.create_connection(("127.0.0.1", ada.port), timeout=5) as connection:
        head = f"POST {ada.leave} HTTP/1.1\r\nHost: x\r\nContent-Type: {FORM}\r\nContent-Length: 500\r\n\r\n"
        connection.sendall(head.encode() + b"List-Unsub")
    assert ada.get(ada.leave).status == 200
    assert not left(ada)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"User_Agent": "Mozilla/5.0 (Windows NT 10.0; Win64) BingPreview/1.0b", "Accept": "*/*"},
        {"Purpose": "prefetch", "Sec_Purpose": "prefetch;prerender", "X_Moz": "prefetch"},
        {"User_Agent": "Barracuda Sentinel (EE)", "Cookie": "a=b", "Referer": "https://mail.example.org/"},
        {"Range": "bytes=0-0", "If_None_Match": "*"},
    ],
)
def test_whatever_looks_at_a_link_changes_nothing(ada, method, headers):
    for path in (ada.leave, f"{ada.leave}?List-Unsubscribe=One-Click&do=leave", ada.choose):
        answer = ada.get(path, method=method, **headers)
        assert answer.status == 200
        assert (answer.body == b"") == (method == "HEAD")
    with ada.site.store.begin() as connection:
        assert list(suppressions.every(connection)) == []
        assert readers.events(connection, [ada.ids[0]]) == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(ada, method):
    assert ada.get(ada.leave, method=method).status == 405
    assert not left(ada)


def test_to_click_a_hundred_times_is_to_leave_once(ada, now):
    for _ in range(100):
        assert ada.post(ada.leave, CLICK).status == 200
    assert events(ada) == ["left"]


def test_posts_side_by_side_all_get_their_answer(ada):
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: ada.post(ada.leave, CLICK).status, range(60)))
    assert set(answers) == {200}
    assert events(ada) == ["left"]


def test_no_byte_of_a_link_can_be_changed(ada):
    token = ada.leave.removeprefix("/u/")
    for at, letter in enumerate(token):
        other = "A" if letter != "A" else "B"
        answer = ada.post(f"/u/{token[:at]}{other}{token[at + 1 :]}", CLICK)
        assert answer.status == 404
    for wrong in (token[:-1], token + "A", "", "x", "%00", "a" * 4000, f"{token}/x"):
        assert ada.post(f"/u/{wrong}", CLICK).status == 404
    assert not left(ada)


@pytest.mark.parametrize("purpose", [one for one in Purpose if one is not Purpose.UNSUBSCRIBE])
def test_a_link_for_something_else_is_none_to_leave_by(ada, purpose):
    token = sign(ada.site.signing_keys, purpose, ada.ids[0])
    assert ada.post(f"/u/{token}", CLICK).status == 404
    assert not left(ada)


def test_the_page_for_a_wrong_link_says_how_else_one_can_leave(ada):
    for answer in (ada.get("/u/cut-off"), ada.get("/p/cut-off"), ada.post("/u/cut-off", CLICK)):
        assert answer.status == 404
        assert "write to digest@example.org" in answer.words
        assert 'href="mailto:digest@example.org?subject=unsubscribe"' in answer.page
        assert 'href="../pages.css"' in answer.page
    assert 'href="../../pages.css"' in ada.get("/p/cut-off/address").page


def test_links_of_years_ago_work_after_the_keys_were_rotated(ada):
    old = ada.leave
    for _ in range(5):
        rotate(ada.site.root / "keys" / "signing.keys")
    assert ada.leave != old
    assert ada.post(old, CLICK).status == 200  # by the server that was running all the time
    assert left(ada)


def test_a_key_that_was_deleted_is_honoured_no_more(ada):
    old, path = ada.leave, ada.site.root / "keys" / "signing.keys"
    rotate(path)
    path.write_text(path.read_text("ascii").rsplit("\n", 2)[0] + "\n", encoding="ascii")
    assert ada.post(old, CLICK).status == 404
    assert ada.post(ada.leave, CLICK).status == 200


def test_an_issue_keeps_the_key_it_was_frozen_with_and_the_next_one_has_the_new(mailed, server, now):
    site = with_url(mailed)
    daily = site.list("daily")
    with site.store.begin() as connection:
        build(connection, site, daily, "daily", DAY, now)
        approve(connection, site, daily, key_of(daily, "daily", DAY), now)
    rotate(site.root / "keys" / "signing.keys")
    send(site, site.list("daily"), "daily", DAY, Control(now=lambda: now))
    (one, _), *_ = server.messages
    url = message_from_bytes(one.content)["List-Unsubscribe"].split(">")[0].lstrip("<")
    token = verify(site.signing_keys, url.rpartition("/")[2])
    assert token.key_id == 1
    assert site.headers(site.list("daily")).key_id == 2


def test_a_suppression_for_another_reason_becomes_their_own_word(ada, now):
    """Else whoever lifted the first would bring back somebody who left."""
    values = {"scope": "daily", "address_key": ada.ids[1], "address": ada.address, "source": "operator", "now": now}
    with ada.site.store.begin() as connection:
        suppressions.add(connection, reason="by hand", **values)
    assert ada.post(ada.leave, CLICK).status == 200
    assert left(ada)
    assert events(ada) == ["left"]
    with ada.site.store.begin() as connection:
        (lifted,) = suppressions.lifted(connection, [ada.ids[1]])
    assert (lifted.was.reason, lifted.by) == ("by hand", "their leaving, by one click")


def changed(site, *pairs):
    path = site.root / "digest.toml"
    text = path.read_text("utf-8")
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")
    return Site.open(site.root)


def test_a_renamed_list_is_left_under_its_id(ada, now):
    site = changed(
        ada.site, ("[lists.daily]\n", '[lists.news]\nid = "daily"\nsubscribers = "subscribers/daily.csv"\n'),
        ("[lists.daily.", "[lists.news."), ('"Daily Papers"', '"Morning News"'),
    )  # fmt: skip
    with serving(site, now) as port:
        later = Links(site, port, "news", "ada@example.org")
        assert later.leave == ada.leave
        assert "Unsubscribe from Morning News" in later.get(ada.leave).words
        assert later.post(ada.leave, CLICK).status == 200
        assert left(later)


def test_a_list_that_left_the_settings_can_be_left(mailed, now):
    site = with_url(mailed)
    send(site, site.list("daily"), "daily", DAY, Control(now=lambda: now))
    text = (site.root / "digest.toml").read_text("utf-8")
    daily, weekly = text.index("[lists.daily]"), text.index("[lists.weekly]")
    leave = Links(site, 0, "daily", "ada@example.org").leave
    (site.root / "digest.toml").write_text(text[:daily] + text[weekly:], encoding="utf-8")
    with serving(Site.open(site.root), now) as port:
        who = Links(site, port, "daily", "ada@example.org")
        assert "Unsubscribe from daily" in who.get(leave).words
        assert who.post(leave, CLICK).status == 200
        assert who.get(who.choose).status == 404
        assert left(who)


def test_a_lost_store_is_no_hindrance(ada, now):
    for file in ada.site.root.glob("store.sqlite3*"):
        file.unlink()
    site = Site.open(ada.site.root)
    with serving(site, now) as port:
        later = Links(site, port, "daily", "ada@example.org")
        assert "a••@example.org" in later.get(ada.leave).words
        assert later.post(ada.leave, CLICK).status == 200
        with site.store.begin() as connection:
            (found,) = suppressions.of(connection, [later.ids[1]])
        assert (found.scope, found.address) == ("daily", "ada@example.org")


def test_who_is_nowhere_to_be_found_is_suppressed_all_the_same(ada):
    gone = replace(ada, address="gone@example.org")
    assert "Unsubscribe" in gone.get(gone.leave).words
    assert gone.get(gone.choose).status == 404
    assert gone.post(gone.leave, CLICK).status == 200
    assert left(gone)
    page = gone.get(gone.leave)
    assert "You have unsubscribed" in page.words
    assert "tell us why" not in page.words


def test_who_was_forgotten_can_leave(mailed, now):
    site = with_url(mailed)
    send(site, site.list("daily"), "daily", DAY, Control(now=lambda: now))
    (site.root / "subscribers" / "daily.csv").write_text("email\n", encoding="utf-8")
    with serving(site, now) as port:
        who = Links(site, port, "daily", "ada@example.org")
        with site.store.begin() as connection:
            forget = update(delivery_rows).where(delivery_rows.c.subscriber_id == who.ids[0])
            connection.execute(forget.values(address="", name=""))
        page = who.get(who.leave)
        assert "Unsubscribe from Daily Papers" in page.words
        assert "Or get less" not in page.words
        assert who.post(who.leave, CLICK).status == 200
        assert left(who)
        assert who.get(who.choose).status == 404


def test_an_old_link_doesn_t_take_from_who_was_forgotten_that_no_file_brings_them_back(mailed, now):
    only = {name: table for name, table in mailed.settings.lists.items() if name == "daily"}
    site = replace(mailed, settings=mailed.settings.model_copy(update={"lists": only}))
    send(site, site.list("daily"), "daily", DAY, Control(now=lambda: now))
    with serving(site, now) as port:
        who = Links(site, port, "daily", "ada@example.org")
        forget(site, parse_address(who.address), now)
        for fields in (CLICK, {"do": "leave"}, {"do": "leave-all"}):
            assert who.post(who.leave, fields).status == 200
    with site.store.begin() as connection:
        assert suppressions.among(connection, "made-later", [who.ids[1]])
    assert events(who) == []


@pytest.mark.parametrize("clicked_at", ["ada@example.org", "ada@new.example.org"])
def test_all_lists_are_left_under_the_addresses_from_before_and_after_a_move_too(mailed, now, clicked_at):
    """Ada moved the daily list to her new address; the weekly one still comes to the old one."""
    path = mailed.root / "subscribers" / "weekly.csv"
    path.write_text(path.read_text("utf-8") + "ada@example.org\n", encoding="utf-8")
    send(mailed, mailed.list("daily"), "daily", DAY, Control(now=lambda: now))
    with serving(mailed, now) as port:
        old, new = (Links(mailed, port, "daily", one) for one in ("ada@example.org", "ada@new.example.org"))
        with mailed.store.begin() as connection:
            readers.save(connection, Reader(new.ids[0], "daily", new.address, new.ids[1], "", Preferences(), now, now))
            readers.move(connection, old.ids[0], new.ids[0], now)
        link = replace(old, list_name="weekly").leave if clicked_at == old.address else new.leave
        old.post(link, {"do": "leave-all"})
        assert left(replace(old, list_name="weekly"), "weekly")
        assert left(new)


def test_the_button_leaves_and_the_page_says_so_and_the_way_back(ada):
    page = ada.get(ada.leave)
    assert "It comes to a••@example.org every day" in page.words
    assert "ada@example.org" not in page.page
    answer = ada.post(ada.leave, {"do": "leave"})
    assert "You have unsubscribed from Daily Papers" in answer.words
    assert 'href="../subscribe/daily"' in answer.page
    assert left(ada)
    assert not left(ada, "weekly")
    assert "You have unsubscribed from Daily Papers" in ada.get(ada.leave).words


def test_all_lists_are_left_by_a_further_button(ada):
    assert "all lists of Paper Digest" in ada.get(ada.leave).words
    answer = ada.post(ada.leave, {"do": "leave-all"})
    assert left(ada)
    assert left(ada, "weekly")
    assert "all lists" not in answer.words


def test_less_is_offered_below_and_done(ada):
    page = ada.get(ada.leave).page
    assert page.index('value="leave"') < page.index('value="weekly"') < page.index('value="pause-month"')
    answer = ada.post(ada.leave, {"do": "weekly"})
    assert "once a week" in answer.words
    assert 'value="weekly"' not in answer.page
    assert "nothing before Tuesday, December 1, 2026" in ada.post(ada.leave, {"do": "pause-week"}).words
    assert "nothing before Thursday, December 24, 2026" in ada.post(ada.leave, {"do": "pause-month"}).words
    with ada.site.store.begin() as connection:
        said = readers.load(connection, ada.ids[0])
    assert (said.preferences.frequency, said.preferences.paused_until) == ("weekly", date(2026, 12, 24))
    assert (said.preferences.topics, said.preferences.timezone, said.confirmed_at) == (None, None, None)
    assert events(ada) == ["chose"] * 3
    assert not left(ada)


def test_a_pause_that_is_longer_already_stays(ada):
    ada.post(ada.leave, {"do": "pause-month"})
    assert "nothing before Thursday, December 24, 2026" in ada.post(ada.leave, {"do": "pause-week"}).words


def test_less_changes_nothing_for_who_has_left(ada):
    ada.post(ada.leave, CLICK)
    assert "You have unsubscribed" in ada.post(ada.leave, {"do": "pause-week"}).words
    assert events(ada) == ["left"]


def test_a_reason_is_kept_once_they_have_left_and_bounded(ada):
    ada.post(ada.leave, {"do": "reason", "reason": "other", "words": "too early"})
    assert events(ada) == []
    ada.post(ada.leave, {"do": "leave"})
    ada.post(ada.leave, {"do": "reason"})  # nothing said
    hostile = "x\r\nBcc: a@example.org\x00\u2028" + "y" * 1000
    answer = ada.post(ada.leave, {"do": "reason", "reason": "nonsense", "words": hostile})
    assert "Thank you" in answer.words
    for _ in range(10):
        ada.post(ada.leave, {"do": "reason", "reason": "too-many"})
    with ada.site.store.begin() as connection:
        _, first, *others = readers.events(connection, [ada.ids[0]])
    assert first.data["reason"] == ""
    assert first.data["words"] == ("x Bcc: a@example.org " + "y" * 1000)[:LONGEST_WORDS]
    assert [one.data for one in others] == [{"reason": "too-many", "words": ""}] * (REASONS_A_DAY - 1)


def test_a_page_is_in_the_language_of_its_reader(ada):
    assert ada.get(ada.leave, Accept_Language="de").headers["content-language"] == "en"  # their row says en
    unknown = replace(ada, address="gone@example.org")
    assert unknown.get(unknown.leave, Accept_Language="de").headers["content-language"] == "de"


def test_a_mail_program_finds_and_uses_the_headers(mailed, server, now):
    """List-Unsubscribe and List-Unsubscribe-Post as they came over SMTP, used as RFC 8058 says."""
    site = with_url(mailed)
    send(site, site.list("daily"), "daily", DAY, Control(now=lambda: now))
    content = next(one.content for one, _ in server.messages if one.rcpt_tos == ["ada@example.org"])
    message = message_from_bytes(content)
    url = message["List-Unsubscribe"].split(">")[0].lstrip("<")
    body = message["List-Unsubscribe-Post"]
    assert url.startswith("https://digest.example.org/u/")
    assert body == "List-Unsubscribe=One-Click"
    with serving(site, now) as port:
        who = Links(site, port, "daily", "ada@example.org")
        answer = who.get(urlsplit(url).path, method="POST", form=body, Content_Type=FORM)
        assert answer.status == 200
        assert left(who)


def test_a_message_that_was_planned_and_not_claimed_is_not_sent(mailed, server, now):
    site = with_url(mailed)
    people = [f"r{number:02}@example.org" for number in range(60)]
    (site.root / "subscribers" / "daily.csv").write_text("email\n" + "\n".join(people) + "\n", encoding="utf-8")
    server.delay = 0.02
    clicked: list[int] = []
    with serving(site, now) as port:
        last = Links(site, port, "daily", people[-1])

        def click(_settled):
            if not clicked:
                clicked.append(last.post(last.leave, CLICK).status)

        delivered = send(site, site.list("daily"), "daily", DAY, Control(now=lambda: now, progress=click))
    assert clicked == [200]
    assert delivered.issue.state is IssueState.FINISHED
    assert server.by_recipient.keys() == set(people[:-1])
    with site.store.begin() as connection:
        stored = issues.find(connection, key_of(site.list("daily"), "daily", DAY))
        states = {str(state): number for state, number in deliveries.counts(connection, stored.id).items()}
    assert states == {"accepted": 59, "suppressed": 1}


def test_a_busy_store_is_said_and_nothing_is_lost_silently(ada, monkeypatch):
    monkeypatch.setattr(database, "HURRY", 0.2)
    other = open_database(ada.site.root / "store.sqlite3")
    with other.begin():
        answer = ada.post(ada.leave, CLICK)
        assert (answer.status, answer.headers["retry-after"]) == (503, "30")
        assert "try again in some minutes" in answer.words
        assert ada.get(ada.leave).status == 200  # to look needs no turn
    other.dispose()
    assert not left(ada)
    assert ada.post(ada.leave, CLICK).status == 200
    assert left(ada)


def test_who_left_has_left_also_when_the_page_can_t_be_shown(ada, caplog):
    (ada.site.root / "templates" / "pages").mkdir()
    (ada.site.root / "templates" / "pages" / "left.html.j2").write_text("{{ nonsense }}", encoding="utf-8")
    (ada.site.root / "templates" / "pages" / "leave.html.j2").write_text("{{ nonsense }}", encoding="utf-8")
    answer = ada.get(ada.leave)
    assert answer.status == 503
    assert "nonsense" not in answer.page
    answer = ada.post(ada.leave, {"do": "leave"})
    assert (answer.status, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert left(ada)


def test_no_address_and_no_link_is_in_the_log(ada, monkeypatch, caplog):
    caplog.set_level(logging.DEBUG)
    monkeypatch.setattr(database, "HURRY", 0.05)
    new = "secret-new@example.net"
    ada.get(ada.leave)
    ada.post(ada.choose, {"do": "save", "timezone": "Europe/Berln"})
    ada.post(f"{ada.choose}/address", {"address": new})
    ada.post(f"{ada.choose}/address", {"address": "secret-new@@example.net"})
    ada.post(f"{ada.leave}x", CLICK)
    ada.post(ada.leave, {"a": "b" * 70_000})
    other = open_database(ada.site.root / "store.sqlite3")
    with other.begin():
        assert ada.post(ada.leave, CLICK).status == 503
        assert ada.post(ada.choose, {"do": "save", "frequency": "weekly"}).status == 503
    ada.post(ada.leave, {"do": "leave"})
    (ada.site.root / "templates" / "pages").mkdir()
    (ada.site.root / "templates" / "pages" / "choose.html.j2").write_text("{{ masked.nonsense }}", encoding="utf-8")
    with other.begin() as connection:
        connection.exec_driver_sql("DROP TABLE reader_events")
        connection.exec_driver_sql("DELETE FROM suppressions")
    other.dispose()
    assert ada.post(ada.leave, CLICK).status == 503
    assert ada.get(ada.choose).status == 503
    logged = "\n".join(f"{record.getMessage()} {record.exc_text or ''}" for record in caplog.records)
    assert "/u/{token}: the store" in logged
    for secret in ("ada@example.org", new, ada.leave[3:], ada.choose[3:], *ada.ids):
        assert secret not in logged


def test_it_answers_while_a_run_is_sending(mailed, server, now):
    """Nobody who clicks during a run waits long: the sender takes the store in short turns."""
    site = with_url(mailed)
    people = [f"r{number:03}@example.org" for number in range(200)]
    (site.root / "subscribers" / "daily.csv").write_text("email\n" + "\n".join(people) + "\n", encoding="utf-8")
    server.delay = 0.002
    waits: list[float] = []
    with serving(site, now) as port:
        sending = threading.Thread(target=send, args=(site, site.list("daily"), "daily", DAY, Control(now=lambda: now)))
        sending.start()
        for number in range(0, 200, 8):
            who = Links(site, port, "daily", people[number])
            begun = time.perf_counter()
            assert who.post(who.leave, CLICK).status == 200
            waits.append(time.perf_counter() - begun)
        sending.join()
    assert max(waits) < database.HURRY
    assert sorted(waits)[len(waits) // 2] < 1


def test_a_flood_of_clicks_is_answered(ada):
    connection = http.client.HTTPConnection("127.0.0.1", ada.port, timeout=10)
    for _ in range(300):
        connection.request("POST", ada.leave, "List-Unsubscribe=One-Click", {"Content-Type": FORM})
        response = connection.getresponse()
        assert response.status == 200
        response.read()
    connection.close()
    assert events(ada) == ["left"]
