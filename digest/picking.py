"""Pick: an editor pins a paper to a list or drops it, and drafts that are there follow."""

from dataclasses import dataclass
from datetime import datetime
from typing import get_args

from sqlalchemy import Connection

from digest import pipeline
from digest.config.settings import Frequency
from digest.errors import InputError
from digest.issues.issue import IssueKey
from digest.issues.states import IssueState
from digest.papers.ids import known_ids
from digest.papers.paper import Paper
from digest.papers.sentences import cut
from digest.site import MailingList, Site
from digest.store import issues, papers, picks
from digest.store.issues import StoredIssue

FIXED = (IssueState.APPROVED, IssueState.SENDING, IssueState.PAUSED)
"""The states of an issue that is on its way and can't be changed any more."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """An issue that is on its way and stays as it is, and whether the paper stands in it."""

    key: IssueKey
    state: IssueState
    has_paper: bool


@dataclass(frozen=True, slots=True)
class Picked:
    """Which paper was meant, and what came of it.

    `rebuilt` are the drafts that were built again, `emptied` those of which nothing was left, `fixed` the issues
    that can't be changed any more. `carried` are the frequencies in which the paper had its card already.
    """

    paper: Paper
    rebuilt: tuple[IssueKey, ...] = ()
    emptied: tuple[IssueKey, ...] = ()
    fixed: tuple[Fixed, ...] = ()
    carried: tuple[Frequency, ...] = ()


def pick(site: Site, mailing_list: MailingList, words: str, verb: picks.Pick | None, now: datetime) -> Picked:
    """Pin or drop the paper that `words` name, or with None take that back. Raises InputError, TemplateError."""
    with site.store.begin() as connection:
        paper = one_paper(connection, words)
        if verb is not None:
            picks.pick(connection, mailing_list.id, paper.id, verb, now)
        elif not picks.unpick(connection, mailing_list.id, paper.id):
            raise InputError(f"{mailing_list.name}: {paper.id} is neither pinned nor dropped there")
        drafts: list[tuple[Frequency, StoredIssue]] = []
        fixed: list[Fixed] = []
        carried: list[Frequency] = []
        for frequency in get_args(Frequency):
            newest = issues.newest(connection, mailing_list.id, frequency)
            if newest is not None and newest.state is IssueState.DRAFT:
                drafts.append((frequency, newest))
            elif newest is not None and newest.state in FIXED:
                fixed.append(Fixed(newest.key, newest.state, _stands_in(connection, newest, paper)))
            if paper.id in issues.carried(connection, mailing_list.id, frequency):
                carried.append(frequency)
    rebuilt: list[IssueKey] = []
    emptied: list[IssueKey] = []
    for frequency, draft in drafts:
        again = pipeline.build_apart(site, mailing_list, frequency, draft.day, lambda: now)
        (emptied if again is None else rebuilt).append(draft.key)
    return Picked(paper, tuple(rebuilt), tuple(emptied), tuple(fixed), tuple(carried))


def _stands_in(connection: Connection, stored: StoredIssue, paper: Paper) -> bool:
    placed = papers.by_id(connection, (entry.paper_id for entry in issues.entries(connection, stored.id)))
    return any(found.id == paper.id for found in placed.values())


def one_paper(connection: Connection, words: str) -> Paper:
    """Return the one stored paper that `words` name, as `papers_called` finds it. Raises InputError."""
    found = papers_called(connection, words)
    if len(found) > 1:
        some = "; ".join(f"{paper.id} ({cut(paper.title, 50)})" for paper in found[:4])
        raise InputError(f"{words!r} names {len(found)} papers: {some}{' …' if len(found) > 4 else ''}; give an id")
    return found[0]


def papers_called(connection: Connection, words: str) -> list[Paper]:
    """Return the stored papers that `words` name, at least one. Raises InputError.

    Words are an id (also a former one, "2608.12345v2", or the address of a paper's page), the beginning of an id,
    or words of the title.
    """
    words = words.strip()
    by_id = papers.by_id(connection, (words, *known_ids([words]))) if words else {}
    found = [next(iter(by_id.values()))] if by_id else papers.search(connection, words) if words else []
    if not found:
        raise InputError(f"no paper is called {words!r}; `digest papers list` shows what there is")
    return found
