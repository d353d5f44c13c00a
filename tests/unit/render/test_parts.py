import html
import json
import quopri
import re
import tomllib
from dataclasses import replace
from datetime import date
from itertools import combinations

import pytest
from lxml import etree

from digest.errors import TemplateError
from digest.issues.compose import OTHER, compose
from digest.issues.edition import edition_of
from digest.issues.issue import IssueKey
from digest.papers.paper import Links, Paper
from digest.render.fragments import Element, Slot, fill
from digest.render.parts import SUBSCRIBER_SLOTS, Assembly, Parts, recipe, render_parts, whole_fit
from digest.render.present import Publication
from digest.render.theme import Theme
from digest.resources import shipped
from digest.sources.file import load_file
from digest.topics.diversity import Caps
from digest.topics.match import assign
from digest.topics.topic import Topic

KEY = IssueKey("daily", "daily", "2026-11-24")
DAY = date(2026, 11, 24)
PUBLICATION = Publication(
    list_name="Daily Papers",
    list_description="Papers, every morning.",
    byline="by AK and the research community",
    site_name="Paper Digest",
    site_url="https://digest.example.org",
    postal_address="1 Sample Street, Berlin",
)
WORST = {  # as long as a message lets them be, and long again once escaped
    "recipient": "'" * 100 + f" <{'a' * 64}@{'d' * 180}.example>",
    "unsubscribe": "https://" + "d" * 250 + "/u/" + "t" * 47,
    "preferences": "https://" + "d" * 250 + "/p/" + "t" * 47,
}
TITLES = ["Title", "論文の題名" * 20, "x" * 300, "'\"&<>" * 40, "שלום " * 30]
TOPICS = tuple(Topic(f"t{n}", f"Topic {n} & its friends") for n in range(1, 9))


@pytest.fixture(scope="module")
def theme():
    return Theme([shipped("templates") / "default"])


@pytest.fixture(scope="module")
def seeds(theme):
    """The 46 seed papers under the shipped topics, every one with a card."""
    tables = tomllib.loads((shipped("templates") / "site" / "topics.toml").read_text())["topics"]
    topics = [Topic(name, t["name"], t["description"], tuple(t["keywords"])) for name, t in tables.items()]
    ranked = load_file(shipped("seeds") / "seed-page.txt", 2024).papers  # which is by rank
    topic_of = {a.paper_id: a.topic_id for a in assign(ranked, topics)}
    issue = compose(KEY, DAY, ranked, topic_of, topics, Caps(46, 46))
    return issue, render_parts(theme, issue, PUBLICATION)


@pytest.fixture(scope="module")
def flood(theme):
    """Five hundred papers with titles and abstracts that take much room."""
    papers = [
        Paper(
            f"file:{n}",
            f"P{n}X {TITLES[n % len(TITLES)]}",
            abstract=f"{TITLES[n % len(TITLES)]}. And more. " * 20,
            authors=("Ada Lovelace", "Łukasz", "王"),
            links=Links(paper=None if n % 3 else f"https://papers.example.org/{n}"),
        )
        for n in range(1, 501)
    ]
    topic_of = {p.id: home(n) for n, p in enumerate(papers, start=1)}
    issue = compose(KEY, DAY, papers, topic_of, TOPICS, Caps(200, 200))
    return issue, render_parts(theme, issue, PUBLICATION)


def home(number):
    """Return where a paper of the flood belongs: one of eight topics, or none."""
    return [t.id for t in (*TOPICS, OTHER)][number % 9]


def bodies(made, parts, values=WORST):
    """Return an edition's HTML and text with all slots filled, decoded."""
    return (
        quopri.decodestring(b"".join(fill(made.html(parts), values, html.escape))).decode(),
        quopri.decodestring(b"".join(fill(made.text(parts), values, str))).decode(),
    )


def seen(text):
    """Return what a reader sees of a body, without the title, which mail programs don't show."""
    if not text.startswith("<!doctype"):
        return text
    return "".join(etree.fromstring(text, etree.HTMLParser()).find("body").itertext())


def numbers(text):
    return [int(number) for number in re.findall(r"P(\d+)X\s", seen(text))]


