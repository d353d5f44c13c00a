import re
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.calendar import (
    EASTERN,
    complete_at,
    day_is_over,
    huggingface_days,
    next_announcement,
    why_nothing,
)

BERLIN = ZoneInfo("Europe/Berlin")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FRIDAY, SUNDAY, MONDAY, TUESDAY = date(2026, 11, 20), date(2026, 11, 22), date(2026, 11, 23), date(2026, 11, 24)

ZONES = st.sampled_from(
    ["UTC", "America/New_York", "Europe/Berlin", "Asia/Kolkata", "Pacific/Kiritimati", "Pacific/Niue"]
)
MOMENTS = st.datetimes(datetime(2023, 6, 1), datetime(2040, 1, 1), timezones=ZONES.map(ZoneInfo), allow_imaginary=False)
DAYS = st.dates(date(2023, 6, 1), date(2040, 1, 1))
KINDS = st.sampled_from(["huggingface", "arxiv"])


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def berlin(text):
    return datetime.fromisoformat(text).replace(tzinfo=BERLIN)


def written(days):
    return [f"{day:%a %d}" for day in days]


# Which days there are


def test_hugging_face_lists_papers_on_weekdays_and_today():
    days = huggingface_days(FRIDAY, utc("2026-11-25T00:00"))
    assert written(days) == ["Fri 20", "Mon 23", "Tue 24", "Wed 25"]


def test_today_is_that_of_utc():
    assert huggingface_days(TUESDAY, berlin("2026-11-25T00:59")) == [TUESDAY]
    assert huggingface_days(TUESDAY, berlin("2026-11-25T01:00")) == [TUESDAY, TUESDAY + DAY]


def test_there_are_no_days_to_come_nor_before_the_first():
    assert huggingface_days(TUESDAY + DAY, utc("2026-11-24T23:59")) == []
    assert huggingface_days(date.min, utc("2023-05-03T12:00")) == [date(2023, 5, day) for day in (1, 2, 3)]


def test_the_year_ends_as_any_week_does():
    now = utc("2027-01-04T12:00")
    assert written(huggingface_days(date(2026, 12, 30), now)) == ["Wed 30", "Thu 31", "Fri 01", "Mon 04"]
    assert complete_at("huggingface", date(2026, 12, 31)) == utc("2027-01-01T01:00")
    assert next_announcement(utc("2027-01-01T02:00")) == utc("2027-01-04T01:00")


@given(DAYS, MOMENTS)
def test_days_are_weekdays_in_order_and_none_is_left_out(since, now):
    days = huggingface_days(since, now)
    today = now.astimezone(UTC).date()
    every = [since + DAY * number for number in range((today - since).days + 1)]
    assert days == [day for day in every if day.isoweekday() <= 5]


# When arXiv announces


@pytest.mark.parametrize(
    ("now", "following"),
    [
        ("2026-11-24T06:00", "2026-11-25T01:00"),  # Tuesday
        ("2026-11-25T00:59", "2026-11-25T01:00"),
        ("2026-11-25T01:00", "2026-11-26T01:00"),
        ("2026-11-27T01:00", "2026-11-30T01:00"),  # Thursday evening, then Sunday's
        ("2026-11-29T23:00", "2026-11-30T01:00"),
        ("2026-11-30T01:00", "2026-12-01T01:00"),
        ("2026-07-01T12:00", "2026-07-02T00:00"),  # in summer an hour earlier by UTC
    ],
)
def test_the_next_announcement(now, following):
    assert next_announcement(utc(now)) == utc(following)


def test_the_evening_stays_at_eight_when_clocks_go_forward():
    # Sunday 8 March 2026, 02:00 in New York
    assert next_announcement(utc("2026-03-08T12:00")) == utc("2026-03-09T00:00")
    assert complete_at("arxiv", date(2026, 3, 5)) == utc("2026-03-06T06:00")
    assert complete_at("arxiv", date(2026, 3, 7)) == utc("2026-03-08T06:00")
    assert complete_at("arxiv", date(2026, 3, 8)) == utc("2026-03-09T05:00")


def test_the_evening_stays_at_eight_when_clocks_go_back():
    # Sunday 1 November 2026, 02:00 in New York; 01:00 comes twice, and the first is meant
    assert next_announcement(utc("2026-11-01T12:00")) == utc("2026-11-02T01:00")
    assert complete_at("arxiv", date(2026, 10, 31)) == utc("2026-11-01T05:00")
    assert complete_at("arxiv", date(2026, 11, 1)) == utc("2026-11-02T06:00")
    assert day_is_over("arxiv", date(2026, 10, 31), utc("2026-11-01T05:00"))
    assert not day_is_over("arxiv", date(2026, 10, 31), utc("2026-11-01T04:59"))


