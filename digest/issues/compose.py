"""From ranked papers and their topics to an issue: every paper in exactly one section."""

from collections import defaultdict
from collections.abc import Container, Mapping, Sequence, Set
from dataclasses import dataclass, field
from datetime import date

from digest.issues.issue import Entry, Issue, IssueKey, Section
from digest.papers.paper import Paper
from digest.topics.diversity import Caps, cards, together
from digest.topics.topic import Topic

OTHER = Topic(id="_other", name="Other papers", description="Papers that fit none of the topics.")
"""The last section. Its id can't be a declared topic's, which never starts with an underscore."""

MAX_ENTRIES = 200
"""Papers an issue lists at most; a mail of 100,000 bytes holds no more. The others are counted."""


@dataclass(frozen=True, slots=True)
class Notes:
    """What is noted about papers, by id, beside their rank and topic.

    `first_of` names the first of a paper's group of near-duplicates, `lines` are those that may only be title
    lines, `pinned` those that the editors want, and `why` says in words why some stand where they do.
    """

    first_of: Mapping[str, str] = field(default_factory=dict)
    lines: Set[str] = frozenset()
    pinned: Set[str] = frozenset()
    why: Mapping[str, str] = field(default_factory=dict)


def compose(
    key: IssueKey,
    day: date,
    ranked: Sequence[Paper],
    topic_of: Mapping[str, str | None],
    topics: Sequence[Topic],
    caps: Caps,
    notes: Notes = Notes(),
) -> Issue:
    """Group `ranked` papers (best first) into the sections of a draft.

    `topic_of` maps paper ids to topic ids, None or an undeclared one for none. Sections stand in the order of
    their best paper, near-duplicates in them under the first of their group. Who gets a card is `cards`'s to say,
    by the trending order; the others are title lines. A section whose papers may all only be title lines is left
    out: they are no news by themselves.
    """
    places = {topic.id: number for number, topic in enumerate((*topics, OTHER), start=1)}
    known = {topic.id: topic for topic in (*topics, OTHER)}
    section_of = _sections(ranked, topic_of, places, notes.lines)
    listed = [paper for paper in ranked if paper.id in section_of]
    news = [paper for paper in listed if paper.id not in notes.lines]
    carded = cards(news, section_of, notes.first_of, caps, notes.pinned)
    ordered = _together(listed, section_of, notes.first_of)
    kept = {paper.id for paper in _kept(ordered, carded, section_of)}
    by_topic: dict[str, list[tuple[int, Paper]]] = defaultdict(list)
    for rank, paper in enumerate(ordered, start=1):
        by_topic[section_of[paper.id]].append((rank, paper))
    sections = [
        Section(
            topic=known[topic_id],
            number=places[topic_id],
            entries=tuple(
                Entry(p, rank, "card" if p.id in carded else "line", notes.why.get(p.id, ""))
                for rank, p in papers
                if p.id in kept
            ),
            left_over=sum(p.id not in kept for _, p in papers),
        )
        for topic_id, papers in by_topic.items()
    ]
    return Issue(key=key, day=day, number=None, sections=tuple(sorted(sections, key=standing)))


def standing(section: Section) -> tuple[bool, int]:
    """Return what sections are ordered by: their best paper, papers without a topic last."""
    return section.topic.id == OTHER.id, section.entries[0].rank


def _sections(
    ranked: Sequence[Paper], topic_of: Mapping[str, str | None], declared: Container[str], lines: Set[str]
) -> dict[str, str]:
    """Return the topic id of each paper that stands in a section."""
    found = {paper.id: topic_of.get(paper.id) or OTHER.id for paper in ranked}
    found = {paper_id: topic_id if topic_id in declared else OTHER.id for paper_id, topic_id in found.items()}
    news = {topic_id for paper_id, topic_id in found.items() if paper_id not in lines}
    return {paper_id: topic_id for paper_id, topic_id in found.items() if topic_id in news}


def _together(ranked: Sequence[Paper], section_of: Mapping[str, str], first_of: Mapping[str, str]) -> list[Paper]:
    """Return the papers with near-duplicates of a section behind the best of them."""
    groups = {p.id: f"{section_of[p.id]} {first_of.get(p.id, p.id)}" for p in ranked}
    return together(ranked, groups)


def _kept(ordered: Sequence[Paper], carded: Container[str], section_of: Mapping[str, str]) -> list[Paper]:
    """Return those the issue lists: each section's first, then those with a card, then by rank."""
    firsts = {section_of[paper.id]: paper for paper in reversed(ordered)}
    others = [paper for paper in ordered if firsts[section_of[paper.id]] is not paper]
    others.sort(key=lambda paper: paper.id not in carded)
    return [*firsts.values(), *others[: max(0, MAX_ENTRIES - len(firsts))]]
