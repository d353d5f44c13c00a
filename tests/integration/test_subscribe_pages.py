"""The way in, over HTTP: what the pages offer, what a form does, and what nobody can find out or break."""

import html
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import select

from digest.config.settings import ScheduleTable
from digest.pipeline import Control, send
from digest.readership.leaving import leave
from digest.readership.lookup import member
from digest.site import Site
from digest.store import suppressions
from digest.store.schema import notices
from digest.store.schema_readers import requests
from digest.subscribers.address import parse_address
from tests.integration.asking import URL, field_of, open_for_all, set_up, with_lists

EVIL = 'Sp@m.invalid"><script>alert(1)</script>'


@pytest.fixture
def public(site):
    (site.root / "subscribers" / "daily.csv").write_text("email\nemmy@example.org\n", encoding="utf-8")
    return set_up(site)


@pytest.fixture
def front(public, now):
    with open_for_all(public, now) as front:
        yield front


def asked(site, table=requests):
    with site.store.begin() as connection:
        return connection.execute(select(table).order_by(table.c.id)).all()


def sent(site):
    return asked(site, notices)


def test_the_front_door_shows_every_list_that_is_open_and_the_way_to_its_form(front):
    page = front.get("/")
    assert page.status == 200
    assert "Get trending papers in your email inbox!" in page.words
    for name in ("Daily Papers", "Papers of the Week", "Daily · Weekly · 14 topics"):
        assert name in page.words
    assert 'href="subscribe/daily"' in page.page
    assert "x-robots-tag" not in page.headers
    assert "noindex" not in page.page


def test_a_single_list_has_its_form_on_the_front_door(public, now):
    with open_for_all(with_lists(public, "weekly"), now) as front:
        page = front.get("/")
        assert 'action="subscribe/weekly"' in page.page
        assert "Weekly: the next issue comes on Monday, November 30, 2026" in page.words
        assert 'name="frequency"' not in page.page  # there is nothing to choose


def test_where_nobody_can_sign_up_the_front_door_leads_to_the_archive_for_now(site, now, caplog):
    for closed in (with_lists(set_up(site), "daily", signup=False), set_up(site, None)):
        with open_for_all(closed, now) as front:
            answer = front.get("/", host="evil.example.net")
            assert (answer.status, answer.headers["location"]) == (302, "./archive/")
    assert "site.url is not set" in caplog.text


def test_a_list_that_is_not_open_is_as_good_as_unknown(public, now):
    lists = {**public.settings.lists, "weekly": public.settings.lists["weekly"].model_copy(update={"signup": False})}
    closed = Site(public.root, public.settings.model_copy(update={"lists": lists}))
    with open_for_all(closed, now) as front:
        for path in ("/subscribe/weekly", "/subscribe/nothing", "/subscribe/weekly/embed"):
            assert front.get(path).status == 404
        assert front.sign_up(path="/subscribe/weekly").status == 404
        assert "Papers of the Week" not in front.get("/").words


def test_without_an_address_of_its_own_nobody_signs_up(site, now):
    with open_for_all(set_up(site, None), now) as front:
        for answer in (front.get("/subscribe/daily"), front.post("/subscribe/daily", {"email": "ada@example.org"})):
            assert answer.status == 503
            assert "can’t be shown just now" in answer.words


def test_a_list_is_found_by_its_permanent_id(public, now):
    table = public.settings.lists["daily"].model_copy(update={"id": "daily"})
    renamed = Site(public.root, public.settings.model_copy(update={"lists": {"papers": table}}))
    with open_for_all(renamed, now) as front:
        assert front.get("/subscribe/daily").status == 200
        assert front.get("/subscribe/papers").status == 404


def test_the_form_offers_the_lists_topics_and_what_its_schedule_has(front, public):
    page = front.get("/subscribe/daily")
    for topic in public.topics(public.list("daily")):
        assert f'value="{topic.id}"' in page.page
    assert page.page.count('type="radio"') == 2
    assert "Daily next on Tuesday, November 24, 2026" not in page.words  # it left at this very moment
    assert "Daily next on Wednesday, November 25, 2026" in page.words
    assert "No issue has gone out yet." in page.words


