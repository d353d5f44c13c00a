"""Reading a mailbox: each letter is parsed, what it reports is taken, and then it is marked as read.

In this order, so that a kill in between costs nothing: a letter that isn't marked is read again, and its reports are
known by their keys.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from itertools import islice

from digest.bounces.reading import read
from digest.bounces.report import Arrival, Effect, Kind, Report
from digest.config.incoming import MailboxTable
from digest.errors import ConfigError, InputError, MailboxError, meant
from digest.mailboxes.letter import Letter, Mailbox
from digest.returns.taking import take
from digest.site import Site

_TOGETHER = 100
"""Letters that are taken in one transaction."""

_BYTES_TOGETHER = 8_000_000


@dataclass(frozen=True, slots=True)
class Found:
    """One report of a letter, and what it did; `effect` is None where it reports nothing that could do anything."""

    place: str
    report: Report
    effect: Effect | None


@dataclass(slots=True)
class Tally:
    """What some letters were."""

    letters: int = 0
    counts: Counter[str] = field(default_factory=Counter)
    unreadable: list[Letter] = field(default_factory=list)

    def __add__(self, other: "Tally") -> "Tally":
        """Return both together."""
        counts = self.counts + other.counts
        return Tally(self.letters + other.letters, counts, self.unreadable + other.unreadable)

    @property
    def news(self) -> int:
        """How many reports are new."""
        return self.counts.total() - self.counts[NOTHING] - self.counts[Effect.REPEATED]

    def __str__(self) -> str:
        """Return it as a line: "mails: 7, suppressed: 2, delays: 4, no report: 1"."""
        parts = [f"{word}: {self.counts[word]:,}" for word in _WORDS if self.counts[word]]
        parts += [f"unreadable: {len(self.unreadable):,}"] if self.unreadable else []
        return ", ".join([f"mails: {self.letters:,}", *parts])


NOTHING, DELAYS, REPLIES = "no report", "delays", "automatic answers"
_WORDS = (*(str(effect) for effect in Effect), DELAYS, REPLIES, NOTHING)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some letters that were read together, and what they reported."""

    letters: tuple[Letter, ...]
    found: tuple[Found, ...]

    @property
    def tally(self) -> Tally:
        """What they were."""
        counts = Counter(_word(one) for one in self.found)
        return Tally(len(self.letters), counts, [letter for letter in self.letters if letter.problem])

    @property
    def unproved(self) -> int:
        """How many ask to leave and prove no message of ours; nobody but the operator can do it for them."""
        return sum(one.report.kind is Kind.LEAVE and one.effect is Effect.UNMATCHED for one in self.found)


def read_mailbox(site: Site, mailbox: Mailbox, origin: str, now: Callable[[], datetime]) -> Iterator[Batch]:
    """Read the unread letters of a mailbox, batch by batch; between two the caller may end it.

    `origin` says where the reports came from, such as "mailbox bounces". Raises MailboxError, and BusyError where the
    store is locked; what was read before is done.
    """
    with mailbox:
        letters, error = mailbox.unread(), None
        while error is None:
            batch, error = _batch(letters)
            if batch:
                found = tuple(_take(site, batch, origin, now()))
                mailbox.done([letter for letter in batch if not letter.problem])
                yield Batch(batch, found)
            elif error is None:
                return
        raise error


def open_mailbox(site: Site, name: str) -> Mailbox:
    """Return the mailbox of a name in the settings, not connected yet. Raises InputError, ConfigError."""
    table = site.settings.mailboxes.get(name)
    if table is None:
        known = site.settings.mailboxes
        hint = meant(name, known, f"mailboxes: {', '.join(known) or 'none'}")
        raise InputError(f"there is no mailbox {name!r}; {hint}")
    if table.maildir is not None:
        from digest.mailboxes.maildir import Maildir

        return Maildir(site.root / table.maildir)
    if table.mbox is not None:
        from digest.mailboxes.mbox import Mbox

        return Mbox(site.root / table.mbox)
    return _imap(site, name, table)


def _imap(site: Site, name: str, table: MailboxTable) -> Mailbox:
    from digest.mailboxes.imap import Account, Imap

    assert table.host is not None
    assert table.username is not None
    password = site.secret(table.password, table.password_file)
    if password is None:
        variable = f"DIGEST_MAILBOXES__{name.upper().replace('-', '_')}__PASSWORD"
        raise ConfigError(f"mailboxes.{name}: has a username and no password; set {variable} or password_file")
    return Imap(Account(table.host, table.port, table.tls, table.username, password, table.folder))


def _batch(letters: Iterator[Letter]) -> tuple[tuple[Letter, ...], MailboxError | None]:
    """Read the next letters; where an error ends that, those before it and the error."""
    batch: list[Letter] = []
    size = 0
    try:
        for letter in islice(letters, _TOGETHER):
            batch.append(letter)
            size += len(letter.content)
            if size >= _BYTES_TOGETHER:
                break
    except MailboxError as error:
        return tuple(batch), error
    return tuple(batch), None


def _take(site: Site, letters: Iterable[Letter], origin: str, now: datetime) -> Iterator[Found]:
    """Parse letters, and take what they report; yields a Found for each report, in their order."""
    sound = [letter for letter in letters if not letter.problem]
    parsed = [(letter, n, report) for letter in sound for n, report in enumerate(read(letter.content))]
    arrivals = {
        (letter.place, n): Arrival(_key(letter, n), origin, report)
        for letter, n, report in parsed
        if _is_worth_taking(report)
    }
    effects = dict(zip(arrivals, take(site, list(arrivals.values()), now), strict=True)) if arrivals else {}
    for letter, n, report in parsed:
        yield Found(letter.place, report, effects.get((letter.place, n)))


def _key(letter: Letter, number: int) -> str:
    """Return what tells a second copy of a letter's report."""
    return letter.key if number == 0 else sha256(f"{letter.key} {number}".encode()).hexdigest()


def _is_worth_taking(report: Report) -> bool:
    """Tell whether a report is kept: not what is none, nor a delay or an answer that names no message of ours.

    Strangers send as many of those as they like. A bounce that names none is kept: who gets many sees by it that the
    relay changes Message-IDs.
    """
    if report.kind is Kind.OTHER:
        return False
    return report.kind not in (Kind.DELAY, Kind.REPLY) or bool(report.tokens or report.unsubscribe)


def _word(found: Found) -> str:
    if found.effect is Effect.REPEATED:
        return str(found.effect)
    if found.report.kind is Kind.DELAY:
        return DELAYS
    if found.report.kind is Kind.REPLY:
        return REPLIES
    return str(found.effect) if found.effect else NOTHING
