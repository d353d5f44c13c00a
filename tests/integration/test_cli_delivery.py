"""The command line of delivery, with the real command: send, status, deliveries, retry."""

import base64
import fcntl
import json
import os
import pty
import re
import select
import subprocess
import sys
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from digest import clock
from digest.bounces.report import Kind
from digest.errors import BusyError
from digest.issues.states import Verb
from digest.pipeline import change_state, key_of
from digest.returns.taking import take
from digest.site import Site
from digest.store import deliveries, issues, suppressions
from digest.store.schema import deliveries as deliveries_table
from digest.subscribers.identity import address_key
from tests.integration.sending import arrival, bounce

ADA, EMMY, KURT = "ada@example.org", "emmy@example.org", "kurt@example.net"


def clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}


def command(site: Site, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "digest", "--site", str(site.root), *arguments]


def run(site: Site, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(site, *arguments),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=clean() | environment,
        timeout=60,
    )


def said(site: Site, *arguments: str) -> str:
    result = run(site, *arguments)
    assert result.returncode == 0, result.stderr
    return result.stdout


def refuse(server, **replies: str) -> None:
    """Have the server refuse readers, by the part before the @."""
    server.rcpt = lambda recipient: replies.get(recipient.partition("@")[0])


@pytest.fixture
def troubled(mailed: Site, server) -> Site:
    """An issue that one reader refused for good and one for now."""
    refuse(server, emmy="550 5.2.2 <emmy@example.org> full", kurt="450 4.2.0 greylisted")
    assert run(mailed, "send", "daily").returncode == 3
    return mailed


def change_all(site: Site, **values: object) -> None:
    with site.store.begin() as connection:
        connection.execute(deliveries_table.update().values(**values))


def rows(site: Site, *options: str) -> dict[str, str]:
    found = (line.split("\t") for line in said(site, "deliveries", "daily", *options).splitlines())
    return {cells[0]: cells[1] for cells in found}


def test_the_report_shows_the_sum_and_what_waits(mailed, server):
    refuse(server, emmy="550 5.2.2 full", kurt="450 4.2.0 greylisted")
    result = run(mailed, "send", "daily")
    assert "is sending: 5 planned = 3 accepted + 1 failed + 1 deferred." in result.stdout
    assert "Next try at " in result.stdout
    assert re.search(r"Who and why: `digest deliveries daily/daily/\d{4}-\d\d-\d\d`", result.stdout)
    assert "━" not in result.stderr  # no bar without a terminal
    assert all(json.loads(line) for line in result.stderr.splitlines())


def test_a_relay_given_up_is_named_where_another_took_over(mailed):
    path = mailed.root / "digest.toml"
    text = path.read_text("utf-8").replace('relays = ["test"]', 'relays = ["dead", "test"]')
    path.write_text('[relays.dead]\nhost = "127.0.0.1"\nport = 1\ntls = "none"\n\n' + text, encoding="utf-8")
    result = run(mailed, "send", "daily")
    assert "Relay dead was given up: connect: " in result.stderr
    assert "Relay test was given up" not in result.stderr


def test_a_run_without_any_relay_says_it_once(mailed, server):
    server.mail = "550 5.7.1 who are you"
    result = run(mailed, "send", "daily")
    assert result.returncode == 1
    assert "The run ended early: relay test can't be used (mail: 550 5.7.1 who are you)" in result.stdout
    assert "was given up" not in result.stderr


def test_a_spike_of_failures_says_that_it_is_paused_and_what_to_do(mailed, server):
    mailed.subscriber_file(mailed.list("daily")).write_text(
        "email\n" + "".join(f"reader{number}@example.org\n" for number in range(60)), encoding="utf-8"
    )
    server.rcpt = lambda _recipient: "550 5.2.2 full"
    result = run(mailed, "send", "daily")
    key = key_of(mailed.list("daily"), "daily", datetime.now(ZoneInfo("Europe/Berlin")).date())
    assert f"Look at them: `digest deliveries {key} --state failed`." in result.stdout
    assert f"`digest issue resume {key}` lets it go on" in result.stdout
    failed = rows(mailed, "--state", "failed")
    assert 20 <= len(failed) < 60
    assert f"is paused: 60 planned = {len(failed)} failed + " in result.stdout
    assert f"`digest issue resume {key}` lets it go on" in said(mailed, "retry", "daily", "--state", "failed")


