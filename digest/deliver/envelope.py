"""The envelope: who is named to the relay as sender and recipient (RFC 5321, 2.3.1)."""

from typing import Literal

Mode = Literal["from", "verp"]
"""Whether all messages have one envelope sender, or each its own (VERP), so that a bounce names its message."""


def envelope_sender(address: str, token: str, mode: Mode) -> str:
    """Return the reverse-path of a message: the address itself, or with its token behind a plus sign.

    The token is the local part of the Message-ID, which strangers can't make up.
    """
    if mode == "from":
        return address
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"
