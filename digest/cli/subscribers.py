"""`digest subscribers`: list, add, remove and check the rows of the subscriber files."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
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
    from digest.subscribers.file import RowProblem, SubscriberFile
    from digest.subscribers.subscriber import Subscriber

app = typer.Typer(help="List, add, remove and check the subscribers in a list's file.", no_args_is_help=True)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address alone, such as ada@example.org.")]

_NEAR_MISSES_AMONG = 50_000
"""In a larger file no near miss is looked for: that would take longer than looking oneself."""


@app.command("list")
def list_subscribers(context: typer.Context, list_name: ListName, as_json: Json = False) -> None:
    """List the subscribers in a list's file; an empty field means what the list itself has."""
    from digest.planning import invited
    from digest.store import readers
    from digest.store.database import reading

    site = opened(context)
    mailing_list = site.list(list_name)
    file = invited(site, mailing_list)
    with reading(site.store).begin() as connection:
        signed_up = readers.count_confirmed(connection, mailing_list.id)
    found = [row.subscriber for row in file.rows]
    if as_json:
        print_json([{**asdict(row.subscriber), "line": row.line} for row in file.rows])
    else:
        columns = ("email", "name", "topics", "frequency", "timezone", "language")
        table(columns, ([_cell(getattr(one, column)) for column in columns] for one in found))
    if signed_up:
        note(f"{signed_up:,} signed up by themselves and need no row; `digest subscribers show ADDRESS` tells of them")
    refused = sum(problem.refused for problem in file.problems)
    if refused:
        note(f"{counted(refused, 'row')} refused; `digest subscribers check {mailing_list.name}` says why")


def _cell(value: str | tuple[str, ...] | None) -> str:
    return " ".join(value) if isinstance(value, tuple) else value or ""


@app.command("add")
def add(
    context: typer.Context,
    list_name: ListName,
    email: Email,
    name: Annotated[str, typer.Option(help="Whom the issue greets.")] = "",
    topics: Annotated[str, typer.Option(help='Topic ids, such as "robotics vision"; else all of the list\'s.')] = "",
    frequency: Annotated[
        str | None, typer.Option("--frequency", "-f", help="daily or weekly; else the list's.")
    ] = None,
    timezone: Annotated[str | None, typer.Option(help="IANA name, such as Europe/Berlin; else the list's.")] = None,
    language: Annotated[str | None, typer.Option(help="BCP 47 tag, such as de; else the list's.")] = None,
) -> None:
    """Add a subscriber at the end of a list's file; nothing else in it changes."""
    from digest.subscribers.edit import add_row, write_atomically
    from digest.subscribers.subscriber import Subscriber

    site = opened(context)
    mailing_list = site.list(list_name)
    path = site.subscriber_file(mailing_list)
    address = _address(email)
    _refuse_suppressed(site, mailing_list, address)
    asked = Subscriber(
        address.address, name, tuple(re.split(r"[\s,;|]+", topics.strip())), frequency, timezone, language
    )
    subscriber = _checked(site, mailing_list, asked)
    _expect_file(path)
    write_atomically(path, lambda text: add_row(text, subscriber, str(path)))
    say(f"Added {subscriber.email} to {path}")
    if reason := _never_gets(mailing_list, subscriber.frequency):
        note(f"note: {reason}")


def _address(text: str) -> "Address":
    from digest.subscribers.address import parse_address

    try:
        return parse_address(text)
    except ValueError as error:
        raise InputError(f"{text!r}: {error}") from None


def _refuse_suppressed(site: "Site", mailing_list: "MailingList", address: "Address") -> None:
    from digest.store.database import reading
    from digest.suppressing import reasons

    with reading(site.store).begin() as connection:
        found = reasons(connection, site, mailing_list, address)
    if found:
        raise InputError("; and ".join(found))


def _checked(site: "Site", mailing_list: "MailingList", asked: "Subscriber") -> "Subscriber":
    """Return the subscriber as they would be read back from a file. Raises InputError."""
    from digest.subscribers.edit import add_row
    from digest.subscribers.file import parse_subscribers
    from digest.subscribers.table import HEADER

    topics = [topic.id for topic in site.topics(mailing_list)]
    read = parse_subscribers(add_row(f"{HEADER}\n", asked, asked.email), asked.email, topics)
    for problem in read.problems:
        raise InputError(f"{asked.email}: {problem.reason}")
    return read.rows[0].subscriber


def _expect_file(path: Path) -> None:
    from digest.subscribers.table import HEADER

    if not path.exists():
        raise InputError(f"{path}: there is no such file; make one with this header line: {HEADER}")