def test_status_of_an_issue_says_how_far_it_is_and_why(troubled):
    text = said(troubled, "status", "daily")
    assert "not planned: 1 another frequency\n" in text
    assert "5 planned = 3 accepted + 1 failed + 1 deferred\n80 % done; no run is at work" in text
    assert "  failed: 550 5.2.2 <…> full × 1 at example.org" in text
    assert "  deferred: 450 4.2.0 greylisted × 1 at example.net" in text
    assert " left at this rate" not in text


def test_status_as_json_adds_up(troubled):
    found = json.loads(said(troubled, "status", "daily", "--json"))
    assert found["planned"] == sum(found["deliveries"].values()) == 5
    assert found["percent"] == 80
    assert found["process"] is None
    assert found["rate"] > 0
    assert found["next_due"].endswith("+00:00")
    assert {one["reply"] for one in found["reasons"]} == {"550 5.2.2 <…> full", "450 4.2.0 greylisted"}


def test_equal_replies_are_told_once_and_counted(mailed, server):
    server.rcpt = lambda recipient: f"450 4.7.1 <{recipient}> wait" if recipient != ADA else None
    run(mailed, "send", "daily")
    (reason,) = json.loads(said(mailed, "status", "daily", "--json"))["reasons"]
    assert (reason["reply"], reason["number"], reason["domains"]) == ("450 4.7.1 <…> wait", 4, 3)


def test_status_names_the_run_at_work_and_does_not_disturb_it(troubled):
    with troubled.run_lock():
        assert f"a run is at work (process {os.getpid()})" in said(troubled, "status", "daily")
        with pytest.raises(BusyError), Site.open(troubled.root).run_lock():
            pass
    assert "no run is at work" in said(troubled, "status", "daily")


def test_a_run_waits_for_somebody_who_only_asks(site, monkeypatch):
    with site.run_lock():
        pass
    with (site.root / f"{site.settings.store}.lock").open(encoding="ascii") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)
        monkeypatch.setattr("digest.locks.time.sleep", lambda _seconds: fcntl.flock(asking, fcntl.LOCK_UN))
        with site.run_lock():
            assert site.run_at_work() == str(os.getpid())


def test_deliveries_lists_who_and_why(troubled):
    lines = [line.split("\t") for line in said(troubled, "deliveries", "daily").splitlines()]
    assert sorted((cells[0], cells[1], cells[2], cells[3], cells[5]) for cells in lines) == [
        (EMMY, "failed", "1", "test", "550 5.2.2 <emmy@example.org> full"),
        (KURT, "deferred", "1", "test", "450 4.2.0 greylisted"),
    ]
    assert rows(troubled, "--state", "failed") == {EMMY: "failed"}
    assert len(rows(troubled, "--state", "failed", "--state", "accepted")) == 4
    assert len(rows(troubled, "--state", "accepted", "--limit", "2")) == 2


def test_deliveries_as_json(troubled):
    found = json.loads(said(troubled, "deliveries", "daily", "--json"))
    by_address = {one["address"]: one for one in found}
    assert by_address[KURT]["next_attempt_at"] > by_address[EMMY]["settled_at"]
    assert by_address[EMMY]["next_attempt_at"] is None
    assert json.loads(said(troubled, "deliveries", "daily", "--state", "held", "--json")) == []


def test_deliveries_of_more_than_a_page_are_all_there_once(troubled, monkeypatch):
    monkeypatch.setattr(deliveries, "_ROWS", 2)
    found = list(deliveries.walk(troubled.store, 1, ["accepted", "failed", "deferred"]))
    assert len(found) == len({row.id for row in found}) == 5
    assert len(list(deliveries.walk(troubled.store, 1, ["failed", "deferred"]))) == 2  # a page that is just full
    assert list(deliveries.walk(troubled.store, 2, ["accepted"])) == []


def test_a_wrong_state_has_a_hint(troubled):
    result = run(troubled, "deliveries", "daily", "--state", "faild")
    assert (result.returncode, result.stderr) == (1, "error: --state faild: did you mean 'failed'?\n")
    assert "expected one of planned, claimed" in run(troubled, "deliveries", "daily", "--state", "x").stderr
    assert run(troubled, "retry", "daily", "--state", "suppressed").returncode == 1


