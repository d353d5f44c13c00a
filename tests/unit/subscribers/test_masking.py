import pytest

from digest.subscribers.masking import masked


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("ada@example.org", "a••@example.org"),
        ("a@example.org", "••@example.org"),
        ("ab@example.org", "a••@example.org"),
    ],
)
def test_little_is_shown(address, shown):
    assert masked(address) == shown
