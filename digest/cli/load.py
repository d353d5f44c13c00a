"""`digest papers load`: ask sources for what is new, and read files."""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest import clock
from digest.cli.arguments import opened
from digest.cli.output import PARTLY, Json, counted, note, print_json, say
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.collecting import Collected
    from digest.site import Site, Source
    from digest.store.loading import Saved

SHOWN_PROBLEMS = 50


def load(
    context: typer.Context,
    what: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE|PATH]...", help="Sources of the settings, files, folders; else all sources."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="YYYY-MM-DD", help="Catch up with all that sources listed from this day on.")
    ] = None,
    year: Annotated[
        int | None, typer.Option(min=1990, max=2100, help="The year of a page that names only its day.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Load papers: from sources such as huggingface, or from files: JSON, JSONL, CSV, BibTeX, saved pages and feeds.

    Exit code 3: a source or file couldn't be used, or a record was refused; the others were loaded.
    """
    loads = _loads(opened(context), what or [], _since(since), year)
    done = [one for each in loads for one in _told(each, as_json)]
    if as_json:
        print_json([asdict(one) for one in done])
    failed = [one for one in done if one.error is not None]
    if failed and len(failed) == len(done):
        raise typer.Exit(1)
    if failed or any(problem.refused for one in done for problem in one.problems):
        raise typer.Exit(PARTLY)


def _since(given: str | None) -> date | None:
    try:
        day = None if given is None else date.fromisoformat(given)
    except ValueError:
        raise InputError(f"--since {given}: expected a day such as 2026-11-20") from None
    if day is not None and day > clock.now().date():
        raise InputError(f"--since {given}: is yet to come")
    return day


def _loads(site: "Site", what: Sequence[str], since: date | None, year: int | None) -> "list[Iterator[Collected]]":
    """Return the loads that were asked for, none begun; a name that is wrong is said before anything is loaded."""
    from digest.collecting import collect

    if not what and not site.sources:
        raise InputError("no sources are declared in digest.toml; name one (huggingface), or a file or folder")
    found = [_path_or_source(site, name) for name in what or site.settings.sources]
    if since is not None and all(isinstance(one, Path) for one in found):
        raise InputError("--since is for sources; of a file or folder everything is loaded")
    return [_files(site, one, year) if isinstance(one, Path) else collect(site, one, since) for one in found]


def _path_or_source(site: "Site", name: str) -> "Path | Source":
    if name in site.settings.sources:
        return site.source(name)
    path = Path(name)
    if path.exists():
        return path
    if "/" in name or path.suffix:
        raise InputError(f"{name}: there is no such file or folder")
    return site.source(name)


def _files(site: "Site", path: Path, year: int | None) -> "Iterator[Collected]":
    from digest.collecting import Collected, collect_file
    from digest.sources.file import paths_to_load, shown

    try:
        files = paths_to_load(path)
    except InputError as error:
        yield Collected("file", shown(path), error=str(error))
        return
    for file in files:
        try:
            yield collect_file(site, file, year or _ask_year(file, clock.now()), clock.now())
        except InputError as error:
            yield Collected("file", shown(file), error=str(error))


def _ask_year(file: Path, now: datetime) -> int | None:
    """Ask for the year of a page that names none, where there is somebody to ask."""
    from digest.sources.file import day_without_year

    if not sys.stdin.isatty():
        return None
    day = day_without_year(file)
    if day is None:
        return None
    answer: int = typer.prompt(f"{file}: the page is of {day}, without a year. Which year?", default=now.year, type=int)
    return answer


def _told(loads: "Iterator[Collected]", as_json: bool) -> "Iterator[Collected]":
    """Pass on what was loaded, and say of each what it brought as soon as it is known."""
    for one in loads:
        if not as_json:
            _say(one)
        yield one


def _say(one: "Collected") -> None:
    from digest.store.loading import Saved

    for problem in one.problems[:SHOWN_PROBLEMS]:
        note(f"{'refused' if problem.refused else 'note'}: {problem}")
    if len(one.problems) > SHOWN_PROBLEMS:
        note(f"… and {len(one.problems) - SHOWN_PROBLEMS} more; `digest papers rejected` lists what was refused")
    if one.error is not None:
        note(f"error: {one.error}")
    if one.error is None or one.saved != Saved():
        say(f"{one.place}: {one.nothing or _changes(one.saved)}")


def _changes(saved: "Saved") -> str:
    ignored = f", {counted(saved.ignored, 'new version')} of papers that aren't here" if saved.ignored else ""
    return f"{counted(saved.new, 'new paper')}, {saved.changed} changed, {saved.unchanged} known{ignored}"
