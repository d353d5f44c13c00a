"""Who must not be mailed, in words for people: whom a suppression is about, what it means, and what ends it."""

import re
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection

from digest.errors import InputError, meant
from digest.readership.lookup import list_of, member
from digest.site import MailingList, Site
from digest.store import suppressions
from digest.store.suppressions import EVERYWHERE, Suppression, domain_key, domain_key_of
from digest.subscribers.address import Address, parse_address, parse_domain
from digest.subscribers.identity import address_key
from digest.subscribers.reasons import COMPLAINT, FORGOTTEN, LEFT, NO_SUCH_ADDRESS, UNREACHABLE

EVERY_LIST = "everywhere"
"""What the scope EVERYWHERE is called."""

_KEY = re.compile(r"[0-9a-f]{32}")

_LEFT = (LEFT, "unsubscribed")
"""What leaving is called by us, and by other programs."""

_THEIR_WORD = {
    **dict.fromkeys(_LEFT, "they asked not to be mailed"),
    COMPLAINT: "they told their mail provider that our mail is unwanted",
    FORGOTTEN: "they asked to be forgotten",
}
"""Reasons that a reader gave themselves, or their provider in their name."""

_OF_THE_MAILBOX = {
    NO_SUCH_ADDRESS: "its mail server says that there is no such mailbox",
    UNREACHABLE: "its mail server refused our mail again and again",
}


@dataclass(frozen=True, slots=True)
class Who:
    """Whom a suppression is about: an address, a domain, or a key alone. `shown` is what they are called."""

    key: str
    address: str
    shown: str


def who_of(site: Site, written: str) -> Who:
    """Return whom somebody means: "ada@example.org", "@example.org", "example.org" or a key. Raises InputError."""
    text = written.strip()
    if _KEY.fullmatch(text):
        return Who(text, "", text)
    try:
        if "@" in text.removeprefix("@"):
            address = parse_address(text)
            return Who(address_key(site.identity_key, address.canonical), address.address, address.address)
        domain = parse_domain(text.removeprefix("@"))
    except ValueError as error:
        raise InputError(f"{written!r}: {error}") from None
    return Who(domain_key(domain), "", f"@{domain}")


def shown(one: Suppression) -> str:
    """Return whom a suppression is about, as a person reads it."""
    return one.address or (one.key if one.domain else f"(no address) {one.key}")


def scope_name(site: Site, scope: str) -> str:
    """Return what a scope is called: a list's name, the id of one that has left the settings, or "everywhere"."""
    known = list_of(site, scope)
    return EVERY_LIST if scope == EVERYWHERE else known.name if known else scope


def scope_of(site: Site, name: str | None, gone: Collection[str] = ()) -> str:
    """Return the scope that a list's name or permanent id means; None, "*" and "everywhere" are EVERYWHERE.

    `gone` are ids of lists that have left the settings. Raises InputError with the nearest name.
    """
    if name is not None and name in site.settings.lists:
        return site.list(name).id
    if name is None or name in ("", EVERYWHERE, EVERY_LIST):
        return EVERYWHERE
    ids = [*(one.id for one in site.lists), *gone]
    if name in ids:
        return name
    hint = meant(name, [*site.settings.lists, *ids], f"lists: {', '.join(site.settings.lists)}")
    raise InputError(f"there is no list {name!r}; {hint}")


def meaning(one: Suppression) -> str:
    """Return what a suppression says of somebody, as the end of a sentence: "they asked not to be mailed"."""
    return _THEIR_WORD.get(one.reason) or _OF_THE_MAILBOX.get(one.reason) or f"the reason kept is {one.reason!r}"


def reasons(connection: Connection, site: Site, mailing_list: MailingList, address: Address) -> list[str]:
    """Return why a list must not mail an address, a sentence each: since when, on what ground, and what ends it.

    The ground may be the address itself, its domain, or the subscriber id of somebody whose address nobody knew.
    """
    subscriber, key = member(site, mailing_list, address)
    domain = domain_key_of(address.address)
    found = suppressions.barring(connection, mailing_list.id, [key, domain, subscriber])
    return [_sentence(mailing_list, address, one, is_everywhere=_is_everywhere(one, subscriber)) for one in found]


def _is_everywhere(one: Suppression, subscriber: str) -> bool:
    return one.scope == EVERYWHERE and one.key != subscriber  # an id is of one list alone


def _sentence(mailing_list: MailingList, address: Address, one: Suppression, is_everywhere: bool) -> str:
    whom = f"the domain {one.domain}" if one.domain else address.address
    where = "on every list" if is_everywhere else f"on the list {mailing_list.name}"
    said = f"{whom} is suppressed {where} since {one.at:%Y-%m-%d} ({meaning(one)})"
    if one.reason in _LEFT and not is_everywhere:
        said = f"{whom} left the list {mailing_list.name} on {one.at:%Y-%m-%d}"
    if is_everywhere or one.domain:
        scope = "" if is_everywhere else f" --list {mailing_list.name}"
        command = f"digest suppressions remove {one.domain or address.address}{scope} --because TEXT"
        return f"{said}; only `{command}` lifts that"
    return f"{said}; only a confirmed sign-up of their own lifts that, no row in a file does"
