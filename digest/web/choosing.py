"""Preferences: `/p/{token}`, a form that shows what holds and takes what is chosen, and `/p/{token}/address`.

GET shows, POST saves and shows what was saved. The link is all that is asked for. It was made for one address: when
its reader has another by now, it still leads to what they choose there, and can't change the address any more.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from typing import Any

from babel import Locale, UnknownLocaleError
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from digest.noticing import LASTS
from digest.readership import confirming
from digest.readership.choosing import (
    Choice,
    Standing,
    TooManyChoicesError,
    choose,
    frequencies_offered,
    languages_offered,
    standing,
)
from digest.readership.confirming import TooManyRequestsError
from digest.readership.lookup import known
from digest.site import Site
from digest.store.database import reading
from digest.subscribers.address import parse_address
from digest.subscribers.masking import masked
from digest.subscribers.tokens import Purpose, Token, sign
from digest.subscribers.zones import nearest_zone, zone_of, zones_by_region
from digest.web.client import network
from digest.web.forms import read_form
from digest.web.links import Links
from digest.web.pages import Pages

Mistakes = dict[str, Any]
"""What is wrong in a form, by field; what the template needs to say it."""


def choosing_routes(site: Site, now: Callable[[], datetime]) -> list[Route]:
    """Return the routes below /p/; `now` is the clock."""
    links = Links(site, Pages(site), now)

    async def preferences(request: Request) -> Response:
        form = await read_form(request) if request.method == "POST" else None
        return await run_in_threadpool(_preferences, links, request, form)

    async def address(request: Request) -> Response:
        form = await read_form(request) if request.method == "POST" else None
        return await run_in_threadpool(_address, links, request, form)

    return [
        Route("/p/{token}", preferences, methods=["GET", "POST"]),
        Route("/p/{token}/address", address, methods=["GET", "POST"]),
    ]


def _preferences(links: Links, request: Request, form: FormData | None) -> Response:
    token = links.genuine(request, Purpose.PREFERENCES)
    if token is None:
        return links.unknown(request)
    stands = _look(links, token)
    if stands is None or stands.left:
        return _nothing_to_choose(links, request, token, stands, home="../", status=404 if stands is None else 200)
    if form is None or form.get("do") not in ("save", "resume"):
        return _form(links, request, token, stands)
    wanted, mistakes = read_choice(form, links.site, stands)
    if mistakes:
        return _form(links, request, token, stands, wanted, mistakes=mistakes, status=422)
    return _save(links, request, token, form)


def _save(links: Links, request: Request, token: Token, form: FormData) -> Response:
    """Keep what a form without mistakes says, over what holds when nobody else can write."""
    with links.store.begin() as connection:
        who = known(connection, links.site, token.subject)
        stands = standing(connection, links.site, who, links.now()) if who else None
        if stands is None or stands.left:
            return _nothing_to_choose(links, request, token, stands, home="../", status=409)
        wanted, _ = read_choice(form, links.site, stands)
        try:
            choose(connection, stands, wanted, links.now())
        except TooManyChoicesError as error:
            raise HTTPException(429, headers={"Retry-After": "86400"}) from error
    return _form(links, request, token, _look(links, token) or stands, saved=True)


def read_choice(form: FormData, site: Site, stands: Standing) -> tuple[Choice, Mistakes]:
    """Return what a form chooses, and what is wrong with it; what it doesn't speak of stays as it is."""
    held, mistakes = stands.choice, Mistakes()
    if form.get("do") == "resume":
        return replace(held, paused_until=None), mistakes
    known_topics = [topic.id for topic in site.topics(stands.mailing_list)]
    asked = {str(one) for one in form.getlist("topics")}
    chosen = tuple(one for one in known_topics if one in asked)
    frequency, timezone = _field(form, "frequency", held.frequency), _field(form, "timezone", held.timezone)
    language = _field(form, "language", held.language)
    paused_until, is_day = _day(_field(form, "paused_until", ""))
    if asked - set(known_topics):
        mistakes["topics"] = True
    if frequency not in (held.frequency, *frequencies_offered(stands.mailing_list)):
        mistakes["frequency"] = True
    if zone_of(timezone) is None:
        mistakes["timezone"] = nearest_zone(timezone) or True
    if language not in languages_offered(site, stands.mailing_list):
        mistakes["language"] = True
    if not is_day or (paused_until and not stands.today < paused_until <= stands.last_day):
        mistakes["paused_until"] = stands.last_day
    topics = () if len(chosen) == len(known_topics) else chosen
    return Choice(topics, frequency, timezone, language, paused_until), mistakes


