"""`digest suppressions`: who must not be mailed. List, add, remove, import and export."""

import csv
import json
import sys
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest import clock
from digest.cli.arguments import opened
from digest.cli.output import PARTLY, Json, counted, long_table, note, print_json_rows, say
from digest.errors import InputError, meant

if TYPE_CHECKING:
    from digest.roster.suppressing import Who
    from digest.site import Site
    from digest.store.suppressions import Suppression
    from digest.subscribers.file import RowProblem

app = typer.Typer(help="Who must not be mailed: list, add, remove, import, export.", no_args_is_help=True)

MOST_PROBLEMS = 1_000
"""How many refused rows are told with their lines; the others are counted."""

_NEAR_AMONG = 50_000

WhoName = Annotated[str, typer.Argument(metavar="WHO", help="An address, a domain such as example.org, or a key.")]
ScopeOption = Annotated[
    str | None, typer.Option("--list", "-l", metavar="LIST", help="A list's name or permanent id; else everywhere.")
]


@app.command("list")
def list_suppressions(
    context: typer.Context,
    who: Annotated[str | None, typer.Argument(metavar="[WHO]", help="An address, a domain, or a key.")] = None,
    list_name: Annotated[
        str | None, typer.Option("--list", "-l", metavar="LIST", help='Only this list\'s, or "everywhere".')
    ] = None,
    reason: Annotated[str | None, typer.Option(help="Only those with this reason.")] = None,
    as_json: Json = False,
) -> None:
    """List who must not be mailed; of an address also what its domain is suppressed by.

    The columns: who, where, the reason, since when, and where the word came from. Who asked to be forgotten shows as a
    key alone.
    """
    from digest.roster.suppressing import scope_name
    from digest.store import suppressions

    site = opened(context)
    scope = None if list_name is None else _scope(site, list_name)
    keys = None if who is None else _keys(site, who)
    found = suppressions.walk(site.store, scope, reason, keys)
    if as_json:
        print_json_rows({**_facts(one), "list": scope_name(site, one.scope)} for one in found)
        return
    columns = ("who", "where", "reason", "since", "source")
    long_table(columns, (_cells(site, one) for one in found), None, "first", "a pipe gets all")


def _scope(site: "Site", name: str | None) -> str:
    from digest.roster.suppressing import scope_of
    from digest.store import people
    from digest.store.database import reading

    with reading(site.store).begin() as connection:
        gone = people.list_ids(connection)
    return scope_of(site, name, gone)


def _keys(site: "Site", written: str) -> list[str]:
    from digest.roster.suppressing import who_of
    from digest.store.suppressions import domain_key_of

    who = who_of(site, written)
    return [who.key, domain_key_of(who.address)] if who.address else [who.key]


def _cells(site: "Site", one: "Suppression") -> tuple[str, ...]:
    from digest.roster.suppressing import scope_name, shown

    return shown(one), scope_name(site, one.scope), one.reason, f"{one.at:%Y-%m-%d}", one.source


def _facts(one: "Suppression") -> dict[str, Any]:
    return {
        "address": one.address or None,
        "domain": one.domain or None,
        "key": one.key,
        "scope": one.scope,
        "reason": one.reason,
        "at": one.at,
        "source": one.source,
    }


@app.command("add")
def add(
    context: typer.Context,
    people: Annotated[list[str], typer.Argument(metavar="WHO...", help="Addresses, or domains such as example.org.")],
    list_name: ScopeOption = None,
    reason: Annotated[str, typer.Option(help="A word or two, at most 30 characters.")] = "by hand",
) -> None:
    """Keep somebody from being mailed from now on, also by an issue that is going out. It erases nothing."""
    from digest.roster.suppressing import scope_name, who_of
    from digest.store import suppressions
    from digest.subscribers.reasons import FORGOTTEN
    from digest.subscribers.suppressed import MAX_REASON

    if reason == FORGOTTEN:
        raise InputError("--reason forgotten: `digest subscribers forget ADDRESS` does that, and erases what is known")
    if not 0 < len(reason.strip()) <= MAX_REASON or not reason.isprintable():
        raise InputError(f"--reason: expected a word or two, at most {MAX_REASON} characters")
    site = opened(context)
    scope = _scope(site, list_name)
    found = [who_of(site, one) for one in people]  # all of them, before any is added
    where = scope_name(site, scope)
    done = []  # told after the commit: nobody waits for a terminal that stands still
    with site.store.begin() as connection:
        for who in found:
            new = suppressions.add(
                connection,
                scope=scope,
                address_key=who.key,
                address=who.address or None,
                reason=reason.strip(),
                source="operator",
                now=clock.now(),
            )
            known = [one for one in suppressions.of(connection, [who.key]) if one.scope == scope]
            why = "" if new else f" already since {known[0].at:%Y-%m-%d}: {known[0].reason}"
            done.append(f"{who.shown} is suppressed {_on(where)}{why}.")
    for line in done:
        say(line)


def _on(where: str) -> str:
    from digest.roster.suppressing import EVERY_LIST

    return where if where == EVERY_LIST else f"on {where}"


