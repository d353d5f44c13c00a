"""Sending an issue: its ledger, its messages and its relays put together, and run."""

from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
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
from digest.deliver.sender import Queue, Run, Sender
from digest.messages import Messages
from digest.site import ListRelay, MailingList, Site
from digest.store.issues import StoredIssue
from digest.store.ledger import SqlLedger

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
    """Send what is due of an issue; the caller holds the run lock."""
    messages = Messages.of(site, stored)
    ledger = SqlLedger(site.store, stored.id, mailing_list.id, mailing_list.table.uncertain)
    with closing(ledger), site.relays(mailing_list) as relays:
        uncertain = ledger.recover(control.now())
        lanes = [_lane(one, messages.headers.sender.address) for one in relays]
        choice = Choice(lanes, mailing_list.table.failover)
        run = event_loop.run(_run(ledger, messages, choice, Domains(site.domain_limits), control))
    return Sent(run, uncertain, {lane.name: lane.trouble for lane in lanes if lane.trouble})


def _lane(one: ListRelay, return_address: str) -> Lane:
    return Lane(one.relay.name, partial(RelaySession, one.relay, return_address), one.limit, one.weight)


async def _run(ledger: SqlLedger, messages: Messages, choice: Choice, domains: Domains, control: Control) -> Run:
    by_relay, by_domain = ledger.sent_since(control.now() - LIMITS_LOOK_BACK)
    for lane in choice.lanes:
        await lane.pace.remember(by_relay.get(lane.name, 0))
    await domains.remember(by_domain)
    sender = Sender(
        Queue(ledger, messages.for_claim, messages.prepare),
        choice,
        domains,
        now=control.now,
        stop=control.stop,
        progress=control.progress,
    )
    return await sender.run()
