"""The way in: the front door, each list's subscribe page, and the form that other sites can embed.

What is answered to a request says nothing of the address: it is the same for one that is new, subscribed, suppressed or
has had its share of mail.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from digest.noticing import LASTS
from digest.readership.confirming import TooManyRequestsError, ask
from digest.readership.lookup import list_of
from digest.readership.signing_up import Choices
from digest.site import MailingList, Site
from digest.store.database import reading
from digest.web.client import network
from digest.web.form_time import AT_LEAST, AT_MOST, made_at, stamp
from digest.web.forms import read_form
from digest.web.offer import Offer, offer_of, open_lists
from digest.web.pages import Pages
from digest.web.signup_form import TRAP, Mistake, SignupForm, address_of

log = logging.getLogger(__name__)


def subscribe_routes(site: Site, pages: Pages, now: Callable[[], datetime]) -> list[Route]:
    """Return the routes of the front door and of the subscribe pages."""
    if not site.settings.site.url:
        log.warning("site.url is not set, so nobody can sign up: the links in mail would lead nowhere")
    way_in = _WayIn(site, pages, now)
    return [
        Route("/", way_in.front),
        Route("/subscribe/{list_id}", way_in.page),
        Route("/subscribe/{list_id}", way_in.submit, methods=["POST"]),
        Route("/subscribe/{list_id}/embed", way_in.embed),
    ]


class _WayIn:
    def __init__(self, site: Site, pages: Pages, now: Callable[[], datetime]) -> None:
        self._site, self._pages, self._now = site, pages, now

    def front(self, request: Request) -> Response:
        """Show what there is to subscribe to; a single list's form at once, and where there is none, the archive."""
        lists = open_lists(self._site) if self._site.settings.site.url else []
        if not lists:
            return RedirectResponse("./archive/", 302)
        if len(lists) == 1:
            return self._form(request, lists[0], home="")
        language = self._pages.language(request, None)
        offers = [self._offer(one) for one in lists]
        return self._pages.answer("front.html.j2", language, home="", is_public=True, offers=offers)

    def page(self, request: Request) -> Response:
        """Show a list's form."""
        return self._form(request, self._list(request), home="../")

    def embed(self, request: Request) -> Response:
        """Show the form as HTML for other sites, which post it to us."""
        mailing_list = self._list(request)
        return self._pages.answer(
            "embed.html.j2",
            self._pages.language(request, mailing_list),
            home="../../",
            is_public=True,
            offer=self._offer(mailing_list),
            address=f"{self._site.settings.site.url}/subscribe/{mailing_list.id}",
            trap=TRAP,
        )

    async def submit(self, request: Request) -> Response:
        """Take a form: ask the owner of the address, or show what is missing."""
        mailing_list = self._list(request)
        form = await read_form(request)
        return await run_in_threadpool(self._submitted, request, mailing_list, form)

    def _submitted(self, request: Request, mailing_list: MailingList, sent: FormData) -> Response:
        form = SignupForm.read(sent, self._offer(mailing_list))
        if form.trapped:
            return self._look_into_your_inbox(request, mailing_list)
        address = address_of(form)
        if isinstance(address, Mistake):
            return self._form(request, mailing_list, home="../", form=form, mistake=address)
        made, now = made_at(self._site.signing_keys, form.made), self._now()
        if made is None or not AT_LEAST <= now - made <= AT_MOST:
            return self._form(request, mailing_list, home="../", form=form)
        came_from = network(request, self._site.settings.web.proxies)
        language = self._pages.language(request, mailing_list)
        data = Choices(form.topics, form.frequency, language).asked_from(came_from)
        try:
            ask(self._site, mailing_list, "signup", address, data, network=came_from, language=language, now=now)
        except TooManyRequestsError as error:
            raise HTTPException(429, headers={"Retry-After": f"{error.after.total_seconds():.0f}"}) from error
        return self._look_into_your_inbox(request, mailing_list)

    def _form(
        self,
        request: Request,
        mailing_list: MailingList,
        *,
        home: str,
        form: SignupForm | None = None,
        mistake: Mistake | None = None,
    ) -> Response:
        """Show the form: empty, or as it was filled in, with what is wrong or else a word to press the button again."""
        offer = self._offer(mailing_list)
        return self._pages.answer(
            "subscribe.html.j2",
            self._pages.language(request, mailing_list),
            home=home,
            status=422 if mistake else 200,
            is_public=form is None,
            offer=offer,
            form=form or SignupForm.empty(offer),
            was_sent=form is not None,
            mistake=mistake,
            made=self._made(form.made if form else ""),
            contact=self._contact(mailing_list),
            trap=TRAP,
        )

    def _made(self, before: str) -> str:
        """Return when the form was made. One that came back too soon was made when it was."""
        made, now = made_at(self._site.signing_keys, before), self._now()
        return before if made and now - made <= AT_MOST else stamp(self._site.signing_keys, now)

    def _look_into_your_inbox(self, request: Request, mailing_list: MailingList) -> Response:
        return self._pages.answer(
            "asked.html.j2",
            self._pages.language(request, mailing_list),
            home="../",
            list_id=mailing_list.id,
            name=mailing_list.table.name,
            contact=self._contact(mailing_list),
            sender=str(self._site.headers(mailing_list).sender),
            days=LASTS.days,
        )

    def _contact(self, mailing_list: MailingList) -> str:
        headers = self._site.headers(mailing_list)
        return (headers.reply_to or headers.sender).address

    def _offer(self, mailing_list: MailingList) -> Offer:
        with reading(self._site.store).begin() as connection:
            return offer_of(connection, self._site, mailing_list, self._now())

    def _list(self, request: Request) -> MailingList:
        """Return the list that a path names. Raises HTTPException where nobody can sign up to it."""
        mailing_list = list_of(self._site, request.path_params["list_id"])
        if mailing_list is None or not mailing_list.table.signup:
            raise HTTPException(404)
        if not self._site.settings.site.url:
            raise HTTPException(503)
        return mailing_list
