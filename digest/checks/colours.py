"""Colours as numbers, and how well one can be read on another (WCAG 2.2, contrast ratio)."""

import re
from dataclasses import dataclass

from cssutils.css.colors import COLORS

_HEX = re.compile(r"#([0-9a-f]{3,4}|[0-9a-f]{6}|[0-9a-f]{8})(?![0-9a-f])")
_RGB = re.compile(r"rgba?\(([^()]*)\)")
_WORD = re.compile(r"(?<![\w#-])[a-z]+(?![\w(-])")


@dataclass(frozen=True, slots=True)
class Colour:
    """Red, green and blue from 0 to 255, and how much it covers, from 0 to 1."""

    red: float
    green: float
    blue: float
    alpha: float = 1.0

    def over(self, ground: "Colour") -> "Colour":
        """Return what is seen of it on a ground that covers all."""
        mix = (self.alpha * mine + (1 - self.alpha) * its for mine, its in zip(self._rgb, ground._rgb, strict=True))
        return Colour(*mix)

    @property
    def _rgb(self) -> tuple[float, float, float]:
        return self.red, self.green, self.blue

    def __str__(self) -> str:
        """Return it as style sheets write it."""
        return "#" + "".join(f"{round(part):02x}" for part in self._rgb)

    @property
    def luminance(self) -> float:
        """How light it is, from 0 to 1 (WCAG 2.2, relative luminance)."""
        parts = (part / 255 for part in self._rgb)
        red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: Colour, other: Colour) -> float:
    """Return the contrast ratio of two colours, from 1 to 21."""
    lighter, darker = sorted((one.luminance, other.luminance), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def colour_of(value: str) -> Colour | None:
    """Return the colour in a value of `color`, `background` or `bgcolor`; None where there is none that we read."""
    value = value.lower()
    if found := _HEX.search(value):
        return _of_hex(found[1])
    if found := _RGB.search(value):
        return _of_rgb(found[1])
    names = (COLORS.get(word) for word in _WORD.findall(value))
    return next((Colour(*known) for known in names if known), None)


def _of_hex(digits: str) -> Colour:
    if len(digits) < 6:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue, alpha = (int(digits[at : at + 2] or "ff", 16) for at in (0, 2, 4, 6))
    return Colour(red, green, blue, alpha / 255)


def _of_rgb(inside: str) -> Colour | None:
    parts = [part for part in re.split(r"[\s,/]+", inside) if part]
    if len(parts) not in (3, 4):
        return None
    try:
        red, green, blue = (_part(part, 255) for part in parts[:3])
        return Colour(red, green, blue, _part(parts[3], 1) if len(parts) == 4 else 1.0)
    except ValueError:
        return None


def _part(text: str, whole: float) -> float:
    number = float(text.removesuffix("%")) * whole / 100 if text.endswith("%") else float(text)
    return min(max(number, 0.0), whole)