def test_a_schedule_that_is_weekly_alone_leaves_no_choice(public, now):
    weekly = {"weekly": ScheduleTable(send_at="0 7 * * 1")}
    with open_for_all(with_lists(public, "daily", schedule=weekly), now) as front:
        assert front.sign_up(frequency="daily").status == 200
        assert asked(public)[0].data["frequency"] == "weekly"


def test_the_newest_issue_stands_beside_the_form(seeded, now):
    site = set_up(seeded)
    send(seeded, seeded.list("daily"), "daily", now.date(), Control(now=lambda: now))
    with open_for_all(site, now + timedelta(hours=1)) as front:
        page = front.get("/subscribe/daily")
        assert "Tuesday, November 24, 2026 · 46 papers" in page.words
        assert "Hybrid Internal Model" in page.words
        assert 'href="../archive/daily/2026-11-24/"' in page.page
        assert front.get("/archive/daily/2026-11-24/").status == 200
        assert "Hybrid Internal Model" in front.get("/").words


def test_a_form_keeps_a_request_with_its_evidence_and_plans_the_notice(front, public):
    answer = front.sign_up("Ada@Example.org", topic=["robotics", "agents"], frequency="weekly")
    assert (answer.status, "Look into your inbox" in answer.words) == (200, True)
    (request,) = asked(public)
    topics = [topic.id for topic in public.topics(public.list("daily")) if topic.id in ("robotics", "agents")]
    assert request.address == "Ada@example.org"
    assert request.data == {"topics": topics, "frequency": "weekly", "language": "en", "network": "127.0.0.1/32"}
    (notice,) = sent(public)
    assert f"{URL}/c/" in notice.message.replace("=\r\n", "")
    assert "Ada@" not in answer.page


def test_pages_and_notice_are_in_the_language_the_browser_asks_for(front, public):
    german = {"Accept_Language": "de-CH, en;q=0.7"}
    page = front.get("/subscribe/daily", **german)
    assert (page.headers["content-language"], page.headers["vary"]) == ("de", "Accept-Language")
    assert '<html lang="de"' in page.page
    assert front.sign_up(**german).headers["content-language"] == "de"
    assert asked(public)[0].data["language"] == "de"
    assert "Content-Language: de" in sent(public)[0].message
    assert front.get("/", Accept_Language="tlh, *;q=0.1, x" + ",y" * 500).headers["content-language"] == "en"


def test_the_answer_says_nothing_of_the_address(front, public, now):
    def suppress(address, scope, key=None):
        with public.store.begin() as connection:
            values = {"address": None, "reason": "x", "source": "test", "now": now}
            key = key or member(public, public.list("daily"), parse_address(address))[1]
            suppressions.add(connection, scope=scope, address_key=key, **values)

    made = front.made()
    with public.store.begin() as connection:
        leave(
            connection, public, member(public, public.list("daily"), parse_address("left@example.org"))[0], "x", now, {}
        )
    suppress("off@example.org", "daily")
    suppress("complained@example.org", suppressions.EVERYWHERE)
    suppress("any@example.net", suppressions.EVERYWHERE, "@example.net")
    answers = [
        front.post("/subscribe/daily", {"email": address, "made": made})
        for address in (
            *("new@example.org", "emmy@example.org", "left@example.org", "off@example.org", "complained@example.org"),
            *("any@example.net", "new@example.org", "new@example.org"),
        )
    ]
    answers.append(front.post("/subscribe/daily", {"email": "bot@example.org", "homepage": "x"}))
    assert len({answer.body for answer in answers}) == 1
    fields = [{name: value for name, value in one.headers.items() if name != "date"} for one in answers]
    assert all(one == fields[0] for one in fields)
    assert {answer.status for answer in answers} == {200}


