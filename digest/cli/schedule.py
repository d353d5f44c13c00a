"""`digest schedule`: the service that builds and sends each list's issues at their hour."""

import logging
import sys
from functools import partial
from threading import Event, Lock
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from digest import clock
from digest.cli.arguments import opened
from digest.cli.output import Json, print_json, say, table

if TYPE_CHECKING:
    from digest.service import Service
    from digest.site import Site


def schedule(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and leave: for cron.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Show when each list is sent next, and leave.")] = False,
    as_json: Json = False,
) -> None:
    """Build and send every list's issues at their hour, until stopped (Ctrl-C or SIGTERM)."""
    site = opened(context)
    if show or as_json:
        _print_plan(_plan(site), as_json)
        return
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    _serve(site, once)


def _serve(site: "Site", once: bool) -> None:
    from digest.schedule import serve
    from digest.service import Service

    turn, stop = Lock(), Event()
    services = [Service(site.root, one.name, turn) for one in site.lists if one.table.schedule]
    if once:
        well = [service.tick(clock.now, lambda: False) for service in services]
        raise typer.Exit(0 if all(well) else 1)
    names = ", ".join(service.list_name for service in services) or "no list: none has a schedule"
    logging.getLogger("digest").info("serving %s; Ctrl-C stops", names)
    serve({service.list_name: partial(_tick, service) for service in services}, stop)


def _tick(service: "Service", stop: Event) -> None:
    service.tick(clock.now, stop.is_set)


def _plan(site: "Site") -> list[dict[str, Any]]:
    from digest.issues.issue import IssueKey
    from digest.issues.period import period_of
    from digest.schedule import next_send
    from digest.store import issues

    rows = []
    for one in site.lists:
        for frequency, times in one.table.schedule.items():
            tick = next_send(one.table, frequency, clock.now())
            if tick is None:
                continue
            key = IssueKey(one.id, frequency, period_of(frequency, tick.day))
            with site.store.begin() as connection:
                stored = issues.find(connection, key)
            rows.append(
                {
                    "list": one.name,
                    "issue": str(key),
                    "send_at": tick.at.astimezone(ZoneInfo(one.table.timezone)),
                    "build_at": times.build_at,
                    "timezone": one.table.timezone,
                    "state": str(stored.state) if stored else "not built",
                    "approval": one.table.approval,
                }
            )
    return rows


def _print_plan(rows: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json(rows)
        return
    if not rows:
        say("No list has a schedule; docs/schedule.md shows how to write one.")
    table(
        ("list", "next issue", "sent at", "timezone", "state", "approval"),
        (
            (r["list"], r["issue"], f"{r['send_at']:%a %Y-%m-%d %H:%M}", r["timezone"], r["state"], r["approval"])
            for r in rows
        ),
    )
