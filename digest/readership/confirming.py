"""Requests that only the owner of an address can confirm: a sign-up, and a reader's new address.

Anybody can type anybody's address, so a request changes nothing. It plans a notice to that address with a signed link
that expires; what the owner then confirms is done elsewhere. Whatever the address is (new, known, suppressed), whoever
asks is told the same. How much mail strangers can have us send is bounded for each mailbox, each network and in all,
and counted in the store, so that a restart forgives nobody.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum
from typing import Any

from sqlalchemy import Connection

from digest.errors import DigestError
from digest.noticing import LASTS, notice
from digest.readership.lookup import list_of, member
from digest.render.headers import Mailbox
from digest.site import MailingList, Site
from digest.store import notices, readers, requests, suppressions
from digest.store.database import hurried, reading
from digest.store.requests import Kind, Request
from digest.store.suppressions import EVERYWHERE
from digest.subscribers.address import Address, mailbox_of
from digest.subscribers.identity import mailbox_key, network_key
from digest.subscribers.reasons import LEFT
from digest.subscribers.tokens import Purpose, sign, verify

KEPT = timedelta(days=30)
"""How long a request is kept when it has expired, so that its link can say so. It expires when its notice does."""

PRESSED_TWICE = timedelta(minutes=1)
"""Within which the same request from the same network is the same press of a button."""

HOUR, DAY = timedelta(hours=1), timedelta(days=1)

NOTICE = "confirmation"
"""The kind of a notice that asks somebody to confirm."""


class TooManyRequestsError(DigestError):
    """A network, or all together, asked for more than is taken; `after` says when to come back."""

    def __init__(self, after: timedelta) -> None:
        super().__init__("too many requests")
        self.after = after


@dataclass(frozen=True, slots=True)
class Limits:
    """Requests that are taken: for a mailbox a day, from a network an hour and a day, and in all an hour."""

    of_mailbox: int = 3
    of_network: int = 10
    of_network_a_day: int = 40
    in_all: int = 500


class RequestState(Enum):
    """How a request stands, as its link's page shows it."""

    OPEN = "waits for its confirmation"
    EXPIRED = "was not confirmed in time"
    DONE = "is confirmed"
    LEFT = "was confirmed, and its reader is not at this address any more"
    BARRED = "was confirmed, and the address must not be mailed all the same"


def ask(
    site: Site,
    mailing_list: MailingList,
    kind: Kind,
    address: Address,
    data: Mapping[str, Any],
    *,
    network: str,
    language: str,
    now: datetime,
) -> None:
    """Keep a request, and plan the notice that asks the owner of `address` to confirm it, in `language`.

    `network` is where it came from, such as "192.0.2.7/32". For a mailbox that had its share today nothing is sent,
    and nothing says so. Raises TooManyRequestsError for a network, or all, that had theirs; TemplateError.
    """
    request = _request(site, mailing_list, kind, address, data, network, now)
    limits = Limits(in_all=site.settings.web.requests_per_hour)
    with reading(site.store).begin() as connection:
        _expect_room(connection, request, limits)  # before a notice is rendered: a flood shall cost little
    # Whoever measures how long we take must not learn anything of the address, so it is always rendered.
    asking = _notice(site, mailing_list, request, language)
    with hurried(site.store).begin() as connection:
        _expect_room(connection, request, limits)
        is_sent = _is_sent(connection, request, limits)
        requests.add(connection, request if is_sent else replace(request, expires_at=now))
        if is_sent:
            notices.add(connection, **asking)


def forget_old(site: Site, now: datetime) -> None:
    """Forget requests, and the notices that asked to confirm them, that are too old for their links to say anything."""
    with site.store.begin() as connection:
        requests.prune(connection, now - LASTS - KEPT)
        notices.prune(connection, NOTICE, now - LASTS - KEPT)


