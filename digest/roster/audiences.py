"""The audience of a list as it is now: its file and what the store knows, put together in the one way there is."""

from collections.abc import Callable, Collection, Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from digest.site import MailingList, Site
from digest.store import readers, suppressions
from digest.store.database import reading
from digest.subscribers.audience import Audience, Memory, Said, audience
from digest.subscribers.file import RowProblem, SubscriberRow
from digest.subscribers.identity import address_key, subscriber_id
from digest.subscribers.zones import zone_of


def audience_of(
    site: Site,
    mailing_list: MailingList,
    invited: Iterable[SubscriberRow],
    remembered: Memory,
    refuse: Callable[[RowProblem], None],
    now: datetime,
) -> Audience:
    """Return a list's audience: who signed up or is `invited`, less those who are suppressed, moved or pause now."""
    key, list_id = site.identity_key, mailing_list.id
    store = reading(site.store)

    def suppressed(keys: Collection[str]) -> frozenset[str]:
        with store.begin() as connection:
            return suppressions.among(connection, list_id, keys)

    def said(ids: Collection[str]) -> Said:
        with store.begin() as connection:
            return Said(readers.preferences(connection, ids), readers.moved(connection, ids))

    return audience(
        invited=invited,
        confirmed=readers.confirmed(site.store, list_id),
        suppressed=suppressed,
        said=said,
        known_topics=[topic.id for topic in site.topics(mailing_list)],
        identify=lambda canonical: (subscriber_id(key, list_id, canonical), address_key(key, canonical)),
        memory=remembered,
        refuse=refuse,
        today=lambda timezone: day_in(timezone, mailing_list, now),
    )


def day_in(timezone: str | None, mailing_list: MailingList, now: datetime) -> date:
    """Return a reader's day, by which a pause ends: in their timezone (IANA), else in the list's."""
    zone = zone_of(timezone) if timezone else None
    return now.astimezone(zone or ZoneInfo(mailing_list.table.timezone)).date()
