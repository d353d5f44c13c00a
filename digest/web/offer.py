"""What a list offers to somebody who doesn't get it yet: its topics, how often it comes, and what it was like last."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import get_args

from sqlalchemy import Connection

from digest.config.settings import Frequency
from digest.schedule import next_send
from digest.site import MailingList, Site
from digest.store import archive
from digest.store.archive import Newest
from digest.topics.topic import Topic

TITLES = 5
"""Titles of the newest issue that are shown: the lead's, and some more."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A list as its page shows it.

    `coming` has each frequency that can be chosen, with the day of its next issue (None where the schedule doesn't
    say); `newest` is the issue that went out last.
    """

    id: str
    name: str
    description: str
    topics: tuple[Topic, ...]
    usual: Frequency
    coming: Mapping[Frequency, date | None]
    newest: Newest | None


def open_lists(site: Site) -> list[MailingList]:
    """Return the lists that strangers can sign up to."""
    return [one for one in site.lists if one.table.signup]


def offer_of(connection: Connection, site: Site, mailing_list: MailingList, now: datetime) -> Offer:
    """Return what a list offers now."""
    table = mailing_list.table
    coming = {frequency: next_send(table, frequency, now) for frequency in _frequencies(mailing_list)}
    return Offer(
        id=mailing_list.id,
        name=table.name,
        description=table.description,
        topics=site.topics(mailing_list),
        usual=table.frequency if table.frequency in coming else next(iter(coming)),
        coming={frequency: tick.day if tick else None for frequency, tick in coming.items()},
        newest=archive.newest(connection, mailing_list.id, TITLES),
    )


def _frequencies(mailing_list: MailingList) -> list[Frequency]:
    """Return what the schedule offers; a list without one is sent by hand, as often as it says."""
    table = mailing_list.table
    return [one for one in get_args(Frequency) if one in table.schedule] or [table.frequency]
