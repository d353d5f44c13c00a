"""The mail in a real browser: every theme, on a phone, zoomed to 200%, light and dark."""

import quopri
from collections.abc import Iterator
from datetime import date
from html import escape
from typing import Any

import pytest

from digest.issues.compose import compose
from digest.issues.edition import edition_of
from digest.issues.issue import IssueKey
from digest.papers.paper import Links, Paper, Signals
from digest.render.fragments import fill
from digest.render.parts import recipe, render_parts
from digest.render.present import Publication
from digest.render.themes import Themes
from digest.render.words import Words
from digest.resources import shipped
from digest.topics.diversity import Caps
from digest.topics.topic import Topic
from tests.acceptance.axe import axe_violations

pytestmark = [pytest.mark.browser, pytest.mark.slow]

TITLES = (
    "A Plain Title",
    "A title of three hundred characters and more, " * 7,
    "Pneumonoultramicroscopicsilicovolcanoconiosis" * 7,
    "שלום עולם: מודלים גדולים של שפה",
    "面向大型语言模型的动态分词方法研究" * 3,
    "L_(CE) ≤ 𝒪(1/ε⁴)",
)
ABSTRACT = "We propose a method, and it works. It is better than the one before in three of four measures. " * 6
LINK = "https://papers.example.org/"
SUBSCRIBER = {
    "recipient": "Ada <ada@example.org>",
    "unsubscribe": "https://digest.example.org/u/token",
    "preferences": "https://digest.example.org/p/token",
}


def paper(number: int) -> Paper:
    return Paper(
        f"file:{number}",
        TITLES[number % len(TITLES)],
        ABSTRACT if number % 4 else "",
        authors=("Ada Lovelace", "דוד כהן", "Alan Turing", "Grace Hopper", "W" * 60),
        links=Links(*(f"{LINK}{number}/{kind}" for kind in ("page", "pdf", "code", "project", "picture.png"))),
        signals=Signals(upvotes=1234, comments=12, stars=20_000),
    )


def mail(theme_name: str, *, thumbnails: bool = False) -> str:
    papers = [paper(number) for number in range(18)]
    topics = [Topic("vision", "Vision and 3D"), Topic("long", "A topic whose name is as long as names get " * 2)]
    homes = {one.id: ("vision", "long", None)[number % 3] for number, one in enumerate(papers)}
    key = IssueKey("daily", "daily", "2026-11-24")
    issue = compose(key, date(2026, 11, 24), papers, homes, topics, Caps(9, 9))
    publication = Publication(
        "Daily Papers", "Papers.", "by us", "Us", "https://digest.example.org", "1 Street", thumbnails
    )
    theme = Themes([shipped("templates")]).theme(theme_name, Words("en", {}))
    edition = edition_of(issue, (), "en")
    assert edition
    parts = render_parts(theme, issue, publication)
    pieces = fill(recipe(theme, parts, edition, publication).html(parts), SUBSCRIBER, escape)
    return quopri.decodestring(b"".join(piece for piece in pieces if isinstance(piece, bytes))).decode()


@pytest.fixture(params=["default", "compact"])
def page(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    """The mail on a phone whose text is zoomed to 200%."""
    page = browser.new_page(viewport={"width": 320, "height": 900})
    page.set_content(mail(request.param))
    yield page
    page.close()


def test_nothing_is_cut_and_every_target_is_wide_enough_for_a_thumb(page: Any) -> None:
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    beyond = page.evaluate(
        """[...document.querySelectorAll('h1, h2, h3, p, a, span')].filter(e => {
             const box = e.getBoundingClientRect(); return box.width && (box.right > 320 || box.left < 0);
           }).map(e => e.outerHTML)"""
    )
    assert beyond == []
    small = page.evaluate(
        """[...document.querySelectorAll('a[href]:not(.m)')].map(a => [a.textContent, a.getBoundingClientRect()])
             .filter(([, box]) => box.width < 44 || box.height < 43.9)
             .map(([text, box]) => [text, box.width, box.height])"""
    )
    assert small == []


def test_targets_of_a_row_do_not_overlap(page: Any) -> None:
    for width in (320, 375, 600):
        page.set_viewport_size({"width": width, "height": 900})
        boxes = page.evaluate(
            """[...document.querySelectorAll('a[href]:not(.m)')].map(a => a.getBoundingClientRect())
                 .map(box => [box.left, box.top, box.right, box.bottom])"""
        )
        assert len(boxes) > 20
        for number, (left, top, right, bottom) in enumerate(boxes):
            for other in boxes[number + 1 : number + 8]:
                wide, high = min(right, other[2]) - max(left, other[0]), min(bottom, other[3]) - max(top, other[1])
                assert wide < 1 or high < 1


def test_every_text_has_contrast_as_it_is_drawn(page: Any) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        ratios = page.evaluate(CONTRASTS)
        assert len(ratios) > 40
        assert [text for text, ratio in ratios if ratio < 4.5] == []


def test_axe_finds_nothing_serious(page: Any) -> None:
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        assert axe_violations(page) == []


CONTRASTS = """() => {
  const light = c => { const [r, g, b] = c.match(/[0-9.]+/g).slice(0, 3).map(v => v / 255)
      .map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
      if (!c.startsWith('rgba(0, 0, 0, 0')) return c; } return 'rgb(255, 255, 255)'; };
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walk.nextNode()) { const e = walk.currentNode.parentElement;
    if (!walk.currentNode.data.trim() || !e.getBoundingClientRect().width || getComputedStyle(e).opacity == 0) continue;
    if (e.closest('[style*="display:none"]')) continue;
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    found.push([walk.currentNode.data.trim(), (a + 0.05) / (b + 0.05)]); }
  return found; }"""


def test_pictures_that_do_not_come_leave_the_words_where_they_are(browser: Any) -> None:
    for width in (320, 600):
        page = browser.new_page(viewport={"width": width, "height": 900})
        page.set_content(mail("default", thumbnails=True))
        assert page.evaluate("document.images.length") > 5
        assert page.evaluate("document.documentElement.scrollWidth") == width
        widest = page.evaluate("Math.max(...[...document.images].map(i => i.getBoundingClientRect().right))")
        assert widest <= width - 20 + 1
        page.close()
