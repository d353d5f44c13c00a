"""Imports and exports on a real site: its file, its store, and what stands in between."""

import csv
import io
import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import InputError
from digest.readership.leaving import leave
from digest.readership.lookup import member
from digest.roster.exporting import people
from digest.roster.importing.taking import imported
from digest.store import readers, suppressions
from digest.store.readers import Reader
from digest.store.suppressions import EVERYWHERE
from digest.subscribers import disk
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Preferences
from digest.subscribers.reasons import FORGOTTEN
from digest.subscribers.table import FIELDS, HEADER

MAILCHIMP = "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,{}LEID,EUID,TAGS\n"
SUBSCRIBED, UNSUBSCRIBED, CLEANED = (MAILCHIMP.format(more) for more in ("", "UNSUB_TIME,UNSUB_REASON,", "CLEAN_TIME,"))
BOTH = MAILCHIMP.format("UNSUB_TIME,UNSUB_REASON,CLEAN_TIME,")


@pytest.fixture
def daily(site):
    return site.list("daily")


@pytest.fixture
def file(site, daily) -> Path:
    return site.subscriber_file(daily)


def take_in(site, daily, path: Path, now, **asked):
    """Import a file and return the summary."""
    with imported(site, daily, path, asked) as found:
        found.take_in(now)
        return found.summary


def look_at(site, daily, path: Path, **asked):
    with imported(site, daily, path, asked) as found:
        return found.summary


def written(tmp_path: Path, text: str, name: str = "import.csv") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8", newline="")
    return path


def exported(site, daily, now, everything: bool = False):
    return list(people(site, daily, now, lambda problem: pytest.fail(str(problem)), everything=everything))


def suppressed(site, address: str):
    """Return scope, reason, moment and source of each suppression of an address."""
    _, key = member(site, site.list("daily"), parse_address(address))
    with site.store.begin() as connection:
        return [(one.scope, one.reason, one.at, one.source) for one in suppressions.of(connection, [key])]


def events(site, daily, address: str):
    subscriber, _ = member(site, daily, parse_address(address))
    with site.store.begin() as connection:
        return [event.data for event in readers.events(connection, [subscriber]) if event.kind == "imported"]


PEOPLE = [["zoe@example.org", "Zoë Müller"], ["kurt.new@example.net", "Gödel, Kurt"], ["x@example.com", 'A "b" C']]


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252", "utf-32"]
)
def test_every_encoding_in_every_dialect(site, daily, tmp_path, now, file, encoding, separator, end):
    out = io.StringIO()
    csv.writer(out, delimiter=separator, lineterminator=end).writerows([["E-Mail", "Name"], *PEOPLE])
    path = tmp_path / "import.txt"
    path.write_bytes(out.getvalue().encode(encoding))
    before = file.read_text("utf-8")
    summary = take_in(site, daily, path, now)
    assert (summary.rows, summary.merged.new, summary.refused.count) == (3, 3, 0)
    added = file.read_text("utf-8").removeprefix(before)
    assert [[row[0], row[1]] for row in csv.reader(io.StringIO(added))] == PEOPLE


@pytest.mark.parametrize("form", ["lines", "array", "pretty"])
def test_json_in_every_form(site, daily, tmp_path, now, file, form):
    rows = [{"email": one, "name": name, "topics": ["robotics"]} for one, name in PEOPLE]
    text = {
        "lines": "\n".join(map(json.dumps, rows)),
        "array": json.dumps(rows),
        "pretty": json.dumps(rows, indent=2, ensure_ascii=False),
    }[form]
    summary = take_in(site, daily, written(tmp_path, text, "import.json"), now)
    assert summary.merged.new == 3
    assert file.read_text("utf-8").endswith('x@example.com,"A ""b"" C",robotics,,,\n')


def test_a_key_that_comes_late_still_says_who_left(site, daily, tmp_path):
    rows = [{"email": f"r{n}@example.org"} for n in range(300)] + [{"email": "a@example.org", "status": "unsubscribed"}]
    summary = look_at(site, daily, written(tmp_path, "\n".join(map(json.dumps, rows)), "x.jsonl"))
    assert (summary.merged.new, summary.leaving) == (300, {"left": 1})


