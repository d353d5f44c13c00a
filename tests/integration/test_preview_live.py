"""What the preview does beside showing: it tells of saved files, and sends a test copy to those who may ask for one."""

import asyncio
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlencode

import pytest

from digest.site import Site
from digest.store.metadata import metadata
from digest.web.choice import Choice, Chosen
from digest.web.copies import Copies, Told
from digest.web.watching import MOST_STREAMS, Changes, watch
from tests.integration.conftest import through
from tests.integration.previewing import Answer, Get, serving

# Saved files


@asynccontextmanager
async def watched(site: Site) -> AsyncIterator[Changes]:
    changes = Changes()
    task = asyncio.create_task(watch(site.root, changes))
    try:
        yield changes
    finally:
        changes.end()
        async with asyncio.timeout(5):
            await task


async def told(changes: Changes, do: Callable[[], object], times: int = 1) -> None:
    """Do something, again and again until it is told: the watching begins at a moment that nobody sees."""
    async with asyncio.timeout(10):
        for _ in range(times):
            version = changes.version
            while version == changes.version:
                do()
                await asyncio.sleep(0.1)


def saved(path: Path) -> None:
    """Save a file as careful editors do: the new one takes the old one's place."""
    beside = path.with_name(f".{path.name}.new")
    beside.write_bytes(path.read_bytes())
    beside.replace(path)


async def test_templates_settings_and_subscribers_that_are_saved_are_told(site, subscriber_file):
    files = (site.root / "templates" / "default" / "_card.mjml.j2", site.root / "digest.toml", subscriber_file)
    async with watched(site) as changes:
        for path in files:
            await told(changes, lambda path=path: saved(path))
            await told(changes, lambda path=path: os.utime(path))


async def test_a_folder_that_is_made_later_is_followed(site):
    theme = site.root / "templates" / "brand-new"
    async with watched(site) as changes:
        await told(changes, lambda: saved(site.root / "digest.toml"))
        theme.mkdir()
        await told(changes, lambda: None, times=2)  # that it is there; and once more when it is watched
        await told(changes, lambda: (theme / "_card.mjml.j2").write_text("x"))


async def test_where_the_settings_say_that_files_lie_is_followed(site, tmp_path):
    settings, elsewhere = site.root / "digest.toml", tmp_path / "lists" / "daily.csv"
    async with watched(site) as changes:
        await told(changes, lambda: saved(settings))
        text = settings.read_text("utf-8").replace(
            "[lists.daily]\n", f'[lists.daily]\nsubscribers = "{elsewhere}"\n', 1
        )
        settings.write_text(text, encoding="utf-8")
        await told(changes, lambda: None, times=2)
        elsewhere.parent.mkdir()
        await told(changes, lambda: None, times=2)
        await told(changes, lambda: elsewhere.write_text("email\nada@example.org\n"))


async def test_a_stream_says_each_version_once_and_ends_with_the_watching():
    changes = Changes()
    events = changes.events()
    assert await anext(events) == "retry: 1000\n\n"
    first = await anext(events)
    changes.tell()
    changes.tell()
    assert await anext(events) == f"data: {changes.version}\n\n" != first
    waiting = asyncio.ensure_future(anext(events, "ended"))
    await asyncio.sleep(0)
    changes.end()
    assert await waiting == "ended"
    assert changes.streams == 0


