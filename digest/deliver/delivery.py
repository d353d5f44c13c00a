"""What the sender handles, and what it needs of its two neighbours: a ledger, and sessions with relays."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol

from digest.deliver.outcome import Outcome


class Waiting(NamedTuple):
    """A delivery that waits, and could be claimed next."""

    id: int
    domain: str
    edition: str


class Claim(NamedTuple):
    """A delivery that is ours to send now; `attempts` counts those before this one."""

    delivery_id: int
    subscriber_id: str
    address: str
    domain: str
    address_key: str
    name: str
    edition: str
    date: datetime
    attempts: int


class Outgoing(NamedTuple):
    """A message as it leaves: wire-ready bytes, and the token that names it in a VERP envelope sender."""

    recipient: str
    token: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a claim; `again` is when to try once more, where the outcome is no final one."""

    claim: Claim
    outcome: Outcome
    relay: str
    at: datetime
    again: datetime | None = None


class Ledger(Protocol):
    """What the sender asks of the store. The calls come from one thread at a time."""

    def upcoming(self, after: int, limit: int) -> list[Waiting]:
        """Return deliveries never tried, in the order of their ids from `after` on."""
        ...

    def due_again(self, now: datetime, limit: int) -> list[Waiting]:
        """Return deferred deliveries whose time has come, the longest waiting first."""
        ...

    def exchange(
        self, settled: Sequence[Settlement], wanted: Sequence[int], now: datetime, reopened: Collection[int] = ()
    ) -> list[Claim]:
        """Settle what is known and claim what is wanted, in one transaction that `commit` ends.

        `reopened` are failed deliveries to be deferred after all, since the relay was at fault.

        What can't be claimed (suppressed meanwhile, past its deadline, taken away) is settled as that
        and missing from the result. Of a paused or cancelled issue nothing is upcoming, due or claimed.
        """
        ...

    def commit(self) -> None:
        """Write the last exchange to the disk; before that nothing of it holds. May run in another thread."""
        ...


class Session(Protocol):
    """One connection to a relay, opened when first needed."""

    async def send(self, message: Outgoing) -> Outcome:
        """Hand over one message; every reply, and silence, is an outcome."""
        ...

    def abandon(self, reason: str) -> Outcome:
        """Close at once, in the middle of a message; returns what that means for it."""
        ...

    async def close(self) -> None:
        """Say QUIT and close; a broken connection is closed without a word."""
        ...
