"""What mail programs and screen readers ask of the HTML, held for every theme that ships."""

import re
from itertools import pairwise

import pytest
from lxml import etree

from digest.render.html import render_html
from digest.render.theme import Theme
from digest.render.themes import Themes
from digest.render.view import LinkView, SectionView
from digest.render.words import Words
from digest.resources import shipped

TEMPLATES = shipped("templates")
SHIPPED = [name for name in Themes([TEMPLATES]).names if (TEMPLATES / name / "_card.mjml.j2").exists()]
EVERY = ("card", "brief", "line")


@pytest.fixture(scope="module", params=SHIPPED)
def theme(request):
    return Themes([TEMPLATES]).theme(request.param, Words("en", {}))


@pytest.fixture
def full(issue_view, entry_view):
    """A view with all there can be: every form, pictures, formulas, a name from right to left."""
    links = tuple(LinkView(label, f"https://papers.example.org/{label}") for label in ("PDF", "Code", "Project"))
    said = {"card": "L_(CE) falls.", "brief": "L_(CE) falls."}
    rich = {"links": links, "summary": said, "thumbnail": "https://pictures.example.org/1.png", "why": "rising fast"}
    section = SectionView(1, "Vision", "2", tuple(entry_view(n, "L_(CE) ≤ β²", forms=EVERY, **rich) for n in (2, 3)))
    return issue_view(
        leads=(entry_view(1, "שלום עולם", forms=("lead",), **rich | {"summary": {"lead": "In x^(a+b) short."}}),),
        sections=(section, SectionView(15, "Other papers", "1", (entry_view(4, forms=EVERY),))),
        overflow="2 more papers had no room in this issue.",
        pictures=True,
    )


def tree(html):
    return etree.fromstring(html, etree.HTMLParser())


def test_the_themes_are_found():
    assert {"default", "compact"} <= set(SHIPPED)


def test_headings_are_in_order(theme, full):
    headings = tree(render_html(theme, full)).xpath("//h1|//h2|//h3|//h4|//h5|//h6")
    levels = [int(heading.tag[1]) for heading in headings]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(deeper - level <= 1 for level, deeper in pairwise(levels))
    assert all("".join(heading.itertext()).strip() for heading in headings)
    titles = [h for h in headings if h.tag == "h3" and h.xpath("a[@href]")]
    assert len(titles) == 1 + 2 * 3


def test_tables_are_only_for_layout_and_the_contents_are_a_list(theme, full):
    document = tree(render_html(theme, full))
    assert all(table.get("role") == "presentation" for table in document.xpath("//table"))
    (contents,) = document.xpath("//*[@role='list']")
    assert [item.get("role") for item in contents.iterchildren(etree.Element)] == ["listitem", "listitem"]
    assert ["".join(item.itertext()).split()[-1] for item in contents] == ["2", "1"]
    assert document.xpath("//*[@role='list']//a/@href") == ["#s1", "#s15"]
    assert all(document.xpath(f"//a[@id='{name}' and @name='{name}']") for name in ("s1", "s15"))


def test_the_language_and_the_title_are_told(theme, issue_view):
    document = tree(render_html(theme, issue_view(language="fa", direction="rtl", subject="Today")))
    assert (document.get("lang"), document.get("dir"), document.findtext(".//title")) == ("fa", "rtl", "Today")
    aligned = {cell.get("align") for cell in document.xpath("//td[@class and contains(@style, 'word-break')]")}
    assert aligned == {"right"}
    assert "direction:ltr" not in "".join(document.xpath("//td/@style"))


def test_every_link_and_picture_has_words_of_its_own(theme, full):
    document = tree(render_html(theme, full))
    for link in document.xpath("//a[@href]"):
        heard = link.get("aria-label") or "".join(link.itertext())
        assert heard.strip(), etree.tostring(link)
        assert "".join(link.itertext()).strip() in heard
    for picture in document.xpath("//img"):
        assert picture.get("alt")
        assert int(picture.get("width")) > int(picture.get("height")) > 0
        assert picture.get("src").startswith("https://")


def test_formulas_are_drawn_in_the_text_and_not_in_attributes(theme, full):
    document = tree(render_html(theme, full))
    assert len(document.xpath("//h3[a/sub='CE']")) == 4
    assert len(document.xpath("//td/div/a[sub='CE']")) == 2
    assert len(document.xpath("//p[sub='CE']")) == 4
    assert document.xpath("boolean(//p[sup='a+b'])")
    assert not [value for value in document.xpath("//@*") if "sub>" in value]


