"""The cascade: which declaration holds for an element, in a light and in a dark look (CSS Cascading Level 4, 6)."""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import cssselect
from lxml import etree
from lxml.cssselect import CSSSelector

from digest.checks.css import Declaration, Rule, declarations, rules, sheets

Look = Literal["light", "dark"]

_DARK = re.compile(r"prefers-color-scheme:\s*dark")
_LIGHT = re.compile(r"prefers-color-scheme:\s*light")
_OTHER = re.compile(r"(?:min|max)-|\bprint\b|@supports|orientation|prefers-(?!color-scheme)|[<>]")
"""Conditions that a mail program may not meet: what they guard isn't counted on."""

_LONGHANDS = {"background": ("background-color", "background-image")}
"""What a shorthand sets; each of them gets its whole value, to pick from."""

_Precedence = tuple[bool, bool, tuple[int, int, int], int]


class _Matcher(NamedTuple):
    find: CSSSelector
    specificity: tuple[int, int, int]


class Styles:
    """What the style sheets and style attributes of a document say of each element in one look."""

    def __init__(self, tree: Any, look: Look, names: frozenset[str]) -> None:
        """Work it out for the properties in `names`, shorthands among them."""
        self._held: dict[Any, dict[str, tuple[_Precedence, str]]] = {}
        order = 0
        for rule in _holding(tree, look):
            said = [one for one in rule.declarations if one.name in names]
            for matcher in filter(None, map(_matcher, rule.selectors)) if said else ():
                order += 1
                for element in matcher.find(tree):
                    self._say(element, said, (False, matcher.specificity, order))
        for element in tree.iter(etree.Element):
            if "style" in element.attrib:
                said = [one for one in declarations(element.get("style")) if one.name in names]
                self._say(element, said, (True, (0, 0, 0), 0))

    def of(self, element: Any) -> Mapping[str, str]:
        """Return the values that hold for an element itself, by property."""
        return {name: value for name, (_, value) in self._held.get(element, {}).items()}

    def _say(self, element: Any, said: list[Declaration], strength: tuple[bool, tuple[int, int, int], int]) -> None:
        held = self._held.setdefault(element, {})
        for one in said:
            precedence = (one.important, *strength)
            for name in _LONGHANDS.get(one.name, (one.name,)):
                if name not in held or held[name][0] <= precedence:
                    held[name] = precedence, one.value


def has_dark_look(tree: Any) -> bool:
    """Tell whether a style sheet says anything for a dark look; else each program does what it likes."""
    return any(_DARK.search(rule.within) for media, sheet in sheets(tree) for rule in rules(sheet, media))


def _holding(tree: Any, look: Look) -> Iterator[Rule]:
    other = _LIGHT if look == "dark" else _DARK
    for media, sheet in sheets(tree):
        for rule in rules(sheet, media):
            within = rule.within.lower()
            if rule.selectors and not other.search(within) and not _OTHER.search(within):
                yield rule


@lru_cache(maxsize=1024)
def _matcher(selector: str) -> _Matcher | None:
    """Return what finds the elements of a selector; None where we can't read it."""
    try:
        parsed = cssselect.parse(selector)
        return _Matcher(CSSSelector(selector, translator="html"), parsed[0].specificity())
    except (cssselect.SelectorError, etree.XPathError):
        return None