def test_one_readers_attempts_are_listed(troubled, server):
    refuse(server)
    said(troubled, "retry", "daily")
    assert run(troubled, "send", "daily").returncode == 3  # emmy failed before
    text = said(troubled, "deliveries", "daily", "--address", "Kurt@example.net")
    assert text.startswith(f"{KURT}: accepted after 2 attempts\n")
    assert re.search(r"test  rcpt: 450 4.2.0 greylisted\n.*test  accepted: 250 2.0.0 OK\n", text)
    found = json.loads(said(troubled, "deliveries", "daily", "--address", KURT, "--json"))
    assert [(one["verb"], one["code"], one["uncertain"]) for one in found["tries"]] == [("defer", 450, False)]
    nobody = run(troubled, "deliveries", "daily", "--address", "nobody@example.org")
    assert nobody.returncode == 1
    assert "has no delivery to nobody@example.org" in nobody.stderr


def test_an_uncertain_attempt_says_so(troubled):
    from digest.store.ledger import SqlLedger

    said(troubled, "retry", "daily")
    ledger = SqlLedger(troubled.store, 1, "daily")
    ledger.exchange([], [one.id for one in ledger.due_again(clock.now(), 9)], clock.now())
    ledger.commit()  # and there a run dies
    ledger.recover(clock.now())
    ledger.close()
    text = said(troubled, "deliveries", "daily", "--address", KURT)
    assert "the run ended before the reply was known (uncertain: it may have arrived)" in text


def test_retry_sends_what_waits_at_once(troubled, server):
    refuse(server)
    assert "1 message of issue" in said(troubled, "retry", "daily")
    assert run(troubled, "send", "daily").returncode == 3
    assert rows(troubled) == {EMMY: "failed"}


def test_retry_with_nothing_to_do_leaves_a_finished_issue_finished(troubled, server):
    refuse(server)
    said(troubled, "retry", "daily")
    run(troubled, "send", "daily")
    assert "nothing to try again; it is finished" in said(troubled, "retry", "daily", "--state", "expired")
    assert json.loads(said(troubled, "status", "daily", "--json"))["state"] == "finished"


def test_retry_of_what_failed_is_sent_by_the_command_it_names(troubled, server):
    refuse(server)
    said(troubled, "retry", "daily")
    run(troubled, "send", "daily")
    assert json.loads(said(troubled, "status", "daily", "--json"))["state"] == "finished"
    text = said(troubled, "retry", "daily", "--state", "failed")
    found = json.loads(said(troubled, "status", "daily", "--json"))
    assert (found["state"], found["finished_at"]) == ("sending", None)
    (line,) = re.findall("`digest (.*)` sends them", text)
    assert "5 planned = 5 accepted" in said(troubled, *line.split())
    assert server.by_recipient[EMMY] == 1


def test_retry_gives_a_new_deadline_where_it_is_over_and_only_there(troubled, server):
    refuse(server)
    now = clock.now()
    later = now + timedelta(hours=2)
    with troubled.store.begin() as connection:
        update = deliveries_table.update()
        connection.execute(update.where(deliveries_table.c.address == EMMY).values(deadline=now, state="expired"))
        connection.execute(update.where(deliveries_table.c.address == KURT).values(deadline=later))
    said(troubled, "retry", "daily", "--state", "expired")
    with troubled.store.begin() as connection:
        deadlines = {row.address: row.deadline for row in connection.execute(deliveries_table.select())}
    hours = troubled.list("daily").table.deadline_hours
    assert now + timedelta(hours=hours) <= deadlines[EMMY] <= clock.now() + timedelta(hours=hours)
    assert deadlines[KURT] == later
    assert run(troubled, "send", "daily").returncode == 0


def test_retry_leaves_alone_who_is_suppressed_by_now(troubled):
    with troubled.store.begin() as connection:
        key = address_key(troubled.identity_key, EMMY)
        suppressions.add(
            connection, scope="*", address_key=key, address=EMMY, reason="left", source="test", now=clock.now()
        )
    result = run(troubled, "retry", "daily", "--state", "failed")
    assert "1 reader must not be mailed any more" in result.stderr
    assert rows(troubled) == {EMMY: "failed", KURT: "deferred"}


def test_retry_of_what_is_held_asks_first(troubled):
    change_all(troubled, state="held")
    refused = run(troubled, "retry", "daily", "--state", "held")
    assert refused.returncode == 1
    assert "may have arrived already" in refused.stderr
    assert set(rows(troubled).values()) == {"held"}
    assert "5 messages of issue" in said(troubled, "retry", "daily", "--state", "held", "--yes")
    assert set(rows(troubled).values()) == {"deferred"}


