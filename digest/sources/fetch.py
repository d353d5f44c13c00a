"""Fetching: one GET over HTTP, as polite to the source and as wary of it as it takes.

```
 get ──► wait for our turn ──► ask ──► 200: the body within limits ──► Answer
  ▲            ▲                 ├──► 304: Answer, unchanged
  │            └── allowed? ◄────┼──── 3xx
  └──────── back-off ◄───────────┼──── 408, 425, 429, 5xx, a broken connection, no answer in time
                                 └──► anything else: SourceError
```

Nothing here knows what is in an answer; parsing is for the source's own module, and pure.
"""

import logging
import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Self

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter

from digest import clock
from digest.errors import SourceError
from digest.sources.address import check_redirect, named, web_address
from digest.sources.again import PassingError, back_at, is_passing, retry_after
from digest.sources.body import BrokenBodyError, read_body
from digest.sources.client import client_for
from digest.sources.cutoff import Cutoff

_log = logging.getLogger("digest.fetch")


class AbsentError(SourceError):
    """There is nothing at the address (404); of a day's list that may mean "none that day"."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an answer may cost.

    `size` is in bytes of the decoded body, `seconds` the time for one whole answer, `attempts` how often a source is
    asked, `wait_max` the most seconds between two attempts, `redirects` how many are followed.
    """

    size: int = 50_000_000
    seconds: float = 60
    attempts: int = 4
    wait_max: float = 120
    redirects: int = 5


LIMITS = Limits()


