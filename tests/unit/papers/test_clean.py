"""Strangers' text comes out as one clean line, and links as plain http(s) URLs."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.papers.clean import URL_LIMIT, clean_line, clean_url

NASTY = st.text(
    alphabet=st.one_of(
        st.characters(exclude_categories=()),  # lone surrogates too
        st.sampled_from(
            "\u200b\u200c\u200d\ufe00\ufe0f\U000e0100\u034f葛\u202e\u2066\ufeff\u00ad"
            "\u0301\u0323ae क्ष\u094d\u0645👩💻\n\t\x00\x85"
        ),
    )
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  A\ttitle\r\n of\u2028two\u00a0lines\x0c ", "A title of two lines"),
        ("a\x00b\x1b[31mc\x9bd", "ab[31mcd"),
        ("e\u0301t\u0065\u0301", "été"),
        ("safe\u202egnp.exe\u202c", "safegnp.exe"),
        ("\ufeffzero\u200bwidth\u2060 soft\u00adhyphen", "zerowidth softhyphen"),
        ("lone \ud800surrogate", "lone surrogate"),
        ("non\ufffe\uffff\U0001ffffcharacter", "noncharacter"),
        ("hid\U000e0041\U000e0042den", "hidden"),
        ("hid\U000e0101\U000e0102den tran\u034fs\U0001d173former", "hidden transformer"),
        ("葛\U000e0101\U000e0102 ❤\ufe0f\ufe01\ufe0f", "葛\U000e0101 ❤\ufe0f"),
        ("a \u200b b", "a b"),
        ("an$x^2$ < 3 & \\alpha", "an$x^2$ < 3 & \\alpha"),
    ],
)
def test_what_cleaning_does(text, expected):
    assert clean_line(text) == expected


@pytest.mark.parametrize("text", ["می\u200cخواهم", "क्\u200dष", "👩\u200d💻 lab", "❤\ufe0f\u200d🔥"])
def test_joiners_stay_where_a_script_needs_them(text):
    assert clean_line(text) == text


def test_a_heap_of_marks_is_cut_before_it_takes_the_square_of_its_length_to_put_in_order():
    heap = "a" + "\u0300\u0316" * 50_000  # to normalise it as it is takes 20 seconds
    assert len(clean_line(heap)) <= 31
    assert len(clean_line("a" + ("\u0300" * 20 + "\u200b" + "\u0316" * 20 + "\u200b") * 3_000)) <= 31
    assert clean_line(f"x {heap} y").endswith(" y")
    assert clean_line("→" * 40 + "e\u0301") == "→" * 40 + "é"


def test_joiners_hide_nothing_in_latin_text():
    assert clean_line("hid\u200dden\u200c\u200d word\u200c") == "hidden word"


@given(NASTY)
@example("\u1fbe\u200d")
def test_cleaning_is_final_and_fit_for_storage(text):
    line = clean_line(text)
    assert clean_line(line) == line
    assert line == unicodedata.normalize("NFC", line) == line.strip()
    line.encode("utf-8")
    assert not any(unicodedata.category(c) == "Cc" or c in "\u202e\u200b\ufeff" for c in line)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (" https://arxiv.org/abs/2403.01234v2#s1 ", "https://arxiv.org/abs/2403.01234v2#s1"),
        ("HTTP://Example.ORG:8080/a?b=c&d=%20", "http://example.org:8080/a?b=c&d=%20"),
        ('https://example.org/é"<x>', "https://example.org/%C3%A9%22%3Cx%3E"),
        ("https://example.org/100%?a=%zz#b#c", "https://example.org/100%25?a=%25zz#b%23c"),
        ("https://bücher.example/", "https://xn--bcher-kva.example/"),
        ("http://[::1]/x", "http://[::1]/x"),
    ],
)
def test_links_are_kept_as_plain_uris(text, expected):
    assert clean_url(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "//example.org/",
        "https://",
        "https:///path",
        "https://user:secret@example.org/",
        "https://good.example\\@evil.example/",
        "https://evil.example\\.good.example/",
        "https://example.org/a b",
        "https://example.org/a\nSet-Cookie: x",
        "https://example.org/\u202egpj.exe",
        "https://example.org:99999/",
        "https://[::1/",
        "https://[v1.example]/",
        "https://exa<mple.org/",
        "https://example.org/" + "a" * URL_LIMIT,
        "https://example.org/" + "é" * (URL_LIMIT // 4),
    ],
)
def test_what_is_no_link(text):
    assert clean_url(text) is None


@given(NASTY)
def test_a_link_is_printable_ascii_whatever_comes(text):
    for candidate in (text, "https://example.org/" + text, "https://" + text):
        url = clean_url(candidate)
        assert url is None or (url.isascii() and url.isprintable() and " " not in url and clean_url(url) == url)
