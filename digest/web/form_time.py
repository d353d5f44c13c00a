"""When a form was made: a signed moment in a hidden field. People need a moment to fill in a form, most bots don't.

    KEY.SECONDS.MAC     the signing key's id, Unix time, and HMAC-SHA256 over a label and both, 32 hex digits

It is no secret and no session: whoever reads the page has it, and may send it as often as the limits allow.
"""

import hmac
import re
from datetime import UTC, datetime, timedelta

from digest.subscribers.identity import SigningKeys, keyed_hash

AT_LEAST = timedelta(seconds=2)
AT_MOST = timedelta(hours=24)

_LABEL = b"paper-digest form"
_SPELLING = re.compile(r"([1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,11})\.([0-9a-f]{32})", re.ASCII)


def stamp(keys: SigningKeys, now: datetime) -> str:
    """Return what the hidden field of a form made now holds."""
    seconds, secret = int(now.timestamp()), keys.secret(keys.current)
    assert secret is not None
    return f"{keys.current}.{seconds}.{_mac(secret, keys.current, seconds)}"


def made_at(keys: SigningKeys, text: str) -> datetime | None:
    """Return when the form with this field was made, None where we didn't make it."""
    found = _SPELLING.fullmatch(text)
    if found is None:
        return None
    key_id, seconds = int(found[1]), int(found[2])
    secret = keys.secret(key_id)
    if secret is None or not hmac.compare_digest(found[3], _mac(secret, key_id, seconds)):
        return None
    return datetime.fromtimestamp(seconds, UTC)


def _mac(secret: bytes, key_id: int, seconds: int) -> str:
    return keyed_hash(secret, b"%b %d %d" % (_LABEL, key_id, seconds))[:16].hex()
