"""A test copy on request: whether the request is really the editor's, and what became of the copy, in words."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from threading import Lock
from typing import Literal
from urllib.parse import parse_qsl

from starlette.requests import Request

from digest.deliver.outcome import Outcome
from digest.deliver.states import Verb
from digest.errors import InputError
from digest.rehearsal import send_test_copy
from digest.site import MailingList, Site
from digest.subscribers.address import parse_address
from digest.web.choice import Chosen

MOST_BYTES = 4_096
"""Longest form that is read."""


class ForgedError(Exception):
    """A request that this page's own form didn't make."""


@dataclass(frozen=True, slots=True)
class Told:
    """What became of a test copy: in one line, good or bad."""

    level: Literal["good", "bad"]
    text: str


class Copies:
    """Sends test copies, one at a time, to those who ask with this process's own token."""

    def __init__(self) -> None:
        """Make the token, which stands in our form and nowhere else."""
        self.token = secrets.token_urlsafe(24)
        self._sending = Lock()

    def address_in(self, request: Request, form: bytes) -> str:
        """Return the address that a form of ours asks for. Raises ForgedError, InputError."""
        if not _from_our_page(request):
            raise ForgedError
        fields = dict(parse_qsl(form.decode("ascii", "replace"), max_num_fields=10))
        if not secrets.compare_digest(fields.get("token", "").encode(), self.token.encode()):
            raise ForgedError
        try:
            return parse_address(fields.get("address", "")).address
        except ValueError as error:
            raise InputError(str(error)) from None

    def send(self, site: Site, chosen: Chosen, address: str, now: datetime) -> Told:
        """Send what was chosen to an address, as a test. Raises what `send_test_copy` raises."""
        if not self._sending.acquire(blocking=False):
            return Told("bad", "A test copy is on its way already; wait for its answer.")
        try:
            outcome = send_test_copy(
                site,
                chosen.mailing_list,
                chosen.frequency,
                chosen.day,
                address,
                now,
                topics=chosen.topics,
                language=chosen.language,
                theme=chosen.theme,
            )
        finally:
            self._sending.release()
        return _told(outcome, address, _outbox(site, chosen.mailing_list))


def _from_our_page(request: Request) -> bool:
    """Tell whether a browser says that the request comes from our own page; other programs say nothing."""
    origin, site = request.headers.get("origin"), request.headers.get("sec-fetch-site")
    ours = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return origin in (None, ours) and site in (None, "same-origin")


def _outbox(site: Site, mailing_list: MailingList) -> str:
    """Return where a copy lies that our own outbox took, or ""."""
    first = site.settings.relays[site.relay_names(mailing_list)[0]]
    return str(site.root / first.maildir) if first.maildir is not None else ""


_NOT_ACCEPTED = {
    Verb.DEFER: "Deferred for {address} ({stage}): {said}. Nothing tries it again; send another later.",
    Verb.FAIL: "Refused for {address} ({stage}): {said}.",
    Verb.RELEASE: "The relay can’t be used ({stage}): {said}. Nothing was sent.",
    Verb.LOSE: "The connection broke when the copy had left ({said}); it may have arrived at {address}.",
}


def _told(outcome: Outcome, address: str, outbox: str) -> Told:
    if outcome.verb is Verb.ACCEPT:
        where = f" It lies in the Maildir {outbox} and went no further." if outbox else ""
        return Told("good", f"Accepted for {address}: {outcome.said}.{where}")
    words = _NOT_ACCEPTED[outcome.verb]
    return Told("bad", words.format(address=address, stage=outcome.stage, said=outcome.said or "no answer"))
