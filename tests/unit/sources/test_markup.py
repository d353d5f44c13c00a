"""Markup goes, and what only looks like it stays."""

import statistics
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.markup import plain


@pytest.mark.parametrize(
    ("markup", "text"),
    [
        ("<p>One &amp; two.</p><p class='x'>Three</p>", " One & two.  Three "),
        ("a<br/>b<BR>c", "a b c"),
        ("an <i>E. coli</i> <a href='https://example.org/?a=1&amp;b=2'>link</a>", "an E. coli link"),
        ("<jats:title>Abstract</jats:title><jats:p>We show</jats:p>", " Abstract  We show "),
        ("with <mml:math xmlns:mml='x'><mml:mi>x</mml:mi></mml:math>", "with x"),
        ("a<!-- <p> hidden -->b<!-- never closed", "ab"),
        ("a<script>if (x < y) alert('<p>')</script>b<style>p {}", "ab"),
        ("Ca<sup>2+</sup> and H<sub>2</sub>O, 10<sup>-3</sup>, x<sup>th</sup>", "Ca²⁺ and H₂O, 10⁻³, xth"),
        ("$a<b$ and $c<d>e$, x < y > z", "$a<b$ and $c<d>e$, x < y > z"),
        ("<think> and <b-tree> and <i", "<think> and <b-tree> and <i"),
        ("&lt;p&gt; &alpha;&#955; &unknown; &amp;lt;", "<p> αλ &unknown; &lt;"),
        ("", ""),
    ],
)
def test_what_becomes_of_markup(markup, text):
    assert plain(markup) == text


@given(st.text() | st.text(alphabet='<>/!-&;abpsu="'))
def test_no_text_breaks_it(text):
    assert isinstance(plain(text), str)


@given(st.text(alphabet=st.characters(exclude_characters="<&")))
def test_text_without_markup_stays(text):
    assert plain(text) == text


@pytest.mark.parametrize("begin", ["<!--", "<script>", "<p ", "<sup>1", "<a:", "<", "</"])
def test_the_time_it_takes_grows_with_the_text(begin):
    def seconds(count):
        runs = []
        for _ in range(3):
            start = time.perf_counter()
            plain(begin * count)
            runs.append(time.perf_counter() - start)
        return statistics.median(runs)

    assert seconds(40_000) < 40 * max(seconds(4_000), 0.0005)
