"""Readers' own pages: a template, a language, and headers that let it do nothing but send its form back to us.

They have no script, no cookie and no session; who may do what stands in the signed link.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from digest.render.words import Words, offered
from digest.site import MailingList, Site

POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
"""Content-Security-Policy of a page with a form."""


class Pages:
    """Makes a site's pages for readers."""

    def __init__(self, site: Site) -> None:
        """Take templates and words from `site`."""
        self._site = site

    def language(self, request: Request, mailing_list: MailingList | None, wanted: str | None = None) -> str:
        """Return the language of an answer: what the reader chose, what their browser asks for, else the list's."""
        languages = self._site.themes.languages
        usual = mailing_list.table.language if mailing_list else self._site.lists[0].table.language
        for asked in (wanted, *_accepted(request)):
            if found := offered(asked, languages):
                return found
        return usual

    def words(self, language: str) -> Words:
        """Return the words of a language. Raises ConfigError."""
        return self._site.themes.words(language)

    def answer(
        self, template: str, language: str, *, home: str, status: int = 200, headers: Mapping[str, str] | None = None,
        is_public: bool = False, **values: Any,
    ) -> Response:  # fmt: skip
        """Return the page that a template makes; `home` is the way to the root, "../" one step below it.

        Search engines keep out of all but those that are `is_public`. Raises TemplateError, ConfigError.
        """
        words = self.words(language)
        text = self._site.themes.pages(words).render(
            template,
            words=words,
            home=home,
            site_name=self._site.settings.site.name,
            byline=self._site.settings.site.byline,
            is_public=is_public,
            **values,
        )
        fields = {
            "Content-Security-Policy": POLICY,
            "Content-Language": words.language,
            "Vary": "Accept-Language",
            **({} if is_public else {"X-Robots-Tag": "noindex"}),
            **(headers or {}),
        }
        return Response(text, status, fields, "text/html; charset=utf-8")

    def style(self) -> Response:
        """Return the style sheet: the archive's look, and what forms need. Raises ConfigError."""
        themes = self._site.themes
        fields = {"Cache-Control": "public, max-age=300"}
        return Response(themes.archive_style() + themes.pages_style(), 200, fields, "text/css; charset=utf-8")


def _accepted(request: Request) -> Iterator[str]:
    """Yield the languages of Accept-Language (RFC 9110, 12.5.4) by preference, a bounded number of them."""
    written = request.headers.get("Accept-Language", "")[:200].split(",")
    weighed = [(tag.strip(), _weight(rest)) for tag, _, rest in (part.partition(";") for part in written)]
    yield from (tag for tag, weight in sorted(weighed, key=lambda one: -one[1]) if tag and weight > 0)


def _weight(written: str) -> float:
    name, _, value = written.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
