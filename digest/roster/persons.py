"""A person: all the addresses, ids and keys behind one address, over all lists, those they had before too."""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from sqlalchemy import Connection

from digest.errors import InputError
from digest.readership.lookup import in_file, list_of
from digest.site import Site
from digest.store import people, readers
from digest.subscribers.address import Address, parse_address
from digest.subscribers.disk import read_lines
from digest.subscribers.file import RowProblem, SubscriberRow, find_row, written_addresses
from digest.subscribers.identity import address_key, subscriber_id

_NEAR_AMONG = 20_000
"""Of so many addresses of a file a near miss is looked for; more would take longer than looking oneself."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whom an address is about.

    `addresses` are the one asked for and those that lead to it or that it leads to. `lists` maps each subscriber id of
    theirs to its list's permanent id. `keys` are their address keys, and `nameless` the ids whose address nobody knows.
    """

    addresses: tuple[Address, ...]
    lists: Mapping[str, str]
    keys: frozenset[str]
    nameless: frozenset[str]


def person(connection: Connection, site: Site, asked: Address) -> Person:
    """Return whom an address is about, whether or not anybody has met it.

    Who changed their address on one list is the same person on all of them.
    """
    list_ids = sorted({one.id for one in site.lists} | people.list_ids(connection))
    found = {asked.canonical: asked}
    lists: dict[str, str] = {}
    keys: dict[str, str] = {}
    remaining = [asked]
    while remaining:
        address = remaining.pop()
        for list_id in list_ids:
            own = subscriber_id(site.identity_key, list_id, address.canonical)
            lists[own], keys[own] = list_id, address_key(site.identity_key, address.canonical)
            for one in _chain(connection, own):
                if one not in lists:
                    written, keys[one] = _met(connection, site, one, list_id)
                    lists[one] = list_id
                    other = _parsed(written)
                    if other and other.canonical not in found:
                        found[other.canonical] = other
                        remaining.append(other)
    return Person(
        addresses=tuple(found.values()),
        lists=lists,
        keys=frozenset(keys.values()) - {""},
        nameless=frozenset(one for one, key in keys.items() if not key),
    )


@dataclass(frozen=True, slots=True)
class InFile:
    """A person's row in a subscriber file: usable, or what is wrong with it."""

    list_name: str
    path: Path
    address: Address
    row: SubscriberRow | RowProblem

    @property
    def place(self) -> str:
        """Where it is, "subscribers/daily.csv:7"."""
        return f"{self.path}:{self.row.line}"


def in_files(site: Site, found: Person) -> list[InFile]:
    """Return a person's rows in the subscriber files that can be read; some seconds for a million rows."""
    rows = []
    for mailing_list in site.lists:
        path = site.subscriber_file(mailing_list)
        topics = [topic.id for topic in site.topics(mailing_list)]
        for address in found.addresses:
            with suppress(InputError):  # no such file, or one that `digest subscribers check` speaks of
                if row := find_row(read_lines(path), str(path), topics, address.canonical):
                    rows.append(InFile(mailing_list.name, path, address, row))
    return rows


def near_miss(site: Site, address: Address) -> str:
    """Return an address of the subscriber files that comes near, "" where none does."""
    written: list[str] = []
    for mailing_list in site.lists:
        path = site.subscriber_file(mailing_list)
        with suppress(InputError):
            written += islice(written_addresses(read_lines(path), str(path)), _NEAR_AMONG)
    near = get_close_matches(address.canonical, written, n=1, cutoff=0.75)
    return near[0] if near else ""


def _chain(connection: Connection, one: str) -> Iterator[str]:
    """Yield the id of somebody's present address on a list, and those of all that lead there."""
    now_id = readers.moved(connection, [one]).get(one, one)
    yield from (now_id, *readers.former(connection, now_id))


def _met(connection: Connection, site: Site, one: str, list_id: str) -> tuple[str, str]:
    """Return the address and the key behind an id, each "" where it isn't known (any more)."""
    if said := readers.load(connection, one):
        return said.address, said.address_key
    if mailed := people.last_mailed(connection, one):
        return mailed.address, mailed.address_key
    mailing_list = list_of(site, list_id)
    if mailing_list and (row := in_file(site, mailing_list, one)):
        return row.address, row.address_key
    for written in people.written_to(connection, list_id):
        address = _parsed(written)
        if address and subscriber_id(site.identity_key, list_id, address.canonical) == one:
            return address.address, address_key(site.identity_key, address.canonical)
    return "", ""


def _parsed(written: str) -> Address | None:
    try:
        return parse_address(written) if written else None
    except ValueError:
        return None