def find(connection: Connection, site: Site, token: str) -> Request | None:
    """Return the request that a token confirms, also one that has expired; None for any other text."""
    genuine = verify(site.signing_keys, token)
    if genuine is None or genuine.purpose is not Purpose.CONFIRM:
        return None
    request = requests.load(connection, genuine.subject)
    return request if request and list_of(site, request.list_id) else None


def state_of(connection: Connection, request: Request, now: datetime) -> RequestState:
    """Return how a request stands."""
    if request.confirmed_at is None:
        return RequestState.OPEN if now < request.expires_at else RequestState.EXPIRED
    found = [one for one in suppressions.of(connection, _keys(request)) if one.scope in (EVERYWHERE, request.list_id)]
    if any(one.reason != LEFT for one in found):
        return RequestState.BARRED
    # Who was invited, and named the address they had as their new one, never said anything that is kept.
    is_there = request.data.get("from") == request.subscriber_id or readers.load(connection, request.subscriber_id)
    return RequestState.DONE if is_there and not found else RequestState.LEFT


def _keys(request: Request) -> list[str]:
    domain = suppressions.domain_key_of(request.address)
    return [request.address_key, request.subscriber_id, domain]


def _request(
    site: Site,
    mailing_list: MailingList,
    kind: Kind,
    address: Address,
    data: Mapping[str, Any],
    network: str,
    now: datetime,
) -> Request:
    subscriber, key = member(site, mailing_list, address)
    return Request(
        id=secrets.token_hex(16),
        kind=kind,
        list_id=mailing_list.id,
        subscriber_id=subscriber,
        address=address.address,
        address_key=key,
        mailbox_key=mailbox_key(site.identity_key, mailbox_of(address.canonical)),
        network_key=network_key(site.identity_key, network),
        data=data,
        asked_at=now,
        expires_at=now + LASTS,
    )


def _expect_room(connection: Connection, request: Request, limits: Limits) -> None:
    """Raise TooManyRequestsError where the network, or all, had their share."""
    of_day = requests.asked(connection, request.network_key, request.asked_at - DAY)
    of_hour = requests.asked(connection, request.network_key, request.asked_at - HOUR)
    if of_day.from_network >= limits.of_network_a_day:
        raise TooManyRequestsError(DAY)
    if of_hour.from_network >= limits.of_network or of_hour.in_all >= limits.in_all:
        raise TooManyRequestsError(HOUR)


def _is_sent(connection: Connection, request: Request, limits: Limits) -> bool:
    """Tell whether the mailbox may have one more notice; a button that is pressed twice asks once."""
    of_day = requests.of_mailbox(connection, request.mailbox_key, request.asked_at - DAY)
    again = (one.asked_at > request.asked_at - PRESSED_TWICE and _what(one) == _what(request) for one in of_day)
    return len(of_day) < limits.of_mailbox and not any(again)


def _what(request: Request) -> tuple[object, ...]:
    return request.kind, request.subscriber_id, request.network_key, dict(request.data)


def _notice(site: Site, mailing_list: MailingList, request: Request, language: str) -> dict[str, Any]:
    """Return the notice as `notices.add` takes it. It says nothing that a stranger wrote."""
    words = site.themes.words(language)
    token = sign(site.signing_keys, Purpose.CONFIRM, request.id)
    asked = set(request.data.get("topics", ()))
    templates = site.themes.notices(words)
    values = {
        "words": words,
        "site_name": site.settings.site.name,
        "postal_address": site.settings.site.postal_address,
        "list_name": mailing_list.table.name,
        "link_to": f"{site.settings.site.url}/c/{token}",
        "days": LASTS.days,
        "topics": [topic.name for topic in site.topics(mailing_list) if topic.id in asked],
        "frequency": request.data.get("frequency"),
    }
    return notice(
        site,
        mailing_list,
        NOTICE,
        f"request {request.id}",
        Mailbox("", request.address),
        request.address_key,
        templates.render(f"confirm_{request.kind}.txt.j2", **values),
        request.asked_at,
        html=templates.render(f"confirm_{request.kind}.html.j2", **values),
        language=words.language,
    )