def test_lone_surrogates_in_json_cost_their_row(site, daily, tmp_path):
    text = '{"email": "a@example.org", "name": "\\ud800"}\n{"email": "\\udfff@example.org"}\n{"\\ud800": "\\ud801"'
    with imported(site, daily, written(tmp_path, text, "x.jsonl"), {}) as found:
        assert (found.summary.merged.new, found.summary.refused.count) == (0, 3)
        found.write_rejects(tmp_path / "rejects.jsonl")
    assert len((tmp_path / "rejects.jsonl").read_text("utf-8").splitlines()) == 3


def test_a_list_of_addresses_alone_needs_no_header(site, daily, tmp_path, now):
    summary = take_in(site, daily, written(tmp_path, "a@example.org\nb@example.org\n"), now)
    assert (summary.rows, summary.merged.new) == (2, 2)


def test_a_subscriber_file_is_an_import_too(site, daily, now, file):
    weekly = site.list("weekly")
    summary = take_in(site, weekly, file, now)
    assert (summary.rows, summary.merged.new + summary.merged.unchanged + summary.merged.changed) == (6, 6)


def test_who_left_there_is_suppressed_here_with_moment_and_source(site, daily, tmp_path, now):
    path = written(
        tmp_path,
        UNSUBSCRIBED
        + "ada@example.org,Ada,,2,,,,2021-03-16 14:40:47,NORMAL,1,a,\n"
        + "angry@example.org,A,,2,,,,2021-03-17 14:40:47,SPAM,1,a,\n",
        "unsubscribed_x.csv",
    )
    summary = take_in(site, daily, path, now)
    assert summary.leaving == {"left": 1, "complaint": 1}
    source = "import: Mailchimp, unsubscribed_x.csv"
    assert suppressed(site, "ada@example.org") == [
        ("daily", "left", datetime(2021, 3, 16, 14, 40, 47, tzinfo=UTC), source)
    ]
    assert suppressed(site, "angry@example.org")[0][:2] == (EVERYWHERE, "complaint")
    assert "ada@example.org" not in [one.subscriber.email for one in exported(site, daily, now)]


def test_a_cleaned_address_is_suppressed_everywhere(site, daily, tmp_path, now):
    path = written(tmp_path, CLEANED + "ada@example.org,Ada,,2,,,,2099-01-01 00:00:00,1,a,\n")
    take_in(site, daily, path, now)
    assert suppressed(site, "ada@example.org")[0][:3] == (EVERYWHERE, "no such address", now)  # no day to come


def test_nobody_suppressed_comes_back(site, daily, tmp_path, now, file):
    subscriber, _ = member(site, daily, parse_address("left@example.org"))
    with site.store.begin() as connection:
        _, key = member(site, daily, parse_address("bounced@example.org"))
        add = {"address": "x", "reason": "r", "source": "s", "now": now}
        suppressions.add(connection, scope=EVERYWHERE, address_key=key, **add)
        suppressions.add(connection, scope="daily", address_key=suppressions.domain_key("example.com"), **add)
        suppressions.add(connection, scope=EVERYWHERE, address_key=subscriber, **add)
    before = file.read_bytes()
    text = "email\nleft@example.org\nBounced@example.org\nany@Example.com\n"
    summary = take_in(site, daily, written(tmp_path, text), now)
    assert [one.email for one in summary.suppressed.first] == [
        "left@example.org",
        "Bounced@example.org",
        "any@example.com",
    ]
    assert not summary.changes
    assert file.read_bytes() == before


def test_who_moved_is_left_alone(site, daily, tmp_path, now):
    before, _ = member(site, daily, parse_address("old@example.org"))
    after, _ = member(site, daily, parse_address("new@example.org"))
    with site.store.begin() as connection:
        readers.move(connection, before, after, now)
    summary = look_at(site, daily, written(tmp_path, "email\nold@example.org\n"))
    assert (summary.moved.count, summary.merged.new) == (1, 0)


