import re
import socket
from dataclasses import replace

import pytest
from lxml import etree

from digest.errors import TemplateError
from digest.render.html import render_html
from digest.render.theme import Theme
from digest.render.view import SectionView
from digest.resources import shipped

DEFAULT = shipped("templates") / "default"
HOSTILE = [
    "<script>alert(1)</script>",
    "R&D &amp; AT&T",
    "\"double\" and 'single'",
    "a ]]> b",
    "a --> b",
    "a <!-- b",
    "{{ 7*7 }} {% raw %} {# x #}",
    "</a></h3></mj-text><mj-image src='https://example.org/p.gif'/>",
    "𝒪(n log n), ∑ᵢ αᵢ ≤ β²",
]


@pytest.fixture(scope="module")
def theme():
    return Theme([DEFAULT])


def mark(name):
    return f"<!--3f2a {name}-->", "<!--/3f2a-->"


def fragments(html):
    return dict(re.findall(r"<!--3f2a (\w+:\d+)-->(.*?)<!--/3f2a-->", html, re.DOTALL))


def tree(html):
    return etree.fromstring(html, etree.HTMLParser())


def texts_of(html, path):
    return ["".join(e.itertext()) for e in tree(html).xpath(path)]


@pytest.mark.parametrize("title", HOSTILE)
def test_a_strangers_title_is_text(theme, issue_view, entry_view, title):
    view = issue_view(
        leads=(entry_view(1, title, forms=("lead",)),),
        sections=(SectionView(1, title, "1", (entry_view(2, title, url='https://e.org/?a=1&b="2"'),)),),
    )
    html = render_html(theme, view)
    assert texts_of(html, "//h3/a") == [title, title]
    assert f"{title} 1" in texts_of(html, "//h2")
    assert tree(html).xpath("//script | //img") == []
    hrefs = tree(html).xpath("//h3/a/@href")
    assert hrefs[1].replace("%22", '"') == 'https://e.org/?a=1&b="2"'


def test_a_hostile_subject_stays_in_title_and_label(theme, issue_view):
    html = render_html(theme, issue_view(subject='x" onclick="y" <b>'))
    document = tree(html)
    assert document.findtext(".//title") == 'x" onclick="y" <b>'
    assert document.xpath("//@onclick") == []


def test_rendering_opens_no_socket_and_the_mail_loads_nothing(theme, issue_view, monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)
    html = render_html(theme, issue_view(forms=("card", "brief", "line"), overflow="2"))
    assert "@import" not in html
    assert "url(" not in html
    assert tree(html).xpath("//@src | //link | //@background | //object | //iframe") == []


def test_links_are_the_papers_own(theme, issue_view):
    hrefs = tree(render_html(theme, issue_view())).xpath("//a/@href")
    assert "https://papers.example.org/2" in hrefs
    assert "https://papers.example.org/2.pdf" in hrefs
    assert all(h.startswith(("https://papers.example.org/", "https://digest.example.org", "#s")) for h in hrefs)


def test_the_document_is_a_proper_page(theme, issue_view):
    html = render_html(theme, issue_view())
    assert html.startswith("<!doctype html>\n<html")
    assert html.lower().count("<!doctype") == 1
    document = tree(html)
    assert document.get("lang") == "en"
    assert document.findtext(".//title") == "The subject"
    assert {"color-scheme", "supported-color-schemes", "viewport"} <= set(document.xpath("//meta/@name"))
    assert "<!--[if mso | IE]>" in html
    assert set(document.xpath("//table/@role")) == {"presentation"}


def test_dark_mode_rules_live(theme, issue_view):
    styles = " ".join(tree(render_html(theme, issue_view())).xpath("//style/text()"))
    dark = styles[styles.index("@media (prefers-color-scheme:dark)") :]
    assert ".x { color:#f3f5f7 !important; }" in dark
    assert "[data-ogsc] .x { color:#f3f5f7 !important; }" in dark
    assert all(len(s) < 8192 for s in tree(render_html(theme, issue_view())).xpath("//style/text()"))


