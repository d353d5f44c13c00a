"""The paper: one record of research, as every later step sees it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any


@dataclass(frozen=True, slots=True)
class Links:
    """Where a paper can be read, and a picture of it; every one is http(s) or None."""

    paper: str | None = None
    pdf: str | None = None
    code: str | None = None
    project: str | None = None
    thumbnail: str | None = None


@dataclass(frozen=True, slots=True)
class Signals:
    """How much attention a paper got, as counts; None where the source doesn't say."""

    upvotes: int | None = None
    comments: int | None = None
    stars: int | None = None


@dataclass(frozen=True, slots=True)
class Paper:
    """One research paper.

    `id` is "arxiv:2403.01234" (without version), "doi:10.…" or "<source>:<local id>".
    Texts are clean: one line, no control characters, LaTeX as Unicode. `tldr` is a sentence or two that
    the source itself has of it. `other_ids` are further canonical ids of the same paper ("doi:…").
    `version` is that of arXiv or of a preprint server, 1-based. `listed` is the day on which the source
    listed or announced it, and `position` its place in that listing, 1-based, where its order means
    something. `news` is False for an announced replacement, which only updates what is known. `extra` keeps
    the keys of the record that the program has no use for yet.
    """

    id: str
    title: str
    abstract: str = ""
    tldr: str = ""
    authors: tuple[str, ...] = ()
    organization: str = ""
    published: date | None = None
    listed: date | None = None
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    links: Links = field(default_factory=Links)
    signals: Signals = field(default_factory=Signals)
    source: str = "file"
    position: int | None = None
    version: int | None = None
    news: bool = True
    other_ids: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong in an input, and what became of it.

    `line` is 1-based, None where a line says nothing. `refused` tells whether the record was left
    out; otherwise it was loaded as far as it goes.
    """

    where: str
    line: int | None
    reason: str
    refused: bool

    def __str__(self) -> str:
        """Return "file:line: reason", the way compilers say it."""
        place = self.where if self.line is None else f"{self.where}:{self.line}"
        return f"{place}: {self.reason}"


@dataclass(frozen=True, slots=True)
class Parsed:
    """What a source's text held: the papers, and every problem met on the way."""

    papers: tuple[Paper, ...]
    problems: tuple[Problem, ...] = ()
