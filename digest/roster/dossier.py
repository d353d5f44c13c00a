"""A dossier: all that is known of a person, over all lists, with the evidence of their consent."""

from dataclasses import dataclass
from datetime import datetime

from digest.roster.persons import InFile, Person, in_files, person
from digest.site import Site
from digest.store import people, readers, requests, suppressions
from digest.store.database import reading
from digest.store.people import Noticed, Received, Reported, Score
from digest.store.readers import Event, Move, Reader
from digest.store.requests import Request
from digest.store.suppressions import Lifted, Suppression, domain_key_of
from digest.subscribers.address import Address

LAST = 10
"""How many issues, notices and reports are told; of issues the others are counted."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """What is known of a person. `received` are the last of `issues` issues that they were planned for."""

    who: Person
    files: tuple[InFile, ...]
    readers: tuple[Reader, ...]
    moves: tuple[Move, ...]
    events: tuple[Event, ...]
    requests: tuple[Request, ...]
    suppressions: tuple[Suppression, ...]
    lifted: tuple[Lifted, ...]
    score: Score | None
    received: tuple[Received, ...]
    issues: int
    notices: tuple[Noticed, ...]
    reports: tuple[Reported, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether nothing is known of them; that their whole domain is suppressed is nothing of theirs."""
        own = [one for one in self.suppressions if not one.domain]
        met = (self.files, self.readers, self.moves, self.events, self.requests, own, self.lifted, self.notices)
        return not any(met) and not self.issues and not self.reports and self.score is None


def dossier(site: Site, asked: Address, now: datetime) -> Dossier:
    """Return all that is known of whom an address is about; some seconds where files have a million rows."""
    with reading(site.store).begin() as connection:
        who = person(connection, site, asked)
        domains = {domain_key_of(address.address) for address in who.addresses}
        barred = {*who.keys, *who.lists, *domains}
        received, issues = people.received(connection, who.lists, LAST)
        return Dossier(
            who=who,
            files=tuple(in_files(site, who)),
            readers=tuple(said for one in who.lists if (said := readers.load(connection, one))),
            moves=tuple(readers.moves(connection, who.lists)),
            events=tuple(readers.events(connection, who.lists)),
            requests=tuple(requests.waiting(connection, who.keys, who.lists, now)),
            suppressions=tuple(suppressions.of(connection, barred)),
            lifted=tuple(suppressions.lifted(connection, barred)),
            score=people.score(connection, who.keys),
            received=tuple(received),
            issues=issues,
            notices=tuple(people.noticed(connection, who.keys, LAST)),
            reports=tuple(people.reported(connection, who.keys, who.lists, LAST)),
        )