def test_size_and_color_are_written_into_the_elements(theme, issue_view):
    document = tree(render_html(theme, issue_view(forms=("card", "line"))))
    for element in document.xpath("//h1|//h2|//h3"):
        assert "font-size:" in element.get("style")
    for link in document.xpath("//a[@href]"):
        assert "color:" in link.get("style")


def test_contents_jump_to_the_sections(theme, issue_view):
    document = tree(render_html(theme, issue_view()))
    targets = [h[1:] for h in document.xpath("//a/@href") if h.startswith("#")]
    assert targets == ["s1", "s2"]
    headings = [document.xpath(f"string(//a[@id='{t}' and @name='{t}']/following::h2[1])") for t in targets]
    assert headings == ["Vision 2", "Robotics 1"]


def test_every_fragment_stands_between_its_marks_in_order(theme, issue_view):
    html = render_html(theme, issue_view(forms=("card", "brief", "line"), overflow="2"), mark)
    assert re.findall(r"<!--3f2a (\S+)-->", html) == [
        "lead:1", "contents:0", "contents:1", "contents:2",
        "section:1", "card:2", "brief:2", "card:3", "brief:3", "also:1", "line:2", "line:3",
        "section:2", "card:4", "brief:4", "also:2", "line:4",
        "overflow:0",
    ]  # fmt: skip
    assert html.count("<!--/3f2a-->") == 18
    between = re.findall(r"<!--/3f2a-->((?:(?!<!--/?3f2a).)*)<!--3f2a (\w+)", html, re.DOTALL)
    assert {name for gap, name in between if gap.strip()} == {"contents", "section"}
    assert sum(bool(gap.strip()) for gap, _ in between) == 3  # the lead's section ends, and the list begins and ends


def test_an_edition_is_a_join_of_the_full_renderings_fragments(theme, issue_view):
    full = fragments(render_html(theme, issue_view(forms=("card", "brief", "line")), mark))
    edition = issue_view(forms=("line",))
    alone = fragments(render_html(theme, edition, mark))
    assert alone == {name: full[name] for name in alone}
    pieces = iter(re.split(r"<!--/?3f2a[^>]*-->", render_html(theme, edition, mark)))
    assert "".join(pieces) == render_html(theme, edition)


def test_a_placeholder_comes_through_untouched(theme, issue_view):
    names = [
        "subject",
        "preheader",
        "total",
        "recipient",
        "unsubscribe",
        "preferences",
        "browser",
        "overflow",
    ]
    slots = {name: f"SLOT-{name}-0123456789abcdef" for name in names}
    html = render_html(theme, issue_view(**slots))
    assert all(slot in html for slot in slots.values())


def test_a_card_shows_what_the_paper_has(theme, issue_view, entry_view):
    def card(**changes):
        view = issue_view(sections=(SectionView(1, "Vision", "1", (entry_view(2, **changes),)),))
        return fragments(render_html(theme, view, mark))["card:2"]

    whole = card()
    for words in ("Ada Lovelace, Alan Turing\u00a0· 120\u00a0upvotes\u00a0· 4\u00a0comments", "Card text.", ">PDF<"):
        assert words in whole
    assert ">Paper page<" in whole
    bare = card(authors="", links=(), signals=(), summary={"card": ""})
    assert bare.count("<p") == bare.count('<p class="k"') == 1
    assert bare.count("<a ") == 2
    assert ">120\u00a0upvotes\u00a0· 4" in card(authors="")
    search = card(url_is_search=True)
    assert ">Find this paper<" in search
    assert "Paper page" not in search


def test_the_lead_has_the_tldr_above_the_abstract(theme, issue_view, entry_view):
    def lead(**texts):
        view = issue_view(leads=(entry_view(1, forms=("lead",), **texts),))
        return texts_of(fragments(render_html(theme, view, mark))["lead:1"], "//p")

    both = lead(summary={"lead": "In short."}, abstract={"lead": "At length."})
    assert both[1:3] == ["In short.", "At length."]
    assert lead(summary={"lead": ""}, abstract={"lead": "At length."})[1] == "At length."
    assert len(lead(summary={"lead": ""}, abstract={"lead": ""})) == len(both) - 2