def sign_up(site, daily, address: str, now, **said) -> None:
    subscriber, key = member(site, daily, parse_address(address))
    with site.store.begin() as connection:
        readers.save(
            connection, Reader(subscriber, "daily", address, key, said.pop("name", ""), Preferences(**said), now, now)
        )


def test_who_signed_up_here_needs_no_row(site, daily, tmp_path, now):
    sign_up(site, daily, "sofja@example.org", now)
    summary = look_at(site, daily, written(tmp_path, "email\nsofja@example.org\n"))
    assert (summary.own, summary.merged.new) == (1, 0)


def test_who_came_back_here_after_leaving_there_stays(site, daily, tmp_path, now):
    sign_up(site, daily, "sofja@example.org", now)
    row = "sofja@example.org,S,,2,,,,{},NORMAL,1,a,\n"
    earlier = written(tmp_path, UNSUBSCRIBED + row.format("2021-03-16 14:40:47"), "a.csv")
    assert look_at(site, daily, earlier).back.count == 1
    later = written(tmp_path, UNSUBSCRIBED + row.format(f"{now + timedelta(days=1):%Y-%m-%d %H:%M:%S}"), "b.csv")
    assert look_at(site, daily, later).leaving == {"left": 1}


def test_what_the_operator_lifted_is_not_suppressed_again_by_the_same_file(site, daily, tmp_path, now):
    path = written(tmp_path, UNSUBSCRIBED + "ada@example.org,A,,2,,,,2021-03-16 14:40:47,NORMAL,1,a,\n")
    take_in(site, daily, path, now)
    with site.store.begin() as connection:
        _, key = member(site, daily, parse_address("ada@example.org"))
        suppressions.lift(connection, scope="daily", key=key, by="operator: asked by phone", now=now)
    assert look_at(site, daily, path).back.count == 1


@pytest.mark.parametrize("order", [1, -1])
def test_of_two_rows_the_one_that_says_gone_counts(site, daily, tmp_path, now, file, order):
    rows = ["two@example.org,subscribed", "TWO@example.org,unsubscribed"][::order]
    before = file.read_bytes()
    summary = take_in(site, daily, written(tmp_path, "\n".join(["email,status", *rows])), now)
    assert (summary.leaving, summary.merged.new) == ({"left": 1}, 0)
    assert suppressed(site, "two@example.org")
    assert file.read_bytes() == before


def test_a_repeated_address_is_refused_with_the_line_of_the_first(site, daily, tmp_path):
    summary = look_at(site, daily, written(tmp_path, "email\na@example.org\nb@example.org\nA@example.org\n"))
    assert [(one.line, one.reason) for one in summary.refused.first] == [(4, "the same address as in line 2")]


def test_evidence_of_consent_is_kept_once(site, daily, tmp_path, now):
    row = "new@example.org,N,P,2,2019-01-01 10:00:00,192.0.2.4,2019-01-01 10:05:00,1,a,\n"
    path = written(tmp_path, SUBSCRIBED + row, "subscribed_x.csv")
    for _ in range(2):
        with imported(site, daily, path, {}) as found:
            found.take_in(now)
    assert events(site, daily, "new@example.org") == [
        {
            "from": "import: Mailchimp, subscribed_x.csv",
            "OPTIN_TIME": "2019-01-01 10:00:00",
            "OPTIN_IP": "192.0.2.4",
            "CONFIRM_TIME": "2019-01-01 10:05:00",
        }
    ]


def test_the_operators_own_columns_are_taken_and_others_told(site, daily, tmp_path, now, file):
    file.write_text("email,Affiliation\n", encoding="utf-8")
    text = "email,name,AFFILIATION,colour\na@example.org,Ada,Uni X,red\n"
    summary = take_in(site, daily, written(tmp_path, text), now)
    assert file.read_text("utf-8") == "email,Affiliation\na@example.org,Uni X\n"
    assert summary.merged.lost == {"name": 1}
    assert "colour" in summary.source.layout.unused


