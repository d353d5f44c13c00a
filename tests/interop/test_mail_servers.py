"""A digest goes through a real Postfix; its bounces are read from a Maildir and from a real Dovecot."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from digest import clock
from tests.interop.servers import dovecot, postfix, wait_for

pytestmark = pytest.mark.interop

READERS = ("ada@readers.example.org", "nobody@readers.example.org", "nobody@example.com")
GONE = {"nobody@readers.example.org", "nobody@example.com"}


class Operator:
    """Somebody at the command line, with a new site that sends through a relay."""

    def __init__(self, root: Path, port: int, envelope: str) -> None:
        self.root = root
        self.environment = {**os.environ, "DIGEST_LISTS__DAILY__MAX_CARDS": "3"}
        self.run("init", str(root))
        settings = root / "digest.toml"
        text = settings.read_text("utf-8").replace("digest@example.org", "digest@news.example.org")
        relay = f'host = "127.0.0.1"\nport = {port}\ntls = "none"\nenvelope = "{envelope}"\n'
        settings.write_text(text.replace('maildir = "outbox"\n', relay), encoding="utf-8")
        (root / "subscribers" / "daily.csv").write_text("email\n" + "\n".join(READERS) + "\n", encoding="utf-8")
        self("papers", "load", str(root / "seeds"), "--year", "2025")

    def __call__(self, *words: str) -> str:
        return self.run("--site", str(self.root), *words)

    def run(self, *words: str) -> str:
        command = [sys.executable, "-m", "digest", *words]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def send(self) -> None:
        self("send", "daily", "--date", clock.now().date().isoformat())

    def add(self, settings: str) -> None:
        with (self.root / "digest.toml").open("a", encoding="utf-8") as file:
            file.write(settings)

    def reports(self) -> list[dict[str, str]]:
        found: list[dict[str, str]] = json.loads(self("bounces", "list", "--json"))
        return found


def bounced(path: Path, number: int) -> bool:
    return (path / "new").is_dir() and sum(1 for _ in (path / "new").iterdir()) == number


@pytest.mark.parametrize("envelope", ["from", "verp"])
def test_a_real_bounce_of_an_unknown_user_suppresses(tmp_path, envelope):
    with postfix() as relay:
        operator = Operator(tmp_path / "site", relay.relay, envelope)
        operator.send()
        wait_for("two bounces", lambda: bounced(relay.bounces, 2))
        wait_for("one message", lambda: len(relay.arrived) == 1)
        assert ("+" in relay.log().partition("from=<digest")[2].partition("@")[0]) == (envelope == "verp")
        said = operator("bounces", "read", "--maildir", str(relay.bounces))
        assert said == "bounces: mails: 2, suppressed: 2\n"
        found = operator.reports()
        assert {one["address"] for one in found} == GONE
        assert {(one["kind"], one["effect"], one["status"]) for one in found} == {("bounce", "suppressed", "5.1.1")}
        assert operator("bounces", "read", "--maildir", str(relay.bounces)) == "bounces: no unread mail\n"
        assert not bounced(relay.bounces, 2)
        assert sum(1 for _ in (relay.bounces / "cur").iterdir()) == 2  # read, and kept


@pytest.mark.parametrize("tls", ["implicit", "starttls"])
def test_bounces_are_read_from_a_real_imap_server(tmp_path, tls):
    with postfix() as relay:
        operator = Operator(tmp_path / "site", relay.relay, "from")
        operator.send()
        wait_for("two bounces", lambda: bounced(relay.bounces, 2))
        with dovecot(relay.bounces) as imap:
            port = imap.implicit if tls == "implicit" else imap.starttls
            operator.add(
                f'\n[mailboxes.bounces]\nhost = "127.0.0.1"\nport = {port}\ntls = "{tls}"\nusername = "digest"\n'
            )
            operator.environment["DIGEST_MAILBOXES__BOUNCES__PASSWORD"] = imap.password
            with pytest.raises(AssertionError, match="its certificate is not trusted"):
                operator("bounces", "read")
            operator.environment["SSL_CERT_FILE"] = str(imap.certificate)
            assert operator("bounces", "read") == "bounces: mails: 2, suppressed: 2\n"
            assert operator("bounces", "read") == "bounces: no unread mail\n"
            assert {one["address"] for one in operator.reports()} == GONE
            operator.environment["DIGEST_MAILBOXES__BOUNCES__PASSWORD"] = "wrong"
            with pytest.raises(AssertionError, match="refuses the login of digest"):
                operator("bounces", "read")
