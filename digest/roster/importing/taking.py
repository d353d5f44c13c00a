"""An import: the rows of a file are read and looked over, and taken in when somebody says so.

Nothing is written before that. Then suppressions come first, each batch in a transaction of its own, and the
subscriber file last, in one piece: killed in between, nobody who left is mailed, and running it again does the rest.
"""

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from pathlib import Path
from shutil import copyfileobj
from typing import TextIO, TypeVar

from sqlalchemy import Connection

from digest.errors import InputError
from digest.foreign.entries import reader_of
from digest.foreign.names import letters
from digest.roster.importing.looking import Lookout
from digest.roster.importing.rejects import Rejects
from digest.roster.importing.source import Source, opened_source
from digest.roster.importing.summary import Summary
from digest.site import MailingList, Site
from digest.store import readers, suppressions
from digest.store.staging import Staged, Staging, staging
from digest.store.suppressions import Suppression
from digest.subscribers.disk import read_lines, rewrite
from digest.subscribers.identity import subscriber_id
from digest.subscribers.intake import Merged, merge
from digest.subscribers.table import FIELDS, HEADER, RawRow, read_table

_T = TypeVar("_T")

TOGETHER = 1_000
"""Rows that are looked up at a time."""

BATCH = 10_000
"""Suppressions a transaction: a fraction of a second in which no other command can write."""

_FRESH = f"{HEADER}\n"
"""What a list's file holds before anybody is in it."""


class Import:
    """An import that was read: `summary` says what it would do, and `take_in` does it."""

    def __init__(self, site: Site, mailing_list: MailingList, source: Source, people: Staging, refused: TextIO) -> None:
        self._site = site
        self._list = mailing_list
        self._people = people
        self._path = site.subscriber_file(mailing_list)
        self._others = _others(self._path, source)
        self._refused = refused
        self._rejects = Rejects(refused, source)
        self.summary = Summary(source, self._others)

    def read(self, tell: Callable[[int], None]) -> None:
        """Read all rows, and count what would become of them; `tell` is told now and then how many were read.

        Raises InputError when the subscriber file can't be added to.
        """
        layout = self.summary.source.layout
        places = {letters(name): at for at, name in enumerate(layout.names)}
        table = self.summary.source.dialect is not None
        read = reader_of(layout, [places[letters(other)] for other in self._others], table=table)
        lookout = Lookout(self._site, self._list, self._people, self.summary, self._refuse)
        rows = self.summary.source.rows()
        while batch := list(islice(rows, TOGETHER)):
            entries = []
            for raw in batch:
                try:
                    entries.append((read(raw), raw))
                except ValueError as error:
                    self._refuse(raw, str(error))
            lookout.look_over(entries)
            self.summary.rows += len(batch)
            tell(self.summary.rows)
        self.summary.leaving.update(lookout.leaving)
        for _ in self._merged(_lines(self._path), self.summary.merged, adding=False):
            pass

    def _refuse(self, raw: RawRow, reason: str) -> None:
        at = self.summary.source.layout.taken["email"]
        self.summary.refused.add(raw.start + 1, raw.fields[at] if at < len(raw.fields) else raw.text, reason)
        self._rejects.add(raw, reason)

    def write_rejects(self, path: Path) -> None:
        """Write the refused rows to a new file. Raises InputError when it can't be written."""
        self._refused.seek(0)
        try:
            with path.open("x", encoding="utf-8", newline="") as file:
                copyfileobj(self._refused, file)
        except OSError as error:
            raise InputError(f"{path}: can't be written: {error.strerror}") from None

    def take_in(self, now: datetime) -> Merged:
        """Suppress who is gone, keep what is known of consent, and write the subscriber file.

        Returns what became of the file; it may have changed since the summary. Raises InputError when it can't be
        written: what was stored before that stays.
        """
        origin = self.summary.origin
        with self._site.store.begin() as connection:
            again = readers.has_imported(connection, self._list.id)

        def keep(connection: Connection, evidence: Sequence[tuple[str, str]]) -> None:
            for some in _batches(iter(evidence), TOGETHER):
                readers.record_imported(connection, self._list.id, dict(some), now, again=again)

        for gone in _batches(self._people.gone(), BATCH):
            with self._site.store.begin() as connection:
                suppressions.add_all(connection, [_suppression(one, origin, now) for one in gone])
                keep(connection, [(one.subscriber_id, one.evidence) for one in gone if one.evidence])
        for evidence in _batches(self._people.evidence(), BATCH):
            with self._site.store.begin() as connection:
                keep(connection, evidence)
        done = Merged()
        if self.summary.merged.new or self.summary.merged.changed:
            rewrite(self._path, lambda lines: self._merged(lines, done, adding=True), _FRESH)
        return done

    def _merged(self, lines: Iterable[str], merged: Merged, *, adding: bool) -> Iterator[str]:
        self._people.forget_met()
        people = _People(self._people, self._site.identity_key, self._list.id)
        return merge(lines, people, self._others, str(self._path), merged, adding=adding)


class _People:
    """The staged subscribers, as `digest.subscribers.intake` asks for them."""

    def __init__(self, people: Staging, key: bytes, list_id: str) -> None:
        self._people = people
        self._key = key
        self._list_id = list_id

    def find(self, canonicals: Sequence[str]) -> Mapping[str, tuple[str, ...]]:
        """See `digest.subscribers.intake.People`."""
        ids = {subscriber_id(self._key, self._list_id, one): one for one in canonicals}
        found = self._people.find(list(ids))
        self._people.meet([one.number for one in found.values() if not one.met])
        return {ids[subscriber]: one.said for subscriber, one in found.items() if not one.met}

    def count_others(self) -> int:
        """See `digest.subscribers.intake.People`."""
        return self._people.count_not_met()

    def others(self) -> Iterator[tuple[str, ...]]:
        """See `digest.subscribers.intake.People`."""
        return self._people.subscribers_not_met()


@contextmanager
def imported(
    site: Site,
    mailing_list: MailingList,
    path: Path,
    asked: Mapping[str, str],
    tell: Callable[[int], None] = lambda _rows: None,
) -> Iterator[Import]:
    """Read the file at `path`, "-" for standard input, to be taken in by a list.

    `asked` names, by ours, columns that the operator wants taken; `tell` is told how many rows were read. Raises
    InputError when the file can't be read or understood.
    """
    with (
        opened_source(path, asked) as source,
        staging() as people,
        tempfile.TemporaryFile("w+", encoding="utf-8", newline="") as refused,
    ):
        found = Import(site, mailing_list, source, people, refused)
        found.read(tell)
        yield found


def _lines(path: Path) -> Iterator[str]:
    return read_lines(path) if path.exists() else iter((_FRESH,))


def _others(path: Path, source: Source) -> list[str]:
    """Return the operator's own columns in the subscriber file that the import has too."""
    header, _ = read_table(_lines(path), str(path))
    known = {letters(name) for name in source.layout.names} - {""}
    return [name for name in header.names if name not in FIELDS and letters(name) in known]


def _suppression(one: Staged, origin: str, now: datetime) -> Suppression:
    scope, reason, at = one.said
    moment = min(datetime.fromisoformat(at), now) if at else now
    return Suppression(scope, one.address_key, one.address, reason, origin, moment)


def _batches(some: Iterator[_T], size: int) -> Iterator[list[_T]]:
    while batch := list(islice(some, size)):
        yield batch
