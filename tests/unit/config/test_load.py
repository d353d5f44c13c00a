"""A mistake is answered in one line: the file or variable, the key, what was expected, the nearest key."""

import os
import re
from pathlib import Path

import pytest

from digest.config.load import load_settings
from digest.errors import ConfigError
from digest.resources import shipped

GOOD = """
[site]
url = "https://digest.example.org"

[mail]
sender = "Paper Digest <digest@example.org>"

[relays.main]
host = "smtp.example.org"
username = "digest"

[lists.daily]
name = "Daily Papers"
topics = ["vision"]

[lists.daily.schedule.daily]
send_at = "0 7 * * 1-5"

[topics.vision]
name = "Vision"

[topics.language-models]
name = "Language models"
keywords = ["LLM"]
"""
SECRET = "hunter2"


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in os.environ:
        if name.upper().startswith("DIGEST_"):
            monkeypatch.delenv(name)


@pytest.fixture
def load(tmp_path):
    def read(text=GOOD, encoding="utf-8"):
        (tmp_path / "digest.toml").write_bytes(text.encode(encoding))
        return load_settings(tmp_path)

    return read


@pytest.fixture
def refusal(load, tmp_path):
    """Return the answer to settings that can't be used, with the folder taken off."""

    def answer(*args, **kwargs):
        with pytest.raises(ConfigError) as caught:
            load(*args, **kwargs)
        said = str(caught.value)
        assert "\n" not in said
        assert len(said) < 300
        assert caught.value.__cause__ is None
        return said.replace(f"{tmp_path}{os.sep}", "")

    return answer


def test_a_good_file_is_read_with_its_defaults(load):
    settings = load()
    assert settings.lists["daily"].topics == ("vision",)
    assert settings.lists["daily"].max_cards == 20
    assert settings.relays["main"].tls == "starttls"
    assert settings.store == Path("store.sqlite3")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_byte_order_mark_is_no_mistake(load, encoding):
    assert load(GOOD.replace("Vision", "視覚"), encoding).topics["vision"].name == "視覚"


@pytest.mark.parametrize(
    ("good", "bad", "answer"),
    [
        ("sender =", "sendr =", "digest.toml: mail.sendr: unknown key; did you mean 'sender'? (and 1 more)"),
        ("[mail]", "[mial]", "digest.toml: mial: unknown key; did you mean 'mail'? (and 1 more)"),
        ('name = "Daily Papers"', "", "digest.toml: lists.daily.name: is missing; it must be given"),
        ("username =", "user =", "digest.toml: relays.main.user: unknown key; did you mean 'username'?"),
        ("send_at =", "sent_at =", "lists.daily.schedule.daily.sent_at: unknown key; did you mean 'send_at'?"),
        ("keywords =", "kewords =", "topics.language-models.kewords: unknown key; did you mean 'keywords'?"),
        (
            "[site]",
            "[zzz]",
            "zzz: unknown key; expected one of domains, hooks, keys, lists, mail, mailboxes, relays, site, sources,"
            " store, templates, topics, web",
        ),
        (
            "schedule.daily]",
            "schedule.dayly]",
            "lists.daily.schedule.dayly: expected 'daily' or 'weekly'; did you mean 'daily'?",
        ),
        (
            "[topics.vision]",
            "[topics.Vision]",
            "topics.Vision: expected a name of lower-case letters, digits and hyphens",
        ),
        (
            '["vision"]',
            '["visoin"]',
            "digest.toml: lists.daily.topics: 'visoin' is not declared; did you mean 'vision'?",
        ),
        ('["vision"]', '["qqq"]', "lists.daily.topics: 'qqq' is not declared; known: language-models, vision"),
        ('["vision"]', '"vision"', 'lists.daily.topics: expected a list such as ["one", "two"]'),
        ('["vision"]', "[1]", "lists.daily.topics.0: expected text"),
        ("username =", 'hosts = "x"\n#', "relays.main.hosts: unknown key; did you mean 'host'?"),
        ('username = "digest"', 'tls = "startls"', "relays.main.tls: expected 'implicit', 'starttls' or 'none'"),
        ('username = "digest"', 'port = "smtp"', "relays.main.port: expected a whole number"),
        ('username = "digest"', "port = 70000", "relays.main.port: expected a number less than or equal to 65535"),
        ('username = "digest"', 'tls = "none"', 'relays.main: tls = "none" would send mail and password readable'),
        ('username = "digest"', 'maildir = "x"', "relays.main: needs either `host` (an SMTP server) or `maildir`"),
        ('topics = ["vision"]', 'relays = ["man"]', "lists.daily.relays: 'man' is not declared; did you mean 'main'?"),
        ('topics = ["vision"]', "max_cards = 1.5", "lists.daily.max_cards: expected a whole number"),
        ('topics = ["vision"]', 'timezone = "Europe/Berln"', "'Europe/Berln' is no IANA timezone; did you mean"),
        (
            "0 7 * * 1-5",
            "0 25 * * 1-5",
            "send_at: '0 25 * * 1-5': bad hour; expected five fields such as '0 7 * * 1-5'",
        ),
        ("https:", "ftp:", "digest.toml: site.url: expected a web address"),
        ("<digest@example.org>", "digest", "digest.toml: mail.sender: 'Paper Digest digest' is no address; expected"),
        ("[relays.main]", "[[relays]]", "digest.toml: relays: expected a table"),
        ("[relays.main]", "[relays]", "digest.toml: relays.host: expected a table"),
    ],
)
def test_a_mistake_in_the_file_is_answered_with_its_place_and_what_was_meant(refusal, good, bad, answer):
    assert good in GOOD
    said = refusal(GOOD.replace(good, bad, 1))
    assert answer in said
    assert said.startswith("digest.toml: ")


