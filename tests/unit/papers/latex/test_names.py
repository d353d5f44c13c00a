"""Names of persons get their letters, and nothing else happens to them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.latex import legible_name


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"Paul Erd\H{o}s", "Paul Erdős"),
        (r"Paul Erd{\H o}s", "Paul Erdős"),
        (r"M\"uller, M{\"u}ller, M\"{u}ller", "Müller, Müller, Müller"),
        (r"{\O}rsted", "Ørsted"),
        (r"S\o ren and Bj\o{}rn", "Søren and Bjørn"),
        (r"\L ukasz, \L{}ukasz, {\L}ukasz", "Łukasz, Łukasz, Łukasz"),
        (r"Garc{\'\i}a and Garc\'{\i}a", "García and García"),
        (r"Nguy{\~{\^e}}n", "Nguyễn"),
        (r"\v{S}mejkal, Ha{\v c}ek, Yi\u{g}it", "Šmejkal, Haček, Yiğit"),
        (r"Fran\c{c}ois d'Al\`o", "François d'Alò"),
        (r"Jos\'e~Mar\'ia", "José María"),
        ("{van der} Berg", "van der Berg"),
    ],
)
def test_accents(text, expected):
    assert legible_name(text) == expected


@pytest.mark.parametrize("name", ["", "Ada Lovelace", "O'Neil", "Xi Pi", "A_B", "Jean-Luc 2times", "李雷", "x^2", "$5"])
def test_other_names_stay(name):
    assert legible_name(name) == name


@given(st.text(st.one_of(st.characters(exclude_categories=()), st.sampled_from("\\{}\"'~^`$ouHcv "))))
def test_it_takes_any_string(text):
    assert isinstance(legible_name(text), str)
