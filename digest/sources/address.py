"""Addresses on the web: how one is named to people, and where a redirect may lead.

A source is written into the settings by the operator, so its own address is trusted. A redirect is written by
whoever answers, and must not become a way into the operator's network (server-side request forgery) or back
to plain text.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address

import httpx

from digest.errors import SourceError

_SCHEMES = ("http", "https")


def web_address(text: str) -> httpx.URL:
    """Return an address as written in the settings, parsed; raises SourceError where it is none of http(s)."""
    try:
        url = httpx.URL(text)
    except (httpx.InvalidURL, ValueError):
        raise SourceError("the address of a source can't be read; expected http://… or https://…") from None
    if url.scheme not in _SCHEMES or not url.host:
        raise SourceError(f"{named(url)}: expected an address that begins with http:// or https://")
    return url


def named(url: httpx.URL) -> str:
    """Return the address for messages and the log: without user, password and query, which may hold keys."""
    path, mark, _ = url.raw_path.decode("ascii").partition("?")
    return f"{url.scheme}://{url.netloc.decode('ascii')}{path}{mark and '?…'}"


def check_redirect(first: httpx.URL, here: httpx.URL, target: httpx.URL) -> None:
    """Raise SourceError unless an answer at `here` may send us on to `target`; `first` is the source's address.

    Refused are other schemes than http(s), the step from https to http, and addresses that aren't public
    (loopback, private, link-local, reserved) unless the source itself has such an address.
    """
    reason = None
    if target.scheme not in _SCHEMES or not target.host:
        reason = "is no http(s) address"
    elif here.scheme == "https" and target.scheme == "http":
        reason = "is not encrypted any more"
    elif is_internal(target) and not is_internal(first):
        reason = "lies in an internal network"
    if reason:
        raise SourceError(
            f"{named(here)}: redirects to {named(target)}, which {reason}; it was not followed, check the address"
        )


def is_internal(url: httpx.URL) -> bool:
    """Tell whether the host is, or has among its addresses, one that isn't public.

    A name that can't be resolved isn't internal: the request will fail by itself, or a proxy knows it.
    """
    return any(not _is_public(ip_address(one)) for one in _addresses(url.raw_host.decode("ascii")))


def _addresses(host: str) -> set[str]:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return set()
    return {str(address[0]) for _, _, _, _, address in found}


def _is_public(address: IPv4Address | IPv6Address) -> bool:
    return address.is_global and not address.is_multicast
