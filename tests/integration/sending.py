"""Issues that have gone out, without a relay: for what comes back about them."""

from dataclasses import replace
from datetime import datetime, timedelta
from hashlib import sha256

from digest.bounces.report import Arrival, Kind, Report
from digest.issues.issue import Issue, IssueKey
from digest.issues.states import IssueState
from digest.store import deliveries, issues
from digest.store.deliveries import PlannedDelivery
from digest.subscribers.address import parse_address
from digest.subscribers.identity import address_key, message_id_local, subscriber_id


def sent_issue(site, addresses, at: datetime, list_id="daily", state="accepted") -> IssueKey:
    """Plan an issue of a day for some addresses, all of them in one state."""
    key = IssueKey(list_id, "daily", at.date().isoformat())
    with site.store.begin() as connection:
        issue_id = issues.save_draft(connection, Issue(key, at.date(), None, ()), at, at)
        deliveries.plan(connection, issue_id, (_planned(site, list_id, address, at) for address in addresses))
        issues.set_state(connection, issue_id, IssueState.FINISHED, approved_at=at, planned_at=at)
        connection.exec_driver_sql(
            "UPDATE deliveries SET state = ?, attempts = 1 WHERE issue_id = ?", (state, issue_id)
        )
    return key


def _planned(site, list_id, address, at):
    canonical = parse_address(address).canonical
    return PlannedDelivery(
        subscriber_id(site.identity_key, list_id, canonical),
        address,
        address_key(site.identity_key, canonical),
        "",
        "e",
        at,
        at,
        at + timedelta(days=1),
    )


def key_of(site, address):
    """The key of an address."""
    return address_key(site.identity_key, parse_address(address).canonical)


def subscriber(site, address, list_id="daily"):
    """The subscriber id of an address."""
    return subscriber_id(site.identity_key, list_id, parse_address(address).canonical)


def token_of(site, key: IssueKey, address):
    """The local part of the Message-ID of an issue's message."""
    return message_id_local(site.identity_key, str(key), subscriber(site, address, key.list_id))


def bounce(site, key: IssueKey, address, status="5.1.1", **changes):
    """A genuine bounce of an issue's message."""
    report = Report(
        Kind.BOUNCE,
        tokens=(token_of(site, key, address),),
        recipients=(address,),
        status=status,
        code=550,
        said=f"550 {status} says the other server",
    )
    return replace(report, **changes)


def arrival(report: Report, name: object = None, origin="mailbox bounces"):
    """A report as it comes in, with a key of its own."""
    return Arrival(sha256(repr((name, report)).encode()).hexdigest(), origin, report)
