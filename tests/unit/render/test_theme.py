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
    assert "expected one of .mjml.j2, .html.j2, .xml.j2, .txt.j2" in failure(tmp_path, "page.j2", "x")


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


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("{{ 'a'|wrapp }}", 1, "No filter named 'wrapp'. Did you mean 'wrap'?"),
        ("a\n{{ 1 is definde }}", 2, "No test named 'definde'. Did you mean 'defined'?"),
        ("{{ 'a'|zzzzzz }}", 1, "No filter named 'zzzzzz'."),
        ("{% inclde 'x' %}", 1, "Encountered unknown tag 'inclde'. Did you mean 'include'?"),
        ("{% for e in issue.leads %}\nx{% endfro %}", 2, "Did you mean 'endfor'?"),
        ("a\n{% if issue.total %}b", 2, "The innermost block that needs to be closed is 'if'."),
        ("a\n{% for e in issue.leads %}b", 2, "The innermost block that needs to be closed is 'for'."),
        ("a\n{% trans %}b", 2, "unclosed translation block"),
        ("a\n{{ issue.total", 2, "unexpected end of template"),
        ("a{# b", 1, "Missing end of comment tag"),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line_and_the_name_that_was_meant(tmp_path, text, line, reason):
    message = failure(tmp_path, "x.txt.j2", text)
    assert message.startswith(f"{tmp_path / 'x.txt.j2'}:{line}: ")
    assert reason in message


MISSPELT = [
    ("{% for e in issue.leds %}{% endfor %}", "IssueView has no 'leds'; did you mean 'leads'?"),
    ("{% for e in issue.leads %}{{ e.titel }}{% endfor %}", "EntryView has no 'titel'; did you mean 'title'?"),
    ("{% for e in issue.leads %}{{ loop.fist }}{% endfor %}", "loop has no 'fist'; did you mean 'first'?"),
    ("{% if issue.totl %}x{% endif %}", "did you mean 'total'?"),
    ("{{ issue.totl or 'x' }}", "did you mean 'total'?"),
    ("{{ 'a' ~ issue.totl }}", "did you mean 'total'?"),
    ("{{ issue['totl'] }}", "did you mean 'total'?"),
    ("{{ issue.totl == 'x' }}", "did you mean 'total'?"),
    ("{{ issue.totl|default('') }}", "did you mean 'total'?"),
    ("{{ isue|d('') }}", "'isue' is undefined; did you mean 'issue'?"),
    ("{{ issue.leads|map(attribute='titel')|join }}", "did you mean 'title'?"),
    ("{{ issue.leads[0].summary.crd }}", "dict has no 'crd'; did you mean 'card'?"),
    ("{% trans %}Hello {{ isue }}{% endtrans %}", "'isue' is undefined; did you mean 'issue'?"),
    ("{% trans x=issue.totl %}Hello {{ x }}{% endtrans %}", "did you mean 'total'?"),
    ("{{ _('Hello %(nme)s', name='x') }}", "have a place for 'nme', and no value of that name is given"),
    ("{{ issue.zzz }}", "IssueView has no 'zzz'; it has browser, byline, "),
    ("{{ issue.total.zzz }}", "str has no 'zzz'; it has no names at all"),
    ("{{ zzzzzz }}", "'zzzzzz' is undefined"),
]


@pytest.mark.parametrize(("text", "reason"), MISSPELT)
@pytest.mark.parametrize("kind", [".txt.j2", ".mjml.j2"])
def test_a_misspelt_name_never_renders_as_nothing(tmp_path, issue_view, kind, text, reason):
    (tmp_path / f"_inner{kind}").write_text(f"a\n{text}", encoding="utf-8")
    around = "{% for n in [1] %}{% include '_inner" + kind + "' %}{% endfor %}"
    message = failure(tmp_path, f"x{kind}", around, issue=issue_view())
    assert message.startswith(f"{tmp_path / f'_inner{kind}'}:2: ")
    assert reason in message


def test_default_stands_in_for_what_is_empty(tmp_path, issue_view):
    mine = theme(tmp_path, x__txt__j2="{{ issue.byline|default('nobody', true) }} {{ issue.total|default('x') }}")
    assert mine.render("x.txt.j2", issue=issue_view(byline="")) == "nobody 4"


HOSTILE = "{{ 7*7 }} {% raw %} {# x #} %(num)s %s 100% <b>"


@pytest.mark.parametrize(
    "text",
    ["{{ x }}", "{% trans %}{{ x }}{% endtrans %}", "{{ _('%(x)s', x=x) }}", "{{ ngettext('%(x)s', 'more', 1, x=x) }}",
     "{% set y = x %}{{ y ~ '' }}"],
)  # fmt: skip
def test_a_strangers_text_is_never_evaluated(tmp_path, text):
    mine = theme(tmp_path, a__txt__j2=text, b__mjml__j2=text)
    assert mine.render("a.txt.j2", x=HOSTILE) == HOSTILE
    assert mine.render("b.mjml.j2", x=HOSTILE) == HOSTILE.replace("<b>", "&lt;b&gt;")


def test_a_template_that_is_not_utf_8_is_named_and_not_the_one_that_includes_it(tmp_path):
    (tmp_path / "a.txt.j2").write_text('{% include "b.txt.j2" %}', encoding="ascii")
    (tmp_path / "b.txt.j2").write_bytes("one\ntwo ä".encode("latin-1"))
    with pytest.raises(TemplateError, match=r"b\.txt\.j2:2: this isn't UTF-8"):
        Theme([tmp_path]).render("a.txt.j2")


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
