"""What the webhooks of providers have in common: JSON that strangers write, and reports that are made of it.

Each provider's module takes the header and the body of a request, refuses what isn't proved to be the provider's, and
returns what it reports. They do no I/O.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any

from digest.bounces.report import Arrival, Report
from digest.errors import DigestError

MAX_AGE = timedelta(days=1)
"""How old a signature may be: providers try again for hours with the old one. An event acts once all the same."""

AHEAD = timedelta(minutes=5)
"""How far a provider's clock may be ahead of ours."""

_TOKEN = re.compile(r"(?<![0-9A-Za-z])[0-9a-f]{32}(?=@)")
_LINK = re.compile(r"(?:(?<![A-Za-z0-9_-])|(?<=%20))[A-Za-z0-9_-]{47}(?![A-Za-z0-9_-])")
_REPLY = re.compile(r"(?<![0-9.])([45][0-9]{2})[- ](?:[0-9]{3}[- ])?([45]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_STATUS = re.compile(r"(?<![0-9.])([45]\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9.])")
_CODE = re.compile(r"(?<![0-9.])([45][0-9]{2})(?![0-9.])")
_READ = 100_000
"""Characters of a text that are looked through."""


class RefusedError(DigestError):
    """A request that isn't proved to be the provider's; says which proof failed, and nothing of the request."""


class MalformedError(DigestError):
    """A request that is the provider's, and not in the form we know."""


def parse(body: bytes) -> Any:
    """Return what a body says. Raises MalformedError."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        raise MalformedError("the body is not JSON") from None


def at(value: Any, *path: str) -> Any:
    """Return what stands at a place in JSON, None where nothing does."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(name)
    return value


def text_at(value: Any, *path: str) -> str:
    """Return the text, or the number as text, at a place in JSON; "" where neither stands there."""
    found = at(value, *path)
    if isinstance(found, str):
        return found
    return str(found) if isinstance(found, int | float) and not isinstance(found, bool) else ""


def items_at(value: Any, *path: str) -> list[Any]:
    """Return the list at a place in JSON, an empty one where none is."""
    found = at(value, *path)
    return found if isinstance(found, list) else []


def tokens_in(text: str) -> tuple[str, ...]:
    """Return what may be local parts of our Message-IDs in a text, each once."""
    return tuple(dict.fromkeys(_TOKEN.findall(text[:_READ])))


def link_in(text: str) -> str:
    """Return what may be the token of a List-Unsubscribe link of ours, "" where none is."""
    found = _LINK.search(text[:_READ])
    return found[0] if found else ""


def status_in(text: str) -> tuple[int, str]:
    """Return the basic and the enhanced code in what a server said, 0 and "" where it named none."""
    text = text[:_READ]
    if both := _REPLY.search(text):
        return int(both[1]), both[2]
    code, status = _CODE.search(text), _STATUS.search(text)
    return (int(code[1]) if code else 0), (status[1] if status else "")


def expect_fresh(moment: datetime, now: datetime) -> None:
    """Refuse what was signed too long ago, or in the future. Raises RefusedError."""
    if not now - MAX_AGE <= moment <= now + AHEAD:
        raise RefusedError("it was signed too long ago, or our clock is wrong")


def arrival(provider: str, event: tuple[str, ...], report: Report) -> Arrival:
    """Return a report as it came in; `event` is what the provider tells one event from others by."""
    key = sha256(json.dumps([provider, *event]).encode()).hexdigest()
    return Arrival(key, f"webhook {provider}", report)