@given(MOMENTS)
def test_the_next_announcement_is_the_first_evening_after_now_that_has_one(now):
    following = next_announcement(now)
    assert f"{following:%H:%M:%S} {following.tzinfo}" == "20:00:00 America/New_York"
    assert f"{following:%a}" not in ("Fri", "Sat")
    assert following.astimezone(UTC) > now.astimezone(UTC)
    before = following - (3 if f"{following:%a}" == "Sun" else 1) * DAY
    assert before.astimezone(UTC) <= now.astimezone(UTC)


@given(MOMENTS)
def test_the_zone_of_now_changes_nothing(now):
    elsewhere = now.astimezone(ZoneInfo("Asia/Tokyo"))
    assert next_announcement(now) == next_announcement(elsewhere)
    assert huggingface_days(date(2023, 6, 1), now) == huggingface_days(date(2023, 6, 1), elsewhere)


# When a day is over


def test_a_day_is_over_an_hour_after_its_end():
    assert not day_is_over("huggingface", TUESDAY, utc("2026-11-25T00:59:59"))
    assert day_is_over("huggingface", TUESDAY, utc("2026-11-25T01:00"))
    assert not day_is_over("arxiv", TUESDAY, utc("2026-11-25T05:59:59"))
    assert day_is_over("arxiv", TUESDAY, utc("2026-11-25T06:00"))


@given(KINDS, DAYS, MOMENTS)
def test_what_is_over_stays_over_and_earlier_days_are_too(kind, day, now):
    over = day_is_over(kind, day, now)
    assert over == (now >= complete_at(kind, day))
    if over:
        assert day_is_over(kind, day, now + DAY)
        assert day_is_over(kind, day - DAY, now)


@given(MOMENTS)
def test_what_arxiv_just_announced_is_not_over(now):
    evening = next_announcement(now)
    assert not day_is_over("arxiv", evening.date(), evening)
    assert day_is_over("arxiv", evening.date(), evening + 5 * HOUR)


# Why there is nothing


@pytest.mark.parametrize(
    ("kind", "day", "now", "sentence"),
    [
        (
            "arxiv",
            FRIDAY,
            berlin("2026-11-21T09:00"),
            "arXiv announces nothing on Fridays and Saturdays; "
            "the next announcement is Sunday 20:00 Eastern (Monday 02:00 here)",
        ),
        (
            "arxiv",
            FRIDAY + 7 * DAY,
            berlin("2026-11-24T09:00"),
            "arXiv announces nothing on Fridays and Saturdays; "
            "the next announcement is Sunday 20:00 Eastern (Monday 02:00 here)",
        ),
        (
            "arxiv",
            FRIDAY,
            utc("2026-11-24T12:00"),
            "arXiv announces nothing on Fridays and Saturdays; "
            "the next announcement is Tuesday 20:00 Eastern (Wednesday 01:00 here)",
        ),
        (
            "arxiv",
            TUESDAY,
            datetime(2026, 11, 24, 12, tzinfo=EASTERN),
            "arXiv announces the papers of Tuesday 24 November 2026 on Tuesday 20:00 Eastern",
        ),
        (
            "arxiv",
            TUESDAY,
            datetime(2026, 11, 24, 20, tzinfo=EASTERN).astimezone(ZoneInfo("America/Los_Angeles")),
            "the list of Tuesday 24 November 2026 is not complete before Wednesday 01:00 Eastern (Tuesday 22:00 here)",
        ),
        ("arxiv", SUNDAY, utc("2026-11-24T12:00"), None),
        ("arxiv", date(2026, 11, 26), utc("2026-11-30T12:00"), None),  # Thanksgiving, which we don't know
        ("huggingface", SUNDAY, utc("2026-11-24T12:00"), "Hugging Face lists no papers at weekends"),
        ("huggingface", SUNDAY - DAY, utc("2026-11-24T12:00"), "Hugging Face lists no papers at weekends"),
        (
            "huggingface",
            TUESDAY,
            berlin("2026-11-24T07:00"),
            "the list of Tuesday 24 November 2026 is not complete before Wednesday 01:00 UTC (02:00 here)",
        ),
        (
            "huggingface",
            TUESDAY,
            utc("2026-11-24T06:00"),
            "the list of Tuesday 24 November 2026 is not complete before Wednesday 01:00 UTC",
        ),
        ("huggingface", TUESDAY, utc("2026-11-25T01:00"), None),
        ("huggingface", FRIDAY, utc("2026-11-25T01:00"), None),
    ],
)
def test_why_there_is_nothing(kind, day, now, sentence):
    assert why_nothing(kind, day, now) == sentence


@given(KINDS, DAYS, MOMENTS)
def test_there_is_no_reason_just_where_a_whole_day_of_papers_should_be(kind, day, now):
    reason = why_nothing(kind, day, now)
    listed = f"{day:%a}" not in (("Sat", "Sun") if kind == "huggingface" else ("Fri", "Sat"))
    assert (reason is None) == (listed and day_is_over(kind, day, now))
    if reason:
        assert re.search(r"weekends$|Eastern|UTC", reason)
