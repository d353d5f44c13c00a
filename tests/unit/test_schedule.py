import inspect
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest import schedule
from digest.config.settings import Frequency, ListTable, ScheduleTable
from digest.issues.period import parse_period, period_of
from digest.issues.states import IssueState
from digest.schedule import Due, due, missed, next_issue, next_send, periods_concerned

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def a_list(
    send_at: str = "0 7 * * *",
    zone: str = "UTC",
    build_at: str | None = None,
    frequency: Frequency = "daily",
    approval: Literal["auto", "required"] = "auto",
    grace_hours: float = 6,
) -> ListTable:
    return ListTable(
        name="Machine learning",
        timezone=zone,
        schedule={frequency: ScheduleTable(send_at=send_at, build_at=build_at)},
        approval=approval,
        grace_hours=grace_hours,
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def wall(text: str, zone: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def asked(table: ListTable, now: datetime, frequency: Frequency = "daily", **issues: str) -> list[tuple[str, str]]:
    """What is due, as (action, period); issues are given as d2026_11_24="draft" or w2026_W48="draft"."""
    states = {name[1:].replace("_", "-"): IssueState(state) for name, state in issues.items()}
    return [(one.action, one.period) for one in due(table, frequency, states, now)]


def sends(table: ListTable, frequency: Frequency, start: datetime, end: datetime, step: timedelta) -> list[Due]:
    """March from start to end, finishing each issue that is due; return the sends in order."""
    issues: dict[str, IssueState] = {}
    found: list[Due] = []
    now = start
    while now <= end:
        for one in due(table, frequency, issues, now):
            if one.action == "send":
                found.append(one)
                issues[one.period] = IssueState.FINISHED
            else:
                issues[one.period] = IssueState.DRAFT
        now += step
    return found


def ticks(table: ListTable, start: datetime, count: int, frequency: Frequency = "daily") -> Iterator[schedule.Tick]:
    now = start
    for _ in range(count):
        tick = next_send(table, frequency, now)
        assert tick is not None
        yield tick
        now = tick.at


# ---- what a crontab line means ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("weekdays", "expected"),
    [
        ("1-5", "Mon Tue Wed Thu Fri"),
        ("MON-FRI", "Mon Tue Wed Thu Fri"),
        ("0", "Sun"),
        ("7", "Sun"),
        ("0,6", "Sat Sun"),
        ("6-7", "Sat Sun"),
        ("1", "Mon"),
        ("*", "Mon Tue Wed Thu Fri Sat Sun"),
    ],
)
def test_weekdays_are_those_of_crontab(weekdays: str, expected: str) -> None:
    table = a_list(f"0 7 * * {weekdays}")
    found = sends(table, "daily", utc("2026-11-23"), utc("2026-11-30") - HOUR, HOUR)
    assert " ".join(f"{one.day:%a}" for one in found) == expected


@pytest.mark.parametrize(
    ("line", "days"),
    [
        ("0 7 13 * 5", [6, 13, 20, 27]),  # November 2026: its 13th is a Friday
        ("0 7 14 * 5", [6, 13, 14, 20, 27]),  # both given: either is enough
        ("0 7 14 * *", [14]),
        ("0 7 */2 * 5", [13, 27]),  # a field that begins with * narrows the other
        ("0 7 * * MON#1", [2]),
        ("0 7 L * *", [30]),
    ],
)
def test_day_of_month_and_weekday(line: str, days: list[int]) -> None:
    found = sends(a_list(line), "daily", utc("2026-11-01"), utc("2026-12-01") - HOUR, 3 * HOUR)
    assert [one.day.day for one in found] == days


def test_the_line_is_read_in_the_lists_timezone() -> None:
    tick = next_send(a_list("0 7 * * 1-5", "Asia/Tokyo"), "daily", utc("2026-11-22 12:00"))
    assert tick is not None
    assert tick.at == utc("2026-11-22 22:00")  # Sunday in UTC, Monday 07:00 in Tokyo
    assert tick.day == date(2026, 11, 23)


def test_next_send_is_always_ahead_and_none_without_a_schedule() -> None:
    table = a_list("0 7 * * *")
    first = next_send(table, "daily", utc("2026-11-24 07:00"))
    assert first is not None
    assert first.at == utc("2026-11-25 07:00")
    just_before = next_send(table, "daily", utc("2026-11-24 06:59:59.999999"))
    assert just_before is not None
    assert just_before.at == utc("2026-11-24 07:00")
    assert next_send(table, "weekly", utc("2026-11-24 07:00")) is None


def test_the_next_issue_is_of_another_period() -> None:
    twice = a_list("0 7,19 * * *")
    for now, expected in [
        ("2026-11-24 06:00", "2026-11-25 07:00"),  # today's own hours are no other issue's
        ("2026-11-24 07:00", "2026-11-25 07:00"),
        ("2026-11-24 23:00", "2026-11-25 07:00"),
        ("2026-11-25 08:00", "2026-11-25 19:00"),  # an issue of yesterday gives way to today's
    ]:
        coming = next_issue(twice, "daily", "2026-11-24", utc(now))
        assert coming is not None
        assert coming.at == utc(expected)
    weekly = a_list("0 8 * * 1,4", frequency="weekly")
    coming = next_issue(weekly, "weekly", "2026-W48", utc("2026-11-24 12:00"))
    assert coming is not None
    assert coming.at == utc("2026-11-30 08:00")
    assert next_issue(twice, "weekly", "2026-W48", utc("2026-11-24 12:00")) is None


# ---- when clocks change -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("zone", "line", "day", "at"),
    [
        # a gap: at its end
        ("Europe/Berlin", "30 2 * * *", "2026-03-29", "2026-03-29 01:00"),
        ("America/New_York", "30 2 * * *", "2026-03-08", "2026-03-08 07:00"),
        ("Australia/Lord_Howe", "15 2 * * *", "2026-10-04", "2026-10-03 15:30"),  # half an hour
        # a gap at midnight: still that day's
        ("America/Sao_Paulo", "0 0 * * *", "2017-10-15", "2017-10-15 03:00"),
        ("America/Sao_Paulo", "30 0 * * *", "2017-10-15", "2017-10-15 03:00"),
        ("Africa/Cairo", "0 0 * * *", "2026-04-24", "2026-04-23 22:00"),
        # a gap up to midnight: still Saturday's, though it is Sunday by then
        ("America/Nuuk", "30 23 * * *", "2026-03-28", "2026-03-29 01:00"),
        # a repeat: the first time
        ("Europe/Berlin", "30 2 * * *", "2026-10-25", "2026-10-25 00:30"),
        ("America/New_York", "30 1 * * *", "2026-11-01", "2026-11-01 05:30"),
        ("America/Sao_Paulo", "30 23 * * *", "2018-02-17", "2018-02-18 01:30"),
        ("Africa/Cairo", "30 23 * * *", "2026-10-29", "2026-10-29 20:30"),
    ],
)
def test_changing_clocks_give_one_issue_a_day(zone: str, line: str, day: str, at: str) -> None:
    changed = date.fromisoformat(day)
    start = datetime(changed.year, changed.month, changed.day, tzinfo=ZoneInfo(zone)).astimezone(UTC) - 2 * DAY
    table = a_list(line, zone)
    found = {one.day: one for one in sends(table, "daily", start, start + 5 * DAY, timedelta(minutes=10))}
    assert found[changed].at == utc(at)
    assert found[changed].period == day
    for neighbour in (changed - DAY, changed, changed + DAY):
        assert neighbour in found
    listed = [tick for tick in ticks(table, start, 4) if tick.day == changed]
    assert [tick.at for tick in listed] == [utc(at)]


