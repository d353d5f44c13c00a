"""The way out: `/u/{token}`, by one click from a mail program (RFC 8058) or by the button of a page.

GET and HEAD show the page and change nothing, whatever looks at links. A POST with the field List-Unsubscribe leaves,
and with that of one of our buttons does what it says. The token is all that is asked for: no cookie, no other field.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import unquote_plus

from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.errors import DigestError
from digest.readership.choosing import Standing, TooManyChoicesError, choose, frequencies_offered, standing
from digest.readership.leaving import has_left, has_said_so, leave, leave_all
from digest.readership.lookup import Known, known, list_of
from digest.render.headers import one_line
from digest.site import MailingList, Site
from digest.store import readers, suppressions
from digest.store.database import reading
from digest.subscribers.masking import masked
from digest.subscribers.tokens import Purpose, Token, sign
from digest.web.forms import read_body, read_form
from digest.web.links import PRIVATE, Links
from digest.web.pages import Pages

ONE_CLICK = "list-unsubscribe"
"""The field of RFC 8058, in lower case."""

BUTTON = "do"
"""The field of our own buttons."""

PAUSES = {"pause-week": timedelta(days=7), "pause-month": timedelta(days=30)}

REASONS = ("too-many", "not-relevant", "did-not-ask", "elsewhere", "other")

LONGEST_WORDS = 300
"""Characters of a reason that are kept."""

REASONS_A_DAY = 3
"""Reasons of one reader that are kept; each is recorded for good."""


def leaving_routes(site: Site, now: Callable[[], datetime]) -> list[Route]:
    """Return the route below /u/; `now` is the clock."""
    links = Links(site, Pages(site), now)

    async def answer(request: Request) -> Response:
        fields = await leave_fields(request) if request.method == "POST" else {}
        return await run_in_threadpool(_answer, links, request, fields)

    return [Route("/u/{token}", answer, methods=["GET", "POST"])]


async def leave_fields(request: Request) -> Mapping[str, str]:
    """Return the fields of a form by their names in lower case.

    Who wants to leave may send it in any form: of a body that can't be read as one, it is enough that it speaks of
    List-Unsubscribe. Raises HTTPException: 413 for one that is too large, 400 for one that breaks off.
    """
    body = await read_body(request)
    try:
        form = await read_form(request)
        fields = {name.strip().lower(): str(value) for name, value in form.multi_items()}
    except HTTPException:
        fields = {}
    if not fields.keys() & {ONE_CLICK, BUTTON} and ONE_CLICK in _plain(body):
        fields[ONE_CLICK] = ""
    return fields


def _plain(body: bytes) -> str:
    """Return a body in lower case, without what escapes or wider letters put between its letters."""
    return unquote_plus(body.replace(b"\0", b"").decode("latin-1")).lower()


def _answer(links: Links, request: Request, fields: Mapping[str, str]) -> Response:
    token = links.genuine(request, Purpose.UNSUBSCRIBE)
    if token is None:
        return links.unknown(request)
    button = fields.get(BUTTON, "")
    if ONE_CLICK in fields:
        _leave(links, token, "one click", everywhere=False)
        return _short_answer()
    if button in ("leave", "leave-all"):
        _leave(links, token, "the page", everywhere=button == "leave-all")
        return _page_after(links, request, token)
    if button == "reason":
        _keep_reason(links, token, fields)
        return _page(links, request, token, thanked=True)
    done = _choose_less(links, token, button) if button in ("weekly", *PAUSES) else ""
    return _page(links, request, token, done=done)


def _short_answer() -> Response:
    return PlainTextResponse("You have unsubscribed: no more mail comes from this list.\n", headers=PRIVATE)


def _leave(links: Links, token: Token, source: str, *, everywhere: bool) -> None:
    # First a look: it needs no turn to write for who clicks again, and walks through a large file without one.
    with reading(links.store).begin() as connection:
        if not everywhere and has_said_so(connection, known(connection, links.site, token.subject), token.subject):
            return
    with links.store.begin() as connection:
        who = leave(connection, links.site, token.subject, source, links.now(), {})
        if everywhere and who is not None and who.address:
            leave_all(connection, links.site, who, source, links.now(), {})


def _page_after(links: Links, request: Request, token: Token) -> Response:
    """Return the page of who has just left; they have, also where their page can't be shown."""
    try:
        return _page(links, request, token)
    except (DigestError, SQLAlchemyError):
        return _short_answer()