def test_retry_refuses_a_cancelled_issue_and_one_never_sent(troubled):
    with troubled.store.begin() as connection:
        key = issues.recent(connection)[0].key
    change_state(troubled, key, Verb.CANCEL, clock.now())
    result = run(troubled, "retry", "daily", "--state", "failed")
    assert (result.returncode, "is cancelled" in result.stderr) == (1, True)
    assert rows(troubled)[KURT] == "cancelled"
    said(troubled, "issue", "build", "weekly")
    assert "was never sent" in run(troubled, "retry", "weekly").stderr


def test_the_password_shows_nowhere(mailed, server):
    secret = "correct-horse-battery"
    path = mailed.root / "digest.toml"
    path.write_text(path.read_text("utf-8").replace('tls = "none"\n', 'tls = "none"\nusername = "u"\n'), "utf-8")
    for arguments in (("send", "daily", "--json"), ("status", "daily", "--json"), ("deliveries", "daily", "--json")):
        result = run(mailed, *arguments, DIGEST_RELAYS__TEST__PASSWORD=secret)
        shown = result.stdout + result.stderr
        assert "relay" in shown or "issue" in shown
        assert secret not in shown
        assert base64.b64encode(secret.encode()).decode() not in shown


def on_a_terminal(site: Site, columns: int, *arguments: str) -> str:
    """Run the command on a pseudo-terminal of that width and return all that was written to it."""
    main, terminal = pty.openpty()
    environment = clean() | {"COLUMNS": str(columns), "TERM": "xterm"}
    with subprocess.Popen(command(site, *arguments), stdin=terminal, stdout=terminal, stderr=terminal, env=environment):
        os.close(terminal)
        written = b""
        while select.select([main], [], [], 30)[0]:
            try:
                some = os.read(main, 65536)
            except OSError:  # that is how Linux says that the other end is closed
                break
            if not some:
                break
            written += some
    os.close(main)
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode())


@pytest.mark.parametrize("columns", [60, 120])
def test_a_terminal_gets_a_bar_and_the_log_stands_above_it(mailed, server, columns):
    server.delay = 0.3
    refuse(server, emmy="550 5.2.2 full")
    text = on_a_terminal(mailed, columns, "send", "daily")
    frames = [frame for frame in re.split(r"[\r\n]+", text) if re.match("sending +[━╸╺]", frame)]
    assert frames
    assert max(map(len, frames)) <= columns
    assert any("/5" in frame for frame in frames)
    if columns == 120:
        assert any("accepted 2" in frame and "failed" in frame for frame in frames)
    (warning,) = [line for line in re.split(r"[\r\n]+", text) if "warning" in line]
    assert "━" not in warning
    assert "5 planned = 4 accepted + 1 failed." in text


def test_what_came_back_is_told_of_the_issue_and_of_the_reader(mailed, now):
    assert "came back" not in said(mailed, "send", "daily")
    with mailed.store.begin() as connection:
        (stored,) = issues.recent(connection)
    said_later = clock.now()
    lost = bounce(mailed, stored.key, ADA)
    delay = bounce(mailed, stored.key, ADA, "4.4.1", kind=Kind.DELAY, said="421 4.4.1 later")
    complaint = bounce(mailed, stored.key, EMMY, "", kind=Kind.COMPLAINT, said="abuse")
    take(mailed, [arrival(one) for one in (delay, lost, complaint)], said_later)
    assert "came back: 1 bounced, 1 complained of, 1 delayed" in said(mailed, "status", "daily")
    assert json.loads(said(mailed, "status", "daily", "--json"))["came_back"] == {
        "bounce": 1, "complaint": 1, "delay": 1,
    }  # fmt: skip
    lines = said(mailed, "deliveries", "daily", "--address", ADA).splitlines()
    assert lines[0] == f"{ADA}: accepted after 1 attempt"
    assert "  mailbox bounces  delayed: 421 4.4.1 later (noted)" in lines[-2]
    assert "  mailbox bounces  bounced: 550 5.1.1 says the other server (suppressed)" in lines[-1]
    (report,) = json.loads(said(mailed, "deliveries", "daily", "--address", EMMY, "--json"))["reports"]
    assert (report["kind"], report["effect"], report["status"], report["said"]) == (
        "complaint", "suppressed", None, "abuse",
    )  # fmt: skip
