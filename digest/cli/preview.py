"""`digest preview`: a page on this machine that shows what would go out."""

import errno
import os
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest import clock
from digest.cli.arguments import DateOption, FrequencyOption, ListName, day_of, frequency_of, opened, topics_of
from digest.cli.output import note, say
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.site import MailingList, Site
    from digest.web.choice import Choice

HOST = "127.0.0.1"


def preview(
    context: typer.Context,
    list_name: ListName,
    frequency: FrequencyOption = None,
    date: DateOption = None,
    topics: Annotated[str, typer.Option(help="Topic ids, separated by spaces; else all.")] = "",
    port: Annotated[int, typer.Option(min=0, max=65535, help="Another one is taken when it is in use.")] = 8025,
    open_it: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
) -> None:
    """Show an issue as a page on this machine, as any subscriber gets it, with what is wrong. Ctrl-C ends it.

    A stored issue is shown as it is, else what would be built now. A template, a setting or a subscriber file
    that is saved is seen at once. Nothing is taken, and nothing sent but a test copy that you ask for.
    """
    with suppress(KeyboardInterrupt):
        site = opened(context)
        choice = _choice(site, site.list(list_name), frequency, date, topics)
        with _listening(port) as listener:
            url = f"http://{HOST}:{listener.getsockname()[1]}/"
            say(f"Preview of {list_name}: {url} (Ctrl-C ends it)")
            if open_it and not _open_browser(url):
                note("There is no browser to open here; go to the address above.")
            _serve(site.root, choice, listener)


def _choice(
    site: "Site", mailing_list: "MailingList", frequency: str | None, date: str | None, topics: str
) -> "Choice":
    """Return what the options ask for, checked. Raises InputError."""
    from digest.web.choice import Choice

    if frequency is not None:
        frequency_of(mailing_list, frequency)
    day_of(mailing_list, date, clock.now())
    known = topics_of(site, mailing_list, topics)
    return Choice(mailing_list.name, frequency or "", date or "", topics=known)


def _listening(port: int) -> socket.socket:
    """Return a socket that listens on `port`, or on a free one when it is taken. Raises InputError."""
    try:
        return socket.create_server((HOST, port))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise InputError(f"--port {port}: {error.strerror}; name another") from None
    note(f"Port {port} is taken; using a free one.")
    return socket.create_server((HOST, 0))


def _open_browser(url: str) -> bool:
    """Open a graphical browser; one that runs in the terminal would keep us from answering it."""
    import webbrowser

    graphical = sys.platform in ("darwin", "win32") or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(graphical) and webbrowser.open(url)


def _serve(root: Path, choice: "Choice", listener: socket.socket) -> None:
    from digest.web.preview import create_app
    from digest.web.server import PromptServer
    from digest.web.watching import Changes

    changes = Changes()
    PromptServer(create_app(root, choice, changes), changes.end).run(sockets=[listener])
