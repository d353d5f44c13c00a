"""`digest status`: what was sent, to how many, what failed and why."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.arguments import issue_key, opened
from digest.cli.output import Json, counted, issue_facts, print_json, say, short_time, table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from digest.site import Site
    from digest.store.deliveries import DeliveryRow
    from digest.store.issues import StoredIssue

RECENT = 10


def status(
    context: typer.Context,
    issue: Annotated[
        str | None,
        typer.Argument(metavar="[ISSUE]", help="One issue, with every failure; else the recent ones."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what was sent, to how many, what failed or waits, and why."""
    from digest import pipeline
    from digest.store import issues

    site = opened(context)
    key = issue_key(site, issue)[1] if issue is not None else None
    with site.store.begin() as connection:
        found = [pipeline.existing(connection, key)] if key else issues.recent(connection, limit=RECENT)
        reports = [_report(connection, one) for one in found]
    if as_json:
        print_json([_as_dict(stored, counts, troubles) for stored, counts, troubles in reports])
    elif not reports:
        say("No issue yet; `digest issue build LIST` makes a draft, `digest send LIST` sends one.")
    elif issue is None:
        _print_overview(site, reports)
    else:
        _print_issue(*reports[0])


_Report = tuple["StoredIssue", dict[str, int], "list[DeliveryRow]"]


def _report(connection: "Connection", stored: "StoredIssue") -> _Report:
    from digest.deliver.states import DeliveryState
    from digest.store import deliveries

    counts = {str(state): number for state, number in deliveries.counts(connection, stored.id).items()}
    quiet = (DeliveryState.ACCEPTED, DeliveryState.PLANNED, DeliveryState.CANCELLED)
    troubles = deliveries.listed(connection, stored.id, [state for state in DeliveryState if state not in quiet])
    return stored, counts, troubles


def _print_overview(site: "Site", reports: list[_Report]) -> None:
    rows = []
    for stored, counts, _ in reports:
        sent = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
        rows.append((stored.key, stored.number or "", stored.state, sent, short_time(stored.finished_at)))
    table(("issue", "no.", "state", "messages", "finished"), rows)
    troubled = [stored.key for stored, _, troubles in reports if troubles]
    if troubled:
        say(f"\n`digest status {troubled[0]}` says who and why.")
    quiet = [one.name for one in site.lists if all(stored.key.list_id != one.id for stored, _, _ in reports)]
    if quiet:
        say(f"\nNo recent issue: {', '.join(quiet)}.")


def _print_issue(stored: "StoredIssue", counts: dict[str, int], troubles: "list[DeliveryRow]") -> None:
    say(f"{stored.key}: {stored.state}" + (f", No. {stored.number}" if stored.number else ""))
    say(f"  built {short_time(stored.built_at)}")
    for word, moment in (
        ("approved", stored.approved_at),
        ("started", stored.planned_at),
        ("finished", stored.finished_at),
    ):
        if moment:
            say(f"  {word} {short_time(moment)}")
    if counts:
        total = sum(counts.values())
        parts = " + ".join(f"{number} {state}" for state, number in sorted(counts.items()))
        say(f"{counted(total, 'message')} = {parts}")
    for row in troubles:
        again = f"; again at {short_time(row.next_attempt_at)}" if row.state == "deferred" else ""
        say(f"  {row.state}: {row.address}: {row.reply or 'no reply'}{again}")


def _as_dict(stored: "StoredIssue", counts: dict[str, int], troubles: "list[DeliveryRow]") -> dict[str, Any]:
    return {
        **issue_facts(stored),
        "deliveries": counts,
        "troubles": [
            {
                "address": row.address,
                "state": row.state,
                "attempts": row.attempts,
                "reply": row.reply,
                "next_attempt_at": row.next_attempt_at if row.state == "deferred" else None,
            }
            for row in troubles
        ],
    }
