"""Checks that text can be read on its ground, in a light and in a dark look (WCAG 2.2, 1.4.3)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from digest.checks.cascade import Look, Styles, has_dark_look
from digest.checks.colours import Colour, colour_of, contrast
from digest.checks.facts import Facts
from digest.checks.finding import Finding
from digest.checks.mail import Mail

ENOUGH, ENOUGH_IF_LARGE = 4.5, 3.0
"""Contrast ratios of level AA, for text and for large text."""

LARGE, LARGE_IF_BOLD = 24.0, 18.66
"""From how many px on text is large."""

_NAMES = frozenset(
    {"color", "background", "background-color", "background-image", "font-size", "font-weight", "display", "visibility"}
)
_GROUND: Mapping[Look, tuple[str, str, str]] = {
    "light": ("#000000", "#ffffff", "#0000ee"),
    "dark": ("#ffffff", "#121212", "#9e9eff"),
}
"""What a program takes where the mail says nothing: for text, ground, and links."""

_UNITS = {"px": 1.0, "pt": 4 / 3, "pc": 16.0, "in": 96.0, "cm": 96 / 2.54, "mm": 9.6 / 2.54, "rem": 16.0}
_LENGTH = re.compile(r"([\d.]+)(px|pt|pc|in|cm|mm|rem|em|%)?").fullmatch
_URL = re.compile(r"url\([^()]*\)|gradient\(")
_BOLD = ("b", "strong", "th", "h1", "h2", "h3", "h4", "h5", "h6")
_SILENT = ("head", "script", "style", "title", "template")


@dataclass(frozen=True, slots=True)
class _Look:
    """How text stands at some place; `ground` is None over a picture."""

    ink: Colour
    ground: Colour | None
    size: float
    bold: bool

    @property
    def large(self) -> bool:
        """Whether the text is large enough for a lower contrast."""
        return self.size >= LARGE or (self.bold and self.size >= LARGE_IF_BOLD)


def contrasts(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find text that can't be read well, once for each pair of colours."""
    looks: tuple[Look, ...] = ("light", "dark") if has_dark_look(mail.tree) else ("light",)
    for look in looks:
        told: dict[tuple[Colour, Colour, bool], str] = {}
        for text, found in _texts(mail.tree, look):
            if found.ground is None:
                continue
            ink = found.ink.over(found.ground)
            if contrast(ink, found.ground) < (ENOUGH_IF_LARGE if found.large else ENOUGH):
                told.setdefault((ink, found.ground, found.large), text)
        for (ink, ground, large), text in told.items():
            yield Finding("warning", "contrast", f"{look}: {_sentence(ink, ground, large, text)}")


def _sentence(ink: Colour, ground: Colour, large: bool, text: str) -> str:
    shown = text if len(text) <= 40 else text[:39] + "…"
    # Cut and not rounded: 4.499 must not be told as 4.5.
    ratio = int(contrast(ink, ground) * 100) / 100
    wanted = ENOUGH_IF_LARGE if large else ENOUGH
    return f"{ink} on {ground} has {ratio:.2f}:1 and needs {wanted:g}:1, in {shown!r}"


def _texts(tree: Any, look: Look) -> Iterator[tuple[str, _Look]]:
    """Yield each piece of text that is shown, and how it stands."""
    ink, ground, _ = (colour_of(value) for value in _GROUND[look])
    assert ink is not None
    styles = Styles(tree, look, _NAMES)
    waiting = [(tree, _Look(ink, ground, 16.0, bold=False))]
    while waiting:
        element, outer = waiting.pop()
        own = styles.of(element)
        if element.tag in _SILENT or own.get("display") == "none" or own.get("visibility") == "hidden":
            continue
        inner = _inside(element, own, outer, look)
        texts = [element.text, *(child.tail for child in element)]
        if inner.size > 1 and (shown := " ".join(" ".join(text for text in texts if text).split())):
            yield shown, inner
        waiting += [(child, inner) for child in reversed(element) if isinstance(child.tag, str)]


def _inside(element: Any, own: Mapping[str, str], outer: _Look, look: Look) -> _Look:
    ground = _ground(element, own, outer.ground)
    ink = colour_of(own.get("color") or element.get("color") or "")
    if ink is None and element.tag == "a" and element.get("href") and own.get("color") != "inherit":
        ink = colour_of(_GROUND[look][2])
    return _Look(ink or outer.ink, ground, _size(own, outer.size), _bold(element, own, outer.bold))


def _ground(element: Any, own: Mapping[str, str], outer: Colour | None) -> Colour | None:
    said = own.get("background-color") or element.get("bgcolor") or ""
    if _URL.search(own.get("background-image", "")) or element.get("background"):
        return None
    colour = colour_of(said)
    if colour is None or colour.alpha == 0:
        return outer
    return colour.over(outer) if outer is not None else replace(colour, alpha=1.0) if colour.alpha == 1 else None


def _size(own: Mapping[str, str], outer: float) -> float:
    found = _LENGTH(own.get("font-size", ""))
    if not found:
        return outer
    number, unit = float(found[1] or 0), found[2] or "px"
    if unit in ("em", "%"):
        return number * outer / (100 if unit == "%" else 1)
    return number * _UNITS[unit]


def _bold(element: Any, own: Mapping[str, str], outer: bool) -> bool:
    weight = own.get("font-weight", "")
    if weight.isdigit():
        return int(weight) >= 700
    return weight in ("bold", "bolder") or (not weight and (outer or element.tag in _BOLD))
