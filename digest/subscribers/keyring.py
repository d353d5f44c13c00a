"""The signing file: read anew when somebody rotated it, and the rotation itself."""

import logging
import secrets
from pathlib import Path
from threading import Lock

from digest.errors import ConfigError, InputError
from digest.subscribers.disk import write_atomically
from digest.subscribers.identity import KEY_BYTES, SigningKeys, parse_signing_keys

log = logging.getLogger(__name__)

_IDS = range(1, 256)


class Keyring:
    """The signing keys in a file, as they are now: a service that runs for months honours a key of today."""

    def __init__(self, path: Path) -> None:
        """Read `path` when the keys are first asked for."""
        self._path = path
        self._lock = Lock()
        self._read: tuple[object, SigningKeys] | None = None

    @property
    def keys(self) -> SigningKeys:
        """The keys; those from before where the file can't be read any more, so that readers can leave all the same.

        Raises ConfigError where it could never be read.
        """
        with self._lock:
            state = _state(self._path)
            if self._read is not None and self._read[0] == state:
                return self._read[1]
            try:
                keys = read_signing_file(self._path)
            except ConfigError as error:
                if self._read is None:
                    raise
                log.error("%s; the keys from before hold", error)  # noqa: TRY400 - one line, for a person
                keys = self._read[1]
            self._read = state, keys
            return keys


def read_signing_file(path: Path) -> SigningKeys:
    """Return the keys in a signing file. Raises ConfigError, without a word of what the file holds."""
    try:
        return parse_signing_keys(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; restore the file from its backup") from None
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: not text; restore the file from its backup") from None


def rotate(path: Path) -> SigningKeys:
    """Put a new key before the others in a signing file, which stay honoured; return all.

    Comments stay as they are, and so do the file's mode and owner; it is replaced as a whole or not at all. Raises
    ConfigError for a file that can't be used, InputError for one that can't be written, or is full.
    """

    def with_new_key(text: str) -> str:
        known = parse_signing_keys(text, str(path))
        lines = text.splitlines(keepends=True)
        first = next(number for number, line in enumerate(lines) if line.strip() and not line.lstrip().startswith("#"))
        lines.insert(first, f"{_next_id(known, path)} {secrets.token_bytes(KEY_BYTES).hex()}\n")
        return "".join(lines)

    write_atomically(path, with_new_key)
    return read_signing_file(path)


def _next_id(known: SigningKeys, path: Path) -> int:
    taken = {key_id for key_id, _ in known.keys}
    later = (key_id for key_id in _IDS if key_id > max(taken))
    free = (key_id for key_id in _IDS if key_id not in taken)
    found = next(later, None) or next(free, None)
    if found is None:
        raise InputError(f"{path}: holds {len(taken)} keys, the most there can be; delete the oldest, the last lines")
    return found


def _state(path: Path) -> object:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
