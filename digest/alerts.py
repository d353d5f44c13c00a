"""Alerts: what the operator is told by mail, as a notice."""

import logging
from datetime import datetime, timedelta

from sqlalchemy import Connection

from digest.deliver.states import DeliveryState
from digest.errors import TemplateError
from digest.render.headers import Mailbox
from digest.render.notice import notice_message
from digest.render.theme import Theme
from digest.resources import shipped
from digest.site import MailingList, Site
from digest.store import deliveries, notices
from digest.store.issues import StoredIssue
from digest.subscribers.identity import address_key, message_id_local

LASTS = timedelta(days=3)
"""How long an alert is tried."""

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
    to = Mailbox.parse(site.settings.mail.alerts)
    headers = site.headers(mailing_list)
    token = message_id_local(site.identity_key, f"alert {stored.key} {now.isoformat()}", to.address)
    message_id = f"{token}@{headers.domain}"
    notices.add(
        connection,
        kind="alert",
        list_id=mailing_list.id,
        address=to.address,
        address_key=address_key(site.identity_key, to.address.casefold()),
        message_id=message_id,
        message=notice_message(headers.sender, to, text, now, message_id),
        due_at=now,
        deadline=now + LASTS,
    )


def _text(connection: Connection, site: Site, mailing_list: MailingList, stored: StoredIssue) -> str:
    return Theme([site.root / site.settings.templates / "notices", shipped("templates") / "notices"]).render(
        "alert.txt.j2",
        issue=str(stored.key),
        site_name=site.settings.site.name,
        list_name=mailing_list.table.name,
        counts=sorted((str(state), number) for state, number in deliveries.counts(connection, stored.id).items()),
        reasons=deliveries.reasons(connection, stored.id, [DeliveryState.FAILED], REASONS),
    )