def test_in_a_repeated_hour_the_first_is_over_and_not_to_come() -> None:
    table = a_list("30 2 * * *", "Europe/Berlin")
    again = wall("2026-10-25 02:10", "Europe/Berlin", fold=1)  # 40 minutes after 02:30 summer time
    assert asked(table, again) == [("send", "2026-10-25")]
    coming = next_send(table, "daily", again)
    assert coming is not None
    assert coming.at == wall("2026-10-26 02:30", "Europe/Berlin")
    assert asked(table, wall("2026-10-25 02:30", "Europe/Berlin", fold=1), d2026_10_25="finished") == []


def test_in_a_repeated_hour_what_comes_after_it_is_still_to_come() -> None:
    table = a_list("15 3 * * *", "Europe/Berlin")
    assert asked(table, wall("2026-10-25 02:20", "Europe/Berlin", fold=1)) == []
    assert asked(table, wall("2026-10-25 03:15", "Europe/Berlin")) == [("send", "2026-10-25")]


def test_a_line_for_every_minute_makes_one_issue_through_a_repeat() -> None:
    table = a_list("* 2 * * *", "Europe/Berlin")
    start = wall("2026-10-25 00:00", "Europe/Berlin")
    found = sends(table, "daily", start, start + 24 * HOUR, timedelta(minutes=7))
    assert [one.period for one in found if one.at >= start] == ["2026-10-25"]


