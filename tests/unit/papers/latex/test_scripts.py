"""A legible text is cut into spans at its scripts, and nothing is lost."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.latex import Span, scripted
from digest.papers.latex.scripts import script


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("plain (text) only", (Span("plain (text) only"),)),
        ("ℒ_(CE)", (Span("ℒ"), Span("CE", "sub"))),
        ("x^(ABC) and y", (Span("x"), Span("ABC", "sup"), Span(" and y"))),
        ("π_(0.5)_(B)z", (Span("π"), Span("0.5", "sub"), Span("B", "sub"), Span("z"))),
        ("f(x)_(i) a]^(B)", (Span("f(x)"), Span("i", "sub"), Span(" a]"), Span("B", "sup"))),
        ("x̂_(AB)", (Span("x̂"), Span("AB", "sub"))),
        ("e^(-(a+b)/C)!", (Span("e"), Span("-(a+b)/C", "sup"), Span("!"))),
        ("e^(x_(AB)+1)", (Span("e"), Span("xAB+1", "sup"))),
        ("∑_(i∈S)", (Span("∑"), Span("i∈S", "sub"))),
        (" _(no) and +^(no)", (Span(" _(no) and +^(no)"),)),  # nothing carries them
        ("x_(open and y^()", (Span("x_(open and y^()"),)),
        ("_(a)", (Span("_(a)"),)),
    ],
)
def test_spans(text, expected):
    assert scripted(text) == expected


PIECES = st.sampled_from(["a", "ℒ", "1", "_", "^", "(", ")", "_(", "^(", " ", "+", "]", "x̂", "_(CE)", "²"])


@given(st.lists(PIECES, max_size=25).map("".join))
def test_nothing_but_the_notation_is_lost(text):
    spans = scripted(text)
    joined = "".join(span.text for span in spans)
    assert all(span.text for span in spans)
    assert re.sub(r"[_^()]", "", joined) == re.sub(r"[_^()]", "", text)
    lost = len(text) - len(joined)
    assert lost % 3 == 0  # a sign and two brackets each
    assert (lost > 0) == any(span.kind != "plain" for span in spans)


@pytest.mark.parametrize(
    ("sign", "text", "before", "expected"),
    [
        ("^", "2", "x", "²"),
        ("_", "t + 1", "x", "ₜ₊₁"),
        ("^", "d × k", "ℝ", "ᵈˣᵏ"),
        ("_", "CE", "ℒ", "_(CE)"),
        ("^", "2C", "x", "^(2C)"),  # never half of it
        ("_", "in domain", "x", "_(in domain)"),
        ("^", "∘", "0", "°"),
        ("^", "CE", " ", "CE"),
        ("_", "a)", "x", "a)".translate(str.maketrans("a)", "ₐ₎"))),
        ("_", "B)", "x", "B)"),
        ("_", " ", "x", ""),
    ],
)
def test_a_script_is_wholly_in_one_form(sign, text, before, expected):
    assert script(sign, text, before) == expected
