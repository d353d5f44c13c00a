"""Raised and lowered text becomes markup, and everything else stays text."""

import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.latex import scripted
from digest.render.scripts import scripts


@pytest.mark.parametrize(
    ("text", "markup"),
    [
        ("no scripts at all", "no scripts at all"),
        ("L_(CE)", "L<sub>CE</sub>"),
        ("x^(a,b) and L_(CE)", "x<sup>a,b</sup> and L<sub>CE</sub>"),
        ("a < b & c", "a &lt; b &amp; c"),
        ("a_(<b>)", "a<sub>&lt;b&gt;</sub>"),
        ('a_("x" onclick=1)', None),
        ("a_(</sub><script>alert(1)</script>)", None),
        ("<script>alert(1)</script>", "&lt;script&gt;alert(1)&lt;/script&gt;"),
        ("&lt;b&gt;", "&amp;lt;b&amp;gt;"),
        ("", ""),
    ],
)
def test_markup_of_a_title(text, markup):
    found = str(scripts(text))
    if markup is not None:
        assert found == markup
    assert set(re.findall(r"<[^>]*>", found)) <= {"<sub>", "</sub>", "<sup>", "</sup>"}


HOSTILE = st.text(st.sampled_from("ab1 _^(){}<>&\"'/$\\scriptsubp=;"), max_size=40)


@given(HOSTILE | st.text(max_size=60))
def test_nothing_but_scripts_is_markup_and_no_letter_is_lost(text):
    found = str(scripts(text))
    tags = re.findall(r"<[^>]*>", found)
    assert set(tags) <= {"<sub>", "</sub>", "<sup>", "</sup>"}
    assert html.unescape(re.sub(r"</?su[bp]>", "", found)) == "".join(span.text for span in scripted(text))
    for kind in ("sub", "sup"):
        assert tags.count(f"<{kind}>") == tags.count(f"</{kind}>")
