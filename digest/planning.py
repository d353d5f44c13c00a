"""Who gets an issue: the audience, grouped into editions, as deliveries in the ledger.

A list may have a million subscribers, so nothing in here holds them all: the file is a stream, whom we
met is remembered on disk, and deliveries are stored some thousand at a time, each batch in a transaction
of its own, so that other commands find the store free in between.
"""

from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import islice, product
from typing import cast

from sqlalchemy import Connection

from digest.config.settings import Frequency
from digest.errors import StateError
from digest.frozen import frozen_languages, frozen_theme
from digest.issues.edition import edition_of
from digest.render.parts import Recipe, recipe
from digest.render.present import Publication
from digest.render.words import offered
from digest.roster.audiences import audience_of
from digest.roster.inviting import invited_rows
from digest.schedule import next_issue
from digest.site import MailingList, Site
from digest.store import deliveries, editions, issues
from digest.store.deliveries import PlannedDelivery
from digest.store.memory import memory
from digest.subscribers.audience import Memory, wants
from digest.subscribers.disk import read_text
from digest.subscribers.file import RowProblem, SubscriberFile, SubscriberRow, parse_subscribers

BATCH = 10_000
"""Deliveries a transaction: a fraction of a second in which no other command can write."""

MOST_PROBLEMS = 1_000
"""How many problems of a file are told with their lines; the others are counted."""

_EDITIONS = 4_096
"""How many choices of topics are remembered at a time with their edition."""


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a planned issue goes to, and whom not.

    `left_out` counts by reason, such as "suppressed" or "nothing for their topics". `problems` are the
    first MOST_PROBLEMS of the subscriber file, by line; `refused` counts all its rows that can't be
    used, and `untold` the problems that are not among the first.
    """

    planned: int
    editions: int
    left_out: Mapping[str, int]
    problems: tuple[RowProblem, ...]
    refused: int
    untold: int


def invited(site: Site, mailing_list: MailingList) -> SubscriberFile:
    """Read a list's subscriber file whole. Raises InputError when it is missing or is no such file."""
    path = site.subscriber_file(mailing_list)
    return parse_subscribers(read_text(path), str(path), _topics(site, mailing_list))


def _topics(site: Site, mailing_list: MailingList) -> list[str]:
    return [topic.id for topic in site.topics(mailing_list)]


class _Problems:
    """The first problems of a file, and the count of all."""

    def __init__(self) -> None:
        self.first: list[RowProblem] = []
        self.refused = 0
        self.untold = 0

    def add(self, problem: RowProblem) -> None:
        self.refused += problem.refused
        if len(self.first) < MOST_PROBLEMS:
            self.first.append(problem)
        else:
            self.untold += 1

    def set_aside(self, found: Iterable[SubscriberRow | RowProblem]) -> Iterator[SubscriberRow]:
        """Yield the rows and keep the problems."""
        for one in found:
            if isinstance(one, RowProblem):
                self.add(one)
            else:
                yield one


