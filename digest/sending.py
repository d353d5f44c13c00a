"""Sending an issue: its ledger, its messages and its relays put together, and run."""

from collections.abc import Callable, Mapping
from contextlib import closing, suppress
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
from digest.errors import BusyError
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
    """Send the notices of a list, and what is due of an issue; the caller holds the run lock."""
    notices_first(site, mailing_list, control)
    messages = Messages.of(site, stored)
    ledger = SqlLedger(site.store, stored.id, mailing_list.id, mailing_list.table.uncertain)
    with closing(ledger):
        uncertain = ledger.recover(control.now())
        sent = _send(site, mailing_list, Queue(ledger, messages.for_claim, messages.prepare), control)
    return replace(sent, uncertain=uncertain)


def notices_due(site: Site, mailing_list: MailingList, now: datetime) -> bool:
    """Tell whether a list has notices to send."""
    return NoticeLedger(site.store, mailing_list.id).open_at(now) > 0


def notices_first(site: Site, mailing_list: MailingList, control: Control) -> None:
    """Send the notices of a list that are due, unless somebody does so now."""
    with suppress(BusyError):
        send_notices(site, mailing_list, control)


def send_notices(site: Site, mailing_list: MailingList, control: Control) -> Run:
    """Send the notices of a list that are due, beside whatever run is sending an issue.

    Many that fail don't stop the others: anybody can sign up addresses that don't exist. Raises BusyError where
    notices are being sent already.
    """
    with site.notices_lock():
        ledger = NoticeLedger(site.store, mailing_list.id)
        ledger.recover(control.now())
        if not ledger.open_at(control.now()):
            return Run()
        run = _send(site, mailing_list, Queue(ledger, ledger.message), control, connections=1).run
    return replace(run, stopped=None) if run.stopped == SPIKE else run


def _send(
    site: Site, mailing_list: MailingList, queue: Queue, control: Control, connections: int | None = None
) -> Sent:
    with site.relays(mailing_list) as relays:
        lanes = [_lane(one, site.headers(mailing_list).sender.address, connections) for one in relays]
        choice = Choice(lanes, mailing_list.table.failover)
        run = event_loop.run(_run(queue, choice, site, control))
    return Sent(run, given_up={lane.name: lane.trouble for lane in lanes if lane.trouble})


def _lane(one: ListRelay, return_address: str, connections: int | None) -> Lane:
    limit = replace(one.limit, connections=connections or one.limit.connections)
    return Lane(one.relay.name, partial(RelaySession, one.relay, return_address), limit, one.weight)


async def _run(queue: Queue, choice: Choice, site: Site, control: Control) -> Run:
    domains = Domains(site.domain_limits)
    limits = [lane.limit for lane in choice.lanes] + list(site.domain_limits.values())
    if any(limit.messages_per_minute for limit in limits):  # else a whole ledger would be read for nothing
        by_relay, by_domain = sent_since(site.store, control.now() - LIMITS_LOOK_BACK)
        for lane in choice.lanes:
            await lane.pace.remember(by_relay.get(lane.name, 0))
        await domains.remember(by_domain)
    sender = Sender(queue, choice, domains, now=control.now, stop=control.stop, progress=control.progress)
    return await sender.run()
