"""Make a new site: settings, keys, a folder for templates, sample subscriber files, seeds."""

import os
import shutil
from pathlib import Path

from digest.config.load import FILE_NAME
from digest.errors import InputError
from digest.resources import shipped
from digest.subscribers.identity import (
    format_identity_key,
    format_signing_keys,
    new_identity_key,
    new_signing_keys,
)

SEED_YEAR = 2025
"""The seed page says "Mar 12" and no year; this one is meant."""

_IGNORE = "keys/\nstore.sqlite3*\noutbox/\n.*.lock\n"


def create_site(root: Path) -> None:
    """Make a site in `root`, which must be new or empty.

    Raises InputError when it isn't, or can't be written.
    """
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise InputError(f"{root}: exists and is not an empty folder; name a new one")
    try:
        _fill(root)
    except OSError as error:
        raise InputError(f"{error.filename or root}: {error.strerror}; the site could not be made") from error


def _fill(root: Path) -> None:
    root.mkdir(parents=True, exist_ok=True)
    templates = shipped("templates")
    settings = "".join((templates / "site" / name).read_text("utf-8") for name in ("digest.toml", "topics.toml"))
    (root / FILE_NAME).write_text(settings, encoding="utf-8")
    (root / ".gitignore").write_text(_IGNORE, encoding="ascii")
    # The themes stay where they are: a copy of them would never be mended by a newer program.
    (root / "templates").mkdir()
    shutil.copyfile(templates / "site" / "themes.md", root / "templates" / "README.md")
    for name, pattern in (("subscribers", "*.csv"), ("seeds", "*")):
        (root / name).mkdir()
        for file in sorted(shipped(name).glob(pattern)):
            shutil.copyfile(file, root / name / file.name)
    _write_secret(root / "keys" / "identity.key", format_identity_key(new_identity_key()))
    _write_secret(root / "keys" / "signing.keys", format_signing_keys(new_signing_keys()))


def _write_secret(path: Path, text: str) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text if text.endswith("\n") else text + "\n")
