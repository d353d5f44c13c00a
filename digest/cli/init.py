"""`digest init`: make a new site."""

from pathlib import Path
from typing import Annotated

import typer

from digest.cli.output import say


def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="The new site's folder.")]) -> None:
    """Make a new site: settings, keys, a folder for templates, sample subscribers and seeds."""
    from digest.init import SEED_YEAR, create_site

    create_site(folder)
    here = "" if folder.resolve() == Path.cwd() else f"cd {folder}\n  "
    say(f"""Made a site in {folder}/:
  digest.toml     the settings; mail goes to the Maildir outbox/ until you name a relay
  subscribers/    who gets what, one CSV a list
  templates/      your own files for the look of the mail: digest themes copy default _card.mjml.j2
  seeds/          papers to begin with
  keys/           secrets: keep a backup of this folder, it is never made again

Next:
  {here}digest papers load seeds --year {SEED_YEAR}
  digest preview daily
  digest send daily""")
