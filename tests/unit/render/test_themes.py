import re
import textwrap
from pathlib import Path

import pytest

from digest.errors import ConfigError, TemplateError
from digest.render.html import render_html
from digest.render.text import render_text
from digest.render.themes import Themes
from digest.render.words import Words
from digest.resources import shipped
from digest.theming import copy_theme

WORDS = Words("en", {})
UNUSED = {"compact": {"_links.mjml.j2", "_thumbnail.mjml.j2"}}
"""Files of the default theme that another has no use for."""


@pytest.fixture
def themes(tmp_path):
    return Themes([tmp_path, shipped("templates")])


def put(folder, name, text):
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8")


def test_there_are_those_that_ship_and_a_sites_own(themes, tmp_path):
    assert themes.names == ("compact", "default")
    put(tmp_path, "mine/_card.txt.j2", "x")
    put(tmp_path, "README.md", "no theme")
    assert themes.names == ("compact", "default", "mine")
    with pytest.raises(ConfigError, match=r"no theme 'compct', .*; did you mean 'compact'\?"):
        themes.theme("compct", WORDS)


CATALOG = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\nmsgid "PDF"\nmsgstr "le PDF"\n'


@pytest.mark.parametrize("language", ["pt-BR", "pt", "pt-PT", "PT-br"])
def test_a_language_has_the_words_of_its_nearest_kin(themes, tmp_path, language):
    put(tmp_path, "locale/pt-BR.po", CATALOG)
    assert themes.words(language).gettext("PDF") == "le PDF"


def test_a_catalog_may_begin_with_the_mark_that_some_editors_write(themes, tmp_path):
    put(tmp_path, "locale/pt.po", f"\ufeff{CATALOG}")
    assert themes.words("pt").gettext("PDF") == "le PDF"


@pytest.mark.parametrize("name", ["default", "compact"])
def test_every_single_file_of_a_theme_can_be_a_sites_own(themes, tmp_path, issue_view, name):
    files = themes.files(name)
    assert {"issue.mjml.j2", "issue.txt.j2", "subject.txt.j2", "_card.mjml.j2", "_card.txt.j2"} <= set(files)
    view = issue_view(forms=("card", "brief", "line"), overflow="2", pictures=True)
    for file in sorted(files.keys() - UNUSED.get(name, set())):
        (copied,) = copy_theme(themes, name, file)
        assert copied == tmp_path / name / file
        assert copied.read_bytes() == files[file].read_bytes()
        copied.write_text("{{ this_is_the_sites_own }}", encoding="utf-8")
        theme = themes.theme(name, WORDS)
        with pytest.raises(TemplateError) as raised:
            theme.render_line(file, issue=view) if file.startswith(("subject", "pre")) else rendered(theme, view, file)
        assert str(raised.value).startswith(f"{copied}:1: 'this_is_the_sites_own' is undefined")
        copied.unlink()


def rendered(theme, view, file):
    return render_text(theme, view) if file.endswith(".txt.j2") else render_html(theme, view)


def test_a_theme_of_a_sites_own_has_what_it_lacks_from_the_default_one(themes, tmp_path, issue_view):
    put(tmp_path, "mine/_card.txt.j2", "\nMINE {{ entry.title }}\n")
    put(tmp_path, "default/_footer.txt.j2", "OUR FOOT\n")
    text = render_text(themes.theme("mine", WORDS), issue_view())
    assert "MINE Paper number 2" in text
    assert text.endswith("OUR FOOT\n")
    assert "MINE" not in render_text(themes.theme("compact", WORDS), issue_view())


def test_the_example_of_the_docs_works(themes, tmp_path, issue_view):
    docs = (Path(__file__).parents[3] / "docs" / "themes.md").read_text("utf-8")
    example = docs[docs.index("## An example") : docs.index("## A theme of your own")]
    for name, text in re.findall(r"`templates/(default/\S+)`.*:\n\n((?:(?: {4}.*)?\n)+)", example):
        put(tmp_path, name, textwrap.dedent(text))
    assert themes.own("default") == ("_card.mjml.j2", "_card.txt.j2")
    theme, view = themes.theme("default", WORDS), issue_view()
    assert "\n\nPaper number 2\n  Brief.\n  https://papers.example.org/2\n\nPaper number 3\n" in render_text(
        theme, view
    )
    html = render_html(theme, view)
    assert html.count("Brief.</p>") == 3
    assert html.count(">120 upvotes</p>") == 3


def test_the_docs_name_every_file():
    docs = (Path(__file__).parents[3] / "docs" / "themes.md").read_text("utf-8")
    for file in (shipped("templates") / "default").iterdir():
        assert f"`{file.name.removesuffix('.mjml.j2').removesuffix('.txt.j2')}" in docs, file.name
