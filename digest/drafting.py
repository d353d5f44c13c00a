"""From what is stored to a draft: select → match → rank → compose, with the store's facts."""

import logging
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import cache

from sqlalchemy import Connection

from digest.config.settings import Frequency
from digest.errors import TemplateError
from digest.issues.candidates import LoadedPaper, candidates, updates
from digest.issues.compose import Notes, compose
from digest.issues.issue import Entry, Issue, IssueKey
from digest.papers.paper import Paper
from digest.render.fit import carded
from digest.render.parts import Rendered, render_parts, whole_fit
from digest.site import MailingList, Site
from digest.store import issues, papers, picks
from digest.store.database import reading
from digest.store.picks import Pick
from digest.topics.diversity import Caps, groups
from digest.topics.frequencies import shipped_frequencies
from digest.topics.match import assign
from digest.topics.rules import Rules, apply
from digest.topics.topic import Assignment
from digest.topics.trending import Contender, Score, trending, why

log = logging.getLogger(__name__)

DROPPED = "dropped by the editors"
"""Why a paper is left out that `digest issue drop` named."""

GROUPED = 400
"""So many of the best are looked through for near-duplicates: twice as many as an issue lists."""

SEEN = 1_000
"""So many of the papers loaded last are the background of a selection, whatever their age."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """What may stand in a list's next issue, in no order yet.

    `background` is what else is known of these days, by which signals are measured and words weighed.
    `left_out` says which papers the editors keep out, by their rules or one by one, and why. `updates` had their
    card, and a newer version came.
    """

    papers: tuple[LoadedPaper, ...]
    pinned: frozenset[str]
    updates: tuple[LoadedPaper, ...]
    left_out: tuple[tuple[Paper, str], ...]
    background: tuple[LoadedPaper, ...]


def select(
    connection: Connection, site: Site, mailing_list: MailingList, frequency: Frequency, now: datetime
) -> Candidates:
    """Return what may stand in a list's next issue."""
    table, window = mailing_list.table, timedelta(days=mailing_list.table.window_days)
    cutoff = issues.last_cutoff(connection, mailing_list.id, frequency)
    picked = picks.picked(connection, mailing_list.id)
    pinned = frozenset(paper_id for paper_id, verb in picked.items() if verb == "pin")
    since = None if cutoff is None else min(cutoff, now - window)
    loaded = {item.paper.id: item for item in papers.everything(connection, since)}
    loaded |= {item.paper.id: item for item in papers.some(connection, pinned - loaded.keys())}
    heard = [item for item in loaded.values() if _from(item, frozenset(table.sources), pinned)]
    carried = issues.carried(connection, mailing_list.id, frequency)
    found = candidates(heard, carried=carried.keys(), last_cutoff=cutoff, now=now, window=window, pinned=pinned)
    again = updates(heard, carried=carried, last_cutoff=cutoff) if table.updates else []
    left_out = _left_out([*found, *again], picked, site.rules(mailing_list))
    found, again = ([item for item in some if item.paper.id not in left_out] for some in (found, again))
    standing = {item.paper.id for item in found}
    known = {item.paper.id: item for item in papers.newest(connection, SEEN)} | loaded
    return Candidates(
        papers=tuple(found),
        pinned=pinned & standing,
        updates=tuple(again),
        left_out=tuple((loaded[paper_id].paper, reason) for paper_id, reason in left_out.items()),
        background=tuple(item for item in known.values() if item.paper.id not in standing),
    )


def _from(item: LoadedPaper, names: Set[str], pinned: frozenset[str]) -> bool:
    """Tell whether a paper comes by one of the sources with these names, by any where there are none."""
    return not names or item.paper.id in pinned or any(_name(one) in names for one in item.sources)


def _name(source: str) -> str:
    """Return what the settings call a source: what stands behind its kind, as `collecting.py` puts it there."""
    return source.rpartition(":")[2]


def _left_out(items: Sequence[LoadedPaper], picked: Mapping[str, Pick], rules: Rules) -> dict[str, str]:
    """Return which papers (ids) the editors keep out, one by one or by their rules, and why."""
    dropped = {item.paper.id: DROPPED for item in items if picked.get(item.paper.id) == "drop"}
    pinned = [paper_id for paper_id, verb in picked.items() if verb == "pin"]
    _, refused = apply((item.paper for item in items if item.paper.id not in dropped), rules, pinned)
    return dropped | {paper.id: reason for paper, reason in refused}


@dataclass(frozen=True, slots=True)
class Ranking:
    """Candidates in trending order, with what decided: the topic of each, the parts of its score.

    Updates come last, without a score. `notes` say which are near-duplicates, and why a paper is there.
    """

    papers: tuple[Paper, ...]
    assignments: Mapping[str, Assignment]
    scores: Mapping[str, Score]
    notes: Notes


def match(
    site: Site, mailing_list: MailingList, papers: Sequence[Paper], seen: Sequence[Paper] = ()
) -> list[Assignment]:
    """Return which of the list's topics each paper goes to, and why, having learned from `seen` too."""
    return assign(papers, site.topics(mailing_list), seen)


