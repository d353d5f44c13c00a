"""Signing up: what a reader chooses before they are known, and what their confirmation makes of it.

A completed double opt-in, and nothing else, lifts what keeps somebody off a list that they left. What keeps them off
all lists (a complaint, an address that bounced) isn't theirs to lift.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from digest.readership.leaving import come_back
from digest.readership.lookup import list_of
from digest.render.words import offered
from digest.site import MailingList, Site
from digest.store import readers
from digest.store.readers import Reader
from digest.store.requests import Request
from digest.subscribers.audience import Preferences

SIGNED_UP = "signed up"
"""The kind of event that keeps the evidence of consent."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What was chosen on the page: `topics` () are all. `language` (BCP 47) is the page's, and so the wording's."""

    topics: tuple[str, ...]
    frequency: str
    language: str

    def asked_from(self, network: str) -> dict[str, Any]:
        """Return what a request keeps of this; the network (such as "192.0.2.7/32") is part of the evidence."""
        return {
            "topics": list(self.topics),
            "frequency": self.frequency,
            "language": self.language,
            "network": network,
        }


def complete(connection: Connection, site: Site, request: Request, now: datetime, evidence: Mapping[str, Any]) -> None:
    """Subscribe who confirmed a sign-up, as they chose, and keep the evidence of their consent.

    Who was subscribed already gets what they confirmed now. `evidence` is of the confirmation, such as
    {"network": "192.0.2.7/32"}. The list must be one of the settings'.
    """
    mailing_list = list_of(site, request.list_id)
    assert mailing_list is not None
    whose = (request.list_id, request.subscriber_id, request.address_key)
    lifted = come_back(connection, *whose, "a confirmed sign-up", now)
    before = readers.load(connection, request.subscriber_id)
    readers.save(
        connection,
        Reader(
            subscriber_id=request.subscriber_id,
            list_id=request.list_id,
            address=request.address,
            address_key=request.address_key,
            name=before.name if before else "",
            preferences=_preferences(mailing_list, request.data, before),
            confirmed_at=now,
            changed_at=now,
        ),
    )
    data = {
        "list": mailing_list.table.name,
        "asked_at": request.asked_at.isoformat(),
        "asked": dict(request.data),
        "confirmed": dict(evidence),
        "lifted": lifted,
    }
    readers.record(connection, request.list_id, request.subscriber_id, SIGNED_UP, data, now)


def _preferences(mailing_list: MailingList, asked: Mapping[str, Any], before: Reader | None) -> Preferences:
    """Return what was asked for. Pauses end; a timezone or a language that somebody chose before stays."""
    said = before.preferences if before else Preferences()
    language = str(asked["language"])
    usual = offered(mailing_list.table.language, [language])
    return Preferences(
        topics=tuple(asked["topics"]),
        frequency=str(asked["frequency"]),
        timezone=said.timezone,
        language=said.language or (None if usual else language),
    )
