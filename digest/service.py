"""What the service does at a tick: read the facts, ask `due`, do it, and say it in one line.

A tick may come as often as it likes: nothing in here remembers what was done, the store does. What
is remembered is only what was *said*, so that a day without news, a missing approval or a relay that
is down is one line and not one every 20 seconds; and how long to leave a relay alone.
"""

import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import get_args

from sqlalchemy import Connection

from digest import pipeline
from digest.config.load import FILE_NAME
from digest.config.settings import Frequency
from digest.deliver.sender import ASKED, SPIKE
from digest.errors import BusyError, DigestError
from digest.issues.issue import IssueKey
from digest.issues.states import IssueState
from digest.notifying import Notifier
from digest.outlook import has_news, has_work, known_issues, states_of
from digest.remarks import missed_line, result_line
from digest.rests import Rests
from digest.returns.rounds import MailRounds
from digest.rounds import Rounds
from digest.sayings import Sayings
from digest.schedule import Due, due, missed, periods_concerned
from digest.sending import Control
from digest.site import MailingList, Site, Source
from digest.store import issues
from digest.store.database import reading
from digest.store.issues import StoredIssue

PATIENCE = timedelta(minutes=5)
"""How long a draft waits for sources that are due, before it is built of what is there."""

log = logging.getLogger(__name__)

Stop = Callable[[], bool]


@dataclass(frozen=True, slots=True)
class _Task:
    """Something due, and whom it is for."""

    site: Site
    mailing_list: MailingList
    due: Due

    @property
    def key(self) -> IssueKey:
        """The issue it is about, as every line names it."""
        return IssueKey(self.mailing_list.id, self.due.frequency, self.due.period)

    @property
    def where(self) -> tuple[str, ...]:
        """What lines about it are remembered by."""
        return self.mailing_list.name, self.due.frequency, self.due.period, self.due.action


