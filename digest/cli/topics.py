"""`digest topics`: which paper goes where, and why."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from digest import clock
from digest.cli.arguments import FrequencyOption, day_of, frequency_of, opened
from digest.cli.output import Json, counted, print_json, say, table

if TYPE_CHECKING:
    from digest.site import MailingList, Site
    from digest.topics.topic import Assignment


def topics(
    context: typer.Context,
    list_name: Annotated[
        str | None, typer.Argument(metavar="[LIST]", help="A list's name; else the first one.")
    ] = None,
    frequency: FrequencyOption = None,
    as_json: Json = False,
) -> None:
    """Show which of the day's papers goes to which topic, and what decided.

    The papers are those of today's issue, or, while there is none, the ones that would be in it.
    """
    from digest.drafting import match, select
    from digest.pipeline import key_of
    from digest.store import issues
    from digest.store import papers as stored_papers

    site = opened(context)
    mailing_list = site.list(list_name or site.lists[0].name)
    now, rhythm = clock.now(), frequency_of(mailing_list, frequency)
    with site.store.begin() as connection:
        issue = issues.find(connection, key_of(mailing_list, rhythm, day_of(mailing_list, None, now)))
        if issue is None:
            papers = select(connection, mailing_list, rhythm, now)
        else:
            ids = [entry.paper_id for entry in issues.entries(connection, issue.id)]
            known = stored_papers.by_id(connection, ids)
            papers = [known[one] for one in ids if one in known]
    assignments = match(site, mailing_list, papers)
    if as_json:
        print_json([asdict(one) for one in assignments])
        return
    _print_by_topic(site, mailing_list, {paper.id: paper.title for paper in papers}, assignments)


def _print_by_topic(
    site: "Site", mailing_list: "MailingList", titles: dict[str, str], assignments: "list[Assignment]"
) -> None:
    for topic_id, name in [(t.id, t.name) for t in site.topics(mailing_list)] + [(None, "Other papers")]:
        found = [one for one in assignments if one.topic_id == topic_id]
        if not found:
            continue
        say(f"{name} ({counted(len(found), 'paper')})" + (f"  [{topic_id}]" if topic_id else ""))
        table(
            ("", "sure", "paper", "why"),
            (("  ", f"{one.confidence:.0%}", titles[one.paper_id], "; ".join(one.evidence[:4])) for one in found),
        )
