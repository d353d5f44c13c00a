from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.issues.compose import MAX_ENTRIES, OTHER, compose
from digest.issues.issue import IssueKey
from digest.papers.paper import Paper
from digest.topics.topic import Topic

KEY = IssueKey("daily", "daily", "2026-11-24")
DAY = date(2026, 11, 24)
TOPICS = tuple(Topic(id=name, name=name.title()) for name in ("vision", "speech", "agents", "theory"))


def paper(number):
    return Paper(f"file:{number}", f"Paper {number}")


def composed(*homes, max_cards=20, topics=TOPICS):
    """Compose papers, best first; each of `homes` is the topic id of one."""
    ranked = [paper(number) for number in range(1, len(homes) + 1)]
    return compose(KEY, DAY, ranked, {p.id: h for p, h in zip(ranked, homes, strict=True)}, topics, max_cards)


def ranks(issue, carries=None):
    return [[e.rank for e in s.entries if carries in (None, e.carries)] for s in issue.sections]


HOMES = st.lists(st.sampled_from([*(t.id for t in TOPICS), None, "undeclared"]), max_size=60)


@given(HOMES, st.integers(1, 30))
def test_every_paper_stands_in_exactly_one_section_under_its_topic(homes, max_cards):
    issue = composed(*homes, max_cards=max_cards)
    declared = {t.id for t in TOPICS}
    found = {e.rank: s.topic.id for s in issue.sections for e in s.entries}
    assert found == {rank: h if h in declared else OTHER.id for rank, h in enumerate(homes, start=1)}
    assert sum(len(s.entries) for s in issue.sections) == len(homes)
    assert [e.paper for e in issue.entries] == [paper(n) for n in range(1, len(homes) + 1)]


@given(HOMES, st.integers(1, 30))
def test_sections_stand_by_their_best_paper_and_the_last_one_last(homes, max_cards):
    issue = composed(*homes, max_cards=max_cards)
    assert all(s.entries for s in issue.sections)
    named = [s for s in issue.sections if s.topic.id != OTHER.id]
    assert [s.entries[0].rank for s in named] == sorted(s.entries[0].rank for s in named)
    assert [s.topic.id for s in issue.sections[len(named) :]] in ([], [OTHER.id])
    for section in issue.sections:
        assert [e.rank for e in section.entries] == sorted(e.rank for e in section.entries)
        assert section.number == [*(t.id for t in TOPICS), OTHER.id].index(section.topic.id) + 1


@given(HOMES, st.integers(1, 30))
def test_as_many_cards_as_asked_for_but_each_sections_first_has_one(homes, max_cards):
    issue = composed(*homes, max_cards=max_cards)
    firsts = {s.entries[0].rank for s in issue.sections}
    cards = {e.rank for e in issue.entries if e.carries == "card"}
    assert firsts <= cards
    assert len(cards) == min(len(homes), max(max_cards, len(firsts)))
    lines = [rank for rank in range(1, len(homes) + 1) if rank not in cards]
    assert all(rank < line for rank in cards - firsts for line in lines)


def test_the_best_of_each_section_gets_a_card_before_the_others_by_rank():
    issue = composed("vision", "vision", "vision", "vision", "speech", max_cards=3)
    assert ranks(issue, "card") == [[1, 2], [5]]
    assert ranks(issue, "line") == [[3, 4], []]


def test_an_issue_of_nothing_has_no_sections():
    assert composed().sections == ()


def test_without_topics_everything_is_in_the_last_section():
    issue = composed("vision", None, topics=())
    assert [(s.topic, s.number) for s in issue.sections] == [(OTHER, 1)]


def test_a_draft_has_its_key_and_day_and_no_number():
    issue = composed("vision")
    assert (issue.key, issue.day, issue.number) == (KEY, DAY, None)
    assert str(issue.key) == "daily/daily/2026-11-24"


@pytest.mark.parametrize("count", [MAX_ENTRIES, MAX_ENTRIES + 1, 500])
def test_a_flood_of_papers_is_listed_as_far_as_there_is_room_and_the_others_are_counted(count):
    homes = ["vision"] * (count - 2) + ["speech", "agents"]
    issue = composed(*homes)
    assert sum(len(s.entries) for s in issue.sections) == MAX_ENTRIES
    assert sum(len(s.entries) + s.left_over for s in issue.sections) == count
    assert [(s.topic.id, s.left_over) for s in issue.sections] == [
        ("vision", count - MAX_ENTRIES),
        ("speech", 0),
        ("agents", 0),
    ]
    assert ranks(issue)[1:] == [[count - 1], [count]]


def test_more_topics_than_entries_still_show_the_first_of_each():
    topics = tuple(Topic(f"t{n}", f"T{n}") for n in range(MAX_ENTRIES + 30))
    issue = composed(*(t.id for t in topics), max_cards=1, topics=topics)
    assert len(issue.sections) == MAX_ENTRIES + 30
    assert {e.carries for e in issue.entries} == {"card"}
