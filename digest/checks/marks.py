"""Checks a theme for marks that were never resolved: what its author took for code, and readers would see."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import astuple
from datetime import date

from digest.checks.finding import Finding
from digest.checks.specimen import specimen
from digest.errors import TemplateError
from digest.issues.edition import edition_of
from digest.render.html import mjml_source
from digest.render.parts import Parts, recipe
from digest.render.present import Publication, whole_view
from digest.render.text import render_text
from digest.render.theme import Theme
from digest.topics.topic import Topic

_DAY = date(2026, 1, 5)

_MARK = re.compile(
    r"\{\{|\{%|\{\#"  # Jinja's own, in a string or a raw block
    r"|\[object \w+\]|\{(?:'|&\#39;)|\b\w*(?:View|mappingproxy)\("  # a whole value in place of one of its fields
    r"|bound method |built-in method |object at 0x",  # a function that wasn't called
)
_NONE = re.compile(r"(?<![\w-])None\b(?! [a-z])")
"""A value that isn't there, printed; "None of them" is a sentence."""


def unresolved(theme: Theme, publication: Publication, topics: Sequence[Topic]) -> Iterator[Finding]:
    """Find marks in what the theme makes of a specimen, the operator's own words included.

    A theme that fails on it is warned of: it may do well with the papers of the day.
    """
    own = " ".join([*map(str, astuple(publication)), *(topic.name for topic in topics)])
    patterns = (_MARK,) if _NONE.search(own) else (_MARK, _NONE)
    for topic in topics:
        if found := _MARK.search(topic.name):
            yield _left(f"topics.{topic.id}.name", found)
    try:
        everything = _rendered(theme, publication, topics)
    except TemplateError as error:
        yield Finding("warning", "theme", f"it fails on some kinds of papers: {error}")
        return
    for name, rendered in everything.items():
        for found in filter(None, (pattern.search(rendered) for pattern in patterns)):
            yield _left(name, found)


def _left(where: str, found: re.Match[str]) -> Finding:
    around = " ".join(found.string[max(0, found.start() - 20) : found.end() + 20].split())
    return Finding("error", "marks", f"{where}: {found[0].strip()!r} is left in what readers see, near {around!r}")


def _rendered(theme: Theme, publication: Publication, topics: Sequence[Topic]) -> Mapping[str, str]:
    """Return by template what a theme makes of the specimen: of the HTML its source, which tells as much."""
    issue = specimen(topics, _DAY)
    view = whole_view(issue, publication, theme.words, lambda name: name)
    edition = edition_of(issue, (), theme.words.language)
    assert edition is not None
    values = recipe(theme, Parts((), ()), edition, publication).values
    return {
        "issue.mjml.j2": mjml_source(theme, view),
        "issue.txt.j2": render_text(theme, view),
        "subject.txt.j2": values["subject"],
        "preheader.txt.j2": values["preheader"],
    }
