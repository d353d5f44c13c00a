from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.render.theme import Theme
from digest.resources import shipped

DEFAULT = shipped("templates") / "default"


def theme(tmp_path: Path, **files: str) -> Theme:
    for name, text in files.items():
        (tmp_path / name.replace("__", ".")).write_text(text, encoding="utf-8")
    return Theme([tmp_path, DEFAULT])


def failure(tmp_path: Path, name: str, text: str, **variables: object) -> str:
    (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(TemplateError) as raised:
        Theme([tmp_path, DEFAULT]).render(name, **variables)
    message = str(raised.value)
    assert "\n" not in message
    return message


def test_a_site_replaces_one_file_and_keeps_the_others(tmp_path):
    mine = theme(tmp_path, subject__txt__j2="{{ list_name }}: {{ lead_title }}")
    values = {"lead_title": "A", "total": 3, "list_name": "Daily", "topic_names": ["Vision"]}
    assert mine.render_line("subject.txt.j2", **values) == "Daily: A"
    assert mine.render_line("preheader.txt.j2", **values) == "3 papers: Vision"


def test_the_kind_of_a_template_decides_the_escaping(tmp_path):
    mine = theme(tmp_path, a__mjml__j2="{{ x }}", b__html__j2="{{ x }}", c__txt__j2="{{ x }}")
    hostile = "<b>&\"'{{ 7*7 }}"
    assert mine.render("a.mjml.j2", x=hostile) == "&lt;b&gt;&amp;&#34;&#39;{{ 7*7 }}"
    assert mine.render("b.html.j2", x=hostile) == "&lt;b&gt;&amp;&#34;&#39;{{ 7*7 }}"
    assert mine.render("c.txt.j2", x=hostile) == hostile


def test_another_ending_is_refused(tmp_path):
    assert "expected one of .mjml.j2, .html.j2, .txt.j2" in failure(tmp_path, "page.j2", "x")


def test_an_undefined_field_is_named_with_file_line_and_the_nearest_one(tmp_path, issue_view):
    message = failure(tmp_path, "x.txt.j2", "one\n{{ issue.list_nam }}", issue=issue_view())
    assert f"{tmp_path / 'x.txt.j2'}:2: " in message
    assert "'list_nam'" in message
    assert message.endswith("did you mean 'list_name'?")


def test_an_undefined_variable_is_an_error_too(tmp_path):
    assert failure(tmp_path, "x.txt.j2", "{{ isue }}").endswith("'isue' is undefined; did you mean 'issue'?")


def test_the_place_is_that_of_the_partial_at_fault(tmp_path):
    (tmp_path / "_inner.txt.j2").write_text("a\nb\n{{ 1 // 0 }}", encoding="utf-8")
    message = failure(tmp_path, "x.txt.j2", "{% include '_inner.txt.j2' %}")
    assert message.startswith(f"{tmp_path / '_inner.txt.j2'}:3: ZeroDivisionError")


def test_a_syntax_error_says_file_and_line(tmp_path):
    message = failure(tmp_path, "x.txt.j2", "a\n{% if %}")
    assert message.startswith(f"{tmp_path / 'x.txt.j2'}:2: ")


def test_an_unknown_filter_is_named(tmp_path):
    assert "'wrapp'" in failure(tmp_path, "x.txt.j2", "{{ 'a'|wrapp }}")


def test_a_missing_template_is_named_with_the_nearest_one(tmp_path):
    message = failure(tmp_path, "x.mjml.j2", "\n{% include '_crad.mjml.j2' %}")
    assert message.startswith(f"{tmp_path / 'x.mjml.j2'}:2: no template '_crad.mjml.j2'")
    assert message.endswith("did you mean '_card.mjml.j2'?")


@pytest.mark.parametrize("title", ["Short", "A rather long title " * 8, "面向大型语言模型的动态分词" * 5, "x" * 200])
@pytest.mark.parametrize("total", [1, 2, 146])
def test_a_subject_fits_and_says_how_many_more(title, total):
    subject = Theme([DEFAULT]).render_line(
        "subject.txt.j2", lead_title=title, total=total, list_name="Daily", topic_names=[]
    )
    assert len(subject) <= 70
    assert subject.endswith(f"+ {total - 1} more") == (total > 1)
    assert subject.startswith(title.split()[0][:20])


def test_a_newline_in_a_title_stays_out_of_the_subject():
    subject = Theme([DEFAULT]).render_line(
        "subject.txt.j2", lead_title="A\r\nBcc: x@example.org", total=1, list_name="D", topic_names=[]
    )
    assert subject == "A Bcc: x@example.org"


@pytest.mark.parametrize(
    ("names", "total", "expected"),
    [
        ([], 1, "1 paper"),
        (["Vision"], 1, "1 paper: Vision"),
        (["Vision", "Robotics"], 12, "12 papers: Vision, Robotics"),
        (["Language models", "Agents and tool use", "Robotics"], 46,
         "46 papers: Language models, Agents and tool use and 1 more topic"),
        (["V" * 90, "Robotics"], 46, None),
    ],
)  # fmt: skip
def test_the_preheader_counts_papers_and_names_topics_in_72_columns(names, total, expected):
    line = Theme([DEFAULT]).render_line(
        "preheader.txt.j2", lead_title="T", total=total, list_name="D", topic_names=names
    )
    assert len(line) <= 72
    assert expected is None or line == expected
