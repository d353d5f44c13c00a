"""What stops an issue, when, and what `digest lint` says of it."""

import json
from datetime import date, timedelta
from pathlib import Path

import pytest

from digest import clock
from digest.checks.finding import Finding
from digest.collecting import collect_file
from digest.errors import CheckError, TemplateError
from digest.frozen import frozen_languages
from digest.issues.states import IssueState
from digest.linting import lint, of_single_topics
from digest.messages import SAMPLE_READER
from digest.pipeline import Control, approve, build, key_of, send
from digest.rehearsal import look
from digest.site import Site
from digest.store import deliveries, issues
from tests.integration.test_cli_delivery import run

DAY = date(2026, 11, 24)


def template(site: Site, name: str) -> Path:
    return site.root / "templates" / "default" / name


def without(site: Site, name: str, *texts: str) -> None:
    """Take something out of a template of the site."""
    path = template(site, name)
    for text in texts:
        assert text in path.read_text("utf-8")
        path.write_text(path.read_text("utf-8").replace(text, ""), encoding="utf-8")


def configured(site: Site, *changes: str) -> Site:
    """Return the site with texts of digest.toml replaced, each as "old => new"."""
    path = site.root / "digest.toml"
    text = path.read_text("utf-8")
    for change in changes:
        old, _, new = change.partition(" => ")
        assert old in text
        text = text.replace(old, new, 1)
    path.write_text(text, encoding="utf-8")
    return Site.open(site.root)


OUT = 'relays = ["outbox"] => relays = ["main"]'
RELAY = '[relays.outbox] => [relays.main]\nhost = "smtp.lab.edu"\n\n[relays.outbox]'


def built(site: Site, now) -> issues.StoredIssue | None:
    with site.store.begin() as connection:
        return build(connection, site, site.list("daily"), "daily", DAY, now)


def approved(site: Site, now) -> issues.StoredIssue:
    with site.store.begin() as connection:
        return approve(connection, site, site.list("daily"), key_of(site.list("daily"), "daily", DAY), now)


def stored(site: Site) -> issues.StoredIssue | None:
    with site.store.begin() as connection:
        return issues.find(connection, key_of(site.list("daily"), "daily", DAY))


def linted(site: Site, now, topics=(), whole: bool = True) -> tuple[Finding, ...]:
    daily = site.list("daily")
    shown = look(site, daily, "daily", DAY, topics, now)
    message = shown.message(site, daily, SAMPLE_READER, now=now, message_id="0123@example.org")
    return lint(site, daily, message, shown if whole else None)


def test_the_shipped_theme_has_nothing_wrong_on_the_demo_site(seeded, now):
    for name, frequency in (("daily", "daily"), ("weekly", "weekly")):
        mailing_list = seeded.list(name)
        shown = look(seeded, mailing_list, frequency, DAY, (), now)
        message = shown.message(seeded, mailing_list, SAMPLE_READER, now=now, message_id="0123@example.org")
        assert lint(seeded, mailing_list, message, shown) == ()
        assert lint(seeded, mailing_list, message) == ()
        assert of_single_topics(seeded, mailing_list, shown, now) == []


def test_a_draft_that_couldn_t_go_out_isn_t_made(seeded, now):
    without(seeded, "_footer.txt.j2", "{{ issue.postal_address|wrap }}")
    without(seeded, "_footer.mjml.j2", "· {{ issue.postal_address }}")
    with pytest.raises(CheckError) as raised:
        built(seeded, now)
    assert str(raised.value) == (
        "issue daily/daily/2026-11-24 can't go out: postal: the HTML doesn't have site.postal_address; show"
        " it in the theme (and 1 more error); `digest lint daily` tells all"
    )
    assert stored(seeded) is None


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (
            lambda site: without(site, "_card.txt.j2", "{{ entry.title|wrap }}", '{% include "_paper.txt.j2" %}'),
            "plaintext",
        ),
        (lambda site: without(site, "issue.txt.j2", '{% include "_line.txt.j2" %}'), "plaintext"),
        (lambda site: without(site, "_footer.txt.j2", "{{ issue.unsubscribe }}"), "unsubscribe"),
        (lambda site: template(site, "_card.mjml.j2").write_text("<mj-text>{{ '{{ title }}' }}</mj-text>\n"), "marks"),
        (
            lambda site: template(site, "_masthead.mjml.j2").write_text(f"<mj-text>{'too long ' * 12000}</mj-text>"),
            "size",
        ),
        (lambda site: template(site, "issue.txt.j2").write_text("\n"), "plaintext"),
        (lambda site: template(site, "subject.txt.j2").write_text("{{ '{{ lead }}' }}"), "marks"),
    ],
)
def test_what_a_theme_does_wrong_stops_an_issue_when_it_is_built(seeded, now, spoil, check):
    spoil(seeded)
    with pytest.raises(CheckError, match=f"can't go out: {check}: "):
        built(seeded, now)
    assert check in {one.check for one in linted(seeded, now) if one.level == "error"}


