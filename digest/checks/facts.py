"""What the settings say that a message is held to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Facts:
    """What the operator has set up for a list.

    `envelope_senders` are the reverse-paths its relays are given, one an example of each kind. `site_url` is "" where
    there is none. `stays_here` tells that every relay of the list is on this machine, so that names and addresses
    that mean nothing elsewhere will do.
    """

    envelope_senders: tuple[str, ...]
    site_url: str
    postal_address: str
    stays_here: bool
