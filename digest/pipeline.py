"""The pipeline: papers → topics → issue → render → deliver, a short function a step.

    collect     sources → papers in the store
    build       select → match → rank → compose: the draft of a period
    approve     render and freeze; number and cards are taken
    start       audience → editions → deliveries in the ledger
    deliver     claim → send → settle, until nothing is due

`send` takes an issue through all that is still missing. Every step can be killed and run again.
"""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection

from digest.config.settings import Frequency
from digest.deliver.relay import RelaySession
from digest.deliver.sender import Run, Sender, Settlement
from digest.deliver.states import FINAL, DeliveryState
from digest.errors import InputError, StateError
from digest.issues.candidates import candidates
from digest.issues.compose import compose
from digest.issues.issue import Entry, Issue, IssueKey
from digest.issues.period import period_of
from digest.issues.states import IssueState, Verb, move
from digest.messages import Messages, Sample, sample
from digest.papers.paper import Paper, Problem
from digest.planning import Reach, plan_deliveries
from digest.render.fit import carded
from digest.render.parts import render_parts, whole_fit
from digest.site import MailingList, Site
from digest.sources.file import load_file
from digest.store import deliveries, issues, papers
from digest.store.ledger import SqlLedger
from digest.topics.match import assign
from digest.topics.rank import rank
from digest.topics.topic import Assignment

# collect


@dataclass(frozen=True, slots=True)
class Load:
    """What loading one file brought."""

    path: Path
    saved: papers.Saved
    problems: tuple[Problem, ...]


def collect(site: Site, path: Path, year: int | None, now: datetime) -> Load:
    """Load one file of papers into the store. Raises InputError when the file as a whole can't be used."""
    parsed = load_file(path, year)
    with site.store.begin() as connection:
        saved = papers.save(connection, parsed.papers, now)
    return Load(path, saved, parsed.problems)


# build


def key_of(mailing_list: MailingList, frequency: Frequency, day: date) -> IssueKey:
    """Return the key of the issue that a day belongs to."""
    return IssueKey(mailing_list.id, frequency, period_of(frequency, day))


def select(
    connection: Connection, mailing_list: MailingList, frequency: Frequency, now: datetime
) -> list[Paper]:
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
    connection: Connection, site: Site, mailing_list: MailingList, key: IssueKey, day: date, now: datetime
) -> Issue:
    """Return a draft of what is new, with as many cards as the mail has room for; it may be empty."""
    frequency: Frequency = "weekly" if key.frequency == "weekly" else "daily"
    ranked = select(connection, mailing_list, frequency, now)
    topic_of = {a.paper_id: a.topic_id for a in match(site, mailing_list, ranked)}
    draft = compose(key, day, ranked, topic_of, site.topics(mailing_list), mailing_list.table.max_cards)
    return _with_room(site, mailing_list, draft) if draft.sections else draft


def _with_room(site: Site, mailing_list: MailingList, draft: Issue) -> Issue:
    """Make title lines of the cards for which the widest edition has no room."""
    language = mailing_list.table.language
    parts = render_parts(site.theme(mailing_list), draft, site.publication(mailing_list), language)
    cards = carded(draft, whole_fit(parts, draft, language))

    def lowered(entry: Entry) -> Entry:
        return entry if entry.rank in cards else replace(entry, carries="line")

    sections = (replace(s, entries=tuple(map(lowered, s.entries))) for s in draft.sections)
    return replace(draft, sections=tuple(sections))


def build(
    site: Site, mailing_list: MailingList, frequency: Frequency, day: date, now: datetime
) -> issues.StoredIssue | None:
    """Store the draft of a day's issue, in place of an earlier one; None when nothing is new.

    Raises StateError when the issue is approved or further.
    """
    key = key_of(mailing_list, frequency, day)
    with site.store.begin() as connection:
        known = issues.find(connection, key)
        if known is not None and known.state is not IssueState.DRAFT:
            raise StateError(f"issue {key} is {known.state}; only a draft can be built again")
        draft = compose_draft(connection, site, mailing_list, key, day, now)
        if not draft.sections:
            return None
        issues.save_draft(connection, draft, cutoff=now, now=now)
        return issues.find(connection, key)


# approve


def approve(site: Site, mailing_list: MailingList, key: IssueKey, now: datetime) -> issues.StoredIssue:
    """Freeze a draft: render it, take its number and its cards. Raises StateError, TemplateError."""
    with site.store.begin() as connection:
        stored = existing(connection, key)
        move(stored.state, Verb.APPROVE, key)
        number = issues.next_number(connection, mailing_list.id, key.frequency)
        draft = issues.restore(connection, stored)
        publication, language = site.publication(mailing_list), mailing_list.table.language
        parts = render_parts(site.theme(mailing_list), replace(draft, number=number), publication, language)
        frozen = {"headers": asdict(site.headers(mailing_list)), "publication": asdict(publication)}
        issues.freeze(connection, stored.id, number=number, frozen={**frozen, "language": language}, now=now)
        issues.save_parts(connection, stored.id, language, parts)
        return existing(connection, key)


def existing(connection: Connection, key: IssueKey) -> issues.StoredIssue:
    """Return a stored issue. Raises InputError when there is none."""
    found = issues.find(connection, key)
    if found is None:
        raise InputError(f"there is no issue {key}; make its draft with `digest issue build`")
    return found


# start and deliver


