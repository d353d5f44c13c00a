"""Style sheets and style attributes as rules, just as far as the checks need them.

The library that inlines styles drops what it doesn't know (variables, `:has()`, nesting), and that is what is looked
for here; so a sheet is read by its brackets (CSS Syntax Level 3, 5).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_TOKEN = re.compile(r"\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|\([^()]*\)|[{};]|[^{};\"'()]+|.", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Declaration:
    """A property, its value in lower case, and whether it is !important."""

    name: str
    value: str
    important: bool = False

    def __str__(self) -> str:
        """Return "name:value"."""
        return f"{self.name}:{self.value}"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a sheet: where it holds ("" for everywhere, else "@media …"), its selectors, what it says."""

    within: str
    selectors: tuple[str, ...]
    declarations: tuple[Declaration, ...]


def declarations(text: str) -> tuple[Declaration, ...]:
    """Return what a style attribute, or the inside of a rule, says."""
    found = []
    for one in _split(_COMMENT.sub(" ", text), ";"):
        name, colon, value = one.partition(":")
        if colon and name.strip():
            plain, bang, _ = value.lower().partition("!important")
            found.append(Declaration(name.strip().lower(), " ".join(plain.split()), bool(bang)))
    return tuple(found)


def rules(sheet: str, within: str = "") -> Iterator[Rule]:
    """Yield the rules of a style sheet in order, those inside of an at-rule too."""
    for head, body in _blocks(_COMMENT.sub(" ", sheet)):
        if body is None:
            if head.startswith("@"):  # such as @import
                yield Rule(head, (), ())
        elif head.lower().startswith(("@media", "@supports", "@layer")):
            yield from rules(body, f"{within} {head}".strip())
        elif head.startswith("@"):
            yield Rule(head, (), declarations(body))
        else:
            yield Rule(within, tuple(s.strip() for s in _split(head, ",")), declarations(body))


def sheets(tree: Any) -> Iterator[tuple[str, str]]:
    """Yield the style sheets of a document, each with its `media` attribute as an at-rule."""
    for element in tree.iter("style"):
        media = str(element.get("media") or "").strip()
        yield (f"@media {media}" if media and media != "all" else ""), str(element.text or "")


def _blocks(sheet: str) -> Iterator[tuple[str, str | None]]:
    """Yield what stands before a block and the block's inside; None for a statement without one."""
    head, start, depth = "", 0, 0
    for token in _TOKEN.finditer(sheet):
        text = token[0]
        if text == "{":
            depth += 1
            if depth == 1:
                start = token.end()
        elif text == "}" and depth:
            depth -= 1
            if depth == 0:
                yield " ".join(head.split()), sheet[start : token.start()]
                head = ""
        elif depth == 0:
            if text == ";":
                yield " ".join(head.split()), None
            head = "" if text in ";}" else head + text


def _split(text: str, separator: str) -> list[str]:
    """Split at a separator that stands in no string and in no brackets."""
    pieces, depth, quote = [""], 0, ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "\"'":
            quote = char
        else:
            depth += (char in "([") - (char in ")]")
            if char == separator and depth <= 0:
                pieces.append("")
                continue
        pieces[-1] += char
    return [piece for piece in pieces if piece.strip()]