def test_papers_in_another_order_are_found(seeded, now):
    path = template(seeded, "issue.txt.j2")
    path.write_text(path.read_text("utf-8").replace("in issue.sections", "in issue.sections|reverse"), encoding="utf-8")
    with pytest.raises(CheckError, match=r"plaintext: paper .* comes where the HTML has paper"):
        built(seeded, now)


def test_what_goes_out_of_the_machine_has_names_that_others_know(seeded, now):
    site = configured(seeded, RELAY, OUT.replace('["main"]', '["outbox", "main"]'))  # one of both is enough
    with pytest.raises(CheckError, match=r"hosts: From is at example\.org, which is for examples and tests only"):
        built(site, now)
    site = configured(site, "digest@example.org => digest@lab.edu")
    assert built(site, now) is not None
    site = configured(site, '# url = "https://digest.example.org" => url = "http://digest.lab.edu" #')
    with pytest.raises(CheckError, match=r"one-click: List-Unsubscribe begins with .*\(and 1 more error\)"):
        built(site, now)
    site = configured(site, "http://digest.lab.edu => https://digest.lab.edu")
    assert built(site, now) is not None


def test_without_a_postal_address_nothing_goes_out(seeded, now):
    site = configured(seeded, 'postal_address = "Paper Digest, 1 => postal_address = "" # ')
    with pytest.raises(CheckError, match=r"postal: site\.postal_address is empty"):
        built(site, now)


def test_a_theme_broken_after_the_draft_stops_the_approval(seeded, now):
    built(seeded, now)
    without(seeded, "_footer.txt.j2", "{{ issue.unsubscribe }}")
    with pytest.raises(CheckError, match="unsubscribe: the plaintext has no link to leave by"):
        approved(seeded, now)
    draft = stored(seeded)
    assert draft is not None
    assert (draft.state, draft.number) == (IssueState.DRAFT, None)


def test_each_language_of_an_issue_is_checked_and_one_with_errors_left_out(mailed, now, caplog):
    folder = mailed.root / "templates" / "locale"
    folder.mkdir(exist_ok=True)
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (folder / "nl.po").write_text(
        f'{head}msgid "In this issue"\nmsgstr "In deze {{{{ uitgave }}}}"\n', encoding="utf-8"
    )
    mailed.subscriber_file(mailed.list("daily")).write_text("email,language\nada@example.org,nl\n", encoding="utf-8")
    built(mailed, now)
    assert frozen_languages(approved(mailed, now).frozen) == ("en",)
    assert "marks: issue.mjml.j2: '{{' is left" in caplog.text


def test_words_that_cant_be_used_are_warned_of(seeded, now):
    folder = seeded.root / "templates" / "locale"
    folder.mkdir(exist_ok=True)
    (folder / "pt_BR.po").write_text("", encoding="utf-8")
    (folder / "nl.po").write_text('msgid "PDF"\nmsgstr "%"\n', encoding="utf-8")
    warned = {one.text for one in linted(seeded, now) if (one.level, one.check) == ("warning", "words")}
    assert {text.partition(":")[0] for text in warned} == {
        "nobody gets the mail in nl",
        "nobody gets the mail in pt_BR",
    }


def test_relays_named_after_the_approval_are_checked_before_the_plan(seeded, now):
    built(seeded, now)
    approved(seeded, now)
    site = configured(seeded, RELAY, OUT)
    with pytest.raises(CheckError) as raised:
        send(site, site.list("daily"), "daily", DAY, Control(now=lambda: now + timedelta(hours=1)))
    assert "hosts: From is at example.org" in str(raised.value)
    assert str(raised.value).endswith("or `digest issue cancel daily/daily/2026-11-24`")
    frozen = stored(site)
    assert frozen is not None
    assert (frozen.state, frozen.planned_at) == (IssueState.APPROVED, None)
    with site.store.begin() as connection:
        assert deliveries.counts(connection, frozen.id) == {}


def test_what_is_frozen_is_held_to_what_it_froze(mailed, server, now):
    """Another address in the settings, and a theme that is broken since, don't stop what was approved before."""
    built(mailed, now)
    approved(mailed, now)
    site = configured(mailed, "1 Example Street => 2 Other Street")
    without(site, "_footer.txt.j2", "{{ issue.unsubscribe }}")
    template(site, "_card.mjml.j2").write_text("{{ '{{' }}", encoding="utf-8")
    assert linted(site, now) == ()
    assert send(site, site.list("daily"), "daily", DAY, Control(now=lambda: now + timedelta(hours=1))) is not None
    assert len(server.messages) == 5


def test_papers_called_like_code_go_out(mailed, server, now):
    titles = ["{{cookiecutter}}: templates", "{% raw %}", "None", "[object Object]", "EntryView(x)", "PDF"]
    records = [
        {"id": f"2611.0000{n}", "title": title, "abstract": f"{title} {{{{ x }}}} None. {title}", "authors": ["None"]}
        for n, title in enumerate(titles)
    ]
    path = mailed.root / "odd.jsonl"
    path.write_text("\n".join(map(json.dumps, records)), encoding="utf-8")
    assert collect_file(mailed, path, None, now).saved.new == len(titles)
    assert send(mailed, mailed.list("daily"), "daily", DAY, Control(now=lambda: now)) is not None
    assert len(server.messages) == 5
    assert [one for one in linted(mailed, now) if one.level == "error"] == []


