"""`digest subscribers`, as an operator uses it on the sample site."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from digest.cli.main import app
from digest.errors import DigestError
from digest.store import readers, suppressions
from digest.store.readers import Reader
from digest.subscribers.audience import Preferences
from digest.subscribers.identity import address_key, subscriber_id


class Cli:
    """Runs `digest subscribers` on a site, in this process."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.daily = root / "subscribers" / "daily.csv"
        self.weekly = root / "subscribers" / "weekly.csv"

    def __call__(self, *arguments: str) -> Result:
        return CliRunner().invoke(app, ["--site", str(self.root), "subscribers", *arguments])

    def refusal(self, *arguments: str) -> str:
        """Return the one line of a command that must refuse, and leave the daily file alone."""
        before = self.daily.read_bytes()
        result = self(*arguments)
        assert isinstance(result.exception, DigestError), result.output
        assert self.daily.read_bytes() == before
        line = str(result.exception)
        assert "\n" not in line
        return line


@pytest.fixture
def cli(site) -> Cli:
    return Cli(site.root)


def suppress(site, scope: str, address: str, now) -> None:
    with site.store.begin() as connection:
        suppressions.add(
            connection,
            scope=scope,
            address_key=address_key(site.identity_key, address),
            address=address,
            reason="unsubscribed",
            source="test",
            now=now,
        )


def test_list_shows_one_subscriber_a_line(cli):
    result = cli("list", "daily")
    assert result.exit_code == 0
    rows = [line.split("\t") for line in result.stdout.splitlines()]
    assert len(rows) == 6
    assert rows[3] == ["grace@example.com", "Grace Hopper", "language-models robotics", "", "America/New_York", "en"]


def test_list_as_json_has_every_field(cli):
    found = json.loads(cli("list", "daily", "--json").stdout)
    assert found[5] == {
        "email": "alan@example.net",
        "name": "Alan Turing",
        "topics": ["robotics"],
        "frequency": "weekly",
        "timezone": "Europe/London",
        "language": None,
        "line": 15,
    }


def test_list_names_refused_rows_without_hiding_the_others(cli):
    with cli.daily.open("a", encoding="utf-8") as file:
        file.write("not an address,,,,,\n")
    result = cli("list", "daily")
    assert len(result.stdout.splitlines()) == 6
    assert "1 row refused; `digest subscribers check daily`" in result.stderr


def test_add_writes_one_row_as_it_is_read_back(cli):
    before = cli.daily.read_text("utf-8")
    options = ["--name", "Curie, Marie", "--topics", "Robotics, vision", "--frequency", "Weekly"]
    result = cli("add", "daily", "marie@example.org", *options, "--timezone", "Europe/Paris", "--language", "FR")
    assert result.exit_code == 0, result.output
    assert "Added marie@example.org" in result.stdout
    assert cli.daily.read_text("utf-8") == (
        before + 'marie@example.org,"Curie, Marie",robotics vision,weekly,Europe/Paris,fr\n'
    )
    assert cli("check", "daily").exit_code == 0


def test_add_says_when_nobody_would_send_what_was_asked_for(cli):
    result = cli("add", "weekly", "marie@example.org", "--frequency", "daily")
    assert result.exit_code == 0
    assert "[lists.weekly.schedule.daily]" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("ADA@example.org",), "daily.csv:10: ADA@example.org has this row already"),
        (("marie",), "'marie': "),
        (("Marie <marie@example.org>",), "write the address alone"),
        (("marie@example.org", "--topics", "robotics vison"), "did you mean 'vision'?"),
        (("marie@example.org", "--frequency", "hourly"), "neither daily nor weekly"),
        (("marie@example.org", "--timezone", "Paris"), "no IANA timezone"),
        (("marie@example.org", "--language", "french!"), "no language tag"),
    ],
)
def test_add_refuses_in_one_line_and_changes_nothing(cli, arguments, says):
    assert says in cli.refusal("add", "daily", *arguments)


def test_add_refuses_somebody_who_left(cli, site, now):
    suppress(site, "daily", "marie@example.org", now)
    line = cli.refusal("add", "daily", "Marie@example.org")
    assert "left the list daily" in line
    assert "only a confirmed sign-up" in line
    assert cli("add", "weekly", "marie@example.org").exit_code == 0  # they left that list, not this one


