"""Topics are read in both forms, and a mistake is answered with its place."""

import pytest

from digest.errors import ConfigError
from digest.topics.declared import parse_topics


def test_tables_by_id_and_a_list_by_name():
    by_id = parse_topics('[topics.one]\nname = "One"\nkeywords = ["a b"]\nweights = {"a b" = 2}', "t.toml")
    assert [(topic.id, topic.name, topic.weights) for topic in by_id] == [("one", "One", {"a b": 2.0})]
    listed = parse_topics('[[topics]]\nname = "Law & order"\n[[topics]]\nid = "x"\nname = "Y"', "t.toml")
    assert [topic.id for topic in listed] == ["Law & order", "x"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no topics; expected tables"),
        ("[topics", "not TOML"),
        ("[topics]\nx = 1", "topics.x: expected a table"),
        ("[topics.x]", "name: "),
        ('[[topics]]\nname = "A"\n[[topics]]\nname = "A"', "two topics are called 'A'"),
        ('[topics.x]\nname = "A"\nkeywords = ["world model"]\nweights = {"world modl" = 2}', "mean 'world model'"),
        ('[topics.x]\nname = "A"\nkeywords = ["a b"]\nweights = {"a b" = 0}', "greater than 0"),
    ],
)
def test_a_mistake_names_its_place(text, said):
    with pytest.raises(ConfigError, match=r"t\.toml") as caught:
        parse_topics(text, "t.toml")
    assert said in str(caught.value)
