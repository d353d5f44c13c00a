"""Checking topics: what an editor should look at, by the papers of the last weeks."""

from collections import Counter
from collections.abc import Iterator, Sequence

from digest.papers.paper import Paper
from digest.topics.descriptors import descriptor_vector
from digest.topics.frequencies import shipped_frequencies
from digest.topics.keywords import Keywords
from digest.topics.match import Matcher
from digest.topics.terms import PaperWords, Vocabulary, singular
from digest.topics.topic import Assignment, Topic

FEW_PAPERS = 30
"""From so many papers on it means something that a topic finds none."""
MANY_PAPERS = 100
"""From so many on it means something that a keyword finds none."""
SWALLOWS = 0.4
ALIKE = 0.5
RIVALS = 0.5
SHARED_KEYWORDS = 0.3
UNPLACED = 0.3
"""Parts of all papers; of the cosine; of two topics' papers; of the keywords of the shorter list; of all papers."""
SHOWN_KEYWORDS = 8


def check(topics: Sequence[Topic], papers: Sequence[Paper]) -> list[str]:
    """Return a warning for each topic that is empty, swallows much, or can't be told from another.

    Keywords that match none of the papers are named, and how many papers fit no topic. What only papers can
    tell is left out where there are fewer than `FEW_PAPERS`.
    """
    warnings = [warning for topic in topics for warning in _by_itself(topic)]
    assignments: list[Assignment] = []
    if len(papers) >= FEW_PAPERS:
        matcher = Matcher(topics, papers)
        assignments = [matcher.match(paper) for paper in papers]
        warnings += _sizes(topics, assignments)
    warnings += _pairs(topics, assignments)
    if len(papers) >= MANY_PAPERS:
        warnings += _idle_keywords(topics, papers)
    return warnings


def _by_itself(topic: Topic) -> Iterator[str]:
    if not topic.keywords and not topic.categories:
        yield f"{topic.id}: has neither keywords nor categories; its name and description alone find little"
    for keyword in topic.keywords:
        if sum(map(str.isalnum, keyword)) < 2:
            yield f"{topic.id}: the keyword {keyword!r} is too short to be looked for; write two letters or more"


def _sizes(topics: Sequence[Topic], assignments: Sequence[Assignment]) -> Iterator[str]:
    sizes = Counter(one.topic_id for one in assignments)
    for topic in topics:
        size, part = sizes[topic.id], sizes[topic.id] / len(assignments)
        if not size:
            yield f"{topic.id}: none of {len(assignments)} papers went there; add keywords, or drop the topic"
        elif part > SWALLOWS and len(topics) > 1:
            yield f"{topic.id}: swallows {part:.0%} of {len(assignments)} papers; split it, or narrow its keywords"
    if sizes[None] / len(assignments) > UNPLACED:
        yield (
            f"{sizes[None] / len(assignments):.0%} of {len(assignments)} papers fit no topic;"
            " `digest topics suggest` shows what they are about"
        )


def _pairs(topics: Sequence[Topic], assignments: Sequence[Assignment]) -> Iterator[str]:
    vocabulary = Vocabulary(shipped_frequencies(), ())
    vectors = [descriptor_vector(topic, vocabulary) for topic in topics]
    words = [{" ".join(map(singular, text.split())): text for text in topic.keywords} for topic in topics]
    sizes = Counter(one.topic_id for one in assignments)
    rivals = Counter(frozenset((one.topic_id, one.runner_up)) for one in assignments if one.topic_id)
    for number, topic in enumerate(topics):
        for other in range(number + 1, len(topics)):
            pair = f"{topic.id} and {topics[other].id}"
            likeness = sum(weight * vectors[other].get(term, 0.0) for term, weight in vectors[number].items())
            shared = [words[number][key] for key in words[number] if key in words[other]]
            fewest = min(len(words[number]), len(words[other]))
            both = sizes[topic.id] + sizes[topics[other].id]
            between = rivals[frozenset((topic.id, topics[other].id))]
            if likeness > ALIKE:
                yield f"{pair}: can't be told apart: {likeness:.0%} the same words; join them, or say what differs"
            elif shared and len(shared) >= SHARED_KEYWORDS * fewest:
                yield f"{pair}: share the keywords {_some(shared)}; keep each where it belongs"
            elif both >= FEW_PAPERS / 2 and between > RIVALS * both:
                yield f"{pair}: {between} of their {both} papers were between the two; say what differs, or join them"


def _idle_keywords(topics: Sequence[Topic], papers: Sequence[Paper]) -> Iterator[str]:
    keywords = Keywords(topics, Vocabulary(shipped_frequencies(), ()))
    found: list[set[str]] = [set() for _ in topics]
    for words in map(PaperWords.of, papers):
        for text in (words.title, words.abstract):
            for phrase in keywords.find(text):
                found[phrase.topic].add(phrase.text)
    for topic, matched in zip(topics, found, strict=True):
        idle = [text for text in topic.keywords if text not in matched]
        if idle:
            yield f"{topic.id}: no paper has {_some(idle)}"


def _some(keywords: Sequence[str]) -> str:
    more = f" and {len(keywords) - SHOWN_KEYWORDS} more" if len(keywords) > SHOWN_KEYWORDS else ""
    return ", ".join(map(repr, keywords[:SHOWN_KEYWORDS])) + more
