"""Whom a signed link is about: a subscriber id leads to a list, and to an address.

The id is a hash, so it is looked for where we have met its owner: in what they said, in the ledger, and last in the
subscriber files, where it is made of every row. A link of years ago, a renamed list and a lost store are no hindrance.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import TypeVar

from sqlalchemy import Connection

from digest.errors import InputError
from digest.site import MailingList, Site
from digest.store import people, readers
from digest.store.readers import Reader
from digest.subscribers.address import Address, parse_address
from digest.subscribers.disk import read_lines
from digest.subscribers.file import SubscriberRow, find_row, written_addresses
from digest.subscribers.identity import address_key, subscriber_id

T = TypeVar("T")

REMEMBERED = 1024
"""Answers of subscriber files that are kept until the file changes: to walk through a large one takes seconds, and
whoever has one genuine link could ask for that again and again."""

_ONE_WALK = Lock()
"""One file is walked through at a time, and those who ask the same wait for its answer."""


@dataclass(frozen=True, slots=True)
class Known:
    """A subscriber we have met. `address` is "" where we were asked to forget it.

    `said` is what they told us themselves, None where they never did.
    """

    subscriber_id: str
    list_id: str
    address: str
    address_key: str
    said: Reader | None = None


def known(connection: Connection, site: Site, asked: str) -> Known | None:
    """Return whom a subscriber id is about, under the address they have now; None where it leads nowhere."""
    now_id = readers.moved(connection, [asked]).get(asked, asked)
    if said := readers.load(connection, now_id):
        return Known(now_id, said.list_id, said.address, said.address_key, said)
    if mailed := people.last_mailed(connection, now_id):
        return Known(now_id, mailed.list_id, mailed.address, mailed.address_key)
    return next((found for one in site.lists if (found := in_file(site, one, now_id))), None)


def member(site: Site, mailing_list: MailingList, address: Address) -> tuple[str, str]:
    """Return the subscriber id and the address key of an address on a list."""
    key = site.identity_key
    return subscriber_id(key, mailing_list.id, address.canonical), address_key(key, address.canonical)


def list_of(site: Site, list_id: str) -> MailingList | None:
    """Return the list with a permanent id, None where it has left the settings."""
    return next((one for one in site.lists if one.id == list_id), None)


def invitation(site: Site, mailing_list: MailingList, address: Address) -> SubscriberRow | None:
    """Return the usable row of an address in a list's subscriber file, None where there is none."""
    topics = tuple(topic.id for topic in site.topics(mailing_list))
    path = site.subscriber_file(mailing_list)
    return _asked(path, lambda state: _row(path, state, topics, address.canonical))


def in_file(site: Site, mailing_list: MailingList, wanted: str) -> Known | None:
    """Look for a subscriber id in a list's file, and there alone; some seconds for a million rows."""
    path = site.subscriber_file(mailing_list)
    found = _asked(path, lambda state: _address(path, state, site.identity_key, mailing_list.id, wanted))
    if found is None:
        return None
    return Known(wanted, mailing_list.id, found.address, address_key(site.identity_key, found.canonical))


def _asked(path: Path, answer: Callable[[object], T | None]) -> T | None:
    """Return what a file answers as it is now; None where there is no such file, or none we can read."""
    try:
        with _ONE_WALK:
            found = path.stat()
            return answer((found.st_ino, found.st_size, found.st_mtime_ns))
    except (InputError, OSError):
        return None


# What is raised isn't remembered, so a file that is being written is asked again.


@lru_cache(REMEMBERED)
def _row(path: Path, _state: object, topics: tuple[str, ...], canonical: str) -> SubscriberRow | None:
    row = find_row(read_lines(path), str(path), topics, canonical)
    return row if isinstance(row, SubscriberRow) else None


@lru_cache(REMEMBERED)
def _address(path: Path, _state: object, key: bytes, list_id: str, wanted: str) -> Address | None:
    for written in written_addresses(read_lines(path), str(path)):
        # Of plain ASCII the canonical form is the lower case, and an address is read only where the id is the same.
        if written.isascii() and subscriber_id(key, list_id, written.strip().casefold()) != wanted:
            continue
        try:
            address = parse_address(written)
        except ValueError:
            continue
        if subscriber_id(key, list_id, address.canonical) == wanted:
            return address
    return None