@pytest.mark.parametrize(
    ("table", "answer"),
    [
        ('kind = "hugingface"', "sources.new.kind: expected 'file', 'huggingface', "),
        ('kind = "hugingface"', "or 'medrxiv'; did you mean 'huggingface'?"),
        ('url = "https://example.org/feed"', "sources.new.kind: is missing; it must be given: one of 'file', "),
        ('kind = "feed"', 'sources.new: kind = "feed" needs `url`'),
        ('kind = "file"', 'sources.new: kind = "file" needs `path`'),
        ('kind = "arxiv"', 'sources.new: kind = "arxiv" needs `categories` or `query`'),
        ('kind = "arxiv"\ncategories = ["cs.cl"]', "categories: arXiv has no 'cs.cl'; did you mean 'cs.CL'?"),
        ('kind = "arxiv-feed"\ncategories = ["cs.LGG"]', "arXiv has no 'cs.LGG'; did you mean 'cs.LG'?"),
        ('kind = "arxiv"\ncategories = ["zzzz"]', "arXiv has no 'zzzz'; expected one such as 'cs.CL'"),
        ('kind = "huggingface"\ncategories = ["cs.CL"]', 'kind = "huggingface" has no use for `categories`; take'),
        ('kind = "feed"\nurl = "https://example.org/"\nquery = "x"', 'kind = "feed" has no use for `query`'),
        ('kind = "file"\npath = "x"\nurl = "https://example.org/"', 'kind = "file" has no use for `url`; take it out'),
    ],
)
def test_a_source_that_cant_work_as_it_is_written_is_answered(refusal, table, answer):
    said = refusal(f"{GOOD}\n[sources.new]\n{table}\n")
    assert answer in said
    assert said.startswith("digest.toml: sources.new")


@pytest.mark.parametrize("category", ["cs.CL", "cs", "cs.*", "q-bio.NC", "cond-mat.str-el", "quant-ph", "hep-th"])
def test_categories_of_arxiv_are_known_and_those_of_others_left_to_them(load, category):
    assert load(f'{GOOD}\n[sources.new]\nkind = "arxiv"\ncategories = ["{category}"]\n').sources["new"]
    assert load(f'{GOOD}\n[sources.new]\nkind = "biorxiv"\ncategories = ["cell-biology"]\n').sources["new"]


def test_a_missing_file_says_how_to_make_one(tmp_path):
    with pytest.raises(ConfigError, match=r"no such file; .*--site.*`digest init`"):
        load_settings(tmp_path)


