import re

import pytest
from rich.cells import cell_len

from digest.render.text import render_text
from digest.render.theme import Theme
from digest.render.view import SectionView
from digest.resources import shipped

DEFAULT = shipped("templates") / "default"
FORMS = ("card", "brief", "line")


@pytest.fixture(scope="module")
def theme():
    return Theme([DEFAULT])


def mark(name):
    return f"<!--3f2a {name}-->", "<!--/3f2a-->"


def fragments(text):
    return dict(re.findall(r"^<!--3f2a (\w+:\d+)-->\n(.*?)^<!--/3f2a-->\n", text, re.DOTALL | re.MULTILINE))


def test_lines_are_neat(theme, issue_view):
    text = render_text(theme, issue_view(forms=FORMS, overflow="2", recipient="Ada"))
    assert text.endswith("\n")
    assert not text.startswith("\n")
    assert not re.search(r"[ \t]$", text, re.MULTILINE)
    assert "\n\n\n\n" not in text
    assert max(cell_len(line) for line in text.splitlines()) <= 72
    assert not re.search(r"</?[a-z]|&amp;|&#", text)


def test_a_papers_links_stand_under_its_entry(theme, issue_view):
    card = fragments(render_text(theme, issue_view(), mark))["card:2"]
    assert card == (
        "\n\nPaper number 2\n"
        "  Ada Lovelace, Alan Turing\n"
        "  120 upvotes · 4 comments\n"
        "\n"
        "  Card text.\n"
        "\n"
        "  Paper page: https://papers.example.org/2\n"
        "  PDF: https://papers.example.org/2.pdf\n"
    )


def test_a_search_is_called_one(theme, issue_view, entry_view):
    section = SectionView(1, "Vision", "1", (entry_view(2, url_is_search=True),))
    assert "  Find this paper: https://papers.example.org/2\n" in render_text(theme, issue_view(sections=(section,)))


def test_every_fragment_stands_between_lines_of_its_marks_in_order(theme, issue_view):
    text = render_text(theme, issue_view(forms=FORMS, overflow="2"), mark)
    assert re.findall(r"^<!--3f2a (\S+)-->$", text, re.MULTILINE) == [
        "lead:1", "contents:0", "contents:1", "contents:2",
        "section:1", "card:2", "brief:2", "card:3", "brief:3", "also:1", "line:2", "line:3",
        "section:2", "card:4", "brief:4", "also:2", "line:4",
        "overflow:0",
    ]  # fmt: skip
    between = re.findall(r"<!--/3f2a-->\n(.*?)<!--3f2a (\w+)", text, re.DOTALL)
    assert all(not gap for gap, name in between if name != "contents")


def test_an_edition_is_a_join_of_the_full_renderings_fragments(theme, issue_view):
    full = fragments(render_text(theme, issue_view(forms=FORMS), mark))
    edition = issue_view(forms=("line",))
    alone = fragments(render_text(theme, edition, mark))
    assert alone == {name: full[name] for name in alone}
    assert re.sub(r"<!--/?3f2a.*\n", "", render_text(theme, edition, mark)) == render_text(theme, edition)


def test_a_theme_that_is_careless_with_blank_lines_still_joins(tmp_path, issue_view):
    (tmp_path / "_card.txt.j2").write_text("\n\n\n\n\n{{ entry.title }}   \n\n\n\n\nx\n\n\n", encoding="utf-8")
    text = render_text(Theme([tmp_path, DEFAULT]), issue_view(), mark)
    assert fragments(text)["card:3"] == "\n\nPaper number 3\n\n\nx\n"


def test_a_placeholder_has_a_lines_end(theme, issue_view):
    names = ["preheader", "total", "recipient", "unsubscribe", "preferences", "browser", "overflow"]
    slots = {name: f"SLOT-{name}-0123456789abcdef" for name in names}
    lines = render_text(theme, issue_view(**slots)).splitlines()
    for slot in slots.values():
        assert any(line.endswith(slot) for line in lines), slot


def test_text_is_not_escaped_and_never_evaluated(theme, issue_view, entry_view):
    title = "<b> & {{ 7*7 }} \"q\" 'q'"
    section = SectionView(1, "R&D", "1", (entry_view(2, title),))
    text = render_text(theme, issue_view(sections=(section,)))
    assert f"\n{title}\n" in text
    assert "R&D · 1\n" in text


def test_without_a_site_leaving_works_by_mail_and_the_words_say_so(theme, issue_view):
    mailto = {"site_url": "", "preferences": "", "browser": "", "unsubscribe": "mailto:leave@example.org"}
    text = render_text(theme, issue_view(**mailto))
    assert re.search(r"^To unsubscribe, send the mail.*\nmailto:leave@example.org$", text, re.MULTILINE)
    assert "Preferences" not in text
    assert "browser" not in text
