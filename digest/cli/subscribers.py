"""`digest subscribers`: list, add, change and remove the rows of the subscriber files."""

import re
from collections.abc import Mapping
from dataclasses import asdict
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import editing, vetting
from digest.cli.arguments import ListName, opened
from digest.cli.output import Json, counted, note, print_json, say, table
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.site import MailingList, Site
    from digest.subscribers.address import Address
    from digest.subscribers.subscriber import Subscriber

app = typer.Typer(
    help="List, add, change, remove, edit and check the subscribers in a list's file.", no_args_is_help=True
)

Name = Annotated[str | None, typer.Option(help="Whom the issue greets.", show_default=False)]
Topics = Annotated[
    str | None,
    typer.Option(help='Topic ids, such as "robotics vision"; else all of the list\'s.', show_default=False),
]
OwnFrequency = Annotated[
    str | None, typer.Option("--frequency", "-f", help="daily or weekly; else the list's.", show_default=False)
]
Timezone = Annotated[
    str | None, typer.Option(help="IANA name, such as Europe/Berlin; else the list's.", show_default=False)
]
Language = Annotated[str | None, typer.Option(help="BCP 47 tag, such as de; else the list's.", show_default=False)]
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
    name: Name = None,
    topics: Topics = None,
    frequency: OwnFrequency = None,
    timezone: Timezone = None,
    language: Language = None,
) -> None:
    """Add a subscriber at the end of a list's file; nothing else in it changes."""
    from digest.roster.vetting import doubts, never_gets
    from digest.subscribers.disk import write_atomically
    from digest.subscribers.edit import add_row
    from digest.subscribers.subscriber import Subscriber

    site = opened(context)
    mailing_list = site.list(list_name)
    path = site.subscriber_file(mailing_list)
    address = _address(email)
    _refuse_suppressed(site, mailing_list, address)
    asked = Subscriber(address.address, name or "", _topics(topics), frequency, timezone, language)
    subscriber = _checked(site, mailing_list, asked)
    _expect_file(path)
    write_atomically(path, lambda text: add_row(text, subscriber, str(path)))
    say(f"Added {subscriber.email} to {path}")
    for doubt in doubts(address):
        note(f"note: {address.address} {doubt}")
    if reason := never_gets(mailing_list, subscriber.frequency):
        note(f"note: {reason}")


def _topics(written: str | None) -> tuple[str, ...]:
    return tuple(re.split(r"[\s,;|]+", (written or "").strip()))


@app.command("set")
def set_fields(
    context: typer.Context,
    list_name: ListName,
    email: Email,
    name: Name = None,
    topics: Topics = None,
    frequency: OwnFrequency = None,
    timezone: Timezone = None,
    language: Language = None,
) -> None:
    """Change what a subscriber's row says; nothing else in the file changes. An empty value ("") clears a field."""
    from digest.subscribers.disk import write_atomically
    from digest.subscribers.edit import change_row
    from digest.subscribers.subscriber import Subscriber

    site = opened(context)
    mailing_list = site.list(list_name)
    path = site.subscriber_file(mailing_list)
    address = _address(email)
    given = {"name": name, "topics": topics, "frequency": frequency, "timezone": timezone, "language": language}
    wanted = {field: value for field, value in given.items() if value is not None}
    if not wanted:
        raise InputError("say what to change: --name, --topics, --frequency, --timezone or --language")
    asked = Subscriber(address.address, name or "", _topics(topics), frequency, timezone, language)
    checked = asdict(_checked(site, mailing_list, asked))
    changes = {field: _cell(checked[field]) for field in wanted}
    done: list[tuple[int, bool]] = []

    def changed(text: str) -> str:
        try:
            new, line = change_row(text, address.canonical, changes, str(path))
        except InputError as error:
            raise InputError(f"{error}{_near_miss(site, mailing_list, address)}") from None
        done.append((line, new != text))
        return new

    _expect_file(path)
    write_atomically(path, changed)
    ((line, is_new),) = done
    say(f"{path}:{line}: " + (f"changed {', '.join(changes)}" if is_new else "says so already; nothing changed"))
    _note_what_holds(site, mailing_list, address, changes)


def _address(text: str) -> "Address":
    from digest.subscribers.address import parse_address
    from digest.subscribers.advice import address_meant, with_hint

    try:
        return parse_address(text)
    except ValueError as error:
        raise InputError(with_hint(f"{text!r}: {error}", address_meant(text))) from None


def _refuse_suppressed(site: "Site", mailing_list: "MailingList", address: "Address") -> None:
    from digest.roster.suppressing import reasons
    from digest.store.database import reading

    with reading(site.store).begin() as connection:
        found = reasons(connection, site, mailing_list, address)
    if found:
        raise InputError("; and ".join(found))


def _note_what_holds(site: "Site", mailing_list: "MailingList", address: "Address", changes: Mapping[str, str]) -> None:
    """Note where a change in the file comes to nothing, since something else goes before it."""
    from digest.readership.lookup import member
    from digest.roster.vetting import never_gets
    from digest.store import readers, suppressions
    from digest.subscribers.disk import read_lines
    from digest.subscribers.file import RowProblem, find_row

    path = site.subscriber_file(mailing_list)
    row = find_row(read_lines(path), str(path), [topic.id for topic in site.topics(mailing_list)], address.canonical)
    if isinstance(row, RowProblem):
        note(f"note: {path}:{row.line}: the row is refused all the same: {row.reason}")
    person, key = member(site, mailing_list, address)
    domain = suppressions.domain_key_of(address.address)
    with site.store.begin() as connection:
        barred = suppressions.among(connection, mailing_list.id, {person, key, domain})
        said = readers.load(connection, person)
    if barred:
        note("note: they are suppressed, and get nothing by this row")
    chosen = [field for field in changes if said and getattr(said.preferences, field, None) is not None]
    if chosen:
        note(f"note: they chose their own {' and '.join(chosen)}, which goes before the file")
    if changes.get("frequency") and (reason := never_gets(mailing_list, changes["frequency"])):
        note(f"note: {reason}")


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
    from digest.subscribers.disk import write_atomically
    from digest.subscribers.edit import remove_row

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
    if address.canonical in known or len(known) > _NEAR_MISSES_AMONG:
        return ""
    near = get_close_matches(address.canonical, known, n=1, cutoff=0.75)
    return f"; did you mean {known[near[0]]}?" if near else ""


app.command("edit")(editing.edit)
app.command("check")(vetting.check)
