"""What the preview shows: what somebody chose to see, and the message that it comes to.

Nothing here takes a number, a card or a delivery.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import get_args
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from digest.config.settings import Frequency
from digest.errors import InputError
from digest.issues.issue import IssueKey
from digest.issues.states import IssueState
from digest.messages import Sample, body, read_back
from digest.pipeline import key_of
from digest.rehearsal import look
from digest.render.encode import decoded_size
from digest.render.headers import Mailbox
from digest.site import MailingList, Site
from digest.store import issues
from digest.topics.topic import Topic

READER = Mailbox("Sample Reader", "reader@example.org")
"""Whom the shown message is for."""

FREQUENCIES: tuple[Frequency, ...] = get_args(Frequency)


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody wants to see, as they wrote it.

    `frequency` "" is the list's own, `day` "" its today, `topics` () all of them.
    """

    list_name: str
    frequency: str = ""
    day: str = ""
    topics: tuple[str, ...] = ()

    @classmethod
    def of_query(cls, pairs: Iterable[tuple[str, str]], list_name: str) -> "Choice":
        """Read the query of a URL; `list_name` is for one that names none."""
        given = [(name, value.strip()) for name, value in pairs]
        last = dict(given)
        topics = (topic for name, value in given if name == "topics" for topic in value.split())
        return cls(
            list_name=last.get("list") or list_name,
            frequency=last.get("frequency", ""),
            day=last.get("date", ""),
            topics=tuple(dict.fromkeys(topics)),
        )

    def query(self) -> str:
        """Return the query that `of_query` reads."""
        pairs = [("list", self.list_name), ("frequency", self.frequency), ("date", self.day)]
        return urlencode([(name, value) for name, value in (*pairs, ("topics", " ".join(self.topics))) if value])


@dataclass(frozen=True, slots=True)
class Chosen:
    """A choice in the site's own terms; `unknown` are chosen topics that the list doesn't have."""

    mailing_list: MailingList
    frequency: Frequency
    day: date
    topics: tuple[str, ...]
    unknown: tuple[str, ...]

    @classmethod
    def of(cls, site: Site, choice: Choice, now: datetime) -> "Chosen":
        """Look up what was chosen. Raises InputError for a list, frequency or day that isn't one."""
        mailing_list = site.list(choice.list_name)
        known = {topic.id for topic in site.topics(mailing_list)}
        return cls(
            mailing_list=mailing_list,
            frequency=_frequency(choice.frequency) or mailing_list.table.frequency,
            day=_day(choice.day) or now.astimezone(ZoneInfo(mailing_list.table.timezone)).date(),
            topics=tuple(topic for topic in choice.topics if topic in known),
            unknown=tuple(topic for topic in choice.topics if topic not in known),
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


@dataclass(frozen=True, slots=True)
class Shown:
    """A message to be looked at, with what is to be known about it.

    `status` says in a word or two where the issue stands, `meaning` what this means for what is seen.
    `counts` are the papers of each topic by its id, of all topics. `html_size` is in bytes.
    """

    key: IssueKey
    day: str
    status: str
    meaning: str
    sender: Mailbox
    subject: str
    preheader: str
    counts: Mapping[str, int]
    papers: str
    html: str
    html_size: int
    text: str
    message: bytes


@dataclass(frozen=True, slots=True)
class Offer:
    """What can be chosen: the site's lists by name, the list's own frequency and its topics."""

    lists: tuple[MailingList, ...]
    frequency: str
    topics: tuple[Topic, ...]

    @classmethod
    def of(cls, site: Site, choice: Choice) -> "Offer":
        """Return what a site offers beside a choice, whose list may not exist."""
        if choice.list_name not in site.settings.lists:
            return cls(site.lists, "", ())
        mailing_list = site.list(choice.list_name)
        return cls(site.lists, mailing_list.table.frequency, site.topics(mailing_list))


@contextmanager
def opened(root: Path) -> Iterator[Site]:
    """Open the site for one look, with its settings as they are now. Raises ConfigError."""
    site = Site.open(root)
    try:
        yield site
    finally:
        if "store" in vars(site):
            site.store.dispose()


def show(site: Site, chosen: Chosen, now: datetime) -> Shown:
    """Render what was chosen. Raises InputError when there is nothing to show, TemplateError."""
    mailing_list = chosen.mailing_list
    sample = look(site, mailing_list, chosen.frequency, chosen.day, chosen.topics, now)
    with site.store.begin() as connection:
        stored = issues.find(connection, key_of(mailing_list, chosen.frequency, chosen.day))
    message = sample.message(site, mailing_list, READER, now=now, message_id=f"preview@{sample.headers.domain}")
    return _shown(sample, stored, message, ZoneInfo(mailing_list.table.timezone))


def _shown(sample: Sample, stored: issues.StoredIssue | None, message: bytes, zone: ZoneInfo) -> Shown:
    parsed = read_back(message)
    html = body(parsed, "html")
    status, meaning = _standing(stored, lambda moment: f"{moment.astimezone(zone):%Y-%m-%d %H:%M}")
    return Shown(
        key=sample.issue.key,
        day=f"{sample.issue.day:%A, %d %B %Y}",
        status=status,
        meaning=meaning,
        sender=sample.headers.sender,
        subject=sample.recipe.subject,
        preheader=sample.recipe.values["preheader"],
        counts={section.topic.id: len(section.entries) + section.left_over for section in sample.issue.sections},
        papers=sample.recipe.values["total"],
        html=html,
        html_size=decoded_size(html),
        text=body(parsed, "plain"),
        message=message,
    )


def _standing(stored: issues.StoredIssue | None, local: Callable[[datetime], str]) -> tuple[str, str]:
    """Return where an issue stands, and what this means for somebody who looks at it."""
    if stored is None:
        return "Not built yet", "This is what would be built now."
    if stored.frozen is None and stored.state is IssueState.CANCELLED:
        return "Cancelled draft", "It is never sent."
    if stored.frozen is None:
        return "Draft", (
            f"Its papers were chosen at {local(stored.built_at)}; settings and templates still have their effect."
        )
    number = f"No. {stored.number}"
    frozen = f"frozen at {local(stored.approved_at)}" if stored.approved_at else "frozen"
    word = str(stored.state).capitalize()
    return f"{word}, {number}", f"What is seen was {frozen}; settings and templates change it no more."