def test_the_same_work_is_done_for_an_address_that_had_its_share(public, now, monkeypatch):
    rendered = []
    monkeypatch.setattr("digest.readership.confirming._notice", lambda *_: rendered.append(1) or {})
    monkeypatch.setattr("digest.readership.confirming._is_sent", lambda *_: False)
    with open_for_all(public, now) as front:
        assert front.sign_up().status == 200
    assert rendered == [1]
    assert len(asked(public)) == 1
    assert sent(public) == []


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "ada",
        EVIL,
        "ada@example.org\r\nBcc: eve@example.net",
        "ada@example.org\x00",
        "a" * 600 + "@example.org",
        "ä@b",
    ],
)
def test_a_mistake_is_shown_at_its_field_and_what_was_typed_and_chosen_stays(front, public, typed):
    answer = front.sign_up(typed, topic=["robotics"], frequency="weekly")
    assert answer.status == 422
    assert 'aria-invalid="true" aria-describedby="email-mistake"' in answer.page
    assert 'id="email-mistake"' in answer.page
    assert html.unescape(field_of(answer, "email")) == typed[:508]
    assert 'value="robotics" aria-describedby="topics-note" checked' in answer.page
    assert 'value="weekly" checked' in answer.page
    assert '<details class="fold" open>' in answer.page
    assert "<script" not in answer.page
    assert asked(public) == sent(public) == []


def test_an_address_that_was_likely_meant_is_asked_about_once(front, public):
    answer = front.sign_up("ada@example.con")
    assert answer.status == 422
    assert "Did you mean ada@example.com?" in answer.words
    assert front.sign_up("ada@example.con", insisted=field_of(answer, "insisted")).status == 200
    assert [request.address for request in asked(public)] == ["ada@example.con"]


@pytest.mark.parametrize("seconds", [0, 1, 24 * 3600 + 1, None, "forged"])
def test_who_is_too_quick_or_too_slow_presses_once_more_and_loses_nothing(front, public, seconds):
    made = "" if seconds is None else field_of(front.get("/subscribe/daily"), "made")
    if seconds == "forged":
        key, when, mac = made.split(".")
        made = f"{key}.{int(when) - 60}.{mac}"
    else:
        front.pass_by(seconds=seconds or 0)
    answer = front.post("/subscribe/daily", {"email": "ada@example.org", "topic": "robotics", "made": made})
    assert answer.status == 200
    assert "press the button once more" in answer.words
    assert 'value="robotics" aria-describedby="topics-note" checked' in answer.page
    assert asked(public) == []
    front.pass_by(seconds=2)
    again = {"email": field_of(answer, "email"), "topic": "robotics", "made": field_of(answer, "made")}
    assert "Look into your inbox" in front.post("/subscribe/daily", again).words
    assert asked(public)[0].data["topics"] == ["robotics"]


def test_who_keeps_pressing_gets_through_when_the_time_has_come(front, public):
    answer = front.get("/subscribe/daily")
    for _ in range(3):
        answer = front.post("/subscribe/daily", {"email": "ada@example.org", "made": field_of(answer, "made")})
        front.pass_by(seconds=0.8)
    assert (
        "Look into your inbox"
        in front.post("/subscribe/daily", {"email": "ada@example.org", "made": field_of(answer, "made")}).words
    )


def test_who_fills_in_what_nobody_sees_gets_nothing(front, public):
    assert "Look into your inbox" in front.sign_up(homepage="https://spam.example.net").words
    assert asked(public) == sent(public) == []


def test_a_flood_from_one_network_ends_at_its_limit_with_a_page_for_people(front, public):
    made = front.made()

    def submit(number):
        return front.post("/subscribe/daily", {"email": f"r{number}@example.org", "made": made})

    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(submit, range(40)))
    assert sorted(answer.status for answer in answers) == [200] * 10 + [429] * 30
    assert len(sent(public)) == 10
    refused = next(answer for answer in answers if answer.status == 429)
    assert refused.headers["retry-after"] == "3600"
    assert "Too many requests" in refused.words
    front.pass_by(hours=1)
    assert front.sign_up("late@example.org").status == 200


def test_a_mailbox_gets_no_more_for_having_many_addresses(public, now):
    """Mail to ada+1@ and a.da@ comes to Ada wherever her provider has such addresses."""
    with open_for_all(set_up(public, proxies=("127.0.0.0/8",)), now) as front:
        for number in range(6):
            address = f"a.da+{number}@example.org" if number % 2 else f"ada+{number}@example.org"
            assert front.sign_up(address, X_Forwarded_For=f"192.0.2.{number}").status == 200
        front.sign_up("grace@example.org", X_Forwarded_For="192.0.2.99")
    assert len(asked(public)) == 7
    assert len(sent(public)) == 4


