"""The pages of the archive, each a text of what stands on it. Pure: the same shelf gives the same bytes."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from digest.archive import addresses
from digest.archive.shelf import Heading, Issued, Shelf, TopicHeading, TopicPaper
from digest.issues.edition import edition_of
from digest.papers.cues import is_english
from digest.papers.paper import Paper
from digest.render.fit import Fit
from digest.render.parts import overflow_words
from digest.render.present import authors_line, edition_view, page_of, search_url
from digest.render.theme import Theme
from digest.render.view import IssueView
from digest.render.words import ENGLISH, Words, offered

PER_PAGE = 100
"""Papers on a closed page of a topic, which stays as it is whatever comes after."""

LEAST = 50
"""Papers that a topic's newest page has at least, where there are so many."""

MOST_AUTHORS = 30
"""Authors of a paper that are all named; of more, a few are."""

NEWEST = 5
"""Issues of a list on the first page."""


@dataclass(frozen=True, slots=True)
class Pages:
    """Makes pages: `theme` gives the archive's templates in a language (BCP 47).

    `base` is the address of the archive's root without a slash at its end, "" where it isn't known; what needs an
    absolute address is left out then. `home` is the root as seen from anywhere, for the page that stands where nothing
    is.
    """

    site_name: str
    language: str
    base: str
    home: str
    theme: Callable[[str], Theme]

    def index(self, shelves: Sequence[Shelf]) -> str:
        """Return the first page."""
        return self._page("index.html.j2", addresses.PAGE, self.language, shelves=shelves, newest=NEWEST)

    def missing(self) -> str:
        """Return the page for an address where nothing is; its links lead from wherever it is shown."""
        return self._page("missing.html.j2", addresses.MISSING, self.language)

    def of_list(self, shelf: Shelf, topics: Sequence[TopicHeading]) -> str:
        """Return a list's page: its issues by month, its topics."""
        months = [(key, list(found)) for key, found in groupby(shelf.headings, lambda one: one.day.replace(day=1))]
        return self._page(
            "list.html.j2", addresses.of_list(shelf.id), shelf.language, shelf=shelf, topics=topics, months=months
        )

    def of_issue(self, shelf: Shelf, issued: Issued, newer: Heading | None, older: Heading | None) -> str:
        """Return an issue's page, with all its papers and their whole abstracts."""
        return self._page(
            "issue.html.j2",
            addresses.of_issue(shelf.id, issued.heading.key.period),
            issued.language,
            shelf=shelf,
            issue=self._view(issued),
            heading=issued.heading,
            abstracts={entry.rank: entry.paper.abstract for entry in issued.issue.entries},
            authors={entry.rank: all_authors(entry.paper.authors) for entry in issued.issue.entries},
            spoken={entry.rank: self._spoken(entry.paper, issued.language) for entry in issued.issue.entries},
            topic_ids={section.number: section.topic.id for section in issued.issue.sections},
            newer=newer,
            older=older,
        )

    def of_topic(self, shelf: Shelf, topic: TopicHeading, papers: Sequence[TopicPaper], page: int | None) -> str:
        """Return a page of a topic's papers, by issue: the newest, or the closed one of number `page`."""
        return self._page(
            "topic.html.j2",
            addresses.of_topic(shelf.id, topic.id, page),
            shelf.language,
            shelf=shelf,
            topic=topic,
            issues=[(heading, list(found)) for heading, found in groupby(papers, lambda one: one.heading)],
            page=page,
            closed=closed_pages_of(topic),
        )

    def feed(self, shelf: Shelf, newest: Sequence[Issued], first: Issued) -> str:
        """Return a list's Atom feed (RFC 4287) of its newest issues; its id is from the `first` it ever had."""
        return self._page(
            "feed.xml.j2",
            addresses.of_feed(shelf.id),
            shelf.language,
            shelf=shelf,
            entries=[(one, self._view(one)) for one in newest],
            first=first,
            updated=max(one.heading.approved_at for one in newest),
        )

    def sitemap(self, places: Iterable[tuple[str, datetime | None]]) -> str:
        """Return the sitemap of these pages and when each last changed. Needs `base`."""
        return self._page("sitemap.xml.j2", addresses.SITEMAP, self.language, places=places)

    def _spoken(self, paper: Paper, language: str) -> str:
        """Return the language of a paper where it isn't the page's, so that it is read out as such (WCAG 3.1.2)."""
        is_other = offered(language, (ENGLISH,)) is None and paper.abstract and is_english(paper.abstract)
        return ENGLISH if is_other else ""

    def _view(self, issued: Issued) -> IssueView:
        return archive_view(issued, self.theme(issued.language).words)

    def _page(self, template: str, path: str, language: str, **more: Any) -> str:
        theme = self.theme(language)
        root = self.home if path == addresses.MISSING else addresses.root_from(path)
        rendered = theme.render(
            template,
            site_name=self.site_name,
            base=self.base,
            path=path,
            root=root,
            words=theme.words,
            at=addresses,
            short_authors=authors_line,
            url_of=url_of,
            **more,
        )
        return "\n".join(line.rstrip() for line in rendered.splitlines() if line.strip()) + "\n"


def closed_pages_of(topic: TopicHeading) -> int:
    """Return how many pages of a topic are closed. They are counted from the oldest paper, so that none changes."""
    return max(0, (topic.papers - LEAST) // PER_PAGE)


def all_authors(authors: tuple[str, ...]) -> str:
    """Name all authors, unless they are very many."""
    if len(authors) > MOST_AUTHORS:
        return authors_line(authors)
    return ", ".join(authors_line((author,)) for author in authors)


def url_of(one: TopicPaper) -> str:
    """Return where a paper can be read, or a search for its title."""
    return page_of(one.paper) or search_url(one.paper.title)


def archive_view(issued: Issued, words: Words) -> IssueView:
    """Return the view of a whole issue, each paper with most room; nothing of it is for one subscriber."""
    issue = issued.issue
    whole = edition_of(issue, (), words.language)
    assert whole is not None
    left_over = sum(section.left_over for section in issue.sections)
    values = {f"count{section.number}": str(len(section.entries)) for section in whole.sections} | {
        "subject": issued.heading.lead,
        "total": words.ngettext("%(num)s paper", "%(num)s papers", len(issue.entries) + left_over),
        "overflow": overflow_words(words, left_over),
    }
    fitted = Fit({entry.rank: "lead" for section in whole.sections for entry in section.entries}, left_over)
    return edition_view(issue, whole, fitted, issued.publication, words, lambda name: values.get(name, ""))
