"""`digest subscribers export`: the audience of a list as a file."""

import csv
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from digest.cli.arguments import opened
from digest.cli.output import counted, note
from digest.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.roster.exporting import Person

_STATES = ("state", "scope", "why", "since")


def export_subscribers(
    context: typer.Context,
    list_name: Annotated[str, typer.Option("--list", "-l", metavar="LIST", help="The list whose people it is.")],
    form: Annotated[str, typer.Option("--format", help="csv or jsonl.")] = "csv",
    everything: Annotated[
        bool, typer.Option("--everything", help="Also who is suppressed, pauses or has another address, and why.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file to write; else standard output.", show_default=False)
    ] = None,
) -> None:
    """Export a list's audience: who is in its file or signed up, as they chose it, less who must not be mailed.

    `digest subscribers import` reads it. In CSV what a spreadsheet would run as a formula has a ' before it.
    """
    from digest.clock import now
    from digest.roster.exporting import people

    if form not in ("csv", "jsonl"):
        raise InputError(f"--format {form}: expected csv or jsonl")
    site = opened(context)
    mailing_list = site.list(list_name)
    refused: Counter[bool] = Counter()
    found = people(site, mailing_list, now(), lambda problem: refused.update([problem.refused]), everything=everything)
    with _target(output) as file:
        written = (_write_csv if form == "csv" else _write_jsonl)(file, found, everything)
    if refused[True]:
        note(f"{counted(refused[True], 'row')} refused; `digest subscribers check {mailing_list.name}` says why")
    if output:
        note(f"{counted(written, 'person') if written == 1 else f'{written:,} people'} in {output}")


@contextmanager
def _target(output: Path | None) -> Iterator[TextIO]:
    """Open a new file that its owner alone can read, or standard output."""
    if output is None:
        yield sys.stdout
        return
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        raise InputError(f"{output}: is there already; name another file") from None
    except OSError as error:
        raise InputError(f"{output}: can't be written: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            yield file
    except BaseException as error:
        output.unlink(missing_ok=True)  # half an audience looks like a whole one
        if isinstance(error, OSError):
            raise InputError(f"{output}: can't be written: {error.strerror}") from None
        raise


def _write_csv(file: TextIO, found: "Iterable[Person]", everything: bool) -> int:
    from digest.subscribers.formulas import escaped
    from digest.subscribers.table import FIELDS

    writer = csv.writer(file, lineterminator="\n")
    writer.writerow([*FIELDS, *(_STATES if everything else ())])
    written = 0
    for written, person in enumerate(found, start=1):  # noqa: B007
        values = _values(person, everything).values()
        writer.writerow([escaped(" ".join(one) if isinstance(one, tuple) else one or "") for one in values])
    return written


def _write_jsonl(file: TextIO, found: "Iterable[Person]", everything: bool) -> int:
    written = 0
    for written, person in enumerate(found, start=1):  # noqa: B007
        file.write(json.dumps(_values(person, everything), ensure_ascii=False) + "\n")
    return written


def _values(person: "Person", everything: bool) -> dict[str, Any]:
    from digest.subscribers.table import FIELDS

    values = {name: getattr(person.subscriber, name) for name in FIELDS}
    return values | ({name: getattr(person, name) for name in _STATES} if everything else {})
