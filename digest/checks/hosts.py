"""Names and addresses that mean something on one machine or network only, or nowhere."""

from ipaddress import ip_address
from urllib.parse import urlsplit

_RESERVED = ("example", "test", "invalid", "example.org", "example.com", "example.net")
"""For documents and tests (RFC 2606, RFC 6761)."""

_INSIDE = ("local", "localhost", "internal", "home.arpa", "lan", "onion", "localdomain")
"""Names of a single network or machine (RFC 6761, 6762, 7686, 8375)."""


def host_of(url: str) -> str:
    """Return the host of a web address, "" where it has none or is none: a stranger may have written it."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:  # brackets that hold no address
        return ""


def why_not_public(host: str) -> str:
    """Say why nobody else can reach `host`, such as "is for examples only"; "" where they may."""
    host = host.strip("[]").rstrip(".").lower()
    try:
        address = ip_address(host)
    except ValueError:
        return _by_name(host)
    return "" if address.is_global else "is an address of this machine or network only"


def is_inside(host: str) -> bool:
    """Tell whether `host` is this machine or in a private network: what no link in a mail may lead to."""
    why = why_not_public(host) if host else ""
    return bool(why) and "examples" not in why


def _by_name(host: str) -> str:
    if _ends_in(host, _RESERVED):
        return "is for examples and tests only"
    if "." not in host or _ends_in(host, _INSIDE):
        return "is known on this machine or network only"
    return ""


def _ends_in(host: str, names: tuple[str, ...]) -> bool:
    return any(host == name or host.endswith(f".{name}") for name in names)


def aligned(one: str, other: str) -> bool:
    """Tell whether two domains are one, or one lies under the other.

    That is nearly DMARC's relaxed alignment (RFC 7489, 3.1): without the list of public suffixes, a.example.org and
    b.example.org are not known to belong together.
    """
    one, other = one.lower(), other.lower()
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")
