"""What commands print: tables, JSON, plain lines, and the sums of an issue."""

import json
import re
import shutil
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from digest.store.issues import StoredIssue

Json = Annotated[bool, typer.Option("--json", help="Print JSON instead, for scripts.")]

WIDEST = 100
"""Characters a line has at most on a terminal; longer ones are hard to read."""

_COMMANDS = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

PARTLY = 3
"""Exit code: done in part; what was refused, failed or waits is listed."""


def shown(text: str) -> str:
    """Return a text as a terminal may show it: what strangers wrote must not command it (ECMA-48), nor turn it round.

    Line ends and tabs stay.
    """
    if text.isprintable():
        return text
    return "".join("\ufffd" if char not in "\n\t" and _COMMANDS.match(char) else char for char in text)


def say(line: str) -> None:
    """Print a line of the result."""
    typer.echo(shown(line))


def note(line: str) -> None:
    """Print a remark on stderr, where it doesn't get into a pipe."""
    typer.echo(shown(line), err=True)


def width() -> int:
    """Return the columns that text may take on this terminal."""
    return min(shutil.get_terminal_size().columns, WIDEST)


def folded(head: str, text: str, hanging: int | None = None) -> str:
    """Return `head` and `text`, on a terminal folded to it, with later lines indented so far; in a pipe one line."""
    if not sys.stdout.isatty():
        return head + text
    from digest.render.wrapping import wrap

    return wrap(text, width(), indent=head, hanging=" " * (len(head) if hanging is None else hanging))


def print_json(value: Any) -> None:
    """Print JSON; moments are ISO 8601 in UTC."""
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=_plain))


def print_json_rows(rows: Iterable[Mapping[str, Any]]) -> None:
    """Print a JSON array, a row a line, as the rows come."""
    before = "["
    for row in rows:
        typer.echo(f"{before}\n{json.dumps(row, ensure_ascii=False, default=_plain)}", nl=False)
        before = ","
    typer.echo("[]" if before == "[" else "\n]")


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime, date)):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, Iterable):
        return list(value)
    return str(value)


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table: ruled on a terminal, tab-separated in a pipe."""
    if not sys.stdout.isatty():
        for row in rows:
            typer.echo("\t".join(shown(str(cell)) for cell in row))
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    ruled = Table(*columns, box=None, header_style="bold", pad_edge=False)
    for row in rows:
        ruled.add_row(*(escape(shown(str(cell))) for cell in row))
    Console().print(ruled)


ON_A_SCREEN = 100
"""Rows shown on a terminal, where nobody said how many."""

Limit = Annotated[
    int | None,
    typer.Option("--limit", min=1, help=f"At most so many; on a terminal {ON_A_SCREEN}, else all.", show_default=False),
]


def long_table(
    columns: Sequence[str],
    rows: Iterator[Sequence[object]],
    limit: int | None,
    which: str,
    more: str = "--limit shows more, a pipe gets all",
) -> None:
    """Print a table that may be very long: as much as was asked for, on a terminal a screenful or two.

    `which` says which of the rows come first, such as "newest", and `more` how the others are seen.
    """
    on_a_terminal = sys.stdout.isatty()
    if limit is None and on_a_terminal:
        limit = ON_A_SCREEN
    table(columns, islice(rows, limit))
    if on_a_terminal and next(rows, None) is not None:
        note(f"These are the {which} {limit}; {more}.")


def short_time(moment: datetime | None) -> str:
    """Return a moment in the machine's timezone for a person, "" for None."""
    return moment.astimezone().strftime("%Y-%m-%d %H:%M") if moment else ""


def counted(number: int, word: str) -> str:
    """Return "1 paper", "2 papers"."""
    return f"{number} {word}" if number == 1 else f"{number} {word}s"


_SUM = {
    "accepted": "accepted",
    "failed": "failed",
    "expired": "expired",
    "suppressed": "suppressed",
    "held": "held",
    "cancelled": "cancelled",
    "deferred": "deferred",
    "claimed": "on the wire",
    "planned": "not tried yet",
}
"""What the parts of a sum are called, by state; only the first six are final."""


def sum_line(counts: Mapping[Any, int]) -> str:
    """Return "20,000 planned = 19,980 accepted + 20 failed"; counts are by state."""
    parts = [f"{counts[state]:,} {words}" for state, words in _SUM.items() if counts.get(state)]
    return f"{sum(counts.values()):,} planned = {' + '.join(parts)}" if parts else "no readers"


def left_out_line(left_out: Mapping[str, int]) -> str:
    """Return "not planned: 12 another frequency, 3 suppressed"; counts are by reason."""
    return f"not planned: {', '.join(f'{number:,} {reason}' for reason, number in sorted(left_out.items()))}"


CAME_BACK = {
    "bounce": "bounced",
    "complaint": "complained of",
    "leave": "answered by leaving",
    "delay": "delayed",
    "reply": "answered automatically",
    "other": "reported otherwise",
}
"""What became of a message later on, by the kind of the report."""


def came_back_line(counts: Mapping[Any, int]) -> str:
    """Return "came back: 12 bounced, 3 complained of", "" where nothing did; counts are by kind of report."""
    parts = [f"{counts[kind]:,} {words}" for kind, words in CAME_BACK.items() if counts.get(kind)]
    return f"came back: {', '.join(parts)}" if parts else ""


def issue_facts(stored: "StoredIssue") -> dict[str, Any]:
    """Return what --json says of every issue."""
    return {
        "issue": str(stored.key),
        "day": stored.day,
        "number": stored.number,
        "state": stored.state,
        "built_at": stored.built_at,
        "approved_at": stored.approved_at,
        "planned_at": stored.planned_at,
        "finished_at": stored.finished_at,
    }
