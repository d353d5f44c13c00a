"""What the service does at a tick: read the facts, ask `due`, do it, and say it in one line.

A tick may come as often as it likes: nothing in here remembers what was done, the store does. What
is remembered is only what was *said*, so that a day without news, a missing approval or a relay that
is down is one line and not one every 20 seconds; and how long to leave a relay alone.
"""

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import get_args
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from digest import pipeline
from digest.config.load import FILE_NAME
from digest.config.settings import Frequency
from digest.deliver.retry import next_attempt
from digest.deliver.sender import ASKED
from digest.deliver.states import DeliveryState
from digest.drafting import select
from digest.errors import BusyError, DigestError
from digest.issues.issue import IssueKey
from digest.issues.states import IssueState
from digest.schedule import Due, due, missed, periods_concerned
from digest.site import MailingList, Site
from digest.store import deliveries, issues
from digest.store.issues import StoredIssue

REPEAT_AFTER = timedelta(hours=1)
"""When an error that stays the same is said again."""

_LONGEST_REST = 4
"""A relay that can't be used is tried again after 1, 2, 4 and then every 8 minutes."""

log = logging.getLogger(__name__)

Stop = Callable[[], bool]


def known_issues(
    connection: Connection, mailing_list: MailingList, frequency: Frequency, now: datetime
) -> dict[str, StoredIssue]:
    """Return the issues that `due` has to know of, by period."""
    periods = periods_concerned(mailing_list.table, frequency, now)
    found = [issues.find(connection, IssueKey(mailing_list.id, frequency, period)) for period in periods]
    found += [one for one in issues.unfinished(connection, mailing_list.id) if one.key.frequency == frequency]
    return {one.key.period: one for one in found if one is not None}


def states_of(known: Mapping[str, StoredIssue]) -> dict[str, IssueState]:
    """Return the states by period, as `due` takes them."""
    return {period: stored.state for period, stored in known.items()}


@dataclass(frozen=True, slots=True)
class _Task:
    """Something due, with whom it is for; its key names its issue in every line."""

    site: Site
    mailing_list: MailingList
    due: Due

    @property
    def key(self) -> IssueKey:
        return IssueKey(self.mailing_list.id, self.due.frequency, self.due.period)


