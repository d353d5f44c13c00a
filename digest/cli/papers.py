"""`digest papers`: load records, list them, show one."""

import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest import clock
from digest.cli.arguments import opened
from digest.cli.output import PARTLY, Json, counted, note, print_json, say, table
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.papers.paper import Paper
    from digest.pipeline import Load

app = typer.Typer(help="Load, list and show papers.", no_args_is_help=True)

SHOWN_PROBLEMS = 50


@app.command("load")
def load(
    context: typer.Context,
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files or folders of papers.")],
    year: Annotated[
        int | None, typer.Option(min=1990, max=2100, help="The year of a page that names only its day.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Load papers: a Hugging Face papers page saved as text, JSONL (one paper an object), or JSON."""
    from digest.pipeline import collect
    from digest.sources.file import paths_to_load

    site = opened(context)
    files = [file for path in paths for file in paths_to_load(path)]
    loads: list[Load] = []
    failed: list[str] = []
    for file in files:
        try:
            loads.append(collect(site, file, year or _ask_year(file, clock.now()), clock.now()))
        except InputError as error:
            failed.append(str(error))
    _report(loads, failed, as_json)
    if failed and not loads:
        raise typer.Exit(1)
    if failed or any(problem.refused for one in loads for problem in one.problems):
        raise typer.Exit(PARTLY)


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


def _report(loads: "list[Load]", failed: list[str], as_json: bool) -> None:
    if as_json:
        print_json(
            {
                "files": [
                    {
                        "path": str(one.path),
                        **asdict(one.saved),
                        "problems": [asdict(p) for p in one.problems],
                    }
                    for one in loads
                ],
                "failed": failed,
            }
        )
        return
    for one in loads:
        for problem in one.problems[:SHOWN_PROBLEMS]:
            note(f"{'refused' if problem.refused else 'note'}: {problem}")
        if len(one.problems) > SHOWN_PROBLEMS:
            note(f"… and {len(one.problems) - SHOWN_PROBLEMS} more; --json lists all")
        saved = one.saved
        say(f"{one.path}: {counted(saved.new, 'new paper')}, {saved.changed} changed, {saved.unchanged} known")
    for reason in failed:
        note(f"error: {reason}")


@app.command("list")
def list_papers(
    context: typer.Context,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, newest loaded first.")] = 50,
    as_json: Json = False,
) -> None:
    """List the papers that were loaded."""
    from digest.store import papers

    with opened(context).store.begin() as connection:
        total = papers.count(connection)
        found = papers.newest(connection, limit)
    if as_json:
        print_json([{**asdict(one.paper), "first_loaded_at": one.first_loaded_at} for one in found])
        return
    table(("id", "date", "title"), ((one.paper.id, one.paper.published or "", one.paper.title) for one in found))
    if total > len(found):
        note(f"{len(found)} of {total} papers; --limit shows more")


@app.command("show")
def show(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(help="An id, the beginning of one, or words of the title.")],
    as_json: Json = False,
) -> None:
    """Show one paper with all that is known of it."""
    from digest.store import papers

    with opened(context).store.begin() as connection:
        found = papers.search(connection, paper)
    if not found:
        raise InputError(f"no paper is called {paper!r}; `digest papers list` shows what there is")
    if as_json:
        print_json([asdict(one) for one in found])
    elif len(found) > 1:
        table(("id", "title"), ((one.id, one.title) for one in found))
    else:
        _print_paper(found[0])


def _print_paper(paper: "Paper") -> None:
    from digest.render.present import signal_words
    from digest.render.wrapping import wrap

    say(wrap(paper.title, 78))
    facts = {
        "id": paper.id,
        "authors": ", ".join(paper.authors),
        "date": paper.published,
        "categories": " ".join(paper.categories),
        "keywords": ", ".join(paper.keywords),
        "signals": ", ".join(signal_words(paper.signals)),
        "source": paper.source,
        **{f"{name} link": url for name, url in asdict(paper.links).items()},
        **paper.extra,
    }
    for name, value in facts.items():
        if value:
            say(f"{name:>12}  {value}")
    say("\n" + wrap(paper.abstract or "(no abstract)", 78))
