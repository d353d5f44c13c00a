"""`digest try`, whole: Hugging Face's API served here, a mail over SMTP, and nothing left behind."""

import base64
import os
import pty
import select
import signal
import subprocess
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from aiosmtpd.smtp import AuthResult

from digest.errors import InputError, SourceError
from digest.trial import SOURCE_URL, Trial, load_newest, relay_of, send
from tests.integration.conftest import Server, _OnFreePort
from tests.integration.test_cli_delivery import clean
from tests.integration.web import Reply, json_reply

SECRET = "correct horse battery"
TO = "me@example.org"
TUESDAY, SUNDAY = datetime(2026, 11, 24, 6, 0, tzinfo=UTC), datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


@pytest.fixture
def web(web, monkeypatch):
    """The server of every test, asked in place of Hugging Face."""
    monkeypatch.setenv(SOURCE_URL, f"{web.root}/daily")
    return web


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder for temporary files, of our own so that we see what is left in it."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def listing(*names: str) -> list[dict[str, object]]:
    """An answer of the API with papers of these names."""
    return [
        {
            "paper": {
                "id": f"2611.0000{number}",
                "title": f"{name} in the wild",
                "summary": f"All about {name}, at some length.",
                "authors": [{"name": "Ada Lovelace"}],
                "publishedAt": "2026-11-23T00:00:00.000Z",
                "upvotes": 10 * number,
            }
        }
        for number, name in enumerate(names, start=1)
    ]


@pytest.fixture
def refusing():
    """A server that lets nobody log in."""
    handler = Server()
    seen: list[bytes] = []

    def authenticator(_server, _session, _envelope, _mechanism, data):
        seen.append(data.password)
        return AuthResult(success=False, handled=False)

    controller = _OnFreePort(handler, hostname="127.0.0.1", port=0, authenticator=authenticator, auth_require_tls=False)
    controller.start()
    handler.port, handler.seen = controller.port, seen
    yield handler
    controller.stop()


def environment(**variables: str) -> dict[str, str]:
    return clean() | {SOURCE_URL: os.environ[SOURCE_URL]} | variables


def attempt(relay: str, *options: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "digest", "try", "--to", TO, "--relay", relay, *options],
        input=given,
        capture_output=True,
        text=True,
        env=environment(**variables),
        timeout=60,
    )


def only_line(result: subprocess.CompletedProcess[str]) -> str:
    assert (result.returncode, result.stdout) == (1, ""), result.stderr
    (line,) = result.stderr.splitlines()
    return line


def parts(message) -> tuple[str, str]:
    """Return the plaintext and the HTML of a message."""
    found = {p.get_content_type(): p.get_payload(decode=True).decode() for p in message.walk() if not p.is_multipart()}
    return found["text/plain"], found["text/html"]


def test_the_newest_papers_are_in_the_inbox_once_and_nothing_is_left(web, server, temporary, tmp_path, monkeypatch):
    web.answer("/daily", json_reply(listing("Quasars", "Lemmas")))
    monkeypatch.chdir(tmp_path)
    result = attempt(f"smtp://127.0.0.1:{server.port}")
    assert result.returncode == 0, result.stderr
    assert f"127.0.0.1 took the mail with 2 papers; look into the inbox of {TO}." in result.stdout
    ((envelope, message),) = server.messages
    assert (envelope.rcpt_tos, envelope.mail_from) == ([TO], TO)
    assert all("No. 1" in part and "Draft" not in part for part in parts(message))
    assert message["From"] == f"Paper Digest <{TO}>"
    assert "Lemmas in the wild" in message["Subject"]
    assert "[Test]" not in message["Subject"]
    for body in parts(message):
        for number, name in enumerate(("Quasars", "Lemmas"), start=1):
            assert f"{name} in the wild" in body
            assert f"2611.0000{number}" in body
    assert list(temporary.iterdir()) == []
    assert [path.name for path in tmp_path.iterdir()] == ["temporary"]
    assert len(web.asked) == 1


