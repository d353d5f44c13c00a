"""The pipeline: papers → topics → issue → render → deliver, a short function a step.

    collect     sources → papers in the store (`collecting.py`)
    build       select → match → rank → compose: the draft of a period
    approve     render and freeze; number and cards are taken
    plan        audience → editions → deliveries in the ledger
    deliver     claim → send → settle, until nothing is due

`send` takes an issue through all that is still missing. Every step can be killed and run again: the
ones before `plan` are a transaction each, `plan` begins anew, and `deliver` has the ledger.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from digest.alerts import alert_of_pause
from digest.config.settings import Frequency
from digest.deliver.sender import ASKED, SPIKE, Run
from digest.deliver.states import FINAL, DeliveryState
from digest.drafting import Ahead, compose_ahead, compose_draft, made_of
from digest.errors import InputError, StateError
from digest.frozen import freeze
from digest.issues.issue import IssueKey
from digest.issues.period import period_of
from digest.issues.states import IssueState, Verb, move
from digest.languages import render_languages
from digest.linting import expect_frozen_sound, expect_sound
from digest.planning import Planner, Reach, expect_unchanged, store_plan
from digest.sending import Control, Sent, notices_first, send_due
from digest.site import MailingList, Site
from digest.store import deliveries, editions, issues
from digest.store.database import reading
from digest.store.issues import StoredIssue


def key_of(mailing_list: MailingList, frequency: Frequency, day: date) -> IssueKey:
    """Return the key of the issue that a day belongs to."""
    return IssueKey(mailing_list.id, frequency, period_of(frequency, day))


def existing(connection: Connection, key: IssueKey) -> StoredIssue:
    """Return a stored issue. Raises InputError when there is none."""
    found = issues.find(connection, key)
    if found is None:
        raise InputError(f"there is no issue {key}; `digest issue build` makes its draft")
    return found


def build(
    connection: Connection,
    site: Site,
    mailing_list: MailingList,
    frequency: Frequency,
    day: date,
    now: datetime,
    ahead: Ahead | None = None,
    check: bool = True,
) -> StoredIssue | None:
    """Store the draft of a day's issue, in place of an earlier one; None, and no draft, when nothing is new.

    What was composed `ahead` is taken as long as it still holds. Raises StateError when the issue is approved or
    further, CheckError when it couldn't go out (without `check`, for oneself alone, it could).
    """
    key = key_of(mailing_list, frequency, day)
    known = issues.find(connection, key)
    if known is not None and known.state is not IssueState.DRAFT:
        raise StateError(f"issue {key} is {known.state}; only a draft can be built again")
    if ahead is not None and ahead.made_of == made_of(connection, mailing_list, key):
        draft, now = ahead.draft, ahead.moment
    else:
        draft = compose_draft(connection, site, mailing_list, key, frequency, day, now)
    if draft.rendered is None:
        if known is not None:
            issues.remove_draft(connection, known.id)
        return None
    if check:
        expect_sound(site, mailing_list, draft.issue, draft.rendered, now)
    issues.save_draft(connection, draft.issue, cutoff=now, now=now)
    return existing(connection, key)


def build_apart(
    site: Site, mailing_list: MailingList, frequency: Frequency, day: date, now: Callable[[], datetime]
) -> StoredIssue | None:
    """Do as `build` does, in transactions of its own: papers are matched while others write."""
    ahead = compose_ahead(site, mailing_list, key_of(mailing_list, frequency, day), frequency, day, now)
    with site.store.begin() as connection:
        return build(connection, site, mailing_list, frequency, day, now(), ahead)


def approve(
    connection: Connection, site: Site, mailing_list: MailingList, key: IssueKey, now: datetime, check: bool = True
) -> StoredIssue:
    """Freeze a draft: render it, take its number and its cards. Raises StateError, TemplateError, CheckError."""
    stored = existing(connection, key)
    move(stored.state, Verb.APPROVE, key)
    number = issues.next_number(connection, mailing_list.id, key.frequency)
    issue = replace(issues.restore(connection, stored), number=number)
    rendered = render_languages(site, mailing_list, issue, now, check)
    themes = {language: made.theme for language, made in rendered.items()}
    issues.freeze(connection, stored.id, issue, frozen=freeze(site, mailing_list, themes), now=now)
    for language, made in rendered.items():
        editions.save_parts(connection, stored.id, language, made.parts)
    return existing(connection, key)


def plan(site: Site, planner: Planner, control: "Control") -> Reach | None:
    """Store the deliveries of an approved issue and start it, batch by batch; None when asked to stop.

    An issue that was paused before its start and resumed is being sent already, without a plan. The
    caller holds the run lock. Raises StateError, InputError.
    """
    reach = store_plan(site, planner, control.stop)
    if reach is None:
        return None
    stored = planner.stored
    started = stored.state is IssueState.SENDING
    with site.store.begin() as connection:
        expect_unchanged(connection, stored)
        state = stored.state if started else move(stored.state, Verb.START, stored.key)
        issues.set_left_out(connection, stored.id, reach.left_out)
        issues.set_state(connection, stored.id, state, planned_at=control.now())
    return reach


def ready(
    connection: Connection,
    site: Site,
    mailing_list: MailingList,
    frequency: Frequency,
    day: date,
    now: datetime,
    ahead: Ahead | None = None,
) -> tuple[StoredIssue, Planner | None] | None:
    """Take a day's issue to where it can be delivered, or planned first: then with its planner.

    None when nothing is new. Raises StateError when it waits for an approval, is paused or cancelled,
    InputError when there is no subscriber file to plan from, CheckError when it can't go out as it is.
    """
    key = key_of(mailing_list, frequency, day)
    stored = issues.find(connection, key) or build(connection, site, mailing_list, frequency, day, now, ahead)
    if stored is None:
        return None
    if stored.state is IssueState.DRAFT and mailing_list.table.approval == "auto":
        stored = approve(connection, site, mailing_list, key, now)
    if stored.state not in (IssueState.APPROVED, IssueState.SENDING, IssueState.FINISHED):
        raise StateError(f"issue {key} is {stored.state}{_way_on(stored.state, key)}")
    if stored.planned_at is not None:
        return stored, None
    if stored.approved_at != now:  # when relays and more may have been others
        expect_frozen_sound(connection, site, mailing_list, stored, now)
    return stored, Planner(connection, site, mailing_list, stored, now)


def _way_on(state: IssueState, key: IssueKey) -> str:
    if state is IssueState.DRAFT:
        return f" and the list asks for approval; look at it, then `digest issue approve {key}`"
    if state is IssueState.PAUSED:
        return f"; `digest issue resume {key}` lets it go on"
    return "; it is not sent any more"


@dataclass(frozen=True, slots=True)
class Delivered:
    """What a run did, and where the issue stands after it.

    `reach` is None when the deliveries were planned by an earlier run. `uncertain` counts messages
    that a dead run had on the wire: they may have arrived, and were sent again. `given_up` are the relays
    that couldn't be used any more at the end, and why.
    """

    issue: StoredIssue
    reach: Reach | None
    run: Run
    counts: Mapping[DeliveryState, int]
    uncertain: int
    next_due: datetime | None
    given_up: Mapping[str, str] = field(default_factory=dict)


def send(site: Site, mailing_list: MailingList, frequency: Frequency, day: date, control: Control) -> Delivered | None:
    """Take a day's issue through everything still missing and deliver it; None when nothing is new.

    A run that was killed goes on where it was. Raises StateError as `ready` does, and BusyError when
    another run is at work.
    """
    with site.run_lock():
        ahead = _ahead(site, mailing_list, frequency, day, control.now)
        if ahead is not None and mailing_list.table.approval == "required":
            with site.store.begin() as connection:  # so that it is there to be approved
                if issues.find(connection, key_of(mailing_list, frequency, day)) is None:
                    build(connection, site, mailing_list, frequency, day, control.now(), ahead)
        with site.store.begin() as connection:
            found = ready(connection, site, mailing_list, frequency, day, control.now(), ahead)
        if found is None:
            return None
        stored, planner = found
        reach = plan(site, planner, control) if planner else None
        if planner and reach is None:
            return _stopped(site, stored)
        return deliver(site, mailing_list, stored, reach, control)


def _stopped(site: Site, stored: StoredIssue) -> Delivered:
    """Return where an issue stands whose plan was stopped; the next run plans it anew."""
    with site.store.begin() as connection:
        counts = deliveries.counts(connection, stored.id)
    return Delivered(stored, None, Run(stopped=ASKED), counts, uncertain=0, next_due=None)


def _ahead(
    site: Site, mailing_list: MailingList, frequency: Frequency, day: date, now: Callable[[], datetime]
) -> Ahead | None:
    """Compose a draft that is missing, while others may write."""
    key = key_of(mailing_list, frequency, day)
    with reading(site.store).begin() as connection:
        if issues.find(connection, key) is not None:
            return None
    return compose_ahead(site, mailing_list, key, frequency, day, now)


def deliver(
    site: Site, mailing_list: MailingList, stored: StoredIssue, reach: Reach | None, control: Control
) -> Delivered:
    """Send what is due of an issue that is being sent; the caller holds the run lock."""
    with reading(site.store).begin() as connection:
        open_now = _open(deliveries.counts(connection, stored.id))
    control.planned(open_now)
    sent = send_due(site, mailing_list, stored, control) if open_now else Sent()
    with site.store.begin() as connection:
        if sent.run.stopped == SPIKE and issues.state(connection, stored.id) is IssueState.SENDING:
            issues.set_state(connection, stored.id, move(IssueState.SENDING, Verb.PAUSE, stored.key))
            alert_of_pause(connection, site, mailing_list, stored, control.now())
    if sent.run.stopped == SPIKE:
        notices_first(site, mailing_list, control)  # the next run may be a day away
    with site.store.begin() as connection:
        counts = deliveries.counts(connection, stored.id)
        if not _open(counts) and issues.state(connection, stored.id) is IssueState.SENDING:
            issues.set_state(connection, stored.id, IssueState.FINISHED, finished_at=control.now())
        return Delivered(
            issue=existing(connection, stored.key),
            reach=reach,
            run=sent.run,
            counts=counts,
            uncertain=sent.uncertain,
            next_due=deliveries.next_due(connection, stored.id),
            given_up=sent.given_up,
        )


def _open(counts: Mapping[DeliveryState, int]) -> int:
    return sum(number for state, number in counts.items() if state not in FINAL)


def change_state(site: Site, key: IssueKey, verb: Verb, now: datetime) -> IssueState:
    """Pause, resume or cancel an issue; a sender obeys at its next claim. Raises StateError."""
    with site.store.begin() as connection:
        stored = existing(connection, key)
        state = move(stored.state, verb, key)
        issues.set_state(connection, stored.id, state)
        if verb is Verb.CANCEL:
            deliveries.cancel_waiting(connection, stored.id, now)
    return state


@dataclass(frozen=True, slots=True)
class Retried:
    """What a retry put back, by the state it had; `kept` were not, since they are suppressed by now."""

    issue: StoredIssue
    counts: Mapping[DeliveryState, int]
    kept: int


def retry(
    site: Site, mailing_list: MailingList, key: IssueKey, states: Collection[DeliveryState], now: datetime
) -> Retried:
    """Have the deliveries in these states tried again, and a finished issue go on for them. Raises StateError."""
    with site.store.begin() as connection:
        stored = existing(connection, key)
        if stored.state is IssueState.CANCELLED:
            raise StateError(f"issue {key} is cancelled; it is not sent any more")
        if stored.planned_at is None:
            raise StateError(f"issue {key} is {stored.state} and was never sent; there is nothing to try again")
        deadline = now + timedelta(hours=mailing_list.table.deadline_hours)
        back = {
            state: deliveries.put_back(connection, stored.id, mailing_list.id, state, now, deadline)
            for state in DeliveryState  # those that are deferred first, and not the ones put back with them
            if state in states
        }
        if stored.state is IssueState.FINISHED and any(back.values()):
            reopened = move(stored.state, Verb.REOPEN, key)
            issues.set_state(connection, stored.id, reopened, finished_at=None)
        left = deliveries.counts(connection, stored.id)
        kept = sum(left.get(state, 0) for state in states if state is not DeliveryState.DEFERRED)
        return Retried(existing(connection, key), back, kept)
