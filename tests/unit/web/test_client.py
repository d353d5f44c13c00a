"""Whose request it is, as proxies and visitors write it."""

import pytest
from starlette.requests import Request

from digest.web.client import network

PROXIES = ["127.0.0.1", "10.0.0.0/8"]


def from_network(host: str, *forwarded: str) -> str:
    headers = [(b"x-forwarded-for", one.encode()) for one in forwarded]
    return network(Request({"type": "http", "client": (host, 5000), "headers": headers}), PROXIES)


@pytest.mark.parametrize(
    ("forwarded", "found"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("198.51.100.1, 192.0.2.7", "192.0.2.7/32"),
        ("198.51.100.1, 192.0.2.7, 10.1.2.3", "192.0.2.7/32"),
        ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2:3::4]", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("198.51.100.1, 192.0.2.7:50123", "192.0.2.7/32"),  # some proxies add the port
        ("198.51.100.1, [2001:db8:1:2:3::4]:50123", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("192.0.2.7,", "192.0.2.7/32"),
    ],
)
def test_a_known_proxy_says_who_asks(forwarded, found):
    assert from_network("127.0.0.1", forwarded) == found
    assert from_network("127.0.0.1", *forwarded.split(", ")) == found


@pytest.mark.parametrize("written", ["unknown", "_hidden", "192.0.2", "192.0.2.7:a:b", "%"])
def test_what_a_proxy_could_not_say_is_not_the_visitors_to_say(written):
    assert from_network("127.0.0.1", f"198.51.100.1, {written}") == "unknown"


def test_nobody_else_is_believed():
    assert from_network("192.0.2.9", "198.51.100.1") == "192.0.2.9/32"
    assert from_network("fe80::1%eth0", "198.51.100.1") == "fe80::/64"
    assert from_network("127.0.0.1") == "127.0.0.1/32"
