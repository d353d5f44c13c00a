"""Both formats are held together paper by paper, and no title can come in between."""

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, Phase, given, settings

from digest.checks import every
from digest.checks.facts import Facts
from digest.checks.mail import Mail
from digest.checks.step import Named, in_step, papers_of
from digest.render.fragments import Marking
from digest.render.headers import IssueHeaders, Mailbox
from digest.render.links import subscriber_links
from digest.render.message import Addressee, edition_message
from digest.render.parts import Assembly, Parts, Recipe, recipe, render_parts
from digest.render.present import Publication
from digest.render.theme import Theme
from digest.resources import shipped
from digest.subscribers.identity import SigningKeys
from tests.unit.render.test_join import mailings

MARKING = Marking.of("an issue")
PAPERS = {
    1: Named("A paper on samples", ("https://papers.example.org/1",)),
    2: Named("Another paper", ("https://papers.example.org/2",)),
    3: Named("Ein dritter", ("https://papers.example.org/3",)),
}
SHOWN = {"lead:1": "A paper on samples", "card:2": "Another paper", "line:3": "Ein dritter"}


def written(shown: dict[str, str], fold: str = "{}") -> str:
    pieces = [(*MARKING.mark(name), fold.format(content)) for name, content in shown.items()]
    return "frame\n" + "".join(f"{opening}\n{content}\n{closing}\n" for opening, closing, content in pieces)


def told(html: dict[str, str], text: dict[str, str], papers=PAPERS, chosen=None) -> list[str]:
    parts = Parts(html=MARKING.cut(written(html, "<p>{}</p>")), text=MARKING.cut(written(text)))
    names = frozenset(chosen or {**html, **text})
    made = Recipe(names, {"subject": "x"}, Assembly.of(parts, names, {"subject": "x"}))
    return [f"{one.level} {one.check}: {one.text}" for one in in_step(parts, made, papers)]


def without(name: str) -> dict[str, str]:
    return {key: value for key, value in SHOWN.items() if key != name}


def test_the_same_papers_in_the_same_order_are_in_step():
    assert told(SHOWN, SHOWN) == []


def test_a_paper_that_one_part_lacks_is_told():
    assert told(SHOWN, without("card:2")) == [
        "error plaintext: paper 2 (Another paper) is in the HTML alone; issue.txt.j2 leaves it out"
    ]
    assert told(without("line:3"), SHOWN) == [
        "error plaintext: paper 3 (Ein dritter) is in the plaintext alone; issue.mjml.j2 leaves it out"
    ]


def test_another_order_is_told_with_both_papers():
    turned = dict(reversed(SHOWN.items()))
    assert told(SHOWN, turned) == [
        "error plaintext: paper 3 (Ein dritter) comes where the HTML has paper 1 (A paper on samples); order them alike"
    ]


def test_what_the_edition_doesn_t_choose_doesn_t_count():
    assert told({**SHOWN, "brief:2": "Another paper"}, {**SHOWN, "card:9": "x"}, chosen=SHOWN) == []


def test_other_fragments_are_no_papers():
    assert told({"contents:3": "In this issue", **SHOWN}, SHOWN, chosen={*SHOWN, "contents:3"}) == []


def test_a_list_of_titles_before_the_cards_is_no_other_order():
    """A theme may write the same fragment in two places."""
    parts = Parts(html=MARKING.cut(written(SHOWN) + written(SHOWN)), text=MARKING.cut(written(SHOWN)))
    made = Recipe(frozenset(SHOWN), {"subject": "x"}, Assembly.of(parts, frozenset(SHOWN), {"subject": "x"}))
    assert list(in_step(parts, made, PAPERS)) == []


@pytest.mark.parametrize(
    ("shown", "fine"),
    [
        ("Another paper", True),
        ("ANOTHER  PAPER", True),
        ("An-\nother pa\nper", True),
        ("only https://papers.exam\nple.org/2", True),
        ("Somebody: something", False),
        ("", False),
    ],
)
def test_a_fragment_shows_its_paper_by_title_or_link(shown, fine):
    assert (told(SHOWN, {**SHOWN, "card:2": shown or " - "}) == []) is fine
    said = told({**SHOWN, "card:2": shown or " - "}, SHOWN)
    assert said == ([] if fine else ["error html: paper 2 (Another paper): it shows neither its title nor a link"])


@pytest.mark.parametrize("title", ["?!", "…", "{{cookiecutter}}", "<b>", "<!--card:1-->", "Another paper", "L_(CE)"])
def test_titles_that_are_odd_or_repeat_are_in_step(title):
    import html

    papers = {rank: Named(title, ()) for rank in PAPERS}
    shown = dict.fromkeys(SHOWN, title)
    assert told({name: html.escape(title) for name in SHOWN}, shown, papers) == []


def test_a_title_cut_short_is_still_that_paper():
    long = Named("A remarkably long title of a paper on samples", ())
    assert told({"card:1": "A remarkably long title…"}, {"card:1": "A remarkably long title of a"}, {1: long}) == []


THEME = Theme([shipped("templates") / "default"])
KEYS = SigningKeys(((1, b"k" * 32),))
SITE = "https://digest.lab.edu"
PUBLICATION = Publication("Daily Papers", "Papers.", "by us", "Paper Digest", SITE, "Lab, 1 Sample Street, Sample City")
HEADERS = IssueHeaders(
    Mailbox("Paper Digest", "digest@lab.edu"), None, "daily", "Daily Papers", "lab.edu", SITE, "leave@lab.edu", 1
)
FACTS = Facts(("digest@lab.edu",), SITE, PUBLICATION.postal_address, stays_here=False)


@settings(
    max_examples=settings.default.max_examples // 2,  # each renders an issue in full
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(mailings())
def test_nothing_that_strangers_write_stops_an_issue(mailing):
    issue, _, edition, _ = mailing
    parts = render_parts(THEME, issue, PUBLICATION)
    made = recipe(THEME, parts, edition, PUBLICATION)
    links = subscriber_links(HEADERS, KEYS, "0123456789abcdef" * 2)
    to = Addressee(Mailbox("Ada", "ada@example.org"), datetime(2026, 11, 24, tzinfo=UTC), "0123@lab.edu", links)
    mail = Mail.read(edition_message(HEADERS, parts, made).to(to))
    assert [*in_step(parts, made, papers_of(issue)), *every.errors(mail, FACTS)] == []
    assert {one.level for one in every.warnings(mail, FACTS)} <= {"warning"}
