"""`digest subscribers show` and `forget`: all that is known of a person, and the end of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from digest import clock
from digest.cli.arguments import opened
from digest.cli.output import PARTLY, Json, note, print_json, say
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.roster.dossier import Dossier
    from digest.roster.forgetting import Forgotten
    from digest.site import Site
    from digest.subscribers.address import Address

AddressName = Annotated[str, typer.Argument(metavar="ADDRESS", help="The address alone, such as ada@example.org.")]


def show(context: typer.Context, address: AddressName, as_json: Json = False) -> None:
    """Show all that is known of a person, on all lists, with the evidence of their consent.

    Exit code 1: nothing is known.
    """
    from digest.cli.dossier import as_dict, lines
    from digest.roster.dossier import dossier

    site = opened(context)
    asked = _address(address)
    found = dossier(site, asked, clock.now())
    if as_json:
        print_json(as_dict(site, found))
    if found.is_empty:
        raise InputError(_unknown(site, asked))
    if not as_json:
        for line in lines(site, found):
            say(line)


def _address(text: str) -> "Address":
    from digest.subscribers.address import parse_address

    try:
        return parse_address(text)
    except ValueError as error:
        raise InputError(f"{text!r}: {error}") from None


def _unknown(site: "Site", asked: "Address") -> str:
    from digest.roster.persons import near_miss

    near = near_miss(site, asked)
    return f"nothing is known of {asked.address}" + (f"; did you mean {near}?" if near else "")


def forget(
    context: typer.Context,
    address: AddressName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask.")] = False,
) -> None:
    """Erase all that is known of a person, and keep them from being mailed by a keyed hash of their address alone.

    They come back only by signing up again themselves, or by `digest suppressions remove`. Exit code 3: it must be
    run once more, and says why.
    """
    from digest.roster.dossier import dossier
    from digest.roster.forgetting import forget as forget_person

    site = opened(context)
    asked, now = _address(address), clock.now()
    found = dossier(site, asked, now)
    for line in _before(site, found):
        note(line)
    if not yes:
        typer.confirm(f"Forget {asked.address}? It can't be undone.", abort=True, err=True)
    forgotten = forget_person(site, asked, now)
    for line in _after(forgotten, asked):
        say(line)
    if forgotten.mentions:
        note("Still written there, beside rows of their own; look at them yourself:")
        for place in forgotten.mentions:
            note(f"  {place}")
    if forgotten.again:
        note(f"Run the same command again: {forgotten.again}.")
        raise typer.Exit(PARTLY)


def _before(site: "Site", found: "Dossier") -> Iterator[str]:
    """Yield what will be erased, and what can't be."""
    first, *others = found.who.addresses
    if found.is_empty:
        yield _unknown(site, first)
        yield "They would be suppressed on every list all the same, by a keyed hash that names nobody."
        return
    same = f", also known as {', '.join(one.address for one in others)}" if others else ""
    facts = "; ".join(_to_erase(found))
    yield f"Of {first.address}{same} this erases: {facts}." if facts else f"{first.address}{same} is forgotten already."
    yield "What stays is a keyed hash that names nobody, so that no file and no import has them mailed again."
    yield f"It can't reach mail that was sent, logs of runs, backups of this site{_outboxes(site)}."


def _to_erase(found: "Dossier") -> Iterator[str]:
    yield from (f"the row {row.place}" for row in found.files)
    was_lifted = (one.was for one in found.lifted)
    counts = {
        "choice": len(found.readers),
        "event": len(found.events),
        "request": len(found.requests),
        "former address": len(found.moves),
        "delivery": found.issues if any(one.address for one in found.received) else 0,
        "notice": len(found.notices),
        "report": sum(1 for one in found.reports if one.said),
        "suppression": sum(1 for one in (*found.suppressions, *was_lifted) if one.address),
        "score": int(found.score is not None),
    }
    yield from (_number(kind, number) for kind, number in counts.items() if number)


def _outboxes(site: "Site") -> str:
    boxes = [str(table.maildir) for table in site.settings.relays.values() if table.maildir]
    return f", or the copies of messages in {', '.join(boxes)}" if boxes else ""


_KINDS = {
    "choice": ("sign-up or set of choices", "sign-ups or sets of choices"),
    "event": ("event", "events, the evidence of their consent among them"),
    "request": ("request that waits for their confirmation", "requests that wait for their confirmation"),
    "former address": ("former address", "former addresses"),
    "delivery": ("delivery's address and name", "deliveries' addresses and names"),
    "notice": ("notice to them", "notices to them"),
    "report": ("report of a server's words", "reports of servers' words"),
    "suppression": ("suppression's address", "suppressions' addresses"),
    "score": ("score", "scores"),
}
"""What is erased of somebody: of one, and of several."""


def _number(kind: str, number: int) -> str:
    return f"{number:,} {_KINDS[kind][number != 1]}"


def _after(forgotten: "Forgotten", asked: "Address") -> Iterator[str]:
    for row in forgotten.rows:
        yield f"Removed the row {row.place}."
    erased = [_number(kind, number) for kind, number in forgotten.erased.items() if number]
    if erased:
        yield f"Erased from the store: {', '.join(erased)}."
    if not forgotten.was_known:
        yield f"Nothing was known of {asked.address}."
    yield "They are suppressed on every list, by keyed hash."
