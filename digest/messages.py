"""The messages of an issue: for a claim of the ledger, and as a sample that isn't sent to anybody.

A sample is what the preview, an export and a test copy show: of a frozen issue exactly its parts, of
a draft what they would be now.
"""

import email
import email.policy
import html
import quopri
from collections import OrderedDict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.message import EmailMessage
from threading import Lock

from sqlalchemy import Connection

from digest.deliver.delivery import Claim, Outgoing
from digest.errors import InputError
from digest.frozen import frozen_languages, frozen_theme
from digest.issues.edition import edition_of
from digest.issues.issue import Issue
from digest.render.fragments import Piece, fill
from digest.render.headers import IssueHeaders, Mailbox
from digest.render.links import subscriber_links
from digest.render.message import Addressee, EditionMessage, Frame, edition_message
from digest.render.parts import Assembly, Parts, Recipe, Rendered, recipe, render_parts
from digest.render.present import Publication
from digest.render.theme import Theme
from digest.render.words import offered
from digest.site import MailingList, Site
from digest.store import editions, issues
from digest.store.database import reading
from digest.subscribers.address import parse_address
from digest.subscribers.identity import SigningKeys, message_id_local, subscriber_id

SAMPLE_READER = Mailbox("Sample Reader", "reader@example.org")
"""Whom a message is for that is only looked at or checked."""

KEPT = 3_000
"""Editions of an issue that are kept at hand, some 4 KB each."""

_AT_ONCE = 500
"""Editions that are read in one query."""


