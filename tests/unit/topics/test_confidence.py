"""Confidence rises with the part a topic has, and stays between 0 and 1."""

from hypothesis import given
from hypothesis import strategies as st

from digest.topics.confidence import confidence


@given(st.floats(0, 1), st.floats(0, 1), st.booleans())
def test_more_is_surer(one, other, learned):
    low, high = sorted((one, other))
    assert 0 <= confidence(low, learned) <= confidence(high, learned) <= 1


def test_nothing_is_not_sure_at_all():
    assert confidence(0.0, False) == confidence(0.0, True) == 0.0
