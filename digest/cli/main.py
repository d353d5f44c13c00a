"""The `digest` command: its groups, its common options, and how errors reach a person.

Exit codes: 0 done; 1 could not be done; 2 wrong usage; 3 done in part (something was refused, failed
or waits), with the reasons listed.
"""

import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from digest import __version__
from digest.cli import (
    archive,
    bounces,
    deliveries,
    demo,
    exporting,
    importing,
    init,
    issue,
    keys,
    lint,
    papers,
    people,
    preview,
    schedule,
    send,
    status,
    subscribers,
    suppressions,
    themes,
    topics,
    trial,
    web,
)
from digest.cli.output import shown
from digest.errors import DigestError

app = typer.Typer(
    name="digest",
    help="The inbox digest of trending research papers: load, group by topic, preview, send.",
    epilog="Begin with `digest init DIR`, or with `digest demo` to see it all at work.",
    no_args_is_help=True,
    rich_markup_mode="markdown",  # a paragraph of a docstring is filled again, whatever its lines were
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"paper-digest {__version__}")
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    site: Annotated[
        Path,
        typer.Option("--site", "-s", envvar="DIGEST_DIR", help="The site's folder, which holds digest.toml."),
    ] = Path(),
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Keep the site's folder for the command."""
    context.obj = site


app.command("init")(init.init)
app.command("demo")(demo.demo)
app.command("try")(trial.try_it)
app.add_typer(papers.app, name="papers")
app.add_typer(topics.app, name="topics")
app.add_typer(issue.app, name="issue")
app.add_typer(themes.app, name="themes")
app.command("preview")(preview.preview)
app.command("lint")(lint.lint)
app.command("send")(send.send)
app.command("status")(status.status)
app.command("deliveries")(deliveries.deliveries)
app.command("retry")(deliveries.retry)
app.add_typer(bounces.app, name="bounces")
app.add_typer(archive.app, name="archive")
app.command("web")(web.web)
app.command("schedule")(schedule.schedule)
app.add_typer(keys.app, name="keys")
subscribers.app.command("show")(people.show)
subscribers.app.command("forget")(people.forget)
subscribers.app.command("import")(importing.import_subscribers)
subscribers.app.command("export")(exporting.export_subscribers)
app.add_typer(subscribers.app, name="subscribers")
app.add_typer(suppressions.app, name="suppressions")


def run() -> NoReturn:
    """Run the command; a person's mistake is one line on stderr, never a traceback."""
    try:
        app()
    except DigestError as error:
        typer.secho(f"error: {shown(str(error))}", err=True, fg=typer.colors.RED if sys.stderr.isatty() else None)
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Somebody's `| head` has enough; what follows isn't wanted.
        sys.stderr.close()
        sys.exit(0)
    sys.exit(0)
