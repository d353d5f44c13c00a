"""Moments as SQLite holds them, the way SQLAlchemy writes them, for statements that go past it."""

from datetime import UTC, datetime
from functools import lru_cache


def to_text(moment: datetime) -> str:
    """Return an aware moment as the text in the database, in UTC; it sorts as time goes."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.replace(tzinfo=None).isoformat(' ', 'microseconds')}"


@lru_cache(maxsize=256)  # an issue's messages have one Date
def from_text(text: str) -> datetime:
    """Return the aware moment that a text of the database says."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
