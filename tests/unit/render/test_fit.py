from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.issues.compose import compose
from digest.issues.edition import edition_of
from digest.issues.issue import IssueKey
from digest.papers.paper import Paper
from digest.render.fit import MAX_HTML, SLOT_RESERVE, Fit, carded, fit
from digest.topics.diversity import Caps
from digest.topics.topic import Topic

TOPICS = tuple(Topic(id=f"t{n}", name=f"T{n}") for n in range(1, 6))
FRAME = {"": 1000, "contents:0": 50, "overflow:0": 60}


def issue_of(*homes, max_cards=20):
    ranked = [Paper(f"file:{n}", f"Paper {n}") for n in range(1, len(homes) + 1)]
    topic_of = {p.id: home for p, home in zip(ranked, homes, strict=True)}
    key = IssueKey("daily", "daily", "2026-11-24")
    return compose(key, date(2026, 11, 24), ranked, topic_of, TOPICS, Caps(max_cards, max_cards))


def sizes_of(issue, lead=800, card=500, brief=300, line=100):
    """Return sizes as `fragments.sizes` does, every fragment of a kind of the same size."""
    kinds = {"lead": lead, "card": card, "brief": brief, "line": line}
    found = dict(FRAME)
    for section in issue.sections:
        found |= {f"{kind}:{section.number}": 40 for kind in ("contents", "section", "also")}
    return found | {f"{kind}:{e.rank}": size for e in issue.entries for kind, size in kinds.items()}


def used(fitted, edition, sizes):
    return sizes[""] + sum(sizes[name] for name in fitted.names(edition))


def forms(fitted):
    return [fitted.forms.get(rank, "") for rank in range(2, max(fitted.forms, default=1) + 1)]


def whole(issue):
    return edition_of(issue, (), "en")


HOMES = st.lists(st.sampled_from([*(t.id for t in TOPICS), None]), min_size=1, max_size=40)


@st.composite
def fittings(draw):
    """Draw an edition, the sizes of its fragments, and a budget from too small to more than enough."""
    issue = issue_of(*draw(HOMES), max_cards=draw(st.integers(1, 40)))
    topics = draw(st.lists(st.sampled_from([t.id for t in TOPICS]), max_size=3))
    edition = edition_of(issue, topics, "en") or whole(issue)
    sizes = sizes_of(issue)
    for entry in issue.entries:
        line, brief, card = sorted(draw(st.tuples(*[st.integers(50, 900)] * 3)))
        sizes |= {f"line:{entry.rank}": line, f"brief:{entry.rank}": brief, f"card:{entry.rank}": card}
    return edition, sizes, draw(st.integers(0, 30_000))


@given(fittings())
def test_every_paper_has_a_form_or_is_counted(drawn):
    edition, sizes, budget = drawn
    fitted = fit(edition, sizes, budget)
    entries = [e for s in edition.sections for e in s.entries]
    assert set(fitted.forms) <= {e.rank for e in entries}
    assert len(fitted.forms) + fitted.overflow == len(entries) + sum(s.left_over for s in edition.sections)
    assert all(fitted.forms[e.rank] == "line" for e in entries if e.rank in fitted.forms and e.carries == "line")


@given(fittings())
def test_the_budget_is_kept_whenever_anything_can_keep_it(drawn):
    edition, sizes, budget = drawn
    fitted = fit(edition, sizes, budget)
    if used(fitted, edition, sizes) > budget:
        assert not fitted.forms  # the lead and the frame are all that stands, and too large by themselves


@given(fittings())
def test_what_fits_is_shown_in_full(drawn):
    edition, sizes, _ = drawn
    fitted = fit(edition, sizes, 10**6)
    assert fitted.forms == {e.rank: e.carries for s in edition.sections for e in s.entries}
    assert fitted.overflow == 0


@given(fittings())
def test_nothing_gives_way_that_needn_t(drawn):
    edition, sizes, budget = drawn
    fitted = fit(edition, sizes, budget)
    entries = [e for s in edition.sections for e in s.entries]
    firsts = {s.entries[0].rank for s in edition.sections}
    now = {e.rank: fitted.forms.get(e.rank, "") for e in entries}
    # The order in which forms give way; the last one to do so was needed: with it back the edition is too large.
    steps = {"brief": 1, "line": 2, "": 4}
    changed = [(steps[now[e.rank]] + (now[e.rank] == "line" and e.rank in firsts), -e.rank, e) for e in entries
               if now[e.rank] != e.carries]  # fmt: skip
    if changed:
        *_, last = max(changed, key=lambda change: change[:2])
        before = {"": "line", "line": "brief", "brief": "card"}[now[last.rank]]
        back = Fit({**fitted.forms, last.rank: before}, fitted.overflow - (last.rank not in fitted.forms))
        assert used(back, edition, sizes) > budget


