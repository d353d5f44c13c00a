"""Looking without doing: what a message would be, who would get it, and a test copy.

Nothing here takes a number, a card or a delivery.
"""

import asyncio
import json
import secrets
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from digest.config.settings import Frequency
from digest.deliver.delivery import Outgoing
from digest.deliver.outcome import Outcome
from digest.deliver.relay import RelaySession
from digest.deliver.states import WAITING, Verb
from digest.drafting import compose_draft
from digest.errors import InputError
from digest.issues.issue import IssueKey
from digest.messages import SAMPLE_READER, Sample, sample
from digest.pipeline import existing, key_of, ready
from digest.render.headers import Mailbox
from digest.site import MailingList, Site
from digest.store import deliveries, issues
from digest.store.database import reading
from digest.store.memory import memory
from digest.subscribers.file import RowProblem


def look(
    site: Site,
    mailing_list: MailingList,
    frequency: Frequency,
    day: date,
    topics: Collection[str],
    now: datetime,
    language: str | None = None,
    theme: str | None = None,
) -> Sample:
    """Return a sample of a day's issue: frozen, the draft, or what the draft would be now.

    `language` and `theme` are the list's own where they are None; a frozen issue keeps its theme, and has the
    languages it was approved with. Raises InputError when there are no papers to show.
    """
    key = key_of(mailing_list, frequency, day)
    with reading(site.store).begin() as connection:
        stored = issues.find(connection, key)
        if stored is not None:
            issue = issues.restore(connection, stored)
            return sample(connection, site, mailing_list, issue, stored, topics, language, theme)
        draft = compose_draft(connection, site, mailing_list, key, frequency, day, now)
        if draft.rendered is None:
            raise InputError(f"list {mailing_list.name} has nothing new to show; `digest papers load` adds papers")
        return sample(connection, site, mailing_list, draft.issue, None, topics, language, theme, draft.rendered)


FORMATS = ("html", "text", "eml", "json")

PLACEHOLDERS = {
    "recipient": "{{recipient}}",
    "unsubscribe": "{{unsubscribe_url}}",
    "preferences": "{{preferences_url}}",
}
"""What stands in an exported issue where another mailer puts its reader's own values."""


def export(
    site: Site, mailing_list: MailingList, key: IssueKey, form: str, topics: Collection[str], now: datetime
) -> bytes:
    """Return a stored issue in one of FORMATS; "eml" is a message to a sample reader.

    Raises InputError when there is no such issue, or nothing for these topics.
    """
    with reading(site.store).begin() as connection:
        stored = existing(connection, key)
        issue = issues.restore(connection, stored)
        shown = sample(connection, site, mailing_list, issue, stored, topics)
    if form == "eml":
        return shown.message(site, mailing_list, SAMPLE_READER, now=now, message_id=f"sample@{shown.headers.domain}")
    html, text = shown.bodies(PLACEHOLDERS)
    if form == "json":
        return json.dumps(_as_dict(shown, html, text), ensure_ascii=False, indent=2).encode() + b"\n"
    return (html if form == "html" else text).encode()


def _as_dict(shown: Sample, html: str, text: str) -> dict[str, object]:
    issue, values = shown.issue, shown.recipe.values
    return {
        "issue": str(issue.key),
        "number": issue.number,
        "day": issue.day.isoformat(),
        "subject": values["subject"],
        "preheader": values["preheader"],
        "sections": [
            {
                "topic": section.topic.id,
                "name": section.topic.name,
                "papers": [
                    {"id": e.paper.id, "title": e.paper.title, "rank": e.rank, "carries": e.carries}
                    for e in section.entries
                ],
            }
            for section in issue.sections
        ],
        "html": html,
        "text": text,
    }


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Who would get a day's issue; `problems`, `refused` and `untold` are as in `Reach`."""

    key: IssueKey
    papers: int
    addresses: tuple[str, ...]
    left_out: Mapping[str, int]
    problems: tuple[RowProblem, ...]
    refused: int
    untold: int


def rehearse(site: Site, mailing_list: MailingList, frequency: Frequency, day: date, now: datetime) -> Rehearsal:
    """Do everything up to the plan and take it back, and walk through the plan. Raises what `ready` raises.

    Of an issue that is planned already, it says who still waits for it.
    """
    with site.store.connect() as connection, connection.begin() as transaction:
        found = ready(connection, site, mailing_list, frequency, day, now)
        if found is None:
            raise InputError(f"list {mailing_list.name} has nothing new since its last issue")
        stored, planner = found
        papers = len(issues.entries(connection, stored.id))
        waiting = () if planner else tuple(row.address for row in deliveries.listed(connection, stored.id, WAITING))
        transaction.rollback()
    if planner is None:
        return Rehearsal(stored.key, papers, waiting, {}, (), refused=0, untold=0)
    with memory() as remembered:
        addresses = tuple(sorted(planned.address for planned in planner.deliveries(remembered)))
    reach = planner.reach(len(addresses), editions=0)
    return Rehearsal(stored.key, papers, addresses, reach.left_out, reach.problems, reach.refused, reach.untold)


def send_test_copy(
    site: Site,
    mailing_list: MailingList,
    frequency: Frequency,
    day: date,
    address: str,
    now: datetime,
    prefix: str = "[Test] ",
    topics: Collection[str] = (),
    language: str | None = None,
    theme: str | None = None,
) -> Outcome:
    """Send one message to an address, marked by a prefix, under a random Message-ID; no delivery is counted.

    What it shows is what `look` returns for these topics, language and theme.
    """
    copy = look(site, mailing_list, frequency, day, topics, now, language, theme)
    token = f"test-{secrets.token_hex(16)}"
    message = copy.message(
        site,
        mailing_list,
        Mailbox("", address),
        now=now,
        message_id=f"{token}@{copy.headers.domain}",
        prefix=prefix,
    )
    with site.relays(mailing_list) as relays:
        sessions = [RelaySession(one.relay, copy.headers.sender.address) for one in relays]
        return asyncio.run(_hand_over(sessions, Outgoing(address, token, message)))


async def _hand_over(sessions: list[RelaySession], message: Outgoing) -> Outcome:
    """Hand the message to the first relay that can be used."""
    for session in sessions:
        try:
            outcome = await session.send(message)
        finally:
            await session.close()
        if outcome.verb is not Verb.RELEASE:
            break
    return outcome
