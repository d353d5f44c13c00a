"""The preview as a browser meets it: a real server on a free port, asked over HTTP."""

import html
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from email import message_from_bytes, policy
from http.client import HTTPConnection
from threading import Thread

import pytest
import uvicorn

from digest.collecting import collect_file
from digest.issues.states import Verb
from digest.pipeline import approve, build, change_state, key_of
from digest.rehearsal import look
from digest.site import Site
from digest.store.schema import metadata
from digest.web.preview import create_app
from digest.web.shown import Choice

DAY = date(2026, 11, 24)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def page(self) -> str:
        return self.body.decode("utf-8")

    @property
    def words(self) -> str:
        """What a reader of the page sees."""
        return " ".join(html.unescape(re.sub(r"<[^>]*>", " ", self.page)).split())


Get = Callable[..., Answer]


def ask(port: int, path: str = "/", method: str = "GET", host: str | None = None) -> Answer:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, headers={"Host": host or f"127.0.0.1:{port}"})
        response = connection.getresponse()
        headers = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, headers, response.read())
    finally:
        connection.close()


@contextmanager
def serving(site: Site, now, start: Choice) -> Iterator[Get]:
    config = uvicorn.Config(create_app(site.root, start, lambda: now), log_level="warning", lifespan="off", ws="none")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield lambda path="/", **how: ask(port, path, **how)
        finally:
            server.should_exit = True
            thread.join()


@pytest.fixture
def get(seeded: Site, now) -> Iterator[Get]:
    with serving(seeded, now, Choice("daily")) as answer:
        yield answer


@pytest.fixture
def daily(seeded: Site):
    return seeded.list("daily")


def built(site: Site, now):
    with site.store.begin() as connection:
        return build(connection, site, site.list("daily"), "daily", DAY, now)


def approved(site: Site, now):
    with site.store.begin() as connection:
        return approve(connection, site, site.list("daily"), key_of(site.list("daily"), "daily", DAY), now)


def rewrite(path, old: str, new: str) -> None:
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# What is shown


def test_the_page_says_what_it_is_about(get, seeded, daily, now):
    answer = get()
    recipe = look(seeded, daily, "daily", DAY, (), now).recipe
    assert answer.status == 200
    assert "<title>Not built yet · Daily Papers · Preview</title>" in answer.page
    for words in ("Tuesday, 24 November 2026", "daily/daily/2026-11-24", recipe.subject, recipe.values["preheader"]):
        assert words in answer.words
    assert "46 papers" in answer.words


def test_the_size_is_that_of_the_html_in_the_message(get):
    message = message_from_bytes(get("/message.eml").body, policy=policy.default)
    size = len(message.get_body(("html",)).get_payload(decode=True))
    assert f"{size:,} of 100,000 bytes" in get().words


def test_html_and_text_are_the_parts_of_the_message(get):
    message = message_from_bytes(get("/message.eml").body, policy=policy.default)
    shown = get("/html").page.replace('<a target="_blank" ', "<a ")
    assert shown == message.get_body(("html",)).get_content()
    assert get("/text").page == message.get_body(("plain",)).get_content()
    assert message["To"] == "Sample Reader <reader@example.org>"
    assert message["Message-ID"] == "<preview@example.org>"
    assert "unsubscribe" in message["List-Unsubscribe"]


def test_the_views_hold_the_text_and_the_raw_message(get):
    assert html.unescape(get("/?view=text").page).count(get("/text").page) == 1
    raw = get("/raw").body.decode("latin-1").replace("\r\n", "\n")
    body = raw[raw.index("\n\n") :]
    assert html.unescape(get("/?view=raw").page).replace("\r\n", "\n").count(body) == 1
    assert "<iframe" in get("/?view=nonsense").page


def test_the_message_can_be_downloaded(get):
    headers = get("/message.eml").headers
    assert headers["content-type"] == "message/rfc822"
    assert headers["content-disposition"] == 'attachment; filename="daily-2026-11-24.eml"'


def test_links_leave_the_frame_and_anchors_stay_in_it(get):
    links = re.findall(r"<a [^>]*href=[^>]*>", get("/html").page)
    inside = [link for link in links if 'href="#' in link]
    assert inside
    assert all(("_blank" in link) is (link not in inside) for link in links)


# Where the issue stands


def test_a_draft_says_so(get, seeded, now):
    built(seeded, now)
    assert "Draft Its papers were chosen at 2026-11-24 07:00" in get().words


