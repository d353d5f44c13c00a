"""Bounces that are too many to be believed.

A server that is ill, or a relay that has lost its way, says of all its readers that there is no such address; one
wrong answer must not cost a list its readers. So when too many messages of an issue, or of those to one domain, come
back like that, none of them suppresses, and who was suppressed by the first of them is taken back. They count as
failures of a mailbox that can't be reached: whom it goes on for, issue after issue, is suppressed in the end.
"""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import Connection

from digest.alerts import alert_of_bounces
from digest.bounces.report import Effect
from digest.deliver.suspicion import accepted_for
from digest.issues.issue import IssueKey
from digest.readership.lookup import list_of
from digest.site import Site
from digest.store import reports, scores, sent, suppressions
from digest.store.sent import Sent

log = logging.getLogger(__name__)

Doubted = Mapping[int, frozenset[str]]
"""Recipient domains whose bounces are not believed, by the issue's row id."""


def doubted(connection: Connection, bounces: Iterable[Sent]) -> Doubted:
    """Return where the addresses that are now said not to exist are too many, with those that were before.

    `bounces` are the messages that came back so just now. Reads only.
    """
    new: dict[int, dict[str, set[int]]] = {}
    for one in bounces:
        if one.issue_id is not None and one.delivery_id is not None:
            new.setdefault(one.issue_id, {}).setdefault(one.domain, set()).add(one.delivery_id)
    found = {issue_id: _doubted_of(connection, issue_id, by_domain) for issue_id, by_domain in new.items()}
    return {issue_id: domains for issue_id, domains in found.items() if domains}


def _doubted_of(connection: Connection, issue_id: int, new: Mapping[str, set[int]]) -> frozenset[str]:
    before = reports.gone(connection, issue_id)
    gone = {domain: before.get(domain, 0) + len(new.get(domain, ())) for domain in {*before, *new}}
    alone = frozenset(
        domain
        for domain, number in gone.items()
        if (needed := accepted_for(number)) and not sent.has_accepted(connection, issue_id, needed, domain)
    )
    needed = accepted_for(sum(number for domain, number in gone.items() if domain not in alone))
    if needed and not sent.has_accepted(connection, issue_id, needed, but=alone):
        return frozenset(gone)
    return alone


def take_back(connection: Connection, site: Site, doubts: Doubted, now: datetime) -> None:
    """Lift what earlier bounces of the same kind suppressed, and tell the operator."""
    for issue_id, domains in doubts.items():
        key = sent.issue(connection, issue_id).key
        _lift(connection, issue_id, key, domains, now)
        mailing_list = list_of(site, key.list_id)
        # Told again only where nobody is told by mail.
        told = mailing_list and alert_of_bounces(connection, site, mailing_list, key, domains, now)
        if told is not False:
            _log(key, domains)


def _lift(connection: Connection, issue_id: int, key: IssueKey, domains: frozenset[str], now: datetime) -> None:
    by = f"too many addresses of issue {key} were said not to exist"
    for was in reports.suppressed_as_gone(connection, issue_id, domains):
        for one in suppressions.of(connection, [was.address_key]):
            if one.at == was.at:  # else it has another reason
                suppressions.lift(connection, scope=one.scope, key=one.key, by=by, now=now)
        reports.set_effect(connection, was.report_id, Effect.SCORED)
        scores.add_failure(connection, was.address_key, was.at)


def _log(key: IssueKey, domains: frozenset[str]) -> None:
    where = ", ".join(sorted(domains)[:5])
    log.error("issue %s: too many addresses at %s are said not to exist to be believed; none is suppressed", key, where)
