"""Alerts: what the operator is told by mail, as a notice."""

import logging
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from digest.deliver.states import DeliveryState
from digest.errors import TemplateError
from digest.issues.issue import IssueKey
from digest.noticing import notice
from digest.render.headers import Mailbox
from digest.render.theme import Theme
from digest.resources import shipped
from digest.site import MailingList, Site
from digest.store import deliveries, notices
from digest.store.issues import StoredIssue
from digest.subscribers.identity import address_key

REASONS = 5
"""Replies that are told, the most frequent first."""

log = logging.getLogger(__name__)


def alert_of_pause(
    connection: Connection, site: Site, mailing_list: MailingList, stored: StoredIssue, now: datetime
) -> None:
    """Plan an alert that an issue was paused since its messages fail, if the settings name somebody to tell.

    A template that can't be used is logged: the pause must stand without the alert.
    """
    if site.settings.mail.alerts is None:
        return
    try:
        text = _text(connection, site, mailing_list, stored)
    except TemplateError as error:
        log.error("%s; nobody is told by mail that issue %s is paused", error, stored.key)  # noqa: TRY400
        return
    _plan(connection, site, mailing_list, f"alert {stored.key} {now.isoformat()}", text, now)


def alert_of_bounces(
    connection: Connection,
    site: Site,
    mailing_list: MailingList,
    issue: IssueKey,
    domains: Collection[str],
    now: datetime,
) -> bool | None:
    """Plan an alert that too many addresses are said not to exist to be believed, once an issue.

    Returns whether it is new; None where the settings name nobody, or the template can't be used.
    """
    if site.settings.mail.alerts is None:
        return None
    try:
        text = _template(site, "doubt.txt.j2", mailing_list, issue, domains=sorted(domains)[:REASONS])
    except TemplateError as error:
        log.error("%s; nobody is told by mail of the bounces of issue %s", error, issue)  # noqa: TRY400
        return None
    return _plan(connection, site, mailing_list, f"alert bounces {issue}", text, now)


def _plan(
    connection: Connection, site: Site, mailing_list: MailingList, subject: str, text: str, now: datetime
) -> bool:
    """Plan an alert; `subject` is what tells it from others. Returns whether it is new."""
    assert site.settings.mail.alerts is not None
    to = Mailbox.parse(site.settings.mail.alerts)
    key = address_key(site.identity_key, to.address.casefold())
    return notices.add(connection, **notice(site, mailing_list, "alert", subject, to, key, text, now))


def _text(connection: Connection, site: Site, mailing_list: MailingList, stored: StoredIssue) -> str:
    return _template(
        site,
        "alert.txt.j2",
        mailing_list,
        stored.key,
        counts=sorted((str(state), number) for state, number in deliveries.counts(connection, stored.id).items()),
        reasons=deliveries.reasons(connection, stored.id, [DeliveryState.FAILED], REASONS),
    )


def _template(site: Site, name: str, mailing_list: MailingList, issue: IssueKey, **values: Any) -> str:
    theme = Theme([site.root / site.settings.templates / "notices", shipped("templates") / "notices"])
    values |= {"issue": str(issue), "site_name": site.settings.site.name, "list_name": mailing_list.table.name}
    return theme.render(name, **values)
