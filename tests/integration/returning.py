"""Mails that come back about issues that have gone out: the samples, made genuine for one reader of an issue."""

from pathlib import Path

from digest.subscribers.tokens import Purpose, sign
from tests.integration.sending import subscriber, token_of
from tests.unit.bounces.samples import BOB, MESSAGE_ID, TOKEN, mail


def genuine(site, issue, address, name="postfix-unknown-user", **replaced) -> bytes:
    """Return a sample as if it were about the message that `address` got."""
    leave = sign(site.signing_keys, Purpose.UNSUBSCRIBE, subscriber(site, address, issue.list_id))
    text = mail(name).decode().replace(MESSAGE_ID, token_of(site, issue, address)).replace(TOKEN, leave)
    for before, after in replaced.items():
        text = text.replace(before, after)
    return text.replace(BOB, address).encode()


def maildir(path: Path, *mails: bytes) -> Path:
    """Make a Maildir with some new mails in it, or add them to it."""
    for folder in ("new", "cur", "tmp"):
        (path / folder).mkdir(parents=True, exist_ok=True)
    for content in mails:
        number = sum(1 for folder in ("new", "cur") for _ in (path / folder).iterdir())
        (path / "new" / f"17640000{number:02}.M{number}P1.host").write_bytes(content)
    return path


def mbox(path: Path, *mails: bytes) -> Path:
    """Write, or append to, an mbox."""
    with path.open("ab") as file:
        for content in mails:
            quoted = content.replace(b"\nFrom ", b"\n>From ")
            file.write(b"From MAILER-DAEMON Tue Nov 24 07:00:09 2026\n" + quoted.rstrip(b"\n") + b"\n\n")
    return path
