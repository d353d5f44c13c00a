"""Leaving a list: by a signed link, by mail, by the operator's hand. It is the reader's word, and is never refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from digest.readership.lookup import Known, known, member
from digest.site import Site
from digest.store import people, readers, suppressions
from digest.store.suppressions import EVERYWHERE
from digest.subscribers.address import parse_address
from digest.subscribers.reasons import FORGOTTEN, LEFT


def leave(
    connection: Connection, site: Site, subscriber_id: str, source: str, now: datetime, evidence: Mapping[str, Any]
) -> Known | None:
    """Suppress a subscriber on their list from now on; a message that isn't claimed yet is not sent any more.

    To leave twice is to leave once. Somebody we can't find is suppressed by the id itself, so that whatever address it
    belongs to is never planned again; None is returned then. `source` says how they left, such as "one click".
    """
    who = known(connection, site, subscriber_id)
    if who is None:
        # The id is of one list alone, so this holds for that list whichever it is.
        _suppress(connection, EVERYWHERE, subscriber_id, "", source, now)
        return None
    _leave(connection, who, source, now, evidence)
    for former in readers.former(connection, who.subscriber_id):
        # A message to the address from before may still be planned.
        if mailed := people.last_mailed(connection, former):
            _suppress(connection, who.list_id, mailed.address_key, mailed.address, source, now)
    return who


def leave_all(
    connection: Connection, site: Site, who: Known, source: str, now: datetime, evidence: Mapping[str, Any]
) -> None:
    """Suppress somebody whose address is known on every list of the settings, whether or not they get it.

    One list may still go to their former address, and another to a newer one: they leave under these too.
    """
    former = (people.last_mailed(connection, one) for one in readers.former(connection, who.subscriber_id))
    for address in (who.address, *(one.address for one in former if one and one.address)):
        for one in site.lists:
            subscriber, key = member(site, one, parse_address(address))
            _leave(connection, Known(subscriber, one.id, address, key), source, now, evidence)
            for newer in readers.moved(connection, [subscriber]).values():
                leave(connection, site, newer, source, now, evidence)


def has_left(connection: Connection, who: Known) -> bool:
    """Tell whether somebody is kept off their list, so that what they choose changes nothing."""
    found = suppressions.of(connection, [who.address_key, who.subscriber_id])
    return any(one.scope == who.list_id or one.key == who.subscriber_id for one in found)


def has_said_so(connection: Connection, who: Known | None, subscriber_id: str) -> bool:
    """Tell whether to leave once more would change nothing.

    Who was forgotten stays so: that holds for more than to have left, for lists made later too.
    """
    if who is None:
        return bool(suppressions.of(connection, [subscriber_id]))
    found = suppressions.of(connection, [who.address_key])
    return any(one.scope == who.list_id and one.reason in (LEFT, FORGOTTEN) for one in found)


def come_back(
    connection: Connection, list_id: str, subscriber_id: str, address_key: str, by: str, now: datetime
) -> list[str]:
    """Lift what keeps an address off a list, after a completed double opt-in from its mailbox, and after nothing else.

    `by` says which. An address that somebody had moved away from is itself again. Returns the reasons that were lifted.
    """
    held = (
        (list_id, address_key),
        (list_id, subscriber_id),
        (EVERYWHERE, subscriber_id),  # who left before we knew their address; the id is of this list alone
    )
    found = suppressions.of(connection, [address_key, subscriber_id])
    for scope, key in held:
        suppressions.lift(connection, scope=scope, key=key, by=by, now=now)
    readers.stay(connection, subscriber_id)
    return [one.reason for one in found if (one.scope, one.key) in held]


def _leave(connection: Connection, who: Known, source: str, now: datetime, evidence: Mapping[str, Any]) -> None:
    if has_said_so(connection, who, who.subscriber_id):
        return
    # One for another reason goes, or who lifts that one day would bring back somebody who left.
    suppressions.lift(connection, scope=who.list_id, key=who.address_key, by=f"their leaving, by {source}", now=now)
    _suppress(connection, who.list_id, who.address_key, who.address, source, now)
    readers.record(connection, who.list_id, who.subscriber_id, "left", {"by": source, **evidence}, now)


def _suppress(connection: Connection, scope: str, key: str, address: str, source: str, now: datetime) -> None:
    suppressions.add(
        connection, scope=scope, address_key=key, address=address or None, reason=LEFT, source=source, now=now
    )
