"""What a template leaves behind is found in made-up papers, so that no real paper can be taken for it."""

from dataclasses import replace

import pytest

from digest.checks.marks import unresolved
from digest.render.present import Publication
from digest.render.theme import Theme
from digest.resources import shipped
from digest.topics.topic import Topic

PUBLICATION = Publication("Daily Papers", "Papers.", "by us", "Paper Digest", "https://digest.lab.edu", "1 Street")
TOPICS = [Topic("vision", "Vision"), Topic("robots", "Robots")]
CARD, LINE, FOOT = "_card.mjml.j2", "_line.txt.j2", "_footer.mjml.j2"


@pytest.fixture
def told(tmp_path):
    """What is found of the shipped theme with some files in place of its own."""

    def of(files: dict[str, str] | None = None, publication=PUBLICATION, topics=TOPICS) -> list[str]:
        for name, text in (files or {}).items():
            (tmp_path / name).write_text(text, encoding="utf-8")
        theme = Theme([tmp_path, shipped("templates") / "default"])
        return [f"{one.level} {one.check}: {one.text}" for one in unresolved(theme, publication, topics)]

    return of


@pytest.mark.parametrize("topics", [[], TOPICS[:1], TOPICS, [*TOPICS, Topic("c", "C")]])
def test_the_shipped_theme_leaves_nothing(told, topics):
    assert told(topics=topics) == []


@pytest.mark.parametrize(
    ("inside", "left"),
    [
        ("{{ '{{ entry.title }}' }}", "{{"),
        ("{% raw %}{% if x %}{% endraw %}", "{%"),
        ("{{ '{# later #}' }}", "{#"),
        ("{{ entry.title.upper }}", "built-in method"),
        ("{{ entry }}", "EntryView("),
        ("{{ entry.links }}", "LinkView("),
        ("{{ entry.abstract }}", "{'"),
        ("{{ none }}", "None"),
        ("Issue {{ none }}, today", "None"),
        ("[object Object]", "[object Object]"),
    ],
)
def test_what_is_left_is_told_with_its_file(told, inside, left):
    for name, whole in ((CARD, "issue.mjml.j2"), (LINE, "issue.txt.j2")):
        found = told({name: f"<mj-text>{inside}</mj-text>\n" if name == CARD else f"{inside}\n"})
        assert len(found) == 1
        assert found[0].startswith(f"error marks: {whole}: ")
        assert left in found[0].replace("&#39;", "'")
        told({name: (shipped("templates") / "default" / name).read_text("utf-8")})


@pytest.mark.parametrize(
    "harmless",
    ["None of these for you?", "a { color:red }}", "1 < 2 and {x}", "nonesuch", "non-None", "Overview (3)"],
)
def test_words_of_a_theme_are_no_marks(told, harmless):
    assert told({FOOT: f"<mj-text>{harmless.replace('<', '&lt;')}</mj-text>\n"}) == []


@pytest.mark.parametrize("condition", ["not entry.authors", "not entry.links", "entry.url_is_search", "entry.why"])
def test_what_is_left_for_some_papers_only_is_found_too(told, condition):
    assert len(told({LINE: f"{{% if {condition} %}}{{{{ '{{{{ x' }}}}{{% endif %}}{{{{ entry.title }}}}\n"})) == 1


@pytest.mark.parametrize("name", ["subject.txt.j2", "preheader.txt.j2"])
def test_a_line_of_an_edition_is_searched_too(told, name):
    assert told({name: "{{ total }} papers for {{ '{{ name }}' }}\n"})[0].startswith(f"error marks: {name}: '{{{{'")


def test_what_the_operator_wrote_is_searched_too(told):
    assert "{{ site.name }}" in told(publication=replace(PUBLICATION, byline="by {{ site.name }}"))[0]
    assert told(topics=[*TOPICS, Topic("c", "{{ c }}")])[0].startswith("error marks: topics.c.name: '{{'")


def test_somebody_s_name_may_be_none(told):
    assert told(publication=replace(PUBLICATION, byline="None, Some & Sons")) == []


def test_a_theme_that_fails_on_made_up_papers_only_is_warned_of(told):
    found = told({LINE: "{{ entry.authors[0] }}{{ entry.links[0].url }}\n"})
    assert len(found) == 1
    assert found[0].startswith("warning theme: it fails on some kinds of papers: ")
    assert "_line.txt.j2:1" in found[0]
