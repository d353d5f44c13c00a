"""Who asks: the network that a request came from. Only a proxy that the settings name is believed."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.requests import Request


def network(request: Request, proxies: Sequence[str]) -> str:
    """Return the network of whoever asks, by which their requests are counted: "192.0.2.7/32", "2001:db8:1:2::/64".

    An IPv6 customer has a /64 at least, so that single addresses of it would be no limit. X-Forwarded-For is read from
    its end, as long as a machine of `proxies` (networks) wrote it; what stands before is the client's own claim. Where
    such a machine says nothing that can be read, it is "unknown", and all of those share one limit.
    """
    written = request.client.host if request.client else ""
    fields = ",".join(request.headers.getlist("X-Forwarded-For")).split(",")
    hops = [hop for hop in map(str.strip, fields) if hop]
    known = [ip_network(one) for one in proxies]
    address = _address(written)
    while address and hops and any(address in one for one in known):
        address = _address(hops.pop())
    if address is None:
        return "unknown"
    return str(ip_network((address, 32 if address.version == 4 else 64), strict=False))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    """Return the address that a hop is, without the port that some proxies add, and without an IPv6 zone."""
    host = text[1:].partition("]")[0] if text.startswith("[") else text
    if host.count(":") == 1:
        host = host.partition(":")[0]
    try:
        found = ip_address(host.partition("%")[0])
    except ValueError:
        return None
    return found.ipv4_mapped or found if isinstance(found, IPv6Address) else found
