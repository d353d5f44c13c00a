"""The shipped translations: complete, and with the same values to fill in."""

import re
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.frontend import parse_mapping_cfg
from babel.messages.pofile import read_po

from digest.render.themes import Themes
from digest.resources import shipped

ROOT = Path(__file__).parents[3]
LANGUAGES = ("de", "es", "fr", "ja", "zh")
_VALUE = re.compile(r"%\(\w+\)s|%%|</?\w+[^>]*>")


@pytest.fixture(scope="module")
def said() -> Catalog:
    """What templates and the renderer say, as `make words` finds it."""
    with (ROOT / "babel.cfg").open() as file:
        methods, options = parse_mapping_cfg(file)
    found = Catalog()
    for folder in ("digest/render", "templates"):
        relative = [(pattern.removeprefix(f"{folder}/"), method) for pattern, method in methods]
        settings = {pattern.removeprefix(f"{folder}/"): values for pattern, values in options.items()}
        for _, _, message, comments, context in extract_from_dir(ROOT / folder, relative, settings):
            found.add(message, auto_comments=comments, context=context)
    assert len(found) > 30
    return found


def catalog(language: str) -> Catalog:
    with (shipped("templates") / "locale" / f"{language}.po").open(encoding="utf-8") as file:
        return read_po(file, locale=language, abort_invalid=True)


def test_the_languages_that_ship():
    assert Themes([shipped("templates")]).languages == tuple(sorted((*LANGUAGES, "en")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_message_has_its_translation_and_no_other_is_there(said, language):
    ours = catalog(language)
    wanted, there = ({(m.id, m.context) for m in one if m.id} for one in (said, ours))
    assert wanted == there
    for message in ours:
        if message.id:
            assert not message.fuzzy, message.id
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            assert all(strings), message.id


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_filled_in_is_the_same(language):
    for message in catalog(language):
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            expected = sorted(_VALUE.findall(ids[-1]))
            assert [sorted(_VALUE.findall(text)) for text in strings] == [expected] * len(strings), message.id