# ---- what is due ------------------------------------------------------------------------------

NOON_GRACE = a_list()  # 07:00 UTC, six hours
REQUIRED = a_list(approval="required")


@pytest.mark.parametrize("table", [NOON_GRACE, REQUIRED])
@pytest.mark.parametrize("state", ["finished", "cancelled", "paused"])
def test_what_is_over_or_held_is_left_alone(table: ListTable, state: str) -> None:
    assert asked(table, utc("2026-11-24 07:00"), d2026_11_24=state) == []


@pytest.mark.parametrize(
    ("state", "auto", "required"),
    [
        (None, "send", "build"),
        ("draft", "send", None),
        ("approved", "send", "send"),
        ("sending", "send", "send"),
    ],
)
def test_what_each_state_needs_at_its_hour(state: str | None, auto: str | None, required: str | None) -> None:
    issues = {"2026-11-24": IssueState(state)} if state else {}
    for table, expected in ((NOON_GRACE, auto), (REQUIRED, required)):
        at = utc("2026-11-24 07:00")
        assert due(table, "daily", issues, at - timedelta(microseconds=1)) == (
            []
            if state != "sending"
            else [Due("send", "daily", "2026-11-24", date(2026, 11, 24), at - timedelta(microseconds=1))]
        )
        found = due(table, "daily", issues, at + timedelta(seconds=13))
        assert [one.action for one in found] == ([expected] if expected else [])
        for one in found:
            assert one == Due(one.action, "daily", "2026-11-24", date(2026, 11, 24), at)


def test_the_grace_decides_whether_a_late_issue_starts() -> None:
    at = utc("2026-11-24 07:00")
    lost = Due("send", "daily", "2026-11-24", date(2026, 11, 24), at)
    for state in (None, "draft", "approved"):
        issues = {"2026-11-24": IssueState(state)} if state else {}
        last_chance = at + 6 * HOUR
        assert [one.action for one in due(NOON_GRACE, "daily", issues, last_chance)] == ["send"]
        assert missed(NOON_GRACE, "daily", issues, last_chance) is None
        too_late = last_chance + timedelta(seconds=1)
        assert due(NOON_GRACE, "daily", issues, too_late) == []
        assert missed(NOON_GRACE, "daily", issues, too_late) == lost
        # until the next one's hour
        assert missed(NOON_GRACE, "daily", issues, at + DAY - timedelta(seconds=1)) == lost
        assert missed(NOON_GRACE, "daily", issues, at + DAY) is None


@pytest.mark.parametrize("state", ["sending", "paused", "finished", "cancelled"])
def test_what_was_started_or_stopped_by_somebody_is_not_missed(state: str) -> None:
    assert missed(NOON_GRACE, "daily", {"2026-11-24": IssueState(state)}, utc("2026-11-24 20:00")) is None


def test_a_list_without_a_schedule_misses_nothing() -> None:
    assert missed(NOON_GRACE, "weekly", {}, utc("2026-11-24 20:00")) is None
    assert asked(NOON_GRACE, utc("2026-11-24 07:00"), "weekly") == []
    assert periods_concerned(NOON_GRACE, "weekly", utc("2026-11-24 07:00")) == ()


