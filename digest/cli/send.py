"""`digest send`: take an issue through all that is missing, and deliver it; or a test copy."""

import datetime
import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest import clock
from digest.cli.arguments import DateOption, FrequencyOption, ListName, day_of, frequency_of, opened
from digest.cli.bar import sending_bar
from digest.cli.log import log_to_stderr
from digest.cli.output import PARTLY, Json, counted, note, print_json, say, short_time, sum_line

if TYPE_CHECKING:
    from digest.config.settings import Frequency
    from digest.pipeline import Delivered
    from digest.planning import Reach
    from digest.site import MailingList, Site
    from digest.subscribers.file import RowProblem


def send(
    context: typer.Context,
    list_name: ListName,
    frequency: FrequencyOption = None,
    date: DateOption = None,
    to: Annotated[
        str | None,
        typer.Option("--to", metavar="ADDRESS", help="Send one test copy there, and nothing else."),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say who would get what; send nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Build, approve (where the list says "auto") and send a list's issue; again goes on where it was.

    Sending twice sends nothing twice. Exit code 3: something failed, waits for another try, or was refused.
    """
    site = opened(context)
    mailing_list = site.list(list_name)
    now = clock.now()
    rhythm, day = frequency_of(mailing_list, frequency), day_of(mailing_list, date, now)
    if to is not None:
        _test_copy(site, mailing_list, rhythm, day, to, now)
    elif dry_run:
        _dry_run(site, mailing_list, rhythm, day, now, as_json)
    else:
        delivery = deliver_issue(site, mailing_list, rhythm, day)
        report(delivery, as_json)
        raise typer.Exit(exit_code(delivery))


def deliver_issue(
    site: "Site", mailing_list: "MailingList", frequency: "Frequency", day: datetime.date
) -> "Delivered | None":
    """Send a day's issue with a progress bar; the first Ctrl-C or SIGTERM lets the wire run empty."""
    from digest.pipeline import send as send_issue
    from digest.sending import Control

    log_to_stderr(logging.WARNING)
    with sending_bar() as tally, _stop_at_signal() as asked:
        control = Control(now=clock.now, stop=lambda: bool(asked), progress=tally.add, planned=tally.planned)
        return send_issue(site, mailing_list, frequency, day, control)


@contextmanager
def _stop_at_signal() -> Iterator[list[int]]:
    """Collect SIGINT and SIGTERM instead of dying of them; a second one ends us as usual."""
    asked: list[int] = []

    def ask(number: int, _frame: FrameType | None) -> None:
        asked.append(number)
        signal.signal(number, before[number])

    before: dict[int, Any] = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def report(delivery: "Delivered | None", as_json: bool) -> None:
    """Print what a run did."""
    if as_json:
        print_json(_as_dict(delivery))
        return
    if delivery is None:
        say("Nothing new since the last issue; nothing was sent.")
        return
    issue = delivery.issue
    if delivery.reach is not None:
        _print_reach(delivery.reach)
    say(f"Issue {issue.key} (No. {issue.number}) is {issue.state}: {sum_line(delivery.counts)}.")
    if delivery.uncertain:
        note(f"{counted(delivery.uncertain, 'message')} of a run that died may have arrived and went out again.")
    for relay, why in delivery.given_up.items():
        if why not in (delivery.run.stopped or ""):  # which says it of all relays together
            note(f"Relay {relay} was given up: {why}.")
    if {"failed", "expired", "held"} & set(delivery.counts):
        say(f"Who and why: `digest deliveries {issue.key}`.")
    for line in _way_on(delivery):
        say(line)


def _way_on(delivery: "Delivered") -> Iterator[str]:
    """Yield what an issue that isn't finished waits for, and what to do."""
    from digest.deliver.sender import SPIKE

    key, stopped = delivery.issue.key, delivery.run.stopped
    if stopped == SPIKE:
        yield f"So many messages failed that it is paused. Look at them: `digest deliveries {key} --state failed`."
        yield f"`digest issue resume {key}` lets it go on, `digest issue cancel {key}` ends it."
        return
    if stopped is not None:
        yield f"The run ended early: {stopped}; nothing is lost, run the same command again."
    elif delivery.next_due is not None and delivery.issue.state == "sending":
        yield f"Next try at {short_time(delivery.next_due)}: run the same command, or leave it to `digest schedule`."


def _print_reach(reach: "Reach") -> None:
    _print_problems(reach.problems, reach.untold)
    left_out = "".join(f"; {number} left out: {reason}" for reason, number in sorted(reach.left_out.items()))
    say(f"Planned {counted(reach.planned, 'message')} in {counted(reach.editions, 'edition')}{left_out}.")


def _print_problems(problems: "tuple[RowProblem, ...]", untold: int) -> None:
    for problem in problems:
        note(f"{'refused' if problem.refused else 'note'}: {problem}")
    if untold:
        note(f"and {counted(untold, 'problem')} more; `digest subscribers check` lists them all")


def exit_code(delivery: "Delivered | None") -> int:
    """Return 1 when the relay can't be used, 3 when something failed or waits, else 0."""
    from digest.deliver.states import Verb

    if delivery is None:
        return 0
    if delivery.run.stopped is not None and not delivery.run.counts.get(Verb.ACCEPT):
        return 1
    refused = delivery.reach is not None and delivery.reach.refused > 0
    unsent = {"planned", "claimed", "deferred", "failed", "expired", "held"} & set(delivery.counts)
    return PARTLY if unsent or refused or delivery.run.stopped is not None else 0


def _as_dict(delivery: "Delivered | None") -> dict[str, Any]:
    if delivery is None:
        return {"issue": None, "deliveries": {}}
    reach = delivery.reach
    return {
        "issue": str(delivery.issue.key),
        "number": delivery.issue.number,
        "state": delivery.issue.state,
        "deliveries": {str(state): number for state, number in delivery.counts.items()},
        "left_out": reach.left_out if reach else {},
        "refused": [str(problem) for problem in reach.problems] if reach else [],
        "refused_rows": reach.refused if reach else 0,
        "uncertain": delivery.uncertain,
        "next_due": delivery.next_due,
        "stopped": delivery.run.stopped,
        "given_up": dict(delivery.given_up),
    }


def _test_copy(
    site: "Site",
    mailing_list: "MailingList",
    frequency: "Frequency",
    day: datetime.date,
    to: str,
    now: datetime.datetime,
) -> None:
    from digest.errors import InputError, RelayError
    from digest.linting import stopping
    from digest.rehearsal import look, send_test_copy
    from digest.subscribers.address import parse_address

    try:
        address = parse_address(to)
    except ValueError as error:
        raise InputError(f"--to {to}: {error}") from None
    outcome = send_test_copy(site, mailing_list, frequency, day, address.address, now)
    if outcome.verb != "accept":
        raise RelayError(f"the test copy was not accepted ({outcome.stage}: {outcome.code} {outcome.reply})")
    say(f"A test copy went to {address.address}: {outcome.code} {outcome.reply}")
    for found in stopping(site, mailing_list, look(site, mailing_list, frequency, day, (), now), now):
        note(f"{found.level} {found.check}: {found.text}")  # which would stop it from going to readers


def _dry_run(
    site: "Site",
    mailing_list: "MailingList",
    frequency: "Frequency",
    day: datetime.date,
    now: datetime.datetime,
    as_json: bool,
) -> None:
    from digest.rehearsal import rehearse

    rehearsal = rehearse(site, mailing_list, frequency, day, now)
    if as_json:
        print_json(
            {
                "issue": str(rehearsal.key),
                "papers": rehearsal.papers,
                "messages": len(rehearsal.addresses),
                "addresses": rehearsal.addresses,
                "left_out": rehearsal.left_out,
                "refused": [str(problem) for problem in rehearsal.problems],
                "refused_rows": rehearsal.refused,
            }
        )
        return
    _print_problems(rehearsal.problems, rehearsal.untold)
    say(f"Issue {rehearsal.key} would go out with {counted(rehearsal.papers, 'paper')} to:")
    for address in rehearsal.addresses:
        say(f"  {address}")
    for reason, number in sorted(rehearsal.left_out.items()):
        say(f"{number} left out: {reason}")
    say(f"{counted(len(rehearsal.addresses), 'message')}; nothing was sent.")
