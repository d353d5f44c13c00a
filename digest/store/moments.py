"""Moments in the database: the type of columns, and the text in SQLite for statements that go past SQLAlchemy."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, DateTime, Dialect, TypeDecorator


class Moment(TypeDecorator[datetime]):
    """An aware moment, stored in UTC whether or not the database knows timezones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:  # noqa: ARG002
        """Store in UTC; a naive moment is a defect of the program."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a timezone can't be stored")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ARG002
        """Read as aware UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)  # type: ignore[no-any-return]


def moments_of(connection: Connection) -> Callable[[datetime], Any]:
    """Return what makes the database's form of a moment, for statements of the driver's own."""
    bind = Moment().dialect_impl(connection.dialect).bind_processor(connection.dialect)
    assert bind is not None
    return bind


def to_text(moment: datetime) -> str:
    """Return an aware moment as the text in the database, in UTC; it sorts as time goes."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    return f"{moment.replace(tzinfo=None).isoformat(' ', 'microseconds')}"


@lru_cache(maxsize=256)  # an issue's messages have one Date
def from_text(text: str) -> datetime:
    """Return the aware moment that a text of the database says."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)
