"""Mail rounds: the service reads each mailbox when its time has come, and says in a line what came."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from digest.config.incoming import MailboxTable
from digest.errors import BusyError, DigestError
from digest.mailboxes.letter import Mailbox
from digest.returns.receiving import Tally, open_mailbox, read_mailbox
from digest.site import Site

MOST = 2_000
"""Letters that are read of one mailbox in a round; the others come with the next tick."""

LONGEST = timedelta(minutes=1)
"""How long one mailbox is read in a round, at most by a batch more."""

log = logging.getLogger(__name__)

_UNPROVED = (
    "mailbox %s: %d who ask to leave prove no message of ours; write back, or suppress them by hand:"
    " digest bounces list --kind leave --effect unmatched"
)

Stop = Callable[[], bool]


@dataclass(slots=True)
class _Served:
    """A mailbox, what the settings said of it, and when it is read next."""

    table: MailboxTable
    mailbox: Mailbox
    next_at: datetime


class MailRounds:
    """The mail rounds of a service.

    When each mailbox was read is remembered here and nowhere else: a service that starts reads all of them.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._served: dict[str, _Served] = {}

    def make(self, site: Site, stop: Stop) -> list[str]:
        """Read the mailboxes that are due, and return a line for each that couldn't be read.

        An error, of whatever kind, costs only its own mailbox. When `stop()` says so, no further batch is read.
        """
        errors = []
        for name in site.settings.mailboxes:
            if stop():
                break
            try:
                errors += self._serve(site, name, stop)
            except DigestError as error:
                errors.append(f"mailbox {name}: {error}")
            except Exception as error:
                log.exception("mailbox %s: it could not be read", name)
                errors.append(f"mailbox {name}: {error!r}; it is tried again")
        return errors

    def _serve(self, site: Site, name: str, stop: Stop) -> list[str]:
        table, now = site.settings.mailboxes[name], self._now()
        served = self._served.get(name)
        if served is None or served.table != table:
            served = self._served[name] = _Served(table, open_mailbox(site, name), now)
        every = timedelta(minutes=table.every_minutes)
        if served.next_at - every <= now < served.next_at:  # not so where the clock was put back
            return []
        served.next_at = now + every
        try:
            tally, is_all = self._read(site, name, served.mailbox, stop)
        except BusyError as error:
            log.info("mailbox %s: %s; it is read with the next tick", name, error)
            served.next_at = now
            return []
        if not is_all:
            served.next_at = now
        return _problems(name, tally)

    def _read(self, site: Site, name: str, mailbox: Mailbox, stop: Stop) -> tuple[Tally, bool]:
        """Read a mailbox; returns what it had, and whether all of it was read."""
        tally, unproved, until = Tally(), 0, self._now() + LONGEST
        try:
            for batch in read_mailbox(site, mailbox, f"mailbox {name}", self._now):
                tally += batch.tally
                unproved += batch.unproved
                if stop() or tally.letters >= MOST or self._now() >= until:
                    return tally, False
        finally:
            if tally.news:
                log.info("mailbox %s: %s", name, tally)
            if unproved:
                log.warning(_UNPROVED, name, unproved)
        return tally, True


def _problems(name: str, tally: Tally) -> list[str]:
    if not tally.unreadable:
        return []
    first, number = tally.unreadable[0], len(tally.unreadable)
    others = f" (and {number - 1} more)" if number > 1 else ""
    return [f"mailbox {name}: {first.place} can't be read: {first.problem}{others}"]