def test_a_frozen_issue_shows_its_number_and_no_changed_template(get, seeded, now):
    built(seeded, now)
    approved(seeded, now)
    before = get("/html").page
    assert "Approved, No. 1" in get().words
    rewrite(seeded.root / "templates" / "default" / "_masthead.mjml.j2", "issue.list_name", '"Changed"')
    assert get("/html").page == before


def test_a_paused_and_a_cancelled_issue_say_so(get, seeded, daily, now):
    built(seeded, now)
    approved(seeded, now)
    key = key_of(daily, "daily", DAY)
    change_state(seeded, key, Verb.PAUSE, now)
    assert "Paused, No. 1" in get().words
    change_state(seeded, key, Verb.CANCEL, now)
    assert "Cancelled, No. 1" in get().words


def test_a_draft_that_was_cancelled_is_never_sent(get, seeded, daily, now):
    built(seeded, now)
    change_state(seeded, key_of(daily, "daily", DAY), Verb.CANCEL, now)
    assert "Cancelled draft It is never sent." in get().words


# A reload shows what was changed


def test_a_reload_shows_a_changed_template_and_a_changed_setting(get, seeded):
    rewrite(seeded.root / "templates" / "default" / "_masthead.mjml.j2", "{{ issue.list_name }}", "Quite another head")
    rewrite(seeded.root / "digest.toml", 'name = "Daily Papers"', 'name = "Renamed Papers"')
    assert "Quite another head" in get("/html").page
    assert "<h1>Renamed Papers</h1>" in get().page


def test_a_broken_template_is_one_line_until_it_is_mended(get, seeded):
    template = seeded.root / "templates" / "default" / "_masthead.mjml.j2"
    rewrite(template, "issue.list_name", "issue.list_nam")
    answer = get()
    assert answer.status == 500
    assert "did you mean 'list_name'?" in answer.words
    assert f"{template}:" in answer.words
    assert "Traceback" not in answer.page
    assert '<select name="list">' in answer.page
    part = get("/html")
    assert (part.status, part.headers["content-type"]) == (500, "text/plain; charset=utf-8")
    assert part.page.count("\n") == 1
    rewrite(template, "issue.list_nam", "issue.list_name")
    assert get().status == 200


def test_broken_settings_are_one_line_until_they_are_mended(get, seeded):
    rewrite(seeded.root / "digest.toml", "byline =", "bylin =")
    answer = get()
    assert answer.status == 500
    assert "site.bylin" in answer.words
    assert "digest.toml" in answer.words
    assert get("/raw").status == 500
    rewrite(seeded.root / "digest.toml", "bylin =", "byline =")
    assert get().status == 200


# What can be chosen


def test_topics_narrow_the_message(get):
    answer = get("/?topics=speech&topics=vision")
    assert "Topics: 2 of 14" in answer.words
    text = get("/text?topics=speech+vision").page
    assert "Speech and audio" in text
    assert "Language models" not in text
    assert "/html?list=daily&amp;topics=speech+vision" in answer.page


def test_a_topic_the_list_has_not_is_left_out_and_named(get):
    answer = get("/?topics=speech&topics=gardening")
    assert answer.status == 200
    assert "no such topic: gardening" in answer.words
    assert "46 papers" in get("/?topics=gardening").words


def test_another_list_frequency_and_day(get):
    words = get("/?list=weekly").words
    assert "Papers of the Week" in words
    assert "weekly/weekly/2026-W48" in words
    assert "daily/weekly/2026-W48" in get("/?list=daily&frequency=weekly").words
    assert "daily/daily/2026-11-25" in get("/?date=2026-11-25").words


def test_without_a_choice_the_commands_is_shown(seeded, now):
    with serving(seeded, now, Choice("weekly", topics=("speech",))) as get:
        assert "Papers of the Week" in get().words
        assert "Topics: 1 of 14" in get("/?view=text").words
        assert "Topics: all" in get("/?list=weekly").words


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("list=dayly", "there is no list 'dayly'; did you mean 'daily'?"),
        ("frequency=hourly", "frequency 'hourly': expected daily or weekly"),
        ("date=tomorrow", "date 'tomorrow': expected a day such as 2026-11-24"),
        ("topics=agents", "has no papers for agents"),
    ],
)
def test_what_is_not_there_is_said_beside_the_form(get, query, reason):
    answer = get(f"/?{query}")
    assert answer.status == 404
    assert reason in answer.words
    assert "<form" in answer.page
    part = get(f"/text?{query}")
    assert part.status == 404
    assert reason in part.page


def test_a_site_without_papers_says_how_to_get_some(site, now):
    with serving(site, now, Choice("daily")) as get:
        answer = get()
    assert answer.status == 404
    assert "`digest papers load` adds papers" in answer.words