def rank(site: Site, mailing_list: MailingList, found: Candidates, now: datetime) -> Ranking:
    """Match candidates to the list's topics and put them in trending order."""
    every = [*found.papers, *found.updates]
    seen = [item.paper for item in found.background]
    matched = match(site, mailing_list, [item.paper for item in every], seen)
    assignments = {one.paper_id: one for one in matched}
    contenders = [_contender(item, assignments[item.paper.id].confidence, found.pinned) for item in found.papers]
    scores = trending(contenders, now, [_contender(item, None, found.pinned) for item in found.background])
    known = {item.paper.id: item.paper for item in every}
    ordered = [known[score.paper_id] for score in scores]
    again = {item.paper.id: f"updated, version {item.paper.version}" for item in found.updates}
    return Ranking(
        papers=(*ordered, *(item.paper for item in found.updates)),
        assignments=assignments,
        scores={score.paper_id: score for score in scores},
        notes=Notes(
            first_of=groups(ordered[:GROUPED], _word_shares()),
            lines=again.keys(),
            pinned=found.pinned,
            why={score.paper_id: why(score) for score in scores} | again,
        ),
    )


@cache
def _word_shares() -> Mapping[str, float]:
    """Return the share of all papers that have a word; a day's own papers are too few to tell."""
    shipped = shipped_frequencies()
    return {term: count / shipped.papers for term, count in shipped.counts.items()}


def _contender(item: LoadedPaper, confidence: float | None, pinned: frozenset[str]) -> Contender:
    return Contender(item.paper, item.first_loaded_at, item.readings, confidence, item.paper.id in pinned)


@dataclass(frozen=True, slots=True)
class Draft:
    """A composed issue, and what it was rendered to on the way; None where it has no papers."""

    issue: Issue
    rendered: Rendered | None


def compose_draft(
    connection: Connection,
    site: Site,
    mailing_list: MailingList,
    key: IssueKey,
    frequency: Frequency,
    day: date,
    now: datetime,
) -> Draft:
    """Return a draft of what is new, with as many cards as the mail has room for; it may be empty.

    A paper that can't be rendered is left out and said in the log. Raises TemplateError when none can.
    """
    ranking = rank(site, mailing_list, select(connection, site, mailing_list, frequency, now), now)
    topic_of = {paper_id: one.topic_id for paper_id, one in ranking.assignments.items()}
    table, topics = mailing_list.table, site.topics(mailing_list)
    caps = Caps(table.max_cards, table.max_section_cards)

    def drafted(papers: Sequence[Paper]) -> Draft:
        draft = compose(key, day, papers, topic_of, topics, caps, ranking.notes)
        return _with_room(site, mailing_list, draft) if draft.sections else Draft(draft, None)

    ranked = ranking.papers
    while True:
        try:
            return drafted(ranked)
        except TemplateError:
            listed = compose(key, day, ranked, topic_of, topics, caps, ranking.notes)
            bad = _unfit(site, mailing_list, listed)
            if len(bad) in (0, len(listed.entries)):
                raise
            for paper_id, (title, error) in bad.items():
                log.warning("paper %s (%s) is left out: %s", paper_id, title[:80], error)
            ranked = tuple(paper for paper in ranked if paper.id not in bad)


@dataclass(frozen=True, slots=True)
class Ahead:
    """A draft composed before the store is held for it: when, and `made_of` what."""

    draft: Draft
    moment: datetime
    made_of: tuple[object, ...]


def compose_ahead(
    site: Site, mailing_list: MailingList, key: IssueKey, frequency: Frequency, day: date, now: Callable[[], datetime]
) -> Ahead:
    """Compose a draft in a transaction that only reads, so that nobody waits for the matching of many papers.

    It is composed again, some times, where papers were loaded or picked meanwhile.
    """
    for _ in range(_ATTEMPTS):
        moment = now()  # before the first look: what is stored later is for the next issue
        with reading(site.store).begin() as connection:
            seen = made_of(connection, mailing_list, key)
            ahead = Ahead(compose_draft(connection, site, mailing_list, key, frequency, day, moment), moment, seen)
        with reading(site.store).begin() as connection:
            if made_of(connection, mailing_list, key) == seen:
                break
    return ahead


_ATTEMPTS = 3


def made_of(connection: Connection, mailing_list: MailingList, key: IssueKey) -> tuple[object, ...]:
    """Return what changes with each paper, pick and issue that has a say in what stands in a draft."""
    return (
        papers.extent(connection),
        picks.extent(connection, mailing_list.id),
        issues.find(connection, key),
        issues.last_cutoff(connection, mailing_list.id, key.frequency),
    )


def _unfit(site: Site, mailing_list: MailingList, draft: Issue) -> dict[str, tuple[str, TemplateError]]:
    """Return which papers (ids) of a draft can't be rendered, each tried alone, with their titles and why."""
    bad = {}
    for section in draft.sections:
        for entry in section.entries:
            alone = replace(draft, sections=(replace(section, entries=(replace(entry, carries="card"),)),))
            try:
                _with_room(site, mailing_list, alone)
            except TemplateError as error:
                bad[entry.paper.id] = entry.paper.title, error
    return bad


def _with_room(site: Site, mailing_list: MailingList, draft: Issue) -> Draft:
    """Make title lines of the cards for which the widest edition has no room."""
    theme = site.theme(mailing_list)
    parts = render_parts(theme, draft, site.publication(mailing_list))
    cards = carded(draft, whole_fit(parts, draft, mailing_list.table.language))

    def lowered(entry: Entry) -> Entry:
        return entry if entry.rank in cards else replace(entry, carries="line")

    sections = (replace(s, entries=tuple(map(lowered, s.entries))) for s in draft.sections)
    return Draft(replace(draft, sections=tuple(sections)), Rendered(theme, parts))
