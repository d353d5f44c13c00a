"""The preview's page: everything that is known of a choice, as HTML."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path

from digest.checks.finding import Finding
from digest.errors import DigestError
from digest.linting import lint, of_single_topics
from digest.render.fit import MAX_HTML
from digest.render.theme import Theme
from digest.resources import shipped
from digest.site import Site
from digest.web.choice import FREQUENCIES, SWITCHES, Choice, Chosen, Display, Offer
from digest.web.copies import Told
from digest.web.headers import SANDBOX
from digest.web.mistake import place_of
from digest.web.recent import Recent
from digest.web.shown import Shown, opened

FOLDER = shipped("templates") / "web"
"""Where the page's own files lie."""


@dataclass(slots=True)
class Page:
    """What the page shows: as much of it as could be made before the first mistake."""

    root: Path
    choice: Choice
    display: Display
    offer: Offer | None = None
    chosen: Chosen | None = None
    shown: Shown | None = None
    findings: tuple[Finding, ...] | None = None
    mistake: DigestError | None = None

    def render(self, *, version: str, token: str, told: Told | None, address: str) -> str:
        """Return the HTML; `version` is that of the site's files, `told` what became of a test copy."""
        return _theme().render(
            "preview.html.j2",
            choice=self.choice,
            display=self.display,
            offer=self.offer,
            chosen=self.chosen,
            shown=self.shown,
            findings=self.findings,
            mistake=str(self.mistake) if self.mistake else "",
            place=place_of(str(self.mistake), (self.root, shipped("templates"))) if self.mistake else None,
            frequencies=FREQUENCIES,
            switches=SWITCHES,
            link=self._link,
            limit=MAX_HTML,
            sandbox=SANDBOX,
            version=version,
            token=token,
            told=told,
            address=address,
        )

    def _link(self, path: str, *names: str, **changes: str) -> str:
        """Return the URL of this choice at `path` with the switches `names` (or all), some changed."""
        display = self.display.but(**changes)
        queries = [self.choice.query(), display.query(*names) if names != ("",) else ""]
        return f"{path}?{'&'.join(query for query in queries if query)}"


@lru_cache(maxsize=1)
def _theme() -> Theme:
    return Theme([FOLDER])


def page_of(root: Path, choice: Choice, display: Display, recent: Recent, now: datetime) -> Page:
    """Return the page of a choice; a mistake on the way is a part of it."""
    page = Page(root, choice, display)
    try:
        with opened(root) as site:
            page.offer = Offer.of(site, choice)
            page.chosen = Chosen.of(site, choice, now)
            page.shown = recent.show(site, choice, page.chosen, now)
            if display.checks == "on":
                page.findings = _findings(site, page.chosen, page.shown, now)
    except DigestError as mistake:
        page.mistake = mistake
    return page


def _findings(site: Site, chosen: Chosen, shown: Shown, now: datetime) -> tuple[Finding, ...]:
    """Return what `digest lint` finds without SpamAssassin, errors first; when it can't be done, that it can't."""
    try:
        found = lint(site, chosen.mailing_list, shown.message, shown.sample)
        single = () if chosen.topics else of_single_topics(site, chosen.mailing_list, shown.sample, now, found)
    except DigestError as mistake:
        return (Finding("error", "checks", str(mistake)),)
    return tuple(sorted((*found, *single), key=lambda one: one.level != "error"))
