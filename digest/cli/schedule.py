"""`digest schedule`: the service that builds and sends each list's issues at their hours."""

import logging
import threading
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from digest import clock
from digest.cli.arguments import opened
from digest.cli.log import log_to_stderr
from digest.cli.output import Json, note, print_json, table

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from digest.config.settings import Frequency
    from digest.issues.states import IssueState
    from digest.schedule import Tick
    from digest.service import Service
    from digest.site import MailingList, Site


def schedule(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now and leave: for cron.")] = False,
    show: Annotated[bool, typer.Option("--list", help="Show when each list's next issue is built and sent.")] = False,
    as_json: Json = False,
) -> None:
    """Serve: build and send every list's issues at their hours, until SIGTERM or Ctrl-C.

    What is done is a line on stderr. It can be stopped or killed at any time, and goes on where it was.
    With --once only what is done and errors are said; exit code 1 when something went wrong.
    """
    if as_json and not show:
        raise typer.BadParameter("--json goes with --list")
    if once and show:
        raise typer.BadParameter("--once and --list exclude each other")
    site = opened(context)
    if show:
        _show(site, as_json)
        return
    from digest.service import Service

    log_to_stderr(logging.INFO)
    service = Service(site.root, clock.now, remarks=not once)
    if not (_tick_once(service) if once else _serve(service)):
        raise typer.Exit(1)


def _serve(service: "Service") -> bool:
    from functools import partial

    from digest.notifying import notices_leave
    from digest.ticks import serve

    log = logging.getLogger("digest.service")
    _log_outlook(service.site, log)

    def tick(name: str, stop: threading.Event) -> None:
        service.tick(name, stop.is_set)

    def ask(stop: threading.Event) -> None:
        service.tick_sources(stop.is_set)

    def read(stop: threading.Event) -> None:
        service.tick_mailboxes(stop.is_set)

    lists = {f"list {one.name}": partial(tick, one.name) for one in service.site.lists}
    with notices_leave(service.notifier, lambda: service.site):
        serve({**lists, "sources": ask, "mailboxes": read}, threading.Event())
    log.info("stopped")
    return True


def _tick_once(service: "Service") -> bool:
    from digest.ticks import serve

    results: list[bool] = []

    def tick(stop: threading.Event) -> None:
        try:
            results.append(service.tick_mailboxes(stop.is_set))  # first: who has left gets nothing of what is due
            results.append(service.tick_sources(stop.is_set))
            for one in service.site.lists:
                if not stop.is_set():
                    results.append(service.tick(one.name, stop.is_set))
        finally:
            stop.set()

    # serve() for its signals: SIGTERM lets the wire run empty here too.
    serve({"once": tick}, threading.Event())
    return len(results) == 2 + len(service.site.lists) and all(results)


@dataclass(frozen=True, slots=True)
class _Outlook:
    """A list's next issue of one frequency, and where the one of its last hour stands.

    `build_at` is None when the draft exists or is made at the send; states are None without an issue.
    """

    list: str
    frequency: "Frequency"
    timezone: str
    period: str
    build_at: datetime | None
    send_at: datetime
    state: "IssueState | None"
    last_period: str | None
    last_state: "IssueState | None"


def _show(site: "Site", as_json: bool) -> None:
    found = _outlooks(site, clock.now())
    if as_json:
        print_json([asdict(one) for one in found])
        return
    rows = (
        (f"{one.list}/{one.period}", _local(one, one.build_at), _local(one, one.send_at), one.timezone, _state(one))
        for one in found
    )
    table(("next issue", "built", "sent", "timezone", "state"), rows)
    for name in _without_schedule(site):
        note(f"list {name} has no schedule: nothing of it is sent by itself")


def _outlooks(site: "Site", now: datetime) -> list[_Outlook]:
    with site.store.begin() as connection:
        asked = [(one, frequency) for one in site.lists for frequency in one.table.schedule]
        found = (_outlook(connection, one, frequency, now) for one, frequency in asked)
        return [one for one in found if one is not None]


def _outlook(
    connection: "Connection", mailing_list: "MailingList", frequency: "Frequency", now: datetime
) -> _Outlook | None:
    """Return what comes next; None when the crontab line has no next time."""
    from digest.issues.period import period_of
    from digest.outlook import known_issues, states_of
    from digest.schedule import next_send, periods_concerned

    coming = next_send(mailing_list.table, frequency, now)
    if coming is None:
        return None
    period = period_of(frequency, coming.day)
    states = states_of(known_issues(connection, mailing_list, frequency, now))
    last = periods_concerned(mailing_list.table, frequency, now)[0]
    return _Outlook(
        list=mailing_list.name,
        frequency=frequency,
        timezone=mailing_list.table.timezone,
        period=period,
        build_at=None if period in states else _build_at(mailing_list, frequency, coming),
        send_at=coming.at,
        state=states.get(period),
        last_period=last if last != period else None,
        last_state=states.get(last) if last != period else None,
    )


def _build_at(mailing_list: "MailingList", frequency: "Frequency", coming: "Tick") -> datetime | None:
    """Return when the draft of the `coming` send is made, by asking what is due just before that."""
    from digest.issues.period import period_of
    from digest.schedule import due

    just_before = coming.at - timedelta(seconds=1)
    found = due(mailing_list.table, frequency, {}, just_before)
    period = period_of(frequency, coming.day)
    return next((one.at for one in found if one.action == "build" and one.period == period), None)


def _local(one: _Outlook, moment: datetime | None) -> str:
    """Return a moment as the list's wall clock shows it."""
    return f"{moment.astimezone(ZoneInfo(one.timezone)):%a %Y-%m-%d %H:%M}" if moment else "-"


def _state(one: _Outlook) -> str:
    return str(one.state) if one.state else "not built yet"


def _log_outlook(site: "Site", log: logging.Logger) -> None:
    for one in _outlooks(site, clock.now()):
        log.info("list %s: next %s issue %s (%s)", one.list, one.frequency, _local(one, one.send_at), one.timezone)
    for name in _without_schedule(site):
        log.warning("list %s has no schedule: only what is being sent already goes on", name)


def _without_schedule(site: "Site") -> list[str]:
    return [one.name for one in site.lists if not one.table.schedule]
