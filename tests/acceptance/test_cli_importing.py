"""`digest subscribers import` and `export`, as an operator uses them on the sample site."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from digest.cli.main import app
from digest.errors import DigestError

EXPORT = (
    "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,LEID,EUID,TAGS,NOTES\n"
    'new@example.org,New,Person,2,2019-01-01 10:00:00,192.0.2.4,1,a,"""Robotics"",""VIP""",\n'
    "\x1b[31mevil,x,x,2,,,1,a,,\n"
    "grace@example.com,Grace,H,2,,,1,a,,\n"
)


class Cli:
    """Runs `digest subscribers` on a site, in this process."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.daily = root / "subscribers" / "daily.csv"
        self.path = root / "export.csv"
        self.path.write_text(EXPORT, encoding="utf-8")

    def __call__(self, *arguments: str, given: str | None = None) -> Result:
        return CliRunner().invoke(app, ["--site", str(self.root), "subscribers", *arguments], input=given)


@pytest.fixture
def cli(site) -> Cli:
    return Cli(site.root)


def test_an_import_says_what_it_understood_and_what_it_did(cli):
    before = cli.daily.read_text("utf-8")
    result = cli("import", str(cli.path), "--list", "daily", "--yes")
    assert result.exit_code == 3  # a row was refused
    assert result.stdout.splitlines() == [
        "export.csv: an export of Mailchimp, UTF-8, separated by commas, 3 rows",
        "  email        Email Address",
        "  first name   First Name",
        "  last name    Last Name",
        "  topics       TAGS",
        "  evidence     OPTIN_TIME, OPTIN_IP",
        "  not used     MEMBER_RATING, LEID, EUID, NOTES",
        f"To daily ({cli.daily}):",
        "  1  new",
        "  1  known, unchanged",
        "  1  refused",
        "refused:",
        "  line 3: [31mevil: the address holds a line break or another control character",
        "note: no topics of this list, and left out: VIP (1)",
        f"All refused rows are in {cli.root / 'export.rejects.csv'}; mend them there and import that file.",
        "Imported: 1 added, 0 changed, 0 suppressed.",
    ]
    assert cli.daily.read_text("utf-8") == before + "new@example.org,New Person,robotics,,,\n"


def test_without_a_terminal_and_without_yes_nothing_happens(cli):
    before = sorted((path.name, path.read_bytes()) for path in cli.root.glob("**/*.csv"))
    result = cli("import", str(cli.path), "-l", "daily")
    assert "1  new" in result.stdout
    assert isinstance(result.exception, DigestError)
    assert "no terminal to ask on" in str(result.exception)
    assert sorted((path.name, path.read_bytes()) for path in cli.root.glob("**/*.csv")) == before


@pytest.mark.parametrize(("answer", "code", "added"), [("y", 3, True), ("n", 1, False), ("", 1, False)])
def test_on_a_terminal_it_asks(cli, answer, code, added):
    ours, theirs = pty.openpty()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    command = [sys.executable, "-m", "digest", "-s", cli.root, "subscribers", "import", cli.path, "--list", "daily"]
    with subprocess.Popen(command, stdin=theirs, stdout=subprocess.PIPE, env=clean) as process:
        os.write(ours, f"{answer}\n".encode())
        out, _ = process.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)
    assert b"Import? [y/N]" in out
    assert process.returncode == code
    assert ("new@example.org" in cli.daily.read_text("utf-8")) is added


def test_an_import_again_has_nothing_to_do(cli):
    cli("import", str(cli.path), "--list", "daily", "--yes")
    result = cli("import", str(cli.path), "--list", "daily")
    assert "There is nothing to do." in result.stdout
    assert (cli.root / "export.rejects-2.csv").exists()  # the first may be being mended


def test_rejects_go_where_they_were_asked_to_and_overwrite_nothing(cli):
    result = cli("import", str(cli.path), "-l", "daily", "--yes", "--rejects", str(cli.root / "r.csv"))
    assert result.exit_code == 3
    assert (cli.root / "r.csv").read_text("utf-8").splitlines()[0].endswith(",NOTES,reason")
    again = cli("import", str(cli.path), "-l", "daily", "--yes", "--rejects", str(cli.root / "r.csv"))
    assert "is there already" in str(again.exception)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("export.csv", "-l", "dayly"), "did you mean 'daily'"),
        (("export.csv", "-l", "daily", "--map", "email"), "expected OURS=THEIRS"),
        (("export.csv", "-l", "daily", "--map", "emial=x"), "did you mean 'email'"),
        (("nothing.csv", "-l", "daily"), "there is no such file"),
        (("digest.toml", "-l", "daily"), "no column is known to hold the addresses"),
    ],
)
def test_mistakes_are_one_line(cli, arguments, says):
    result = cli("import", str(cli.root / arguments[0]), *arguments[1:])
    assert isinstance(result.exception, DigestError)
    assert says in str(result.exception)
    assert "\n" not in str(result.exception)


def test_export_goes_into_import(cli):
    out = cli("export", "--list", "daily", "--format", "jsonl").stdout
    assert [json.loads(line)["email"] for line in out.splitlines()][:2] == ["ada@example.org", "emmy@example.org"]
    result = cli("import", "-", "--list", "weekly", "--yes", given=out)
    assert result.exit_code == 0, result.output
    assert "standard input: a table of subscribers, UTF-8, JSON, 6 rows" in result.stdout


def test_an_export_is_a_subscriber_file_without_formulas(cli):
    with cli.daily.open("a", encoding="utf-8") as file:
        file.write('eve@example.org,"=HYPERLINK(""x"")",,,,\nnobody,,,,,\n')
    result = cli("export", "-l", "daily")
    assert result.stdout.splitlines()[0] == "email,name,topics,frequency,timezone,language"
    assert result.stdout.splitlines()[-1] == 'eve@example.org,"\'=HYPERLINK(""x"")",,,,'
    assert "1 row refused; `digest subscribers check daily` says why" in result.stderr


def test_an_export_that_fails_leaves_no_half_of_a_file(cli):
    (cli.root / "subscribers" / "daily.csv").unlink()
    result = cli("export", "--list", "daily", "--output", str(cli.root / "out"))
    assert "can't be read" in str(result.exception)
    assert not (cli.root / "out").exists()


def test_an_export_to_a_file_is_its_owners_alone_and_overwrites_nothing(cli):
    target = cli.root / "out.csv"
    result = cli("export", "-l", "daily", "-o", str(target), "--everything")
    assert result.stderr == f"6 people in {target}\n"
    assert target.stat().st_mode & 0o077 == 0
    assert "is there already" in str(cli("export", "-l", "daily", "-o", str(target)).exception)
    assert "expected csv or jsonl" in str(cli("export", "-l", "daily", "--format", "xml").exception)
