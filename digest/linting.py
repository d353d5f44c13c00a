"""Linting: the checks of `digest.checks`, given what a site has set up, and what stops an issue.

Errors are looked for when a draft is built, so that the operator hears of them at its hour and not at that of sending,
when it is approved, and before an issue that was approved earlier is planned. Warnings only where somebody looks.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from digest.checks import every
from digest.checks.facts import Facts
from digest.checks.finding import Finding
from digest.checks.mail import Mail
from digest.checks.marks import unresolved
from digest.checks.step import in_step, papers_of
from digest.config.settings import RelayTable
from digest.config.values import is_loopback
from digest.deliver.envelope import envelope_sender
from digest.errors import CheckError, ConfigError, TemplateError
from digest.issues.issue import Issue, IssueKey
from digest.messages import SAMPLE_READER, Sample, sample
from digest.render.headers import IssueHeaders
from digest.render.parts import Rendered
from digest.render.present import Publication
from digest.site import MailingList, Site
from digest.store.issues import StoredIssue, restore


def lint(site: Site, mailing_list: MailingList, message: bytes, shown: Sample | None = None) -> tuple[Finding, ...]:
    """Return everything that is to be said about one message that would go out for a list, errors first.

    With the sample that the message was made of (`shown`), its plaintext and its HTML are held to each other paper by
    paper, and what the issue has frozen counts in place of the settings. Raises ConfigError without such a theme.
    """
    mail, publication = Mail.read(message), shown.publication if shown else site.publication(mailing_list)
    facts = facts_of(site, mailing_list, shown.headers if shown else site.headers(mailing_list), publication)
    theme = shown.theme if shown else site.theme(mailing_list)
    frozen = shown is not None and shown.issue.number is not None  # and no template has a say any more
    found = (
        *(() if frozen else unresolved(theme, publication, site.topics(mailing_list))),
        *(in_step(shown.parts, shown.recipe, papers_of(shown.issue)) if shown else ()),
        *every.errors(mail, facts),
        *every.warnings(mail, facts),
        *_unusable_words(site),
    )
    return tuple(sorted(found, key=lambda one: one.level != "error"))


def _unusable_words(site: Site) -> Iterator[Finding]:
    """Find languages that readers ask for in vain, since their catalog or its name is wrong."""
    for language in site.themes.languages:
        try:
            site.themes.words(language).expect_usable()
        except (ConfigError, TemplateError) as error:
            yield Finding("warning", "words", f"nobody gets the mail in {language}: {error}")


def errors(site: Site, mailing_list: MailingList, shown: Sample, now: datetime) -> tuple[Finding, ...]:
    """Return what stops a sample of an issue, but for marks that its theme leaves."""
    facts = facts_of(site, mailing_list, shown.headers, shown.publication)
    return (
        *in_step(shown.parts, shown.recipe, papers_of(shown.issue)),
        *every.errors(_checked_message(site, mailing_list, shown, now), facts),
    )


def _checked_message(site: Site, mailing_list: MailingList, shown: Sample, now: datetime) -> Mail:
    return Mail.read(
        shown.message(site, mailing_list, SAMPLE_READER, now=now, message_id=f"check@{shown.headers.domain}")
    )


def stopping(site: Site, mailing_list: MailingList, shown: Sample, now: datetime) -> tuple[Finding, ...]:
    """Return everything that stops a sample of an issue that isn't frozen."""
    return (
        *unresolved(shown.theme, shown.publication, site.topics(mailing_list)),
        *errors(site, mailing_list, shown, now),
    )


def of_single_topics(
    site: Site, mailing_list: MailingList, shown: Sample, now: datetime, known: Collection[Finding] = ()
) -> list[Finding]:
    """Return what stops the editions for readers of one topic, and isn't `known` already. Raises TemplateError."""
    found: list[Finding] = []
    for section in shown.issue.sections:
        single = shown.of_topics((section.topic.id,))
        for one in errors(site, mailing_list, single, now) if single else ():
            if one not in known:
                found.append(replace(one, text=f"for readers of {section.topic.id}: {one.text}"))
    return found


def expect_sound(site: Site, mailing_list: MailingList, issue: Issue, rendered: Rendered, now: datetime) -> None:
    """Raise CheckError when what an issue was rendered to has an error, TemplateError when an edition can't be made."""
    whole = Sample.of(issue, site.publication(mailing_list), site.headers(mailing_list), rendered)
    for section in issue.sections:  # as planning will, when the issue is frozen and no template can be mended any more
        whole.of_topics((section.topic.id,))
    _stop_at(stopping(site, mailing_list, whole, now), mailing_list, issue.key)


def expect_frozen_sound(
    connection: Connection, site: Site, mailing_list: MailingList, stored: StoredIssue, now: datetime
) -> None:
    """Raise CheckError when a frozen issue can't go out by what is set up now, such as another relay."""
    frozen = sample(connection, site, mailing_list, restore(connection, stored), stored, ())
    facts = facts_of(site, mailing_list, frozen.headers, frozen.publication)
    found = every.errors(_checked_message(site, mailing_list, frozen, now), facts, every.SET_UP)
    cancel = f"it is frozen: name other relays, or `digest issue cancel {stored.key}`"
    _stop_at(found, mailing_list, stored.key, cancel)


def _stop_at(found: Iterable[Finding], mailing_list: MailingList, key: IssueKey, way_on: str = "") -> None:
    listed = [one for one in found if one.level == "error"]
    if not listed:
        return
    left = len(listed) - 1
    more = f" (and {left} more error{'s' if left > 1 else ''})" if left else ""
    raise CheckError(
        f"issue {key} can't go out: {listed[0].check}: {listed[0].text}{more};"
        f" {way_on or f'`digest lint {mailing_list.name}` tells all'}"
    )


def facts_of(site: Site, mailing_list: MailingList, headers: IssueHeaders, publication: Publication) -> Facts:
    """Return what a list's messages are held to, given what an issue of it has or would freeze."""
    tables = [site.settings.relays[name] for name in site.relay_names(mailing_list)]
    token = "0" * 32  # of the length that a Message-ID's local part has
    modes = dict.fromkeys(table.envelope for table in tables)
    return Facts(
        envelope_senders=tuple(envelope_sender(headers.sender.address, token, mode) for mode in modes),
        site_url=headers.site_url,
        postal_address=publication.postal_address,
        stays_here=all(_stays_here(table) for table in tables),
    )


def _stays_here(table: RelayTable) -> bool:
    return table.maildir is not None or is_loopback(table.host or "")
