"""Outlook: what the store knows of a list's issues, as far as it matters for what is due."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from digest.config.settings import Frequency
from digest.drafting import select
from digest.issues.issue import IssueKey
from digest.issues.states import IssueState
from digest.schedule import periods_concerned
from digest.site import MailingList, Site
from digest.store import deliveries, issues
from digest.store.issues import StoredIssue


def known_issues(
    connection: Connection, mailing_list: MailingList, frequency: Frequency, now: datetime
) -> dict[str, StoredIssue]:
    """Return the issues that `due` has to know of, by period."""
    periods = periods_concerned(mailing_list.table, frequency, now)
    found = [issues.find(connection, IssueKey(mailing_list.id, frequency, period)) for period in periods]
    found += [one for one in issues.unfinished(connection, mailing_list.id) if one.key.frequency == frequency]
    return {one.key.period: one for one in found if one is not None}


def states_of(known: Mapping[str, StoredIssue]) -> dict[str, IssueState]:
    """Return the states by period, as `due` takes them."""
    return {period: stored.state for period, stored in known.items()}


def has_work(connection: Connection, stored: StoredIssue | None, now: datetime) -> bool:
    """Tell whether a run would do anything, so that deferred deliveries don't start one every 20 s."""
    if stored is None or stored.state is not IssueState.SENDING or stored.planned_at is None:
        return True
    if deliveries.has_claimed(connection, stored.id):
        return True  # of a run that died, or of one at work, which holds the lock
    again = deliveries.next_due(connection, stored.id)
    return again is None or again <= now


def has_news(
    connection: Connection, site: Site, mailing_list: MailingList, frequency: Frequency, now: datetime
) -> bool:
    """Tell whether an issue that wasn't made is missed: not before the first, nor where nothing was new."""
    begun = issues.last_cutoff(connection, mailing_list.id, frequency) is not None
    return begun and bool(select(connection, site, mailing_list, frequency, now).papers)