@app.command("remove")
def remove(
    context: typer.Context,
    who: WhoName,
    because: Annotated[str, typer.Option(metavar="TEXT", help="On what ground; it is kept for good.")],
    list_name: ScopeOption = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """End a suppression, so that who is on a list is mailed again. It is recorded with the reason you give."""
    from digest.roster.suppressing import meaning, scope_name, who_of
    from digest.store import suppressions
    from digest.store.database import reading
    from digest.store.suppressions import EVERYWHERE

    if not because.strip() or not because.isprintable():
        raise InputError("--because: say in a line on what ground; it is kept with what is lifted")
    site = opened(context)
    whom, scope = who_of(site, who), _scope(site, list_name)
    where = _on(scope_name(site, scope))
    with reading(site.store).begin() as connection:
        known = suppressions.of(connection, [whom.key])
        barring = suppressions.barring(connection, scope, [whom.key])
        # On a list made later, that another one forgot them is lifted too; what holds everywhere isn't.
        holds = [one for one in barring if scope == EVERYWHERE or one.scope != EVERYWHERE]
    if not holds:
        raise InputError(_not_there(site, whom, where, known))
    if not yes:
        question = f"{whom.shown} is suppressed {where} since {holds[0].at:%Y-%m-%d}: {meaning(holds[0])}. Lift that?"
        typer.confirm(question, abort=True, err=True)
    with site.store.begin() as connection:
        suppressions.lift(connection, scope=scope, key=whom.key, by=f"operator: {because.strip()}", now=clock.now())
        left = suppressions.of(connection, _keys(site, who))
    say(f"{whom.shown} is not suppressed {where} any more.")
    for one in left:
        note(f"Still suppressed: {_with_scope(site, one)}.")


def _with_scope(site: "Site", one: "Suppression") -> str:
    """Return "@example.org everywhere (by hand)"."""
    from digest.roster.suppressing import scope_name, shown

    return f"{shown(one)} {_on(scope_name(site, one.scope))} ({one.reason})"


def _not_there(site: "Site", whom: "Who", where: str, known: "list[Suppression]") -> str:
    """Say that somebody isn't suppressed there, and where they are, or who was meant."""
    from digest.roster.suppressing import EVERY_LIST, scope_name
    from digest.store import suppressions

    said = f"{whom.shown} is not suppressed {where}"
    if known:
        others = [scope_name(site, one.scope) for one in known]
        options = " or ".join("without --list" if one == EVERY_LIST else f"with --list {one}" for one in others)
        return f"{said}, but {', '.join(map(_on, others))}; say it {options}"
    names = (one.address or one.key for one in islice(suppressions.walk(site.store), _NEAR_AMONG))
    return f"{said}; {meant(whom.shown, names, 'nothing keeps them from being mailed')}"


@app.command("import")
def import_file(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV, JSON lines, or an address or domain a line.")],
    list_name: ScopeOption = None,
    reason: Annotated[str, typer.Option(help="For rows that say none.")] = "imported",
) -> None:
    """Suppress whom a file names; who is suppressed already stays as they are, so again is harmless.

    Columns: who (or address, email, domain), scope, reason, date, source; all but the first may be missing. Exit
    code 3: some rows were refused, and are listed.
    """
    from digest.roster.suppression_files import Import
    from digest.subscribers.suppressed import MAX_REASON

    site = opened(context)
    problems = _Problems(file)
    taken = Import(site, file, _scope(site, list_name), reason[:MAX_REASON], clock.now(), problems.tell).run()
    problems.end()
    refused = f", {counted(taken.refused, 'row')} refused" if taken.refused else ""
    say(f"{taken.new:,} suppressed now, {taken.known:,} were already{refused}.")
    if taken.foreign:
        note(
            f"{counted(taken.foreign, 'row')} had a key made with another identity key: rows without an address,"
            " of people who asked to be forgotten, mean nobody here."
        )
    if taken.refused:
        raise typer.Exit(PARTLY if taken.new or taken.known else 1)


class _Problems:
    """Tells the first problems of a file as they come, and counts the others."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._told = self._untold = 0

    def tell(self, problem: "RowProblem") -> None:
        if self._told == MOST_PROBLEMS:
            self._untold += 1
            return
        self._told += 1
        kind = "refused" if problem.refused else "note"
        whose = f" ({problem.email})" if problem.email else ""
        note(f"{self._file}:{problem.line}: {kind}: {problem.reason}{whose}")

    def end(self) -> None:
        if self._untold:
            note(f"and {counted(self._untold, 'problem')} more")


@app.command("export")
def export(
    context: typer.Context,
    list_name: Annotated[
        str | None, typer.Option("--list", "-l", metavar="LIST", help='Only this list\'s, or "everywhere".')
    ] = None,
    form: Annotated[str, typer.Option("--format", "-F", help="csv or jsonl.")] = "csv",
) -> None:
    """Write all suppressions to standard output, in a form that `digest suppressions import` takes back whole."""
    from digest.roster.suppression_files import exported
    from digest.subscribers.suppressed import COLUMNS

    if form not in ("csv", "jsonl"):
        raise InputError(f"--format {form}: expected csv or jsonl")
    site = opened(context)
    rows = exported(site, None if list_name is None else _scope(site, list_name))
    if form == "jsonl":
        for row in rows:
            typer.echo(json.dumps(row, ensure_ascii=False))
        return
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_one_line(row) for row in rows)


def _one_line(row: dict[str, str]) -> dict[str, str]:
    """Return a row as a spreadsheet shows it, and runs nothing: a domain "@example.org" has no harmful letters."""
    from digest.subscribers.formulas import escaped

    lines = {name: " ".join(text.splitlines()) for name, text in row.items()}
    return {name: text if text == lines["key"] else escaped(text) for name, text in lines.items()}
