"""A list in several languages: who gets which, and what approval keeps of them."""

from datetime import date

import pytest

from digest.config.load import FILE_NAME
from digest.errors import ConfigError, TemplateError
from digest.frozen import frozen_languages
from digest.languages import languages_of
from digest.messages import body, read_back
from digest.pipeline import Control, approve, build, send
from digest.rehearsal import look
from digest.render.headers import Mailbox
from digest.site import Site

DAY = date(2026, 11, 24)
CATALOG = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "In this issue"
msgstr "{heading}"

msgid "%(num)s paper"
msgid_plural "%(num)s papers"
msgstr[0] "%(num)s artikel"
msgstr[1] "%(num)s artikelen"
"""
READERS = """email,language
ada@example.org,nl-BE
bob@example.org,en
cleo@example.org,
dirk@example.org,xx
"""


@pytest.fixture
def dutch(mailed, subscriber_file):
    """A site that has words in Dutch of its own, and readers of it."""
    catalog(mailed, "In deze uitgave")
    subscriber_file.write_text(READERS, encoding="utf-8")
    return mailed


def catalog(site, heading):
    folder = site.root / "templates" / "locale"
    folder.mkdir(exist_ok=True)
    (folder / "nl.po").write_text(CATALOG.format(heading=heading), encoding="utf-8")


def text_of(message):
    return message.get_payload(0).get_payload(decode=True).decode()


def test_each_reader_gets_the_mail_in_their_language(dutch, server, now):
    send(dutch, dutch.list("daily"), "daily", DAY, Control(now=lambda: now))
    got = {envelope.rcpt_tos[0]: text_of(message) for envelope, message in server.messages}
    assert len(got) == 4
    headings = {to: [head in text for head in ("In deze uitgave: ", "In this issue: ")] for to, text in got.items()}
    dutch_readers = {to for to, (in_dutch, in_english) in headings.items() if in_dutch and not in_english}
    assert dutch_readers == {"ada@example.org"}
    assert "dinsdag 24 november 2026" in got["ada@example.org"]
    assert "46 artikelen: " in got["ada@example.org"]
    assert "Tuesday, November 24, 2026" in got["dirk@example.org"]


def test_an_approved_issue_keeps_its_words(dutch, server, now):
    daily = dutch.list("daily")
    with dutch.store.begin() as connection:
        stored = build(connection, dutch, daily, "daily", DAY, now)
        stored = approve(connection, dutch, daily, stored.key, now)
    assert frozen_languages(stored.frozen) == ("en", "nl")
    catalog(dutch, "Iets anders")
    send(dutch, daily, "daily", DAY, Control(now=lambda: now))
    (text,) = (text_of(m) for e, m in server.messages if e.rcpt_tos == ["ada@example.org"])
    assert "In deze uitgave: 46 artikelen" in text
    assert "Iets anders" not in text


def test_a_draft_is_shown_in_any_language_and_a_frozen_issue_in_its_own(dutch, subscriber_file, now):
    daily = dutch.list("daily")
    subscriber_file.write_text("email\nada@example.org\n", encoding="utf-8")

    def heading(language):
        shown = look(dutch, daily, "daily", DAY, (), now, language=language)
        message = shown.message(dutch, daily, Mailbox("", "ada@example.org"), now=now, message_id="x@example.org")
        return "In deze uitgave" in body(read_back(message), "plain")

    assert [heading(language) for language in (None, "nl", "nl-BE", "xx")] == [False, True, True, False]
    with dutch.store.begin() as connection:
        stored = build(connection, dutch, daily, "daily", DAY, now)
        approve(connection, dutch, daily, stored.key, now)
    assert [heading(language) for language in (None, "nl")] == [False, False]


def test_a_list_in_a_language_without_words_is_refused_with_what_there_is(dutch, now):
    settings = dutch.root / FILE_NAME
    text = settings.read_text("utf-8").replace('name = "Daily Papers"', 'name = "Daily Papers"\nlanguage = "da"')
    settings.write_text(text, encoding="utf-8")
    site = Site.open(dutch.root)
    with pytest.raises(ConfigError, match=r"in the language 'da'; expected one of .*\ben\b.*\bnl\b.*da\.po"):
        look(site, site.list("daily"), "daily", DAY, (), now)


def test_languages_are_the_lists_own_and_those_asked_for(dutch, subscriber_file):
    daily = dutch.list("daily")
    assert languages_of(dutch, daily) == ("en", "nl")
    subscriber_file.unlink()
    assert languages_of(dutch, daily) == ("en",)


BROKEN = [
    'msgid "PDF"\nmsgsr "PDF"\n',
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=klingon\\n"\n\nmsgid "PDF"\nmsgstr "PDF"\n',
    CATALOG.format(heading="x").replace("%(num)s artikelen", "%(nummer)s artikelen"),
    CATALOG.format(heading="x").replace("%(num)s artikelen", "100% artikelen"),
    CATALOG.format(heading="<mj-section>"),
    None,
]


@pytest.mark.parametrize("text", BROKEN)
def test_broken_words_of_a_readers_language_cost_the_others_nothing(dutch, server, now, caplog, text):
    file = dutch.root / "templates" / "locale" / "nl.po"
    file.write_bytes(b"\xff\xfe" if text is None else text.encode())
    send(dutch, dutch.list("daily"), "daily", DAY, Control(now=lambda: now))
    got = {envelope.rcpt_tos[0]: text_of(message) for envelope, message in server.messages}
    assert len(got) == 4
    assert all("In this issue: " in text for text in got.values())
    assert "its readers get the issue in en" in caplog.text
    assert "nl" in caplog.text


def test_broken_words_of_the_lists_own_language_are_told_at_build(dutch, now):
    settings = dutch.root / FILE_NAME
    text = settings.read_text("utf-8").replace('name = "Daily Papers"', 'name = "Daily Papers"\nlanguage = "nl"')
    settings.write_text(text, encoding="utf-8")
    (dutch.root / "templates" / "locale" / "nl.po").write_text(BROKEN[2], encoding="utf-8")
    site = Site.open(dutch.root)
    with pytest.raises(TemplateError, match=r"nl\.po:10: .*'%\(nummer\)s artikelen'"), site.store.begin() as connection:
        build(connection, site, site.list("daily"), "daily", DAY, now)