def test_an_approval_within_the_grace_lets_the_issue_go() -> None:
    assert asked(REQUIRED, utc("2026-11-24 09:00"), d2026_11_24="draft") == []
    assert asked(REQUIRED, utc("2026-11-24 09:05"), d2026_11_24="approved") == [("send", "2026-11-24")]


def test_an_issue_approved_early_waits_for_its_hour() -> None:
    assert asked(REQUIRED, utc("2026-11-23 22:00"), d2026_11_24="approved") == []
    assert asked(REQUIRED, utc("2026-11-24 07:00"), d2026_11_24="approved") == [("send", "2026-11-24")]


def test_what_is_sending_goes_on_after_the_grace_and_beside_the_next_issue() -> None:
    assert asked(NOON_GRACE, utc("2026-11-24 20:00"), d2026_11_24="sending") == [("send", "2026-11-24")]
    assert asked(NOON_GRACE, utc("2026-11-25 07:00"), d2026_11_24="sending") == [
        ("send", "2026-11-24"),
        ("send", "2026-11-25"),
    ]
    assert asked(REQUIRED, utc("2026-11-30 12:00"), d2026_11_24="sending", d2026_11_30="finished") == [
        ("send", "2026-11-24")
    ]


def test_what_is_sending_goes_on_when_its_schedule_is_gone() -> None:
    now = utc("2026-11-26 12:00")
    assert due(NOON_GRACE, "weekly", {"2026-W48": IssueState.SENDING}, now) == [
        Due("send", "weekly", "2026-W48", date(2026, 11, 23), now)
    ]


def test_after_days_of_darkness_only_the_latest_issue_is_made() -> None:
    assert asked(NOON_GRACE, utc("2026-11-24 08:00"), d2026_11_20="finished") == [("send", "2026-11-24")]


def test_a_weekly_issue_belongs_to_the_week_of_its_tick() -> None:
    table = a_list("0 7 * * 1", frequency="weekly")
    [monday] = due(table, "weekly", {}, utc("2026-12-28 07:00"))
    assert monday == Due("send", "weekly", "2026-W53", date(2026, 12, 28), utc("2026-12-28 07:00"))
    assert asked(table, utc("2027-01-01 07:00"), "weekly", w2026_W53="finished") == []
    daily_line = a_list("0 7 * * *", frequency="weekly")
    assert asked(daily_line, utc("2026-11-25 07:00"), "weekly", w2026_W48="finished") == []


def test_asking_twice_changes_nothing() -> None:
    now = utc("2026-11-24 07:00")
    assert due(NOON_GRACE, "daily", {}, now) == due(NOON_GRACE, "daily", {}, now)


# ---- building before sending ------------------------------------------------------------------

EARLY = a_list("0 7 * * 1-5", "Europe/Berlin", build_at="0 5 * * 1-5", approval="required")


def test_a_draft_is_built_at_its_hour_once() -> None:
    zone = "Europe/Berlin"
    assert asked(EARLY, wall("2026-11-24 04:59:59", zone)) == []
    [draft] = due(EARLY, "daily", {}, wall("2026-11-24 05:00", zone))
    assert draft == Due("build", "daily", "2026-11-24", date(2026, 11, 24), wall("2026-11-24 05:00", zone))
    for state in IssueState:
        if state is not IssueState.SENDING:
            assert due(EARLY, "daily", {"2026-11-24": state}, wall("2026-11-24 05:00", zone)) == []


def test_a_missed_build_is_made_up_for() -> None:
    zone = "Europe/Berlin"
    assert asked(EARLY, wall("2026-11-24 06:58", zone)) == [("build", "2026-11-24")]
    assert asked(EARLY, wall("2026-11-24 07:00", zone)) == [("build", "2026-11-24")]  # nobody approved what isn't
    assert asked(EARLY, wall("2026-11-24 13:00", zone)) == [("build", "2026-11-24")]
    assert asked(EARLY, wall("2026-11-24 13:01", zone)) == []