class Planner:
    """The plan of one approved issue; it stores nothing itself.

    Made in the transaction that approves the issue, it has read all it needs of it. `deliveries` is
    walked through once; what it met is in `reach` afterwards. Raises InputError when the subscriber file
    is missing or is no such file, TemplateError when an edition can't be made.
    """

    def __init__(
        self, connection: Connection, site: Site, mailing_list: MailingList, stored: issues.StoredIssue, now: datetime
    ) -> None:
        assert stored.frozen is not None
        self.stored = stored
        self._site = site
        self._list = mailing_list
        self._now = now
        self._issue = issues.restore(connection, stored)
        self._languages = languages = frozen_languages(stored.frozen)
        self._parts = {language: editions.load_parts(connection, stored.id, language) for language in languages}
        self._publication = Publication(**stored.frozen["publication"])
        self._themes = {one: frozen_theme(site, mailing_list, stored.frozen, one) for one in languages}
        self._edition = lru_cache(_EDITIONS)(self._make_edition)
        self._fresh: dict[str, tuple[str, Recipe]] = {}
        self._left_out: Counter[str] = Counter()
        self._problems = _Problems()
        self._rows = self._problems.set_aside(invited_rows(connection, site, mailing_list))
        for language, section in product(languages, self._issue.sections):
            self._make_edition((section.topic.id,), language)
        self._fresh.clear()

    def deliveries(self, remembered: Memory) -> Generator[PlannedDelivery, None, None]:
        """Yield the delivery of each member who gets this issue."""
        members = audience_of(self._site, self._list, self._rows, remembered, self._problems.add, self._now)
        frequency, usual = self.stored.key.frequency, self._list.table.frequency
        date, deadline = self._now, self._deadline()
        for member in members:
            if not wants(member, frequency, usual):
                self._left_out["another frequency"] += 1
                continue
            subscriber = member.subscriber
            language = offered(subscriber.language, self._languages) or self._languages[0]
            edition = self._edition(subscriber.topics, language)
            if edition is None:
                self._left_out["nothing for their topics"] += 1
                continue
            yield PlannedDelivery(
                subscriber_id=member.subscriber_id,
                address=member.address.address,
                address_key=member.address_key,
                name=subscriber.name,
                edition=edition,
                date=date,
                due_at=date,
                deadline=deadline,
            )
        self._left_out.update({str(reason): count for reason, count in members.left_out.items()})

    def fresh_editions(self) -> Mapping[str, tuple[str, Recipe]]:
        """Return, by key, the editions that deliveries have needed since this was asked last, with their language."""
        fresh, self._fresh = self._fresh, {}
        return fresh

    def reach(self, planned: int, editions: int) -> Reach:
        """Return whom the issue goes to and whom not, once the deliveries are walked through."""
        found = self._problems
        by_line = tuple(sorted(found.first, key=lambda problem: problem.line))
        return Reach(planned, editions, dict(self._left_out), by_line, found.refused, found.untold)

    def _deadline(self) -> datetime:
        """Return until when a message is tried: yesterday's digest doesn't come after today's."""
        latest = self._now + timedelta(hours=self._list.table.deadline_hours)
        key = self.stored.key
        coming = next_issue(self._list.table, cast(Frequency, key.frequency), key.period, self._now)
        return min(latest, coming.at) if coming else latest

    def _make_edition(self, topics: tuple[str, ...], language: str) -> str | None:
        """Return the key of the edition for these topics in a language; None when it is empty."""
        edition = edition_of(self._issue, topics, language)
        if edition is None:
            return None
        if edition.key not in self._fresh:
            made = recipe(self._themes[language], self._parts[language], edition, self._publication)
            self._fresh[edition.key] = (language, made)
        return edition.key


def store_plan(site: Site, planner: Planner, stop: Callable[[], bool]) -> Reach | None:
    """Store a delivery for everybody who gets the issue, and how each edition is made.

    What an earlier run has stored of a plan that it couldn't complete goes first: nothing of it has
    left. None when `stop` said so between two batches; the issue's plan is not complete then. Raises
    StateError when somebody pauses or cancels the issue meanwhile.
    """
    issue_id, planned = planner.stored.id, 0
    _forget(site, planner.stored)
    with memory() as remembered, closing(planner.deliveries(remembered)) as found:
        while batch := list(islice(found, BATCH)):
            if planned and stop():
                return None
            with site.store.begin() as connection:
                expect_unchanged(connection, planner.stored)
                for key, (language, made) in planner.fresh_editions().items():
                    editions.save(connection, issue_id, key, language, made)
                planned += deliveries.plan(connection, issue_id, batch)
    with site.store.begin() as connection:
        return planner.reach(planned, editions.count(connection, issue_id))


def expect_unchanged(connection: Connection, stored: issues.StoredIssue) -> None:
    """Raise StateError when an issue has been paused or cancelled since its plan was begun."""
    state = issues.state(connection, stored.id)
    if state is not stored.state:
        raise StateError(f"issue {stored.key} is {state} since it was {stored.state}; its plan is given up")


def _forget(site: Site, stored: issues.StoredIssue) -> None:
    gone = BATCH
    while gone == BATCH:
        with site.store.begin() as connection:
            gone = deliveries.forget_plan(connection, stored.id, BATCH)
            if gone < BATCH:
                editions.forget(connection, stored.id)
