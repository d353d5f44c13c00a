"""The rendered parts of an issue, and the recipe that makes an edition of them.

Parts are what is frozen at approval: each format rendered once in full, cut and encoded. A recipe is
small: which fragments, and the values of the edition's own slots. Its assembly is the same, worked out as
far as it goes before there is a subscriber; that is what the store keeps.
"""

import html
import json
import struct
from binascii import a2b_base64, b2a_base64
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from digest.errors import TemplateError
from digest.issues.edition import edition_of
from digest.issues.issue import Edition, Issue
from digest.render.encode import inline
from digest.render.fit import Fit, fit
from digest.render.fragments import Element, Index, Marking, Piece, Slot, fill, sizes
from digest.render.headers import text_field
from digest.render.html import render_html
from digest.render.present import Publication, edition_view, whole_view
from digest.render.text import render_text
from digest.render.theme import Theme
from digest.render.words import Words

SUBSCRIBER_SLOTS = ("recipient", "unsubscribe", "preferences")
"""What only the message of a single subscriber fills in. Assemblies that are stored count on the order."""


@dataclass(frozen=True)
class Parts:
    """Both formats of an issue in one language, cut into elements."""

    html: tuple[Element, ...]
    text: tuple[Element, ...]

    @cached_property
    def html_index(self) -> Index:
        """The elements of the HTML, to choose from."""
        return Index(self.html)

    @cached_property
    def text_index(self) -> Index:
        """The elements of the plaintext, to choose from."""
        return Index(self.text)

    @cached_property
    def html_sizes(self) -> Mapping[str, int]:
        """The decoded size of each fragment of the HTML by name; what always stands is under ""."""
        return sizes(self.html)

    @cached_property
    def pieces(self) -> tuple[bytes, ...]:
        """All pieces of both formats, each once. Assemblies that are stored count on the order."""
        pieces = (piece for element in (*self.text, *self.html) for piece in element.pieces)
        return tuple(dict.fromkeys(piece for piece in pieces if isinstance(piece, bytes)))

    @cached_property
    def places(self) -> Mapping[bytes, int]:
        """Where in `pieces` each stands, counted from 1."""
        return {piece: place for place, piece in enumerate(self.pieces, start=1)}

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


HTML_BEGINS = 0
"""The place in an assembly at which the plaintext ends and the HTML begins."""


class Assembly(NamedTuple):
    """A recipe worked out: its Subject field, and what stands one after another in both bodies.

    Of the places, those above 0 are in `Parts.pieces`, counted from 1; those below 0 are in the edition's
    `own` bytes followed by the SUBSCRIBER_SLOTS of the plaintext and of the HTML, counted from the end.
    """

    subject: bytes
    places: tuple[int, ...]
    own: Sequence[bytes]

    @classmethod
    def of(cls, parts: Parts, fragments: frozenset[str], values: Mapping[str, str]) -> "Assembly":
        """Work out a recipe. Raises KeyError for a slot that neither the edition nor a subscriber fills."""
        text = {name: inline(value) for name, value in values.items()}
        markup = {name: inline(html.escape(value)) for name, value in values.items()}
        # From the end: the subscriber's values in the HTML, those in the plaintext, then the edition's own.
        count = len(SUBSCRIBER_SLOTS)
        text_slots, html_slots = (
            {name: number - count * formats for number, name in enumerate(SUBSCRIBER_SLOTS)} for formats in (2, 1)
        )
        own: dict[bytes, int] = {}
        for value in (*text.values(), *markup.values()):
            own.setdefault(value, -2 * count - 1 - len(own))
        text_slots |= {name: own[value] for name, value in text.items()}
        html_slots |= {name: own[value] for name, value in markup.items()}
        return cls(
            subject=text_field("Subject", values["subject"]),
            places=(
                *_places(parts, parts.text_index.choose(fragments), text_slots),
                HTML_BEGINS,
                *_places(parts, parts.html_index.choose(fragments), html_slots),
            ),
            own=tuple(reversed(own)),
        )

    def to_json(self) -> tuple[str, dict[str, Any]]:
        """Return the fragments and the slots as they are stored."""
        # Read as numbers, the hundred places of an edition would take longer than all else of it.
        packed = struct.pack(f"<{len(self.places)}i", *self.places)
        own = [value.decode("ascii") for value in self.own]
        return b2a_base64(packed, newline=False).decode("ascii"), {"subject": self.subject.decode("ascii"), "own": own}

    @classmethod
    def from_json(cls, parts: Parts, fragments: Any, slots: Mapping[str, Any]) -> "Assembly":
        """Read what `to_json` wrote, and what was stored before it: fragments by name, and values as text."""
        if isinstance(fragments, list):
            return cls.of(parts, frozenset(fragments), slots)
        packed = a2b_base64(fragments)
        return cls(
            subject=slots["subject"].encode("ascii"),
            places=struct.unpack(f"<{len(packed) // 4}i", packed),
            own=[value.encode("ascii") for value in slots["own"]],
        )