def test_a_mistake_that_only_some_readers_see_is_told_with_their_topic(seeded, now):
    """The whole edition has one lead; the others lead the editions of their topic."""
    daily = seeded.list("daily")
    whole = look(seeded, daily, "daily", DAY, (), now)
    topic = next(
        s.topic for s in whole.issue.sections if whole.issue.entries[0] not in s.entries and len(s.entries) > 1
    )
    path = template(seeded, "_lead.txt.j2")
    guarded = f'{{% if entry.topic_name != "{topic.name}" %}}{path.read_text("utf-8")}{{% endif %}}\n-\n'
    path.write_text(guarded, encoding="utf-8")
    whole = look(seeded, daily, "daily", DAY, (), now)
    assert linted(seeded, now) == ()
    [found] = of_single_topics(seeded, daily, whole, now)
    assert found.text.startswith(f"for readers of {topic.id}: paper ")


def test_a_template_that_fails_for_readers_of_one_topic_stops_the_draft(seeded, now):
    template(seeded, "subject.txt.j2").write_text("{{ lead_title }} {{ topic_names[1] }}", encoding="utf-8")
    assert look(seeded, seeded.list("daily"), "daily", DAY, (), now).recipe.subject
    with pytest.raises(TemplateError, match=r"subject\.txt\.j2:1"):
        built(seeded, now)


def test_a_message_alone_is_enough_for_most(seeded, now):
    without(seeded, "_footer.txt.j2", "{{ issue.unsubscribe }}")
    assert [one.check for one in linted(seeded, now, whole=False)] == ["unsubscribe"]


def test_errors_come_before_warnings(seeded, now):
    template(seeded, "_masthead.mjml.j2").write_text(
        '<mj-text><p style="color:#ccc">x</p></mj-text>\n', encoding="utf-8"
    )
    without(seeded, "_footer.txt.j2", "{{ issue.unsubscribe }}")
    found = linted(seeded, now)
    assert [one.level for one in found] == sorted(one.level for one in found)
    assert {"contrast", "headings", "unsubscribe"} <= {one.check for one in found}


@pytest.fixture
def today(site: Site) -> Site:
    """The sample site with papers of the real today, for commands."""
    collect_file(site, Path(__file__).parents[2] / "seeds" / "seed-page.txt", 2025, clock.now())
    return site


def test_lint_says_that_nothing_is_wrong(today, tmp_path):
    result = run(today, "lint", "daily", PATH=str(tmp_path))
    assert (result.returncode, result.stderr) == (
        0,
        "SpamAssassin is not on this machine; its score is left out.\n",
    )
    assert result.stdout.endswith(": no errors, no warnings\n")
    assert result.stdout.count("\n") == 1


def test_lint_lists_errors_then_warnings_and_counts_them(today):
    template(today, "_masthead.mjml.j2").write_text(
        '<mj-text><h1 style="color:#ccc">x</h1></mj-text>', encoding="utf-8"
    )
    result = run(today, "lint", "daily", "--strict")
    assert result.returncode == 1
    first, last = result.stdout.splitlines()
    assert first == "warning contrast: light: #cccccc on #ffffff has 1.60:1 and needs 3:1, in 'x'"
    assert last.endswith(": no errors, 1 warning")
    result = run(today, "lint", "daily", "--json")
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert (told["errors"], told["warnings"]) == (0, 1)
    assert [(one["level"], one["check"]) for one in told["findings"]] == [("warning", "contrast")]
    without(today, "_footer.txt.j2", "{{ issue.unsubscribe }}")
    result = run(today, "lint", "daily", "--topics", "robotics")
    assert result.returncode == 1
    assert [line.split(":")[0] for line in result.stdout.splitlines()[:2]] == ["error unsubscribe", "warning contrast"]
    assert result.stdout.endswith(": 1 error, 1 warning\n")


def test_lint_says_which_topics_there_are(today):
    result = run(today, "lint", "daily", "--topics", "robtics")
    assert result.returncode == 1
    assert "no topic 'robtics'; did you mean 'robotics'?" in result.stderr


def test_a_test_copy_goes_out_and_says_what_would_stop_it(today, server):
    site = configured(
        today,
        f'[relays.outbox] => [relays.main]\nhost = "127.0.0.1"\nport = {server.port}\ntls = "none"\n\n[relays.outbox]',
        OUT,
    )
    without(site, "_footer.txt.j2", "{{ issue.unsubscribe }}")
    result = run(site, "send", "daily", "--to", "editor@example.org")
    assert result.returncode == 0
    assert len(server.messages) == 1
    assert result.stderr == (
        "error unsubscribe: the plaintext has no link to leave by; show issue.unsubscribe in the theme\n"
    )


def test_a_command_says_in_one_line_what_stops_an_issue(today):
    without(today, "_footer.txt.j2", "{{ issue.unsubscribe }}")
    result = run(today, "issue", "build", "daily")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("error: issue daily/daily/")
    assert result.stderr.endswith("`digest lint daily` tells all\n")
    assert result.stderr.count("\n") == 1
