"""`digest bounces` as a person runs it."""

import json
import subprocess
import sys
from datetime import timedelta

import pytest

from digest import clock
from tests.integration.returning import genuine, maildir, mbox
from tests.integration.sending import sent_issue
from tests.integration.sources import declared
from tests.unit.bounces.samples import mail

NO_MAILBOX = "Remote host said: 550 5.1.1 no mailbox here by that name"
YAHOO = "feedback: abuse, by Yahoo!-Mail-Feedback/2.0"
ADA, EMMY, KURT = "ada@example.org", "emmy@example.com", "kurt@example.net"


@pytest.fixture
def issue(site, now, monkeypatch):
    monkeypatch.setattr(clock, "now", lambda: now)
    return sent_issue(site, [ADA, EMMY, KURT], now - timedelta(days=2))


@pytest.fixture
def digest(site, capfd):
    """Run the command here; returns its exit code, what it printed, and what it noted."""
    from typer.testing import CliRunner

    from digest.cli.main import app
    from digest.errors import DigestError

    def run(*arguments):
        result = CliRunner().invoke(app, ["--site", str(site.root), "bounces", *map(str, arguments)])
        if isinstance(result.exception, DigestError):
            return result.exception.exit_code, "", f"error: {result.exception}\n"
        return result.exit_code, result.stdout, result.stderr

    return run


def test_without_a_mailbox_it_says_how_to_have_one(digest):
    code, _, said = digest("read")
    assert code == 1
    assert said == (
        "error: digest.toml names no mailbox; add a table [mailboxes.bounces] with `maildir`, `mbox` or `host`"
        " (docs/bounces.md), or name one here: --maildir PATH, --mbox PATH\n"
    )


def test_what_was_found_is_a_line_and_what_did_nothing_has_a_reason(digest, site, issue):
    about = ((ADA, "postfix-unknown-user"), (KURT, "leave-subject"), (KURT, "exim-delay"))
    mails = [genuine(site, issue, address, name) for address, name in about]
    mails += [mail("qmail"), mail("leave-unproved"), mail("domino-freeform"), mail("other-spam")]
    maildir(site.root / "mail", *mails)
    declared(site, '[mailboxes.bounces]\nmaildir = "mail"\n')
    code, said, noted = digest("read")
    assert (code, noted) == (0, "")
    assert said.splitlines() == [
        "bounces: mails: 7, suppressed: 1, left: 1, unmatched: 3, delays: 1, no report: 1",
        "  1764000003.M3P1.host: bounce that names none of ours of the last 60 days"
        " (Remote host said: 550 5.1.1 no mailbox here by that name)",
        "  1764000004.M4P1.host: bob@example.com asks to leave and proves no message of ours",
        "  1764000005.M5P1.host: bounce that names none of ours of the last 60 days (Your message Subject: 12 papers:"
        " robots that fold laundry was not delivered to: bob@example.com because: User bob (bob@e)",
    ]
    assert digest("read") == (0, "bounces: no unread mail\n", "")


def test_many_unmatched_reports_are_counted(digest, site, issue):
    mails = [mail("qmail").replace(b"4711", b"%d" % n) for n in range(30)]
    path = mbox(site.root / "box", *mails)
    lines = digest("read", "--mbox", path)[1].splitlines()
    assert lines[0] == "box: mails: 30, unmatched: 30"
    assert lines[1].startswith("  byte 0: bounce that names none of ours")
    assert lines[-1] == "  and 10 more: `digest bounces list --effect unmatched`"
    assert len(lines) == 22


def test_one_mailbox_that_cannot_be_read_does_not_keep_it_from_the_others(digest, site, issue):
    maildir(site.root / "mail", genuine(site, issue, ADA))
    declared(site, '[mailboxes.lost]\nmbox = "nowhere"\n[mailboxes.there]\nmaildir = "mail"\n')
    code, said, noted = digest("read")
    assert (code, said) == (1, "there: mails: 1, suppressed: 1\n")
    assert noted.startswith(f"error: lost: {site.root / 'nowhere'}: No such file")
    assert digest("read", "there") == (0, "there: no unread mail\n", "")
    assert digest("read", "ther")[2] == "error: there is no mailbox 'ther'; did you mean 'there'?\n"


