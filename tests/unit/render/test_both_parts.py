"""The plaintext and the HTML of a message carry the same papers, in the same order, whatever the theme."""

import quopri
import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from digest.issues.compose import OTHER, compose
from digest.issues.edition import edition_of
from digest.issues.issue import IssueKey
from digest.papers.paper import Links, Paper
from digest.render.fit import fit
from digest.render.fragments import fill
from digest.render.parts import recipe, render_parts
from digest.render.present import Publication
from digest.render.theme import Theme
from digest.resources import shipped
from digest.topics.diversity import Caps
from digest.topics.topic import Topic

TEMPLATES = shipped("templates")
THEMES = {
    "default": Theme([TEMPLATES / "default"]),
    "compact": Theme([TEMPLATES / "compact", TEMPLATES / "default"]),
}
TOPICS = [Topic(f"t{n}", f"Topic {n}") for n in range(4)]
PUBLICATION = Publication("Daily Papers", "", "", "Paper Digest", "", "")
PAGE = re.compile(r"https://papers\.example\.org/([0-9]+)\b")
SHORT, LONG = "A finding. ", "A long sentence about a finding, " * 30


def issue_of(homes, texts, cards):
    papers = [
        Paper(f"file:{n}", f"Paper {n}", text, links=Links(paper=f"https://papers.example.org/{n}"))
        for n, text in enumerate(texts, start=1)
    ]
    topic_of = {paper.id: home for paper, home in zip(papers, homes, strict=True)}
    key = IssueKey("daily", "daily", "2026-11-24")
    return compose(key, date(2026, 11, 24), papers, topic_of, TOPICS, Caps(cards, cards))


def in_order(addresses):
    """Return the papers' numbers, each once, as they are first met."""
    return [*dict.fromkeys(int(found[1]) for found in map(PAGE.fullmatch, addresses) if found)]


def both_parts(theme, issue, edition):
    parts = render_parts(theme, issue, PUBLICATION)
    made = recipe(theme, parts, edition, PUBLICATION)
    nobody = dict.fromkeys(("recipient", "unsubscribe", "preferences"), "")
    html, text = (
        quopri.decodestring(b"".join(fill(pieces, nobody, str))).decode()
        for pieces in (made.html(parts), made.text(parts))
    )
    links = etree.fromstring(html, etree.HTMLParser()).xpath("//a/@href")
    return in_order(links), in_order(PAGE.search(line)[0] for line in text.splitlines() if PAGE.search(line)), parts


def expected(edition, fitted):
    order = [edition.lead.rank]
    for section in edition.sections:
        shown = [e.rank for e in section.entries if e.rank in fitted.forms]
        order += sorted(shown, key=lambda rank: fitted.forms[rank] == "line")
    return order


@pytest.mark.parametrize("name", THEMES)
@settings(max_examples=settings.default.max_examples // 2)
@given(
    st.lists(st.sampled_from(["t0", "t1", "t2", "t3", None]), min_size=1, max_size=30),
    st.integers(0, 30),
    st.lists(st.sampled_from(["t0", "t1", OTHER.id]), max_size=2),
)
def test_both_parts_carry_the_same_papers_in_the_same_order(name, homes, cards, wishes):
    issue = issue_of(homes, [("", SHORT, LONG)[n % 3] for n in range(len(homes))], cards)
    edition = edition_of(issue, wishes, "en") or edition_of(issue, (), "en")
    html, text, parts = both_parts(THEMES[name], issue, edition)
    assert html == text
    assert html == expected(edition, fit(edition, parts.html_sizes))


@pytest.mark.parametrize("name", THEMES)
def test_both_parts_agree_where_there_is_no_room(name):
    homes = [("t0", "t1", "t2", None)[n % 4] for n in range(200)]
    issue = issue_of(homes, [LONG * 2] * 200, 150)
    edition = edition_of(issue, (), "en")
    html, text, parts = both_parts(THEMES[name], issue, edition)
    assert html == text == expected(edition, fit(edition, parts.html_sizes))
    assert {"brief", "line"} & set(fit(edition, parts.html_sizes).forms.values())