def test_a_file_that_is_no_toml_is_answered_with_the_line(refusal):
    assert "not TOML" in refusal("a = 1\nb = \n")
    assert "line 2" in refusal("a = 1\nb = \n")
    assert "not UTF-8 (byte 5); save it as UTF-8" in refusal("a = 'ü'", "latin-1")


def test_a_folder_in_its_place_is_said(tmp_path):
    (tmp_path / "digest.toml").mkdir()
    with pytest.raises(ConfigError, match=r"digest\.toml: Is a directory"):
        load_settings(tmp_path)


@pytest.mark.parametrize(
    ("name", "value", "read"),
    [
        ("DIGEST_SITE__URL", "https://other.example.org", lambda s: s.site.url),
        ("DIGEST_MAIL__SENDER", "other@example.org", lambda s: s.mail.sender),
        ("DIGEST_STORE", "other.sqlite3", lambda s: str(s.store)),
        ("DIGEST_RELAYS__MAIN__HOST", "other.example.org", lambda s: s.relays["main"].host),
        ("DIGEST_RELAYS__SPARE__HOST", "spare.example.org", lambda s: s.relays["spare"].host),
        ("DIGEST_LISTS__DAILY__NAME", "Other", lambda s: s.lists["daily"].name),
        ("DIGEST_LISTS__DAILY__MAX_CARDS", "7", lambda s: str(s.lists["daily"].max_cards)),
        (
            "DIGEST_LISTS__DAILY__SCHEDULE__DAILY__SEND_AT",
            "0 8 * * *",
            lambda s: s.lists["daily"].schedule["daily"].send_at,
        ),
        (
            "DIGEST_LISTS__DAILY__SCHEDULE__WEEKLY__SEND_AT",
            "0 8 * * 1",
            lambda s: s.lists["daily"].schedule["weekly"].send_at,
        ),
        ("digest_lists__daily__name", "lower case", lambda s: s.lists["daily"].name),
        ("DIGEST_TOPICS__LANGUAGE_MODELS__NAME", "Other", lambda s: s.topics["language-models"].name),
        ("DIGEST_TOPICS__NEW_ONE__NAME", "New", lambda s: s.topics["new-one"].name),
    ],
)
def test_the_environment_comes_over_the_file(load, monkeypatch, name, value, read):
    monkeypatch.setenv(name, value)
    settings = load()
    assert read(settings) == value
    assert settings.topics["vision"].name == "Vision"


@pytest.mark.parametrize(
    ("name", "value", "read", "expected"),
    [
        ("DIGEST_LISTS__DAILY__TOPICS", "[]", lambda s: s.lists["daily"].topics, ()),
        ("DIGEST_LISTS__DAILY__TOPICS", '["language-models"]', lambda s: s.lists["daily"].topics, ("language-models",)),
        (
            "DIGEST_TOPICS__LANGUAGE_MODELS__KEYWORDS",
            '["a", "b"]',
            lambda s: s.topics["language-models"].keywords,
            ("a", "b"),
        ),
        (
            "DIGEST_RELAYS__MAIN",
            '{"port": 2525}',
            lambda s: (s.relays["main"].host, s.relays["main"].port),
            ("smtp.example.org", 2525),
        ),
        ("DIGEST_LISTS", '{"daily": {"name": "Other"}}', lambda s: s.lists["daily"].name, "Other"),
        (
            "DIGEST_LISTS__DAILY__SCHEDULE",
            '{"weekly": {"send_at": "0 8 * * 1"}}',
            lambda s: len(s.lists["daily"].schedule),
            2,
        ),
    ],
)
def test_tables_and_lists_come_as_json(load, monkeypatch, name, value, read, expected):
    monkeypatch.setenv(name, value)
    assert read(load()) == expected


def test_a_site_can_do_without_most_of_its_file(load, monkeypatch):
    monkeypatch.setenv("DIGEST_MAIL__SENDER", "digest@example.org")
    monkeypatch.setenv("DIGEST_RELAYS__MAIN__HOST", "smtp.example.org")
    monkeypatch.setenv("DIGEST_LISTS__DAILY__NAME", "Daily")
    assert load("").lists["daily"].name == "Daily"


