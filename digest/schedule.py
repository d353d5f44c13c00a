"""When an issue is due: pure deciders; `ticks.py` has the ticks that ask them.

A tick carries no meaning of its own. `due` looks at the schedule, at what the store says of the
issues, and at `now`, and says what is to be done; asked twice, it says the same. So a tick too many
does nothing, and a missed one is made up for by the next.

A crontab line speaks of the wall clock in the list's timezone, as crontab(5) says: weekday 0 and 7
are Sunday; with day of month and weekday both given, either is enough. When clocks go forward, a
time that is left out comes at the end of the gap, and when they go back, a time that comes twice
counts the first time. The issue is always that of the day *written* in the line: a tick of Saturday
23:30 that a gap moves to Sunday is still Saturday's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim

from digest.config.settings import Frequency, ListTable
from digest.issues.period import day_of, period_of
from digest.issues.states import IssueState

Action = Literal["build", "send"]


@dataclass(frozen=True, slots=True)
class Tick:
    """One time of a crontab line: `wall` as the list's wall clock shows it (naive), `at` in UTC."""

    wall: datetime
    at: datetime

    @property
    def day(self) -> date:
        """The day the line speaks of; an issue's period and date come from it."""
        return self.wall.date()


@dataclass(frozen=True, slots=True)
class Due:
    """Something to do for the issue of a period.

    "build" makes a draft; "send" builds and approves first where that is missing, and goes on where
    a killed run was. `day` is the issue's date and `at` the tick that made it due, in UTC. For an
    issue still sending from an earlier tick they are the period's first day and `now`: its own date
    lies frozen in the store.
    """

    action: Action
    frequency: Frequency
    period: str
    day: date
    at: datetime


def due(table: ListTable, frequency: Frequency, issues: Mapping[str, IssueState], now: datetime) -> list[Due]:
    """Return what is to be done at `now` (aware) for one list and frequency, oldest first.

    `issues` maps periods to the states of this list's issues of this frequency: all that are
    sending, and those of `periods_concerned`; others do no harm. A period that isn't there has none.
    """
    last, coming = _around(table, frequency, now)
    found = [
        _resumption(frequency, period, last, now) for period in sorted(issues) if issues[period] is IssueState.SENDING
    ]
    if last is not None and now - last.at <= _grace(table):
        action = _action(issues.get(period_of(frequency, last.day)), table.approval)
        found += [_due(action, frequency, last, last.at)] if action else []
    build = _build_tick(table, frequency, last, coming)
    if coming is not None and build is not None and build.at <= now:
        draft = _due("build", frequency, coming, build.at)
        taken = {*issues, *(one.period for one in found)}
        found += [draft] if draft.period not in taken else []
    return found


def missed(table: ListTable, frequency: Frequency, issues: Mapping[str, IssueState], now: datetime) -> Due | None:
    """Return the send that the last tick asked for and that isn't started any more, or None.

    That is so when the grace is over and the issue is missing, a draft, or approved too late. It is
    derived anew each time: whoever logs it remembers that they did.
    """
    last, _ = _around(table, frequency, now)
    if last is None or now - last.at <= _grace(table):
        return None
    lost = _due("send", frequency, last, last.at)
    waiting = (None, IssueState.DRAFT, IssueState.APPROVED)
    return lost if issues.get(lost.period) in waiting else None


def periods_concerned(table: ListTable, frequency: Frequency, now: datetime) -> tuple[str, ...]:
    """Return the periods whose issues `due` asks about at `now`: the last tick's and the next one's."""
    ticks = [tick for tick in _around(table, frequency, now) if tick is not None]
    return tuple(dict.fromkeys(period_of(frequency, tick.day) for tick in ticks))


def next_send(table: ListTable, frequency: Frequency, now: datetime) -> Tick | None:
    """Return the first send tick after `now`, or None when the list has no such schedule."""
    return _around(table, frequency, now)[1]


