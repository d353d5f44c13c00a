from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.issues.compose import OTHER, compose
from digest.issues.edition import edition_of, leads
from digest.issues.issue import IssueKey
from digest.papers.paper import Paper
from digest.topics.diversity import Caps
from digest.topics.topic import Topic

TOPICS = tuple(Topic(id=name, name=name.title()) for name in ("vision", "speech", "agents", "theory"))
IDS = [t.id for t in TOPICS]


def issue_of(*homes):
    ranked = [Paper(f"file:{n}", f"Paper {n}") for n in range(1, len(homes) + 1)]
    topic_of = {p.id: home for p, home in zip(ranked, homes, strict=True)}
    return compose(IssueKey("daily", "daily", "2026-11-24"), date(2026, 11, 24), ranked, topic_of, TOPICS, Caps(20, 20))


ISSUES = st.lists(st.sampled_from([*IDS, None]), min_size=1, max_size=30).map(lambda homes: issue_of(*homes))
WISHES = st.lists(st.sampled_from([*IDS, "gone", "_other"]), max_size=5)
ISSUE = issue_of("speech", "vision", "vision", "speech", "agents", None)


def shown(edition):
    return {section.topic.id: [e.rank for e in section.entries] for section in edition.sections}


@given(ISSUES, WISHES)
def test_an_edition_holds_the_papers_of_the_topics_asked_for_each_once(issue, topics):
    edition = edition_of(issue, topics, "en")
    asked = [s for s in issue.sections if not topics or s.topic.id in topics]
    expected = sorted(e.rank for s in asked for e in s.entries)
    if edition is None:
        assert expected == []
        return
    ranks = [edition.lead.rank, *(rank for section in shown(edition).values() for rank in section)]
    assert sorted(ranks) == expected
    assert edition.lead.rank == min(ranks)
    assert edition.lead.paper == issue.entries[edition.lead.rank - 1].paper
    assert all(s.entries for s in edition.sections)
    assert set(shown(edition)) <= {s.topic.id for s in asked}


@given(ISSUES, WISHES, st.randoms())
def test_readers_with_equal_wishes_share_an_edition(issue, topics, random):
    otherwise = [*topics, *topics[:1], *(["gone"] if topics else [])]
    random.shuffle(otherwise)
    assert edition_of(issue, otherwise, "en") == edition_of(issue, topics, "en")


def test_readers_of_all_topics_share_the_edition_of_those_who_named_every_one():
    assert edition_of(ISSUE, [*IDS, OTHER.id], "en") == edition_of(ISSUE, (), "en")
    assert edition_of(ISSUE, IDS, "en") != edition_of(ISSUE, (), "en")


@given(ISSUES)
def test_editions_with_other_papers_have_another_key(issue):
    subsets = [[IDS[n] for n in range(4) if bits >> n & 1] for bits in range(16)]
    editions = [e for subset in subsets if (e := edition_of(issue, subset, "en"))]
    papers = {e.key: (e.lead.rank, str(shown(e))) for e in editions}
    assert len(papers) == len(set(papers.values()))


def test_the_key_depends_on_the_language_and_always_comes_out_the_same():
    assert edition_of(ISSUE, (), "en").key != edition_of(ISSUE, (), "de").key
    assert edition_of(ISSUE, ["vision"], "en").key == edition_of(ISSUE, ["vision"], "en").key
    assert edition_of(ISSUE, ["vision"], "de").language == "de"


@pytest.mark.parametrize(
    ("topics", "lead", "sections"),
    [
        ((), 1, {"speech": [4], "vision": [2, 3], "agents": [5], "_other": [6]}),
        (("vision",), 2, {"vision": [3]}),
        (("agents",), 5, {}),
        (("agents", "vision"), 2, {"vision": [3], "agents": [5]}),
        (("agents", "gone"), 5, {}),
    ],
)
def test_the_best_paper_leads_and_isnt_shown_again(topics, lead, sections):
    edition = edition_of(ISSUE, topics, "en")
    assert (edition.lead.rank, shown(edition)) == (lead, sections)


@pytest.mark.parametrize("topics", [("theory",), ("gone",), ("theory", "gone")])
def test_there_is_no_edition_of_topics_without_papers(topics):
    assert edition_of(ISSUE, topics, "en") is None


def test_there_is_no_edition_of_an_empty_issue():
    assert edition_of(issue_of(), (), "en") is None


def test_papers_without_room_are_counted_in_the_edition_of_their_topic_even_behind_a_lone_lead():
    # The first of the issue is the only one of its section that has room; the section's other one hasn't.
    issue = issue_of("speech", *["vision"] * 400, "speech")
    assert [(s.topic.id, s.left_over) for s in issue.sections] == [("speech", 1), ("vision", 201)]
    for topics, without_room in (((), 202), (("speech",), 1), (("vision",), 201)):
        edition = edition_of(issue, topics, "en")
        assert sum(s.left_over for s in edition.sections) == without_room


@given(ISSUES)
def test_every_lead_of_any_edition_is_known_beforehand(issue):
    editions = (edition_of(issue, [a, b], "en") for a in [*IDS, OTHER.id] for b in [*IDS, OTHER.id])
    assert {e.lead.rank for e in editions if e} == leads(issue)
