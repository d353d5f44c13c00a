"""`digest subscribers`: list, add, remove and check the subscriber files."""

from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.arguments import ListName, opened
from digest.cli.output import PARTLY, Json, counted, note, print_json, say, table
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.site import MailingList, Site
    from digest.subscribers.address import Address

app = typer.Typer(help="List, add, remove and check subscribers.", no_args_is_help=True)


@app.command("list")
def list_subscribers(context: typer.Context, list_name: ListName, as_json: Json = False) -> None:
    """List the subscribers of a list's file."""
    from digest.planning import invited

    site = opened(context)
    file = invited(site, site.list(list_name))
    if as_json:
        print_json([{"line": row.line, **asdict(row.subscriber)} for row in file.rows])
    else:
        rows = (row.subscriber for row in file.rows)
        table(
            ("address", "name", "topics", "frequency", "timezone"),
            ((s.email, s.name, " ".join(s.topics), s.frequency or "", s.timezone or "") for s in rows),
        )
    refused = sum(problem.refused for problem in file.problems)
    if refused:
        note(f"{counted(refused, 'row')} can't be used; `digest subscribers check {list_name}` says why")


@app.command("add")
def add(
    context: typer.Context,
    list_name: ListName,
    email: Annotated[str, typer.Argument(metavar="ADDRESS")],
    name: Annotated[str, typer.Option(help="Whom it is.")] = "",
    topics: Annotated[str, typer.Option(help="Topic ids, separated by spaces; else all of the list's.")] = "",
    frequency: Annotated[str | None, typer.Option(help="daily or weekly; else the list's.")] = None,
    timezone: Annotated[str | None, typer.Option(help="Such as Europe/Berlin; else the list's.")] = None,
    language: Annotated[str | None, typer.Option(help="Such as en or de; else the list's.")] = None,
) -> None:
    """Add a subscriber at the end of a list's file."""
    from digest.planning import suppressed_among
    from digest.subscribers.edit import add_row, write_atomically
    from digest.subscribers.file import parse_subscribers
    from digest.subscribers.subscriber import Subscriber

    site = opened(context)
    mailing_list = site.list(list_name)
    address = _address(email)
    if suppressed_among(site, mailing_list, [address.canonical]):
        raise InputError(f"{address.address} left this list or can't be reached; only they can sign up again")
    subscriber = Subscriber(address.address, name, tuple(topics.split()), frequency, timezone, language)
    path = site.subscriber_file(mailing_list)
    known = [topic.id for topic in site.topics(mailing_list)]

    def change(text: str) -> str:
        changed = add_row(text, subscriber, str(path))
        problems = parse_subscribers(changed, str(path), known).problems
        for problem in problems[len(parse_subscribers(text, str(path), known).problems) :]:
            raise InputError(f"{address.address} was not added: {problem.reason}")
        return changed

    write_atomically(path, change)
    say(f"{address.address} is on the list {mailing_list.name} ({path}).")


@app.command("remove")
def remove(
    context: typer.Context, list_name: ListName, email: Annotated[str, typer.Argument(metavar="ADDRESS")]
) -> None:
    """Take a subscriber out of a list's file."""
    from digest.subscribers.edit import remove_row, write_atomically

    site = opened(context)
    mailing_list = site.list(list_name)
    address, path = _address(email), site.subscriber_file(mailing_list)
    _expect_present(site, mailing_list, address)
    write_atomically(path, lambda text: remove_row(text, address.canonical, str(path))[0])
    say(f"{address.address} is no longer on the list {mailing_list.name} ({path}).")


def _address(email: str) -> "Address":
    from digest.subscribers.address import parse_address

    try:
        return parse_address(email)
    except ValueError as error:
        raise InputError(f"{email}: {error}") from None


def _expect_present(site: "Site", mailing_list: "MailingList", address: "Address") -> None:
    from digest.planning import invited

    there = {row.address.canonical: row.address.address for row in invited(site, mailing_list).rows}
    if address.canonical in there:
        return
    near = get_close_matches(address.canonical, there, n=1)
    hint = f"; did you mean {there[near[0]]}?" if near else ""
    raise InputError(f"{address.address} is not on the list {mailing_list.name}{hint}")


@app.command("check")
def check(
    context: typer.Context,
    list_names: Annotated[list[str] | None, typer.Argument(metavar="[LIST]...", help="Lists; else all.")] = None,
    as_json: Json = False,
) -> None:
    """Say which rows can't be used and why, and who would never get anything. Exit code 3 if there are any."""
    site = opened(context)
    names = list_names or [one.name for one in site.lists]
    found = [finding for name in names for finding in _findings(site, site.list(name))]
    if as_json:
        print_json(found)
    else:
        for finding in found:
            say(f"{finding['file']}:{finding['line']}: {finding['reason']} ({finding['email']})")
        say(f"{counted(len(names), 'list')} checked, {counted(len(found), 'finding')}.")
    if found:
        raise typer.Exit(PARTLY)


def _findings(site: "Site", mailing_list: "MailingList") -> list[dict[str, Any]]:
    """Return refused rows and warnings of a list, in the order of its file."""
    from digest.planning import invited, suppressed_among

    file, path = invited(site, mailing_list), site.subscriber_file(mailing_list)
    suppressed = suppressed_among(site, mailing_list, (row.address.canonical for row in file.rows))
    found = [_finding(path, p.line, p.email, p.reason, p.refused) for p in file.problems]
    schedule, default = mailing_list.table.schedule, mailing_list.table.frequency
    for row in file.rows:
        frequency = row.subscriber.frequency or default
        if row.address.canonical in suppressed:
            reason = "is suppressed and never mailed; remove the row"
            found.append(_finding(path, row.line, row.address.address, reason, refused=False))
        if schedule and frequency not in schedule:
            reason = f"wants {frequency} mail, and the list has no [lists.{mailing_list.name}.schedule.{frequency}]"
            found.append(_finding(path, row.line, row.address.address, reason, refused=False))
    return sorted(found, key=lambda finding: int(finding["line"]))


def _finding(path: Path, line: int, email: str, reason: str, refused: bool) -> dict[str, Any]:
    return {"file": str(path), "line": line, "email": email, "reason": reason, "refused": refused}
