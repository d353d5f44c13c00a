"""Plaintext is wrapped by what a reader sees."""

import time
import timeit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from digest.papers.clean import clean_line
from digest.render.wrapping import cut, some, wrap

FAMILY = "👩\u200d👩\u200d👧\u200d👦"
FLAG = "🇩🇪"
KEYCAP = "1\ufe0f\u20e3"


def test_wrap_counts_display_columns():
    assert wrap("aa bb cc", 5) == "aa bb\ncc"
    assert wrap("动态分词方法", 6) == "动态分\n词方法"
    assert wrap("e\u0301e\u0301e\u0301 e\u0301", 5) == "e\u0301e\u0301e\u0301 e\u0301"


def test_wrap_indents():
    assert wrap("aa bb cc", 6, indent="- ", hanging="  ") == "- aa\n  bb\n  cc"
    assert wrap("", 6, indent="  ") == ""


def test_wrap_keeps_closing_marks_with_what_they_close():
    assert wrap("动态分词，方法", 8) == "动态分\n词，方法"
    assert wrap("动态分「词」", 8) == "动态分\n「词」"


def test_wrap_never_breaks_a_url_but_other_long_words():
    url = "https://example.org/" + "x" * 60
    assert wrap(f"see ({url}), then", 20) == f"see\n({url}),\nthen"
    assert wrap("y" * 45, 20) == "\n".join(["y" * 20, "y" * 20, "y" * 5])


SIGNS = [
    *"ab .,-动词，。（）「」é한ע",
    "👍🏽",
    "e\u0301",
    "x\u0302\u0301",
    FAMILY,
    FLAG,
    KEYCAP,
    "\xa0",
    "\u202f",
    "\u200e",
    "\u200f",
    "क्ष",
]
TEXTS = st.lists(st.sampled_from(SIGNS), max_size=80).map("".join)


@given(TEXTS, st.integers(4, 30), st.sampled_from(["", "  ", "- "]))
def test_wrap_loses_nothing_and_fits(text, width, indent):
    lines = wrap(text, width + len(indent), indent).split("\n")
    assert all(line.startswith(indent) for line in lines if line)
    lines = [line.removeprefix(indent) for line in lines]
    assert "".join("".join(lines).split()) == "".join(text.split())
    assert all(cell_len(line) <= width for line in lines)
    assert all(line == line.strip() for line in lines)


@given(TEXTS, st.integers(4, 30))
def test_wrap_takes_nothing_apart_that_a_reader_sees_as_one(text, width):
    lines = wrap(text, width).split("\n")
    assert all(cell_len(line[0]) or line[0] in "\u200e\u200f" for line in lines if line)
    for one in (FAMILY, FLAG, KEYCAP):
        assert sum(line.count(one) for line in lines) == text.count(one)


@given(TEXTS, st.integers(4, 30))
def test_wrapping_again_changes_nothing(text, width):
    lines = wrap(text, width)
    assert "\n".join(wrap(line, width) for line in lines.split("\n")) == lines


def test_wrap_keeps_what_is_joined():
    assert wrap(FAMILY * 3, 4) == f"{FAMILY * 2}\n{FAMILY}"
    assert wrap(FLAG * 3, 4) == f"{FLAG * 2}\n{FLAG}"
    assert wrap("👍🏽👍🏽👍🏽", 5) == "👍🏽👍🏽\n👍🏽"
    assert wrap("e\u0301" * 5, 2) == "\n".join(["e\u0301" * 2, "e\u0301" * 2, "e\u0301"])


def test_a_line_does_not_end_at_a_no_break_space():
    assert wrap("about 10\xa0% of it", 9) == "about\n10\xa0% of\nit"
    assert wrap("le mot\u202f: oui", 7) == "le\nmot\u202f:\noui"
    assert wrap(" \xa0 a \xa0", 9) == "a"
    assert cut("about 10\xa0% of it", 9) == "about…"


def test_marks_of_direction_take_no_room_and_stay():
    assert wrap("\u200fעברית\u200e ab", 8) == "\u200fעברית\u200e ab"
    assert wrap("\u200fעברית\u200e ab", 7) == "\u200fעברית\u200e\nab"


def test_what_reorders_a_line_is_gone_before_it_is_wrapped():
    assert wrap(clean_line("safe \u202egnp.exe \u2066and so\u00ad on"), 12) == "safe gnp.exe\nand so on"


def test_a_url_is_never_broken_whatever_stands_beside_it():
    url = "https://example.org/" + "x" * 1900
    assert wrap(f"参见{url}，方法很好", 12) == f"参见\n{url}，\n方法很好"
    assert wrap(f"（{url}）", 12) == f"（{url}）"
    mailto = f"mailto:leave@example.org?subject={'x' * 80}"
    assert wrap(f"é {mailto} é", 40) == f"é\n{mailto}\né"
    assert max(map(len, wrap("x://" + "y" * 9000, 40).splitlines())) < 2100


@pytest.mark.parametrize("unit", ["a", "动", "（", "a\u0301", "👩\u200d", "🇩", "x://", "\u200e ", "a\xa0"])
def test_the_time_of_wrapping_grows_with_the_length(unit):
    short, long = (least_seconds("é" + unit * (length // len(unit))) for length in (2_000, 20_000))
    assert long < short * 40 + 0.001  # tenfold; a square would be a hundredfold


def least_seconds(text):
    return min(timeit.repeat(lambda: (wrap(text), cut(text, 70)), number=1, repeat=3, timer=time.process_time))


@given(st.text(alphabet="ab .,-动词，", max_size=80), st.integers(4, 30))
def test_cut_fits_and_keeps_what_fits(text, width):
    short = cut(text, width)
    assert cell_len(short) <= width
    whole = " ".join(text.split())
    assert short == whole or (short.endswith("…") and whole.startswith(short[:-1]))


def test_cut_ends_at_a_word():
    assert cut("A Simple and Efficient Learner", 20) == "A Simple and…"
    assert cut("Model: a, simple", 10) == "Model: a…"
    assert cut("fits", 4) == "fits"


def test_some_names_the_first_that_fit():
    assert some(["aa", "bb", "cc"], 6) == (["aa", "bb"], 1)
    assert some(["a" * 50], 6) == (["a" * 50], 0)
    assert some([], 6) == ([], 0)
