import pytest

from digest.bounces import codes


@pytest.mark.parametrize(
    ("said", "basic", "enhanced"),
    [
        ("550 5.1.1 <bob@example.com>: unknown", 550, "5.1.1"),
        ("550-5.1.1 The account\n 550 5.1.1 is not here", 550, "5.1.1"),
        ("550 #5.1.0 Address rejected.", 550, "5.1.0"),
        ("Sorry, no mailbox here by that name. (#5.1.1)", 0, "5.1.1"),
        ("host mx.example.com[192.0.2.25] said: 452 4.2.2 over quota", 452, "4.2.2"),
        ("connect to 198.51.100.5:25: timed out", 0, ""),
        ("550: no", 550, ""),
        ("try 5.4.3.2 or 1550 times", 0, ""),
        ("421-4.7.0 slow down", 421, "4.7.0"),
        ("the 3.5.2 version; then 554 5.7.1.", 554, "5.7.1"),
        ("", 0, ""),
    ],
)
def test_codes_are_found_and_nothing_that_looks_like_one(said, basic, enhanced):
    assert (codes.basic(said), codes.enhanced(said)) == (basic, enhanced)


@pytest.mark.parametrize(
    ("status", "said", "best"),
    [
        ("5.1.1", "550 5.7.1 no", "5.1.1"),
        ("5.0.0", "550 5.1.1 no", "5.1.1"),
        ("5.5.0", "550 5.1.10 RESOLVER", "5.1.10"),
        ("5.0.0", "550 5.3.0 no", "5.0.0"),
        ("5.0.0", "no such user", "5.0.0"),
        ("", "550 5.1.0 no", "5.1.0"),
        ("", "", ""),
        ("5.1.1 (bad destination)", "", "5.1.1"),
        ("4.4.7", "451 4.3.0 later", "4.4.7"),
    ],
)
def test_the_code_that_says_more_goes_first(status, said, best):
    assert codes.best(status, said) == best