def test_add_refuses_somebody_who_bounced_anywhere(cli, site, now):
    suppress(site, suppressions.EVERYWHERE, "marie@example.org", now)
    assert "suppressed on every list" in cli.refusal("add", "daily", "marie@example.org")


def test_add_to_a_file_that_is_missing_says_how_to_make_it(cli):
    cli.daily.rename(cli.root / "away.csv")
    result = cli("add", "daily", "marie@example.org")
    assert "make one with this header line: email,name" in str(result.exception)
    assert not cli.daily.exists()


def test_remove_takes_out_one_row(cli):
    before = cli.daily.read_text("utf-8")
    result = cli("remove", "daily", "Kurt@Example.net")
    assert result.exit_code == 0
    assert "(line 12)" in result.stdout
    after = cli.daily.read_text("utf-8")
    assert before.replace("kurt@example.net,Kurt Gödel,language-models,,America/New_York,\n", "") == after
    assert len(after) < len(before)


def test_remove_of_somebody_absent_suggests_who_was_meant(cli):
    assert "did you mean grace@example.com?" in cli.refusal("remove", "daily", "grace@example.org")
    assert "did you mean" not in cli.refusal("remove", "daily", "somebody.else@elsewhere.example.net")


def test_check_of_sound_files(cli):
    result = cli("check")
    assert result.exit_code == 0
    assert result.stdout.splitlines() == ["daily: 6 subscribers, all is well", "weekly: 4 subscribers, all is well"]


def test_check_names_file_line_and_reason(cli, site, now):
    suppress(site, "daily", "emmy@example.org", now)
    cli.daily.write_text(
        "email,topics,frequency\nada@example.org,,\nnobody,,\nADA@example.org,,\nemmy@example.org,,\n"
        "kurt@example.net,astrology,\n",
        encoding="utf-8",
    )
    result = cli("check", "daily")
    assert result.exit_code == 3
    *found, summary = result.stdout.splitlines()
    assert [line.removeprefix(f"{cli.daily}:")[:10] for line in found] == [
        "3: refused",
        "4: refused",
        "5: warning",
        "6: refused",
    ]
    assert "the same address as in line 2 (ADA@example.org)" in found[1]
    assert found[2].endswith("is suppressed and never mailed (emmy@example.org)")
    assert summary == "daily: 2 subscribers, 3 rows refused, 1 warning"


def test_check_warns_of_readers_who_would_never_get_anything(cli):
    cli.weekly.write_text("email,frequency\nada@example.org,daily\nkurt@example.net,\n", encoding="utf-8")
    result = cli("check", "weekly")
    assert result.exit_code == 3
    (line,) = (line for line in result.stdout.splitlines() if "warning: " in line)
    assert line.startswith(f"{cli.weekly}:2: warning: nobody sends daily issues of this list")
    assert line.endswith("(ada@example.org)")


def test_check_says_once_what_the_list_itself_lacks(cli, monkeypatch):
    monkeypatch.setenv("DIGEST_LISTS__WEEKLY__FREQUENCY", "daily")
    result = cli("check", "weekly", "--json")
    assert result.exit_code == 3
    (problem,) = json.loads(result.stdout)[0]["problems"]
    assert problem["reason"].startswith("3 subscribers without a frequency of their own")


def test_check_goes_on_after_a_file_that_cannot_be_used(cli):
    cli.daily.write_text("ada@example.org\n", encoding="utf-8")
    result = cli("check")
    assert result.exit_code == 1
    assert "expected a header and found an address" in result.stderr
    assert "weekly: 4 subscribers, all is well" in result.stdout
    as_json = json.loads(cli("check", "--json").stdout)
    assert "expected a header" in as_json[0]["error"]
    assert as_json[1]["error"] is None


