"""Vetting a subscriber file: every row that is refused, and every one that an operator should look at, as a stream."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice

from digest.render.words import offered
from digest.site import MailingList, Site
from digest.store import readers, suppressions
from digest.store.database import reading
from digest.store.memory import memory
from digest.subscribers.address import Address, parse_address
from digest.subscribers.advice import address_doubted, address_meant, is_role, language_meant, with_hint
from digest.subscribers.file import RowProblem, SubscriberRow, read_rows, repeated
from digest.subscribers.identity import address_key, subscriber_id
from digest.subscribers.meeting import Meetings, Met

NEEDS_SMTPUTF8 = "needs SMTPUTF8, which not every relay offers"
"""The warning of an address with letters outside ASCII before the @."""

_A_SLIP = "may be a slip"

_TOGETHER = 1_000
"""Rows that are looked up at a time."""


@dataclass(slots=True)
class Counts:
    """What a file's rows come to, complete once they are walked through."""

    subscribers: int = 0
    refused: int = 0
    warnings: int = 0

    def add(self, problem: RowProblem) -> RowProblem:
        """Count a problem."""
        if problem.refused:
            self.refused += 1
        else:
            self.warnings += 1
        return problem


def vet(
    site: Site, mailing_list: MailingList, lines: Iterable[str], where: str, counts: Counts
) -> Iterator[RowProblem]:
    """Return the problems of a subscriber file: those of rows in their order, then what many rows have in common.

    `lines` come with their ends, and a million take the memory of a few thousand. Raises InputError at once when there
    is no header to read by.
    """
    topics = [topic.id for topic in site.topics(mailing_list)]
    found = read_rows(lines, where, topics)
    return map(counts.add, _Vetting(site, mailing_list, counts).problems(found))


def never_gets(mailing_list: MailingList, frequency: str | None) -> str | None:
    """Say why a reader of this frequency would get nothing; a list without any schedule is sent by hand."""
    name, scheduled = mailing_list.name, mailing_list.table.schedule
    wanted = frequency or mailing_list.table.frequency
    if not scheduled or wanted in scheduled:
        return None
    return f"nobody sends {wanted} issues of this list; add [lists.{name}.schedule.{wanted}] to digest.toml"


def doubts(address: Address) -> Iterator[str]:
    """Yield what is doubtful in an address that can be used, whoever has it."""
    if meant := address_doubted(address):
        yield f"{_A_SLIP}; did you mean {meant}?"
    if is_role(address):
        yield "is the address of a task and not of a person (RFC 2142): what it gets is often thrown away, or reported"
    if address.is_international:
        yield NEEDS_SMTPUTF8


@dataclass(slots=True)
class _Common:
    """What many rows have in common is said once: of how many, and of which one first."""

    line: int
    rows: int = 0


@dataclass
class _Vetting:
    site: Site
    mailing_list: MailingList
    counts: Counts
    _usual: _Common | None = None
    _languages: dict[str, _Common] = field(default_factory=dict)

    def problems(self, found: Iterator[SubscriberRow | RowProblem]) -> Iterator[RowProblem]:
        with memory() as remembered:
            meetings = Meetings(remembered, self._id)
            while some := list(islice(found, _TOGETHER)):
                yield from self._of(some, meetings)
        yield from self._in_common()

    def _id(self, canonical: str) -> str:
        return subscriber_id(self.site.identity_key, self.mailing_list.id, canonical)

    def _of(self, some: Sequence[SubscriberRow | RowProblem], meetings: Meetings) -> Iterator[RowProblem]:
        people = [person for one in some if (person := self._person(one))]
        met = {people[place][0]: known for place, known in meetings.meet(people).items()}
        ids = {line: person for line, _, person in people if person}
        silent = self._silent([one for one in some if isinstance(one, SubscriberRow)], ids)
        for one in some:
            known = met.get(one.line)
            if isinstance(one, RowProblem):
                yield replace(one, reason=f"{one.reason} Line {known.line} has it.") if known and one.refused else one
            elif known and known.is_same:
                yield repeated(one.line, one.address, known.line)
            else:
                self.counts.subscribers += 1
                yield from self._warnings(one, known, silent.get(one.line))

    def _person(self, one: SubscriberRow | RowProblem) -> tuple[int, str, str] | None:
        """Return a row's line, canonical address and id; of one that can't be used what it was meant to be."""
        if isinstance(one, SubscriberRow):
            return one.line, one.address.canonical, self._id(one.address.canonical)
        meant = address_meant(one.email) if one.refused else None
        return (one.line, parse_address(meant).canonical, "") if meant else None

    def _silent(self, rows: Sequence[SubscriberRow], ids: Mapping[int, str]) -> dict[int, str]:
        """Return, by line, why some subscribers get nothing: what was said before goes before their row."""
        identity = self.site.identity_key
        keys = {
            row.line: (ids[row.line], address_key(identity, row.address.canonical), _domain_key(row)) for row in rows
        }
        with reading(self.site.store).begin() as connection:
            barred = suppressions.among(connection, self.mailing_list.id, set(chain.from_iterable(keys.values())))
            moved = readers.moved(connection, list(ids.values()))
        reasons = {}
        for line, (person, address, domain) in keys.items() if barred or moved else ():
            if person in barred or address in barred:
                reasons[line] = "is suppressed and never mailed"
            elif domain in barred:
                reasons[line] = f"is suppressed and never mailed, as the whole domain {domain[1:]} is"
            elif person in moved:
                reasons[line] = "has another address by now, and gets nothing at this one"
        return reasons

    def _warnings(self, row: SubscriberRow, met: Met | None, silent: str | None) -> Iterator[RowProblem]:
        reasons = [silent] if silent else []
        if met:
            reasons.append(f"looks the same as the address in line {met.line}, and is another one")
        reasons += (doubt for doubt in doubts(row.address) if not (met and doubt.startswith(_A_SLIP)))
        wanted = row.subscriber.frequency
        if wanted is None:
            self._usual = _counted(self._usual, row.line)
        elif reason := never_gets(self.mailing_list, wanted):
            reasons.append(reason)
        if language := row.subscriber.language:
            self._languages[language] = _counted(self._languages.get(language), row.line)
        return (RowProblem(row.line, reason, row.address.address, refused=False) for reason in reasons)

    def _in_common(self) -> Iterator[RowProblem]:
        if self._usual and (reason := never_gets(self.mailing_list, None)):
            whom = f"{_subscribers(self._usual)} without a frequency of their own, from this line on: {reason}"
            yield RowProblem(self._usual.line, whom, refused=False)
        usual = self.mailing_list.table.language
        languages = dict.fromkeys((usual, *self.site.themes.languages))
        for language, asking in self._languages.items():
            if offered(language, languages) is None:
                whom = f"{_subscribers(asking)} with the language {language!r}, from this line on"
                reason = f"{whom}: issues are made in {', '.join(languages)}, and theirs will be in {usual}"
                yield RowProblem(asking.line, with_hint(reason, language_meant(language)), refused=False)


def _domain_key(row: SubscriberRow) -> str:
    return suppressions.domain_key_of(row.address.address)


def _counted(so_far: _Common | None, line: int) -> _Common:
    common = so_far or _Common(line)
    common.rows += 1
    return common


def _subscribers(common: _Common) -> str:
    return "1 subscriber" if common.rows == 1 else f"{common.rows} subscribers"