class Service:
    """The ticks of all lists of a site; `site` has the settings that hold now.

    `now` is the clock. A changed digest.toml is taken over at the next tick when it is valid; else
    the settings from before hold. Without `remarks` only what is done and errors are said: for somebody
    who makes a Service for every tick, so that none could remember. Raises ConfigError when the settings
    can't be used at the start.
    """

    def __init__(self, root: Path, now: Callable[[], datetime], remarks: bool = True) -> None:
        self._now = now
        self._remarks = remarks
        self._text = _text(root)
        self.site = Site.open(root)
        self._at_start = frozenset(self.site.settings.lists)
        self._reading = threading.Lock()
        self._sending = threading.Lock()
        self._said = Sayings(log, now)
        self._rests = Rests()
        self.notifier = Notifier(now)
        self._rounds = Rounds(now, remarks)
        self._mail_rounds = MailRounds(now)

    def tick_sources(self, stop: Stop) -> bool:
        """Ask the sources that are due; returns whether all could be used."""
        site = self._refreshed()
        return self._attempt(("sources",), partial(self._round, site, site.sources, stop))

    def tick_mailboxes(self, stop: Stop) -> bool:
        """Read the mailboxes that are due; returns whether all could be read."""
        errors = self._mail_rounds.make(self._refreshed(), stop)
        for line in errors:
            self._say((line.partition(": ")[0], "error"), logging.ERROR, line)
        return not errors

    def _round(self, site: Site, sources: Iterable[Source], stop: Stop) -> bool:
        errors = self._rounds.make(site, sources, stop)
        for line in errors:
            self._say((line.partition(": ")[0], "error"), logging.ERROR, line)
        return not errors

    def tick(self, name: str, stop: Stop) -> bool:
        """Do all that is due for a list; returns whether nothing went wrong.

        When `stop()` says so, what is on the wire is settled and nothing else begun.
        """
        site = self._refreshed()
        if name not in site.settings.lists:
            self._say((name, "gone"), logging.WARNING, f"list {name} is gone from {FILE_NAME}; nothing is due for it")
            return True
        fine = True
        for frequency in get_args(Frequency):
            step = partial(self._serve, site, site.list(name), frequency, stop)
            fine = self._attempt((name, frequency), step) and fine
        return self.notifier.send(site, site.list(name), stop) and fine

    def _refreshed(self) -> Site:
        """Return the site, with settings that changed taken over where they are valid."""
        with self._reading:
            text = _text(self.site.root)
            if text == self._text:
                return self.site
            self._text = text
            try:
                site = Site.open(self.site.root)
            except DigestError as error:
                log.error("%s; the settings from before hold", error)  # noqa: TRY400 - one line, for a person
                return self.site
            before, self.site = self.site, site
            if "store" in vars(before):
                before.store.dispose()
            log.info("%s has changed: taken over", FILE_NAME)
            for name in sorted(set(site.settings.lists) - self._at_start):
                log.warning("list %s is new: it is served when `digest schedule` is started anew", name)
            return site

    def _serve(self, site: Site, mailing_list: MailingList, frequency: Frequency, stop: Stop) -> bool:
        """Do what is due for one frequency of a list, each thing for itself."""
        now = self._now()
        with reading(site.store).begin() as connection:
            known = known_issues(connection, mailing_list, frequency, now)
            found = due(mailing_list.table, frequency, states_of(known), now)
            tasks = [
                _Task(site, mailing_list, one) for one in found if has_work(connection, known.get(one.period), now)
            ]
            self._remark(connection, site, mailing_list, frequency, known, now)
        fine = True
        for task in tasks:
            if not stop():
                if known.get(task.due.period) is None:  # what sources have by now belongs into the new draft
                    self._round(site, site.sources_of(mailing_list), partial(self._hurried, now + PATIENCE, stop))
                step = partial(self._send, task, stop) if task.due.action == "send" else partial(self._build, task)
                fine = self._attempt(task.where, step) and fine
        return fine

    def _build(self, task: _Task) -> bool:
        site, mailing_list, asked = task.site, task.mailing_list, task.due
        stored = pipeline.build_apart(site, mailing_list, asked.frequency, asked.day, self._now)
        with reading(site.store).begin() as connection:
            number = len(issues.entries(connection, stored.id)) if stored else 0
        if stored is None:
            self._say(task.where, logging.INFO, f"issue {task.key}: nothing new since the last one; no draft yet")
        else:
            waits = f"; `digest issue approve {task.key}` lets it go"
            approval = waits if mailing_list.table.approval == "required" else ""
            log.info("issue %s: draft built, papers: %d%s", task.key, number, approval)
        return True

    def _hurried(self, until: datetime, stop: Stop) -> bool:
        return stop() or self._now() >= until

    @contextmanager
    def _turn(self, mailing_list: MailingList) -> Iterator[bool]:
        """Yield whether a list may send now: its relays don't rest, and no other list of ours is at work.

        If not, the next tick tries again.
        """
        ours = not self._rests.hold(mailing_list.name, self._now()) and self._sending.acquire(blocking=False)
        try:
            yield ours
        finally:
            if ours:
                self._sending.release()

    def _send(self, task: _Task, stop: Stop) -> bool:
        with self._turn(task.mailing_list) as ours:
            if not ours:
                return True
            control = Control(self._now, stop, planned=partial(_log_planned, task.key))
            delivered = pipeline.send(task.site, task.mailing_list, task.due.frequency, task.due.day, control)
        if delivered is None:
            self._say(task.where, logging.INFO, f"issue {task.key}: nothing new since the last one; nothing is sent")
            return True
        return self._report(task, delivered)

    def _report(self, task: _Task, delivered: pipeline.Delivered) -> bool:
        """Say what a run did; returns whether the relay could be used."""
        stopped, name = delivered.run.stopped, task.mailing_list.name
        if delivered.reach is not None and (refused := delivered.reach.refused):
            log.warning("issue %s: rows refused: %d; `digest subscribers check %s` lists them", task.key, refused, name)
        if delivered.uncertain:
            log.warning("issue %s: messages that may have arrived and go out again: %d", task.key, delivered.uncertain)
        if stopped == SPIKE:
            self._say((*task.where, "error"), logging.ERROR, f"issue {task.key}: {stopped}")
            return False
        if stopped is not None and stopped != ASKED:
            self._rests.begin(name, self._now())
            self._say((*task.where, "error"), logging.ERROR, f"issue {task.key}: {stopped}; it is tried again")
            return False
        self._rests.end(name)
        self._said.forget(*task.where, "error")
        log.info("issue %s (No. %s) is %s", task.key, delivered.issue.number, result_line(delivered))
        return True

    def _remark(
        self,
        connection: Connection,
        site: Site,
        mailing_list: MailingList,
        frequency: Frequency,
        known: Mapping[str, StoredIssue],
        now: datetime,
    ) -> None:
        """Say, once, that an issue waits for an approval, or that it isn't started any more."""
        table, states = mailing_list.table, states_of(known)
        for period in periods_concerned(table, frequency, now)[:1]:
            where = (mailing_list.name, frequency, period)
            lost, state = missed(table, frequency, states, now), states.get(period)
            if lost is not None and (*where, "missed") not in self._said:
                something = state is not None or has_news(connection, site, mailing_list, frequency, now)
                level = logging.WARNING if something else logging.DEBUG
                self._say((*where, "missed"), level, missed_line(mailing_list, lost, state))
            elif lost is None and state is IssueState.DRAFT and table.approval == "required":
                key = IssueKey(mailing_list.id, frequency, period)
                text = f"issue {key} waits for an approval: `digest issue approve {key}` lets it go"
                self._say((*where, "approval"), logging.WARNING, text)

    def _attempt(self, where: tuple[str, ...], step: Callable[[], bool]) -> bool:
        """Do a step; an error costs only this one."""
        try:
            return step()
        except BusyError as error:
            self._say((*where, "busy"), logging.INFO, f"list {where[0]}: {error}")
            return True
        except DigestError as error:
            self._say((*where, "error"), logging.ERROR, f"list {where[0]}: {error}")
        except Exception as error:
            self._say((*where, "error"), logging.ERROR, f"list {where[0]}: {error!r}; it is tried again", error)
        return False

    def _say(self, about: tuple[str, ...], level: int, text: str, defect: Exception | None = None) -> None:
        if level >= logging.ERROR or self._remarks:
            self._said.say(about, level, text, defect)


def _text(root: Path) -> bytes | None:
    try:
        return (root / FILE_NAME).read_bytes()
    except OSError:
        return None


def _log_planned(key: IssueKey, number: int) -> None:
    if number:
        log.info("issue %s: sending; messages: %d", key, number)
