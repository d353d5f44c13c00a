"""What somebody chose to see in the preview: as they wrote it, and in the site's own terms."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from digest.config.settings import Frequency
from digest.errors import InputError, meant
from digest.messages import SAMPLE_READER
from digest.render.headers import Mailbox
from digest.site import MailingList, Site
from digest.topics.topic import Topic
from digest.web.reader import Person, first_addresses, person_of

FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants to see, as they wrote it.

    "" is the subscriber's own, or the list's; `day` "" is its today. `subscriber` is an address, "" a sample
    reader; `topics` () are the subscriber's own, or all.
    """

    list_name: str
    frequency: str = ""
    day: str = ""
    theme: str = ""
    language: str = ""
    subscriber: str = ""
    topics: tuple[str, ...] = ()

    @classmethod
    def of_query(cls, pairs: Pairs, list_name: str) -> "Choice":
        """Read the query of a URL; `list_name` is for one that names none."""
        given = [(name, value.strip()) for name, value in pairs]
        last = dict(given)
        topics = (topic for name, value in given if name == "topics" for topic in value.split())
        return cls(
            list_name=last.get("list") or list_name,
            frequency=last.get("frequency", ""),
            day=last.get("date", ""),
            theme=last.get("theme", ""),
            language=last.get("language", ""),
            subscriber=last.get("subscriber", ""),
            topics=tuple(dict.fromkeys(topics)),
        )

    def query(self) -> str:
        """Return the query that `of_query` reads."""
        return urlencode([(name, value) for name, value in self._pairs() if value])

    def _pairs(self) -> Pairs:
        return (
            ("list", self.list_name),
            ("frequency", self.frequency),
            ("date", self.day),
            ("theme", self.theme),
            ("language", self.language),
            ("subscriber", self.subscriber),
            ("topics", " ".join(self.topics)),
        )


SWITCHES: Mapping[str, Mapping[str, str]] = {
    "view": {"html": "HTML", "text": "Plaintext", "headers": "Headers", "raw": "Source"},
    "width": {"both": "Both", "desktop": "Desktop", "phone": "Phone"},
    "scheme": {"system": "System", "light": "Light", "dark": "Dark"},
    "images": {"on": "On", "off": "Off"},
    "checks": {"off": "Off", "on": "On"},
}
"""How a message can be shown: by the names that stand in a URL, each first one where none does.

The checks take their time, so the page comes without them and asks for itself with them.
"""


@dataclass(frozen=True, slots=True)
class Display:
    """How the message is shown: one of SWITCHES each."""

    view: str = "html"
    width: str = "both"
    scheme: str = "system"
    images: str = "on"
    checks: str = "off"

    @classmethod
    def of_query(cls, values: Mapping[str, str]) -> "Display":
        """Read the query of a URL; what is no switch of ours is as if it weren't there."""
        return cls(**{name: values[name] for name, known in SWITCHES.items() if values.get(name) in known})

    def query(self, *names: str) -> str:
        """Return what differs from the usual, of the switches `names` or of all, as `of_query` reads it."""
        usual = Display()
        shown = ((name, getattr(self, name)) for name in names or SWITCHES)
        return urlencode([(name, value) for name, value in shown if value != getattr(usual, name)])

    def but(self, **changes: str) -> "Display":
        """Return it with some switches changed."""
        return replace(self, **changes)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice in the site's own terms.

    `theme` and `language` None are the issue's own. `person` is the chosen subscriber, `reader` whom the message is
    for. `remarks` say what of the choice is otherwise than it seems.
    """

    mailing_list: MailingList
    frequency: Frequency
    day: date
    theme: str | None
    language: str | None
    person: Person | None
    reader: Mailbox
    topics: tuple[str, ...]
    remarks: tuple[str, ...]

    @classmethod
    def of(cls, site: Site, choice: Choice, now: datetime) -> "Chosen":
        """Look up what was chosen. Raises InputError for what isn't there."""
        mailing_list = site.list(choice.list_name)
        today = now.astimezone(ZoneInfo(mailing_list.table.timezone)).date()
        person = person_of(site, mailing_list, choice.subscriber, now) if choice.subscriber else None
        subscriber = person.subscriber if person else None
        usual = _frequency(subscriber.frequency or "" if subscriber else "") or mailing_list.table.frequency
        frequency = _frequency(choice.frequency) or usual
        known = {topic.id for topic in site.topics(mailing_list)}
        by_hand = tuple(topic for topic in choice.topics if topic in known)
        remarks = [
            *_unknown(choice.topics, known),
            *(_not_theirs(person, frequency, usual) if person else ()),
        ]
        return cls(
            mailing_list=mailing_list,
            frequency=frequency,
            day=_day(choice.day) or today,
            theme=_theme(site, choice.theme),
            language=choice.language or (subscriber.language if subscriber else None),
            person=person,
            reader=Mailbox(subscriber.name, subscriber.email) if subscriber else SAMPLE_READER,
            topics=by_hand or (subscriber.topics if subscriber else ()),
            remarks=tuple(remarks),
        )


def _frequency(written: str) -> Frequency | None:
    found = [one for one in FREQUENCIES if one == written]
    if written and not found:
        raise InputError(f"frequency {written[:40]!r}: expected {' or '.join(FREQUENCIES)}")
    return found[0] if found else None


def _day(written: str) -> date | None:
    try:
        return date.fromisoformat(written) if written else None
    except ValueError:
        raise InputError(f"date {written[:40]!r}: expected a day such as 2026-11-24") from None


def _theme(site: Site, written: str) -> str | None:
    known = site.themes.names if written else ()
    if written and written not in known:
        hint = meant(written, known, f"themes: {', '.join(known)}")
        raise InputError(f"there is no theme {written[:40]!r}; {hint}")
    return written or None


def _unknown(topics: Iterable[str], known: Iterable[str]) -> list[str]:
    unknown = [topic for topic in topics if topic not in known]
    return [f"Left out, for this list has no such topic: {', '.join(unknown)}"] if unknown else []


def _not_theirs(person: Person, frequency: Frequency, usual: Frequency) -> Iterable[str]:
    """Yield why a subscriber doesn't get this issue."""
    if frequency != usual:
        yield f"{person.address.address} gets the {usual} issues and not this one."
    yield from (f"Gets nothing: {reason}." for reason in person.left_out)


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen: lists, themes, languages; and of the list its topics and first subscribers."""

    lists: tuple[MailingList, ...]
    themes: tuple[str, ...]
    languages: tuple[str, ...]
    mailing_list: MailingList | None = None
    topics: tuple[Topic, ...] = ()
    addresses: tuple[str, ...] = ()

    @classmethod
    def of(cls, site: Site, choice: Choice) -> "Offer":
        """Return what a site offers beside a choice, whose list may not exist."""
        themes, languages = site.themes.names, site.themes.languages
        if choice.list_name not in site.settings.lists:
            return cls(site.lists, themes, languages)
        mailing_list = site.list(choice.list_name)
        topics, addresses = site.topics(mailing_list), first_addresses(site, mailing_list)
        return cls(site.lists, themes, languages, mailing_list, topics, addresses)
