from datetime import date

import pytest

from digest.errors import TemplateError
from digest.render.reasons import reason
from digest.render.words import Words, offered

DAY = date(2026, 11, 24)
GERMAN = """
msgid ""
msgstr ""
"Content-Type: text/plain; charset=utf-8\\n"
"Plural-Forms: nplurals=2; plural=(n != 1);\\n"

msgid "Code"
msgstr "Quelltext"

msgid "rising fast"
msgstr "im Aufwind"

msgid "updated, version %(version)s"
msgstr "neue Fassung %(version)s"

msgid "%(num)s upvote"
msgid_plural "%(num)s upvotes"
msgstr[0] "%(num)s Stimme"
msgstr[1] "%(num)s Stimmen"
"""
WORDS = Words("de", {"de.po": GERMAN})


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "Tuesday, November 24, 2026"),
        ("en-GB", "Tuesday, 24 November 2026"),
        ("de", "Dienstag, 24. November 2026"),
        ("ja", "2026年11月24日火曜日"),
    ],
)
def test_a_day_is_written_as_the_language_does(language, text):
    assert Words(language, {}).day(DAY) == text


def test_a_translation_and_its_plural():
    assert WORDS.gettext("Code") == "Quelltext"
    counts = [WORDS.ngettext("%(num)s upvote", "%(num)s upvotes", count) for count in (1, 2, 1_234_567)]
    assert counts == ["1 Stimme", "2 Stimmen", "1,2\N{NO-BREAK SPACE}Mio. Stimmen"]


def test_what_a_catalog_lacks_is_asked_of_the_next_and_then_said_in_english():
    own = GERMAN.replace("Quelltext", "Programm").replace('"rising fast"', '"rising slowly"')
    words = Words("de", {"own.po": own, "de.po": GERMAN})
    assert [words.gettext(text) for text in ("Code", "rising fast", "PDF")] == ["Programm", "im Aufwind", "PDF"]


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("", ""),
        ("1,204 upvotes, rising fast", "1204 Stimmen, im Aufwind"),
        ("updated, version 3", "neue Fassung 3"),
        ("said by nobody", "said by nobody"),
    ],
)
def test_a_reason_is_said_in_the_readers_language(why, said):
    assert reason(why, WORDS) == said


def test_a_reason_in_english_is_as_it_was_composed():
    assert reason("most upvoted of its day, rising fast", Words("en", {})) == "most upvoted of its day, rising fast"


@pytest.mark.parametrize("text", ['msgid "a"\nmsgsr "b"\n', "<html>"])
def test_a_broken_catalog_is_named_with_its_line(text):
    with pytest.raises(TemplateError, match=r"^de\.po:\d+: no gettext catalog: "):
        Words("de", {"de.po": text}).gettext("a")


@pytest.mark.parametrize("text", ["%(count)s Stimmen", "100% Stimmen", "%s Stimmen", "%(num)d Stimmen", "Stimmen %"])
def test_a_translation_that_cant_be_filled_in_is_an_error(text):
    with pytest.raises(TemplateError, match=r"^de\.po:\d+: .*the message has the values: %\(num\)s;"):
        Words("de", {"de.po": GERMAN.replace("%(num)s Stimmen", text)}).gettext("Code")


def test_a_translation_may_leave_a_value_out_and_have_a_percent_sign():
    words = Words("de", {"de.po": GERMAN.replace('%(num)s Stimme"', 'eine Stimme, 100 %%"')})
    assert words.ngettext("%(num)s upvote", "%(num)s upvotes", 1) == "eine Stimme, 100 %"


def test_a_catalog_in_no_known_encoding_is_an_error():
    with pytest.raises(TemplateError, match=r"^de\.po: no gettext catalog: unknown encoding"):
        Words("de", {"de.po": GERMAN.replace("utf-8", "klingon")}).gettext("Code")


def test_an_unknown_language_is_an_error():
    with pytest.raises(TemplateError, match="language 'qq': unknown"):
        Words("qq", {}).day(DAY)


@pytest.mark.parametrize(("language", "direction"), [("en", "ltr"), ("he", "rtl"), ("ar-EG", "rtl"), ("zh", "ltr")])
def test_the_direction_of_a_language(language, direction):
    assert Words(language, {}).direction == direction


@pytest.mark.parametrize(
    ("wanted", "languages", "found"),
    [
        ("de", ("en", "de"), "de"),
        ("DE-at", ("en", "de"), "de"),
        ("de-AT", ("de", "de-AT"), "de-AT"),
        ("de", ("en", "de-AT", "de-CH"), "de-AT"),
        ("nl", ("en", "de"), None),
        ("", ("en",), None),
        (None, ("en",), None),
    ],
)
def test_a_language_is_offered_to_whom_it_suits(wanted, languages, found):
    assert offered(wanted, languages) == found
