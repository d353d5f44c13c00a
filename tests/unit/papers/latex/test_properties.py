"""What holds for any string: one clean line, the same when read again, and in time that grows with its length."""

import sys
import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.papers.clean import clean_line
from digest.papers.latex import legible, legible_name, scripted

_TEX = r"""
    $ \ { } ^ _ ~ ` `` '' ' " ( ) [ ] a B x 1 23 . , - ! / = < | \alpha \times \textbf \frac \sqrt \hat \mathcal
    \begin \cite \footnote \href \url \" \' \% \$ \_ \{ \} \( \) \[ \] \left \text \unknown \item \\ $$ \log \v \not
    \textbackslash \deg \circ \textcolor \binom \unicode{x2013} times sim epsilon pi tilde Omega rightarrow textbf
    8{255} langle rangle https://a.example.org/b_c a.example.com/x fieldhttps://x.example.net word {x} x_{ab} x^{ABC}
    ^( _( 4.7times"""
TEX = st.sampled_from(_TEX.split())
PIECES = st.lists(st.one_of(TEX, st.just(" "), st.characters(exclude_categories=())), max_size=16).map("".join)
SENTENCES = st.lists(st.from_regex(r"[A-Za-z]{1,9}[,.]?", fullmatch=True), max_size=12).map(" ".join)


@settings(max_examples=400)
@example("\\$x\\$ a\\_b")
@example("{\\{{a}\\}}")
@example("\ufdd0 4times \ufdd0")
@given(PIECES)
def test_a_legible_text_stays(text):
    once = legible(clean_line(text))
    assert legible(once) == once
    assert clean_line(once) == once


@settings(max_examples=300)
@given(PIECES)
def test_nothing_raises(text):
    assert isinstance(legible(text), str)
    assert isinstance(legible_name(text), str)
    scripted(text)


@given(SENTENCES)
def test_sentences_of_words_stay(text):
    assert legible(text) == text


HOSTILE = (
    "$", "$ ", "$a ", "$$", "${", "{$", "\\", "\\\\", "{", "}", "{a", "\\a{", "\\frac", "\\frac{", "\\hat", "\\textbf{",
    "\\href{", "\\footnote{", "\\(", "\\[", "\\sqrt[", "\\cite[", "[", "^", "_", "^{", "_{", "x_", "x^", "^(", "(", "~",
    "`", "``", "``a", "`a'a", "\\\"", "\\'s", "https://", "-https://a", "https://a{", "a.example.", "a-", "1times",
    "sim1", "to1", "pm", "langle ", "langle rangle", "epsilon_", "eta", "tilde O", "text{a", "{bf a", "!=", "a!",
    "\\color{aA", "1{2", "x2013", "rightarrow", "$\\a ", "^{times", "alpha=1 2times ",
)  # fmt: skip
LENGTH = 8_000


def _calls(text: str) -> int:
    """Return how many functions are called to read `text`."""
    count = 0

    def note(_frame, event, _argument):
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(note)
    try:
        legible(text)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("piece", HOSTILE)
def test_twice_the_text_takes_twice_the_steps(piece):
    short, long = (_calls("{" + piece * (size // len(piece)) + "}$") for size in (1_500, 3_000))
    assert long < 2.6 * short + 500


def test_hostile_texts_take_no_time_to_speak_of():
    """Catches what calls don't show, a pattern that looks back and forth: the square of 8,000 takes a second."""
    for piece in HOSTILE:
        started = time.process_time()
        text = piece * (LENGTH // len(piece))
        for hostile in (text, "{{{{" + text, "$" + text + "$", text + "}" * 2_000):
            legible(hostile)
            legible_name(hostile)
            scripted(hostile)
        assert time.process_time() - started < 0.8, piece
