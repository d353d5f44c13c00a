"""Who the people of an import are to us: new or known, gone there, or not to be mailed already."""

import json
from collections.abc import Callable, Collection, Mapping, Sequence, Set
from datetime import datetime
from typing import NamedTuple

from digest.foreign.entries import Entry, chosen_topics
from digest.foreign.moments import parse_moment
from digest.foreign.standing import Gone
from digest.readership.lookup import member
from digest.roster.importing.summary import Summary
from digest.site import MailingList, Site
from digest.store import readers, suppressions
from digest.store.database import reading
from digest.store.staging import Staged, Staging
from digest.store.suppressions import EVERYWHERE
from digest.subscribers.reasons import COMPLAINT, LEFT, NO_SUCH_ADDRESS
from digest.subscribers.table import RawRow

_REASONS = {1: LEFT, 2: "left all lists", 3: NO_SUCH_ADDRESS, 4: COMPLAINT}
"""Why somebody is gone, by weight: of two rows with one address the one of more weight counts."""


_FEW = 20_000
"""So many suppressions are asked for once; of more those of each thousand people."""


class _Person(NamedTuple):
    entry: Entry
    raw: RawRow
    subscriber_id: str
    address_key: str


class _Known(NamedTuple):
    """What the store knows of some people: who must not be mailed, here or anywhere, who moved, who signed up when.

    `lifted` is when a suppression was lifted last, by scope and address key.
    """

    barred: Set[str]
    barred_everywhere: Set[str]
    moved: Collection[str]
    confirmed: Mapping[str, datetime]
    lifted: Mapping[tuple[str, str], datetime]


class Lookout:
    """Looks over the people of an import, some thousand at a time, and stages those whom something is done about."""

    def __init__(
        self,
        site: Site,
        mailing_list: MailingList,
        people: Staging,
        summary: Summary,
        refuse: Callable[[RawRow, str], None],
    ) -> None:
        self._site = site
        self._list = mailing_list
        self._people = people
        self._summary = summary
        self._refuse = refuse
        self._topics = frozenset(topic.id for topic in site.topics(mailing_list))
        self._number = 0
        self._origin = f'"from": {json.dumps(summary.origin)}'
        with reading(site.store).begin() as connection:
            self._few = suppressions.few(connection, mailing_list.id, _FEW)

    def look_over(self, entries: Sequence[tuple[Entry, RawRow]]) -> None:
        """Count people, and stage or refuse them."""
        people = [_Person(entry, raw, *member(self._site, self._list, entry.address)) for entry, raw in entries]
        known = self._known(people)
        staged: list[Staged] = []
        rows: list[RawRow] = []
        for one in people:
            self._number += 1
            found = self._leaving(one, one.entry.gone, known) if one.entry.gone else self._coming(one, known)
            if found is not None:
                staged.append(found)
                rows.append(one.raw)
        for position, (line, weight) in self._people.add(staged).items():
            if weight >= staged[position].weight:
                gone = ", which says that they are gone" if weight > staged[position].weight else ""
                self._refuse(rows[position], f"the same address as in line {line}{gone}")

    @property
    def leaving(self) -> dict[str, int]:
        """How many of those staged are gone, by reason."""
        return {_REASONS[weight]: count for weight, count in sorted(self._people.counts().items()) if weight}

    def _known(self, people: Sequence[_Person]) -> _Known:
        keys = {key for one in people for key in _keys(one)}
        gone = [one.address_key for one in people if one.entry.gone]
        ids = [one.subscriber_id for one in people]
        lifted: dict[tuple[str, str], datetime] = {}
        with reading(self._site.store).begin() as connection:
            for one in suppressions.lifted(connection, gone) if gone else ():
                lifted[one.was.scope, one.was.key] = one.at  # the oldest comes first
            return _Known(
                suppressions.among(connection, self._list.id, keys) if self._few is None else self._few & keys,
                suppressions.among(connection, EVERYWHERE, gone) if gone else frozenset(),
                readers.moved(connection, ids),
                readers.confirmed_at(connection, ids),
                lifted,
            )

    def _leaving(self, one: _Person, gone: Gone, known: _Known) -> Staged | None:
        """Stage somebody who is to be suppressed, unless they are, or came back here after they left there."""
        entry, summary = one.entry, self._summary
        at = parse_moment(gone.at)
        scope = EVERYWHERE if gone.everywhere else self._list.id
        if one.address_key in (known.barred_everywhere if gone.everywhere else known.barred):
            summary.suppressed.add(entry.line, entry.address.address)
            return None
        since = [known.lifted.get((scope, one.address_key))]
        since += [known.confirmed.get(one.subscriber_id)] if gone.reason != COMPLAINT else []
        if at is not None and any(moment is not None and at < moment for moment in since):
            summary.back.add(entry.line, entry.address.address, f"{gone.reason} there on {at:%Y-%m-%d}")
            return None
        said = (scope, gone.reason, at.isoformat() if at else "")
        return self._staged(one, _weight(gone), said)

    def _coming(self, one: _Person, known: _Known) -> Staged | None:
        """Stage somebody who is to be a subscriber, unless they must not be mailed, moved, or signed up here."""
        entry, summary = one.entry, self._summary
        if known.barred and not known.barred.isdisjoint(_keys(one)):
            summary.suppressed.add(entry.line, entry.address.address)
            return None
        if one.subscriber_id in known.moved:
            summary.moved.add(entry.line, entry.address.address)
            return None
        topics, others = chosen_topics(entry.topics, self._topics) if entry.topics else ((), ())
        if others:
            summary.tell_tags(others)
        if one.subscriber_id in known.confirmed:
            summary.own += 1
            return None
        said = (
            entry.address.address,
            entry.name,
            " ".join(topics),
            entry.frequency,
            entry.timezone,
            entry.language,
            *entry.others,
        )
        return self._staged(one, 0, said)

    def _staged(self, one: _Person, weight: int, said: tuple[str, ...]) -> Staged:
        entry = one.entry
        return Staged(
            self._number,
            one.subscriber_id,
            entry.line,
            weight,
            entry.address.address if weight else "",
            one.address_key if weight else "",
            said,
            f"{{{self._origin}, {entry.evidence}}}" if entry.evidence else "",
        )


def _weight(gone: Gone) -> int:
    otherwise = 2 if gone.everywhere else 1
    return next((weight for weight, reason in _REASONS.items() if reason == gone.reason and weight > 1), otherwise)


def _keys(one: _Person) -> tuple[str, str, str]:
    domain = one.entry.address.address.rpartition("@")[2]
    return one.address_key, f"@{domain}", one.subscriber_id
