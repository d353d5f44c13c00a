"""`digest bounces`: read what came back by mail, and list what it did."""

from collections.abc import Collection, Iterable, Iterator
from datetime import UTC, date, datetime, time
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from digest import clock
from digest.bounces.report import ACTING, Effect, Kind
from digest.cli.arguments import opened, stored_issue
from digest.cli.output import PARTLY, Json, Limit, long_table, note, print_json, print_json_rows, say, short_time
from digest.errors import DigestError, InputError, meant

if TYPE_CHECKING:
    from digest.mailboxes.letter import Mailbox
    from digest.returns.receiving import Found, Tally
    from digest.site import Site
    from digest.store.reports import ReportRow

app = typer.Typer(help="Read bounces, complaints and requests to leave that came by mail.", no_args_is_help=True)

_LISTED = 20
"""Unmatched reports that are told one by one."""

_SAID = 120
"""Characters of what a server said, there."""

One = TypeVar("One", bound=StrEnum)


@app.command("read")
def read(
    context: typer.Context,
    names: Annotated[
        list[str] | None, typer.Argument(metavar="[NAME]...", help="Mailboxes in digest.toml; else all of them.")
    ] = None,
    maildir: Annotated[Path | None, typer.Option(help="A Maildir that isn't in digest.toml.")] = None,
    mbox: Annotated[Path | None, typer.Option(help="An mbox file that isn't in digest.toml.")] = None,
    as_json: Json = False,
) -> None:
    """Read the unread mails of mailboxes, and do what they report; `digest schedule` does it by itself.

    No mail is deleted. Exit code: 0 when all was read, 3 when a mail could not be, 1 when a mailbox could not be.
    """
    site = opened(context)
    results = [_read(site, name, mailbox, as_json) for name, mailbox in _mailboxes(site, names or [], maildir, mbox)]
    if as_json:
        print_json([result for result, _ in results])
    code = max(code for _, code in results)
    if code:
        raise typer.Exit(1 if any(code == 1 for _, code in results) else code)


def _mailboxes(
    site: "Site", names: list[str], maildir: Path | None, mbox: Path | None
) -> "Iterator[tuple[str, Mailbox]]":
    """Yield the mailboxes that are asked for, by name or path. Raises InputError, ConfigError."""
    from digest.returns.receiving import open_mailbox

    if maildir is not None:
        from digest.mailboxes.maildir import Maildir

        yield maildir.name, Maildir(maildir)
    if mbox is not None:
        from digest.mailboxes.mbox import Mbox

        yield mbox.name, Mbox(mbox)
    if maildir is None and mbox is None:
        names = names or list(site.settings.mailboxes)
    if not names and maildir is None and mbox is None:
        raise InputError(
            "digest.toml names no mailbox; add a table [mailboxes.bounces] with `maildir`, `mbox` or `host`"
            " (docs/bounces.md), or name one here: --maildir PATH, --mbox PATH"
        )
    for name in names:
        yield name, open_mailbox(site, name)


def _read(site: "Site", name: str, mailbox: "Mailbox", as_json: bool) -> tuple[dict[str, Any], int]:
    """Read one mailbox; returns what --json says of it, and an exit code."""
    from digest.returns.receiving import Tally, read_mailbox

    tally, lost = Tally(), []
    error = ""
    try:
        for batch in read_mailbox(site, mailbox, f"mailbox {name}", clock.now):
            tally += batch.tally
            lost += [one for one in batch.found if one.effect is Effect.UNMATCHED and one.report.kind in ACTING]
    except DigestError as problem:
        error = str(problem)
    if not as_json:
        if tally.letters or not error:
            say(f"{name}: {tally if tally.letters else 'no unread mail'}")
        _say_lost(lost)
        for letter in tally.unreadable:
            note(f"{name}: {letter.place} can't be read: {letter.problem}")
    if error:
        note(f"error: {name}: {error}")
    return _as_dict(name, tally, lost, error), 1 if error else PARTLY if tally.unreadable else 0


def _say_lost(lost: "list[Found]") -> None:
    for one in lost[:_LISTED]:
        say(f"  {one.place}: {_why(one)}")
    if len(lost) > _LISTED:
        say(f"  and {len(lost) - _LISTED} more: `digest bounces list --effect unmatched`")


