"""Values: what one record says under whatever key its maker chose, read without trusting any of it."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from digest.papers.clean import clean_line, clean_url
from digest.papers.sentences import cut

NAME_LIMIT = 200
"""The most characters of a name or keyword."""

_COUNT_LIMIT = 2**53  # what JSON can say exactly (RFC 8259, section 6)
_DEPTH_LIMIT = 20
_DIGITS = re.compile(r"[0-9]{1,16}")
_SURROGATES_AND_NUL = re.compile("[\x00\ud800-\udfff]")


class Values:
    """Takes values out of one record, remembers which keys it used, and notes what was wrong.

    Each method looks at the keys it is given in order and takes the first that says something. A value of
    the wrong kind is a line in `warnings` and counts as nothing.
    """

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = record
        self._used: set[str] = set()
        self._warnings: dict[str, None] = {}

    @property
    def warnings(self) -> list[str]:
        """Return what was wrong, a line each."""
        return list(self._warnings)

    def take(self, *keys: str) -> tuple[str, Any]:
        """Return the first of `keys` that says something, and its value; ("", None) where none does.

        null, "" and empty lists say nothing. Keys behind the first one that does are left for `rest`.
        """
        for key in keys:
            value = self._record.get(key)
            self._used.add(key)
            if value is not None and value not in ("", [], {}):
                return key, value
        return "", None

    def peek(self, key: str) -> str:
        """Return the text of `key` without using it up, "" where it is no text."""
        value = self._record.get(key)
        return value if isinstance(value, str) else ""

    def spend(self, key: str) -> None:
        """Mark `key` as used."""
        self._used.add(key)

    def text(self, limit: int, *keys: str) -> str:
        """Return a clean line of at most `limit` characters; a longer one is cut, and told."""
        key, value = self.take(*keys)
        if not key or not self._is_text(key, value):
            return ""
        return self.bounded(key, clean_line(value), limit)

    def bounded(self, key: str, text: str, limit: int) -> str:
        """Return `text` within `limit` characters."""
        if len(text) > limit:
            self.warn(key, f"{len(text):,} characters; cut to {limit:,}")
        return cut(text, limit)

    def names(self, *keys: str, separator: re.Pattern[str], limit: int) -> tuple[str, ...]:
        """Return names: a list of texts or of objects with a "name", or one text split at `separator`.

        An object that says it is "hidden" is left out.
        """
        key, value = self.take(*keys)
        if not key:
            return ()
        items = separator.split(clean_line(value)) if isinstance(value, str) else value
        if not isinstance(items, list):
            self.warn(key, f"expected a list of names, found {kind(value)}")
            return ()
        if len(items) > limit:
            self.warn(key, f"{len(items)} of them; the first {limit} were kept")
        return tuple(self._each_name(key, items[:limit]))

    def _each_name(self, key: str, items: Iterable[Any]) -> Iterable[str]:
        for item in items:
            if isinstance(item, Mapping) and item.get("hidden") is True:
                continue
            name = item.get("name") if isinstance(item, Mapping) else item
            if not isinstance(name, str):
                self.warn(key, f"expected names, found {kind(name)} among them; left out")
            elif line := clean_line(name):
                yield cut(line, NAME_LIMIT)

    def day(self, *keys: str) -> date | None:
        """Return a date; of a moment, its day in UTC."""
        key, value = self.take(*keys)
        if not key:
            return None
        try:
            moment = datetime.fromisoformat(value.strip())
            day = (moment.astimezone(UTC) if moment.tzinfo else moment).date()
        except (ValueError, OverflowError, AttributeError):
            self.warn(key, f"expected a date such as 2025-03-12, found {shown(value)}")
            return None
        if day.year < 1900:
            self.warn(key, f"{day} is before there were papers; expected a date such as 2025-03-12")
            return None
        return day

    def link(self, *keys: str) -> str | None:
        """Return an http(s) link."""
        key, value = self.take(*keys)
        if not key or not self._is_text(key, value):
            return None
        url = clean_url(value)
        if url is None:
            self.warn(key, f"expected an http(s) link, found {shown(value)}")
        return url

    def count(self, *keys: str, least: int = 0) -> int | None:
        """Return a whole number from `least` on, also one in digits, as tables have it."""
        key, value = self.take(*keys)
        if not key:
            return None
        if isinstance(value, str) and _DIGITS.fullmatch(value.strip()):
            value = int(value)
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole or not least <= value <= _COUNT_LIMIT:
            self.warn(key, f"expected a whole number from {least}, found {shown(value)}")
            return None
        return int(value)

    def rest(self) -> dict[str, Any]:
        """Return the keys not used, made storable."""
        extra = {}
        for key in self._record:
            if key not in self._used:
                try:
                    extra[_storable(key)] = _storable(self._record[key])
                except ValueError as error:
                    self.warn(key, f"{error}; left out")
        return extra

    def warn(self, key: str, reason: str) -> None:
        """Note what is wrong with the value of `key`, once."""
        self._warnings[f"{cut(clean_line(key), 40)}: {reason}"] = None  # a list of strangers repeats itself

    def _is_text(self, key: str, value: Any) -> bool:
        if not isinstance(value, str):
            self.warn(key, f"expected text, found {kind(value)}")
        return isinstance(value, str)


_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


def kind(value: Any) -> str:
    """Return in words what kind of JSON value this is."""
    return _KINDS.get(type(value), "nothing")


def shown(value: Any) -> str:
    """Return a scalar as it may stand in a message, anything else by its kind."""
    if isinstance(value, str | int | float):
        return repr(cut(clean_line(str(value)), 60)) if isinstance(value, str) else cut(str(value), 60)
    return kind(value)


def _storable(value: Any, depth: int = 0) -> Any:
    """Return a JSON value that UTF-8, JSON and a database can hold: no surrogates, NUL, NaN."""
    if depth > _DEPTH_LIMIT:
        raise ValueError(f"nested more than {_DEPTH_LIMIT} deep")
    if isinstance(value, str):
        return _SURROGATES_AND_NUL.sub("", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_storable(str(key)): _storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item, depth + 1) for item in value]
    return value