# What it must not do


def test_nothing_is_taken(get, seeded):
    def everything():
        with seeded.store.begin() as connection:
            return {t.name: connection.execute(t.select()).fetchall() for t in metadata.sorted_tables}

    before = everything()
    assert len(before["papers"]) == 46
    for path in ("/", "/html", "/text", "/raw", "/message.eml", "/?list=weekly"):
        assert get(path).status == 200
    assert everything() == before


@pytest.mark.parametrize("path", ["/", "/html", "/message.eml"])
def test_a_strange_name_for_this_machine_is_refused(get, path):
    for host in ("evil.example", "evil.example:8025", "127.0.0.1.evil.example", "user@127.0.0.1", "@"):
        answer = get(path, host=host)
        assert answer.status == 400, host
        assert b"Papers" not in answer.body


def test_this_machines_names_are_answered(get):
    assert get(host="localhost:8025").status == 200


def test_only_get_and_head(get):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert get("/html", method=method).status == 405, method
    answer = get("/html", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")


def test_every_answer_is_locked_down(get):
    for path in ("/", "/html", "/text", "/raw", "/message.eml", "/preview.css", "/nothing", "/?list=none"):
        headers = get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none';"), path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == "no-store"


def test_the_mail_is_sandboxed_alone_as_in_the_frame(get):
    policy_of_mail = get("/html").headers["content-security-policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy_of_mail
    assert "script-src" not in policy_of_mail
    frames = re.findall(r'<iframe [^>]*sandbox="([^"]*)"', get().page)
    assert frames == ["allow-popups allow-popups-to-escape-sandbox"] * 2


def test_strangers_titles_are_text_in_the_page(site, now, tmp_path):
    title = "<script>alert(1)</script> \"& 'everything'"
    file = tmp_path / "papers.jsonl"
    file.write_text(json.dumps({"title": title, "abstract": "</pre></code><img src=x onerror=alert(1)>."}) + "\n")
    collect_file(site, file, None, now)
    with serving(site, now, Choice("daily")) as get:
        for view in ("html", "text", "raw"):
            answer = get(f"/?view={view}")
            assert answer.status == 200
            assert "<script" not in answer.page
            assert "<img" not in answer.page
        assert "<script>alert(1)</script>" in html.unescape(get("/?view=text").page)
        assert "<img" not in get("/?list=%3Cimg%3E&frequency=%22%3E%3Cimg%3E").page


# The command


@contextmanager
def command(site: Site, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run `digest preview daily`, and give the process and the first line it prints."""
    run = [sys.executable, "-m", "digest", "--site", str(site.root), "preview", "daily", *arguments]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process, process.stdout.readline()
        finally:
            process.kill()


def port_in(line: str) -> int:
    found = re.search(r"http://127\.0\.0\.1:(\d+)/", line)
    assert found, line
    return int(found[1])


@pytest.mark.slow
def test_the_command_serves_until_ctrl_c(seeded):
    with command(seeded, "--port", "0", "--topics", "speech", "--date", "2026-11-24") as (process, line):
        answer = ask(port_in(line))
        assert "Topics: 1 of 14" in answer.words
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.slow
def test_ctrl_c_right_after_the_address_is_clean_too(seeded):
    with command(seeded, "--port", "0") as (process, _):
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert (process.returncode, err) == (0, "")


@pytest.mark.slow
def test_a_taken_port_is_said_and_another_used(seeded):
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        with command(seeded, "--port", str(taken)) as (process, line):
            assert port_in(line) != taken
            assert ask(port_in(line)).status == 200
            process.send_signal(signal.SIGINT)
            _, err = process.communicate(timeout=20)
    assert f"Port {taken} is taken" in err
    assert process.returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--topics", "speach"), "--topics: list daily has no topic 'speach'; did you mean 'speech'?"),
        (("--frequency", "hourly"), "--frequency hourly: expected daily or weekly"),
        (("--date", "tomorrow"), "--date tomorrow: expected a day such as 2026-11-24"),
    ],
)
def test_a_wrong_option_is_one_line(seeded, arguments, reason):
    with command(seeded, *arguments) as (process, _):
        _, err = process.communicate(timeout=20)
    assert process.returncode == 1
    assert err == f"error: {reason}\n"


@pytest.mark.slow
def test_a_site_that_is_gone_is_said_in_the_page(seeded):
    with command(seeded, "--port", "0") as (process, line):
        shutil.rmtree(seeded.root)
        answer = ask(port_in(line))
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=20)
    assert answer.status == 500
    assert "digest.toml" in answer.words
    assert err == ""
