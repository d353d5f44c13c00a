from datetime import date, timedelta
from typing import Literal, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.config.settings import Frequency
from digest.errors import InputError
from digest.issues.period import Span, day_of, parse_period, period_of

DAYS = st.dates(date(1, 1, 1), date(9999, 12, 26))
FREQUENCIES: st.SearchStrategy[Literal["daily", "weekly"]] = st.sampled_from(get_args(Frequency))
ONE_DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("day", "week"),
    [
        ("2026-11-24", "2026-W48"),
        ("2026-11-23", "2026-W48"),
        ("2026-11-29", "2026-W48"),
        ("2026-11-30", "2026-W49"),
        ("2026-12-31", "2026-W53"),  # ISO 8601: a week belongs to the year of its Thursday
        ("2027-01-01", "2026-W53"),
        ("2027-01-03", "2026-W53"),
        ("2027-01-04", "2027-W01"),
        ("2024-12-29", "2024-W52"),
        ("2024-12-30", "2025-W01"),
        ("2021-01-03", "2020-W53"),
        ("0476-09-04", "0476-W36"),
    ],
)
def test_periods_as_a_calendar_has_them(day: str, week: str) -> None:
    assert period_of("daily", date.fromisoformat(day)) == day
    assert period_of("weekly", date.fromisoformat(day)) == week


def test_spans() -> None:
    assert parse_period("2026-11-24") == Span("daily", date(2026, 11, 24), date(2026, 11, 24))
    assert parse_period("2026-W48") == Span("weekly", date(2026, 11, 23), date(2026, 11, 29))
    assert day_of("2026-W53") == date(2026, 12, 28)
    assert day_of("2025-W01") == date(2024, 12, 30)
    assert day_of("2026-11-24") == date(2026, 11, 24)


@given(FREQUENCIES, DAYS)
def test_a_day_lies_in_its_period_and_what_is_written_can_be_read(frequency: Frequency, day: date) -> None:
    period = period_of(frequency, day)
    span = parse_period(period)
    assert span.frequency == frequency
    assert span.first <= day <= span.last
    assert (span.last - span.first).days == (0 if frequency == "daily" else 6)
    assert period_of(frequency, span.first) == period_of(frequency, span.last) == period


@given(FREQUENCIES, DAYS, DAYS)
def test_the_order_of_periods_is_the_order_of_time(frequency: Frequency, one: date, other: date) -> None:
    earlier, later = sorted((one, other))
    assert period_of(frequency, earlier) <= period_of(frequency, later)


@given(DAYS.filter(lambda day: day > date(1, 1, 7)))
def test_a_week_ends_where_the_next_begins(day: date) -> None:
    span = parse_period(period_of("weekly", day))
    before = parse_period(period_of("weekly", span.first - ONE_DAY))
    assert before.last + ONE_DAY == span.first
    assert span.first.isoweekday() == 1


@pytest.mark.parametrize(
    "text",
    [
        "",
        "today",
        "2026-11-24 ",
        "20261124",
        "2026-W48-2",
        "2026W48",
        "2026-w48",
        "2026-W7",
        "2026-11-24\n",
        "２０２６-W48",
        "2026-W48\x00",
    ],
)
def test_what_is_no_period_is_refused_with_what_was_expected(text: str) -> None:
    with pytest.raises(InputError) as refusal:
        parse_period(text)
    assert "is no period; expected a day such as 2026-11-24 or an ISO week such as 2026-W48" in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    ["2026-02-30", "2026-13-01", "0000-01-01", "2026-W00", "2026-W54", "2025-W53", "0000-W01", "9999-W52"],
)
def test_what_is_not_in_the_calendar_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="is not in the calendar"):
        day_of(text)


@given(st.text("0123456789-WwZ .\n\x00é", max_size=60))
def test_any_text_is_a_period_or_a_clear_line(text: str) -> None:
    try:
        span = parse_period(text)
    except InputError as refusal:
        assert len(str(refusal).splitlines()) == 1
        assert len(str(refusal)) < 600
    else:
        assert period_of(span.frequency, span.first) == text