def test_every_edition_of_the_seed_papers_is_below_what_gmail_shows(theme, seeds):
    issue, parts = seeds
    ids = [s.topic.id for s in issue.sections]
    assert len(issue.entries) == 46
    for wish in [(), *combinations(ids, 1), *combinations(ids, 2), tuple(ids[1:])]:
        edition = edition_of(issue, wish, "en")
        made = recipe(theme, parts, edition, PUBLICATION)
        markup, _ = bodies(made, parts)
        assert len(markup.encode()) < 100_000, wish
        shown = [name for name in made.fragments if name.split(":")[0] in ("lead", "card", "brief", "line")]
        assert len(shown) == 1 + sum(len(s.entries) for s in edition.sections)
        assert made.values["overflow"] == ""


def test_the_whole_seed_issue_uses_the_room_it_has(theme, seeds):
    issue, parts = seeds
    markup, _ = bodies(recipe(theme, parts, edition_of(issue, (), "en"), PUBLICATION), parts)
    assert len(markup.encode()) > 60_000
    assert all(e.paper.title.replace(" ", "") in re.sub(r"\s", "", seen(markup)) for e in issue.entries)


def left_out(made):
    return int((made.values["overflow"] or "0").split(" ")[0])


@pytest.mark.parametrize("wish", [(), ("t1",), ("t2", "gone"), tuple(t.id for t in TOPICS), ("_other",)])
def test_of_a_flood_every_paper_is_shown_or_counted_and_the_mail_still_fits(theme, flood, wish):
    issue, parts = flood
    edition = edition_of(issue, wish, "en")
    made = recipe(theme, parts, edition, PUBLICATION)
    markup, text = bodies(made, parts)
    assert len(markup.encode()) < 100_000
    asked = [n for n in range(1, 501) if not wish or home(n) in wish]
    shown = numbers(markup)
    assert len(shown) == len(set(shown))
    assert set(shown) <= set(asked)
    assert len(shown) + left_out(made) == len(asked)
    assert numbers(text) == shown
    assert made.values["total"] == f"{len(asked)} papers"
    said = [bool(made.values["overflow"]) and made.values["overflow"] in body for body in (seen(markup), text)]
    assert said == [bool(made.values["overflow"])] * 2


def test_of_a_flood_most_dont_fit(theme, flood):
    issue, parts = flood
    made = recipe(theme, parts, edition_of(issue, (), "en"), PUBLICATION)
    assert left_out(made) >= 300
    fitted = whole_fit(parts, issue, "en")
    assert fitted.overflow == left_out(made)


def test_an_empty_issue_fits(flood):
    assert whole_fit(flood[1], compose(KEY, DAY, [], {}, (), Caps(3, 3)), "en").forms == {}


def test_parts_are_stored_and_read_again(seeds):
    _, parts = seeds
    assert Parts.from_json(parts.to_json()) == parts
    assert parts.to_json().isascii()


def test_an_assembly_is_stored_and_read_again_and_what_was_stored_before_it_comes_to_the_same(theme, seeds):
    issue, parts = seeds
    made = recipe(theme, parts, edition_of(issue, (issue.sections[1].topic.id,), "en"), PUBLICATION)
    stored = json.loads(json.dumps(made.assembly.to_json()))
    subject, places, own = Assembly.from_json(parts, *stored)
    assert (subject, places, tuple(own)) == made.assembly
    before = json.loads(json.dumps([sorted(made.fragments), dict(made.values)]))
    assert Assembly.from_json(parts, *before) == made.assembly


SMALL = Parts(
    text=(
        Element(None, (b"For =\r\n", Slot("recipient"), b"\r\n"), 0),
        Element("card:1", (b"One\r\n",), 0),
        Element("card:2", (b"Two\r\n",), 0),
        Element(None, (Slot("total"), b"\r\n", Slot("unsubscribe"), b"\r\n"), 0),
    ),
    html=(
        Element("card:1", (b"<p>One</p>\r\n",), 0),
        Element("card:2", (b"<p>", Slot("subject"), b"</p>\r\n"), 0),
        Element(None, (Slot("preferences"), b"\r\n"), 0),
    ),
)
STORED = (
    "AQAAAPr///8CAAAABAAAAPj///8CAAAA+////wIAAAAAAAAABgAAAPf///8HAAAA/////wIAAAA=",
    {"subject": "Subject: R&D\r\n", "own": ["R&amp;D=\r\n", "2=\r\n", "R&D=\r\n"]},
)
"""Written when this form was new: it must be read for as long as an issue with it may wait to be sent."""