@pytest.mark.parametrize(
    ("name", "value", "answer"),
    [
        ("DIGEST_SITE__URLL", "x", ": site.urll: unknown key; did you mean 'url'?"),
        ("DIGEST_SIT__URL", "x", ": unknown key sit; did you mean DIGEST_SITE__…?"),
        ("DIGEST_STOER", "x", ": unknown key stoer; did you mean DIGEST_STORE…?"),
        (
            "DIGEST_QQQ__X",
            "x",
            ": unknown key qqq; expected one of DIGEST_DOMAINS, DIGEST_HOOKS, DIGEST_KEYS, DIGEST_LISTS,",
        ),
        ("DIGEST_SITE__URL", "ftp://x", ": site.url: expected a web address"),
        ("digest_mail__sender", "nobody", ": mail.sender: 'nobody' is no address"),
        ("DIGEST_LISTS__DAILY__TOPICS", "vision", ': lists.daily.topics: expected a list such as ["one", "two"]'),
        ("DIGEST_LISTS__DAILY__TOPICS", '["visoin"]', ": lists.daily.topics: 'visoin' is not declared; did you mean"),
        ("DIGEST_LISTS__DAILY__TOPICS", '["Vi sion"]', ": lists.daily.topics.0: expected a name of lower-case letters"),
        ("DIGEST_LISTS__DAILY__MAX_CARDS", "many", ": lists.daily.max_cards: expected a whole number"),
        ("DIGEST_RELAYS__MAIN__ALLOW_PLAINTEXT", "maybe", ": relays.main.allow_plaintext: expected true or false"),
        ("DIGEST_TOPICS__LANGUAGE_MODELS__KEYWORDS", "x", ": topics.language-models.keywords: expected a list"),
        ("DIGEST_LISTS", "{x", ": expected a table as JSON; or give one variable a key, such as DIGEST_LISTS__KEY"),
        ("DIGEST_RELAYS__MAIN", "x", ": relays.main: expected a table"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(refusal, monkeypatch, name, value, answer):
    monkeypatch.setenv(name, value)
    assert refusal().startswith(f"environment variable {name}{answer}")


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("DIGEST_SOURCES__HUGINGFACE__URL", "sources.hugingface.kind"),
        ("DIGEST_LISTS__DIALY__TIMEZONE", "lists.dialy.name"),
    ],
)
def test_a_variable_that_makes_a_table_of_its_own_is_named(refusal, monkeypatch, name, key):
    monkeypatch.setenv(name, "http://example.org/" if name.endswith("URL") else "UTC")
    assert refusal().startswith(f"digest.toml, with environment variable {name}: {key}: is missing; it must be given")


def test_a_mistake_that_file_and_environment_make_together_names_both(refusal, monkeypatch):
    monkeypatch.setenv("DIGEST_RELAYS__MAIN__TLS", "none")
    assert refusal().startswith(
        'digest.toml, with environment variable DIGEST_RELAYS__MAIN__TLS: relays.main: tls = "none"'
    )


@pytest.mark.parametrize("name", ["DIGEST_DIR", "DIGEST_ALGORITHM", "DIGESTION__X"])
def test_variables_of_others_are_left_alone(load, monkeypatch, name):
    monkeypatch.setenv(name, "x")
    assert load()


@pytest.mark.parametrize(
    ("table", "key", "variable"),
    [
        ("relays.main", "password", "DIGEST_RELAYS__MAIN__PASSWORD"),
        ("relays.spare-one", "password", "DIGEST_RELAYS__SPARE_ONE__PASSWORD"),
        ("hooks.mailgun", "signing_key", "DIGEST_HOOKS__MAILGUN__SIGNING_KEY"),
        ("hooks.postmark", "password", "DIGEST_HOOKS__POSTMARK__PASSWORD"),
        ("keys", "identity", "DIGEST_KEYS__IDENTITY"),
        ("keys", "signing", "DIGEST_KEYS__SIGNING"),
    ],
)
def test_a_secret_in_the_file_is_refused_and_told_where_it_belongs(refusal, table, key, variable):
    line = f'{key} = "{SECRET}"'
    text = GOOD.replace(f"[{table}]", f"[{table}]\n{line}") if f"[{table}]" in GOOD else f"{GOOD}\n[{table}]\n{line}\n"
    said = refusal(text)
    assert (
        said
        == f"digest.toml: {table}.{key}: a secret doesn't belong here; use the environment ({variable}) or {key}_file"
    )


@pytest.mark.parametrize(
    ("hook", "answer"),
    [
        ('[hooks.ses]\ntopic = "bounces"', "hooks.ses.topic: 'bounces' is no topic; expected its ARN, such as"),
        ("[hooks.ses]", "hooks.ses.topic: is missing; it must be given"),
        ('[hooks.ses]\nkey = "x"\ntopic = "arn:aws:sns:eu-west-1:123456789012:x"', "hooks.ses.key: unknown key"),
        ('[hooks.postmark]\nusername = "a:b"', "hooks.postmark.username: expected a name without a colon"),
        ("[hooks.postmak]", "hooks.postmak: unknown key; did you mean 'postmark'?"),
        ('[hooks.mailgun]\nsigning_keyfile = "x"', "hooks.mailgun.signing_keyfile: unknown key; did you mean"),
    ],
)
def test_a_mistake_in_a_webhook_is_told(refusal, hook, answer):
    assert refusal(f"{GOOD}\n{hook}\n").startswith(f"digest.toml: {answer}")


@pytest.mark.parametrize("text", [f'"{SECRET}"', f'\'{{"host": "h", "password": "{SECRET}"}}\'', f'["{SECRET}"]'])
def test_a_secret_isn_t_smuggled_into_the_file_as_something_else(refusal, text):
    said = refusal(GOOD.replace("[relays.main]", f"[relays]\nspare = {text}\n[relays.main]"))
    assert said == "digest.toml: relays.spare: expected a table"


def test_secrets_come_from_the_environment_and_are_never_shown(load, monkeypatch):
    monkeypatch.setenv("DIGEST_RELAYS__MAIN__PASSWORD", SECRET)
    monkeypatch.setenv("DIGEST_KEYS__IDENTITY", SECRET)
    monkeypatch.setenv("DIGEST_KEYS__SIGNING", SECRET)
    monkeypatch.setenv("DIGEST_HOOKS__MAILGUN__SIGNING_KEY", SECRET)
    settings = load()
    given = (settings.relays["main"].password, settings.keys.identity, settings.keys.signing)
    assert [secret.get_secret_value() for secret in (*given, settings.hooks.mailgun.signing_key)] == [SECRET] * 4
    tables = f"{settings.keys}{settings.relays}{settings.hooks}"
    for shown in (repr(settings), str(settings), tables, settings.model_dump_json()):
        assert SECRET not in shown


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DIGEST_RELAYS", f'{{"main": {{"password": "{SECRET}"'),
        ("DIGEST_RELAYS", SECRET),
        ("DIGEST_RELAYS__MAIN", SECRET),
        ("DIGEST_RELAYS__MAIN", f'{{"passwort": "{SECRET}"}}'),
        ("DIGEST_RELAYS__MAIN", f'{{"password": ["{SECRET}"]}}'),
        ("DIGEST_RELAYS__MAIN__HOST", f"digest:{SECRET}@smtp.example.org"),
        ("DIGEST_RELAYS__MAIN__PASSWRD", SECRET),
        ("DIGEST_RELAYS__MAIN__PORT", SECRET),
        ("DIGEST_KEYS", SECRET),
        ("DIGEST_KEYS__IDENTTY", SECRET),
        ("DIGEST_SITE__URL", f"https://ak:{SECRET}@example.org"),
    ],
)
def test_an_error_repeats_no_secret(refusal, monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    assert SECRET not in refusal()


def test_what_a_new_site_has_as_comments_can_be_used_as_it_stands(load):
    comments = (shipped("templates") / "site" / "digest.toml").read_text("utf-8")
    settings = load(re.sub(r"(?m)^# (?=\[|\w+ = )", "", comments))
    assert settings.site.url == "https://digest.example.org"
    assert settings.web.proxies
    assert settings.mailboxes["bounces"].host == "imap.example.org"
    assert settings.hooks.mailgun
    assert len(settings.sources) == 3
