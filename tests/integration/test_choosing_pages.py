"""Preferences by signed link: what holds is shown, what is chosen is kept, and nothing else is."""

from datetime import UTC, date, datetime

import pytest

from digest.pipeline import send
from digest.readership.choosing import MOST_A_DAY
from digest.readership.lookup import member
from digest.rehearsal import rehearse
from digest.sending import Control
from digest.store import readers, suppressions
from digest.store.readers import Reader
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Preferences
from tests.integration.linked import Links, serving

DAY = date(2026, 11, 24)
SAVE = {"do": "save"}


@pytest.fixture
def grace(seeded, now):
    """Grace's row has two topics, the daily frequency and no language of her own."""
    with serving(seeded, now) as port:
        yield Links(seeded, port, "daily", "grace@example.com")


def said(who: Links):
    with who.site.store.begin() as connection:
        found = readers.load(connection, who.ids[0])
    return found.preferences if found else None


def told(who: Links):
    with who.site.store.begin() as connection:
        return [(one.kind, dict(one.data)) for one in readers.events(connection, [who.ids[0]])]


def as_shown(**changed):
    """Grace's form as her browser sends it back, with changes."""
    shown = {
        "topics": ["language-models", "robotics"],
        "frequency": "daily",
        "timezone": "America/New_York",
        "language": "en",
        "paused_until": "",
    }
    return {**SAVE, **shown, **changed}


def test_the_form_shows_what_holds(grace):
    page = grace.get(grace.choose)
    assert page.status == 200
    assert page.headers["content-security-policy"].startswith("default-src 'none'")
    assert "g••@example.com" in page.words
    assert "grace@example.com" not in page.page
    for shown in (
        'value="robotics" checked',
        'value="language-models" checked',
        'value="daily" checked',
        '<option value="America/New_York" selected>',
        '<option value="en" lang="en" selected>English',
        '<option value="de" lang="de">Deutsch',
        '<option value="ja" lang="ja">日本語',
    ):
        assert shown in page.page
    assert 'value="vision" checked' not in page.page


def test_the_next_issue_is_told_in_the_readers_time(grace):
    assert "goes out on Wednesday, November 25, 2026, 1:00" in grace.get(grace.choose).words
    page = grace.post(grace.choose, as_shown(timezone="Asia/Tokyo", language="de")).words
    assert "Mittwoch, 25. November 2026, 15:00" in page


def test_what_is_not_changed_is_not_said(grace):
    answer = grace.post(grace.choose, as_shown())
    assert answer.status == 200
    assert "Saved" in answer.words
    assert said(grace) is None
    assert told(grace) == []
    grace.post(grace.choose, as_shown(timezone="Europe/Paris"))
    assert said(grace) == Preferences(timezone="Europe/Paris")


def test_all_can_be_chosen_and_is_recorded(grace):
    answer = grace.post(
        grace.choose,
        as_shown(topics="vision", frequency="weekly", timezone="Asia/Tokyo", language="de", paused_until="2027-01-31"),
    )
    assert (answer.status, answer.headers["content-language"]) == (200, "de")
    assert "set-cookie" not in answer.headers
    assert said(grace) == Preferences(("vision",), "weekly", "Asia/Tokyo", "de", date(2027, 1, 31))
    ((kind, data),) = told(grace)
    assert kind == "chose"
    assert data["before"]["topics"] == ["language-models", "robotics"]
    assert data["after"] == {
        "topics": ["vision"],
        "frequency": "weekly",
        "timezone": "Asia/Tokyo",
        "language": "de",
        "paused_until": "2027-01-31",
    }
    assert 'value="vision" checked' in grace.get(grace.choose).page


def test_no_topic_and_all_topics_are_all_also_those_that_come_later(grace):
    every = [topic.id for topic in grace.site.topics(grace.site.list("daily"))]
    for topics in ([], every):
        grace.post(grace.choose, as_shown(topics="vision"))
        grace.post(grace.choose, as_shown(topics=topics))
        assert said(grace).topics == ()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("topics", ["vision", "astrology"], "isn’t among those"),
        ("topics", "../../etc/passwd", "isn’t among those"),
        ("frequency", "hourly", "doesn’t come that often"),
        ("timezone", "Europe/Berln", "Did you mean Europe/Berlin?"),
        ("timezone", "new york", "Did you mean America/New_York?"),
        ("timezone", "../../../etc/passwd", "no such timezone"),
        ("timezone", "x" * 5000, "no such timezone"),
        ("language", "tlh", "no mails in that language"),
        ("language", "<script>", "no mails in that language"),
        ("paused_until", "2026-11-24", "A pause ends on a day after today"),
        ("paused_until", "2026-11-01", "A pause ends on a day after today"),
        ("paused_until", "2028-01-01", "by Thursday, November 25, 2027"),
        ("paused_until", "tomorrow", "A pause ends on a day after today"),
        ("paused_until", "0000-99-99", "A pause ends on a day after today"),
        ("paused_until", "2027-01-31T00:00:00", "A pause ends on a day after today"),
    ],
)
def test_what_no_form_of_ours_sends_is_refused_with_the_form(grace, field, value, words):
    answer = grace.post(grace.choose, as_shown(**{field: value}))
    assert answer.status == 422
    assert words in answer.words
    assert "Nothing was saved yet" in answer.words
    assert "<script>" not in answer.page
    assert said(grace) is None


