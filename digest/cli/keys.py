"""`digest keys`: the keys that sign readers' links, listed by number and rotated."""

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from digest.cli.arguments import opened
from digest.cli.output import Json, counted, note, print_json, say, table
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.site import Site

app = typer.Typer(help="List and rotate the keys that sign the links in mail.", no_args_is_help=True)


@app.command("list")
def list_keys(context: typer.Context, as_json: Json = False) -> None:
    """List the signing keys by number, never a secret: which one signs, and which are still honoured."""
    keys = opened(context).signing_keys
    found = [(key_id, "signs" if key_id == keys.current else "honoured") for key_id, _ in keys.keys]
    if as_json:
        print_json([{"key": key_id, "use": use} for key_id, use in found])
    else:
        table(("key", "use"), ((str(key_id), use) for key_id, use in found))


@app.command("rotate")
def rotate(context: typer.Context) -> None:
    """Have a new key sign from now on; links in mail already sent work as before.

    Running services take it over by themselves. Rotate when somebody may have seen the file. Its old keys can't be told
    from stolen ones, so delete their lines when no link of theirs has to work any more: who then clicks one must leave
    by mail.
    """
    from digest.subscribers.keyring import rotate as rotated

    path = _file(opened(context))
    keys = rotated(path)
    say(f"Key {keys.current} signs links from now on; still honoured: {counted(len(keys.keys) - 1, 'older key')}.")
    say(f"Back up {path} now: without it the links in mail that is sent lead nowhere.")
    if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO):
        note(f"warning: other users of this machine may read {path}; `chmod 600` keeps them out")


def _file(site: "Site") -> Path:
    if site.settings.keys.signing:
        raise InputError(
            "the signing keys come from DIGEST_KEYS__SIGNING, where this command can't write; put a line"
            " '<new number> <64 hexadecimal digits>' before the others there (`openssl rand -hex 32` makes the digits)"
        )
    return site.root / site.settings.keys.signing_file