def start(site: Site, mailing_list: MailingList, key: IssueKey, now: datetime) -> Reach:
    """Plan the deliveries of an approved issue, all or none. Raises StateError, InputError."""
    with site.store.begin() as connection:
        stored = existing(connection, key)
        state = move(stored.state, Verb.START, key)
        reach = plan_deliveries(connection, site, mailing_list, stored, now)
        issues.set_state(connection, stored.id, state, planned_at=now)
    return reach


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a run did, and where the issue stands after it.

    `reach` is None when the deliveries were planned by an earlier run. `uncertain` counts messages
    that a dead run had on the wire: they may have arrived and were sent again.
    """

    issue: issues.StoredIssue
    reach: Reach | None
    run: Run
    counts: Mapping[DeliveryState, int]
    uncertain: int
    next_due: datetime | None


@dataclass(frozen=True, slots=True)
class Control:
    """How a run is watched and stopped from outside."""

    now: Callable[[], datetime]
    stop: Callable[[], bool] = lambda: False
    progress: Callable[[Settlement], None] = lambda _settlement: None
    planned: Callable[[int], None] = lambda _waiting: None


def send(
    site: Site, mailing_list: MailingList, frequency: Frequency, day: date, control: Control
) -> Delivery | None:
    """Take a day's issue through everything still missing and deliver it; None when nothing is new.

    A run that was killed goes on where it was. Raises StateError when the issue waits for an
    approval, is paused or cancelled; BusyError when another run is at work.
    """
    key = key_of(mailing_list, frequency, day)
    with site.run_lock():
        stored = _ready(site, mailing_list, frequency, day, control.now())
        if stored is None:
            return None
        reach = None
        if stored.state is IssueState.APPROVED:
            reach = start(site, mailing_list, key, control.now())
        elif stored.state not in (IssueState.SENDING, IssueState.FINISHED):
            raise StateError(f"issue {key} is {stored.state}" + _way_on(stored.state, key))
        return deliver(site, mailing_list, key, control, reach)


def _ready(
    site: Site, mailing_list: MailingList, frequency: Frequency, day: date, now: datetime
) -> issues.StoredIssue | None:
    """Return the day's issue, built and (where the list says so) approved if it wasn't."""
    key = key_of(mailing_list, frequency, day)
    with site.store.begin() as connection:
        stored = issues.find(connection, key)
    if stored is None:
        stored = build(site, mailing_list, frequency, day, now)
    if stored is not None and stored.state is IssueState.DRAFT and mailing_list.table.approval == "auto":
        stored = approve(site, mailing_list, key, now)
    return stored


def _way_on(state: IssueState, key: IssueKey) -> str:
    if state is IssueState.DRAFT:
        return f" and the list asks for approval; look at it, then `digest issue approve {key}`"
    if state is IssueState.PAUSED:
        return f"; `digest issue resume {key}` lets it go on"
    return "; it is not sent any more"


def deliver(
    site: Site, mailing_list: MailingList, key: IssueKey, control: Control, reach: Reach | None
) -> Delivery:
    """Send what is due of an issue that is being sent; the caller holds the run lock."""
    with site.store.begin() as connection:
        stored = existing(connection, key)
        waiting = sum(n for s, n in deliveries.counts(connection, stored.id).items() if s not in FINAL)
    control.planned(waiting)
    ledger = SqlLedger(site.store, stored.id, mailing_list.id)
    uncertain, run = 0, Run()
    if waiting:
        opening, connections = site.relay(mailing_list)
        with opening as relay:
            uncertain = ledger.recover(relay.name, control.now())
            messages = Messages.of(site, stored)
            sender = Sender(
                ledger=ledger,
                relay=relay.name,
                open_session=lambda: RelaySession(relay, messages.headers.sender.address),
                message=messages.for_claim,
                now=control.now,
                stop=control.stop,
                connections=min(connections, waiting),
                progress=control.progress,
            )
            run = asyncio.run(sender.run())
    with site.store.begin() as connection:
        counts = deliveries.counts(connection, stored.id)
        if stored.state is not IssueState.FINISHED and set(counts) <= FINAL:
            _finish(connection, stored.id, control.now())
        return Delivery(
            issue=existing(connection, key),
            reach=reach,
            run=run,
            counts=counts,
            uncertain=uncertain,
            next_due=deliveries.next_due(connection, stored.id),
        )


def _finish(connection: Connection, issue_id: int, now: datetime) -> None:
    """Finish an issue all of whose deliveries are, unless it was paused or cancelled meanwhile."""
    if issues.state(connection, issue_id) is IssueState.SENDING:
        issues.set_state(connection, issue_id, IssueState.FINISHED, finished_at=now)


# what an editor does to an issue on its way


def change_state(site: Site, key: IssueKey, verb: Verb, now: datetime) -> IssueState:
    """Pause, resume or cancel an issue; a sender obeys at its next claim. Raises StateError."""
    with site.store.begin() as connection:
        stored = existing(connection, key)
        state = move(stored.state, verb, key)
        issues.set_state(connection, stored.id, state)
        if verb is Verb.CANCEL:
            deliveries.cancel_waiting(connection, stored.id, now)
    return state


# look at it


def look(
    site: Site,
    mailing_list: MailingList,
    frequency: Frequency,
    day: date,
    topics: Collection[str],
    now: datetime,
) -> Sample:
    """Return a sample of a day's issue: frozen, draft, or what the draft would be now; takes nothing.

    Raises InputError when there are no papers to show.
    """
    key = key_of(mailing_list, frequency, day)
    with site.store.begin() as connection:
        stored = issues.find(connection, key)
        if stored is None:
            issue = compose_draft(connection, site, mailing_list, key, day, now)
        else:
            issue = issues.restore(connection, stored)
        return sample(connection, site, mailing_list, issue, stored, topics)
