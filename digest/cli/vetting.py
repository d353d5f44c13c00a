"""`digest subscribers check`: what is wrong in subscriber files, line by line."""

from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest.cli.arguments import opened
from digest.cli.output import PARTLY, Json, counted, note, print_json, say
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.roster.vetting import Counts
    from digest.site import MailingList, Site
    from digest.subscribers.file import RowProblem


def check(
    context: typer.Context,
    list_names: Annotated[
        list[str] | None, typer.Argument(metavar="[LIST]...", help="Lists to check; else all.", show_default=False)
    ] = None,
    as_json: Json = False,
) -> None:
    """Check subscriber files: every row that is refused or doubtful, and everybody who would never get anything.

    Exit code: 0 when all is well, 3 when rows are refused or warned of, 1 when a file can't be used.
    """
    site = opened(context)
    lists = [site.list(name) for name in list_names] if list_names else site.lists
    if as_json:
        found = [_as_dict(site, one) for one in lists]
        print_json(found)
        codes = {1 if one["error"] else PARTLY if one["problems"] else 0 for one in found}
    else:
        codes = {_print_check(site, one) for one in lists}
    if worst := next((code for code in (1, PARTLY) if code in codes), 0):
        raise typer.Exit(worst)


def problem_line(path: Path, problem: "RowProblem") -> str:
    """Return a problem as one line: the file and its line, whether the row is refused, why, and whose it is."""
    kind = "refused" if problem.refused else "warning"
    whose = f" ({problem.email})" if problem.email else ""
    return f"{path}:{problem.line}: {kind}: {problem.reason}{whose}"


def _checked(
    site: "Site", mailing_list: "MailingList", tell: "Callable[[RowProblem], None]"
) -> "tuple[Counts, str | None]":
    """Tell the problems of a list's file as they are found; returns their counts, and why it can't be used."""
    from digest.roster.vetting import Counts, vet
    from digest.subscribers.disk import read_lines

    path, counts = site.subscriber_file(mailing_list), Counts()
    try:
        for problem in vet(site, mailing_list, read_lines(path), str(path), counts):
            tell(problem)
    except InputError as error:
        return counts, str(error)
    return counts, None


def _print_check(site: "Site", mailing_list: "MailingList") -> int:
    """Print what is wrong with a list's file; returns the exit code."""
    path = site.subscriber_file(mailing_list)
    counts, error = _checked(site, mailing_list, lambda problem: say(problem_line(path, problem)))
    if error is not None:
        note(f"error: {error}")
        return 1
    found = [counted(counts.subscribers, "subscriber")]
    found += [f"{counted(counts.refused, 'row')} refused"] if counts.refused else []
    found += [counted(counts.warnings, "warning")] if counts.warnings else []
    say(f"{mailing_list.name}: {', '.join(found)}" + ("" if len(found) > 1 else ", all is well"))
    return PARTLY if len(found) > 1 else 0


def _as_dict(site: "Site", mailing_list: "MailingList") -> dict[str, Any]:
    problems: list[RowProblem] = []
    counts, error = _checked(site, mailing_list, problems.append)
    return {
        "list": mailing_list.name,
        "path": site.subscriber_file(mailing_list),
        "subscribers": counts.subscribers,
        "problems": [asdict(problem) for problem in sorted(problems, key=lambda problem: problem.line)],
        "error": error,
    }
