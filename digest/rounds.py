"""Rounds: the service goes to each source when its time has come, and what it brought is said in a line."""

import logging
import threading
import time
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from digest.collecting import Collected, collect
from digest.config.settings import SourceTable
from digest.errors import DigestError
from digest.site import Site, Source
from digest.store import source_parts
from digest.store.database import reading
from digest.store.loading import Saved
from digest.store.source_parts import Asked

ROUND = "*"
"""The part by which a round is remembered, whether or not it brought anything."""

log = logging.getLogger(__name__)

Stop = Callable[[], bool]


class Stopped(Exception):  # noqa: N818 - nothing went wrong
    """The service is to end, or not to wait any longer, while it waited for a source."""


class Rounds:
    """The rounds of a service. One is made at a time: who asks meanwhile waits for it and finds nothing due.

    What is remembered here is only what was said, so that a source without news is one line and not one each hour;
    without `remarks` it isn't said at all.
    """

    def __init__(
        self, now: Callable[[], datetime], remarks: bool = True, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._now = now
        self._remarks = remarks
        self._sleep = sleep
        self._lock = threading.Lock()
        self._said: dict[tuple[str, int], str] = {}

    def make(self, site: Site, sources: Iterable[Source], stop: Stop) -> list[str]:
        """Ask those of `sources` that are due, and return a line for each that couldn't be used.

        An error, of whatever kind, costs only its own source. When `stop()` says so, no further one is asked.
        """
        errors = []
        while not self._lock.acquire(timeout=0.2):
            if stop():
                return []
        try:
            for source in sources:
                if stop():
                    break
                errors += self._serve(site, source, stop)
        finally:
            self._lock.release()
        return errors

    def _serve(self, site: Site, source: Source, stop: Stop) -> list[str]:
        try:
            return self._ask(site, source, stop) if self._is_due(site, source) else []
        except DigestError as error:
            return [f"source {source.name}: {error}"]
        except Exception as error:
            log.exception("source %s: it could not be read", source.name)
            return [f"source {source.name}: {error!r}; it is tried again"]

    def _is_due(self, site: Site, source: Source) -> bool:
        if source.table.kind == "file":
            return True  # to look at a folder costs nothing
        with reading(site.store).begin() as connection:
            before = source_parts.asked(connection, source.name, ROUND).get(ROUND)
        now = self._now()  # before the last round, where the clock was put back
        return before is None or not before.at <= now < before.at + interval(source.table)

    def _ask(self, site: Site, source: Source, stop: Stop) -> list[str]:
        if source.table.kind != "file":
            with site.store.begin() as connection:  # before asking: one that fails isn't asked again at once
                source_parts.remember(connection, source.name, ROUND, Asked(self._now(), False, 0, {}))
        found: list[Collected] = []
        try:
            for one in collect(site, source, None, self._now, lambda seconds: self._wait(seconds, stop)):
                found.append(one)
                if stop():
                    break
        except Stopped:
            pass
        self._say(source, found)
        return [f"source {source.name}: {one.error}" for one in found if one.error is not None]

    def _wait(self, seconds: float, stop: Stop) -> None:
        """Sleep in small steps, so that the service can end. Raises Stopped."""
        while seconds > 0:
            if stop():
                raise Stopped
            self._sleep(min(seconds, 0.5))
            seconds -= 0.5

    def _say(self, source: Source, found: Iterable[Collected]) -> None:
        """Say what is new; why nothing is, and what was refused, only where that is another line than before."""
        saved, refused, why = Saved(), 0, ""
        for one in found:
            saved += one.saved
            refused += sum(problem.refused for problem in one.problems)
            why = one.nothing or why
        if saved.new or saved.changed:
            log.info("source %s: papers new: %d, changed: %d", source.name, saved.new, saved.changed)
        elif why and self._remarks and source.table.kind != "file":
            self._say_once(logging.INFO, source.name, f"nothing new: {why}")
        if refused:
            told = f"records refused: {refused}; `digest papers rejected {source.name}` lists them"
            self._say_once(logging.WARNING, source.name, told)

    def _say_once(self, level: int, name: str, text: str) -> None:
        if self._said.get((name, level)) != text:
            self._said[name, level] = text
            log.log(level, "source %s: %s", name, text)


def interval(table: SourceTable) -> timedelta:
    """Return how often a source is asked."""
    return timedelta(minutes=table.every_minutes)