def test_a_mistake_is_one_line_on_stderr_and_exit_code_1(site):
    command = [sys.executable, "-m", "digest", "-s", site.root, "subscribers", "remove", "dayly", "ada@example.org"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    result = subprocess.run(command, capture_output=True, text=True, env=clean)
    assert result.returncode == 1
    assert result.stderr == "error: there is no list 'dayly'; did you mean 'daily'?\n"


def test_set_changes_one_row_and_reads_back(cli):
    before = cli.daily.read_text("utf-8")
    result = cli(
        "set", "daily", "Kurt@Example.net", "--name", "Gödel, Kurt", "--topics", "Vision,robotics", "-f", "Weekly"
    )
    assert result.exit_code == 0, result.output
    assert result.stdout == f"{cli.daily}:12: changed name, topics, frequency\n"
    row = 'kurt@example.net,"Gödel, Kurt",vision robotics,weekly,America/New_York,\n'
    assert cli.daily.read_text("utf-8") == before.replace(
        "kurt@example.net,Kurt Gödel,language-models,,America/New_York,\n", row
    )


def test_set_clears_with_an_empty_value_and_says_when_nothing_changes(cli):
    assert cli("set", "daily", "kurt@example.net", "--topics", "", "--timezone", "").exit_code == 0
    assert "kurt@example.net,Kurt Gödel,,,,\n" in cli.daily.read_text("utf-8")
    before = cli.daily.stat().st_mtime_ns
    assert "says so already; nothing changed" in cli("set", "daily", "kurt@example.net", "--topics", "").stdout
    assert cli.daily.stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("kurt@example.net",), "say what to change: --name"),
        (("kurt@example.org", "--name", "x"), "kurt@example.org has no row here; did you mean kurt@example.net?"),
        (("kurt@example.net", "--timezone", "berlin"), "did you mean Europe/Berlin?"),
        (("kurt@example.net", "--topics", "vison"), "did you mean 'vision'?"),
        (("kurt@example.net", "--language", "German"), "did you mean de?"),
        (("kurt.example.net", "--name", "x"), "did you mean kurt@example.net?"),
    ],
)
def test_set_refuses_in_one_line_and_changes_nothing(cli, arguments, says):
    assert says in cli.refusal("set", "daily", *arguments)


def test_who_has_a_row_is_not_asked_whether_they_were_meant(cli):
    cli.daily.write_text("email\nkurt@example.net\n", encoding="utf-8")
    line = cli.refusal("set", "daily", "kurt@example.net", "--name", "x")
    assert "has no column 'name' to hold 'x'" in line
    assert "did you mean" not in line


def test_set_says_where_the_file_is_not_what_counts(cli, site, now):
    person = subscriber_id(site.identity_key, "daily", "kurt@example.net")
    key = address_key(site.identity_key, "kurt@example.net")
    said = Preferences(topics=("vision",))
    with site.store.begin() as connection:
        readers.save(connection, Reader(person, "daily", "kurt@example.net", key, "", said, None, now))
    result = cli("set", "daily", "kurt@example.net", "--topics", "robotics", "--name", "K", "-f", "weekly")
    assert "note: they chose their own topics, which goes before the file" in result.stderr
    suppress(site, "daily", "kurt@example.net", now)
    assert "note: they are suppressed" in cli("set", "daily", "kurt@example.net", "--name", "x").stderr
    with cli.daily.open("a", encoding="utf-8") as file:
        file.write("eve@example.org,,astrology,,,\n")
    assert (
        "the row is refused all the same: the topic 'astrology'"
        in cli("set", "daily", "eve@example.org", "--name", "E").stderr
    )


def test_add_doubts_what_looks_like_a_slip_and_adds_it(cli):
    result = cli("add", "daily", "eve@gmial.com")
    assert result.exit_code == 0
    assert "note: eve@gmial.com may be a slip; did you mean eve@gmail.com?" in result.stderr
    assert "eve@gmail.com" in cli.refusal("add", "daily", "mailto:eve@gmial.com")


def test_add_refuses_a_suppressed_domain(cli, site, now):
    suppress_key(site, suppressions.EVERYWHERE, suppressions.domain_key("example.com"), now)
    assert "the domain example.com is suppressed on every list" in cli.refusal("add", "daily", "eve@example.com")


def suppress_key(site, scope, key, now):
    with site.store.begin() as connection:
        suppressions.add(connection, scope=scope, address_key=key, address=None, reason="asked", source="test", now=now)
