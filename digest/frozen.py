"""What approval keeps of an issue beside its parts: headers, words and the lines that are written for each edition."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from digest.render.parts import LINES
from digest.render.theme import Theme
from digest.render.words import Words
from digest.site import MailingList, Site


def freeze(site: Site, mailing_list: MailingList, themes: Mapping[str, Theme]) -> dict[str, Any]:
    """Return what an issue keeps that is rendered in `themes`, by their languages, the list's own first."""
    usual = mailing_list.table.language
    return {
        "headers": asdict(site.headers(mailing_list)),
        "publication": asdict(site.publication(mailing_list)),
        "language": usual,
        "catalogs": {language: dict(theme.words.catalogs) for language, theme in themes.items()},
        "lines": themes[usual].sources(LINES),
    }


def frozen_languages(frozen: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the languages of an issue, the list's own first."""
    usual = str(frozen["language"])
    return tuple(dict.fromkeys((usual, *frozen.get("catalogs", {}))))


def frozen_theme(site: Site, mailing_list: MailingList, frozen: Mapping[str, Any], language: str) -> Theme:
    """Return the theme of an issue in one of its languages: with the words and the lines that it had at approval."""
    # Issues that were approved before there were catalogs have only English words.
    words = Words(language, frozen.get("catalogs", {}).get(language, {}))
    return site.themes.theme(mailing_list.table.theme, words, frozen["lines"])
