from hypothesis import given
from hypothesis import strategies as st

from digest.checks.css import Declaration, Rule, declarations, rules


def test_declarations_are_read_past_strings_brackets_and_comments():
    said = declarations("color:RED; background : url(a;b.png) ;/* x:y; */ content:';:'; width:1px !important; broken")
    assert said == (
        Declaration("color", "red"),
        Declaration("background", "url(a;b.png)"),
        Declaration("content", "';:'"),
        Declaration("width", "1px", important=True),
    )


def test_rules_know_within_what_they_hold():
    sheet = """
    @import url("x.css");
    h1, h2:not(.a, .b) { margin:0 }
    @media (prefers-color-scheme: dark) { .x { color:#fff } @media print { p { color:red } } }
    @font-face { font-family:A; src:url(a.woff) }
    .last { --ink:#000; color:var(--ink) }
    """
    assert list(rules(sheet)) == [
        Rule('@import url("x.css")', (), ()),
        Rule("", ("h1", "h2:not(.a, .b)"), (Declaration("margin", "0"),)),
        Rule("@media (prefers-color-scheme: dark)", (".x",), (Declaration("color", "#fff"),)),
        Rule("@media (prefers-color-scheme: dark) @media print", ("p",), (Declaration("color", "red"),)),
        Rule("@font-face", (), (Declaration("font-family", "a"), Declaration("src", "url(a.woff)"))),
        Rule("", (".last",), (Declaration("--ink", "#000"), Declaration("color", "var(--ink)"))),
    ]


def test_a_bracket_in_a_comment_or_a_string_is_none():
    assert [rule.selectors for rule in rules("/* { */ a { content:'}' } b { color:red } /* open {")] == [("a",), ("b",)]


@given(st.text(alphabet="ab{}()[];:,@/*'\" \n\\#.!-", max_size=200))
def test_any_text_is_read_to_its_end(text):
    assert all(isinstance(rule, Rule) for rule in rules(text))
    assert all(isinstance(one, Declaration) for one in declarations(text))