def test_a_list_without_a_file_gets_one(site, daily, tmp_path, now, file):
    file.unlink()
    take_in(site, daily, written(tmp_path, "email\na@example.org\n"), now)
    assert file.read_text("utf-8") == f"{HEADER}\na@example.org,,,,,\n"
    assert file.stat().st_mode & 0o077 == 0


def test_refused_rows_can_be_mended_and_imported_again(site, daily, tmp_path, now):
    text = (
        'Name;E-Mail;Zeitzone\nAda;ada@@example.org;\n"Q;unclosed@example.org;\nB;b@example.org;x;y\nC;c@example.org;\n'
    )
    path, rejects = written(tmp_path, text), tmp_path / "rejects.csv"
    with imported(site, daily, path, {"timezone": "Zeitzone"}) as found:
        assert (found.summary.merged.new, found.summary.refused.count) == (1, 3)
        found.write_rejects(rejects)
        found.take_in(now)
    rows = list(csv.reader(io.StringIO(rejects.read_text("utf-8")), delimiter=";"))
    assert rows[0] == ["Name", "E-Mail", "Zeitzone", "reason"]
    assert rows[1][:3] == ["Ada", "ada@@example.org", ""]
    assert rows[2][0] == '"Q;unclosed@example.org;'
    assert rows[3][:3] + rows[3][4:] == ["B", "b@example.org", "x", "y"]
    assert all(row[3] for row in rows)
    rejects.write_text("Name;E-Mail;Zeitzone;reason\nAda;ada2@example.org;;whatever\n", encoding="utf-8")
    again = look_at(site, daily, rejects, timezone="Zeitzone")
    assert (again.merged.new, again.refused.count) == (1, 0)
    assert "reason" not in again.source.layout.unused


def test_damaged_bytes_cost_their_row(site, daily, tmp_path):
    path = tmp_path / "import.csv"
    good = "".join(f"r{n}@example.org,Zoë\n" for n in range(50))
    path.write_bytes(f"email,name\n{good}".encode() + b"bad@example.org,caf\xe9\n")
    summary = look_at(site, daily, path)
    assert (summary.merged.new, summary.refused.count, summary.source.encoding.damaged) == (50, 1, 1)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"PK\x03\x04 and so on", "zip archive"),
        (b"Adresse,Name\nada@example.org,Ada\n", "say --map email=Adresse"),
        (b'{\n "email": "ada@example.org"\n}\n', "an object a line"),
        (b'"email,name\nada@example.org\n', "the header can't be read"),
        (b"ada@example.org,Ada\nkurt@example.net,Kurt\n", "there is no header above the rows"),
    ],
)
def test_a_file_that_can_not_be_understood_is_refused_in_a_line(site, daily, tmp_path, content, says):
    path = tmp_path / "import.csv"
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as error:
        look_at(site, daily, path)
    assert str(error.value).startswith(str(path))
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there(site, daily, tmp_path):
    with pytest.raises(InputError, match="there is no such file"):
        look_at(site, daily, tmp_path / "nothing.csv")


class Killed(BaseException):
    """Ends the program where no handler takes it."""


@pytest.mark.parametrize("point", range(16))
def test_killed_at_any_point_nobody_who_left_is_mailed_and_again_does_the_rest(
    site, daily, tmp_path, now, file, monkeypatch, point
):
    """Each write, to the store and to the file, is the last one that comes about; then the import is run again."""
    path = written(
        tmp_path,
        BOTH + "new@example.org,N,,2,2019-01-01 10:00:00,,,,,,1,a,\n"
        "ada@example.org,A,,2,2019-01-01 10:00:00,,,2021-03-16 14:40:47,,,1,a,\n"
        "emmy@example.org,E,,2,,,,,,2021-03-16 14:40:47,1,a,\n",
    )
    before, calls = file.read_bytes(), iter(range(100))

    def mortal(function):
        def call(*arguments, **named):
            if next(calls) == point:
                raise Killed
            done = function(*arguments, **named)
            if next(calls) == point:
                raise Killed
            return done

        return call

    with monkeypatch.context() as patch:
        for owner, name in (
            (suppressions, "add_all"),
            (readers, "record_imported"),
            (disk, "_keep_owner_and_mode"),
            (disk.os, "fsync"),
            (Path, "replace"),
            (disk, "_sync_folder"),
        ):
            patch.setattr(owner, name, mortal(getattr(owner, name)))
        with pytest.raises(Killed):
            take_in(site, daily, path, now)
    after = file.read_bytes()
    assert after in (before, before + b"new@example.org,N,,,,\n")
    if after != before:
        assert suppressed(site, "ada@example.org")
        assert suppressed(site, "emmy@example.org")
    take_in(site, daily, path, now)
    assert file.read_bytes() == before + b"new@example.org,N,,,,\n"
    assert len(suppressed(site, "ada@example.org")) == len(events(site, daily, "ada@example.org")) == 1
    assert len(events(site, daily, "new@example.org")) == 1


