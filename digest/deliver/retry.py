"""When a deferred delivery is tried again: in minutes first, then in hours."""

from datetime import datetime, timedelta
from hashlib import sha256

FIRST = timedelta(minutes=1)
LONGEST = timedelta(hours=4)


def next_attempt(attempts: int, now: datetime, key: str) -> datetime:
    """Return when to try again after `attempts` (1 or more) tries.

    The wait doubles up to four hours; `key` spreads deliveries over a quarter of it, always the same
    way, so that a relay that was down isn't met by everybody at once.
    """
    wait = min(FIRST * (1 << min(attempts - 1, 12)), LONGEST)
    spread = sha256(f"{key}/{attempts}".encode()).digest()[0] / 255
    return now + wait * (1 + spread / 4)
