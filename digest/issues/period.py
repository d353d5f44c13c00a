"""The period of an issue: a day ("2026-11-24") or an ISO 8601 week ("2026-W48").

With list and frequency it makes an issue unique, so it has exactly one way to be written. The order
of the strings of one frequency is the order of time.
"""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from digest.config.settings import Frequency
from digest.errors import InputError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WEEK = re.compile(r"([0-9]{4})-W([0-9]{2})")
_EXPECTED = "expected a day such as 2026-11-24 or an ISO week such as 2026-W48"


@dataclass(frozen=True, slots=True)
class Span:
    """What a period covers: its first and its last day, both included, and whose period it is."""

    frequency: Frequency
    first: date
    last: date


def period_of(frequency: Frequency, day: date) -> str:
    """Return the period of `frequency` that `day` lies in."""
    if frequency == "daily":
        return f"{day.year:04d}-{day.month:02d}-{day.day:02d}"
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def parse_period(text: str) -> Span:
    """Return the span of a period that somebody wrote.

    Raises InputError unless it is written just as `period_of` writes it.
    """
    try:
        if _DAY.fullmatch(text):
            day = date.fromisoformat(text)
            return Span("daily", day, day)
        if match := _WEEK.fullmatch(text):
            first = date.fromisocalendar(int(match[1]), int(match[2]), 1)
            return Span("weekly", first, first + timedelta(days=6))
    except (ValueError, OverflowError):
        raise InputError(f"period {text!r} is not in the calendar; {_EXPECTED}") from None
    raise InputError(f"{text[:40]!r} is no period; {_EXPECTED}")


def day_of(period: str) -> date:
    """Return the first day of `period`; raises InputError like `parse_period`."""
    return parse_period(period).first