def test_a_link_names_its_paper_for_those_who_hear_link_after_link(theme, issue_view):
    document = tree(render_html(theme, issue_view()))
    assert document.xpath("//a[text()='Paper page']/@aria-label")[1] == "Paper page: Paper number 2"
    assert document.xpath("//a[text()='PDF']/@aria-label")[1] == "PDF: Paper number 2"
    heard = [a.get("aria-label") or "".join(a.itertext()).strip() for a in document.xpath("//a[@href]")]
    assert all(heard)
    assert len(heard) == len(set(heard))


def test_without_a_site_leaving_works_by_mail_and_the_words_say_so(theme, issue_view):
    mailto = {"site_url": "", "preferences": "", "browser": "", "unsubscribe": "mailto:leave@example.org"}
    html = render_html(theme, issue_view(**mailto))
    assert tree(html).xpath("//a[@href='mailto:leave@example.org']/text()") == ["Unsubscribe by mail"]
    assert "Preferences" not in html
    assert "View in browser" not in html
    assert "Unsubscribe by mail" not in render_html(theme, issue_view())


def test_a_draft_says_so(theme, issue_view):
    assert "Draft" in render_html(theme, issue_view(number=""))
    assert "No. 12" in render_html(theme, issue_view())


def test_fragments_are_small(theme, issue_view, entry_view):
    pieces = fragments(render_html(theme, issue_view(forms=("card", "brief", "line")), mark))
    assert len(pieces["line:2"].encode()) < 420 + 40
    assert len(pieces["card:2"].encode()) < 900 + 130


def test_46_cards_fit(theme, issue_view, entry_view):
    def entry(number):
        title, abstract = "A title of a usual length, with some ninety characters " + "x" * 35, "word " * 60
        return replace(entry_view(number, title), summary={"card": abstract}, authors="Some Body, " * 6)

    section = SectionView(1, "Vision", "46", tuple(entry(n) for n in range(2, 48)))
    assert len(render_html(theme, issue_view(sections=(section,))).encode()) < 95_000


@pytest.mark.parametrize(
    ("broken", "reason"),
    [
        ("<mj-text><b>x</mj-text>", "Opening and ending tag mismatch: b"),
        ("<mj-txt>x</mj-txt>", "<mj-txt> is unknown to MJML"),
        ("<mj-text>{{ entry.title }}\0</mj-text>", "Char 0x0"),
    ],
)
def test_mjml_that_cannot_be_read_is_explained(tmp_path, issue_view, broken, reason):
    (tmp_path / "_card.mjml.j2").write_text(broken, encoding="utf-8")
    with pytest.raises(TemplateError, match=r"^issue.mjml.j2: .*" + re.escape(reason)) as raised:
        render_html(Theme([tmp_path, DEFAULT]), issue_view())
    assert "\n" not in str(raised.value)


def test_a_style_sheet_that_imports_another_is_refused(tmp_path, issue_view):
    styles = "<mj-style>@import url(http://127.0.0.1:9/x.css);</mj-style>"
    (tmp_path / "_styles.mjml.j2").write_text(styles, encoding="utf-8")
    with pytest.raises(TemplateError, match=r"imports http://127.0.0.1:9/x.css"):
        render_html(Theme([tmp_path, DEFAULT]), issue_view())


def test_an_unlisted_font_is_not_fetched_by_the_reader(tmp_path, issue_view):
    card = '<mj-text font-family="Roboto">x</mj-text>'
    (tmp_path / "_card.mjml.j2").write_text(card, encoding="utf-8")
    html = render_html(Theme([tmp_path, DEFAULT]), issue_view())
    assert "font-family:Roboto" in html
    assert "googleapis" not in html


def test_attributes_keep_backslashes_and_combining_marks(theme, issue_view, entry_view):
    name = "Łukasz \\alpha ne\u0301e \u00a0x"
    html = render_html(theme, issue_view(leads=(entry_view(1, name, forms=("lead",), shortened={"lead": True}),)))
    assert "\\u{" not in html
    assert "\\\\" not in html
