"""Leaving a list: by a signed link, by mail, by the operator's hand. It is the reader's word, and is never refused."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from digest.lookup import Known, known
from digest.site import Site
from digest.store import readers, suppressions

LEFT = "left"
"""The reason of a suppression that a reader asked for. A completed double opt-in lifts it, and nothing else."""


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
        suppressions.add(
            connection,
            scope=suppressions.EVERYWHERE,
            address_key=subscriber_id,
            address=None,
            reason=LEFT,
            source=source,
            now=now,
        )
        return None
    new = suppressions.add(
        connection,
        scope=who.list_id,
        address_key=who.address_key,
        address=who.address or None,
        reason=LEFT,
        source=source,
        now=now,
    )
    if new:
        readers.record(connection, who.list_id, who.subscriber_id, "left", {"by": source, **evidence}, now)
    return who