def test_the_variables_of_another_site_do_not_count(web, server, temporary):
    web.answer("/daily", json_reply(listing("Quasars")))
    result = attempt(
        f"smtp://127.0.0.1:{server.port}",
        DIGEST_DIR="/nowhere",
        DIGEST_MAIL__SENDER="Other <other@example.com>",
        DIGEST_LISTS__WEEKLY__TIMEZONE="Europe/Berlin",  # half a list
        DIGEST_LISTS__DAILY__THEME="another",
        DIGEST_RELAYS__MAIN__PASSWORD="other",
        DIGEST_STORE="/nowhere/at/all.sqlite3",
        DIGEST_KEYS__IDENTITY="no key",
        DIGEST_TOPIC="[]",
    )
    assert result.returncode == 0, result.stderr
    ((_, message),) = server.messages
    assert message["From"] == f"Paper Digest <{TO}>"


def test_from_whom_it_is_can_be_said(web, server):
    web.answer("/daily", json_reply(listing("Quasars")))
    relay = f"smtp://127.0.0.1:{server.port}"
    assert attempt(relay, "--from", "Lab <lab@example.com>").returncode == 0
    assert attempt(relay, "--from", "lab@example.com").returncode == 0
    assert [message["From"] for _, message in server.messages] == ["Lab <lab@example.com>", "lab@example.com"]
    assert "--from nobody: " in only_line(attempt(relay, "--from", "nobody"))


def test_a_wrong_password_is_one_line_and_stands_nowhere(web, refusing, temporary, tmp_path):
    web.answer("/daily", json_reply(listing("Quasars")))
    result = attempt(f"smtp://login@127.0.0.1:{refusing.port}", given=f"{SECRET}\n")
    assert set(refusing.seen) == {SECRET.encode()}
    assert "127.0.0.1 refused the login of login: 535 " in only_line(result)
    for written in (SECRET, base64.b64encode(SECRET.encode()).decode(), "Traceback"):
        assert written not in result.stdout + result.stderr
    assert refusing.messages == []
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_without_a_terminal_and_a_password_it_says_what_to_do(web):
    web.answer("/daily", json_reply(listing("Quasars")))
    line = only_line(attempt("smtps://login@smtp.example.org"))
    assert "there is no terminal to ask for the password of login; run this in one, or give the password on " in line
    assert web.asked == []


def test_the_password_is_asked_for_and_not_shown(web, refusing):
    web.answer("/daily", json_reply(listing("Quasars")))
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "try", "--to", TO, "--relay", f"smtp://login@127.0.0.1:{refusing.port}"],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env=environment(),
        start_new_session=True,
    )
    os.close(theirs)
    shown = read(ours, until=b"127.0.0.1: ")  # the space behind the colon comes when the echo is off
    os.write(ours, f"{SECRET}\n".encode())
    shown += read(ours)
    os.close(ours)
    assert process.wait(30) == 1
    assert set(refusing.seen) == {SECRET.encode()}
    assert SECRET not in shown.decode()
    assert "refused the login of login" in shown.decode()


