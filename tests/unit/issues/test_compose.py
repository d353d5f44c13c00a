from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.issues.compose import MAX_ENTRIES, OTHER, Notes, compose
from digest.issues.issue import IssueKey
from digest.papers.paper import Paper
from digest.topics.diversity import Caps
from digest.topics.topic import Topic

KEY = IssueKey("daily", "daily", "2026-11-24")
DAY = date(2026, 11, 24)
TOPICS = tuple(Topic(id=name, name=name.title()) for name in ("vision", "speech", "agents", "theory"))


def paper(number):
    return Paper(f"file:{number}", f"Paper {number}")


def composed(*homes, max_cards=20, section_cards=200, topics=TOPICS, **more):
    """Compose papers, best first; each of `homes` is the topic id of one."""
    ranked = [paper(number) for number in range(1, len(homes) + 1)]
    topic_of = {p.id: h for p, h in zip(ranked, homes, strict=True)}
    return compose(KEY, DAY, ranked, topic_of, topics, Caps(max_cards, section_cards), **more)


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


@given(HOMES, st.integers(1, 30), st.integers(1, 5))
def test_a_section_has_no_more_cards_than_its_cap(homes, max_cards, section_cards):
    issue = composed(*homes, max_cards=max_cards, section_cards=section_cards)
    for section in issue.sections:
        assert 1 <= sum(e.carries == "card" for e in section.entries) <= section_cards
    assert sum(len(s.entries) for s in issue.sections) == len(homes)


def test_a_paper_that_may_only_be_a_title_line_is_one_and_a_section_of_such_is_left_out():
    issue = composed("vision", "vision", "speech", notes=Notes(lines={"file:2", "file:3"}, why={"file:2": "updated"}))
    assert [[(e.paper.id, e.carries, e.why) for e in s.entries] for s in issue.sections] == [
        [("file:1", "card", ""), ("file:2", "line", "updated")]
    ]


@st.composite
def issues(draw):
    """Papers with topics, groups of near-duplicates, pins and updates, as the ranking hands them over."""
    homes = draw(HOMES)
    every = [f"file:{number}" for number in range(1, len(homes) + 1)]
    updates = draw(st.integers(0, len(every)))
    news, lines = every[: len(every) - updates], every[len(every) - updates :]
    first_of = {}
    for number, paper_id in enumerate(news):
        first = draw(st.sampled_from([paper_id, *news[:number]]))
        first_of[paper_id] = first_of.get(first, first)
    pinned = frozenset(draw(st.sets(st.sampled_from(news), max_size=4))) if news else frozenset()
    notes = Notes(first_of=first_of, lines=frozenset(lines), pinned=pinned, why={i: f"why {i}" for i in lines})
    return homes, notes


@given(issues(), st.integers(1, 30), st.integers(1, 8))
def test_whatever_the_notes_every_paper_stands_once_in_order_and_within_the_caps(found, max_cards, section_cards):
    homes, notes = found
    issue = composed(*homes, max_cards=max_cards, section_cards=section_cards, notes=notes)
    declared = {t.id for t in TOPICS}
    home = {f"file:{n}": h if h in declared else OTHER.id for n, h in enumerate(homes, start=1)}
    news_of = {home[paper_id] for paper_id in home if paper_id not in notes.lines}
    stand = {e.paper.id: s.topic.id for s in issue.sections for e in s.entries}
    assert stand == {paper_id: topic for paper_id, topic in home.items() if topic in news_of}
    assert sum(len(s.entries) for s in issue.sections) == len(stand)
    assert [e.rank for e in issue.entries] == list(range(1, len(stand) + 1))
    cards = {e.paper.id for e in issue.entries if e.carries == "card"}
    assert cards.isdisjoint(notes.lines)
    assert len(cards) <= max(max_cards, len(issue.sections))
    for section in issue.sections:
        ids = [e.paper.id for e in section.entries]
        assert [e.rank for e in section.entries] == sorted(e.rank for e in section.entries)
        assert ids[0] in cards
        free = cards - notes.pinned
        assert sum(i in free for i in ids) <= max(1, section_cards)
        groups = [notes.first_of.get(i, i) for i in ids]
        assert groups == sorted(groups, key=groups.index)  # each stands together
        assert all(sum(g == first and i in free for g, i in zip(groups, ids, strict=True)) <= 2 for first in groups)
    assert all(e.why == notes.why.get(e.paper.id, "") for e in issue.entries)


def test_near_duplicates_of_a_section_move_up_under_the_first_and_rank_so():
    first_of = {f"file:{n}": f"file:{n}" for n in range(1, 7)} | {"file:4": "file:1", "file:5": "file:1"}
    issue = composed(*["vision"] * 5, "speech", notes=Notes(first_of=first_of))
    assert [e.paper.id for e in issue.entries] == ["file:1", "file:4", "file:5", "file:2", "file:3", "file:6"]
    assert [e.carries for e in issue.entries] == ["card", "card", "line", "card", "card", "card"]


def test_a_card_is_listed_though_near_duplicates_without_one_rank_before_it():
    """Else a paper that is worth a card would be counted as left over."""
    count = MAX_ENTRIES + 50
    first_of = {f"file:{n}": "file:1" for n in range(1, count + 1) if n != 5} | {"file:5": "file:5"}
    issue = composed(*["vision"] * count, max_cards=20, notes=Notes(first_of=first_of))
    assert "file:5" in {e.paper.id for e in issue.entries if e.carries == "card"}
    assert sum(len(s.entries) for s in issue.sections) == MAX_ENTRIES
