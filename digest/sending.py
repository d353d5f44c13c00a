"""Sending an issue: its ledger, its messages and its relays put together, and run."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial

try:
    import uvloop as event_loop
except ImportError:  # not on every platform
    import asyncio as event_loop  # type: ignore[no-redef]

from digest.deliver.choice import Choice, Domains
from digest.deliver.delivery import Settlement
from digest.deliver.lane import Lane
from digest.deliver.relay import RelaySession
from digest.deliver.sender import SPIKE, Queue, Run, Sender
from digest.messages import Messages
from digest.site import ListRelay, MailingList, Site
from digest.store.issues import StoredIssue
from digest.store.ledger import SqlLedger, sent_since
from digest.store.notices import NoticeLedger

LIMITS_LOOK_BACK = timedelta(minutes=1)
"""What left in so long before a run counts against the limits."""


@dataclass(frozen=True, slots=True)
class Control:
    """How a run is watched and stopped from outside; `planned` is told how many deliveries are open."""

    now: Callable[[], datetime]
    stop: Callable[[], bool] = lambda: False
    progress: Callable[[Settlement], None] = lambda _settlement: None
    planned: Callable[[int], None] = lambda _open: None


@dataclass(frozen=True, slots=True)
class Sent:
    """What a run did; `uncertain` were on the wire of a run that died, `given_up` says why of each relay."""

    run: Run = field(default_factory=Run)
    uncertain: int = 0
    given_up: Mapping[str, str] = field(default_factory=dict)


def send_due(site: Site, mailing_list: MailingList, stored: StoredIssue, control: Control) -> Sent:
    """Send the notices of a list and what is due of an issue; the caller holds the run lock."""
    messages = Messages.of(site, stored)
    ledger = SqlLedger(site.store, stored.id, mailing_list.id, mailing_list.table.uncertain)
    with closing(ledger):
        uncertain = ledger.recover(control.now())
        sent = _send(site, mailing_list, Queue(ledger, messages.for_claim, messages.prepare), control)
    return replace(sent, uncertain=uncertain)


def notices_due(site: Site, mailing_list: MailingList, now: datetime) -> bool:
    """Tell whether a list has notices to send."""
    return NoticeLedger(site.store, mailing_list.id).open_at(now) > 0


def send_notices(site: Site, mailing_list: MailingList, control: Control) -> Run:
    """Send the notices of a list that are due; the caller holds the run lock."""
    return _send(site, mailing_list, None, control).run


def _send(site: Site, mailing_list: MailingList, issue: Queue | None, control: Control) -> Sent:
    notices = NoticeLedger(site.store, mailing_list.id)
    notices.recover(control.now())
    first = Queue(notices, notices.message) if notices.open_at(control.now()) else None
    with site.relays(mailing_list) as relays:
        lanes = [_lane(one, site.headers(mailing_list).sender.address) for one in relays]
        choice = Choice(lanes, mailing_list.table.failover)
        run = event_loop.run(_run(first, issue, choice, site, control))
    return Sent(run, given_up={lane.name: lane.trouble for lane in lanes if lane.trouble})


def _lane(one: ListRelay, return_address: str) -> Lane:
    return Lane(one.relay.name, partial(RelaySession, one.relay, return_address), one.limit, one.weight)


async def _run(notices: Queue | None, issue: Queue | None, choice: Choice, site: Site, control: Control) -> Run:
    """Send the notices, then the issue.

    Notices that fail are no reason to hold back an issue: anybody can sign up addresses that don't exist.
    """
    domains = Domains(site.domain_limits)
    limits = [lane.limit for lane in choice.lanes] + list(site.domain_limits.values())
    if any(limit.messages_per_minute for limit in limits):  # else a whole ledger would be read for nothing
        by_relay, by_domain = sent_since(site.store, control.now() - LIMITS_LOOK_BACK)
        for lane in choice.lanes:
            await lane.pace.remember(by_relay.get(lane.name, 0))
        await domains.remember(by_domain)
    run = Run()
    if notices is not None:
        run = await Sender(notices, choice, domains, now=control.now, stop=control.stop).run()
        if run.stopped == SPIKE:
            run.stopped = None
    if issue is None or run.stopped is not None:
        return run
    sender = Sender(issue, choice, domains, now=control.now, stop=control.stop, progress=control.progress)
    return await sender.run()