def test_with_auto_approval_the_hour_itself_sends_and_builds_in_one() -> None:
    table = a_list("0 7 * * *", build_at="0 5 * * *")
    assert asked(table, utc("2026-11-24 06:00")) == [("build", "2026-11-24")]
    assert asked(table, utc("2026-11-24 06:30"), d2026_11_24="draft") == []
    assert asked(table, utc("2026-11-24 07:00"), d2026_11_24="draft") == [("send", "2026-11-24")]
    assert asked(table, utc("2026-11-24 07:00")) == [("send", "2026-11-24")]


def test_the_evening_before_builds_the_morning_after() -> None:
    table = a_list("0 7 * * *", build_at="0 22 * * *", grace_hours=24)
    assert asked(table, utc("2026-11-23 22:00"), d2026_11_23="finished") == [("build", "2026-11-24")]
    # late with one day's issue and in time with the next one's draft
    assert asked(table, utc("2026-11-23 22:00")) == [("send", "2026-11-23"), ("build", "2026-11-24")]


def test_a_draft_is_of_the_day_it_is_sent_and_not_of_the_weekend_before() -> None:
    table = a_list("0 7 * * 1-5", build_at="0 5 * * *")
    march = (utc("2026-11-27 08:00") + n * HOUR for n in range(72))
    built = [now for now in march if asked(table, now, d2026_11_27="finished")]
    assert built[0] == utc("2026-11-30 05:00")


def test_a_friday_evening_builds_mondays_issue() -> None:
    table = a_list("0 7 * * 1-5", build_at="0 18 * * 5")
    assert asked(table, utc("2026-11-28 12:00"), d2026_11_27="finished") == [("build", "2026-11-30")]
    # and none for the other days, which are built when they are sent
    assert asked(table, utc("2026-11-24 06:00"), d2026_11_23="finished") == []
    assert asked(table, utc("2026-11-24 07:00"), d2026_11_23="finished") == [("send", "2026-11-24")]


def test_an_issue_that_is_sent_now_is_not_built_for_later_too() -> None:
    table = a_list("0 7,12 * * *", build_at="0 9 * * *")
    assert asked(table, utc("2026-11-24 09:30")) == [("send", "2026-11-24")]


def test_a_weekly_draft() -> None:
    table = a_list("0 7 * * 1", build_at="0 12 * * 0", frequency="weekly", approval="required")
    [draft] = due(table, "weekly", {"2026-W47": IssueState.FINISHED}, utc("2026-11-22 12:00"))
    assert (draft.action, draft.period, draft.day) == ("build", "2026-W48", date(2026, 11, 23))


def test_the_periods_concerned_are_those_that_due_asks_about() -> None:
    assert periods_concerned(NOON_GRACE, "daily", utc("2026-11-24 08:00")) == ("2026-11-24", "2026-11-25")
    table = a_list("0 7 * * *", frequency="weekly")
    assert periods_concerned(table, "weekly", utc("2026-11-24 08:00")) == ("2026-W48",)


# ---- through a year ---------------------------------------------------------------------------

ZONES = [
    "UTC",
    "Europe/Berlin",
    "Europe/Dublin",
    "America/New_York",
    "America/Sao_Paulo",
    "America/Havana",
    "America/Nuuk",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Asia/Beirut",
    "Asia/Kathmandu",
    "Australia/Lord_Howe",
    "Pacific/Chatham",
    "Pacific/Kiritimati",
]
WEEKDAYS: Mapping[str, set[int]] = {
    "*": set(range(7)),
    "1-5": set(range(5)),
    "0,6": {5, 6},
    "7": {6},
    "MON,WED,FRI": {0, 2, 4},
}
MINUTES = st.integers(0, 59)
HOURS = st.one_of(st.sampled_from([0, 1, 2, 3, 23]), st.integers(0, 23))
YEARS = st.integers(2012, 2035)
STEPS = st.integers(300, 360).map(lambda minutes: timedelta(minutes=minutes))  # within the grace of 6 h


