"""The preview as a browser meets it: a real server on a free port, asked over HTTP."""

import html
import json
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from email import message_from_bytes, policy

import pytest

from digest.collecting import collect_file
from digest.deliver.delivery import Claim
from digest.issues.states import Verb
from digest.messages import Messages
from digest.pipeline import approve, build, change_state, key_of
from digest.planning import Planner
from digest.rehearsal import look
from digest.site import Site
from digest.store import editions, issues
from digest.store.memory import memory
from digest.store.metadata import metadata
from digest.store.suppressions import add
from digest.subscribers.identity import address_key
from digest.web.choice import Choice
from tests.integration.previewing import Get, ask, serving

DAY = date(2026, 11, 24)


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
    words = get().words
    assert "Daily Papers Draft Tuesday, 24 November 2026" in words
    assert "Its papers were chosen at 2026-11-24 07:00" in words


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
    words = get().words
    assert "Cancelled draft Tuesday" in words
    assert "It is never sent." in words


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
    assert 'name="list"' in answer.page
    assert "▸ </span>&lt;h1 class=&#34;x&#34; dir=&#34;auto&#34;&gt;{{ issue.list_nam }}&lt;/h1&gt;" in answer.page
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
    assert "▸ </span>bylin = " in answer.page
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
        ("theme=defualt", "there is no theme 'defualt'; did you mean 'default'?"),
        ("theme=../../keys", "there is no theme '../../keys'; themes: compact, default"),
        ("subscriber=nobody@example.org", "list daily has no subscriber 'nobody@example.org' in "),
        ("subscriber=EXAMPLE.NET", "did you mean kurt@example.net or alan@example.net?"),
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


# Whose message it is


def test_a_subscriber_sees_their_own_message(get, seeded, daily, now):
    built(seeded, now)
    approved(seeded, now)
    message = message_from_bytes(get("/message.eml?subscriber=Grace@example.com").body, policy=policy.default)
    with seeded.store.begin() as connection:
        stored = issues.find(connection, key_of(daily, "daily", DAY))
        planner = Planner(connection, seeded, daily, stored, now)
    with memory() as remembered:
        planned = {one.address: one for one in planner.deliveries(remembered)}
    with seeded.store.begin() as connection:
        for key, (language, made) in planner.fresh_editions().items():
            editions.save(connection, stored.id, key, language, made)
    theirs = planned["grace@example.com"]
    ids = {"delivery_id": 1, "subscriber_id": theirs.subscriber_id, "address_key": theirs.address_key}
    claim = Claim(
        **ids,
        address=theirs.address,
        domain="example.com",
        name=theirs.name,
        edition=theirs.edition,
        date=now,
        attempts=0,
    )
    sent = message_from_bytes(Messages.of(seeded, stored).for_claim(claim).data, policy=policy.default)
    assert message.items() == sent.items()
    assert message.get_body(("html",)).get_content() == sent.get_body(("html",)).get_content()
    assert message["To"] == "Grace Hopper <grace@example.com>"
    assert "Topics: 2 of 14" in get("/?subscriber=grace@example.com").words


def test_topics_by_hand_go_before_the_subscribers_own(get):
    assert "Speech and audio" in get("/text?subscriber=grace@example.com&topics=speech").page


def test_what_a_subscriber_does_not_get_is_said(get, seeded, daily, now):
    words = get("/?subscriber=alan@example.net").words
    assert "daily/weekly/2026-W48" in words
    assert "and not this one" not in words
    by_hand = get("/?subscriber=alan@example.net&frequency=daily").words
    assert "alan@example.net gets the weekly issues and not this one." in by_hand
    key = address_key(seeded.identity_key, "ada@example.org")
    with seeded.store.begin() as connection:
        add(connection, scope=daily.id, address_key=key, address=None, reason="left", source="test", now=now)
    words = get("/?subscriber=ada@example.org").words
    assert "Gets nothing: ada@example.org left the list daily on 2026-11-24; only a confirmed sign-up" in words


def test_a_row_that_cannot_be_used_is_told_with_its_line(get, subscriber_file):
    rewrite(subscriber_file, "language-models robotics", "language-modls")
    answer = get("/?subscriber=grace@example.com")
    assert answer.status == 404
    assert f"{subscriber_file}:13: the topic 'language-modls' is not declared; did you mean" in answer.words
    assert "▸ </span>grace@example.com" in answer.page


def test_a_changed_row_is_seen(get, subscriber_file):
    assert "Ada Lovelace" in get("/text?subscriber=ada@example.org").page
    rewrite(subscriber_file, "Ada Lovelace", "Ada King")
    assert "Ada King" in get("/text?subscriber=ada@example.org").page


def test_the_first_addresses_are_offered_and_no_more(get, subscriber_file):
    with subscriber_file.open("a") as file:
        file.writelines(f"reader{number}@example.org,,,,,\n" for number in range(100))
    offered = re.findall(r'<option value="([^"]*@[^"]*)">', get().page)
    assert len(offered) == 50
    assert offered[0] == "ada@example.org"
    assert get("/?subscriber=reader99@example.org").status == 200


