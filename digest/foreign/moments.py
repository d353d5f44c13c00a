"""The moments that other programs write: ISO 8601 and its cousins, and Go's."""

import re
from datetime import UTC, datetime
from functools import lru_cache

# 2024-05-01 · 2024-05-01T10:00:00Z · 2015-03-16 14:40:47 · 2024-05-01 10:00:00.123456789 +0000 UTC
_MOMENT = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d)"
    r"(?:[T ](?P<time>\d\d:\d\d(?::\d\d)?)(?:[.,]\d+)? ?(?P<zone>Z|[+-]\d\d:?\d\d)?(?: [A-Z]{3,4})?)?"
)


@lru_cache(maxsize=4096)
def parse_moment(text: str) -> datetime | None:
    """Return the aware moment that a text says, in UTC; without a zone it is UTC. None where it can't be read.

    Days such as 03/04/2024 are not read: they mean another day on each side of the Atlantic.
    """
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        return None
    zone = (match["zone"] or "Z").replace(":", "")
    try:
        moment = datetime.fromisoformat(f"{match['day']}T{match['time'] or '00:00'}{zone}")
        return moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