@settings(max_examples=5, deadline=None)
@given(st.sampled_from(ZONES), YEARS, MINUTES, HOURS, st.sampled_from(sorted(WEEKDAYS)), STEPS)
def test_through_a_year_every_day_that_the_line_names_gets_its_issue_once(
    zone: str, year: int, minute: int, hour: int, weekdays: str, step: timedelta
) -> None:
    table = a_list(f"{minute} {hour} * * {weekdays}", zone)
    start, end = date(year, 1, 1), date(year, 12, 31)
    found = sends(table, "daily", wall(f"{start} 00:00", zone), wall(f"{end} 23:59", zone) + 6 * HOUR, step)
    days = [start + n * DAY for n in range((end - start).days + 1)]
    expected = [day for day in days if day.weekday() in WEEKDAYS[weekdays]]
    assert [one.day for one in found if start <= one.day <= end] == expected
    assert [one.period for one in found] == [str(one.day) for one in found]
    for one in found:
        shown = one.at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
        written = datetime(one.day.year, one.day.month, one.day.day, hour, minute)
        assert timedelta(0) <= shown - written <= HOUR  # later than written only across a gap


@settings(max_examples=3, deadline=None)
@given(st.sampled_from(ZONES), YEARS, MINUTES, HOURS, st.sampled_from(["*", "1", "7", "3-5"]), STEPS)
def test_through_a_year_every_week_gets_one_issue(
    zone: str, year: int, minute: int, hour: int, weekdays: str, step: timedelta
) -> None:
    table = a_list(f"{minute} {hour} * * {weekdays}", zone, frequency="weekly")
    start = wall(f"{date.fromisocalendar(year, 1, 1)} 00:00", zone)
    found = sends(table, "weekly", start, start + 371 * DAY, step)
    inside = [one for one in found if one.day >= date.fromisocalendar(year, 1, 1)]
    weeks = [one.period for one in inside]
    first = date.fromisocalendar(year, 1, 1)
    assert weeks[:52] == [period_of("weekly", first + 7 * n * DAY) for n in range(52)]
    assert len(set(weeks)) == len(weeks)
    for one in inside:
        span = parse_period(one.period)
        assert span.first <= one.day <= span.last


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(ZONES),
    st.datetimes(datetime(2012, 1, 1), datetime(2035, 1, 1)),
    st.sampled_from(["30 2 * * *", "0 0 * * *", "59 23 * * 1-5", "*/20 1-3 * * *", "* * * * *", "15 1 1 * 1"]),
)
def test_last_and_next_tick_enclose_any_moment(zone: str, moment: datetime, line: str) -> None:
    now = moment.replace(tzinfo=UTC)
    table = a_list(line, zone, grace_hours=168)
    coming = next_send(table, "daily", now)
    assert coming is not None
    assert coming.at > now
    passed = schedule._around(table, "daily", now)[0]
    assert passed is not None
    assert passed.at <= now
    # nothing lies between them: what comes after the last is the next
    again = next_send(table, "daily", passed.at)
    assert again is not None
    assert again.at == coming.at
    # and at its own moment the next one is the last
    assert schedule._around(table, "daily", coming.at)[0].at == coming.at  # type: ignore[union-attr]


# ---- time is passed in ------------------------------------------------------------------------


def test_deciders_are_given_now_and_read_no_clock() -> None:
    for decider in (due, missed, periods_concerned, next_send, next_issue):
        assert list(inspect.signature(decider).parameters)[-1] == "now"
    source = inspect.getsource(schedule)
    assert not re.search(r"datetime\.now|utcnow|today\(|time\.time|monotonic|localtime|clock\.|import clock", source)


def test_a_moment_without_a_timezone_is_refused() -> None:
    with pytest.raises(TypeError, match="naive"):
        due(NOON_GRACE, "daily", {}, datetime(2026, 11, 24, 7))


def test_now_may_be_in_any_timezone() -> None:
    now = utc("2026-11-24 07:00").astimezone(ZoneInfo("Asia/Tokyo"))
    [one] = due(NOON_GRACE, "daily", {}, now)
    assert one.at == now
    assert one.at.tzinfo is UTC