def test_a_network_is_what_a_known_proxy_says_and_nobody_else(public, now):
    forged = {"X_Forwarded_For": "198.51.100.1, 192.0.2.7"}
    for site in (public, set_up(public, proxies=("127.0.0.0/8",))):
        with open_for_all(site, now) as front:
            front.sign_up(**forged)
    assert sorted(request.data["network"] for request in asked(public)) == ["127.0.0.1/32", "192.0.2.7/32"]


def test_a_button_pressed_twice_at_once_sends_one_mail(public, now):
    other = set_up(Site.open(public.root))  # a second process, as far as the store can tell
    with open_for_all(public, now) as front, open_for_all(other, now) as second:
        made, _ = front.made(), second.made()
        with ThreadPoolExecutor(8) as pool:
            fields = {"email": "ada@example.org", "made": made}
            answers = list(pool.map(lambda one: one.post("/subscribe/daily", fields), [front, second] * 4))
    assert len({answer.body for answer in answers}) == 1
    assert len(sent(public)) == 1


def test_the_form_for_other_sites_needs_nothing_and_leads_to_ours_filled_in(front, public):
    page = front.get("/subscribe/daily/embed")
    code = html.unescape(page.page.partition("<textarea")[2].partition(">")[2].partition("</textarea>")[0])
    assert code.startswith(f'<form action="{URL}/subscribe/daily" method="post"')
    assert [word for word in ("<script", "style", "class=", "made") if word in code] == []
    assert '<p hidden><label>Leave this empty <input name="homepage"' in code
    came = front.post(
        "/subscribe/daily", {"email": "ada@example.org", "homepage": ""}, Origin="https://blog.example.com"
    )
    assert field_of(came, "email") == "ada@example.org"
    front.pass_by(seconds=5)
    answer = front.post("/subscribe/daily", {"email": "ada@example.org", "made": field_of(came, "made")})
    assert "Look into your inbox" in answer.words
    assert len(sent(public)) == 1


def test_a_template_that_fails_is_told_without_whom_it_was_about(public, now, caplog):
    folder = public.root / "templates" / "notices"
    folder.mkdir()
    (folder / "confirm_signup.txt.j2").write_text("{{ nothing }}", encoding="utf-8")
    with open_for_all(public, now) as front:
        answer = front.sign_up("ada@example.org")
    assert answer.status == 503
    assert "not your fault" in answer.words
    (line,) = caplog.messages
    assert line.startswith("/subscribe/{list_id}: ")
    assert "ada@" not in caplog.text


def test_a_site_can_give_the_pages_its_own_words(public, now):
    folder = public.root / "templates" / "pages"
    folder.mkdir()
    (folder / "asked.html.j2").write_text("<p>Thanks, see you in {{ name }}!</p>", encoding="utf-8")
    with open_for_all(public, now) as front:
        assert front.sign_up().page == "<p>Thanks, see you in Daily Papers!</p>"


MULTIPART = "multipart/form-data; boundary=b"


@pytest.mark.parametrize("charset", ["unicode_escape", "punycode", "idna", "utf-7", "utf-16", "nonsense"])
def test_a_form_has_no_say_in_how_its_bytes_are_read(front, public, charset, caplog):
    """Of Python's codecs some make what can't be written again, and some take long."""
    body = '--b\r\nContent-Disposition: form-data; name="email"\r\n\r\na\\ud800@example.org\r\n--b--\r\n'
    answer = front.post("/subscribe/daily", body=body, Content_Type=f"{MULTIPART}; charset={charset}")
    assert answer.status == 415
    assert "This form can’t be read" in answer.words
    assert caplog.messages == []


@pytest.mark.parametrize("charset", ["UTF-8", '"utf-8"', "us-ascii"])
def test_a_form_may_say_what_charset_all_of_them_have(front, public, charset):
    body = '--b\r\nContent-Disposition: form-data; name="email"\r\n\r\nada@\r\n--b--\r\n'
    answer = front.post("/subscribe/daily", body=body, Content_Type=f"{MULTIPART}; charset={charset}")
    assert answer.status == 422
