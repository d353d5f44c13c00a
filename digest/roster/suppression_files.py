"""Suppressions from files and into files, as streams: a million rows take the memory of a few thousand."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from itertools import islice
from pathlib import Path

from digest.errors import InputError
from digest.roster.suppressing import scope_of
from digest.site import Site
from digest.store import people, suppressions
from digest.store.database import reading
from digest.store.suppressions import EVERYWHERE, Suppression, domain_key
from digest.subscribers.disk import read_lines
from digest.subscribers.file import RowProblem
from digest.subscribers.identity import address_key
from digest.subscribers.suppressed import Entry, read_entries

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")

BATCH = 20_000
"""Rows a transaction: a fraction of a second in which no other command can write."""


@dataclass(slots=True)
class Taken:
    """What became of a file's rows: new suppressions, those that were there already, and rows that were refused.

    `foreign` counts rows whose key is not that of their address: the file comes from a site with another identity key.
    """

    new: int = 0
    known: int = 0
    refused: int = 0
    foreign: int = 0


@dataclass(frozen=True)
class Import:
    """How a file is taken: what a row without a scope, reason or source of its own has, and when it is now."""

    site: Site
    path: Path
    scope: str
    reason: str
    now: datetime
    tell: Callable[[RowProblem], None]
    taken: Taken = field(default_factory=Taken)

    def run(self) -> Taken:
        """Suppress whom the file names, batch by batch. A second time changes nothing. Raises InputError."""
        with reading(self.site.store).begin() as connection:
            gone = people.list_ids(connection)
        ids = gone | {one.id for one in self.site.lists} | {EVERYWHERE}

        @lru_cache(1_000)
        def scope(written: str, is_ours: bool) -> str:
            if not written:
                return self.scope
            # An export of ours writes ids, and knows lists that have left the settings.
            if is_ours and written in ids:
                return written
            try:
                return scope_of(self.site, written, gone)
            except InputError:
                if is_ours and _ID.fullmatch(written):
                    return written
                raise

        found = self._usable(scope)
        while batch := list(islice(found, BATCH)):
            with self.site.store.begin() as connection:
                new = suppressions.add_all(connection, batch)
            self.taken.new += new
            self.taken.known += len(batch) - new
        return self.taken

    def _usable(self, scope: Callable[[str, bool], str]) -> Iterator[Suppression]:
        for found in read_entries(read_lines(self.path), str(self.path)):
            if isinstance(found, RowProblem):
                self._refuse(found)
                continue
            try:
                yield self._suppression(found, scope)
            except InputError as error:
                self._refuse(RowProblem(found.line, str(error), found.address.address if found.address else ""))

    def _refuse(self, problem: RowProblem) -> None:
        self.taken.refused += problem.refused
        self.tell(problem)

    def _suppression(self, entry: Entry, scope: Callable[[str, bool], str]) -> Suppression:
        key = domain_key(entry.domain) if entry.domain else entry.key
        if entry.address:
            key = address_key(self.site.identity_key, entry.address.canonical)
            self.taken.foreign += entry.key not in ("", key)
        return Suppression(
            scope=scope(entry.scope, bool(entry.key)),
            key=key,
            address=entry.address.address if entry.address else "",
            reason=entry.reason or self.reason,
            source=entry.source or f"import {self.path.name}",
            at=entry.at or self.now,
        )


def exported(site: Site, scope: str | None = None) -> Iterator[dict[str, str]]:
    """Yield a row for each suppression, or each of a scope, under COLUMNS; an import of them loses nothing."""
    for one in suppressions.walk(site.store, scope):
        yield {
            "who": one.key if one.domain else one.address,
            "key": one.key,
            "scope": one.scope,
            "reason": one.reason,
            "date": one.at.isoformat(),
            "source": one.source,
        }
