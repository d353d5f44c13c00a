"""What the preview shows: the message that a choice comes to, and what is to be known about it.

Nothing here takes a number, a card or a delivery.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from digest.frozen import frozen_languages
from digest.issues.issue import IssueKey
from digest.issues.states import IssueState
from digest.messages import Sample, body, read_back
from digest.pipeline import key_of
from digest.rehearsal import look
from digest.render.encode import decoded_size
from digest.render.headers import Mailbox
from digest.render.words import offered
from digest.site import Site
from digest.store import issues
from digest.store.database import reading
from digest.subscribers.identity import message_id_local, subscriber_id
from digest.web.choice import Chosen


@dataclass(frozen=True, slots=True)
class Shown:
    """A message to be looked at, with what is to be known about it.

    `status` says in a word or two where the issue stands, `meaning` what this means for what is seen.
    `counts` are the papers of each topic by its id, of all topics. `html_size` is in bytes.
    """

    sample: Sample
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
    remarks: tuple[str, ...]

    @property
    def headers(self) -> tuple[tuple[str, str], ...]:
        """The header fields as a mail program shows them, decoded."""
        return tuple((name, str(value)) for name, value in read_back(self.message).items())

    @property
    def headers_as_sent(self) -> str:
        """The header fields as they are on the wire: folded and encoded, in ASCII."""
        return self.message.partition(b"\r\n\r\n")[0].decode("latin-1")


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
    sample = look(site, mailing_list, chosen.frequency, chosen.day, chosen.topics, now, chosen.language, chosen.theme)
    with reading(site.store).begin() as connection:
        stored = issues.find(connection, key_of(mailing_list, chosen.frequency, chosen.day))
    local = _message_id_local(site, chosen, sample.issue.key)
    message = sample.message(site, mailing_list, chosen.reader, now=now, message_id=f"{local}@{sample.headers.domain}")
    return _shown(sample, stored, message, chosen)


def _message_id_local(site: Site, chosen: Chosen, key: IssueKey) -> str:
    """Return what a subscriber's own message has before the @ of its Message-ID."""
    if chosen.person is None:
        return "preview"
    reader = subscriber_id(site.identity_key, chosen.mailing_list.id, chosen.person.address.canonical)
    return message_id_local(site.identity_key, str(key), reader)


def _shown(sample: Sample, stored: issues.StoredIssue | None, message: bytes, chosen: Chosen) -> Shown:
    parsed, zone = read_back(message), ZoneInfo(chosen.mailing_list.table.timezone)
    html = body(parsed, "html")
    status, meaning = _standing(stored, lambda moment: f"{moment.astimezone(zone):%Y-%m-%d %H:%M}")
    return Shown(
        sample=sample,
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
        remarks=tuple(_frozen_otherwise(stored.frozen, chosen)) if stored and stored.frozen else (),
    )


def _frozen_otherwise(frozen: Mapping[str, Any], chosen: Chosen) -> Iterator[str]:
    """Yield what of a choice has no effect on an issue that is frozen."""
    languages = frozen_languages(frozen)
    if chosen.theme and chosen.theme != chosen.mailing_list.table.theme:
        yield "The issue is approved, and keeps the theme it was approved with."
    if chosen.language and offered(chosen.language, languages) is None:
        yield f"The issue is approved in {', '.join(languages)}; {chosen.language} came later, or has no words."


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