def _why(one: "Found") -> str:
    """Say why a report did nothing; of a request to leave also who asks, whom the operator may want to answer."""
    report = one.report
    if report.kind is Kind.LEAVE:
        return f"{next(iter(report.recipients), 'somebody')} asks to leave and proves no message of ours"
    said = f" ({report.said[:_SAID]})" if report.said else ""
    names = "names none of ours of the last 60 days" if report.tokens or report.unsubscribe else "names no message"
    return f"{report.kind} that {names}{said}"


def _as_dict(name: str, tally: "Tally", lost: "Iterable[Found]", error: str) -> dict[str, Any]:
    return {
        "mailbox": name,
        "mails": tally.letters,
        "counts": tally.counts,
        "unmatched": [{"mail": one.place, "why": _why(one)} for one in lost],
        "unreadable": [{"mail": letter.place, "why": letter.problem} for letter in tally.unreadable],
        "error": error or None,
    }


@app.command("list")
def list_reports(
    context: typer.Context,
    kind: Annotated[list[str] | None, typer.Option("--kind", metavar="KIND", help=f"Only {', '.join(Kind)}.")] = None,
    effect: Annotated[
        list[str] | None, typer.Option("--effect", metavar="EFFECT", help=f"Only {', '.join(Effect)}.")
    ] = None,
    issue: Annotated[
        str | None, typer.Option("--issue", metavar="ISSUE", help="Only what came back of that issue's messages.")
    ] = None,
    address: Annotated[
        str | None, typer.Option("--address", metavar="ADDRESS", help="Only what is about that address.")
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", metavar="YYYY-MM-DD", help="Only what came on that day (UTC) or later.")
    ] = None,
    limit: Limit = None,
    as_json: Json = False,
) -> None:
    """List what came back, by mail or by webhook, and what it did; the newest first. --kind and --effect may repeat."""
    from digest.store import reports

    kinds, effects = _chosen("--kind", kind, Kind), _chosen("--effect", effect, Effect)
    site = opened(context)
    rows = reports.walk(
        site.store,
        kinds=kinds,
        effects=effects,
        address_key=_key(site, address),
        issue_id=None if issue is None else stored_issue(site, issue)[0],
        since=_since(since),
    )
    if as_json:
        print_json_rows(map(_row, islice(rows, limit)))
        return
    columns = ("when", "kind", "effect", "address", "issue", "status", "origin", "what was said")
    long_table(columns, map(_cells, rows), limit, "newest")


def _chosen(option: str, given: Collection[str] | None, known: type[One]) -> list[One]:
    """Return what is named. Raises InputError with the nearest one."""
    names = [str(one) for one in known]
    expected = f"expected one of {', '.join(names)}"
    for name in given or ():
        if name not in names:
            raise InputError(f"{option} {name}: {meant(name, names, expected)}")
    return [known(name) for name in given or ()]


def _key(site: "Site", address: str | None) -> str | None:
    """Return the key of an address. Raises InputError for what is none."""
    from digest.subscribers.address import parse_address
    from digest.subscribers.identity import address_key

    if address is None:
        return None
    try:
        return address_key(site.identity_key, parse_address(address).canonical)
    except ValueError as error:
        raise InputError(f"--address {address}: {error}") from None


def _since(given: str | None) -> datetime | None:
    if given is None:
        return None
    try:
        return datetime.combine(date.fromisoformat(given), time(), UTC)
    except ValueError:
        raise InputError(f"--since {given}: expected a day such as 2026-11-24") from None


def _cells(row: "ReportRow") -> tuple[str, ...]:
    issue = str(row.issue) if row.issue else ""
    return short_time(row.at), row.kind, row.effect, row.address, issue, row.status, row.origin, row.said


def _row(row: "ReportRow") -> dict[str, Any]:
    return {
        "at": row.at,
        "kind": row.kind,
        "effect": row.effect,
        "address": row.address,
        "issue": str(row.issue) if row.issue else None,
        "status": row.status,
        "origin": row.origin,
        "said": row.said,
    }