def _field(form: FormData, name: str, otherwise: str) -> str:
    value = form.get(name)
    return otherwise if value is None else str(value).strip()


def _day(text: str) -> tuple[date | None, bool]:
    """Return the day that a field says, None for an empty one, and whether it is one."""
    try:
        return (date.fromisoformat(text) if text else None), True
    except ValueError:
        return None, False


def _look(links: Links, token: Token) -> Standing | None:
    with reading(links.store).begin() as connection:
        who = known(connection, links.site, token.subject)
        return standing(connection, links.site, who, links.now()) if who else None


def _form(
    links: Links, request: Request, token: Token, stands: Standing, wanted: Choice | None = None, *,
    mistakes: Mapping[str, Any] | None = None, saved: bool = False, status: int = 200,
) -> Response:  # fmt: skip
    site, mailing_list = links.site, stands.mailing_list
    return links.answer(
        request,
        "choose.html.j2",
        language=stands.choice.language,
        status=status,
        stands=stands,
        wanted=wanted or stands.choice,
        mistakes=mistakes or {},
        saved=saved,
        list_name=mailing_list.table.name,
        topics=site.topics(mailing_list),
        frequencies=frequencies_offered(mailing_list),
        zones=zones_by_region(),
        languages={one: _own_name(one) for one in languages_offered(site, mailing_list)},
        token=request.path_params["token"],
        movable=_is_of_present_address(token, stands),
        **_around(links, token, stands, "../"),
    )


def _address(links: Links, request: Request, form: FormData | None) -> Response:
    token = links.genuine(request, Purpose.PREFERENCES)
    if token is None:
        return links.unknown(request)
    stands = _look(links, token)
    if stands is None or stands.left or not _is_of_present_address(token, stands):
        return _nothing_to_choose(links, request, token, stands, home="../../", status=404 if stands is None else 200)
    written = str(form.get("address", "")) if form is not None else ""
    answer = partial(
        links.answer, request, "address.html.j2", home="../../", language=stands.choice.language, written=written,
        token=request.path_params["token"], list_name=stands.mailing_list.table.name, days=LASTS.days,
        **_around(links, token, stands, "../../"),
    )  # fmt: skip
    if form is None:
        return answer(asked=False, mistake="")
    try:
        _ask(links, request, stands, written)
    except ValueError as error:
        return answer(asked=False, mistake=str(error), status=422)
    except TooManyRequestsError as error:
        raise HTTPException(429, headers={"Retry-After": f"{error.after.total_seconds():.0f}"}) from error
    return answer(asked=True, mistake="")


def _ask(links: Links, request: Request, stands: Standing, written: str) -> None:
    """Have the new address asked. Raises ValueError for what is no address, TooManyRequestsError."""
    site = links.site
    confirming.ask(
        site,
        stands.mailing_list,
        "address",
        parse_address(written),
        {"from": stands.who.subscriber_id},
        network=network(request, site.settings.web.proxies),
        language=stands.choice.language,
        now=links.now(),
    )


def _nothing_to_choose(
    links: Links, request: Request, token: Token, stands: Standing | None, *, home: str, status: int
) -> Response:
    """Return the page for who has left, is nobody we know, or has a link that can't do this."""
    mailing_list = stands.mailing_list if stands else None
    signup = f"{home}subscribe/{mailing_list.id}" if mailing_list and mailing_list.table.signup else ""
    return links.answer(
        request,
        "nothing_to_choose.html.j2",
        home=home,
        status=status,
        language=stands.choice.language if stands else None,
        left=bool(stands and stands.left),
        moved=bool(stands and not stands.left),
        list_name=mailing_list.table.name if mailing_list else "",
        signup=signup,
        **_around(links, token, stands, home),
    )


def _around(links: Links, token: Token, stands: Standing | None, home: str) -> dict[str, Any]:
    """Return what each of these pages shows beside its form."""
    leave = sign(links.site.signing_keys, Purpose.UNSUBSCRIBE, token.subject)
    return {"leave": f"{home}u/{leave}", "masked": masked(stands.who.address) if stands else ""}


def _is_of_present_address(token: Token, stands: Standing) -> bool:
    """Tell whether a link came in mail to the address that somebody has now: only such a one may change it."""
    return token.subject == stands.who.subscriber_id


def _own_name(language: str) -> str:
    """Return how those who speak a language call it."""
    try:
        name = Locale.parse(language, sep="-").get_display_name()
    except (ValueError, UnknownLocaleError):
        return language
    return name[:1].upper() + name[1:] if name else language