@dataclass(frozen=True, slots=True)
class Validators:
    """What tells one state of an answer from the next (RFC 9110, 8.8), exactly as the server said it."""

    etag: str | None = None
    last_modified: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came: `url` is where it came from after redirects, `content` the decoded body, empty when unchanged."""

    url: str
    status: int
    content: bytes
    content_type: str
    validators: Validators

    @property
    def unchanged(self) -> bool:
        """Whether the source has nothing newer than the validators it was sent."""
        return self.status == 304


class Fetcher:
    """Asks sources; a context manager, since it holds the connections.

    `contact` is an address or URL by which whoever runs the source can reach the operator. `pause` is the seconds
    between the end of one request and the start of the next to the same host. `sleep` takes seconds; what it raises
    ends the fetching, so a program can be stopped while it waits.
    """

    def __init__(
        self,
        contact: str = "",
        limits: Limits = LIMITS,
        pause: float = 0.0,
        now: Callable[[], datetime] = clock.now,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._limits = limits
        self._pause = pause
        self._now = now
        self._sleep = sleep
        self._asked: dict[str, datetime] = {}
        self._client = client_for(contact, limits.seconds)
        self._back_off = wait_exponential_jitter(max=limits.wait_max)

    def __enter__(self) -> Self:
        """Return the fetcher itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the connections."""
        self._client.close()

    def get(
        self,
        url: str,
        params: Mapping[str, str] | None = None,
        validators: Validators | None = None,
        accept: str = "application/json",
    ) -> Answer:
        """Return the answer of a source at `url`, with `params` added to its query.

        With `validators` of an earlier answer it may be `unchanged`. Raises AbsentError for 404, and SourceError for
        all else that isn't 200 in the end, is larger or slower than the limits, or leads where it must not.
        """
        request = self._request(url, params, validators, accept)
        retrying = Retrying(
            sleep=self._sleep,
            stop=stop_after_attempt(self._limits.attempts),
            wait=self._wait,
            retry=retry_if_exception_type(PassingError),
            before_sleep=_tell_wait,
            reraise=True,
        )
        try:
            return retrying(self._follow, request)
        except PassingError as error:
            times = f"after {self._limits.attempts} attempts" if self._limits.attempts > 1 else "at the only attempt"
            raise SourceError(
                f"{named(request.url)}: {error}, {times}; try again later, and check the network and the address"
            ) from None

    def _request(
        self, url: str, params: Mapping[str, str] | None, validators: Validators | None, accept: str
    ) -> httpx.Request:
        headers = {"Accept": accept}
        if validators and validators.etag:
            headers["If-None-Match"] = validators.etag
        if validators and validators.last_modified:
            headers["If-Modified-Since"] = validators.last_modified
        return self._client.build_request("GET", web_address(url).copy_merge_params(params or {}), headers=headers)

    def _wait(self, state: RetryCallState) -> float:
        """Return the seconds before the next attempt: what the source asked for, else 1 to 2, 2 to 3, 4 to 5, …."""
        error = state.outcome.exception() if state.outcome else None
        asked = error.wait if isinstance(error, PassingError) else None
        return self._back_off(state) if asked is None else asked

    def _follow(self, request: httpx.Request) -> Answer:
        """Return the answer at the end of the redirects."""
        first = request.url
        for _ in range(self._limits.redirects + 1):
            met = self._exchange(request)
            if isinstance(met, Answer):
                return met
            check_redirect(first, request.url, met.url)
            request = met
        raise SourceError(
            f"{named(first)}: more than {self._limits.redirects} redirects; check the address of the source"
        )

    def _exchange(self, request: httpx.Request) -> Answer | httpx.Request:
        """Send one request when its turn has come; returns the answer, or the request it redirects to."""
        self._wait_for_turn(request.url.host)
        started, told = self._now(), "nothing usable"
        try:
            with Cutoff(self._limits.seconds) as cutoff:
                met = self._send(request, cutoff)
            told = f"{met.status}, {len(met.content)} bytes" if isinstance(met, Answer) else f"on to {named(met.url)}"
        except (PassingError, SourceError) as error:
            told = str(error)
            raise
        finally:
            ended = self._asked[request.url.host] = self._now()
            _log.debug("GET %s: %s, %.2f s", named(request.url), told, (ended - started).total_seconds())
        return met

    def _wait_for_turn(self, host: str) -> None:
        asked = self._asked.get(host)
        wait = 0.0 if asked is None else self._pause - (self._now() - asked).total_seconds()
        if wait > 0:
            self._sleep(min(wait, self._pause))  # the clock may have been put back meanwhile

    def _send(self, request: httpx.Request, cutoff: Cutoff) -> Answer | httpx.Request:
        request.extensions = {**request.extensions, "trace": cutoff.trace}
        try:
            response = self._client.send(request, stream=True)
            try:
                met = self._judge(response)
            finally:
                response.close()
        except (httpx.TransportError, BrokenBodyError) as error:
            raise PassingError(self._reason(error, cutoff.late)) from None
        except httpx.InvalidURL:
            raise SourceError(f"{named(request.url)}: redirects to no http(s) address; check the address") from None
        if cutoff.late:  # a body without a length looks whole when its connection is cut
            raise PassingError(self._reason(None, late=True))
        return met

    def _judge(self, response: httpx.Response) -> Answer | httpx.Request:
        if response.next_request is not None:
            return response.next_request
        if response.status_code == 200:
            content = read_body(response, self._limits.size)
        elif response.status_code == 304 and _is_conditional(response.request):
            content = b""
        else:
            raise self._refusal(response)
        return Answer(
            url=str(response.url),
            status=response.status_code,
            content=content,
            content_type=response.headers.get("content-type", ""),
            validators=_validators(response),
        )

    def _refusal(self, response: httpx.Response) -> SourceError | PassingError:
        status, where = response.status_code, named(response.url)
        said = f"the answer was {status} {response.reason_phrase}".rstrip()
        if status == 404:
            return AbsentError(f"{where}: nothing there ({status}); check the address, or the day asked for")
        if not is_passing(status):
            return SourceError(f"{where}: {said}; check the address, and whether it needs a key")
        now = self._now()
        wait = retry_after(response.headers.get("retry-after", ""), now)
        if wait is not None and wait > self._limits.wait_max:
            return SourceError(f"{where}: {said}; try again after {back_at(wait, now):%Y-%m-%d %H:%M} UTC, as it asks")
        return PassingError(said, wait)

    def _reason(self, error: Exception | None, late: bool) -> str:
        if late or isinstance(error, httpx.ReadTimeout):
            return f"no whole answer within {self._limits.seconds:g} seconds"
        if isinstance(error, httpx.TimeoutException):
            return "no connection in time"
        return f"it could not be fetched ({' '.join(str(error).split()) or type(error).__name__})"


def _tell_wait(state: RetryCallState) -> None:
    """Say why nothing happens for a while."""
    if state.outcome and state.next_action:
        where, why = named(state.args[0].url), state.outcome.exception()
        _log.info("%s: %s; asked again in %.0f s", where, why, state.next_action.sleep)


def expect(answer: Answer, kinds: Collection[str]) -> None:
    """Raise SourceError unless an answer is, by its Content-Type, of one of `kinds`, such as {"json"} or {"xml"}.

    A kind is the subtype or its suffix (RFC 6839): "xml" takes application/atom+xml too. No type, text/plain and
    application/octet-stream say nothing and pass, but a body that begins as HTML does never passes for something else.
    """
    media_type = answer.content_type.partition(";")[0].strip().lower()
    subtype = media_type.partition("/")[2]
    fits = media_type in _SAYS_NOTHING or subtype in kinds or subtype.rpartition("+")[2] in kinds
    if fits and ("html" in kinds or not _begins_as_html(answer.content)):
        return
    came = f"{media_type[:60]!r}" if not fits else "an HTML page"
    expected = " or ".join(kind.upper() for kind in sorted(kinds))
    raise SourceError(
        f"{named(httpx.URL(answer.url))}: expected {expected}, found {came}; "
        "look at the address in a browser: it may be an error page, a login or a consent page"
    )


_SAYS_NOTHING = frozenset({"", "text/plain", "application/octet-stream"})


def _begins_as_html(content: bytes) -> bool:
    start = content[:200].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return start.startswith((b"<!doctype html", b"<html"))


def _is_conditional(request: httpx.Request) -> bool:
    return "if-none-match" in request.headers or "if-modified-since" in request.headers


def _validators(response: httpx.Response) -> Validators:
    """Return the answer's validators, and for a 304 that doesn't repeat them those it was asked with."""
    asked = response.request.headers if response.status_code == 304 else {}
    return Validators(
        etag=_sendable(response.headers.get("etag")) or asked.get("if-none-match"),
        last_modified=_sendable(response.headers.get("last-modified")) or asked.get("if-modified-since"),
    )


def _sendable(value: str | None) -> str | None:
    """Return a field value that can be sent back as it came, which bytes beyond ASCII can't."""
    return value if value and value.isascii() and value.isprintable() else None
