"""From ranked papers and their topics to an issue: every paper in exactly one section."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from digest.issues.issue import Entry, Issue, IssueKey, Section
from digest.papers.paper import Paper
from digest.topics.topic import Topic

OTHER = Topic(id="_other", name="Other papers", description="Papers that fit none of the topics.")
"""The last section. Its id can't be a declared topic's, which never starts with an underscore."""

MAX_ENTRIES = 200
"""Papers an issue lists at most; a mail of 100,000 bytes holds no more. The others are counted."""


def compose(
    key: IssueKey,
    day: date,
    ranked: Sequence[Paper],
    topic_of: Mapping[str, str | None],
    topics: Sequence[Topic],
    max_cards: int,
) -> Issue:
    """Group `ranked` papers (best first) into the sections of a draft.

    `topic_of` maps paper ids to topic ids, None or an undeclared one for none. Sections stand in the
    order of their best paper. The best paper of each section gets a card, then the others by rank
    until there are `max_cards`; the rest are title lines.
    """
    places = {topic.id: number for number, topic in enumerate((*topics, OTHER), start=1)}
    by_topic: dict[str, list[tuple[int, Paper]]] = defaultdict(list)
    for rank, paper in enumerate(ranked, start=1):
        topic_id = topic_of.get(paper.id) or OTHER.id
        by_topic[topic_id if topic_id in places else OTHER.id].append((rank, paper))
    firsts = {papers[0][0] for papers in by_topic.values()}
    kept = _best(len(ranked), firsts, MAX_ENTRIES)
    cards = _best(len(ranked), firsts, max_cards)
    known = {topic.id: topic for topic in (*topics, OTHER)}
    sections = [
        Section(
            topic=known[topic_id],
            number=places[topic_id],
            entries=tuple(
                Entry(paper, rank, "card" if rank in cards else "line") for rank, paper in papers if rank in kept
            ),
            left_over=sum(rank not in kept for rank, _ in papers),
        )
        for topic_id, papers in by_topic.items()
    ]
    last = places[OTHER.id]
    sections.sort(key=lambda section: (section.number == last, section.entries[0].rank))
    return Issue(key=key, day=day, number=None, sections=tuple(sections))


def _best(count: int, firsts: set[int], limit: int) -> set[int]:
    """Return the ranks of `limit` papers: each section's first, then by rank."""
    others = [rank for rank in range(1, count + 1) if rank not in firsts]
    return firsts | set(others[: max(0, limit - len(firsts))])
