"""A specimen: an issue of made-up papers, so that all that is odd in its rendering is the theme's own.

What strangers wrote may hold anything: a paper may be called "{{cookiecutter}}", and no search of a real issue could
tell that from a mistake of the template. The specimen has every form of a paper, with and without each thing it can
have, and two of the list's own topics.
"""

from collections.abc import Sequence
from datetime import date

from digest.issues.issue import Entry, Issue, IssueKey, Section
from digest.papers.paper import Links, Paper, Signals
from digest.topics.topic import Topic

_ABSTRACT = "A sentence of a made-up abstract tells what was done in some detail. "
_PAGE = "https://papers.example.org"


def specimen(topics: Sequence[Topic], day: date) -> Issue:
    """Return an issue of the first two topics: every kind of entry, and a lead of which only the title is known."""
    first, second = (*topics[:2], Topic("one", "One"), Topic("two", "Two"))[:2]
    entries = _every_kind()
    lone = Entry(_bare("Sample five"), len(entries) + 1, "line")
    sections = (Section(first, 1, entries, left_over=2), Section(second, 2, (lone,)))
    return Issue(IssueKey("specimen", "daily", day.isoformat()), day, 1, sections)


def _every_kind() -> tuple[Entry, ...]:
    return (
        Entry(_full("Sample one"), 1, "card", why="upvotes rise"),
        Entry(_bare("Sample two"), 2, "card"),
        Entry(_full("Sample three"), 3, "line", why="updated"),
        Entry(_bare("Sample four"), 4, "line"),
    )


def _full(title: str) -> Paper:
    """Return a paper with all that a record can have."""
    return Paper(
        id=f"specimen:{title}",
        title=title,
        abstract=_ABSTRACT * 11,
        tldr="A made-up sentence.",
        authors=("Ada Sample", "Ben Sample", "Cleo Sample", "Dan Sample", "Eve Sample", "Finn Sample"),
        organization="Sample University",
        published=date(2026, 1, 2),
        listed=date(2026, 1, 3),
        categories=("cs.CL",),
        keywords=("samples",),
        links=Links(*(f"{_PAGE}/{name}" for name in ("page", "pdf", "code", "project", "picture.png"))),
        signals=Signals(upvotes=12, comments=3, stars=4),
        version=2,
    )


def _bare(title: str) -> Paper:
    """Return a paper of which nothing but its title is known."""
    return Paper(id=f"specimen:{title}", title=title)
