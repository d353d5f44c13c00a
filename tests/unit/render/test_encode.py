import quopri

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.render.encode import SOFT_BREAK, decoded_size, encoded_inline, inline, quoted_printable

# What a text must survive: line starts that SMTP or mbox give a meaning, spaces at line ends, long lines.
AWKWARD = st.sampled_from([".", "..", "From ", "\n", " ", "\t", "=", "=3D", "x" * 75, "é", "語", "👩‍🔬", "--=_b", "a"])
TEXTS = st.lists(AWKWARD | st.characters(exclude_categories=["Cs"]), max_size=40).map("".join)


def decoded(encoded):
    """Decode as a mail program does, after nothing happened on the way that SMTP doesn't allow."""
    assert encoded.isascii()
    assert b"\r" not in encoded.replace(b"\r\n", b"")
    assert b"\n" not in encoded.replace(b"\r\n", b"")
    return quopri.decodestring(encoded).decode("utf-8")


def with_crlf(text):
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n")


def assert_lines_are_safe(encoded):
    for line in encoded.split(b"\r\n"):
        assert len(line) <= 76
        assert not line.startswith((b".", b"From "))
        assert not line.endswith((b" ", b"\t"))


@given(TEXTS)
@example("..From here")
@example("." * 30 + "From " + "x" * 80)
@example("From .\nFrom \n.\n..\n")
@example("x" * 75 + ".\n" + "x" * 75 + "From here")
@example("x" * 75 + " \n" + "x" * 74 + "\t\n")
@example("no line break, and longer than one line may be: its soft breaks are CRLF as well")
def test_a_text_comes_back_and_its_lines_are_safe(text):
    encoded = quoted_printable(text)
    assert decoded(encoded) == with_crlf(text)
    assert_lines_are_safe(encoded)


@given(TEXTS)
@example("x" * 76)
@example("x" * 75 + "é")
@example("trailing space ")
def test_inline_text_ends_in_a_soft_break_and_adds_nothing(text):
    encoded = inline(text)
    assert encoded.endswith(SOFT_BREAK)
    assert decoded(encoded) == with_crlf(text)
    assert_lines_are_safe(encoded)


PLAIN = st.text(st.sampled_from("aF r.o=m~ \t-"), max_size=160)
EDGES = st.builds(
    lambda before, text: "x" * before + text,
    st.sampled_from([0, 1, 70, 71, 72, 73, 74, 75, 76, 146, 147, 148, 149, 150, 151]),
    st.sampled_from(["", ".", "From ", "From", " ", "=", "y", "é", "yy", "\t", "\n"]),
)


@given(TEXTS | PLAIN | EDGES)
@example("x" * 75 + ".")
@example("x" * 75 + "From here")
@example("x" * 150 + "From here")
@example("From ")
@example("https://digest.example.org/u/" + "t" * 47)
def test_a_plain_text_spared_the_encoder_is_what_the_encoder_makes_of_it(text):
    assert inline(text) == encoded_inline(text)


@given(st.lists(st.tuples(TEXTS.map(lambda text: text.replace("\r", "")), st.booleans()), max_size=6))
def test_pieces_joined_read_like_the_joined_text(pieces):
    joined = b"".join(quoted_printable(text + "\n") if is_line else inline(text) for text, is_line in pieces)
    whole = "".join(text + "\n" if is_line else text for text, is_line in pieces)
    assert decoded(joined) == with_crlf(whole)
    assert_lines_are_safe(joined)


@given(TEXTS)
def test_nothing_in_a_body_can_be_a_boundary(text):
    assert b"=_" not in quoted_printable(text)


@pytest.mark.parametrize(
    ("text", "encoded"),
    [
        ("", b""),
        ("plain\n", b"plain\r\n"),
        (".\n", b"=2E\r\n"),
        ("1 = 1\n", b"1 =3D 1\r\n"),
        ("café\n", b"caf=C3=A9\r\n"),
        ("end \n", b"end=20\r\n"),
    ],
)
def test_simple_texts_stay_readable(text, encoded):
    assert quoted_printable(text) == encoded


def test_a_dot_at_a_line_start_costs_one_soft_break():
    assert quoted_printable(".hidden\n") == b"=2E=\r\nhidden\r\n"
    assert quoted_printable("From here\n") == b"=46=\r\nrom here\r\n"
    assert quoted_printable("a.b From here\n") == b"a.b From here\r\n"


@given(TEXTS)
def test_the_decoded_size_is_what_a_mail_program_counts(text):
    assert decoded_size(text) == len(decoded(quoted_printable(text)).encode())
