"""The people of a list as rows, for a file: its real audience, or everybody who is known of it."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import count, islice
from typing import NamedTuple

from digest.readership.lookup import member
from digest.roster.audiences import audience_of
from digest.site import MailingList, Site
from digest.store import suppressions
from digest.store.database import reading
from digest.store.memory import SqlMemory, memory
from digest.store.suppressions import EVERYWHERE, Suppression, domain_key_of
from digest.subscribers.address import parse_address
from digest.subscribers.audience import Met
from digest.subscribers.disk import read_lines
from digest.subscribers.file import RowProblem, SubscriberRow, read_rows
from digest.subscribers.subscriber import Subscriber

_TOGETHER = 1_000

_BEYOND = 1 << 40
"""Numbers from here on are not lines: they remember who is suppressed."""


class Person(NamedTuple):
    """Somebody of a list. `state` is "subscribed", "paused", "moved" or "suppressed".

    For who is suppressed `scope` is "list" or "everywhere", `why` the reason, and `since` the moment; for who pauses
    `since` is the day that ends it.
    """

    subscriber: Subscriber
    state: str = "subscribed"
    scope: str = ""
    why: str = ""
    since: str = ""


def people(
    site: Site, mailing_list: MailingList, now: datetime, refuse: Callable[[RowProblem], None], *, everything: bool
) -> Iterator[Person]:
    """Yield the audience of a list as it is now, as a stream: whom its next issue would go to, with their preferences.

    With `everything` also those who pause, have another address, or are suppressed, invited or not; but nobody who
    asked to be forgotten, whose address isn't known, and no domains. `refuse` is told of each problem in the
    subscriber file. Raises InputError when that can't be read.
    """
    path = site.subscriber_file(mailing_list)
    found = read_rows(read_lines(path), str(path), [topic.id for topic in site.topics(mailing_list)])
    with memory() as remembered:
        audience = audience_of(site, mailing_list, _usable(found, refuse), remembered, refuse, now)
        if not everything:
            yield from (Person(one.subscriber) for one in audience)
            return
        while batch := list(islice(audience.met, _TOGETHER)):
            yield from _persons(site, mailing_list, batch)
        yield from _suppressed_beside(site, mailing_list, remembered)


def _usable(
    found: Iterable[SubscriberRow | RowProblem], refuse: Callable[[RowProblem], None]
) -> Iterator[SubscriberRow]:
    for one in found:
        if isinstance(one, RowProblem):
            refuse(one)
        else:
            yield one


def _persons(site: Site, mailing_list: MailingList, batch: Sequence[Met]) -> Iterator[Person]:
    barred = {key for one in batch if one.left_out == "suppressed" for key in _keys(one)}
    why: dict[str, Suppression] = {}
    if barred:
        with reading(site.store).begin() as connection:
            for one in suppressions.barring(connection, mailing_list.id, barred):
                if one.scope == EVERYWHERE or one.key not in why:
                    why[one.key] = one
    for met in batch:
        subscriber = met.member.subscriber
        if met.left_out == "suppressed":
            found = next((why[key] for key in _keys(met) if key in why), None)
            yield _barred(subscriber, found, met.member.subscriber_id) if found else Person(subscriber)  # lifted since
        elif met.left_out == "paused":
            assert met.chosen is not None
            yield Person(subscriber, "paused", since=str(met.chosen.paused_until))
        else:
            yield Person(subscriber, met.left_out or "subscribed")


def _suppressed_beside(site: Site, mailing_list: MailingList, remembered: SqlMemory) -> Iterator[Person]:
    """Yield who is suppressed and was not met."""
    numbers = count(_BEYOND)
    for scope in (EVERYWHERE, mailing_list.id):
        some = (one for one in suppressions.walk(site.store, scope) if one.address and not one.domain)
        while batch := list(islice(some, _TOGETHER)):
            ids = [member(site, mailing_list, parse_address(one.address))[0] for one in batch]
            met = remembered.add([(subscriber_id, next(numbers)) for subscriber_id in ids])
            yield from (
                _barred(Subscriber(one.address), one) for position, one in enumerate(batch) if position not in met
            )


def _barred(subscriber: Subscriber, one: Suppression, own_id: str = "") -> Person:
    # An id is of one list alone, whatever its scope says.
    scope = "everywhere" if one.scope == EVERYWHERE and one.key != own_id else "list"
    return Person(subscriber, "suppressed", scope, one.reason, one.at.isoformat())


def _keys(met: Met) -> tuple[str, str, str]:
    one = met.member
    return one.address_key, domain_key_of(one.address.address), one.subscriber_id
