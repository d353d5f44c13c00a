"""Every record that goes in comes out as a paper or a problem."""

from hypothesis import given
from hypothesis import strategies as st

from digest.papers.paper import Problem
from digest.sources.collector import Collector


def test_places_are_lines_or_words():
    collector = Collector("in", "lab", first=11)
    collector.add(3, {"title": "One", "upvotes": "many"}, ["a note"])
    collector.add("paper 2", {"title": "ONE!"})
    collector.refuse("paper 3", "no object")
    collector.add(None, {})
    collector.add("paper 5", {"title": "Two"})
    collector.add("paper 6", {"title": "two"})
    parsed = collector.parsed()
    assert [(paper.title, paper.position, paper.source) for paper in parsed.papers] == [
        ("One", 11, "lab"),
        ("Two", 15, "lab"),
    ]
    assert parsed.problems == (
        Problem("in", 3, "a note", False),
        Problem("in", 3, "upvotes: expected a whole number from 0, found 'many'", False),
        Problem("in", None, f"paper 2: the paper of line 3 again ({parsed.papers[0].id})", True),
        Problem("in", None, "paper 3: no object", True),
        Problem("in", None, 'no title; expected "title" with the paper\'s title as text', True),
        Problem("in", None, f"paper 6: the paper of paper 5 again ({parsed.papers[1].id})", True),
    )


def test_without_an_order_there_are_no_positions():
    collector = Collector("in", "lab")
    collector.add(1, {"title": "One"})
    assert collector.parsed().papers[0].position is None


def test_a_limit_is_told_with_what_it_cost():
    collector = Collector("in", "lab", limit=2)
    assert not collector.full
    for title in ("One", "Two", "Three"):
        collector.add(1, {"title": title})
    assert collector.full
    collector.refuse(2, "no object")
    collector.skip(998)
    parsed = collector.parsed()
    assert [paper.title for paper in parsed.papers] == ["One", "Two"]
    assert [str(problem) for problem in parsed.problems] == [
        "in: more than 2 records; the 1,000 behind them were left out"
    ]
    assert parsed.problems[0].refused


def test_only_what_is_refused_makes_an_input_faulty():
    collector = Collector("in", "lab")
    collector.fault(None, "odd", refused=False)
    assert not collector.faulty
    collector.fault(None, "broken")
    assert collector.faulty


def test_an_input_with_nothing_in_it_can_be_a_problem():
    assert Collector("in", "lab").parsed().problems == ()
    assert Collector("in", "lab").parsed("nothing").problems == (Problem("in", None, "nothing", True),)


RECORDS = st.lists(st.dictionaries(st.sampled_from(["title", "id", "x"]), st.text(max_size=2) | st.none()))


@given(RECORDS, st.integers(1, 5))
def test_nothing_is_lost(records, limit):
    collector = Collector("in", "lab", limit=limit)
    for number, record in enumerate(records, start=1):
        collector.add(number, record)
    parsed = collector.parsed()
    refused = [problem for problem in parsed.problems if problem.refused]
    beyond = max(len(records) - limit, 0)
    assert len(parsed.papers) + len(refused) == len(records) - beyond + (beyond > 0)
