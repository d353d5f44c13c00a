"""The words of one language: translations of what the templates say, and how it writes days and numbers.

Translations are gettext catalogs (`templates/locale/de.po`); what a catalog lacks is said in English. A site's own
catalog goes before the shipped one, message by message.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO, StringIO
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_compact_decimal

from digest.errors import TemplateError

if TYPE_CHECKING:
    from babel.messages.catalog import Catalog

_VALUE = re.compile(r"%\(\w+\)s|%%")

ENGLISH = "en"
"""The language that templates are written in."""


@dataclass(frozen=True)
class Words:
    """The words of `language` (BCP 47).

    `catalogs` are the texts of its gettext catalogs by where they lie, those that go before first.
    """

    language: str
    catalogs: Mapping[str, str]

    @cached_property
    def locale(self) -> Locale:
        """What Babel knows of the language. Raises TemplateError when it knows nothing."""
        try:
            return Locale.parse(self.language, sep="-")
        except (ValueError, UnknownLocaleError):
            raise TemplateError(f"language {self.language!r}: unknown; expected one such as de or pt-BR") from None

    @cached_property
    def translations(self) -> NullTranslations:
        """What gettext is asked. Raises TemplateError for a catalog that can't be read."""
        first, *others = [_translations(where, text) for where, text in self.catalogs.items()] or [NullTranslations()]
        for other in others:
            first.add_fallback(other)
        return first

    def expect_usable(self) -> None:
        """Raise TemplateError for a language nobody knows, and for a catalog that can't be read or filled in."""
        _ = self.locale, self.translations

    @property
    def direction(self) -> str:
        """Return "rtl" for a language that is written from right to left, else "ltr"."""
        return str(self.locale.text_direction)

    def gettext(self, message: str) -> str:
        """Return the translation of a message."""
        return self.translations.gettext(message)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return the translation of a message for a count, which stands in it as %(num)s."""
        return self.translations.ngettext(one, many, count) % {"num": self.number(count)}

    def number(self, count: int) -> str:
        """Return a count, shortened as the language does: "2.3K", "1,2 Mio."."""
        return str(format_compact_decimal(count, fraction_digits=1, locale=self.locale))

    def day(self, day: date) -> str:
        """Return a day as a reader says it: "Tuesday, November 24, 2026"."""
        return str(format_date(day, "full", locale=self.locale))

    def moment(self, moment: datetime) -> str:
        """Return a moment to the minute, as its own timezone's clock shows it."""
        return f"{self.day(moment.date())}, {format_time(moment.time(), 'short', locale=self.locale)}"

    def month(self, day: date) -> str:
        """Return the month of a day, with its year: "November 2026"."""
        return str(format_skeleton("yMMMM", day, locale=self.locale))


def _translations(where: str, text: str) -> NullTranslations:
    # A fresh object each time: fallbacks are added to it.
    return GNUTranslations(BytesIO(_compiled(where, text)))


@lru_cache(maxsize=32)
def _compiled(where: str, text: str) -> bytes:
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import PoFileError, read_po

    compiled = BytesIO()
    try:
        catalog = read_po(StringIO(text), abort_invalid=True)
        _expect_fillable(where, catalog)
        write_mo(compiled, catalog)
    except PoFileError as error:
        raise TemplateError(f"{where}:{error.lineno + 1}: no gettext catalog: {error.args[0]}") from None
    except (ValueError, LookupError) as error:
        raise TemplateError(f"{where}: no gettext catalog: {error}") from None
    return compiled.getvalue()


def _expect_fillable(where: str, catalog: "Catalog") -> None:
    """Raise TemplateError at a translation with other values than its message; found late, it would stop an issue."""
    for message in catalog:
        known = {*_VALUE.findall(str(message.id)), "%%"}
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        for text in filter(None, strings) if message.id else ():
            if "%" in _VALUE.sub("", text) or not known.issuperset(_VALUE.findall(text)):
                values = ", ".join(sorted(known - {"%%"})) or "none"
                raise TemplateError(
                    f"{where}:{message.lineno}: the translation {text!r} can't be filled in; the message has the"
                    f" values: {values}; a % that is no value is written %%"
                )


def offered(wanted: str | None, languages: Collection[str]) -> str | None:
    """Return which of `languages` suits somebody who wants `wanted` (BCP 47): the very one, or one of its kin.

    "de-AT" suits "de", and the other way round. None where nothing does.
    """
    if not wanted:
        return None
    known = {language.casefold(): language for language in reversed([*languages])}
    primary = _primary(wanted)
    kin = [language for language in languages if _primary(language) == primary]
    return known.get(wanted.casefold()) or known.get(primary) or (kin[0] if kin else None)


def _primary(language: str) -> str:
    return language.casefold().partition("-")[0]
