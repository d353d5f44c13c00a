"""The subscriber whose message the preview shows: who signed up, or a row of the list's file, which may be long."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path

from digest.errors import InputError
from digest.readership.lookup import member
from digest.roster.audiences import day_in
from digest.roster.suppressing import reasons
from digest.site import MailingList, Site
from digest.store import readers
from digest.store.database import reading
from digest.subscribers.address import Address, parse_address
from digest.subscribers.audience import laid_over
from digest.subscribers.disk import read_lines
from digest.subscribers.file import RowProblem, SubscriberRow, find_row, written_addresses
from digest.subscribers.subscriber import Subscriber

OFFERED = 50
"""How many addresses are offered; any other can be typed."""

_NAMED = 3
"""How many addresses are named that hold what was typed."""


@dataclass(frozen=True, slots=True)
class Person:
    """A subscriber of a list, as its issues take them: what they chose goes before what the file says.

    `left_out` says why the list doesn't mail them, whatever the issue.
    """

    address: Address
    subscriber: Subscriber
    left_out: tuple[str, ...]


def person_of(site: Site, mailing_list: MailingList, written: str, now: datetime) -> Person:
    """Return a subscriber by their address. Raises InputError when they are none, or their row can't be used."""
    try:
        address = parse_address(written)
    except ValueError:
        address = _row_of(site, mailing_list, written).address
    one, _ = member(site, mailing_list, address)
    with reading(site.store).begin() as connection:
        said = readers.load(connection, one)
        left_out = reasons(connection, site, mailing_list, address)
        if readers.moved(connection, [one]):
            left_out.append(f"{address.address} was changed for another address")
    if said is None:
        return Person(address, _row_of(site, mailing_list, written).subscriber, tuple(left_out))
    subscriber = said.subscriber if said.confirmed_at else _row_of(site, mailing_list, written).subscriber
    known = [topic.id for topic in site.topics(mailing_list)]
    theirs = laid_over(subscriber, said.preferences, known)
    until = said.preferences.paused_until
    if until and day_in(theirs.timezone, mailing_list, now) < until:
        left_out.append(f"{address.address} pauses until {until}")
    return Person(address, theirs, tuple(left_out))


def first_addresses(site: Site, mailing_list: MailingList) -> tuple[str, ...]:
    """Return the first addresses of a list's subscriber file, as far as there is one that can be read."""
    path = site.subscriber_file(mailing_list)
    try:
        return tuple(islice(written_addresses(read_lines(path), str(path)), OFFERED))
    except InputError:
        return ()


def _row_of(site: Site, mailing_list: MailingList, written: str) -> SubscriberRow:
    """Return the row of a subscriber. Raises InputError when they have none, or one that can't be used."""
    path = site.subscriber_file(mailing_list)
    try:
        canonical = parse_address(written).canonical
    except ValueError:
        canonical = written.strip().casefold()
    topics = tuple(topic.id for topic in site.topics(mailing_list))
    found = _found(path, _signature(path), topics, canonical)
    if found is None:
        raise InputError(f"list {mailing_list.name} has no subscriber {written[:80]!r}{_near(path, canonical)}")
    if isinstance(found, RowProblem):
        raise InputError(f"{path}:{found.line}: {found.reason}")
    return found


def _signature(path: Path) -> tuple[int, ...]:
    """Return what changes when a file is written. Raises InputError when it can't be read."""
    try:
        stat = path.stat()
    except OSError as error:
        raise InputError(f"{path}: can't be read: {error.strerror}") from None
    return stat.st_ino, stat.st_size, stat.st_mtime_ns


@lru_cache(maxsize=64)  # a page, its frames and each reload ask for the same row, and a million take a second
def _found(
    path: Path,
    signature: tuple[int, ...],  # noqa: ARG001 (a file that was written is another one)
    topics: tuple[str, ...],
    canonical: str,
) -> SubscriberRow | RowProblem | None:
    return find_row(read_lines(path), str(path), topics, canonical)


def _near(path: Path, typed: str) -> str:
    """Name some addresses that hold what was typed, so that a part of one is enough to find it."""
    holding = (one for one in written_addresses(read_lines(path), str(path)) if typed in one.casefold())
    near = list(islice(holding, _NAMED))
    return f"; did you mean {' or '.join(near)}?" if near else f" in {path}"