@dataclass(frozen=True)
class Messages:
    """Makes the messages of one frozen issue.

    An edition is read when its first message is made, or before that in `prepare`, which may run in
    another thread. Deliveries come in the order of their editions, so the editions read first are let go first:
    where every subscriber has their own, one that was used is not used again.
    """

    site: Site
    issue: issues.StoredIssue
    headers: IssueHeaders
    signing_keys: SigningKeys
    _editions: OrderedDict[str, EditionMessage] = field(default_factory=OrderedDict)
    _frames: dict[str, tuple[Parts, Frame]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @classmethod
    def of(cls, site: Site, stored: issues.StoredIssue) -> "Messages":
        """Return the messages of an issue that is approved or further."""
        assert stored.frozen is not None
        return cls(site, stored, IssueHeaders.from_dict(stored.frozen["headers"]), site.signing_keys)

    def prepare(self, keys: Collection[str]) -> None:
        """Read the editions that messages will soon be made of, by key; the last KEPT of them stay at hand."""
        missing = [key for key in dict.fromkeys(keys) if key not in self._editions]
        for start in range(0, len(missing), _AT_ONCE):
            self._read(missing[start : start + _AT_ONCE])

    def for_claim(self, claim: Claim) -> Outgoing:
        """Return the message of a delivery: the same bytes however often it is tried."""
        local = message_id_local(self.site.identity_key, str(self.issue.key), claim.subscriber_id)
        addressee = Addressee(
            to=Mailbox(claim.name, claim.address),
            date=claim.date,
            message_id=f"{local}@{self.headers.domain}",
            links=subscriber_links(self.headers, self.signing_keys, claim.subscriber_id),
        )
        edition = self._editions.get(claim.edition) or self._read([claim.edition])[claim.edition]
        return Outgoing(claim.address, local, edition.to(addressee))

    def _read(self, keys: Collection[str]) -> dict[str, EditionMessage]:
        with reading(self.site.store).begin() as connection:
            stored = editions.load(connection, self.issue.id, keys)
            for language in {edition.language for edition in stored} - self._frames.keys():
                parts = editions.load_parts(connection, self.issue.id, language)
                self._frames[language] = (parts, Frame.of(self.headers, parts))
        read = {edition.key: self._edition(edition) for edition in stored}
        with self._lock:
            self._editions.update(read)
            while len(self._editions) > KEPT:
                self._editions.popitem(last=False)
        return read

    def _edition(self, stored: editions.StoredEdition) -> EditionMessage:
        parts, frame = self._frames[stored.language]
        return EditionMessage(frame, Assembly.from_json(parts, stored.fragments, stored.slots))


@dataclass(frozen=True, slots=True)
class Sample:
    """One edition of an issue, to be looked at."""

    issue: Issue
    publication: Publication
    headers: IssueHeaders
    theme: Theme
    parts: Parts
    recipe: Recipe

    @classmethod
    def of(cls, issue: Issue, publication: Publication, headers: IssueHeaders, rendered: Rendered) -> "Sample":
        """Return the whole edition of an issue that has papers. Raises TemplateError."""
        theme, parts = rendered.theme, rendered.parts
        edition = edition_of(issue, (), theme.words.language)
        assert edition is not None
        return cls(issue, publication, headers, theme, parts, recipe(theme, parts, edition, publication))

    def message(
        self,
        site: Site,
        mailing_list: MailingList,
        to: Mailbox,
        *,
        now: datetime,
        message_id: str,
        prefix: str = "",
    ) -> bytes:
        """Return the message as it would go to `to`; `prefix` marks the subject of a test copy."""
        canonical = parse_address(to.address).canonical
        reader = subscriber_id(site.identity_key, mailing_list.id, canonical)
        links = subscriber_links(self.headers, site.signing_keys, reader)
        addressee = Addressee(to=to, date=now, message_id=message_id, links=links)
        return edition_message(self.headers, self.parts, self.recipe, prefix).to(addressee)

    def of_topics(self, topics: Collection[str]) -> "Sample | None":
        """Return another edition of the same parts; None when it has no papers. Raises TemplateError."""
        edition = edition_of(self.issue, topics, self.theme.words.language)
        if edition is None:
            return None
        return replace(self, recipe=recipe(self.theme, self.parts, edition, self.publication))

    def bodies(self, values: Mapping[str, str]) -> tuple[str, str]:
        """Return the HTML and the plaintext with a reader's slots filled from `values`."""
        html_part = fill(self.recipe.html(self.parts), values, html.escape)
        text_part = fill(self.recipe.text(self.parts), values, str)
        return _decoded(html_part), _decoded(text_part)


def _decoded(pieces: Iterable[Piece]) -> str:
    encoded = b"".join(piece for piece in pieces if isinstance(piece, bytes))
    return quopri.decodestring(encoded).decode("utf-8").replace("\r\n", "\n")


def sample(
    connection: Connection,
    site: Site,
    mailing_list: MailingList,
    issue: Issue,
    stored: issues.StoredIssue | None,
    topics: Collection[str],
    language: str | None = None,
    theme: str | None = None,
    rendered: Rendered | None = None,
) -> Sample:
    """Return the edition of `topics` (empty for all) for somebody who wants `language`, else the list's.

    What isn't frozen is shown in `theme`, else in the list's. `rendered` is what a draft was rendered to when it was
    composed, and is taken where just that language and theme are wanted. Raises InputError when it has no papers,
    ConfigError for a theme that isn't there.
    """
    frozen = stored.frozen if stored else None
    publication = Publication(**frozen["publication"]) if frozen else site.publication(mailing_list)
    headers = IssueHeaders.from_dict(frozen["headers"]) if frozen else site.headers(mailing_list)
    usual = frozen["language"] if frozen else mailing_list.table.language
    chosen = offered(language, (usual, *(frozen_languages(frozen) if frozen else site.themes.languages))) or usual
    edition = edition_of(issue, topics, chosen)
    if edition is None:
        of_topics = f" for {', '.join(topics)}" if topics else ""
        raise InputError(f"issue {issue.key} has no papers{of_topics}")
    if stored and frozen:
        look = frozen_theme(site, mailing_list, frozen, chosen)
        parts = editions.load_parts(connection, stored.id, chosen)
    elif rendered and chosen == usual and theme in (None, mailing_list.table.theme):
        look, parts = rendered.theme, rendered.parts
    else:
        look = site.theme(mailing_list, chosen, theme)
        parts = render_parts(look, issue, publication)
    return Sample(issue, publication, headers, look, parts, recipe(look, parts, edition, publication))


def read_back(message: bytes) -> EmailMessage:
    """Parse a message as a mail program does; its parts are what a reader sees."""
    parsed = email.message_from_bytes(message, policy=email.policy.default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def body(message: EmailMessage, subtype: str) -> str:
    """Return the "plain" or "html" part of a message of ours."""
    part = message.get_body((subtype,))
    assert part is not None
    return str(part.get_content())
