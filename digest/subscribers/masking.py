"""Addresses as a page may show them to whoever holds a link: enough for their owner to know them by."""


def masked(address: str) -> str:
    """Return an address without most of what stands before the @: "a••@example.org"."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1] if len(local) > 1 else ''}••@{domain}"
