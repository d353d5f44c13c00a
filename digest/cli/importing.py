"""`digest subscribers import`: subscribers of another program, or of another list, come to a list."""

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli.arguments import opened
from digest.cli.output import PARTLY, counted, folded, say
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.roster.importing.summary import Kind, Summary
    from digest.subscribers.intake import Merged


def import_subscribers(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="CSV, TSV or JSON Lines, or an export; - is standard input.")
    ],
    list_name: Annotated[str, typer.Option("--list", "-l", metavar="LIST", help="The list they come to.")],
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="OURS=THEIRS", help='Take a column for ours, such as email="E-Mail". Can be repeated.'
        ),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Import without asking.")] = False,
    rejects: Annotated[
        Path | None,
        typer.Option(help="Where the refused rows go; else beside FILE.", show_default=False),
    ] = None,
) -> None:
    """Import subscribers: first the summary, then a question, then it is done.

    Exports of Mailchimp, Substack, Buttondown, Ghost and listmonk are known by their columns. Who left there is
    suppressed here; nobody who is suppressed here comes back. Exit code 3 when rows are refused.
    """
    from digest.clock import now
    from digest.roster.importing.rejects import rejects_path
    from digest.roster.importing.taking import imported

    site = opened(context)
    mailing_list = site.list(list_name)
    path = rejects_path(rejects, file)
    with ExitStack() as stack:
        with _reading() as tell:
            found = stack.enter_context(imported(site, mailing_list, file, _mapping(mapping or []), tell))
        for line in _summary(found.summary, site.subscriber_file(mailing_list), mailing_list.name):
            say(line)
        asks = found.summary.changes and not yes
        if asks and not sys.stdin.isatty():
            raise InputError("nothing was imported: there is no terminal to ask on; look at this, then say --yes")
        if found.summary.refused.count:
            found.write_rejects(path)
            say(f"All refused rows are in {path}; mend them there and import that file.")
        if not found.summary.changes:
            say("There is nothing to do.")
        elif asks and not typer.confirm("Import?"):
            say("Nothing was imported.")
            raise typer.Exit(1)
        else:
            say(_done(found.take_in(now()), found.summary))
        if found.summary.refused.count:
            raise typer.Exit(PARTLY)


@contextmanager
def _reading() -> Iterator[Callable[[int], None]]:
    """Show on a terminal how many rows were read: a million take a minute."""
    from rich.console import Console

    with Console(stderr=True).status("Reading") as status:
        yield lambda rows: status.update(f"Reading: {rows:,} rows")


def _mapping(given: Iterable[str]) -> dict[str, str]:
    asked = {}
    for one in given:
        ours, equals, theirs = one.partition("=")
        if not equals or not theirs.strip():
            raise InputError(f'--map {one}: expected OURS=THEIRS, such as --map email="E-Mail"')
        asked[ours.strip()] = theirs.strip()
    return asked


def _summary(summary: "Summary", path: Path, list_name: str) -> Iterator[str]:
    """Yield the lines of a summary."""
    yield from _understood(summary)
    yield f"To {list_name} ({path}):"
    yield from _counts(summary)
    yield from _told("suppressed already", summary.suppressed)
    yield from _told("another address by now", summary.moved)
    yield from _told("came back here", summary.back)
    yield from _told("refused", summary.refused)
    for name, count in summary.merged.lost.items():
        yield f"note: {path} has no column {name!r}; {counted(count, 'value')} for it left out"
    if summary.tags:
        most = ", ".join(f"{tag} ({count:,})" for tag, count in summary.tags.most_common(10))
        yield folded("note: ", f"no topics of this list, and left out: {most}", 6)
    if hint := summary.source.layout.program.hint:
        yield folded("note: ", hint, 6)


def _understood(summary: "Summary") -> Iterator[str]:
    """Yield how the file was understood."""
    from digest.subscribers.file import clean_name

    source, layout = summary.source, summary.source.layout
    yield folded(f"{source.file}: ", f"{source.described}, {_rows(summary.rows)}", 2)
    if source.encoding.damaged:
        yield f"  {counted(source.encoding.damaged, 'byte')} of it are not in that encoding"
    taken = [(ours.replace("_", " "), [layout.names[at]]) for ours, at in layout.taken.items()]
    for ours, theirs in (
        *taken,
        ("who is gone", layout.judged),
        ("evidence", layout.evidence),
        ("your own", summary.own_columns),
        ("not used", [name for name in layout.unused if name.lower() not in summary.own_columns]),
    ):
        if theirs:
            yield folded(f"  {ours:<11}  ", ", ".join(map(clean_name, theirs)), 15)


def _rows(count: int) -> str:
    return counted(count, "row") if count == 1 else f"{count:,} rows"


def _counts(summary: "Summary") -> Iterator[str]:
    merged = summary.merged
    filled = ", ".join(f"{name} {count:,}" for name, count in merged.filled.items())
    counts = [
        (merged.new, "new"),
        (merged.changed, f"known, and get what their row lacks ({filled})"),
        (merged.unchanged, "known, unchanged"),
        (summary.own, "signed up here themselves, unchanged"),
        (summary.suppressed.count, "suppressed already, and stay so"),
        (summary.moved.count, "have another address by now, left alone"),
        (summary.back.count, "came back here after they left there, left alone"),
        *((count, f"become suppressed: {reason}") for reason, count in summary.leaving.items()),
        (summary.refused.count, "refused"),
    ]
    width = max(len(f"{count:,}") for count, _ in counts)
    yield from (f"  {count:>{width},}  {what}" for count, what in counts if count)


def _told(title: str, kind: "Kind") -> Iterator[str]:
    if kind.count:
        yield f"{title}:"
        yield from (f"  line {one.line}: {one.email}" + (f": {one.reason}" if one.reason else "") for one in kind.first)
    if kind.count > len(kind.first):
        yield f"  and {kind.count - len(kind.first):,} more"


def _done(merged: "Merged", summary: "Summary") -> str:
    gone = sum(summary.leaving.values())
    return f"Imported: {merged.new:,} added, {merged.changed:,} changed, {gone:,} suppressed."
