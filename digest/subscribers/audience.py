"""The audience of a list: who is invited or signed up, as they prefer it, less those who left.

The subscriber file says who is invited; the store says what readers said, and that wins.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain
from typing import Literal

from digest.subscribers.address import Address, parse_address
from digest.subscribers.file import SubscriberRow
from digest.subscribers.subscriber import Subscriber

LeftOut = Literal["suppressed", "paused", "duplicate", "address"]
"""Why somebody is not in the audience: we must not mail them; they pause; they are in it already (signed
up and invited too); or their address can't be mailed."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a reader chose for themselves on one list; None where they said nothing.

    `topics` () is a choice too: all of the list's. They get nothing before the day `paused_until`.
    """

    topics: tuple[str, ...] | None = None
    frequency: str | None = None
    timezone: str | None = None
    language: str | None = None
    paused_until: date | None = None


@dataclass(frozen=True, slots=True)
class AudienceMember:
    """One subscriber of the audience, with the reader's preferences laid over the file's."""

    subscriber_id: str
    subscriber: Subscriber
    address: Address


@dataclass(frozen=True, slots=True)
class Audience:
    """The members, to be walked through once, and the count of those left out by reason.

    A list may have a million readers, so nobody is looked at before the walk comes to them;
    `left_out` is complete when the walk is.
    """

    members: Iterator[AudienceMember]
    left_out: Counter[LeftOut] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[AudienceMember]:
        """Return the members' iterator."""
        return self.members


def audience(
    invited: Iterable[SubscriberRow],
    confirmed: Iterable[Subscriber],
    suppressed: Callable[[str], bool],
    preferences: Mapping[str, Preferences],
    identify: Callable[[str], str],
    today: date,
) -> Audience:
    """Return who gets the list's issues: first the confirmed sign-ups, then the invited, each in its order.

    Who is both is taken as they signed up. `suppressed` tells whether a canonical address must not be mailed,
    `identify` gives the subscriber id of a canonical address, `today` is the day that ends a pause.
    """
    left_out: Counter[LeftOut] = Counter()
    candidates = chain(_confirmed(confirmed, left_out), ((row.subscriber, row.address) for row in invited))
    seen: set[str] = set()

    def members() -> Iterator[AudienceMember]:
        for subscriber, address in candidates:
            member_id = identify(address.canonical)
            chosen = preferences.get(member_id)
            if member_id in seen:
                left_out["duplicate"] += 1
            elif suppressed(address.canonical):
                left_out["suppressed"] += 1
            elif chosen and chosen.paused_until and today < chosen.paused_until:
                left_out["paused"] += 1
            else:
                yield AudienceMember(member_id, _laid_over(subscriber, chosen), address)
            seen.add(member_id)

    return Audience(members(), left_out)


def wants(member: AudienceMember, frequency: str, list_default: str) -> bool:
    """Tell whether a member gets the list's "daily" or its "weekly" issues."""
    return (member.subscriber.frequency or list_default) == frequency


def _confirmed(confirmed: Iterable[Subscriber], left_out: Counter[LeftOut]) -> Iterator[tuple[Subscriber, Address]]:
    for subscriber in confirmed:
        try:
            address = parse_address(subscriber.email)
        except ValueError:
            left_out["address"] += 1
        else:
            yield subscriber, address


def _laid_over(subscriber: Subscriber, chosen: Preferences | None) -> Subscriber:
    if chosen is None:
        return subscriber
    return replace(
        subscriber,
        topics=subscriber.topics if chosen.topics is None else chosen.topics,
        frequency=chosen.frequency or subscriber.frequency,
        timezone=chosen.timezone or subscriber.timezone,
        language=chosen.language or subscriber.language,
    )