def test_json_for_scripts(digest, site, issue):
    path = maildir(site.root / "mail", genuine(site, issue, ADA), mail("leave-unproved"))
    code, said, _ = digest("read", "--maildir", path, "--json")
    assert (code, json.loads(said)) == (
        0,
        [
            {
                "mailbox": "mail",
                "mails": 2,
                "counts": {"suppressed": 1, "unmatched": 1},
                "unmatched": [
                    {
                        "mail": "1764000001.M1P1.host",
                        "why": "bob@example.com asks to leave and proves no message of ours",
                    }
                ],
                "unreadable": [],
                "error": None,
            }
        ],
    )


def test_reports_are_listed_with_what_they_did(digest, site, issue):
    mails = [genuine(site, issue, ADA), genuine(site, issue, EMMY, "arf-yahoo"), mail("qmail")]
    digest("read", "--maildir", maildir(site.root / "mail", *mails))
    rows = [line.split("\t")[1:] for line in digest("list")[1].splitlines()]
    assert rows == [
        ["bounce", "unmatched", "", "", "5.1.1", "mailbox mail", NO_MAILBOX],
        ["complaint", "suppressed", EMMY, str(issue), "", "mailbox mail", YAHOO],
        [
            "bounce", "suppressed", ADA, str(issue), "5.1.1", "mailbox mail",
            f"550 5.1.1 <{ADA}>: Recipient address rejected: User unknown in virtual mailbox table",
        ],
    ]  # fmt: skip
    assert len(digest("list", "--limit", "1")[1].splitlines()) == 1
    assert len(digest("list", "--kind", "bounce", "--effect", "suppressed")[1].splitlines()) == 1
    assert digest("list", "--since", "2026-11-25")[1] == ""
    assert len(digest("list", "--since", "2026-11-24")[1].splitlines()) == 3
    assert len(digest("list", "--issue", str(issue))[1].splitlines()) == 2
    assert [line.split("\t")[3] for line in digest("list", "--address", EMMY)[1].splitlines()] == [EMMY]
    [row] = json.loads(digest("list", "--kind", "complaint", "--json")[1])
    assert row == {
        "at": "2026-11-24T06:00:00+00:00",
        "kind": "complaint",
        "effect": "suppressed",
        "address": EMMY,
        "issue": str(issue),
        "status": "",
        "origin": "mailbox mail",
        "said": YAHOO,
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--kind", "bounces"), "--kind bounces: did you mean 'bounce'?"),
        (("--effect", "x"), "--effect x: expected one of suppressed, scored, left, noted, unmatched, repeated"),
        (
            ("--issue", "daily/2020-01-02"),
            "there is no issue daily/daily/2020-01-02; `digest issue build` makes its draft",
        ),
        (("--address", "ada@"), "--address ada@: there must be something after the @-sign"),
        (("--since", "yesterday"), "--since yesterday: expected a day such as 2026-11-24"),
    ],
)
def test_a_wrong_option_is_told_with_the_right_ones(digest, arguments, said):
    assert digest("list", *arguments) == (1, "", f"error: {said}\n")


def test_cron_reads_mailboxes_too(site, issue):
    maildir(site.root / "mail", genuine(site, issue, ADA))
    declared(site, '[mailboxes.bounces]\nmaildir = "mail"\n')
    command = [sys.executable, "-m", "digest", "--site", str(site.root), "schedule", "--once"]
    done = subprocess.run(command, timeout=60, capture_output=True, text=True)
    assert "mailbox bounces: mails: 1, suppressed: 1" in done.stderr
