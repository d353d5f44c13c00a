"""Forgetting a person: everything about them goes but the keyed hashes that keep them from being mailed.

The order is what makes it safe to be killed in: they are suppressed first, so that nobody mails them from then on;
then their rows leave the subscriber files; then the store is erased, which is what knew their former addresses; last
it is written anew, for deleted rows stay in a database's free pages. The same command, run again, does what is missing.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from digest.errors import BusyError, InputError
from digest.roster.persons import InFile, Person, in_files, person
from digest.site import Site
from digest.store import forgetting, people, suppressions
from digest.store.database import compact
from digest.store.suppressions import EVERYWHERE
from digest.subscribers.address import Address
from digest.subscribers.disk import write_atomically
from digest.subscribers.edit import remove_row


@dataclass(frozen=True, slots=True)
class Forgotten:
    """What was done about a person.

    `erased` counts rows of the store by kind. `mentions` are places that still name them, "subscribers/old.csv:7".
    `again` says why the same command must be run once more, "" where it needn't.
    """

    who: Person
    rows: tuple[InFile, ...]
    erased: Mapping[str, int]
    mentions: tuple[str, ...]
    again: str

    @property
    def was_known(self) -> bool:
        """Tell whether there was anything of them."""
        return bool(self.rows) or any(self.erased.values())


def forget(site: Site, asked: Address, now: datetime) -> Forgotten:
    """Erase whom an address is about, and suppress all their addresses on all lists.

    Raises InputError when a subscriber file can't be changed; they are suppressed then, and nothing else is done.
    """
    with site.store.begin() as connection:
        who = person(connection, site, asked)
        scopes = {one.id for one in site.lists} | people.list_ids(connection)
        of_lists = [one for one in suppressions.of(connection, who.keys) if one.address and one.scope != EVERYWHERE]
        forgetting.suppress(connection, scopes=scopes, keys=who.keys, ids=who.nameless, now=now)
    rows = tuple(in_files(site, who))
    _remove(rows)
    with site.store.begin() as connection:
        ids = tuple(who.lists)
        on_wire = forgetting.on_wire(connection, who.keys, ids)
        erased = dict(forgetting.erase(connection, keys=who.keys, ids=ids, now=now))
    erased["suppression"] += len(of_lists)  # whose address went when they became "forgotten"
    again = _why_again(site, on_wire)
    try:
        compact(site.store)
    except (BusyError, InputError) as error:
        again.append(f"what was erased may still lie in free space of the store's file ({error})")
    return Forgotten(who, rows, erased, tuple(mentions(site, who)), "; ".join(again))


def _why_again(site: Site, on_wire: int) -> list[str]:
    """Say what a run may still write of them: it has read them already, or waits for the reply to their message."""
    if on_wire:
        return ["a message to them is on the wire, or was when a run died, and what comes of it is still to be written"]
    run = site.run_at_work()
    return [f"a run is at work (process {run}), and may have read of them before"] if run else []


def _remove(rows: tuple[InFile, ...]) -> None:
    """Remove a person's rows from the subscriber files. Raises InputError."""
    for row in rows:
        try:
            write_atomically(row.path, lambda text, row=row: _without(text, row))  # type: ignore[misc]
        except InputError as error:
            raise InputError(
                f"{error}; they are suppressed and get no mail, but nothing is erased yet:"
                " mend that and run the same command again"
            ) from None


def _without(text: str, row: InFile) -> str:
    return remove_row(text, row.address.canonical, str(row.path))[0]


def mentions(site: Site, who: Person) -> Iterator[str]:
    """Yield where an address of somebody stands in the folders of the subscriber files, beside rows of their own."""
    found = "|".join(re.escape(address.canonical) for address in who.addresses)
    pattern = re.compile(rf"(?<![\w.+%-])(?:{found})(?![\w-]|\.\w)".encode(), re.IGNORECASE)
    folders = dict.fromkeys(site.subscriber_file(one).parent for one in site.lists)
    for path in sorted(path for folder in folders if folder.is_dir() for path in folder.iterdir() if path.is_file()):
        try:
            with path.open("rb") as file:
                yield from (f"{path}:{number}" for number, line in enumerate(file, start=1) if pattern.search(line))
        except OSError:
            yield f"{path} (it can't be read)"
