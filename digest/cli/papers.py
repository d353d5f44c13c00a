"""`digest papers`: load records, list them, show one, what was refused, what is trending."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from digest.cli import load, trending
from digest.cli.arguments import PaperName, opened
from digest.cli.output import Json, counted, folded, note, print_json, say, short_time, table

if TYPE_CHECKING:
    from digest.papers.paper import Paper

app = typer.Typer(help="Load papers, list and show them, see what is trending.", no_args_is_help=True)

app.command("load")(load.load)
app.command("trending")(trending.trending)


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
    paper: PaperName,
    as_json: Json = False,
) -> None:
    """Show one paper with all that is known of it."""
    from digest.picking import papers_called

    with opened(context).store.begin() as connection:
        found = papers_called(connection, paper)
    if as_json:
        print_json([asdict(one) for one in found])
    elif len(found) > 1:
        table(("id", "title"), ((one.id, one.title) for one in found))
    else:
        _print_paper(found[0])


def _print_paper(paper: "Paper") -> None:
    from digest.render.present import signal_words
    from digest.render.words import ENGLISH, Words
    from digest.render.wrapping import wrap

    say(wrap(paper.title, 78))
    facts = {
        "id": paper.id,
        "authors": ", ".join(paper.authors),
        "published": paper.published,
        "listed": paper.listed,
        "version": paper.version,
        "categories": " ".join(paper.categories),
        "keywords": ", ".join(paper.keywords),
        "signals": ", ".join(signal_words(paper.signals, Words(ENGLISH, {}))),
        "source": paper.source,
        **{f"{name} link": url for name, url in asdict(paper.links).items()},
        **paper.extra,
    }
    width = max(len(name) for name, value in facts.items() if value)
    for name, value in facts.items():
        if value:
            say(folded(f"{name:>{width}}  ", str(value)))
    say("\n" + wrap(paper.abstract or "(no abstract)", 78))


@app.command("rejected")
def rejected(
    context: typer.Context,
    source: Annotated[
        str | None, typer.Argument(metavar="[SOURCE]", help="A source's name, or file; else all.")
    ] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, the last first.")] = 50,
    forget: Annotated[bool, typer.Option("--forget", help="Forget them all.")] = False,
    as_json: Json = False,
) -> None:
    """List the records that were refused: where they came from, and why."""
    from digest.store import source_parts

    with opened(context).store.begin() as connection:
        if forget:
            say(f"{counted(source_parts.forget_rejected(connection), 'refused record')} forgotten.")
            return
        total = source_parts.count_rejected(connection, source)
        found = source_parts.rejected(connection, source, limit)
        others = source_parts.rejecting(connection) if source and not found else []
    if as_json:
        print_json([asdict(one) for one in found])
        return
    table(("last", "source", "where", "reason"), ((short_time(r.last_at), r.source, r.place, r.reason) for r in found))
    if total > len(found):
        note(f"{len(found)} of {total}; --limit shows more")
    elif not found:
        say(f"No record of {source!r} was refused." if source else "No record was refused.")
    if others:
        note(f"There are refused records of {', '.join(others)}.")
