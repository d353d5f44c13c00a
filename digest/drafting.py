"""From what is stored to a draft: select → match → rank → compose, with the store's facts."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from digest.config.settings import Frequency
from digest.errors import TemplateError
from digest.issues.candidates import candidates
from digest.issues.compose import compose
from digest.issues.issue import Entry, Issue, IssueKey
from digest.papers.paper import Paper
from digest.render.fit import carded
from digest.render.parts import render_parts, whole_fit
from digest.site import MailingList, Site
from digest.store import issues, papers
from digest.topics.match import assign
from digest.topics.rank import rank
from digest.topics.topic import Assignment

log = logging.getLogger(__name__)


def select(connection: Connection, mailing_list: MailingList, frequency: Frequency, now: datetime) -> list[Paper]:
    """Return the candidates for a list's next issue, best first."""
    window = timedelta(days=mailing_list.table.window_days)
    cutoff = issues.last_cutoff(connection, mailing_list.id, frequency)
    loaded = papers.everything(connection, None if cutoff is None else min(cutoff, now - window))
    carried = issues.carried(connection, mailing_list.id, frequency)
    return rank(candidates(loaded, carried=carried, last_cutoff=cutoff, now=now, window=window))


def match(site: Site, mailing_list: MailingList, ranked: Sequence[Paper]) -> list[Assignment]:
    """Return which of the list's topics each paper goes to, and why."""
    return assign(ranked, site.topics(mailing_list))


def compose_draft(
    connection: Connection,
    site: Site,
    mailing_list: MailingList,
    key: IssueKey,
    frequency: Frequency,
    day: date,
    now: datetime,
) -> Issue:
    """Return a draft of what is new, with as many cards as the mail has room for; it may be empty.

    A paper that can't be rendered is left out and said in the log. Raises TemplateError when none can.
    """
    ranked = select(connection, mailing_list, frequency, now)
    topic_of = {a.paper_id: a.topic_id for a in match(site, mailing_list, ranked)}

    def drafted(papers: Sequence[Paper]) -> Issue:
        draft = compose(key, day, papers, topic_of, site.topics(mailing_list), mailing_list.table.max_cards)
        return _with_room(site, mailing_list, draft) if draft.sections else draft

    try:
        return drafted(ranked)
    except TemplateError as error:
        reasons = {paper.id: _reason(drafted, paper) for paper in ranked}
        good = [paper for paper in ranked if reasons[paper.id] is None]
        if not good:
            raise error from None
    for paper in ranked:
        if reasons[paper.id] is not None:
            log.warning("paper %s (%s) is left out: %s", paper.id, paper.title[:80], reasons[paper.id])
    return drafted(good)


def _reason(drafted: Callable[[Sequence[Paper]], Issue], paper: Paper) -> str | None:
    """Return why a paper can't be rendered, tried alone; None when it can."""
    try:
        drafted([paper])
    except TemplateError as error:
        return str(error)
    return None


def _with_room(site: Site, mailing_list: MailingList, draft: Issue) -> Issue:
    """Make title lines of the cards for which the widest edition has no room."""
    language = mailing_list.table.language
    parts = render_parts(site.theme(mailing_list), draft, site.publication(mailing_list), language)
    cards = carded(draft, whole_fit(parts, draft, language))

    def lowered(entry: Entry) -> Entry:
        return entry if entry.rank in cards else replace(entry, carries="line")

    sections = (replace(s, entries=tuple(map(lowered, s.entries))) for s in draft.sections)
    return replace(draft, sections=tuple(sections))