@contextmanager
def stream(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(b"GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        yield connection


def received(connection: socket.socket, wanted: str) -> str:
    """Return what has come when something wanted has."""
    came = ""
    while not re.search(wanted, came):
        more = connection.recv(4096)
        assert more, came
        came += more.decode()
    return came


def until(holds: Callable[[], bool]) -> None:
    for _ in range(500):
        if holds():
            return
        threading.Event().wait(0.01)
    pytest.fail("it didn't come to hold in five seconds")


def test_pages_are_told_and_those_that_are_closed_are_forgotten(seeded, now):
    with serving(seeded, now, Choice("daily")) as get:
        version = re.search(r'data-version="(\w+)-(\d+)"', get().page)
        assert version
        with stream(get.port) as one, stream(get.port) as other:
            for connection in (one, other):
                head = received(connection, rf"data: {version[1]}-\d+\n\n")
                assert "text/event-stream" in head
                assert "no-store" in head
            until(lambda: bool(saved(seeded.root / "digest.toml")) or get.changes.version != version[0][14:-1])
            for connection in (one, other):
                received(connection, rf"data: {version[1]}-[1-9]\d*\n\n")
        until(lambda: get.changes.streams == 0)


def test_no_more_pages_are_told_than_there_can_be(seeded, now):
    with serving(seeded, now, Choice("daily")) as get:
        get.changes.streams = MOST_STREAMS
        with stream(get.port) as connection:
            assert "503" in received(connection, r"\r\n\r\nToo many pages wait for changes.")
        assert get("/events", host="evil.example").status == 400


@pytest.mark.slow
def test_ctrl_c_ends_pages_that_wait_at_once(seeded):
    run = [sys.executable, "-m", "digest", "--site", str(seeded.root), "preview", "daily", "--port", "0"]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            port = re.search(r":(\d+)/", process.stdout.readline())
            assert port
            with stream(int(port[1])) as one, stream(int(port[1])) as other:
                received(one, "data: "), received(other, "data: ")
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=20)  # an answer that had to be cut off would be told here
        finally:
            process.kill()
    assert (process.returncode, err) == (0, "")


# Test copies


@pytest.fixture
def get(mailed: Site, now) -> Iterator[Get]:
    with serving(mailed, now, Choice("daily")) as answer:
        yield answer


def token(get: Get) -> str:
    found = re.search(r'name="token" value="([^"]+)"', get().page)
    assert found
    return found[1]


def asked(get: Get, address: str, path: str = "/test", **how: str) -> Answer:
    form = urlencode({"token": how.pop("token", None) or token(get), "address": address})
    return get(path, method="POST", form=form, **how)


def everything(site: Site) -> dict[str, list[object]]:
    with site.store.begin() as connection:
        return {t.name: list(connection.execute(t.select())) for t in metadata.sorted_tables}


def test_a_test_copy_is_what_is_shown_and_counts_for_nothing(get, mailed, server):
    before = everything(mailed)
    answer = asked(get, " editor@Example.org", "/test?subscriber=grace@example.com", Origin="http://127.0.0.1:{port}")
    assert answer.status == 200
    assert "Accepted for editor@example.org: 250 2.0.0 OK." in answer.words
    assert 'value="editor@example.org"' in answer.page
    ((envelope, message),) = server.messages
    assert envelope.rcpt_tos == ["editor@example.org"]
    assert message["To"] == "editor@example.org"
    assert message["Message-ID"].startswith("<test-")
    text = message.get_payload(0).get_payload(decode=True).decode()
    assert text.splitlines()[-8:] != get("/text").page.splitlines()[-8:]
    assert "Speech and audio" not in text
    assert "grace@example.com" not in str(message)
    assert everything(mailed) == before


@pytest.mark.parametrize(
    "how",
    [
        {"token": "guessed"},
        {"Origin": "null"},
        {"Origin": "http://evil.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "https://127.0.0.1:{port}"},
        {"Sec_Fetch_Site": "same-site"},
        {"Sec_Fetch_Site": "cross-site", "Origin": "http://127.0.0.1:{port}"},
    ],
)
def test_a_form_that_is_not_ours_sends_nothing(get, server, how):
    answer = asked(get, "victim@example.org", **how)
    assert answer.status == 403
    assert "Load it again" in answer.words
    assert server.messages == []


def test_a_stranger_who_names_this_machine_sends_nothing(get, server):
    assert asked(get, "victim@example.org", host="evil.example").status == 400
    assert get("/test", method="POST", form="address=victim@example.org").status == 403
    assert get("/test", method="POST", form="x" * 5_000).status == 413
    assert server.messages == []


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("", "the address is empty"),
        ("editor", "must have an @-sign"),
        ("editor@example.org\r\nBcc: all@example.org", "a line break"),
    ],
)
def test_an_address_that_is_none_is_said(get, server, address, reason):
    answer = asked(get, address)
    assert answer.status == 400
    assert reason in answer.words
    assert server.messages == []


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ("550 5.1.1 nobody <here>", "Refused for editor@example.org (rcpt): 550 5.1.1 nobody <here>."),
        ("451 4.3.0 later", "Deferred for editor@example.org (rcpt): 451 4.3.0 later. Nothing tries it again"),
    ],
)
def test_what_the_relay_says_is_told(get, server, reply, words):
    server.rcpt = lambda _recipient: reply
    answer = asked(get, "editor@example.org")
    assert (answer.status, words in answer.words) == (200, True), answer.words


def test_a_relay_that_is_down_is_told(seeded, now):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    gone = through(seeded, SimpleNamespace(port=port))
    with serving(gone, now, Choice("daily")) as get:
        assert "The relay can’t be used (connect): " in asked(get, "editor@example.org").words


def test_a_copy_in_the_outbox_says_where_it_lies(seeded, now):
    with serving(seeded, now, Choice("daily")) as get:
        words = asked(get, "editor@example.org").words
    assert f"It lies in the Maildir {seeded.root / 'outbox'} and went no further." in words
    assert len(list((seeded.root / "outbox" / "new").iterdir())) == 1


def test_a_copy_on_its_way_is_waited_for(mailed, now, server):
    copies, chosen = Copies(), Chosen.of(mailed, Choice("daily"), now)
    waited: list[Told] = []
    server.dot = lambda _recipient: waited.append(copies.send(mailed, chosen, "other@example.org", now))
    assert copies.send(mailed, chosen, "editor@example.org", now).level == "good"
    assert waited == [Told("bad", "A test copy is on its way already; wait for its answer.")]
    assert copies.send(mailed, chosen, "editor@example.org", now).level == "good"


def test_the_end_does_not_wait_for_a_relay_that_says_nothing(seeded, now):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        hanging = through(seeded, SimpleNamespace(port=silent.getsockname()[1]))
        answers: list[Answer] = []
        with serving(hanging, now, Choice("daily")) as get:
            mine = token(get)
            asking = threading.Thread(target=lambda: answers.append(asked(get, "editor@example.org", token=mine)))
            asking.start()
            connection, _ = silent.accept()
        asking.join(5)
        connection.close()
    assert [answer.status for answer in answers] == [503]


def test_what_cannot_be_shown_is_not_sent(get, mailed, server):
    mine = token(get)
    (mailed.root / "templates" / "default" / "subject.txt.j2").write_text("{{ lead_titel }}")
    answer = asked(get, "editor@example.org", token=mine)
    assert answer.status == 500
    assert "'lead_titel' is undefined" in answer.words
    assert server.messages == []