def test_outlook_gets_its_table_of_600_pixels(theme, full):
    html = render_html(theme, full)
    opened = len(re.findall(r"<!--\[if mso \| IE\]><table[^>]*width=\"600\"", html))
    assert opened >= 2
    assert html.count("<!--[if mso") == len(re.findall(r"<!--\[if mso[^]]*\]>.*?<!\[endif\]-->", html, re.DOTALL))
    assert html.count("<!--[if mso | IE]></td></tr></table><![endif]-->") == opened
    assert html.count("<!--[if") == html.count("<![endif]-->")
    assert "<o:PixelsPerInch>96</o:PixelsPerInch>" in html


def test_nothing_rests_on_padding_where_outlook_has_none(theme, full):
    styled = tree(render_html(theme, full)).xpath(
        "//*[self::a or self::p or self::h2 or self::h3 or self::span]/@style"
    )
    assert styled
    assert not [style for style in styled if "padding" in style]


def test_gmail_keeps_the_style_sheets(theme, full):
    document = tree(render_html(theme, full))
    sheets = [sheet.text for sheet in document.xpath("//style")]
    assert all(len(sheet.encode()) < 8192 for sheet in sheets)
    # It drops a whole sheet that has a selector by attribute, as Outlook's dark mode needs: that one stands alone.
    phone = next(sheet for sheet in sheets if "prefers-color-scheme" in sheet)
    assert "[data-" not in phone
    assert any("[data-ogsc]" in sheet and "[data-ogsb]" in sheet for sheet in sheets)
    assert not [sheet for sheet in sheets if re.search(r"@(import|font-face)|url\(", sheet)]


def test_dark_mode_is_told_and_turns_every_colour(theme, full):
    html = render_html(theme, full)
    document = tree(html)
    assert document.xpath("//meta[@name='color-scheme']/@content") == ["light dark"]
    assert document.xpath("//meta[@name='supported-color-schemes']/@content") == ["light dark"]
    sheets = "".join(document.xpath("//style/text()"))
    for scope in (sheets[sheets.index("@media (prefers-color-scheme:dark)") :], sheets[sheets.index("[data-ogsc]") :]):
        for kind in ("x", "m", "n", "c", *(f"a{n}" for n in range(1, 16))):
            assert re.search(rf"\.{kind}\b[^{{]*{{[^}}]*color:[^}}]*!important", scope), kind
    coloured = document.xpath("//body//*[contains(@style, 'color:#')]")
    left = [e for e in coloured if not e.get("class") and e.tag != "div"]
    assert left == []  # what has a colour and no class would keep it on a dark ground


def test_every_colour_has_contrast_on_either_ground(theme):
    colours = theme._markup.get_template("_palette.mjml.j2").module
    lights = [colours.ink, colours.strong, colours.muted, *(light for light, _ in colours.accents)]
    darks = [colours.dark_ink, colours.dark_strong, colours.dark_muted, *(dark for _, dark in colours.accents)]
    for inks, grounds in ((lights, (colours.paper, colours.tint)), (darks, (colours.dark_paper, colours.dark_tint))):
        low = {(ink, ground): contrast(ink, ground) for ink in inks for ground in grounds}
        assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


def contrast(one, other):
    """WCAG 2.2, contrast ratio."""
    lighter, darker = sorted((luminance(one), luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def luminance(color):
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_body_text_has_16_pixels_and_a_line_and_a_half(theme, full):
    document = tree(render_html(theme, full))
    for cell in document.xpath("//td/div[p or h2 or h3 or a]"):
        assert "font-size:16px" in cell.get("style")
        assert "line-height:1.5" in cell.get("style")
    small = re.findall(r"font-size:(\d+)px", " ".join(document.xpath("//body//*[not(self::td)]/@style")))
    assert {int(size) for size in small} - {0, 1} >= {14, 16}
    assert min(int(size) for size in small if int(size) > 1) >= 13


def test_pictures_are_told_of_where_there_are_some(issue_view):
    default = Theme([TEMPLATES / "default"])
    assert "loaded from other hosts" in render_html(default, issue_view(pictures=True))
    assert "loaded from other hosts" not in render_html(default, issue_view())


def test_a_picture_stands_in_the_lead_and_beside_cards(entry_view, issue_view):
    default = Theme([TEMPLATES / "default"])
    shown = {"thumbnail": "https://pictures.example.org/1.png?a=1&b='2'"}
    view = issue_view(
        leads=(entry_view(1, forms=("lead",), **shown),),
        sections=(
            SectionView(1, "V", "2", (entry_view(2, **shown), entry_view(3), entry_view(4, forms=("line",), **shown))),
        ),
    )
    pictures = tree(render_html(default, view)).xpath("//img")
    assert [(p.get("width"), p.get("height")) for p in pictures] == [("560", "302"), ("160", "86")]
    assert {p.get("src") for p in pictures} == {"https://pictures.example.org/1.png?a=1&b='2'"}
