"""The languages of an issue: those that its readers ask for, as far as it can be made in them."""

import logging
from datetime import datetime

from digest.errors import CheckError, ConfigError, InputError, TemplateError
from digest.issues.issue import Issue
from digest.linting import expect_sound
from digest.render.parts import Rendered, render_parts
from digest.render.words import offered
from digest.site import MailingList, Site
from digest.store import readers
from digest.store.database import reading
from digest.subscribers.disk import read_lines
from digest.subscribers.file import languages

log = logging.getLogger(__name__)


def languages_of(site: Site, mailing_list: MailingList) -> tuple[str, ...]:
    """Return the languages that a list's issue is made in: the list's own first, then what subscribers ask for."""
    usual, path = mailing_list.table.language, site.subscriber_file(mailing_list)
    available = (usual, *site.themes.languages)
    try:
        invited = languages(read_lines(path), str(path))
    except InputError:
        invited = frozenset()  # there may be sign-ups; else the plan will say what is wrong with the file
    with reading(site.store).begin() as connection:
        asked = invited | readers.languages(connection, mailing_list.id)
    found = {language for one in asked if (language := offered(one, available))}
    return (usual, *sorted(found - {usual}))


def render_languages(
    site: Site, mailing_list: MailingList, issue: Issue, now: datetime, check: bool = True
) -> dict[str, Rendered]:
    """Return an issue as it is in each of its languages, the list's own first.

    Another language in which it can't be made is left out and said in the log: its readers get the list's own.
    Raises TemplateError, and with `check` CheckError, for the list's own.
    """

    def rendered(language: str) -> Rendered:
        theme = site.theme(mailing_list, language)
        made = Rendered(theme, render_parts(theme, issue, site.publication(mailing_list)))
        if check:
            expect_sound(site, mailing_list, issue, made, now)
        return made

    usual, *others = languages_of(site, mailing_list)
    found = {usual: rendered(usual)}
    for language in others:
        try:
            found[language] = rendered(language)
        except (ConfigError, TemplateError, CheckError) as error:
            log.warning(
                "issue %s can't be made in %s, and its readers get the issue in %s: %s",
                issue.key, language, usual, error,
            )  # fmt: skip
    return found
