"""Checks for what some mail programs don't support, by the table in `support`."""

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any

from digest.checks.css import Rule, declarations, rules, sheets
from digest.checks.facts import Facts
from digest.checks.finding import Finding
from digest.checks.mail import Mail
from digest.checks.support import FEATURES, GMAIL, STYLE_LIMIT, Feature, Where

_TOLD = ("hidden", "href", "rel", "src", "srcset")
"""Attributes that the table speaks of, beside those that hold scripts."""


def features(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find features that are missed where they aren't supported, each once, with an example."""
    examples: dict[str, tuple[Feature, str]] = {}
    for feature, example in _used(mail.tree):
        examples.setdefault(feature.name, (feature, example))
    for feature in FEATURES:
        if feature.name in examples and not feature.harmless:
            _, example = examples.pop(feature.name)
            yield _warning(f"{feature.name}: not in {_listed(feature.missing)}; such as {example!r}")
    for _, sheet in sheets(mail.tree):
        if len(sheet) > STYLE_LIMIT:
            yield _warning(f"a <style> has {len(sheet):,} characters; {GMAIL} drops one of over {STYLE_LIMIT:,}")


def _used(tree: Any) -> Iterator[tuple[Feature, str]]:
    """Yield the features a document uses, with what shows it; what is hidden from all doesn't count."""
    for media, sheet in sheets(tree):
        for rule in rules(sheet, media):
            yield from _of_rule(rule)
    waiting = [tree]
    while waiting:
        element = waiting.pop()
        said = declarations(element.get("style") or "")
        if any(str(one) == "display:none" for one in said):
            continue
        for one in said:
            yield from _found("property", str(one), element.tag)
        for shown in _shown(element):
            yield from _found("element", shown)
        waiting += [child for child in reversed(element) if isinstance(child.tag, str)]


def _of_rule(rule: Rule) -> Iterator[tuple[Feature, str]]:
    if rule.within:
        yield from _found("at-rule", rule.within)
        return  # what it guards is for those that support it
    for selector in rule.selectors:
        yield from _found("selector", selector)
    for one in rule.declarations:
        yield from _found("property", str(one), "")


def _shown(element: Any) -> Iterable[str]:
    yield str(element.tag)
    for name, value in element.attrib.items():
        if name in _TOLD or name.startswith("on"):
            yield f"{element.tag}[{name}={str(value).lower()[:200]}"


@cache
def _patterns(where: Where) -> tuple[tuple[Feature, re.Pattern[str]], ...]:
    return tuple((feature, re.compile(feature.pattern)) for feature in FEATURES if feature.where == where)


def _found(where: Where, text: str, tag: str | None = None) -> Iterator[tuple[Feature, str]]:
    for feature, pattern in _patterns(where):
        if pattern.search(text) and not (feature.elements and tag and tag not in feature.elements):
            yield feature, text if len(text) <= 60 else text[:59] + "…"


def _listed(names: tuple[str, ...]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _warning(text: str) -> Finding:
    return Finding("warning", "features", text)
