"""The page behind the link of a confirmation: it says what will happen, and its button does it.

To look changes nothing, however often and by whatever method: mail programs and scanners follow links.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.readership import moving, signing_up
from digest.readership.confirming import RequestState, find, state_of
from digest.readership.lookup import known, list_of
from digest.site import MailingList, Site
from digest.store import requests
from digest.store.database import hurried, reading
from digest.store.requests import Kind
from digest.store.requests import Request as Asked
from digest.subscribers.masking import masked
from digest.web.client import network
from digest.web.forms import read_form
from digest.web.offer import Offer, offer_of
from digest.web.pages import Pages

Complete = Callable[[Connection, Site, Asked, datetime, Mapping[str, Any]], object]

COMPLETE: Mapping[Kind, Complete] = {"signup": signing_up.complete, "address": moving.complete}
"""What a confirmation does, by the kind of its request. What came of it stands in the store."""


class _Seen(NamedTuple):
    """A request as its page shows it."""

    asked: Asked
    mailing_list: MailingList
    offer: Offer
    state: RequestState


def confirm_routes(site: Site, pages: Pages, now: Callable[[], datetime]) -> list[Route]:
    """Return the routes below /c/."""
    confirmation = _Confirmation(site, pages, now)
    return [Route("/c/{token}", confirmation.page), Route("/c/{token}", confirmation.submit, methods=["POST"])]


class _Confirmation:
    def __init__(self, site: Site, pages: Pages, now: Callable[[], datetime]) -> None:
        self._site, self._pages, self._now = site, pages, now

    def page(self, request: Request) -> Response:
        """Show what was asked for, or what became of it."""
        with reading(self._site.store).begin() as connection:
            seen = self._see(connection, request, self._now())
            former = self._former(connection, seen) if seen else ""
        return self._answer(request, seen, former)

    async def submit(self, request: Request) -> Response:
        """Do what was asked for; a second time does nothing more."""
        await read_form(request)
        return await run_in_threadpool(self._submitted, request)

    def _submitted(self, request: Request) -> Response:
        now = self._now()
        evidence = {"network": network(request, self._site.settings.web.proxies)}
        with hurried(self._site.store).begin() as connection:
            seen = self._see(connection, request, now)
            if seen is not None and seen.state is RequestState.OPEN:
                COMPLETE[seen.asked.kind](connection, self._site, seen.asked, now, evidence)
                requests.confirm(connection, seen.asked.id, now)
                seen = self._see(connection, request, now)
        return self._answer(request, seen, former="")

    def _see(self, connection: Connection, request: Request, now: datetime) -> _Seen | None:
        """Return the request that a token is of, None where it is none of ours, or was forgotten."""
        asked = find(connection, self._site, request.path_params["token"])
        mailing_list = list_of(self._site, asked.list_id) if asked else None
        if asked is None or mailing_list is None or asked.kind not in COMPLETE:
            return None
        offer = offer_of(connection, self._site, mailing_list, now)
        return _Seen(asked, mailing_list, offer, state_of(connection, asked, now))

    def _former(self, connection: Connection, seen: _Seen) -> str:
        """Return the address that a new one will take the place of; it may take seconds to find, so not in a write."""
        if seen.asked.kind != "address" or seen.state is not RequestState.OPEN:
            return ""
        before = known(connection, self._site, seen.asked.data["from"])
        # Whoever asked may have nothing but a mail that was passed on to them.
        return masked(before.address) if before and before.address else ""

    def _answer(self, request: Request, seen: _Seen | None, former: str) -> Response:
        if seen is None:
            return self._pages.answer(
                "confirm_unknown.html.j2", self._pages.language(request, None), home="../", status=404
            )
        language = self._pages.language(request, seen.mailing_list, seen.asked.data.get("language"))
        headers = self._site.headers(seen.mailing_list)
        wanted = set(seen.asked.data.get("topics", ()))
        return self._pages.answer(
            f"confirm_{seen.asked.kind}.html.j2",
            language,
            home="../",
            status=410 if seen.state is RequestState.EXPIRED else 200,
            offer=seen.offer,
            state=seen.state.name,
            address=seen.asked.address,
            former=former,
            topics=[topic.name for topic in seen.offer.topics if topic.id in wanted],
            frequency=seen.asked.data.get("frequency"),
            can_ask_again=seen.mailing_list.table.signup,
            contact=(headers.reply_to or headers.sender).address,
        )
