"""Who gets an issue: the audience, grouped into editions, as deliveries in the ledger."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from sqlalchemy import Connection

from digest.issues.edition import edition_of
from digest.render.parts import recipe
from digest.render.present import Publication
from digest.site import MailingList, Site
from digest.store import deliveries, issues, suppressions
from digest.subscribers.audience import Audience, AudienceMember, audience, wants
from digest.subscribers.edit import read_text
from digest.subscribers.file import RowProblem, SubscriberFile, parse_subscribers
from digest.subscribers.identity import address_key, subscriber_id


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom a planned issue goes to, and whom not.

    `left_out` counts by reason, such as "suppressed" or "nothing for their topics". `problems` are
    the rows of the subscriber file that can't be used.
    """

    planned: int
    editions: int
    left_out: Mapping[str, int]
    problems: tuple[RowProblem, ...]


def invited(site: Site, mailing_list: MailingList) -> SubscriberFile:
    """Read a list's subscriber file. Raises InputError when it is missing or is no such file."""
    path = site.subscriber_file(mailing_list)
    topics = [topic.id for topic in site.topics(mailing_list)]
    return parse_subscribers(read_text(path), str(path), topics)


def readers(
    connection: Connection, site: Site, mailing_list: MailingList, file: SubscriberFile, now: datetime
) -> Audience:
    """Return a list's audience: who is in the file, less those who are suppressed."""
    suppressed = suppressions.keys(connection, mailing_list.id)
    return audience(
        invited=file.rows,
        confirmed=(),  # sign-ups and preferences come with the readers' pages
        suppressed=lambda canonical: address_key(site.identity_key, canonical) in suppressed,
        preferences={},
        identify=partial(subscriber_id, site.identity_key, mailing_list.id),
        today=now.date(),
    )


def plan_deliveries(
    connection: Connection, site: Site, mailing_list: MailingList, stored: issues.StoredIssue, now: datetime
) -> Reach:
    """Store a delivery for everybody who gets the issue, and how each edition is made."""
    planner = _Planner(connection, site, mailing_list, stored, now)
    file = invited(site, mailing_list)
    gets_it = readers(connection, site, mailing_list, file, now)
    deliveries.plan(connection, stored.id, planner.plan(gets_it))
    left_out = dict[str, int](planner.left_out)
    left_out.update((str(reason), count) for reason, count in gets_it.left_out.items())
    planned = sum(deliveries.counts(connection, stored.id).values())
    return Reach(planned, len(planner.known), left_out, file.problems)


class _Planner:
    """Plans one issue: makes an edition's recipe when the first reader needs it."""

    def __init__(
        self,
        connection: Connection,
        site: Site,
        mailing_list: MailingList,
        stored: issues.StoredIssue,
        now: datetime,
    ) -> None:
        assert stored.frozen is not None
        self._connection = connection
        self._site = site
        self._list = mailing_list
        self._stored = stored
        self._now = now
        self._issue = issues.restore(connection, stored)
        self._language: str = stored.frozen["language"]
        self._parts = issues.load_parts(connection, stored.id, self._language)
        self._publication = Publication(**stored.frozen["publication"])
        self._theme = site.theme(mailing_list, stored.frozen["lines"])
        self._by_topics: dict[frozenset[str], str | None] = {}
        self.known: set[str] = set()
        self.left_out: Counter[str] = Counter()

    def plan(self, members: Audience) -> Iterator[deliveries.PlannedDelivery]:
        """Yield the delivery of each member who gets this issue."""
        for member in members:
            if not wants(member, self._stored.key.frequency, self._list.table.frequency):
                self.left_out["another frequency"] += 1
                continue
            edition = self._edition(frozenset(member.subscriber.topics))
            if edition is None:
                self.left_out["nothing for their topics"] += 1
                continue
            yield self._delivery(member, edition)

    def _delivery(self, member: AudienceMember, edition: str) -> deliveries.PlannedDelivery:
        return deliveries.PlannedDelivery(
            subscriber_id=member.subscriber_id,
            address=member.address.address,
            address_key=address_key(self._site.identity_key, member.address.canonical),
            name=member.subscriber.name,
            edition=edition,
            date=self._now,
            due_at=self._now,
            deadline=self._now + timedelta(hours=self._list.table.deadline_hours),
        )

    def _edition(self, topics: frozenset[str]) -> str | None:
        """Return the key of the edition for these topics, stored; None when it is empty."""
        if topics not in self._by_topics:
            edition = edition_of(self._issue, topics, self._language)
            self._by_topics[topics] = edition.key if edition else None
            if edition and edition.key not in self.known:
                self.known.add(edition.key)
                made = recipe(self._theme, self._parts, edition, self._publication)
                issues.save_edition(self._connection, self._stored.id, edition.key, self._language, made)
        return self._by_topics[topics]
