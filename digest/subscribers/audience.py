"""The audience of a list: who is invited or signed up, as they prefer it, less those who left.

The subscriber file says who is invited; the store says what readers said, and that wins.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import chain, islice
from typing import Literal, NamedTuple, Protocol

from digest.subscribers.address import Address, parse_address
from digest.subscribers.file import RowProblem, SubscriberRow, repeated
from digest.subscribers.subscriber import Subscriber

LeftOut = Literal["suppressed", "paused", "moved", "duplicate", "address"]
"""Why somebody is not in the audience: we must not mail them; they pause; they have another address by now; they
are in it already (signed up and invited too); or their address can't be mailed."""


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a reader chose for themselves on one list; None where they said nothing.

    `topics` () is a choice too: all of the list's. They get nothing before the day `paused_until`, in their timezone.
    """

    topics: tuple[str, ...] | None = None
    frequency: str | None = None
    timezone: str | None = None
    language: str | None = None
    paused_until: date | None = None

    @classmethod
    def of(cls, subscriber: Subscriber) -> "Preferences":
        """Return what a row of the file says, as if its reader had said it."""
        return cls(subscriber.topics or None, subscriber.frequency, subscriber.timezone, subscriber.language)

    def over(self, other: "Preferences") -> "Preferences":
        """Return this, and where nothing is said here, what `other` says; a pause isn't taken over."""
        return Preferences(
            topics=other.topics if self.topics is None else self.topics,
            frequency=self.frequency or other.frequency,
            timezone=self.timezone or other.timezone,
            language=self.language or other.language,
            paused_until=self.paused_until,
        )


class Said(NamedTuple):
    """What readers said: their preferences by subscriber id, and the ids of addresses they have left for others."""

    preferences: Mapping[str, Preferences]
    moved: Collection[str]


class AudienceMember(NamedTuple):
    """One subscriber of the audience, with the reader's preferences laid over the file's."""

    subscriber_id: str
    address_key: str
    subscriber: Subscriber
    address: Address


class Met(NamedTuple):
    """Somebody whom the walk through a list met: the member, what they chose themselves, and why they are left out."""

    member: AudienceMember
    chosen: Preferences | None
    left_out: LeftOut | None


@dataclass(frozen=True, slots=True)
class Audience:
    """The members, to be walked through once, and the count of those left out by reason.

    A list may have a million readers, so nobody is looked at before the walk comes near them;
    `left_out` is complete when the walk is. Who walks through `met` instead meets those left out too, but for
    duplicates and unusable addresses.
    """

    met: Iterator[Met]
    left_out: Counter[LeftOut] = field(default_factory=Counter)

    def __iter__(self) -> Iterator[AudienceMember]:
        """Return the members' iterator."""
        return (one.member for one in self.met if one.left_out is None)


class Memory(Protocol):
    """Remembers a million subscribers outside of the process."""

    def add(self, people: Sequence[tuple[str, int]]) -> Mapping[int, int]:
        """Remember people by subscriber id, each with a number that is theirs alone.

        Returns, by position, those who were known already, and the number they are known by.
        """
        ...


_TOGETHER = 1_000
"""How many are looked up at a time."""


def audience(
    *,
    invited: Iterable[SubscriberRow],
    confirmed: Iterable[Subscriber],
    suppressed: Callable[[Collection[str]], Set[str]],
    said: Callable[[Collection[str]], Said],
    known_topics: Collection[str],
    identify: Callable[[str], tuple[str, str]],
    memory: Memory,
    refuse: Callable[[RowProblem], None],
    today: Callable[[str | None], date],
) -> Audience:
    """Return who gets the list's issues: first the confirmed sign-ups, then the invited, each in its order.

    Who is both is taken as they signed up, and of two rows in the file the first holds; `refuse` is told
    of the other. `suppressed` returns which of some keys must not be mailed: those of addresses, "@example.org" of a
    domain, and subscriber ids. `said` returns what the readers with some subscriber ids said; of their topics those
    that the list has count, and where none is left, all. `identify` returns the subscriber id and the address key of a
    canonical address; `today` the day in a reader's timezone (None: the list's), which ends a pause.
    """
    left_out: Counter[LeftOut] = Counter()
    topics = frozenset(known_topics)
    # Sign-ups have no line: their numbers are below zero.
    signed_up = ((-number, *one) for number, one in enumerate(_confirmed(confirmed, left_out), start=1))
    candidates = chain(signed_up, ((row.line, row.subscriber, row.address) for row in invited))

    def met() -> Iterator[Met]:
        while some := list(islice(candidates, _TOGETHER)):
            found = [AudienceMember(*identify(address.canonical), who, address) for _, who, address in some]
            known = memory.add([(one.subscriber_id, number) for one, (number, *_) in zip(found, some, strict=True)])
            barred = suppressed({key for one in found for key in _keys(one)})
            preferences, moved = said([one.subscriber_id for one in found])
            for position, one in enumerate(found):
                if position in known:
                    line, first = some[position][0], known[position]
                    if first > 0:
                        refuse(repeated(line, one.address, first))
                    else:
                        left_out["duplicate"] += 1
                    continue
                chosen = preferences.get(one.subscriber_id)
                reason = _left_out(one, chosen, barred, moved, today)
                if reason:
                    left_out[reason] += 1
                member = one._replace(subscriber=laid_over(one.subscriber, chosen, topics)) if chosen else one
                yield Met(member, chosen, reason)

    return Audience(met(), left_out)


def _left_out(
    one: AudienceMember,
    chosen: Preferences | None,
    barred: Set[str],
    moved: Collection[str],
    today: Callable[[str | None], date],
) -> LeftOut | None:
    if barred and not barred.isdisjoint(_keys(one)):
        return "suppressed"
    if one.subscriber_id in moved:
        return "moved"
    if chosen and chosen.paused_until and today(chosen.timezone or one.subscriber.timezone) < chosen.paused_until:
        return "paused"
    return None


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


def _keys(member: AudienceMember) -> tuple[str, str, str]:
    domain = member.address.address.rpartition("@")[2]
    return member.address_key, f"@{domain}", member.subscriber_id


def laid_over(subscriber: Subscriber, chosen: Preferences, known: Collection[str]) -> Subscriber:
    """Return a subscriber with what they chose laid over what the file says, of their topics those that are known."""
    said = chosen.over(Preferences.of(subscriber))
    return replace(
        subscriber,
        topics=tuple(topic for topic in said.topics or () if topic in known),
        frequency=said.frequency,
        timezone=said.timezone,
        language=said.language,
    )
