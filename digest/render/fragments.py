"""Cut a full rendering into fragments, and join the fragments of an edition.

An issue is rendered once in full, with a marker before and after each piece that an edition may
leave out, and a placeholder (slot) for each value that differs between editions or subscribers. Both
carry a nonce derived from the issue itself, so that no title or abstract can contain one.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256

from digest.errors import TemplateError
from digest.render.encode import decoded_size, inline, quoted_printable


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of a value that is filled in later."""

    name: str


Piece = bytes | Slot

_TELLING = 12
"""Characters of a nonce that no text holds by chance."""


@dataclass(frozen=True, slots=True)
class Element:
    """A stretch of a rendering: a fragment that can be chosen, or (name None) what always stands.

    `size` is its decoded size in bytes without its slots.
    """

    name: str | None
    pieces: tuple[Piece, ...]
    size: int


@dataclass(frozen=True, slots=True)
class Marking:
    """How fragments and slots of one issue are written while it is rendered."""

    nonce: str

    @classmethod
    def of(cls, content: object) -> "Marking":
        """Derive the marking from the content itself; to forge it, text would have to hold its own hash."""
        digest = sha256(repr(content).encode("utf-8", "surrogatepass")).hexdigest()
        return cls(nonce=f"d{digest[:20]}")

    def mark(self, name: str) -> tuple[str, str]:
        """Return the comments that open and close the fragment `name`, such as "card:7"."""
        return f"<!--{self.nonce} {name}-->", f"<!--/{self.nonce}-->"

    def slot(self, name: str) -> str:
        """Return the placeholder of the slot `name` (lower-case letters, then digits)."""
        return f"{self.nonce}_{name}_"

    def cut(self, rendered: str) -> tuple[Element, ...]:
        """Cut a rendering at its markers.

        White space alone between two fragments goes. Raises TemplateError when a marker or a slot was
        lost or changed, or fragments are nested, which only a template can do.
        """
        elements: list[Element] = []
        end = 0
        pattern = re.compile(rf"<!--{self.nonce} ([a-z]+:\d+)-->(.*?)<!--/{self.nonce}-->", re.DOTALL)
        for match in pattern.finditer(rendered):
            elements.extend(self._element(None, rendered[end : match.start()]))
            elements.extend(self._element(match[1], match[2]))
            end = match.end()
        elements.extend(self._element(None, rendered[end:]))
        return tuple(elements)

    def _element(self, name: str | None, text: str) -> Iterable[Element]:
        text = text.removeprefix("\n")
        if not text.strip() and name is None:
            return
        if not text.endswith("\n"):
            text += "\n"
        parts = re.split(rf"{self.nonce}_([a-z]+[0-9]*)_", text)
        pieces: list[Piece] = []
        for index, part in enumerate(parts):
            if index % 2:
                pieces.append(Slot(part))
            elif part:
                self._expect_text(name, part)
                pieces.append(quoted_printable(part) if part.endswith("\n") else inline(part))
        yield Element(name, tuple(pieces), sum(decoded_size(p) for p in parts[::2]))

    def _expect_text(self, name: str | None, part: str) -> None:
        # The nonce's beginning, in any case: a filter may have cut a slot short, or made it upper case.
        at = part.lower().find(self.nonce[:_TELLING])
        if at < 0:
            return
        where = f"in the fragment {name}" if name else "outside of fragments"
        if part[:at].endswith(("<!--", "<!--/")):
            raise TemplateError(
                f"{where}: a fragment of the template stands inside another, isn't closed, or has no name"
                " such as card:7; close one before the next"
            )
        raise TemplateError(
            f"{where}: a filter of the template changed a slot (a subject, count, name or link, which is filled in"
            " later); write it without a filter"
        )


class Index:
    """The elements of one format by name, so that choosing twenty needn't look at a thousand."""

    def __init__(self, elements: Iterable[Element]) -> None:
        """Note where each fragment stands, which can be in several places."""
        self._elements = tuple(elements)
        self._standing: dict[str | None, list[int]] = {}
        for place, element in enumerate(self._elements):
            self._standing.setdefault(element.name, []).append(place)

    def choose(self, names: Collection[str]) -> tuple[Piece, ...]:
        """Return the pieces of an edition: what always stands, and the fragments named."""
        places = sorted(place for name in {None, *names} for place in self._standing.get(name, ()))
        return tuple(piece for place in places for piece in self._elements[place].pieces)


def fill(pieces: Iterable[Piece], values: Mapping[str, str], escape: Callable[[str], str]) -> tuple[Piece, ...]:
    """Fill the slots that `values` names with escaped text, and merge the bytes; others stay."""
    ready = {name: inline(escape(value)) for name, value in values.items()}
    merged: list[Piece] = []
    run: list[bytes] = []
    for piece in pieces:
        filled = ready.get(piece.name, piece) if isinstance(piece, Slot) else piece
        if isinstance(filled, bytes):
            run.append(filled)
        else:
            merged += [b"".join(run), filled]
            run = []
    return (*merged, b"".join(run))


def sizes(elements: Iterable[Element]) -> dict[str, int]:
    """Return the decoded size of each fragment by name; what always stands is under ""."""
    found: dict[str, int] = {"": 0}
    for element in elements:
        found[element.name or ""] = found.get(element.name or "", 0) + element.size
    return found