def test_a_killed_process_leaves_the_old_file_or_the_new_one(site, daily, tmp_path, file):
    """SIGKILL while the new file is being written: the temporary one beside it shows that it is."""
    rows = "".join(f"r{n}@example.org,\n" for n in range(20_000))
    path = written(tmp_path, f"email,status\nada@example.org,unsubscribed\n{rows}")
    command = [sys.executable, "-m", "digest", "-s", site.root, "subscribers", "import", path, "-l", "daily", "--yes"]
    clean = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    before = file.read_bytes()
    with subprocess.Popen(command, env=clean, stdout=subprocess.DEVNULL) as process:
        while process.poll() is None and not any(
            one.name != f".{file.name}.lock" for one in file.parent.glob(f".{file.name}.*")
        ):
            time.sleep(0.001)
        process.kill()
    after = file.read_bytes()
    assert after == before or after.count(b"\n") == before.count(b"\n") + 20_000
    assert suppressed(site, "ada@example.org")
    assert subprocess.run(command, env=clean, stdout=subprocess.DEVNULL, timeout=60).returncode == 0
    assert file.read_bytes().count(b"\n") == before.count(b"\n") + 20_000


def test_a_file_that_an_editor_saves_meanwhile_is_not_overwritten(file):
    def change(lines):
        yield from lines
        file.write_text("email\nsaved@example.org\n", encoding="utf-8")
        yield "new@example.org,,,,,\n"

    with pytest.raises(InputError, match="was changed while it was written anew"):
        disk.rewrite(file, change, "")
    assert file.read_text("utf-8") == "email\nsaved@example.org\n"


def test_a_rewritten_file_keeps_its_mode_and_its_link(file, tmp_path):
    real = tmp_path / "elsewhere.csv"
    file.rename(real)
    file.symlink_to(real)
    real.chmod(0o640)
    disk.rewrite(file, lambda lines: (*lines, "x\n"), "")
    assert file.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert real.read_text("utf-8").endswith("x\n")


def test_the_export_is_the_real_audience(site, daily, now):
    sign_up(site, daily, "sofja@example.org", now, name="Sofja", topics=("robotics",))
    sign_up(site, daily, "emmy@example.org", now, paused_until=now.date() + timedelta(days=3))
    sign_up(site, daily, "kurt@example.net", now, language="fr")
    subscriber, _ = member(site, daily, parse_address("ada@example.org"))
    with site.store.begin() as connection:
        leave(connection, site, subscriber, "one click", now, {})
        _, key = member(site, daily, parse_address("never@example.org"))
        add = {"address": "never@example.org", "reason": "no such address", "source": "s", "now": now}
        suppressions.add(connection, scope=EVERYWHERE, address_key=key, **add)
        suppressions.add(connection, scope=EVERYWHERE, address_key="@example.edu", **add | {"address": None})
    found = {one.subscriber.email: one for one in exported(site, daily, now)}
    assert set(found) == {
        "sofja@example.org",
        "kurt@example.net",
        "grace@example.com",
        "reading-group@example.org",
        "alan@example.net",
    }
    assert found["kurt@example.net"].subscriber.language == "fr"
    everybody = {one.subscriber.email: one[1:] for one in exported(site, daily, now, everything=True)}
    assert everybody["ada@example.org"] == ("suppressed", "list", "left", now.isoformat())
    assert everybody["never@example.org"] == ("suppressed", "everywhere", "no such address", now.isoformat())
    assert everybody["emmy@example.org"] == ("paused", "", "", "2026-11-27")
    assert len(everybody) == 8