def next_issue(table: ListTable, frequency: Frequency, period: str, now: datetime) -> Tick | None:
    """Return the first send tick after `now` that is of another period, and so of another issue.

    None when the list has no such schedule.
    """
    schedule = table.schedule.get(frequency)
    if schedule is None:
        return None
    ticks = _ticks(schedule.send_at, ZoneInfo(table.timezone), now)
    return next((tick for tick in ticks if period_of(frequency, tick.day) != period), None)


def _due(action: Action, frequency: Frequency, tick: Tick, at: datetime) -> Due:
    return Due(action, frequency, period_of(frequency, tick.day), tick.day, at)


def _resumption(frequency: Frequency, period: str, last: Tick | None, now: datetime) -> Due:
    if last is not None and period_of(frequency, last.day) == period:
        return _due("send", frequency, last, last.at)
    return Due("send", frequency, period, day_of(period), now)


def _action(state: IssueState | None, approval: Literal["auto", "required"]) -> Action | None:
    if state is IssueState.APPROVED:
        return "send"
    if state is None:
        return "send" if approval == "auto" else "build"
    return "send" if state is IssueState.DRAFT and approval == "auto" else None


def _grace(table: ListTable) -> timedelta:
    return timedelta(hours=table.grace_hours)


def _build_tick(table: ListTable, frequency: Frequency, last: Tick | None, coming: Tick | None) -> Tick | None:
    """Return the last build tick of those that belong to the `coming` send tick.

    The last, because a draft isn't built anew: with a line for every morning and a send on weekdays,
    Monday's draft is made on Monday and not on Saturday.
    """
    schedule = table.schedule.get(frequency)
    if schedule is None or schedule.build_at is None or coming is None:
        return None
    wall = next(_walls_back(schedule.build_at, coming.wall), None)
    if wall is None or (last is not None and wall <= last.wall):
        return None
    return Tick(wall, _instant(wall, ZoneInfo(table.timezone)))


def _around(table: ListTable, frequency: Frequency, now: datetime) -> tuple[Tick | None, Tick | None]:
    """Return the last send tick at or before `now`, and the first one after it."""
    schedule = table.schedule.get(frequency)
    if schedule is None:
        return None, None
    zone = ZoneInfo(table.timezone)
    return _last(schedule.send_at, zone, now), next(_ticks(schedule.send_at, zone, now), None)


# cronsim is given naive times. With aware ones it forgets `fold`, so that in a repeated hour it takes
# the time that was an hour ago for one to come.


def _last(line: str, zone: ZoneInfo, now: datetime) -> Tick | None:
    local = now.astimezone(zone)
    # In a repeated hour the wall clock has shown later times already: look back from what it would
    # show had it not been put back.
    ahead = (local.replace(fold=0).utcoffset() or timedelta()) - (local.utcoffset() or timedelta())
    for wall in _walls_back(line, local.replace(tzinfo=None) + ahead):
        at = _instant(wall, zone)
        if at <= now:
            return Tick(wall, at)
    return None


def _ticks(line: str, zone: ZoneInfo, now: datetime) -> Iterator[Tick]:
    """Yield the times of a line after `now`, the first one first."""
    for wall in CronSim(line, now.astimezone(zone).replace(tzinfo=None)):
        at = _instant(wall, zone)
        if at > now:
            yield Tick(wall, at)


def _walls_back(line: str, wall: datetime) -> Iterator[datetime]:
    """Yield the times of a line at or before `wall`, latest first; both are naive."""
    yield from CronSim(line, wall.replace(second=0, microsecond=0) + timedelta(minutes=1), reverse=True)


def _instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """Return when a wall clock in `zone` first shows `wall` or, across a gap, what comes after it."""
    at = wall.replace(tzinfo=zone).astimezone(UTC)
    while at.astimezone(zone).replace(tzinfo=None) != wall:
        wall += timedelta(minutes=1)
        at = wall.replace(tzinfo=zone).astimezone(UTC)
    return at
