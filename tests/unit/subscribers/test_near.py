import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.subscribers.near import Near

NEAR = Near(["gmail", "Hotmail", "yahoo"])


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("gmail", "gmail"),
        ("gmial", "gmail"),
        ("gmal", "gmail"),
        ("gmaill", "gmail"),
        ("gnail", "gmail"),
        ("HOTMIAL", "Hotmail"),
        ("yahhoo", "yahoo"),
        ("googlemail", None),
        ("gml", None),
        ("", None),
    ],
)
def test_a_name_is_found_that_is_a_slip_away(text: str, name: str | None) -> None:
    assert NEAR.find(text) == name


@given(st.text(max_size=200))
def test_anything_can_be_looked_for(text: str) -> None:
    assert NEAR.find(text) in (None, "gmail", "Hotmail", "yahoo")


@given(st.sampled_from(["gmail", "yahoo"]), st.integers(0, 4), st.sampled_from("abcxyz"))
def test_one_slip_anywhere_is_forgiven(name: str, place: int, letter: str) -> None:
    for slip in (
        name[:place] + name[place + 1 :],
        name[:place] + letter + name[place + 1 :],
        name[:place] + letter + name[place:],
    ):
        assert NEAR.find(slip) == name
