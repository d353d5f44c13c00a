"""The rendered parts of an issue, and the recipe that makes an edition of them.

Parts are what is frozen at approval: each format rendered once in full, cut and encoded. A recipe is
small: which fragments, and the values of the edition's own slots.
"""

import html
import json
from collections.abc import Mapping
from dataclasses import dataclass

from digest.errors import TemplateError
from digest.issues.edition import edition_of
from digest.issues.issue import Edition, Issue
from digest.render.fit import Fit, fit
from digest.render.fragments import Element, Marking, Piece, Slot, choose, fill, sizes
from digest.render.html import render_html
from digest.render.present import Publication, edition_view, whole_view
from digest.render.text import render_text
from digest.render.theme import Theme

SUBSCRIBER_SLOTS = frozenset(("recipient", "unsubscribe", "preferences"))
"""What only the message of a single subscriber fills in."""


@dataclass(frozen=True, slots=True)
class Parts:
    """Both formats of an issue in one language, cut into elements."""

    html: tuple[Element, ...]
    text: tuple[Element, ...]

    def to_json(self) -> str:
        """Return the parts as they are stored; the bytes are ASCII by construction."""
        return json.dumps({"html": [_dump(e) for e in self.html], "text": [_dump(e) for e in self.text]})

    @classmethod
    def from_json(cls, stored: str) -> "Parts":
        """Read what `to_json` wrote."""
        data = json.loads(stored)
        return cls(html=tuple(map(_load, data["html"])), text=tuple(map(_load, data["text"])))


def _dump(element: Element) -> list[object]:
    pieces = [{"slot": p.name} if isinstance(p, Slot) else p.decode("ascii") for p in element.pieces]
    return [element.name, pieces, element.size]


def _load(stored: list[object]) -> Element:
    name, pieces, size = stored
    assert isinstance(pieces, list)
    assert isinstance(size, int)
    read = tuple(Slot(p["slot"]) if isinstance(p, dict) else p.encode("ascii") for p in pieces)
    return Element(name if isinstance(name, str) else None, read, size)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an edition is made of the parts: fragments by name, and the values of its own slots."""

    fragments: frozenset[str]
    values: Mapping[str, str]

    @property
    def subject(self) -> str:
        """The Subject of the edition."""
        return self.values["subject"]

    def html(self, parts: Parts) -> tuple[Piece, ...]:
        """Return the HTML part's pieces; only the subscriber's slots are open."""
        return fill(choose(parts.html, self.fragments), self.values, html.escape)

    def text(self, parts: Parts) -> tuple[Piece, ...]:
        """Return the plaintext part's pieces; only the subscriber's slots are open."""
        return fill(choose(parts.text, self.fragments), self.values, str)


LINES = ("subject.txt.j2", "preheader.txt.j2")
"""The templates rendered anew for each edition; an approved issue keeps their sources."""


def render_parts(theme: Theme, issue: Issue, publication: Publication, language: str) -> Parts:
    """Render an issue once in full and cut it. Raises TemplateError."""
    marking = Marking.of((issue, publication, language))
    view = whole_view(issue, publication, language, marking.slot)
    return Parts(
        html=marking.cut(render_html(theme, view, marking.mark)),
        text=marking.cut(render_text(theme, view, marking.mark)),
    )


def recipe(theme: Theme, parts: Parts, edition: Edition, publication: Publication) -> Recipe:
    """Decide an edition's fragments, subject, preheader and counts.

    Raises TemplateError when a template says a section's count where the section itself may be missing.
    """
    fitted = fit(edition, sizes(parts.html))
    made = Recipe(fitted.names(edition), _values(theme, edition, fitted, publication))
    pieces = (*choose(parts.html, made.fragments), *choose(parts.text, made.fragments))
    for slot in {piece.name for piece in pieces if isinstance(piece, Slot)} - made.values.keys() - SUBSCRIBER_SLOTS:
        raise TemplateError(
            f"issue.mjml.j2 or issue.txt.j2: the value {slot!r} stands outside of its section's fragments;"
            " not every reader gets that section"
        )
    return made


def whole_fit(parts: Parts, issue: Issue, language: str) -> Fit:
    """Fit the widest edition, which decides whose card an issue carries."""
    whole = edition_of(issue, (), language)
    if whole is None:
        return Fit({}, 0)
    return fit(whole, sizes(parts.html))


def render_edition(
    theme: Theme,
    issue: Issue,
    edition: Edition,
    fitted: Fit,
    publication: Publication,
    subscriber_values: Mapping[str, str],
) -> tuple[str, str]:
    """Render one edition directly, as HTML and text: what a join of fragments must equal."""
    values = {**_values(theme, edition, fitted, publication), **subscriber_values}
    view = edition_view(issue, edition, fitted, publication, lambda name: values.get(name, ""))
    return render_html(theme, view), render_text(theme, view)


def _values(theme: Theme, edition: Edition, fitted: Fit, publication: Publication) -> dict[str, str]:
    counts = {
        section.number: sum(entry.rank in fitted.forms for entry in section.entries) for section in edition.sections
    }
    total = 1 + sum(counts.values()) + fitted.overflow
    words = {
        "lead_title": edition.lead.paper.title,
        "total": total,
        "list_name": publication.list_name,
        "topic_names": [s.topic.name for s in edition.sections if counts[s.number]],
    }
    return {
        "subject": theme.render_line("subject.txt.j2", **words),
        "preheader": theme.render_line("preheader.txt.j2", **words),
        "total": f"{total} paper{'' if total == 1 else 's'}",
        "overflow": str(fitted.overflow) if fitted.overflow else "",
        **{f"count{number}": str(count) for number, count in counts.items()},
    }
