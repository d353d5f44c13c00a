"""When a source is asked again: which answers pass, and how long Retry-After (RFC 9110, 10.2.3) says to wait."""

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

PASSING = frozenset({408, 425, 429})
"""Refusals that are about the moment, beside all of 500 and more."""

_LONGEST = timedelta(days=366)


class PassingError(Exception):
    """It didn't work this time; `wait` is the seconds the source asks for before the next, None where it doesn't."""

    def __init__(self, reason: str, wait: float | None = None) -> None:
        super().__init__(reason)
        self.wait = wait


def is_passing(status: int) -> bool:
    """Tell whether another try may bring another status."""
    return status in PASSING or status >= 500


def retry_after(text: str, now: datetime) -> float | None:
    """Return the seconds to wait that a Retry-After field asks for, 0 or more; None where it says nothing.

    The field holds seconds or a date; a date that is over means 0.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text)
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is None:  # "-0000"; an HTTP date is always in UTC
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def back_at(wait: float, now: datetime) -> datetime:
    """Return the moment in UTC that a wait of that many seconds ends, at most a year on."""
    return now.astimezone(UTC) + timedelta(seconds=min(wait, _LONGEST.total_seconds()))
