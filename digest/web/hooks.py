"""Webhooks: providers tell us by POST what became of messages, at /hooks/NAME.

A request is believed by its signature alone. It is answered with 200 once what it reports is in the store: a provider
that gets another answer, or none, tries again, and each event acts once.
"""

import logging
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial

import httpx
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.bounces import mailgun, postmark, sendgrid, ses
from digest.bounces.report import Arrival
from digest.bounces.webhook import MalformedError, RefusedError
from digest.errors import ConfigError, DigestError
from digest.returns.taking import take
from digest.site import Site
from digest.sources.client import client_for
from digest.web.forms import read_body

MAX_BYTES = 5 * 1024 * 1024
"""Most bytes of a request; a thousand events have some hundred thousand."""

MAX_SECONDS = 60.0
"""How long a request may take to come in."""

TOGETHER = 200
"""Reports that are taken in one transaction, so that a run waits for a fraction of a second at most."""

_CERTIFICATE_BYTES = 64 * 1024
_SECONDS = 10.0
_KEPT = 8

log = logging.getLogger(__name__)

Reader = Callable[[Mapping[str, str], bytes, datetime], list[Arrival]]
"""Reads a request: its header by lower-case name, its body, the present moment."""


class Amazon:
    """Gets what SNS names: certificates, which are kept, and the confirmation of a subscription."""

    def __init__(self, contact: str) -> None:
        """Introduce ourselves with `contact`."""
        self._contact = contact
        self._certificates: dict[str, bytes] = {}

    def __call__(self, address: str) -> bytes:
        """Return what is at an address of SNS. Raises httpx.HTTPError, ConfigError."""
        if address in self._certificates:
            return self._certificates[address]
        content = self._get(address)
        if address.endswith(".pem"):
            if len(self._certificates) >= _KEPT:
                self._certificates.clear()
            self._certificates[address] = content
        return content

    def _get(self, address: str) -> bytes:
        content = b""
        with client_for(self._contact, _SECONDS) as client, client.stream("GET", address) as answer:
            if answer.status_code != 200:
                raise httpx.HTTPError(f"answered {answer.status_code}")
            for piece in answer.iter_bytes():
                content += piece
                if len(content) > _CERTIFICATE_BYTES:
                    raise httpx.HTTPError("answered too much")
        return content


def hook_routes(site: Site, now: Callable[[], datetime], fetch: ses.Fetch | None = None) -> list[Route]:
    """Return the route of the webhooks that the settings name; none where they name none.

    `fetch` is what SNS's addresses are asked with. Raises ConfigError where a key is missing or can't be used.
    """
    readers = _readers(site, fetch or Amazon(site.contact))

    async def hook(request: Request) -> Response:
        reader = readers.get(provider := request.path_params["provider"])
        if reader is None:
            return PlainTextResponse("There is no such webhook.\n", 404)
        try:
            body = await read_body(request, MAX_BYTES, MAX_SECONDS)
        except HTTPException as error:  # a line for a program, not the page for people
            return PlainTextResponse(f"The request can't be taken: {error.detail}.\n", error.status_code, error.headers)
        headers = {name.lower(): value for name, value in request.headers.items()}
        read = partial(reader, headers, body, now())
        return await run_in_threadpool(_answer, site, provider, read, now)

    return [Route("/hooks/{provider}", hook, methods=["POST"])] if readers else []


def _answer(site: Site, provider: str, read: Callable[[], list[Arrival]], now: Callable[[], datetime]) -> Response:
    """Take what a request reports; nothing of its body is logged."""
    try:
        arrivals = read()
        effects = Counter[str]()
        for start in range(0, len(arrivals), TOGETHER):
            effects.update(take(site, arrivals[start : start + TOGETHER], now()))
    except RefusedError as error:
        log.warning("webhook %s: refused: %s", provider, error)
        return _refused(provider)
    except MalformedError as error:
        log.warning("webhook %s: %s", provider, error)
        return PlainTextResponse("The request can't be read.\n", 400)
    except (DigestError, httpx.HTTPError) as error:
        log.error("webhook %s: %s; the provider will try again", provider, error)  # noqa: TRY400
        return PlainTextResponse("Not just now.\n", 503, {"Retry-After": "60"})
    if effects:
        log.info("webhook %s: %s", provider, ", ".join(f"{number} {effect}" for effect, number in effects.items()))
    return PlainTextResponse("Taken.\n")


def _refused(provider: str) -> Response:
    if provider == "postmark":
        return PlainTextResponse("Who are you?\n", 401, {"WWW-Authenticate": 'Basic realm="webhook"'})
    return PlainTextResponse("The signature is wrong.\n", 403)


def _readers(site: Site, fetch: ses.Fetch) -> dict[str, Reader]:
    """Return what reads the requests of each provider that the settings name."""
    hooks = site.settings.hooks
    readers: dict[str, Reader] = {}
    if hooks.ses:
        topic = hooks.ses.topic
        readers["ses"] = lambda _headers, body, now: ses.read(body, topic, fetch, now)
    if hooks.sendgrid:
        try:
            key = sendgrid.load_key(hooks.sendgrid.public_key)
        except ValueError as error:
            raise ConfigError(f"hooks.sendgrid.public_key: {error}") from None
        readers["sendgrid"] = lambda headers, body, now: sendgrid.read(headers, body, key, now)
    if hooks.mailgun:
        signing_key = _secret(
            site.secret(hooks.mailgun.signing_key, hooks.mailgun.signing_key_file), "mailgun", "signing_key"
        )
        readers["mailgun"] = lambda _headers, body, now: mailgun.read(body, signing_key, now)
    if hooks.postmark:
        username = hooks.postmark.username
        password = _secret(site.secret(hooks.postmark.password, hooks.postmark.password_file), "postmark", "password")
        readers["postmark"] = lambda headers, body, _now: postmark.read(headers, body, username, password)
    return readers


def _secret(found: str | None, provider: str, key: str) -> str:
    """Return a secret; an empty one would let everybody in."""
    if not found:
        variable = f"DIGEST_HOOKS__{provider.upper()}__{key.upper()}"
        raise ConfigError(f"hooks.{provider}: has no {key}; set {variable} or {key}_file")
    return found
