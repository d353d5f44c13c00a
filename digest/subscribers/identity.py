"""Who somebody is without saying so: keyed ids, and the files that hold the two kinds of keys.

Every id is HMAC-SHA256 (RFC 2104) of a label and its parts, each with its length before it so that no
two lists of parts read the same, cut to 16 bytes. Labels keep the kinds apart. They are fixed for
ever: another label, another order or another key would make every subscriber a stranger.
"""

import hmac
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

from digest.errors import ConfigError

KEY_BYTES = 32
_ID_BYTES = 16
_SECRET = re.compile(r"[0-9A-Fa-f]{64}")
_SIGNING_LINE = re.compile(r"([0-9]{1,3})[ \t]+([0-9A-Fa-f]{64})")


def subscriber_id(key: bytes, list_id: str, canonical: str) -> str:
    """Return the id of an address on a list, 32 hex digits; `list_id` is the list's permanent id."""
    return _keyed(key, "paper-digest subscriber", list_id, canonical)


def address_key(key: bytes, canonical: str) -> str:
    """Return the name of an address everywhere, 32 hex digits, for suppressions that hold for all lists."""
    return _keyed(key, "paper-digest address", canonical)


def mailbox_key(key: bytes, mailbox: str) -> str:
    """Return the name of what `address.mailbox_of` gives, 32 hex digits: to count the mail to it, and no more."""
    return _keyed(key, "paper-digest mailbox", mailbox)


def network_key(key: bytes, network: str) -> str:
    """Return the name of a network such as "192.0.2.7/32", 32 hex digits: to count what it asks for, and no more."""
    return _keyed(key, "paper-digest network", network)


def message_id_local(key: bytes, issue_key: str, subscriber_id: str) -> str:
    """Return what stands before the @ in the Message-ID of an issue's message to a subscriber, 32 hex digits.

    Strangers can't make one up, so a bounce that returns it is about this message.
    """
    return _keyed(key, "paper-digest message", issue_key, subscriber_id)


def message_id_maker(key: bytes, issue_key: str) -> Callable[[str], bytes]:
    """Return what gives `message_id_local`, as its 16 bytes, for one subscriber id of an issue after the other.

    What they have in common is hashed once: a million take some seconds.
    """
    begun = _begun(key).copy()
    begun.update(_with_lengths(("paper-digest message", issue_key)) + (2 * _ID_BYTES).to_bytes(4, "big"))

    def local(subscriber_id: str) -> bytes:
        made = begun.copy()
        made.update(subscriber_id.encode())
        return made.digest()[:_ID_BYTES]

    return local


def _keyed(key: bytes, *parts: str) -> str:
    if len(key) != KEY_BYTES:
        raise ValueError(f"an identity key has {KEY_BYTES} bytes")
    last = parts[-1].encode()
    message = _with_lengths(parts[:-1]) + len(last).to_bytes(4, "big") + last
    return keyed_hash(key, message)[:_ID_BYTES].hex()


@lru_cache(maxsize=256)  # a label and a list's id are the same for a million addresses
def _with_lengths(parts: tuple[str, ...]) -> bytes:
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def keyed_hash(key: bytes, message: bytes) -> bytes:
    """Return HMAC-SHA256 (RFC 2104) of a message, 32 bytes."""
    # Each message to a subscriber has three, and beginning with the key costs as much as the rest.
    hashed = _begun(key).copy()
    hashed.update(message)
    return bytes(hashed.digest())


@lru_cache(maxsize=256)
def _begun(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")


def new_identity_key() -> bytes:
    """Return a fresh identity key. A site gets one, when it is made, and keeps it for ever."""
    return secrets.token_bytes(KEY_BYTES)


def parse_identity_key(text: str, where: str) -> bytes:
    """Return the key in an identity file, one line of 64 hex digits; `where` is its name in errors.

    Raises ConfigError, without a word of what the file holds.
    """
    if not _SECRET.fullmatch(text.strip()):
        raise ConfigError(
            f"{where}: expected one line of 64 hexadecimal digits; restore the key from your backup"
            " (a new one makes every subscriber a stranger)"
        )
    return bytes.fromhex(text.strip())


def format_identity_key(key: bytes) -> str:
    """Return the text of an identity file."""
    return key.hex() + "\n"


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The keys that sign links, as (key id, secret): the first signs, all of them verify.

    To rotate, put a new one first and keep the others for as long as their links may be clicked.
    The secrets don't show in `repr`.
    """

    keys: tuple[tuple[int, bytes], ...] = field(repr=False)

    def __post_init__(self) -> None:
        ids = [key_id for key_id, _ in self.keys]
        sound = all(1 <= key_id <= 255 for key_id in ids) and all(len(s) == KEY_BYTES for _, s in self.keys)
        if not ids or not sound or len(set(ids)) < len(ids):
            raise ValueError(f"signing keys need ids of their own from 1 to 255, and {KEY_BYTES} bytes each")

    @property
    def current(self) -> int:
        """The id of the key that signs."""
        return self.keys[0][0]

    def secret(self, key_id: int) -> bytes | None:
        """Return the secret of a key, None when it isn't here (any more)."""
        for known, secret in self.keys:
            if known == key_id:
                return secret
        return None


def new_signing_keys() -> SigningKeys:
    """Return a fresh set of one signing key, with the id 1."""
    return SigningKeys(((1, secrets.token_bytes(KEY_BYTES)),))


def parse_signing_keys(text: str, where: str) -> SigningKeys:
    """Return the keys in a signing file; `where` is its name in errors.

    A line is "<key id 1-255> <64 hex digits>"; blank lines and those that start with # don't count.
    Raises ConfigError, without a word of what the file holds.
    """
    keys: dict[int, bytes] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        key_id, secret = _signing_line(line, f"{where}:{number}")
        if key_id in keys:
            raise ConfigError(f"{where}:{number}: the key id {key_id} stands in an earlier line; give each its own")
        keys[key_id] = secret
    if not keys:
        raise ConfigError(f"{where}: holds no key; expected a line '<key id 1-255> <64 hexadecimal digits>'")
    return SigningKeys(tuple(keys.items()))


def _signing_line(line: str, where: str) -> tuple[int, bytes]:
    match = _SIGNING_LINE.fullmatch(line.strip())
    if not match or not 1 <= int(match[1]) <= 255:
        raise ConfigError(f"{where}: expected '<key id 1-255> <64 hexadecimal digits>'")
    return int(match[1]), bytes.fromhex(match[2])


def format_signing_keys(keys: SigningKeys) -> str:
    """Return the text of a signing file."""
    lines = [f"{key_id} {secret.hex()}\n" for key_id, secret in keys.keys]
    return "# The first key signs links, all of them verify. Put a new key first, with an id of its own.\n" + "".join(
        lines
    )
