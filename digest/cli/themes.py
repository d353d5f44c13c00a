"""`digest themes`: which themes there are, and copies of their files to be changed."""

from typing import Annotated

import typer

from digest.cli.arguments import opened
from digest.cli.output import Json, print_json, say, table

app = typer.Typer(help="See which themes there are, and copy files of one, to change the look.", no_args_is_help=True)


@app.command("list")
def list_themes(context: typer.Context, as_json: Json = False) -> None:
    """Show the themes, the lists that have them, and the files of them that are the site's own."""
    site = opened(context)
    found = [
        (name, [one.name for one in site.lists if one.table.theme == name], site.themes.own(name))
        for name in site.themes.names
    ]
    if as_json:
        print_json([{"theme": name, "lists": lists, "own": own} for name, lists, own in found])
    else:
        table(["THEME", "LISTS", "YOUR OWN FILES"], [[name, ", ".join(a), ", ".join(b)] for name, a, b in found])


@app.command("copy")
def copy(
    context: typer.Context,
    theme: Annotated[str, typer.Argument(metavar="THEME", help="A theme's name, such as default.")],
    file: Annotated[str | None, typer.Argument(metavar="[FILE]", help="One of its files; else all of them.")] = None,
) -> None:
    """Copy a file of a theme, or all, into the site's folder of templates, to be changed there.

    Copy what you want to change and nothing else: a newer version of the program mends no copies.
    """
    from digest.theming import copy_theme

    for path in copy_theme(opened(context).themes, theme, file):
        say(str(path))