def test_a_post_that_is_no_form_of_ours_changes_nothing(grace):
    for fields in ({}, {"List-Unsubscribe": "One-Click"}, {"topics": "vision"}, {"do": "x", "frequency": "weekly"}):
        assert grace.post(grace.choose, fields).status == 200
    assert grace.post(grace.choose, as_shown(), Content_Type="application/json").status == 415
    assert said(grace) is None


def test_a_pause_can_be_ended_and_is_over_on_its_day(grace, now):
    grace.post(grace.choose, as_shown(paused_until="2026-12-01"))
    assert "nothing comes before Tuesday, December 1, 2026" in grace.get(grace.choose).words
    with serving(grace.site, datetime(2026, 12, 1, 12, 0, tzinfo=UTC)) as port:
        later = Links(grace.site, port, "daily", "grace@example.com")
        assert "paused" not in later.get(later.choose).words
    answer = grace.post(grace.choose, {"do": "resume"})
    assert "paused" not in answer.words
    assert said(grace).paused_until is None
    assert said(grace).topics is None


def test_the_last_of_two_tabs_holds_and_the_events_tell(grace):
    grace.post(grace.choose, as_shown(frequency="weekly"))
    grace.post(grace.choose, as_shown(topics="vision"))  # a tab that was opened before, and still shows daily
    assert said(grace) == Preferences(("vision",), "daily")
    assert [data["after"] for _, data in told(grace)] == [
        {"frequency": "weekly"},
        {"topics": ["vision"], "frequency": "daily"},
    ]


def test_saving_again_is_harmless_and_too_often_is_refused(grace):
    for _ in range(5):
        grace.post(grace.choose, as_shown(frequency="weekly"))
    assert len(told(grace)) == 1
    statuses = [
        grace.post(grace.choose, as_shown(frequency=("daily", "weekly")[number % 2])).status
        for number in range(MOST_A_DAY + 2)
    ]
    assert statuses[-1] == 429
    assert len(told(grace)) == MOST_A_DAY


def test_who_left_can_choose_nothing_and_is_told_the_way_back(grace, now):
    page = grace.get(grace.choose)
    grace.post(grace.leave, {"List-Unsubscribe": "One-Click"})
    assert 'name="do"' in page.page
    answer = grace.post(grace.choose, as_shown(frequency="weekly"))
    assert "You have unsubscribed from Daily Papers" in answer.words
    assert 'href="../subscribe/daily"' in answer.page
    assert said(grace) is None
    assert left_out_at(grace.site, now)["suppressed"] == 1


def test_what_is_chosen_takes_effect_with_the_next_plan(mailed, server, now):
    with serving(mailed, now) as port:
        grace = Links(mailed, port, "daily", "grace@example.com")
        ada = Links(mailed, port, "daily", "ada@example.org")
        grace.post(grace.choose, as_shown(topics="vision"))
        ada.post(ada.choose, {"do": "save", "paused_until": "2026-11-25"})
        send(mailed, mailed.list("daily"), "daily", DAY, Control(now=lambda: now))
    assert "ada@example.org" not in server.by_recipient
    message = next(one for envelope, one in server.messages if envelope.rcpt_tos == ["grace@example.com"])
    text = message.get_payload(0).get_payload(decode=True).decode()
    assert "Vision" in text
    assert "Robotics" not in text


def test_an_issue_that_is_under_way_is_said_to_come_as_planned(grace, now):
    stopped: list[int] = []
    control = Control(now=lambda: now, stop=lambda: bool(stopped), planned=stopped.append)
    assert "under way" not in grace.post(grace.choose, as_shown(topics="vision")).words
    send(grace.site, grace.site.list("daily"), "daily", DAY, control)
    assert stopped == [5]
    assert "under way just now" in grace.post(grace.choose, as_shown(topics="robotics")).words
    assert "under way" not in grace.post(grace.choose, as_shown(frequency="weekly")).words


def left_out_at(site, moment):
    return rehearse(site, site.list("daily"), "daily", moment.date(), moment).left_out


def test_a_pause_ends_with_the_readers_day(seeded, now):
    """At 06:00 UTC it is the 24th in Tokyo, and still the 23rd in Honolulu."""
    daily = seeded.list("daily")
    cases = (("ada@example.org", "Asia/Tokyo", 0), ("grace@example.com", "Pacific/Honolulu", 1))
    for address, timezone, paused in cases:
        subscriber, key = member(seeded, daily, parse_address(address))
        with seeded.store.begin() as connection:
            chosen = Preferences(timezone=timezone, paused_until=date(2026, 11, 24))
            readers.save(connection, Reader(subscriber, "daily", address, key, "", chosen, None, now))
        assert left_out_at(seeded, now).get("paused", 0) == paused


def test_a_timezone_that_is_known_no_more_stops_nothing(grace, now):
    subscriber, key = grace.ids
    with grace.site.store.begin() as connection:
        chosen = Preferences(timezone="Mars/Olympus", language="xx", paused_until=date(2026, 11, 25))
        readers.save(connection, Reader(subscriber, "daily", grace.address, key, "", chosen, None, now))
    assert left_out_at(grace.site, now)["paused"] == 1
    assert '<option value="Europe/Berlin" selected>' in grace.get(grace.choose).page
    assert grace.post(grace.choose, {"do": "resume"}).status == 200
    assert "paused" not in left_out_at(grace.site, now)


def test_who_can_t_be_reached_is_told(grace, now):
    with grace.site.store.begin() as connection:
        suppressions.add(
            connection, scope="*", address_key=grace.ids[1], address=None, reason="no such address", source="x", now=now
        )
    assert "nothing is sent to your address" in grace.get(grace.choose).words