class Service:
    """The ticks of all lists of a site.

    `now` is the clock. A changed digest.toml is taken over at the next tick when it is valid; else
    the settings from before hold. Raises ConfigError when they can't be used at the start.
    """

    def __init__(self, root: Path, now: Callable[[], datetime]) -> None:
        self._now = now
        self._root = root
        self._text = _text(root)
        self._site = Site.open(root)
        self._at_start = frozenset(self._site.settings.lists)
        self._reading = threading.Lock()
        self._sending = threading.Lock()
        self._said: dict[tuple[str, ...], tuple[str, datetime]] = {}
        self._rests: dict[str, tuple[int, datetime]] = {}

    @property
    def site(self) -> Site:
        """The site with the settings that hold now."""
        return self._site

    def tick(self, name: str, stop: Stop) -> bool:
        """Do all that is due for a list; returns whether nothing went wrong.

        When `stop()` says so, what is on the wire is settled and nothing else begun.
        """
        site = self._refreshed()
        if name not in site.settings.lists:
            self._say((name, "gone"), logging.WARNING, f"list {name} is gone from {FILE_NAME}; nothing is due for it")
            return True
        mailing_list = site.list(name)
        return all([self._look(site, mailing_list, frequency, stop) for frequency in get_args(Frequency)])

    def _refreshed(self) -> Site:
        """Return the site, with settings that changed taken over where they are valid."""
        with self._reading:
            text = _text(self._root)
            if text == self._text:
                return self._site
            self._text = text
            try:
                site = Site.open(self._root)
            except DigestError as error:
                log.error("%s; the settings from before hold", error)  # noqa: TRY400 - one line, for a person
                return self._site
            before, self._site = self._site, site
            if "store" in vars(before):
                before.store.dispose()
            log.info("%s has changed: taken over", FILE_NAME)
            for name in sorted(set(site.settings.lists) - self._at_start):
                log.warning("list %s is new: it is served when `digest schedule` is started anew", name)
            return site

    def _look(self, site: Site, mailing_list: MailingList, frequency: Frequency, stop: Stop) -> bool:
        tasks: list[_Task] = []

        def read() -> bool:
            now = self._now()
            with site.store.begin() as connection:
                known = known_issues(connection, mailing_list, frequency, now)
                found = due(mailing_list.table, frequency, states_of(known), now)
                tasks.extend(
                    _Task(site, mailing_list, one)
                    for one in found
                    if one.action == "build" or _has_work(connection, known.get(one.period), now)
                )
                self._remark(connection, mailing_list, frequency, known, now)
            return True

        fine = self._attempt((mailing_list.name, frequency), read)
        for task in tasks:
            if stop():
                break
            where = (mailing_list.name, frequency, task.due.period)
            step = partial(self._send, task, stop) if task.due.action == "send" else partial(self._build, task)
            fine = self._attempt(where, step) and fine
        return fine

    def _build(self, task: _Task) -> bool:
        site, mailing_list, asked = task.site, task.mailing_list, task.due
        with site.store.begin() as connection:
            stored = pipeline.build(connection, site, mailing_list, asked.frequency, asked.day, self._now())
            number = len(issues.entries(connection, stored.id)) if stored else 0
        if stored is None:
            self._say_nothing_new(task)
        elif mailing_list.table.approval == "required":
            log.info(
                "issue %s: draft built, papers: %d; `digest issue approve %s` lets it go", task.key, number, task.key
            )
        else:
            log.info("issue %s: draft built, papers: %d", task.key, number)
        return True

    def _send(self, task: _Task, stop: Stop) -> bool:
        name, asked = task.mailing_list.name, task.due
        _, until = self._rests.get(name, (0, None))
        if until is not None and self._now() < until:
            return True
        # One run a site: when another list of ours is at work, the next tick tries again.
        if not self._sending.acquire(blocking=False):
            return True
        try:
            control = pipeline.Control(self._now, stop, planned=partial(_log_planned, task.key))
            delivered = pipeline.send(task.site, task.mailing_list, asked.frequency, asked.day, control)
        finally:
            self._sending.release()
        if delivered is None:
            self._say_nothing_new(task)
            return True
        return self._report(task, delivered)

    def _report(self, task: _Task, delivered: pipeline.Delivered) -> bool:
        """Say what a run did; returns whether the relay could be used."""
        stopped, name = delivered.run.stopped, task.mailing_list.name
        if delivered.reach is not None and (refused := sum(one.refused for one in delivered.reach.problems)):
            log.warning("issue %s: rows refused: %d; `digest subscribers check %s` lists them", task.key, refused, name)
        if delivered.uncertain:
            log.warning("issue %s: may have arrived and is sent again: %d", task.key, delivered.uncertain)
        if stopped is not None and stopped != ASKED:
            faults = self._rests.get(name, (0, None))[0] + 1
            self._rests[name] = faults, next_attempt(min(faults, _LONGEST_REST), self._now(), name)
            self._say(_where(task), logging.ERROR, f"issue {task.key}: {stopped}; it is tried again")
            return False
        self._rests.pop(name, None)
        self._said.pop(_where(task), None)
        log.info("issue %s (No. %s) is %s", task.key, delivered.issue.number, _result(delivered))
        return True

    def _say_nothing_new(self, task: _Task) -> None:
        if task.due.action == "send":
            text = f"issue {task.key}: nothing new since the last one; nothing is sent"
        else:
            text = f"issue {task.key}: nothing new since the last one; no draft yet"
        self._say((*_where(task), task.due.action), logging.INFO, text)

    def _remark(
        self,
        connection: Connection,
        mailing_list: MailingList,
        frequency: Frequency,
        known: Mapping[str, StoredIssue],
        now: datetime,
    ) -> None:
        """Say, once, that an issue waits for an approval, or that it isn't started any more."""
        table = mailing_list.table
        periods = periods_concerned(table, frequency, now)
        if not periods:
            return
        lost = missed(table, frequency, states_of(known), now)
        stored = known.get(periods[0])
        where = (mailing_list.name, frequency, periods[0])
        if lost is not None:
            if (*where, "missed") not in self._said:
                # Where nothing was new there was nothing to miss: said at a level nobody sees.
                something = stored is not None or select(connection, mailing_list, frequency, now)
                level = logging.WARNING if something else logging.DEBUG
                self._say((*where, "missed"), level, _missed_line(mailing_list, lost, stored))
        elif stored is not None and stored.state is IssueState.DRAFT and table.approval == "required":
            text = f"issue {stored.key} waits for an approval: `digest issue approve {stored.key}` lets it go"
            self._say((*where, "approval"), logging.WARNING, text)

    def _attempt(self, where: tuple[str, ...], step: Callable[[], bool]) -> bool:
        """Do a step; an error costs only this one, and is said once an hour as long as it stays the same."""
        try:
            fine = step()
        except BusyError as error:
            self._say((*where, "busy"), logging.INFO, f"list {where[0]}: {error}")
            return True
        except DigestError as error:
            self._say((*where, "error"), logging.ERROR, f"list {where[0]}: {error}")
            return False
        except Exception as error:
            self._say((*where, "error"), logging.ERROR, f"list {where[0]}: {error!r}; tried again", error)
            return False
        self._said.pop((*where, "error"), None)
        self._said.pop((*where, "busy"), None)
        return fine

    def _say(self, about: tuple[str, ...], level: int, text: str, defect: Exception | None = None) -> None:
        """Log a line, unless the last one about this said the same; an error is repeated after an hour."""
        before, at = self._said.get(about, ("", self._now()))
        repeated = level >= logging.ERROR and self._now() - at >= REPEAT_AFTER
        if before != text or repeated:
            self._said[about] = text, self._now()
            log.log(level, "%s", text, exc_info=defect)


