"""`digest archive`: all issues as pages for everybody."""

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.arguments import opened
from digest.cli.output import counted, note, say

app = typer.Typer(help="All issues as web pages, ready for any static host.", no_args_is_help=True)


@app.command("build")
def build(
    context: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder, or one of an earlier build.")],
) -> None:
    """Write a page for every issue that has gone out, its list and its topics, and a feed for each list.

    What is as it was isn't touched, and pages that are no more are removed. Nothing of a subscriber is in it.
    """
    from digest import archiving

    site = opened(context)
    built = archiving.build(site, folder)
    say(
        f"Archive   {folder}/: {counted(built.written, 'file')} written, {built.unchanged} as they were,"
        f" {built.removed} removed"
    )
    if not site.archive_url:
        note("Without site.archive_url or site.url there is no sitemap, and the feeds' links are relative.")
