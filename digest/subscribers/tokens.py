"""Signed links: what stands in the URLs that readers get, version 1, fixed for ever.

    offset  bytes  what
    0       1      version: 1
    1       1      key id, 1-255: which signing key made the MAC
    2       1      purpose: what the link may be used for (`Purpose`)
    3       16     subject: a subscriber id; for "confirm" the id of the request
    19      16     HMAC-SHA256(signing key, "paper-digest token" and bytes 0-18), its first 16 bytes

35 bytes, written in base64url without padding (RFC 4648 section 5): 47 characters. There is one
spelling for one token, no address in it, and no time: a link in an old mail must still let its reader
go, and a request knows itself when it expires. The same inputs always give the same token, so that a
retry sends the same bytes.
"""

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass
from enum import IntEnum

from digest.errors import ConfigError
from digest.subscribers.identity import SigningKeys, keyed_hash

_VERSION = 1
_LABEL = b"paper-digest token"
_HEAD_BYTES = 19
_MAC_BYTES = 16
_SPELLING = re.compile(r"[A-Za-z0-9_-]{47}")


class Purpose(IntEnum):
    """What a link may be used for; the numbers are part of the format."""

    UNSUBSCRIBE = 1
    PREFERENCES = 2
    CONFIRM = 3
    VIEW = 4


@dataclass(frozen=True, slots=True)
class Token:
    """A token that was found genuine; whoever uses it still asks whether the purpose is theirs.

    `subject` is whom it is about, 32 hex digits: a subscriber id, or for CONFIRM the id of a request.
    """

    purpose: Purpose
    subject: str
    key_id: int


def sign(keys: SigningKeys, purpose: Purpose, subject: str, key_id: int | None = None) -> str:
    """Return the token that lets `subject` (32 hex digits) do one thing.

    `key_id` names the key an issue was frozen with; without it the current one signs. Raises
    ConfigError when that key has left the signing file, ValueError when the subject is no such id.
    """
    key_id = keys.current if key_id is None else key_id
    secret = keys.secret(key_id)
    if secret is None:
        raise ConfigError(
            f"the signing file lacks the key {key_id}, which links already sent were signed with; put it back"
        )
    head = bytes((_VERSION, key_id, purpose)) + bytes.fromhex(subject)
    if len(head) != _HEAD_BYTES:
        raise ValueError("a subject has 32 hexadecimal digits")
    return _spelled(head + _mac(secret, head))


def verify(keys: SigningKeys, token: str) -> Token | None:
    """Return what a token says if we made it, and None for anything else, whatever it is."""
    raw = _bytes_of(token)
    if raw is None or raw[0] != _VERSION:
        return None
    head, mac = raw[:_HEAD_BYTES], raw[_HEAD_BYTES:]
    secret = keys.secret(head[1])
    if secret is None or not hmac.compare_digest(mac, _mac(secret, head)):
        return None
    try:
        purpose = Purpose(head[2])
    except ValueError:
        return None
    return Token(purpose, head[3:].hex(), head[1])


def _mac(secret: bytes, head: bytes) -> bytes:
    return keyed_hash(secret, _LABEL + head)[:_MAC_BYTES]


def _spelled(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _bytes_of(token: str) -> bytes | None:
    if not _SPELLING.fullmatch(token):
        return None
    raw = urlsafe_b64decode(token + "=")
    # The last character carries two bits that decoding drops; only one of its four spellings is ours.
    return raw if _spelled(raw) == token else None
