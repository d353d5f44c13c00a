"""Suggested topics are groups that papers make, the same whatever the order, and valid settings."""

import tomllib

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.config.settings import TopicTable
from digest.papers.paper import Paper
from digest.topics.suggest import suggest, to_toml

KINDS = {
    "b": "Rowing boats meet in a sheltered harbour basin",
    "t": "Ancient oak trees shade the forest floor",
    "s": "A bright supernova lights the spiral galaxy",
    "c": "Sourdough bakers knead the rye dough",
    "v": "Violin makers carve the maple scroll",
}
PAPERS = [Paper(f"{kind}{n}", title, f"Number {n}.") for kind, title in KINDS.items() for n in range(8)]


def test_each_kind_of_paper_becomes_a_topic():
    groups = [{paper.id[0] for paper in one.papers} for one in suggest(PAPERS)]
    assert sorted(groups, key=min) == [{"b"}, {"c"}, {"s"}, {"t"}, {"v"}]


def test_what_is_suggested_can_be_pasted_into_the_settings():
    text = "\n\n".join(to_toml(one, ["a remark"]) for one in suggest(PAPERS))
    tables = tomllib.loads(text)["topics"]
    assert len(tables) == 5
    assert all(len(TopicTable(**table).keywords) >= 3 for table in tables.values())


def test_too_few_papers_suggest_nothing():
    assert suggest(PAPERS[:19]) == []


@given(st.permutations(PAPERS))
@settings(max_examples=5, deadline=None)
def test_the_order_of_papers_does_not_matter(papers):
    assert suggest(papers) == suggest(PAPERS)