def test_the_tail_gives_way_first_and_by_steps():
    issue = issue_of(*["t1"] * 6)
    sizes, edition = sizes_of(issue), whole(issue)
    full = used(fit(edition, sizes, 10**6), edition, sizes)
    expected = {
        0: ["card", "card", "card", "card", "card"],
        200: ["card", "card", "card", "card", "brief"],
        201: ["card", "card", "card", "brief", "brief"],
        1000: ["brief", "brief", "brief", "brief", "brief"],
        # a title line is 200 less, and the heading of the lines is 40 more
        1001: ["brief", "brief", "brief", "brief", "line"],
        1161: ["brief", "brief", "brief", "line", "line"],
        1760: ["brief", "line", "line", "line", "line"],
        1761: ["line", "line", "line", "line", "line"],
        # one that is left out is 100 less, and the sentence about it 60 more
        1961: ["line", "line", "line", "line"],
        2001: ["line", "line", "line"],
    }
    assert {less: forms(fit(edition, sizes, full - less)) for less in expected} == expected
    assert fit(edition, sizes, full - 2001).overflow == 2


def test_each_section_s_first_keeps_its_card_longest():
    issue = issue_of("t1", "t1", "t1", "t2", "t2", "t3")
    edition, sizes = whole(issue), sizes_of(issue)
    kept = [forms(fit(edition, sizes, budget)) for budget in range(5000, 1000, -10)]
    with_lines = next(k for k in kept if "line" in k)
    assert with_lines == ["brief", "brief", "brief", "line", "brief"]
    assert ["brief", "line", "brief", "line", "brief"] in kept
    assert ["brief", "line", "line", "line", "line"] in kept


def test_a_budget_for_nothing_leaves_the_lead_and_the_count():
    issue = issue_of("t1", "t1", "t2")
    fitted = fit(whole(issue), sizes_of(issue), 0)
    assert fitted == Fit({}, 2)
    assert fitted.names(whole(issue)) == {"lead:1", "overflow:0"}


def test_the_names_are_the_fragments_of_the_chosen_forms_and_their_headings():
    issue = issue_of("t1", "t1", "t1", "t2", None)
    edition = whole(issue)
    assert Fit({2: "card", 3: "line", 4: "brief"}, 1).names(edition) == {
        *("lead:1", "contents:0", "contents:1", "section:1", "card:2", "also:1", "line:3"),
        *("contents:2", "section:2", "brief:4", "overflow:0"),
    }
    assert Fit({}, 0).names(edition_of(issue, ["t2"], "en")) == {"lead:4"}


def test_an_issue_with_papers_left_over_says_so_where_their_topic_is_read():
    issue = issue_of("t2", *["t1"] * 300, "t2", max_cards=1)
    sizes = sizes_of(issue, line=1)
    assert fit(whole(issue), sizes).overflow == 102
    assert fit(edition_of(issue, ["t1"], "en"), sizes).overflow == 101
    alone = edition_of(issue, ["t2"], "en")
    assert fit(alone, sizes).overflow == 1
    assert fit(alone, sizes).names(alone) == {"lead:1", "overflow:0"}


def test_the_budget_leaves_room_for_the_slots_below_what_gmail_shows():
    issue = issue_of(*["t1"] * 200, max_cards=200)
    edition, sizes = whole(issue), sizes_of(issue, card=1000)
    assert MAX_HTML - SLOT_RESERVE - 1000 < used(fit(edition, sizes), edition, sizes) <= MAX_HTML - SLOT_RESERVE
    assert MAX_HTML == 100_000


@pytest.mark.parametrize(
    ("chosen", "cards"),
    [
        ({2: "card", 3: "brief", 4: "line", 5: "card"}, {1, 2, 3, 4, 5}),
        ({2: "line", 4: "line"}, {1, 4}),
        ({}, {1, 4}),
    ],
)
def test_what_is_a_title_line_in_the_widest_edition_uses_up_no_card_unless_it_leads_another(chosen, cards):
    assert carded(issue_of("t1", "t1", "t1", "t2", "t2"), Fit(chosen, 0)) == cards
