"""Checking topics names what an editor should look at, and nothing where all is well."""

from digest.papers.paper import Paper
from digest.topics.check import check
from digest.topics.topic import Topic

BOATS = Topic("boats", "Boats", keywords=("rowing",))
TREES = Topic("trees", "Trees", keywords=("oak",))
STARS = Topic("stars", "Stars", keywords=("supernova",))
PAPERS = [Paper(f"b{n}", "Rowing", f"Harbour {n}") for n in range(16)] + [
    Paper(f"t{n}", "An oak", f"Forest {n}") for n in range(16)
]


def warned(topics, papers, words):
    return [warning for warning in check(topics, papers) if words in warning]


def test_well_made_topics_get_no_warning():
    third = [Paper(f"s{n}", "A supernova", f"Sky {n}") for n in range(16)]
    assert check((BOATS, TREES, STARS), [*PAPERS, *third]) == []


def test_an_empty_topic_and_idle_keywords_are_named():
    assert warned((BOATS, TREES, STARS), PAPERS, "stars: none of 32 papers went there")
    many = [Paper(f"{paper.id}-{n}", paper.title, paper.abstract) for n in range(4) for paper in PAPERS]
    assert warned((BOATS, TREES, STARS), many, "stars: no paper has 'supernova'")
    assert not warned((BOATS, TREES, STARS), PAPERS, "no paper has")


def test_a_topic_that_swallows_is_named():
    assert warned((BOATS, TREES, STARS), PAPERS, "boats: swallows 50% of 32 papers")
    assert not warned((BOATS,), PAPERS, "swallows")


def test_topics_that_are_alike_are_named_without_any_paper():
    twin = Topic("ships", "Boats", keywords=("rowing", "sail"))
    assert warned((BOATS, twin), [], "boats and ships: can't be told apart")


def test_shared_keywords_are_named():
    one = Topic("one", "Crafts on water", "Hulls.", keywords=("rowing", "keel", "galleon"))
    other = Topic("other", "Sports for teams", "Matches.", keywords=("rowing", "football", "chess"))
    assert warned((one, other), [], "one and other: share the keywords 'rowing'")


def test_papers_that_fit_no_topic_are_counted():
    strange = [Paper(f"x{n}", "Something", f"Else {n}") for n in range(14)]
    assert warned((BOATS, TREES), [*PAPERS, *strange], "30% of 46 papers fit no topic")
    assert not warned((BOATS, TREES), [*PAPERS, *strange[:13]], "fit no topic")


def test_a_topic_without_keywords_and_one_too_short_are_named():
    assert warned((Topic("t", "T"),), [], "t: has neither keywords nor categories")
    assert warned((Topic("t", "T", keywords=("a*",)),), [], "'a*' is too short")