def test_an_export_tells_of_whom_another_list_forgot_or_left_by_an_id_alone(site, daily, now):
    emmy, alan = parse_address("emmy@example.org"), parse_address("alan@example.net")
    with site.store.begin() as connection:
        said = {"address": None, "source": "s", "now": now}
        forgotten = {"scope": "another", "address_key": member(site, daily, emmy)[1], "reason": FORGOTTEN}
        suppressions.add(connection, **forgotten, **said)
        left = {"scope": EVERYWHERE, "address_key": member(site, daily, alan)[0], "reason": "left"}
        suppressions.add(connection, **left, **said)
    everybody = {one.subscriber.email: one[1:] for one in exported(site, daily, now, everything=True)}
    assert everybody["emmy@example.org"] == ("suppressed", "list", "forgotten", now.isoformat())
    assert everybody["alan@example.net"] == ("suppressed", "list", "left", now.isoformat())


topic_ids = st.lists(st.sampled_from(["language-models", "robotics", "vision"]), unique=True).map(" ".join)
said = st.tuples(
    st.text(st.characters(codec="utf-8"), max_size=12),
    topic_ids,
    st.sampled_from(["", "daily", "weekly"]),
    st.sampled_from(["", "Europe/Berlin"]),
    st.sampled_from(["", "de", "pt-BR"]),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=15)
@given(st.dictionaries(st.integers(0, 50), said, max_size=10), st.sampled_from(["csv", "jsonl"]), st.booleans())
def test_export_and_import_lose_nothing(site, daily, tmp_path, now, found, form, everything):
    from digest.cli.exporting import _write_csv, _write_jsonl

    weekly = site.list("weekly")
    here, there = site.subscriber_file(daily), site.subscriber_file(weekly)
    with here.open("w", encoding="utf-8", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(FIELDS)
        rows.writerows([f"r{n}@example.org", *rest] for n, rest in found.items() if "\0" not in rest[0])
    there.unlink(missing_ok=True)
    before = exported(site, daily, now)
    path = tmp_path / "export"
    with path.open("w", encoding="utf-8", newline="") as out:
        list_people = people(site, daily, now, print, everything=everything)
        (_write_csv if form == "csv" else _write_jsonl)(out, list_people, everything)
    if before:
        assert take_in(site, weekly, path, now).refused.count == 0
        assert exported(site, weekly, now) == before
        assert not look_at(site, weekly, path).changes


def test_a_list_that_was_exported_whole_suppresses_the_same_people(site, daily, tmp_path, now):
    from digest.cli.exporting import _write_csv

    subscriber, _ = member(site, daily, parse_address("ada@example.org"))
    with site.store.begin() as connection:
        leave(connection, site, subscriber, "one click", now, {})
    path = tmp_path / "export.csv"
    with path.open("w", encoding="utf-8", newline="") as out:
        _write_csv(out, people(site, daily, now, print, everything=True), True)
    summary = take_in(site, site.list("weekly"), path, now + timedelta(days=1))
    assert summary.leaving == {"left": 1}
    assert {one[:3] for one in suppressed(site, "ada@example.org")} == {("daily", "left", now), ("weekly", "left", now)}


def test_a_hundred_thousand_rows_take_no_more_memory_than_a_few(site, daily, tmp_path, now):
    import tracemalloc

    peaks = []
    for count in (2_000, 20_000):
        path = written(tmp_path, "email,name\n" + "".join(f"m{n}@example.org,N {n}\n" for n in range(count)))
        tracemalloc.start()
        assert look_at(site, daily, path).merged.new == count
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.3, peaks


def test_other_commands_can_write_while_an_import_looks(site, daily, tmp_path):
    with imported(site, daily, written(tmp_path, "email\na@example.org\n"), {}), site.store.begin() as connection:
        assert suppressions.keys(connection, "daily") == frozenset()
