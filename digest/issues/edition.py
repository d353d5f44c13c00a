"""The edition: which sections of an issue a reader gets, and what leads them."""

from collections.abc import Collection
from dataclasses import replace
from hashlib import sha256

from digest.issues.issue import Edition, Issue, Section


def edition_of(issue: Issue, topics: Collection[str], language: str) -> Edition | None:
    """Return the edition for readers of `topics` (ids; empty for all), or None when it is empty.

    Readers whose wishes come to the same sections share an edition, and so its key. A section of which
    only the lead has room stays, without entries, for the count of those that have none.
    """
    sections = [s for s in issue.sections if not topics or s.topic.id in topics]
    if not sections:
        return None
    lead = min((s.entries[0] for s in sections), key=lambda entry: entry.rank)
    key = sha256("\0".join([language, *(s.topic.id for s in sections)]).encode()).hexdigest()[:16]
    rest = (_without(s, lead.rank) for s in sections)
    kept = tuple(s for s in rest if s.entries or s.left_over)
    return Edition(key=key, language=language, lead=lead, sections=kept)


def leads(issue: Issue) -> frozenset[int]:
    """Return the ranks of the entries that lead some edition: the first of each section."""
    return frozenset(section.entries[0].rank for section in issue.sections)


def _without(section: Section, rank: int) -> Section:
    return replace(section, entries=tuple(e for e in section.entries if e.rank != rank))