def _places(parts: Parts, pieces: Iterable[Piece], slots: Mapping[str, int]) -> Iterator[int]:
    known = parts.places
    return (slots[piece.name] if isinstance(piece, Slot) else known[piece] for piece in pieces)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an edition is made of the parts: fragments by name, and the values of its own slots."""

    fragments: frozenset[str]
    values: Mapping[str, str]
    assembly: Assembly

    @property
    def subject(self) -> str:
        """The Subject of the edition."""
        return self.values["subject"]

    def html(self, parts: Parts) -> tuple[Piece, ...]:
        """Return the HTML part's pieces; only the subscriber's slots are open."""
        return fill(parts.html_index.choose(self.fragments), self.values, html.escape)

    def text(self, parts: Parts) -> tuple[Piece, ...]:
        """Return the plaintext part's pieces; only the subscriber's slots are open."""
        return fill(parts.text_index.choose(self.fragments), self.values, str)


LINES = ("subject.txt.j2", "preheader.txt.j2")
"""The templates rendered anew for each edition; an approved issue keeps their sources."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """Parts, and the theme that they were rendered by."""

    theme: Theme
    parts: Parts


def render_parts(theme: Theme, issue: Issue, publication: Publication) -> Parts:
    """Render an issue once in full, in the theme's language, and cut it. Raises TemplateError."""
    marking = Marking.of((issue, publication, theme.words.language))
    view = whole_view(issue, publication, theme.words, marking.slot)
    return Parts(
        html=marking.cut(render_html(theme, view, marking.mark)),
        text=marking.cut(render_text(theme, view, marking.mark)),
    )


def recipe(theme: Theme, parts: Parts, edition: Edition, publication: Publication) -> Recipe:
    """Decide an edition's fragments, subject, preheader and counts.

    Raises TemplateError when a template says a section's count where the section itself may be missing.
    """
    fitted = fit(edition, parts.html_sizes)
    names, values = fitted.names(edition), _values(theme, edition, fitted, publication)
    try:
        return Recipe(names, values, Assembly.of(parts, names, values))
    except KeyError as error:
        raise TemplateError(
            f"issue.mjml.j2 or issue.txt.j2: the value {error} stands outside of its section's fragments;"
            " not every reader gets that section"
        ) from error


def whole_fit(parts: Parts, issue: Issue, language: str) -> Fit:
    """Fit the widest edition, which decides whose card an issue carries."""
    whole = edition_of(issue, (), language)
    if whole is None:
        return Fit({}, 0)
    return fit(whole, parts.html_sizes)


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
    view = edition_view(issue, edition, fitted, publication, theme.words, lambda name: values.get(name, ""))
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
        "total": theme.words.ngettext("%(num)s paper", "%(num)s papers", total),
        "overflow": overflow_words(theme.words, fitted.overflow),
        **{f"count{number}": str(count) for number, count in counts.items()},
    }


def overflow_words(words: Words, left_out: int) -> str:
    """Say how many papers had no room; "" where all had."""
    if not left_out:
        return ""
    return words.ngettext(
        "%(num)s more paper had no room in this issue.", "%(num)s more papers had no room in this issue.", left_out
    )
