"""A reader's new address, once its mailbox has confirmed it: the subscription moves, and its former links go on.

The request came from somebody with a link of the former address, and the confirmation from the new mailbox: a
completed double opt-in. Both together move a subscription and nothing less does. The former address is told, for a
forwarded mail has links too; it gets no power over the new one. Its owner comes back by signing up again.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from digest.noticing import notice
from digest.readership.choosing import Standing, standing
from digest.readership.leaving import come_back
from digest.readership.lookup import known
from digest.render.headers import Mailbox
from digest.site import Site
from digest.store import notices, readers, requests
from digest.store.readers import Reader
from digest.store.requests import Request
from digest.subscribers.masking import masked


class Move(StrEnum):
    """What became of a confirmed request."""

    MOVED = "moved"
    ALREADY = "already"  # it is the address they have: confirmed once before, or the same as before
    LEFT = "left"  # who asked left meanwhile, and stays so
    GONE = "gone"  # who asked has moved elsewhere or is nobody we know any more, or their list has left the settings


def complete(connection: Connection, site: Site, request: Request, now: datetime, evidence: Mapping[str, Any]) -> Move:
    """Have a subscription go to the address of a confirmed request of the kind "address"; `evidence` is kept with it.

    `request` is as `confirming.find` returned it, and whoever calls has looked whether it has expired. Again is
    harmless. Where the new address is subscribed already, the two become one: what it had chosen stays, and what it
    left open is taken over. Raises TemplateError.
    """
    requests.confirm(connection, request.id, now)
    who = known(connection, site, str(request.data["from"]))
    before = standing(connection, site, who, now) if who else None
    if request.confirmed_at is not None:
        return Move.ALREADY  # what it moved may have moved on since, and this link has done its work
    if before is None or before.mailing_list.id != request.list_id:
        return Move.GONE
    if before.who.subscriber_id == request.subscriber_id:
        return Move.ALREADY
    if before.who.subscriber_id != request.data["from"]:
        return Move.GONE  # moved on since: a link of the former address has no power over the present one
    if before.left:
        return Move.LEFT
    _move(connection, site, before, request, now)
    told = {"from": before.who.subscriber_id, "to": request.subscriber_id, **evidence}
    for one in (before.who.subscriber_id, request.subscriber_id):
        readers.record(connection, request.list_id, one, "moved", told, now)
    _tell_former(connection, site, before, request, now)
    return Move.MOVED


def _move(connection: Connection, site: Site, before: Standing, request: Request, now: datetime) -> None:
    former, new_id = before.who.subscriber_id, request.subscriber_id
    there = known(connection, site, new_id)
    theirs = standing(connection, site, there, now) if there and there.subscriber_id == new_id else None
    readers.move(connection, former, new_id, now)
    come_back(connection, request.list_id, new_id, request.address_key, f"new address, request {request.id}", now)
    reader = Reader(
        subscriber_id=new_id,
        list_id=request.list_id,
        address=request.address,
        address_key=request.address_key,
        name=(theirs.name if theirs else "") or before.name,
        preferences=theirs.own.over(before.own) if theirs and not theirs.left else before.own,
        confirmed_at=now,
        changed_at=now,
    )
    readers.save(connection, reader)
    readers.remove(connection, former)


def _tell_former(connection: Connection, site: Site, before: Standing, request: Request, now: datetime) -> None:
    """Plan the notice that tells the former address; it has no link by which anybody could act on the new one."""
    who, mailing_list = before.who, before.mailing_list
    headers, language = site.headers(mailing_list), before.choice.language
    url = site.settings.site.url
    text = site.themes.notices(site.themes.words(language)).render(
        "address_changed.txt.j2",
        site_name=site.settings.site.name,
        postal_address=site.settings.site.postal_address,
        list_name=mailing_list.table.name,
        address=masked(request.address),
        signup=f"{url}/subscribe/{mailing_list.id}" if url and mailing_list.table.signup else "",
        contact=(headers.reply_to or headers.sender).address,
    )
    about, to = f"moved {request.id}", Mailbox("", who.address)
    told = notice(site, mailing_list, "address changed", about, to, who.address_key, text, now, language=language)
    notices.add(connection, **told)