def test_what_is_stored_stays_readable():
    written = Assembly.of(SMALL, frozenset(["card:2"]), {"subject": "R&D", "total": "2"})
    assert written.to_json() == STORED
    assert Assembly.from_json(SMALL, *STORED).places == (
        *(1, -6, 2, 4, -8, 2, -5, 2),
        0,
        *(6, -9, 7, -1, 2),
    )


def test_only_the_subscribers_slots_are_open_in_a_recipe(theme, seeds):
    issue, parts = seeds
    for wish in ((), (issue.sections[2].topic.id,)):
        made = recipe(theme, parts, edition_of(issue, wish, "en"), PUBLICATION)
        for pieces in (made.html(parts), made.text(parts)):
            assert {p.name for p in pieces if isinstance(p, Slot)} == set(SUBSCRIBER_SLOTS)


def small():
    papers = [Paper(f"file:{n}", f"Paper {n}") for n in range(1, 5)]
    return compose(KEY, DAY, papers, {p.id: f"t{n % 2 + 1}" for n, p in enumerate(papers)}, TOPICS, Caps(20, 20))


def subject(theme, wish=(), issue=None):
    issue = issue or small()
    return recipe(theme, Parts((), ()), edition_of(issue, wish, "en"), PUBLICATION)


def test_an_edition_says_what_is_in_it(theme):
    made = subject(theme)
    assert made.subject == "Paper 1 + 3 more"
    assert made.values == {
        "subject": "Paper 1 + 3 more",
        "preheader": "4 papers: Topic 1 & its friends, Topic 2 & its friends",
        "total": "4 papers",
        "overflow": "",
        "count1": "1",
        "count2": "2",
    }
    assert subject(theme, ["t2"]).values == {
        "subject": "Paper 2 + 1 more",
        "preheader": "2 papers: Topic 2 & its friends",
        "total": "2 papers",
        "overflow": "",
        "count2": "1",
    }


def test_an_edition_of_one_paper_says_so(theme):
    one = compose(KEY, DAY, [Paper("file:1", "Alone")], {}, (), Caps(20, 20))
    made = subject(theme, issue=one)
    assert made.values == {"subject": "Alone", "preheader": "1 paper", "total": "1 paper", "overflow": ""}


def test_a_count_outside_of_its_section_is_the_templates_mistake(theme, tmp_path):
    text = (shipped("templates") / "default" / "issue.txt.j2").read_text()
    (tmp_path / "issue.txt.j2").write_text("{% for s in issue.sections %}{{ s.count }}{% endfor %}\n" + text)
    own = Theme([tmp_path, *theme.folders])
    issue = small()
    parts = render_parts(own, issue, PUBLICATION)
    recipe(own, parts, edition_of(issue, (), "en"), PUBLICATION)  # this one has every section
    with pytest.raises(TemplateError, match="'count1' stands outside"):
        recipe(own, parts, edition_of(issue, ["t2"], "en"), PUBLICATION)


def test_a_slot_changed_by_a_filter_is_the_templates_mistake(theme, tmp_path):
    text = (shipped("templates") / "default" / "_masthead.txt.j2").read_text()
    (tmp_path / "_masthead.txt.j2").write_text(text.replace("{{ issue.preheader }}", "{{ issue.preheader|upper }}"))
    with pytest.raises(TemplateError, match="slot"):
        render_parts(Theme([tmp_path, *theme.folders]), small(), PUBLICATION)


def test_two_issues_have_nothing_of_their_marking_in_common(theme):
    first = render_parts(theme, small(), PUBLICATION)
    assert first == render_parts(theme, small(), PUBLICATION)
    other = render_parts(theme, replace(small(), number=7), PUBLICATION)
    assert [e.name for e in first.html] == [e.name for e in other.html]
    assert "No. 7" in other.to_json()
    assert not re.search(r"d[0-9a-f]{20}", first.to_json())