def _text(root: Path) -> bytes | None:
    try:
        return (root / FILE_NAME).read_bytes()
    except OSError:
        return None


def _where(task: _Task) -> tuple[str, ...]:
    return task.mailing_list.name, task.due.frequency, task.due.period, "run"


def _has_work(connection: Connection, stored: StoredIssue | None, now: datetime) -> bool:
    """Tell whether a run would do anything, so that deferred deliveries don't start one every 20 s."""
    if stored is None or stored.state is not IssueState.SENDING or stored.planned_at is None:
        return True
    if deliveries.listed(connection, stored.id, [DeliveryState.CLAIMED]):
        return True  # of a run that died, or of one at work, which holds the lock
    again = deliveries.next_due(connection, stored.id)
    return again is None or again <= now


def _log_planned(key: IssueKey, number: int) -> None:
    if number:
        log.info("issue %s: sending; messages: %d", key, number)


def _result(delivered: pipeline.Delivered) -> str:
    counts = ", ".join(f"{number} {state}" for state, number in sorted(delivered.counts.items())) or "no readers"
    line = f"{delivered.issue.state}: {counts}"
    if delivered.run.stopped == ASKED:
        return f"{line}; stopped, and goes on at the next start"
    if delivered.issue.state is IssueState.SENDING and delivered.next_due is not None:
        return f"{line}; next try at {delivered.next_due.astimezone():%H:%M}"
    return line


def _missed_line(mailing_list: MailingList, lost: Due, stored: StoredIssue | None) -> str:
    key = IssueKey(mailing_list.id, lost.frequency, lost.period)
    at = lost.at.astimezone(ZoneInfo(mailing_list.table.timezone))
    unapproved = mailing_list.table.approval == "required" and (stored is None or stored.state is IssueState.DRAFT)
    first = f"`digest issue approve {key}`, then " if unapproved else ""
    by_hand = f"{first}`digest send {mailing_list.name} --frequency {lost.frequency} --date {lost.day}`"
    return (
        f"issue {key} was due {at:%a %Y-%m-%d %H:%M} and is not started any more, its grace is over"
        f" ({mailing_list.table.grace_hours:g} h); by hand: {by_hand}"
    )