def test_another_theme_and_language(get, seeded):
    theme = seeded.root / "templates" / "plain-words"
    theme.mkdir()
    (theme / "_masthead.mjml.j2").write_text("<mj-text>{{ _('Quite another head') }}</mj-text>\n")
    catalogs = seeded.root / "templates" / "locale"
    catalogs.mkdir(exist_ok=True)
    (catalogs / "tlh.po").write_text('msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n')
    page = get("/?theme=plain-words").page
    assert "<option selected>plain-words</option>" in page
    assert "Quite another head" in get("/html?theme=plain-words").page
    assert "Quite another head" not in get("/html").page
    german = catalogs / "de.po"
    german.write_text(
        'msgid ""\nmsgstr "Content-Type: text/plain; charset=UTF-8\\n"\n\n'
        'msgid "Quite another head"\nmsgstr "Ein ganz anderer Kopf"\n'
    )
    assert "Ein ganz anderer Kopf" in get("/html?theme=plain-words&language=de").page
    assert "Ein ganz anderer Kopf" in get("/html?theme=plain-words&subscriber=emmy@example.org").page
    assert "Ein ganz anderer Kopf" not in get("/html?theme=plain-words&subscriber=emmy@example.org&language=en").page


def test_an_approved_issue_says_what_it_keeps(get, seeded, now):
    (seeded.root / "templates" / "other").mkdir()
    (seeded.root / "templates" / "other" / "subject.txt.j2").write_text("Other")
    built(seeded, now)
    approved(seeded, now)
    words = get("/?theme=other&language=fr").words
    assert "keeps the theme it was approved with" in words
    assert "fr came later, or has no words" in words


# How it is shown


def test_the_frame_follows_the_switches_and_the_message_does_not(get):
    assert "(prefers-color-scheme:dark)" in get("/html").page
    dark, light = get("/html?scheme=dark").page, get("/html?scheme=light").page
    assert "prefers-color-scheme" not in dark + light
    assert "color-scheme: only dark" in dark
    assert b"prefers-color-scheme" in get("/message.eml?scheme=dark").body
    assert "img-src https: data:;" in get("/html").headers["content-security-policy"]
    assert "img-src 'none';" in get("/html?images=off").headers["content-security-policy"]
    page = get("/?scheme=dark&width=phone").page
    assert page.count('src="/html?list=daily&amp;scheme=dark"') == 2
    assert '<figure id="desktop" hidden>' in page


def test_the_checks_are_in_the_page_when_asked_for(get, seeded):
    assert "Check this message" in get().words
    assert "nothing found" in get("/?checks=on").words
    rewrite(seeded.root / "templates" / "default" / "subject.txt.j2", "{{", "{% raw %}{{ x }}{% endraw %}{{")
    words = get("/?checks=on").words
    assert re.search(r"Checks [1-9] errors?", words), words


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


def test_only_get_and_head_but_for_a_test_copy(get):
    for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
        assert get("/html", method=method).status == 405, method
    for method in ("GET", "HEAD", "PUT", "DELETE"):
        assert get("/test", method=method).status == 405, method
    answer = get("/html", method="HEAD")
    assert (answer.status, answer.body) == (200, b"")


def test_every_answer_is_locked_down(get):
    for path in (
        "/",
        "/html",
        "/text",
        "/raw",
        "/message.eml",
        "/preview.css",
        "/preview.js",
        "/nothing",
        "/?list=none",
    ):
        headers = get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none';"), path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == ("same-origin" if path in ("/", "/?list=none") else "no-referrer")
        assert headers["cache-control"] == "no-store"


def test_the_mail_is_sandboxed_alone_as_in_the_frame(get):
    policy_of_mail = get("/html").headers["content-security-policy"]
    assert "sandbox allow-popups allow-popups-to-escape-sandbox" in policy_of_mail
    assert "script-src" not in policy_of_mail
    frames = re.findall(r'<iframe [^>]*sandbox="([^"]*)"', get().page)
    assert frames == ["allow-popups allow-popups-to-escape-sandbox allow-same-origin"] * 2


def test_strangers_titles_are_text_in_the_page(site, now, tmp_path):
    title = "<script>alert(1)</script> \"& 'everything'"
    file = tmp_path / "papers.jsonl"
    file.write_text(json.dumps({"title": title, "abstract": "</pre></code><img src=x onerror=alert(1)>."}) + "\n")
    collect_file(site, file, None, now)
    with serving(site, now, Choice("daily")) as get:
        for view in ("html", "text", "headers", "raw"):
            answer = get(f"/?view={view}")
            assert answer.status == 200
            assert re.findall("<script[^>]*>", answer.page) == ['<script src="/preview.js" defer>']
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
