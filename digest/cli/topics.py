"""`digest topics`: which paper goes where, and why."""

from dataclasses import asdict
from typing import Annotated

import typer

from digest import clock
from digest.cli.arguments import FrequencyOption, frequency_of, opened
from digest.cli.output import Json, counted, print_json, say, table


def topics(
    context: typer.Context,
    list_name: Annotated[
        str | None, typer.Argument(metavar="[LIST]", help="A list's name; else the first one.")
    ] = None,
    frequency: FrequencyOption = None,
    as_json: Json = False,
) -> None:
    """Show the topics, which of the next issue's papers goes to which, and what decided."""
    from digest.drafting import match, select

    site = opened(context)
    mailing_list = site.list(list_name or site.lists[0].name)
    now = clock.now()
    with site.store.begin() as connection:
        papers = select(connection, mailing_list, frequency_of(mailing_list, frequency), now)
    assignments = match(site, mailing_list, papers)
    if as_json:
        print_json([asdict(one) for one in assignments])
        return
    titles = {paper.id: paper.title for paper in papers}
    for topic_id, name in [(t.id, t.name) for t in site.topics(mailing_list)] + [(None, "Other papers")]:
        found = [one for one in assignments if one.topic_id == topic_id]
        say(f"{name} ({counted(len(found), 'paper')})" + (f"  [{topic_id}]" if topic_id else ""))
        table(
            ("", "sure", "paper", "why"),
            (("  ", f"{one.confidence:.0%}", titles[one.paper_id], "; ".join(one.evidence[:4])) for one in found),
        )
