"""`digest try`: today's papers in one's own inbox, with no site and no settings."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from digest import clock
from digest.cli.output import counted, note, say
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.config.settings import RelayTable

_APP_PASSWORDS = "Gmail wants an app password, not that of the account: https://myaccount.google.com/apppasswords"


def try_it(
    to: Annotated[str, typer.Option("--to", metavar="ADDRESS", help="Your own address.")],
    relay: Annotated[
        str,
        typer.Option(
            metavar="NAME|URL",
            help="Your mail server: gmail, fastmail, microsoft365, or smtps://you@smtp.example.org.",
        ),
    ],
    sender: Annotated[
        str | None, typer.Option("--from", metavar="ADDRESS", help="Who it is from; else who logs in, else you.")
    ] = None,
) -> None:
    """Send the newest day of Hugging Face's Daily Papers to yourself, once.

    You are asked for the mail server's password (without a terminal it is the first line of standard input). It is
    not stored, and nothing else is left behind.
    """
    from digest.store import papers
    from digest.trial import Trial, load_newest, reader, relay_of, send

    now = clock.now()
    address = reader(to)
    table = relay_of(relay, to)
    if table.username:
        table = _with_password(table)
    own = table.username if table.username and "@" in table.username else address
    trial = Trial(address, sender or f"Paper Digest <{own}>", table)
    with _leaving_nothing(), trial.site() as site:
        day = load_newest(site, now)
        if day != now.date():
            note(f"Nothing is listed for today, {now:%A}; these are the papers of {day:%A}, {day}.")
        with site.store.begin() as connection:
            count = papers.count(connection)
        send(site, trial, day, now)
    say(f"{table.host} took the mail with {counted(count, 'paper')}; look into the inbox of {address}.")
    say("To have it every day: `digest init DIR`.")


def _with_password(table: "RelayTable") -> "RelayTable":
    """Ask for the password. Raises InputError where nobody can be asked and none comes."""
    from pydantic import SecretStr

    if table.preset == "gmail":
        note(_APP_PASSWORDS)
    if sys.stdin.isatty():
        password = typer.prompt(f"Password of {table.username} at {table.host}", hide_input=True, err=True)
    else:
        password = sys.stdin.readline().rstrip("\r\n")
    if not password:
        raise InputError(
            f"there is no terminal to ask for the password of {table.username};"
            " run this in one, or give the password on standard input"
        )
    return table.model_copy(update={"password": SecretStr(password)})


@contextmanager
def _leaving_nothing() -> Iterator[None]:
    """Have SIGTERM and SIGHUP end us as Ctrl-C does, by way of all that has to be tidied up."""

    def end(number: int, _frame: object) -> None:
        sys.exit(128 + number)

    before = {number: signal.signal(number, end) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
