"""`digest deliveries` and `digest retry`: who did not get an issue and why, and one more try for them."""

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest import clock
from digest.cli.arguments import IssueName, issue_key, opened, stored_issue
from digest.cli.output import (
    CAME_BACK,
    Json,
    Limit,
    counted,
    long_table,
    note,
    print_json,
    print_json_rows,
    say,
    short_time,
)
from digest.errors import InputError, meant

if TYPE_CHECKING:
    from collections.abc import Collection

    from digest.deliver.states import DeliveryState
    from digest.pipeline import Retried
    from digest.site import MailingList, Site
    from digest.store.deliveries import AttemptRow, DeliveryRow
    from digest.store.reports import ReportRow


def deliveries(
    context: typer.Context,
    issue: IssueName,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="Only these, may be repeated; else all but accepted."),
    ] = None,
    address: Annotated[
        str | None, typer.Option("--address", metavar="ADDRESS", help="One reader, with every attempt and report.")
    ] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List who was not (yet) sent an issue, and why."""
    from digest.deliver.states import DeliveryState

    chosen = _states(state or [], tuple(DeliveryState))
    site = opened(context)
    issue_id, name = stored_issue(site, issue)
    if address is not None:
        _one_reader(site, issue_id, name, address, as_json)
        return
    if not state:
        chosen = frozenset(DeliveryState) - {DeliveryState.ACCEPTED}
    rows = _walk(site, issue_id, chosen)
    if as_json:
        print_json_rows(_as_dict(row) for row in islice(rows, limit))
        return
    columns = ("address", "state", "attempts", "relay", "when", "reply")
    long_table(columns, map(_cells, rows), limit, "first")


def _states(given: "Collection[str]", possible: "tuple[DeliveryState, ...]") -> "frozenset[DeliveryState]":
    """Return the states that are named. Raises InputError with the nearest one."""
    by_name = {str(state): state for state in possible}
    for name in given:
        if name not in by_name:
            hint = meant(name, by_name, f"expected one of {', '.join(by_name)}")
            raise InputError(f"--state {name}: {hint}")
    return frozenset(by_name[name] for name in given)


def _walk(
    site: "Site", issue_id: int, states: "Collection[DeliveryState]", key: str | None = None
) -> "Iterator[DeliveryRow]":
    from digest.store import deliveries as store

    return store.walk(site.store, issue_id, states, key)


def _when(row: "DeliveryRow") -> str:
    """Return when it was settled, or is tried next."""
    if row.state == "deferred":
        return f"again {short_time(row.next_attempt_at)}"
    return short_time(row.settled_at)


def _cells(row: "DeliveryRow") -> tuple[object, ...]:
    return row.address, row.state, row.attempts, row.relay or "-", _when(row) or "-", row.reply or "-"


def _as_dict(row: "DeliveryRow") -> dict[str, Any]:
    return {
        "address": row.address,
        "subscriber_id": row.subscriber_id,
        "state": row.state,
        "attempts": row.attempts,
        "relay": row.relay or None,
        "settled_at": row.settled_at if row.state != "deferred" else None,
        "next_attempt_at": row.next_attempt_at if row.state == "deferred" else None,
        "reply": row.reply,
    }


def _one_reader(site: "Site", issue_id: int, name: str, given: str, as_json: bool) -> None:
    from digest.deliver.states import DeliveryState
    from digest.store.database import reading
    from digest.store.deliveries import attempts_of
    from digest.store.reports import of_delivery
    from digest.subscribers.address import parse_address
    from digest.subscribers.identity import address_key

    try:
        address = parse_address(given)
    except ValueError as error:
        raise InputError(f"--address {given}: {error}") from None
    key = address_key(site.identity_key, address.canonical)
    row = next(_walk(site, issue_id, tuple(DeliveryState), key), None)
    if row is None:
        raise InputError(f"issue {name} has no delivery to {address.address}; they were not in its plan")
    with reading(site.store).begin() as connection:
        tries = attempts_of(connection, row.id)
        came_back = of_delivery(connection, row.id)
    if as_json:
        reports = [_report_as_dict(one) for one in came_back]
        print_json({**_as_dict(row), "tries": [_try_as_dict(one) for one in tries], "reports": reports})
        return
    again = f", again at {short_time(row.next_attempt_at)}" if row.state == "deferred" else ""
    say(f"{row.address}: {row.state} after {counted(row.attempts, 'attempt')}{again}")
    for one in tries:
        said = f"{one.code} {one.reply}" if one.code else one.reply
        uncertain = " (uncertain: it may have arrived)" if one.is_uncertain else ""
        say(f"  {short_time(one.at)}  {one.relay or '-'}  {one.stage}: {said}{uncertain}")
    if row.state == "accepted":
        say(f"  {short_time(row.settled_at)}  {row.relay}  accepted: {row.reply}")
    for report in came_back:
        say(f"  {short_time(report.at)}  {report.origin}  {CAME_BACK[report.kind]}: {report.said} ({report.effect})")


def _try_as_dict(one: "AttemptRow") -> dict[str, Any]:
    return {
        "at": one.at,
        "relay": one.relay or None,
        "verb": one.verb,
        "stage": one.stage,
        "code": one.code or None,
        "reply": one.reply,
        "uncertain": one.is_uncertain,
    }


def _report_as_dict(one: "ReportRow") -> dict[str, Any]:
    return {
        "at": one.at,
        "origin": one.origin,
        "kind": one.kind,
        "status": one.status or None,
        "said": one.said,
        "effect": one.effect,
    }


def retry(
    context: typer.Context,
    issue: IssueName,
    state: Annotated[
        list[str] | None,
        typer.Option("--state", metavar="STATE", help="Also what is failed, expired or held; may be repeated."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask before held messages go out again.")] = False,
) -> None:
    """Try what is deferred again at once; with --state also what was given up. A finished issue goes on for it."""
    from digest import pipeline
    from digest.deliver.states import TRANSITIONS, DeliveryState, Verb

    chosen = _states(state or [], TRANSITIONS[Verb.RETRY][0])
    site = opened(context)
    mailing_list, key = issue_key(site, issue)
    if DeliveryState.HELD in chosen and not yes:
        typer.confirm(
            "What is held may have arrived already, and would come a second time. Go on?", abort=True, err=True
        )
    retried = pipeline.retry(site, mailing_list, key, chosen | {DeliveryState.DEFERRED}, clock.now())
    _print_retried(retried, mailing_list)


def _print_retried(retried: "Retried", mailing_list: "MailingList") -> None:
    stored, number = retried.issue, sum(retried.counts.values())
    if retried.kept:
        note(f"{counted(retried.kept, 'reader')} must not be mailed any more (suppressed) and stay as they are.")
    if not number:
        say(f"Issue {stored.key} has nothing to try again; it is {stored.state}.")
        return
    parts = ", ".join(f"{count:,} {state}" for state, count in retried.counts.items() if count)
    say(f"{counted(number, 'message')} of issue {stored.key} due now: {parts}.")
    if stored.state == "paused":
        say(f"It is paused; `digest issue resume {stored.key}` lets it go on.")
        return
    frequency = "" if stored.key.frequency == mailing_list.table.frequency else f" --frequency {stored.key.frequency}"
    say(f"`digest send {mailing_list.name}{frequency} --date {stored.day}` sends them, or the schedule does.")