def _paused(stands: Standing, span: timedelta) -> date:
    """Return until when a pause lasts that is asked for now: one that is longer already stays."""
    until = stands.today + span
    return max(until, stands.choice.paused_until or until)


def _choose_less(links: Links, token: Token, button: str) -> str:
    """Do what one of the quiet buttons says; returns the button, "" where it can't be done."""
    with reading(links.store).begin() as connection:
        _standing(links, connection, token)
    with links.store.begin() as connection:
        stands = _standing(links, connection, token)
        if stands is None or stands.left or (button == "weekly" and not _weekly_is_less(stands)):
            return ""
        wanted = (
            replace(stands.choice, frequency="weekly")
            if button == "weekly"
            else replace(stands.choice, paused_until=_paused(stands, PAUSES[button]))
        )
        try:
            choose(connection, stands, wanted, links.now())
        except TooManyChoicesError:
            return ""
        return button


def _keep_reason(links: Links, token: Token, fields: Mapping[str, str]) -> None:
    """Keep why somebody left, if they have, and said anything."""
    reason, words = fields.get("reason", ""), one_line(fields.get("words", ""))[:LONGEST_WORDS]
    told = {"reason": reason if reason in REASONS else "", "words": words}
    now = links.now()
    if not any(told.values()):
        return
    with links.store.begin() as connection:
        who = known(connection, links.site, token.subject)
        if who is None or not has_left(connection, who):
            return
        since = now - timedelta(days=1)
        if readers.said_since(connection, who.list_id, who.subscriber_id, "reason", since) < REASONS_A_DAY:
            readers.record(connection, who.list_id, who.subscriber_id, "reason", told, now)


def _standing(links: Links, connection: Connection, token: Token) -> Standing | None:
    who = known(connection, links.site, token.subject)
    return standing(connection, links.site, who, links.now()) if who else None


def _weekly_is_less(stands: Standing) -> bool:
    return stands.choice.frequency == "daily" and "weekly" in frequencies_offered(stands.mailing_list)


@dataclass(frozen=True, slots=True)
class _Seen:
    """Whom a link is about, as far as they are known, and the scopes in which they are suppressed."""

    who: Known | None
    stands: Standing | None
    mailing_list: MailingList | None
    scopes: frozenset[str]
    left: bool


def _see(links: Links, token: Token) -> _Seen:
    with reading(links.store).begin() as connection:
        who = known(connection, links.site, token.subject)
        stands = standing(connection, links.site, who, links.now()) if who else None
        found = suppressions.of(connection, [token.subject, *([who.address_key] if who else [])])
        left = has_left(connection, who) if who else bool(found)
    mailing_list = list_of(links.site, who.list_id) if who else None
    return _Seen(who, stands, mailing_list, frozenset(one.scope for one in found), left)


def _page(links: Links, request: Request, token: Token, *, done: str = "", thanked: bool = False) -> Response:
    seen = _see(links, token)
    who, stands, mailing_list = seen.who, seen.stands, seen.mailing_list
    has_address = bool(who and who.address)
    values: dict[str, Any] = {
        "language": stands.choice.language if stands else None,
        "list_name": mailing_list.table.name if mailing_list else who.list_id if who else "",
        "address": masked(who.address) if who and has_address else "",
        "others": has_address and any(one.id not in seen.scopes for one in links.site.lists if one != mailing_list),
    }
    if seen.left:
        signup = f"../subscribe/{mailing_list.id}" if mailing_list and mailing_list.table.signup else ""
        values |= {"thanked": thanked, "asked": who is not None, "longest": LONGEST_WORDS, "signup": signup}
        return links.answer(request, "left.html.j2", **values)
    values |= {
        "stands": stands,
        "topics": _topics(links.site, stands),
        "weekly": bool(stands and _weekly_is_less(stands)),
    }
    preferences = f"../p/{sign(links.site.signing_keys, Purpose.PREFERENCES, token.subject)}"
    return links.answer(request, "leave.html.j2", done=done, preferences=preferences, **values)


def _topics(site: Site, stands: Standing | None) -> list[str]:
    """Return the names of the topics that somebody chose."""
    names = {topic.id: topic.name for topic in site.topics(stands.mailing_list)} if stands else {}
    return [names[one] for one in stands.choice.topics] if stands else []
