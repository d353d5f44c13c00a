"""Which message a report is about.

A Message-ID is a keyed hash of the issue and the subscriber (`digest.subscribers.identity`): nobody can make one up,
and it isn't stored. So it is made again, of whom the report names and the issues of late, and compared. Where a message
was forwarded the report names somebody else; then the Message-IDs of all messages of late are made, once for all
reports of a batch. An address alone is believed only where a signature proves who wrote the report.

A List-Unsubscribe link is one of ours, but stands in the body as well, and goes along when somebody forwards a message.
So what it proves alone is told apart: it gives nobody more than the link itself does.
"""

import re
from collections.abc import Collection, Mapping, Sequence, Set
from datetime import datetime, timedelta
from itertools import islice
from typing import NamedTuple

from sqlalchemy import Connection

from digest.bounces.report import Kind, Report
from digest.site import Site
from digest.store import sent
from digest.store.database import reading
from digest.store.sent import Sent, SentIssue
from digest.subscribers.address import Address, parse_address
from digest.subscribers.identity import address_key, message_id_local, message_id_maker, subscriber_id
from digest.subscribers.tokens import Purpose, verify

NAMED_WITHIN = timedelta(days=60)
"""How old an issue may be whose message is found by whom the report names."""

WALKED_WITHIN = timedelta(days=30)
"""How old an issue may be all of whose messages are looked through."""

WALKED = 5_000_000
"""Messages that are looked through for one batch, at most: half a minute's work."""

_TOKEN = re.compile(r"[0-9a-f]{32}")

_AT_MOST = 20
"""Tokens, and addresses, that are looked at in one report; a real one has a few."""


class Traced(NamedTuple):
    """The message that a report is about; `by_link` tells that nothing but a List-Unsubscribe link proves it."""

    message: Sent
    by_link: bool = False


def trace(site: Site, reports: Sequence[Report], now: datetime) -> list[Traced | None]:
    """Return the message that each report is proved to be about, None where nothing proves one."""
    with reading(site.store).begin() as connection:
        issues = sent.recent_issues(connection, now - NAMED_WITHIN)
        found = [_by_what_it_says(connection, site, issues, report) for report in reports]
        _add_notices(connection, site, reports, found, now)
    lost = [n for n, one in enumerate(found) if (one is None or one.by_link) and _is_worth_a_walk(reports[n])]
    if lost:
        tokens = {token for n in lost for token in _tokens(reports[n])}
        walked = _walk(site, tokens, [one for one in issues if one.approved_at > now - WALKED_WITHIN])
        for n in lost:
            found[n] = next((Traced(walked[token]) for token in _tokens(reports[n]) if token in walked), found[n])
    return found


def leaver(site: Site, report: Report) -> str | None:
    """Return the subscriber id of the List-Unsubscribe link in a report, None where it has none of ours."""
    token = verify(site.signing_keys, report.unsubscribe) if report.unsubscribe else None
    return token.subject if token and token.purpose is Purpose.UNSUBSCRIBE else None


def named(report: Report) -> list[Address]:
    """Return the addresses that a report names, without those that can't be mailed."""
    addresses = []
    for written in report.recipients[:_AT_MOST]:
        try:
            addresses.append(parse_address(written.rpartition("<")[2].rstrip("> ")))  # with a name before it, perhaps
        except ValueError:
            continue
    return addresses


def _tokens(report: Report) -> list[str]:
    return [token for token in report.tokens[:_AT_MOST] if _TOKEN.fullmatch(token)]


def _by_what_it_says(connection: Connection, site: Site, issues: Sequence[SentIssue], report: Report) -> Traced | None:
    """Look for a message by the Message-ID, by the link, and by whom the report names."""
    by_list = _candidates(site, report, {issue.key.list_id for issue in issues})
    if found := _by_token(connection, site, issues, frozenset(_tokens(report)), by_list):
        return Traced(found)
    if (of_link := leaver(site, report)) and (found := sent.last_to(connection, [of_link], issues)):
        return Traced(found, by_link=not report.trusted)
    if report.trusted and (
        found := sent.last_to(connection, [one for some in by_list.values() for one in some], issues)
    ):
        return Traced(found)
    return None


def _by_token(
    connection: Connection,
    site: Site,
    issues: Sequence[SentIssue],
    tokens: Set[str],
    by_list: Mapping[str, Collection[str]],
) -> Sent | None:
    for token in tokens:
        if found := sent.notice(connection, token):
            return found
    for issue in issues if tokens else ():
        for subscriber in by_list[issue.key.list_id]:
            if message_id_local(site.identity_key, str(issue.key), subscriber) in tokens:
                return sent.delivery(connection, issue.id, subscriber)
    return None


def _candidates(site: Site, report: Report, list_ids: Collection[str]) -> dict[str, list[str]]:
    """Return whom a report names, as subscriber ids by list."""
    of_link = leaver(site, report)
    canonical = [address.canonical for address in named(report)]
    return {
        list_id: [subscriber_id(site.identity_key, list_id, one) for one in canonical] + ([of_link] if of_link else [])
        for list_id in list_ids
    }


def _add_notices(
    connection: Connection, site: Site, reports: Sequence[Report], found: list[Traced | None], now: datetime
) -> None:
    """Find the notices to whom trusted reports name; in one query, for there is no index by address."""
    open_ = {
        n: [address_key(site.identity_key, one.canonical) for one in named(report)]
        for n, report in enumerate(reports)
        if found[n] is None and report.trusted
    }
    keys = {key for some in open_.values() for key in some}
    by_key = sent.notices_to(connection, keys, now - NAMED_WITHIN) if keys else {}
    for n, some in open_.items():
        found[n] = next((Traced(by_key[key]) for key in some if key in by_key), None)


def _is_worth_a_walk(report: Report) -> bool:
    """Tell whether all messages are to be looked through for a report.

    One that changes nothing is not worth it, and a trusted one names the address that we wrote to.
    """
    return bool(_tokens(report)) and not report.trusted and report.kind in (Kind.BOUNCE, Kind.COMPLAINT)


def _walk(site: Site, tokens: Set[str], issues: Sequence[SentIssue]) -> dict[str, Sent]:
    """Return messages by the local part of their Message-ID, of all the messages of some issues."""
    wanted = {bytes.fromhex(token): token for token in tokens}
    found: dict[str, int] = {}
    left = WALKED
    for issue in issues:
        local = message_id_maker(site.identity_key, str(issue.key))
        for delivery_id, subscriber in islice(sent.subscribers(site.store, issue.id), left):
            left -= 1
            if (made := local(subscriber)) in wanted:
                found[wanted[made]] = delivery_id
        if len(found) == len(tokens) or left == 0:
            break
    with reading(site.store).begin() as connection:
        messages = sent.by_ids(connection, found.values())
    return {token: messages[delivery_id] for token, delivery_id in found.items()}
