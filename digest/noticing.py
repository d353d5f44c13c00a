"""Notices put together: what a single message has in its header and its ledger row, whoever it is for."""

from datetime import datetime, timedelta
from typing import Any

from digest.render.headers import Mailbox
from digest.render.notice import notice_message
from digest.site import MailingList, Site
from digest.subscribers.identity import message_id_local

LASTS = timedelta(days=3)
"""How long a notice is tried."""


def notice(
    site: Site,
    mailing_list: MailingList,
    kind: str,
    about: str,
    to: Mailbox,
    address_key: str,
    text: str,
    now: datetime,
    *,
    html: str = "",
    language: str = "",
) -> dict[str, Any]:
    """Return a notice as `digest.store.notices.add` takes it: from a list's sender, by its relays, due now.

    `about` is what tells it from other notices to the same address. `text` and `html` are as `notice_message` has them.
    """
    headers = site.headers(mailing_list)
    message_id = f"{message_id_local(site.identity_key, about, address_key)}@{headers.domain}"
    message = notice_message(
        headers.sender, to, text, now, message_id, html=html, language=language, reply_to=headers.reply_to
    )
    return {
        "kind": kind,
        "list_id": mailing_list.id,
        "address": to.address,
        "address_key": address_key,
        "message_id": message_id,
        "message": message,
        "due_at": now,
        "deadline": now + LASTS,
    }