def read(terminal: int, until: bytes = b"never") -> bytes:
    """Return what is shown on a terminal, up to some text or its end."""
    shown = b""
    try:
        while until not in shown and select.select([terminal], [], [], 30)[0]:
            shown += os.read(terminal, 1024)
    except OSError:  # the way Linux says that nobody has the other end any more
        pass
    return shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_nothing_is_left_when_it_is_stopped(web, server, temporary, number):
    web.answer("/daily", Reply(silent=True))
    process = subprocess.Popen(
        [sys.executable, "-m", "digest", "try", "--to", TO, "--relay", f"smtp://127.0.0.1:{server.port}"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment(),
    )
    end = time.monotonic() + 30
    while not web.asked and time.monotonic() < end:
        time.sleep(0.02)
    assert len(list(temporary.iterdir())) == 1
    process.send_signal(number)
    said, _ = process.communicate(timeout=30)
    assert process.returncode not in (0, 1) or number is signal.SIGINT
    assert "Traceback" not in said
    assert list(temporary.iterdir()) == []
    assert server.messages == []


def test_a_server_that_is_not_there_is_one_line(web, temporary):
    web.answer("/daily", json_reply(listing("Quasars")))
    assert "127.0.0.1 can't be reached: " in only_line(attempt("smtp://127.0.0.1:1"))
    assert list(temporary.iterdir()) == []


def test_a_refused_mail_is_one_line(web, server):
    web.answer("/daily", json_reply(listing("Quasars")))
    server.rcpt = lambda _recipient: "550 5.7.1 not from you"
    line = only_line(attempt(f"smtp://127.0.0.1:{server.port}"))
    assert line == "error: 127.0.0.1 didn't take the mail (rcpt): 550 5.7.1 not from you"


@pytest.mark.parametrize(
    ("relay", "says"),
    [
        ("smtps://me:secret@smtp.example.org", "--relay: leave the password out of the address"),
        ("gmial", "--relay gmial: did you mean gmail?"),
    ],
)
def test_a_relay_that_is_wrongly_named_is_one_line(web, relay, says):
    line = only_line(attempt(relay))
    assert says in line
    assert "secret" not in line
    assert web.asked == []


@pytest.fixture
def trial(server) -> Trial:
    return Trial(TO, TO, relay_of(f"smtp://127.0.0.1:{server.port}", TO))


@pytest.mark.parametrize(
    ("now", "replies", "day", "asked"),
    [
        (TUESDAY, [["Quasars"]], "2026-11-24", ["2026-11-24"]),
        (TUESDAY, [[], ["Quasars"]], "2026-11-23", ["2026-11-24", "2026-11-23"]),
        (TUESDAY, [[], [], ["Quasars"]], "2026-11-20", ["2026-11-24", "2026-11-23", "2026-11-20"]),
        (SUNDAY, [["Quasars"]], "2026-11-20", ["2026-11-20"]),
    ],
    ids=["today", "today is empty", "over a weekend", "at the weekend"],
)
def test_the_newest_day_that_has_papers_is_taken(web, server, trial, now, replies, day, asked):
    web.answer("/daily", *(json_reply(listing(*names)) for names in replies))
    with trial.site() as site:
        newest = load_newest(site, now)
        send(site, trial, newest, now)
    assert newest == date.fromisoformat(day)
    assert [one.query["date"] for one in web.asked] == asked
    assert len(server.messages) == 1


def test_days_without_any_paper_are_said(web, trial):
    web.answer("/daily", json_reply([]))
    with trial.site() as site, pytest.raises(InputError, match="lists no papers of the last 5 days; try again later"):
        load_newest(site, TUESDAY)
    assert len(web.asked) == 4  # from Thursday on, less the weekend


def test_a_service_that_cannot_be_used_is_said(web, trial):
    web.answer("/daily", Reply(b"<html>Log in", headers={"Content-Type": "text/html"}))
    with trial.site() as site, pytest.raises(SourceError, match="/daily"):
        load_newest(site, TUESDAY)
    assert len(web.asked) == 1


def test_older_papers_come_with_a_word(web, server):
    """Whatever day it is: today's list, if there may be one, is empty."""
    today = datetime.now(UTC).date()
    empty = [] if today.weekday() > 4 else [json_reply([])]
    web.answer("/daily", *empty, json_reply(listing("Quasars")))
    result = attempt(f"smtp://127.0.0.1:{server.port}")
    assert result.returncode == 0
    day = date.fromisoformat(web.asked[-1].query["date"])
    assert day < today
    assert result.stderr == f"Nothing is listed for today, {today:%A}; these are the papers of {day:%A}, {day}.\n"
    assert len(web.asked) == len(empty) + 1


def test_the_site_is_gone_with_the_block_also_after_an_error(trial, temporary, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    monkeypatch.setenv(SOURCE_URL, "http://127.0.0.1:1/daily")

    def fails() -> None:
        with trial.site() as site:
            assert site.store is not None
            assert Path(site.root).parent == temporary
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fails()
    assert list(temporary.iterdir()) == []


def test_where_the_papers_come_from_is_checked(trial, monkeypatch):
    monkeypatch.setenv(SOURCE_URL, "file:///etc/passwd")
    with pytest.raises(InputError, match=rf"^{SOURCE_URL}: expected a web address"), trial.site():
        pass


def test_no_day_is_asked_for_twice(web, trial):
    web.answer("/daily", json_reply([]))
    with trial.site() as site, pytest.raises(InputError):
        load_newest(site, TUESDAY + timedelta(days=1))
    asked = [one.query["date"] for one in web.asked]
    assert asked == sorted(set(asked), reverse=True)
