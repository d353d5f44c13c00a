"""`digest suppressions` and `digest subscribers show|forget`, as an operator uses them on the sample site."""

import json
import os
import pty
import subprocess
import sys
from contextlib import suppress
from operator import attrgetter
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from digest.cli.main import app
from digest.errors import DigestError
from digest.readership.lookup import member
from digest.store import readers, suppressions
from digest.store.readers import Reader
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Preferences


class Cli:
    """Runs `digest` on a site, in this process."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def __call__(self, *arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(app, ["--site", str(self.root), *arguments], input=typed)

    def lines(self, *arguments: str) -> list[str]:
        result = self(*arguments)
        assert result.exit_code == 0, result.output
        return result.stdout.splitlines()

    def refusal(self, *arguments: str) -> str:
        """Return the one line of a command that must refuse."""
        result = self(*arguments)
        assert isinstance(result.exception, DigestError), result.output
        line = str(result.exception)
        assert "\n" not in line
        return line


@pytest.fixture
def cli(site) -> Cli:
    return Cli(site.root)


def cells(cli, *arguments):
    return [line.split("\t") for line in cli.lines("suppressions", "list", *arguments)]


def test_add_and_list_say_who_where_why_and_since_when(cli):
    cli.lines("suppressions", "add", "Ada@Example.org", "@Bücher.example.net")
    cli.lines("suppressions", "add", "ada@example.org", "--list", "daily", "--reason", "asked by phone")
    found = cells(cli)
    assert [row[:3] for row in found] == [
        ["Ada@example.org", "everywhere", "by hand"],
        ["@xn--bcher-kva.example.net", "everywhere", "by hand"],
        ["ada@example.org", "daily", "asked by phone"],
    ]
    assert {row[4] for row in found} == {"operator"}
    assert len(cells(cli, "--list", "daily")) == 1
    assert len(cells(cli, "--list", "everywhere")) == 2
    assert len(cells(cli, "--reason", "by hand")) == 2
    assert len(cells(cli, "ADA@example.org")) == 2
    assert [row[0] for row in cells(cli, "x@bücher.example.net")] == ["@xn--bcher-kva.example.net"]


def test_list_as_json_has_the_key_and_the_permanent_id(cli, site):
    cli.lines("suppressions", "add", "ada@example.org", "--list", "daily")
    (found,) = json.loads(cli("suppressions", "list", "--json").stdout)
    _, key = member(site, site.list("daily"), parse_address("ada@example.org"))
    assert (found["key"], found["scope"], found["list"], found["domain"]) == (key, "daily", "daily", None)
    assert json.loads(cli("suppressions", "list", "--reason", "none such", "--json").stdout) == []


def test_adding_twice_says_since_when_they_were(cli):
    cli.lines("suppressions", "add", "ada@example.org", "--reason", "asked")
    (line,) = cli.lines("suppressions", "add", "ADA@example.org")
    assert "already since 20" in line
    assert line.endswith(": asked.")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("add", "ada@example.org", "--list", "dialy"), "did you mean 'daily'?"),
        (("add", "not an address"), "'not an address': "),
        (("add", "ada@example.org", "@"), "'@': no domain"),
        (("add", "ada@example.org", "--reason", "r" * 31), "at most 30 characters"),
        (("add", "ada@example.org", "--reason", "forgotten"), "`digest subscribers forget ADDRESS` does that"),
        (("remove", "nobody@example.org", "--because", "x", "--yes"), "nothing keeps them from being mailed"),
        (("remove", "ada@example.org", "--because", " ", "--yes"), "--because: say in a line"),
        (("export", "--format", "xml"), "expected csv or jsonl"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_changes_nothing(cli, site, arguments, says):
    assert says in cli.refusal("suppressions", *arguments)
    assert list(suppressions.walk(site.store)) == []


def test_remove_says_what_it_means_asks_and_records_on_what_ground(cli, site):
    cli.lines("suppressions", "add", "ada@example.org", "--list", "daily", "--reason", "left")
    arguments = ("suppressions", "remove", "ada@example.org", "--list", "daily", "--because", "rang on Monday")
    refused = cli(*arguments, typed="n\n")
    assert refused.exit_code == 1
    assert "they asked not to be mailed. Lift that?" in refused.stderr
    assert len(cells(cli)) == 1
    assert cli(*arguments, typed="y\n").exit_code == 0
    assert cells(cli) == []
    _, key = member(site, site.list("daily"), parse_address("ada@example.org"))
    with site.store.begin() as connection:
        (lifted,) = suppressions.lifted(connection, [key])
    assert (lifted.by, lifted.was.reason) == ("operator: rang on Monday", "left")


def test_without_an_answer_nothing_is_removed(cli):
    cli.lines("suppressions", "add", "ada@example.org")
    assert cli("suppressions", "remove", "ada@example.org", "--because", "x").exit_code == 1
    assert len(cells(cli)) == 1


def test_remove_tells_where_else_they_are_suppressed_and_who_was_meant(cli):
    cli.lines("suppressions", "add", "ada@example.org", "--list", "daily")
    cli.lines("suppressions", "add", "example.org")
    because = ("--because", "x", "--yes")
    said = cli.refusal("suppressions", "remove", "ada@example.org", *because)
    assert said == "ada@example.org is not suppressed everywhere, but on daily; say it with --list daily"
    assert "did you mean 'ada@example.org'?" in cli.refusal("suppressions", "remove", "adda@example.org", *because)
    removed = cli("suppressions", "remove", "ada@example.org", "--list", "daily", *because)
    assert "Still suppressed: @example.org everywhere (by hand)." in removed.stderr


FILE = """\
Email;List;Reason;Date
Ada@example.org;daily;unsubscribed;2024-05-01 10:00:00
emmy@example.org;;cleaned;
nobody;;;
kurt@example.net;dialy;;
grace@example.com;weekly;;someday
@example.com;;;
"""


def test_import_takes_what_it_can_and_refuses_the_rest_with_line_and_reason(cli):
    path = cli.root / "left.csv"
    path.write_text(FILE, encoding="utf-8")
    result = cli("suppressions", "import", str(path))
    assert result.exit_code == 3
    assert result.stdout == "4 suppressed now, 0 were already, 2 rows refused.\n"
    told = result.stderr.splitlines()
    assert [line.removeprefix(f"{path}:")[:10] for line in told] == ["4: refused", "5: refused", "6: note: '"]
    assert "did you mean 'daily'?" in told[1]
    assert sorted(row[:3] for row in cells(cli)) == [
        ["@example.com", "everywhere", "imported"],
        ["Ada@example.org", "daily", "unsubscribed"],
        ["emmy@example.org", "everywhere", "cleaned"],
        ["grace@example.com", "weekly", "imported"],
    ]
    [ada] = cells(cli, "ada@example.org")
    assert ada[3:] == ["2024-05-01", "import left.csv"]
    again = cli("suppressions", "import", str(path))
    assert again.stdout == "0 suppressed now, 4 were already, 2 rows refused.\n"


def test_import_of_nothing_that_can_be_used_is_a_failure(cli):
    path = cli.root / "left.txt"
    path.write_text("nobody\n", encoding="utf-8")
    assert cli("suppressions", "import", str(path)).exit_code == 1
    assert "can't be read" in cli.refusal("suppressions", "import", str(cli.root / "none.txt"))


def test_rows_without_a_scope_or_reason_have_those_that_were_said(cli):
    path = cli.root / "left.txt"
    path.write_text("ada@example.org\n", encoding="utf-8")
    cli.lines("suppressions", "import", str(path), "--list", "daily", "--reason", "old list")
    assert cells(cli)[0][1:3] == ["daily", "old list"]


def fill(site, now):
    """Suppress one of each kind: an address, a domain, somebody forgotten, an id, and one of a list that is gone."""
    with site.store.begin() as connection:
        for number, (scope, key, address, reason, source) in enumerate(
            [
                ("daily", "a" * 32, "#ada@example.org", "left", 'mail; "so, so"'),
                ("*", "@example.net", None, "by hand", "operator"),
                ("weekly", "b" * 32, None, "forgotten", "operator"),
                ("*", "c" * 32, None, "left", "one click"),
                ("gone", "d" * 32, None, "left", ""),
                ("gone", "@example.com", None, "left", "Ü"),
            ]
        ):
            values = {"scope": scope, "address_key": key, "address": address, "reason": reason, "source": source}
            suppressions.add(connection, **values, now=now.replace(microsecond=number))
    own = parse_address("#ada@example.org")
    _, key = member(site, site.list("daily"), own)
    with site.store.begin() as connection:
        connection.exec_driver_sql("UPDATE suppressions SET address_key = ? WHERE address IS NOT NULL", (key,))


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_what_is_exported_is_imported_without_loss(cli, site, now, form):
    fill(site, now)
    before = list(suppressions.walk(site.store))
    path = site.root / f"copy.{form}"
    path.write_text(cli("suppressions", "export", "--format", form).stdout, encoding="utf-8")
    with site.store.begin() as connection:
        connection.exec_driver_sql("DELETE FROM suppressions")
    result = cli("suppressions", "import", str(path))
    assert (result.exit_code, result.stdout) == (0, "6 suppressed now, 0 were already.\n")
    with_source = [one if one.source else suppressions.Suppression(
        one.scope, one.key, one.address, one.reason, f"import {path.name}", one.at
    ) for one in before]  # fmt: skip
    by_moment = attrgetter("at")
    assert sorted(suppressions.walk(site.store), key=by_moment) == sorted(with_source, key=by_moment)


def test_an_exported_row_whose_scope_was_changed_by_hand_holds_there(cli, site, now):
    cli.lines("suppressions", "add", "ada@example.org", "--list", "weekly")
    exported = cli("suppressions", "export").stdout
    path = cli.root / "copy.csv"
    for scope in ("everywhere", "*", "daily", "a-list-that-is-gone"):
        path.write_text(exported.replace(",weekly,", f",{scope},"), encoding="utf-8")
        assert cli("suppressions", "import", str(path)).exit_code == 0
    assert [row[1] for row in cells(cli)] == ["weekly", "everywhere", "daily", "a-list-that-is-gone"]


def test_an_export_runs_nothing_in_a_spreadsheet_and_loses_nothing(cli):
    who = ["=1+1@example.org", "'=1+1@example.org", "-2@example.org", "@example.net"]
    cli.lines("suppressions", "add", "--reason", "=HYPERLINK(1)", "--", *who)
    before = cells(cli)
    exported = cli("suppressions", "export").stdout
    assert [line.split(",")[0] for line in exported.splitlines()[1:]] == [
        "'=1+1@example.org", "''=1+1@example.org", "'-2@example.org", "@example.net",
    ]  # fmt: skip
    assert exported.count(",'=HYPERLINK(1),") == 4
    path = cli.root / "copy.csv"
    path.write_text(exported, encoding="utf-8")
    for one in who:
        cli.lines("suppressions", "remove", "--because", "a test", "--yes", "--", one)
    assert cli("suppressions", "import", str(path)).exit_code == 0
    assert sorted(cells(cli)) == sorted(before)


def test_what_strangers_wrote_commands_no_terminal(cli, site):
    path = cli.root / "in.csv"
    path.write_text("who,source\nada@example.org,\x1b[31mred\n", encoding="utf-8")
    rows = "email,state,scope,why,since\nemmy@example.org,suppressed,list,\x1b]0;x\x07,2026-01-01\n"
    (cli.root / "people.csv").write_text(rows, encoding="utf-8")
    cli.lines("suppressions", "import", str(path))
    cli.lines("subscribers", "import", str(cli.root / "people.csv"), "--list", "daily", "--yes")
    found = on_terminal(cli, "suppressions", "list")
    found += on_terminal(cli, "subscribers", "show", "emmy@example.org")
    found += on_terminal(cli, "subscribers", "import", str(path), "--list", "daily", "--map", "email=\x1b[31mwho")
    assert "emmy@example.org" in found
    assert "there is no such column" in found
    assert "\x1b]0;" not in found
    assert "\x1b[31mred" not in found
    assert "\x1b[31mwho" not in found


def test_keys_of_another_site_are_told(cli, site, now):
    path = cli.root / "copy.csv"
    path.write_text(f"who,key\nada@example.org,{'a' * 32}\n,{'b' * 32}\n", encoding="utf-8")
    result = cli("suppressions", "import", str(path))
    assert "1 row had a key made with another identity key" in result.stderr


def test_export_of_one_list(cli, site, now):
    fill(site, now)
    assert len(cli.lines("suppressions", "export", "--list", "daily")) == 2


def test_a_forgotten_persons_suppression_is_lifted_by_their_address(cli, site, now):
    assert cli("subscribers", "forget", "ada@example.org", "--yes").exit_code == 0
    said = cli.refusal("suppressions", "remove", "ada@example.org", "--because", "asked", "--yes")
    assert "is not suppressed everywhere, but on daily, on weekly" in said
    cli.lines("suppressions", "remove", "ada@example.org", "--list", "daily", "--because", "asked", "--yes")
    assert [row[1] for row in cells(cli)] == ["weekly"]


def test_show_tells_what_is_known_and_of_a_stranger_who_was_meant(cli, site, now):
    ada = parse_address("ada@example.org")
    one, key = member(site, site.list("daily"), ada)
    said = Preferences(topics=("robotics",), frequency="weekly")
    with site.store.begin() as connection:
        readers.save(connection, Reader(one, "daily", ada.address, key, "", said, now, now))
        evidence = {"page": "/subscribe/daily", "asked_at": "2026-11-20", "choices": {"topics": ["robotics"]}}
        readers.record(connection, "daily", one, "signup", evidence, now)
    lines = cli.lines("subscribers", "show", "ADA@example.org")
    text = "\n".join(lines)
    assert f"{site.root}/subscribers/daily.csv:10: ada@example.org, Ada Lovelace, Europe/London" in text
    assert "daily, ada@example.org: topics robotics, weekly; signed up, confirmed 2026-11-24" in text
    assert "daily: signup (page /subscribe/daily, asked_at 2026-11-20, choices topics robotics)" in text
    found = json.loads(cli("subscribers", "show", "ada@example.org", "--json").stdout)
    assert found["events"][0]["data"] == evidence
    assert found["files"][0]["line"] == 10
    assert found["said"][0]["preferences"]["frequency"] == "weekly"
    assert cli.refusal("subscribers", "show", "adda@example.org") == (
        "nothing is known of adda@example.org; did you mean ada@example.org?"
    )


def test_forget_tells_before_what_it_erases_and_what_it_cannot_reach(cli, site):
    refused = cli("subscribers", "forget", "ada@example.org", typed="n\n")
    assert refused.exit_code == 1
    assert f"the row {site.root}/subscribers/daily.csv:10" in refused.stderr
    assert "It can't reach mail that was sent, logs of runs, backups of this site" in refused.stderr
    assert "outbox" in refused.stderr
    assert "Forget ada@example.org? It can't be undone." in refused.stderr
    assert "ada@example.org" in site.subscriber_file(site.list("daily")).read_text("utf-8")
    done = cli("subscribers", "forget", "ada@example.org", typed="y\n")
    assert done.exit_code == 0
    assert "Removed the row" in done.stdout
    assert "ada@example.org" not in site.subscriber_file(site.list("daily")).read_text("utf-8")
    assert "ada@example.org is forgotten already." in cli("subscribers", "forget", "ada@example.org", "--yes").stderr


def test_forgetting_a_stranger_says_so_and_suppresses_them(cli):
    result = cli("subscribers", "forget", "stranger@example.org", "--yes")
    assert result.exit_code == 0
    assert "nothing is known of stranger@example.org" in result.stderr
    assert {row[2] for row in cells(cli)} == {"forgotten"}


def test_forgetting_who_was_only_suppressed_erases_the_address(cli):
    cli.lines("suppressions", "add", "stranger@example.org", "--list", "daily", "--reason", "left")
    result = cli("subscribers", "forget", "stranger@example.org", "--yes")
    assert "this erases: 1 suppression's address." in result.stderr
    assert "Erased from the store: 1 suppression's address." in result.stdout
    assert "stranger@example.org" not in cli("suppressions", "export").stdout


def test_forget_beside_a_run_says_to_run_it_again(cli, site):
    with site.run_lock():
        result = cli("subscribers", "forget", "ada@example.org", "--yes")
    assert result.exit_code == 3
    assert "Run the same command again: a run is at work" in result.stderr


@pytest.mark.parametrize(("scope", "says"), [("daily", "left the list daily on"), ("*", "is suppressed on every list")])
def test_add_of_a_suppressed_reader_says_since_when_and_what_ends_it(cli, site, scope, says):
    reason = "left" if scope == "daily" else "no such address"
    cli.lines("suppressions", "add", "marie@example.org", "--list", scope, "--reason", reason)
    said = cli.refusal("subscribers", "add", "daily", "marie@example.org")
    assert says in said
    assert ("`digest suppressions remove marie@example.org --because TEXT`" in said) is (scope == "*")
    cli.lines("suppressions", "add", "example.net")
    said = cli.refusal("subscribers", "add", "daily", "kim@example.net")
    assert "the domain example.net is suppressed on every list" in said
    assert "`digest suppressions remove example.net --because TEXT` lifts that" in said


def test_list_of_a_file_says_how_many_signed_up_beside_it(cli, site, now):
    sofja = parse_address("sofja@example.org")
    one, key = member(site, site.list("daily"), sofja)
    with site.store.begin() as connection:
        readers.save(connection, Reader(one, "daily", sofja.address, key, "", Preferences(), now, now))
    assert "1 signed up by themselves and need no row" in cli("subscribers", "list", "daily").stderr


def on_terminal(cli, *arguments):
    """Run `digest` on a terminal and return all it shows."""
    terminal, its_end = pty.openpty()
    command = [sys.executable, "-m", "digest", "--site", str(cli.root), *arguments]
    with subprocess.Popen(command, stdin=its_end, stdout=its_end, stderr=its_end):
        os.close(its_end)
        shown = b""
        with suppress(OSError):  # the end of a terminal
            while piece := os.read(terminal, 65536):
                shown += piece
    os.close(terminal)
    return shown.decode("utf-8")


def test_on_a_terminal_a_long_list_is_cut_and_in_a_pipe_it_is_whole(cli):
    path = cli.root / "left.txt"
    path.write_text("".join(f"r{n}@example.org\n" for n in range(150)), encoding="utf-8")
    cli.lines("suppressions", "import", str(path))
    assert len(cells(cli)) == 150
    shown = on_terminal(cli, "suppressions", "list")
    assert "These are the first 100; a pipe gets all." in shown
    assert shown.count("import left.txt") == 100


def test_a_pipe_that_closes_early_is_no_error(cli):
    path = cli.root / "left.txt"
    path.write_text("".join(f"r{n}@example.org\n" for n in range(5_000)), encoding="utf-8")
    cli.lines("suppressions", "import", str(path))
    command = f"{sys.executable} -m digest --site {cli.root} suppressions export | head -n 2"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60)
    assert len(done.stdout.splitlines()) == 2
    assert done.stderr == ""
