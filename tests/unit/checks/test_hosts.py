import pytest

from digest.checks.hosts import aligned, host_of, is_inside, why_not_public


@pytest.mark.parametrize(
    ("host", "why", "inside"),
    [
        ("digest.lab.edu", "", False),
        ("DIGEST.LAB.EDU.", "", False),
        ("myexample.org", "", False),
        ("8.8.8.8", "", False),
        ("example.org", "examples", False),
        ("a.example.com", "examples", False),
        ("lab.test", "examples", False),
        ("localhost", "this machine", True),
        ("a.localhost", "this machine", True),
        ("intranet", "this machine", True),
        ("printer.local", "this machine", True),
        ("router.home.arpa", "this machine", True),
        ("127.0.0.1", "this machine", True),
        ("10.0.0.1", "this machine", True),
        ("169.254.1.1", "this machine", True),
        ("[::1]", "this machine", True),
        ("[fd00::1]", "this machine", True),
    ],
)
def test_who_can_reach_a_host(host, why, inside):
    assert why in why_not_public(host)
    assert bool(why_not_public(host)) is bool(why)
    assert is_inside(host) is inside


def test_domains_are_aligned_when_one_lies_under_the_other():
    assert aligned("lab.edu", "LAB.EDU")
    assert aligned("bounces.lab.edu", "lab.edu")
    assert aligned("lab.edu", "bounces.lab.edu")
    assert not aligned("a.lab.edu", "b.lab.edu")
    assert not aligned("badlab.edu", "lab.edu")


def test_the_host_of_an_address_that_is_none_is_empty():
    assert host_of("https://A.example.org:1/x") == "a.example.org"
    assert host_of("https://[half/") == ""
    assert host_of("mailto:a@example.org") == ""
