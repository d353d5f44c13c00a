"""The calendars of the sources: on which days they list papers, and until when a day's list may still grow.

Pure, as `digest/schedule.py` is: `now` is passed in, aware, and its timezone is "here" in sentences. A day of Hugging
Face is one in UTC. A day of arXiv is the one on which it announces, by the clock of New York: Sunday to Thursday at
20:00, clocks changed or not. Its feeds follow at midnight. arXiv leaves out some holidays of its country, which it
names a year ahead; they aren't known here, so a day without papers may be one.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo

Kind = Literal["huggingface", "arxiv"]
"""A source that lists papers by the day."""

EASTERN = ZoneInfo("America/New_York")

HOLIDAY = "none announced (a holiday?)"
"""What to say of a day that is over, might have had papers, and had none: `why_nothing` knows no reason."""

_ANNOUNCED_AT = time(20)
_ARXIV_DAYS = frozenset({6, 0, 1, 2, 3})  # Sunday to Thursday, as date.weekday() counts
_FIRST_PAGE = date(2023, 5, 1)  # Hugging Face's Daily Papers began in this month
_ONE_DAY = timedelta(days=1)
_MARGIN = timedelta(hours=1)
"""A list is taken for complete this long after its day: clocks differ, and pages are made in advance."""


def huggingface_days(since: date, now: datetime) -> list[date]:
    """Return the days from `since` to today in UTC whose list there may be: weekdays, oldest first."""
    return [day for day in _days(max(since, _FIRST_PAGE), now.astimezone(UTC).date()) if _is_weekday(day)]


def next_announcement(now: datetime) -> datetime:
    """Return when arXiv announces papers next, after `now`; in the time of New York."""
    day = now.astimezone(EASTERN).date()
    while not _is_announced(day) or datetime.combine(day, _ANNOUNCED_AT, EASTERN) <= now:
        day += _ONE_DAY
    return datetime.combine(day, _ANNOUNCED_AT, EASTERN)


def complete_at(kind: Kind, day: date) -> datetime:
    """Return the moment in UTC from which a day's list doesn't grow any more: a while after the day's end.

    For arXiv that is when the feeds have been made of what was announced in the evening.
    """
    return datetime.combine(day + _ONE_DAY, time(0), _zone(kind)).astimezone(UTC) + _MARGIN


def day_is_over(kind: Kind, day: date, now: datetime) -> bool:
    """Tell whether a day's list is complete; one that isn't has to be loaded again later."""
    return now >= complete_at(kind, day)


def why_nothing(kind: Kind, day: date, now: datetime) -> str | None:
    """Return a sentence that explains why there is nothing of a day at `now`, or None where there should be.

    A day that isn't over may have papers all the same; the sentence says from when on it has them all. Where there
    is none, `HOLIDAY` is what can be said.
    """
    if kind == "huggingface" and not _is_weekday(day):
        return "Hugging Face lists no papers at weekends"
    if kind == "arxiv" and not _is_announced(day):
        coming = next_announcement(max(now, datetime.combine(day, time(0), EASTERN)))
        return f"arXiv announces nothing on Fridays and Saturdays; the next announcement is {_said(coming, now)}"
    if day_is_over(kind, day, now):
        return None
    announced = datetime.combine(day, _ANNOUNCED_AT, EASTERN)
    if kind == "arxiv" and now < announced:
        return f"arXiv announces the papers of {_dated(day)} on {_said(announced, now)}"
    return (
        f"the list of {_dated(day)} is not complete before {_said(complete_at(kind, day).astimezone(_zone(kind)), now)}"
    )


def _zone(kind: Kind) -> tzinfo:
    return UTC if kind == "huggingface" else EASTERN


def _days(first: date, last: date) -> list[date]:
    return [first + _ONE_DAY * number for number in range((last - first).days + 1)]


def _is_weekday(day: date) -> bool:
    return day.weekday() < 5


def _is_announced(day: date) -> bool:
    return day.weekday() in _ARXIV_DAYS


def _said(moment: datetime, now: datetime) -> str:
    """Say a moment in the zone it is meant in, and in that of `now`: "Sunday 20:00 Eastern (Monday 02:00 here)"."""
    here, there = moment.astimezone(now.tzinfo), _zone_name(moment.tzinfo)
    said = f"{moment:%A %H:%M} {there}"
    if here.utcoffset() == moment.utcoffset():
        return said
    return f"{said} ({here:%H:%M} here)" if here.date() == moment.date() else f"{said} ({here:%A %H:%M} here)"


def _zone_name(zone: tzinfo | None) -> str:
    return "Eastern" if zone is EASTERN else "UTC"


def _dated(day: date) -> str:
    return f"{day:%A} {day.day} {day:%B %Y}"
