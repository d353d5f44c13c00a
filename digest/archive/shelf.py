"""What stands in the archive: the lists, their issues, and the papers of a topic, as values."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from digest.issues.issue import Issue, IssueKey
from digest.papers.paper import Paper
from digest.render.present import Publication


@dataclass(frozen=True, slots=True)
class Heading:
    """An issue in a row of others: its lead paper's title, and how many papers it names."""

    id: int
    key: IssueKey
    number: int
    day: date
    approved_at: datetime
    lead: str
    papers: int


@dataclass(frozen=True, slots=True)
class TopicHeading:
    """A topic that issues had a section for, by the name it had in the last; `papers` are all it ever had."""

    id: str
    name: str
    papers: int


@dataclass(frozen=True, slots=True)
class TopicPaper:
    """A paper under its topic, as it was, and the issue that named it."""

    paper: Paper
    heading: Heading


@dataclass(frozen=True, slots=True)
class Issued:
    """An issue as it was frozen: its papers, what was said of its list, and the domain that it was sent from."""

    heading: Heading
    issue: Issue
    publication: Publication
    language: str
    domain: str


@dataclass(frozen=True, slots=True)
class Shelf:
    """One list in the archive; `headings` come newest first. `id` is the list's permanent one, and part of URLs."""

    id: str
    name: str
    description: str
    language: str
    headings: Sequence[Heading]
