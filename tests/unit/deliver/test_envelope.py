import pytest

from digest.deliver.envelope import envelope_sender


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("digest@example.org", "digest+t0ken@example.org"),
        ("digest+papers@example.org", "digest+papers+t0ken@example.org"),
        ("root@localhost", "root+t0ken@localhost"),
    ],
)
def test_each_message_has_an_envelope_sender_of_its_own_or_all_have_one(address, expected):
    assert envelope_sender(address, "t0ken", "verp") == expected
    assert envelope_sender(address, "t0ken", "from") == address