@app.command("remove")
def remove(context: typer.Context, list_name: ListName, email: Email) -> None:
    """Remove a subscriber's row from a list's file. It suppresses nobody: they can be added again."""
    from digest.subscribers.edit import remove_row, write_atomically

    site = opened(context)
    mailing_list = site.list(list_name)
    path = site.subscriber_file(mailing_list)
    address = _address(email)
    lines: list[int] = []

    def without(text: str) -> str:
        try:
            rest, line = remove_row(text, address.canonical, str(path))
        except InputError as error:
            raise InputError(f"{error}{_near_miss(site, mailing_list, address)}") from None
        lines.append(line)
        return rest

    _expect_file(path)
    write_atomically(path, without)
    say(f"Removed {address.address} from {path} (line {lines[0]})")


def _near_miss(site: "Site", mailing_list: "MailingList", address: "Address") -> str:
    from digest.planning import invited

    known = {row.address.canonical: row.address.address for row in invited(site, mailing_list).rows}
    near = get_close_matches(address.canonical, known, n=1, cutoff=0.75) if len(known) <= _NEAR_MISSES_AMONG else []
    return f"; did you mean {known[near[0]]}?" if near else ""


@dataclass(frozen=True, slots=True)
class _Check:
    """What was found in one list's file; `error` when it can't be used at all."""

    list: str
    path: Path
    subscribers: int = 0
    problems: tuple["RowProblem", ...] = ()
    error: str | None = None


@app.command("check")
def check(
    context: typer.Context,
    list_names: Annotated[
        list[str] | None, typer.Argument(metavar="[LIST]...", help="Lists to check; else all.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Check subscriber files: every row that is refused, and everybody who would never get anything.

    Exit code: 0 when all is well, 3 when rows are refused or warned of, 1 when a file can't be used.
    """
    site = opened(context)
    lists = [site.list(name) for name in list_names] if list_names else site.lists
    checks = [_check(site, one) for one in lists]
    if as_json:
        print_json([_as_dict(one) for one in checks])
    else:
        for one in checks:
            _print_check(one)
    if any(one.error for one in checks):
        raise typer.Exit(1)
    if any(one.problems for one in checks):
        raise typer.Exit(PARTLY)


def _check(site: "Site", mailing_list: "MailingList") -> _Check:
    from digest.planning import invited

    path = site.subscriber_file(mailing_list)
    try:
        file = invited(site, mailing_list)
    except InputError as error:
        return _Check(mailing_list.name, path, error=str(error))
    problems = [*file.problems, *_warnings(site, mailing_list, file)]
    problems.sort(key=lambda problem: problem.line)
    return _Check(mailing_list.name, path, len(file.rows), tuple(problems))


def _warnings(site: "Site", mailing_list: "MailingList", file: "SubscriberFile") -> "Iterator[RowProblem]":
    """Yield what is wrong with rows that can be read: nobody would get anything by them."""
    from digest.store import suppressions
    from digest.subscribers.file import RowProblem
    from digest.subscribers.identity import address_key

    with site.store.begin() as connection:
        suppressed = suppressions.keys(connection, mailing_list.id)
    for row in file.rows:
        if suppressed and address_key(site.identity_key, row.address.canonical) in suppressed:
            yield RowProblem(row.line, "is suppressed and never mailed", row.address.address, refused=False)
        if row.subscriber.frequency and (reason := _never_gets(mailing_list, row.subscriber.frequency)):
            yield RowProblem(row.line, reason, row.address.address, refused=False)
    # What the list itself lacks is said once, not of a million rows.
    others = [row.line for row in file.rows if row.subscriber.frequency is None]
    if others and (reason := _never_gets(mailing_list, None)):
        whom = f"{counted(len(others), 'subscriber')} without a frequency of their own, from this line on: {reason}"
        yield RowProblem(others[0], whom, refused=False)


def _never_gets(mailing_list: "MailingList", frequency: str | None) -> str | None:
    """Say why a reader of this frequency would get nothing; a list without any schedule is sent by hand."""
    name, scheduled = mailing_list.name, mailing_list.table.schedule
    wanted = frequency or mailing_list.table.frequency
    if not scheduled or wanted in scheduled:
        return None
    return f"nobody sends {wanted} issues of this list; add [lists.{name}.schedule.{wanted}] to digest.toml"


def _print_check(one: _Check) -> None:
    if one.error is not None:
        note(f"error: {one.error}")
        return
    for problem in one.problems:
        kind = "refused" if problem.refused else "warning"
        whose = f" ({problem.email})" if problem.email else ""
        say(f"{one.path}:{problem.line}: {kind}: {problem.reason}{whose}")
    refused = sum(problem.refused for problem in one.problems)
    found = [counted(one.subscribers, "subscriber")]
    found += [f"{counted(refused, 'row')} refused"] if refused else []
    found += [counted(len(one.problems) - refused, "warning")] if len(one.problems) > refused else []
    say(f"{one.list}: {', '.join(found)}" + ("" if one.problems else ", all is well"))


def _as_dict(one: _Check) -> dict[str, Any]:
    return {**asdict(one), "problems": [asdict(problem) for problem in one.problems]}
