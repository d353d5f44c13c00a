"""`digest web` as its operator runs it: what it says, that it sends what readers wait for, that it ends when told."""

import mailbox
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from urllib.request import urlopen

import pytest

from digest import clock
from digest.readership.confirming import ask
from digest.readership.signing_up import Choices
from digest.site import Site
from digest.subscribers.address import parse_address
from tests.integration.previewing import ask as ask_page

pytestmark = [pytest.mark.slow]


@contextmanager
def running(site, *options, ended_by=signal.SIGTERM):
    """Run `digest web`; yields its port and what it said, which is complete when it has ended."""
    run = [sys.executable, "-m", "digest", "--site", str(site.root), "web", "--port", "0", *options]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        said = [process.stdout.readline()]
        try:
            yield int(re.search(r":(\d+)/", said[0])[1]), said
            process.send_signal(ended_by)
            out, err = process.communicate(timeout=20)
        finally:
            process.kill()
    said.extend([out, err])
    assert process.returncode == 0
    assert "Traceback" not in err


def reached_at(site, url):
    settings = site.root / "digest.toml"
    settings.write_text(
        settings.read_text("utf-8").replace("[site]\n", f'[site]\nurl = "{url}"\n', 1), encoding="utf-8"
    )
    return Site.open(site.root)


@pytest.mark.parametrize("ended_by", [signal.SIGTERM, signal.SIGINT])
def test_it_says_where_its_pages_are_and_ends_when_told(site, ended_by):
    site = reached_at(site, "https://digest.example.org")
    with running(site, ended_by=ended_by) as (port, said):
        answers(port)
    assert said[0] == f"Archive: http://127.0.0.1:{port}/archive/ (Ctrl-C ends it)\n"
    assert f"Front door: http://127.0.0.1:{port}/ (for readers https://digest.example.org/)" in said[1]
    assert "Daily Papers: https://digest.example.org/subscribe/daily" in said[1]


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_address_stands_in_brackets(site):
    with running(site, "--host", "::1") as (port, said), urlopen(f"http://[::1]:{port}/robots.txt") as answer:
        assert answer.status == 200
    assert said[0] == f"Archive: http://[::1]:{port}/archive/ (Ctrl-C ends it)\n"


def test_it_says_what_is_missing(site):
    with running(site) as (port, said):
        answers(port)
    assert "site.url is not set" in said[2]
    assert "Front door" not in said[1]


def test_a_notice_leaves_soon_after_it_was_planned_by_whatever_process(site):
    site = reached_at(site, "https://digest.example.org")
    with running(site) as (port, _):
        answers(port)
        data = Choices((), "daily", "en").asked_from("192.0.2.7/32")
        address = parse_address("ada@example.org")
        ask(site, site.list("daily"), "signup", address, data, network="x", language="en", now=clock.now())
        began = time.monotonic()
        while not (found := received(site)):
            assert time.monotonic() - began < 15
            time.sleep(0.05)
    assert [message["To"] for message in found] == ["ada@example.org"]


def received(site):
    folder = site.root / "outbox"
    return [*mailbox.Maildir(folder, create=False)] if (folder / "new").is_dir() else []


def answers(port):
    """Wait until a page comes: the port is open a moment before."""
    assert ask_page(port, "/archive/").status == 200
