"""`digest issue`: build, show, list, pin, drop, approve, pause, resume, cancel, export."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest import clock
from digest.cli.arguments import (
    DateOption,
    FrequencyOption,
    IssueName,
    ListName,
    PaperName,
    day_of,
    frequency_of,
    issue_key,
    opened,
)
from digest.cli.output import (
    Json,
    counted,
    folded,
    issue_facts,
    left_out_line,
    note,
    print_json,
    say,
    short_time,
    table,
)
from digest.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from digest.issues.issue import Section
    from digest.issues.states import Verb
    from digest.site import MailingList, Site
    from digest.store.picks import Pick

app = typer.Typer(help="Build, look at, approve, stop and export issues.", no_args_is_help=True)


@app.command("build")
def build(
    context: typer.Context,
    list_name: ListName,
    frequency: FrequencyOption = None,
    date: DateOption = None,
    as_json: Json = False,
) -> None:
    """Make the draft of a day's issue, in place of an earlier draft."""
    from digest import pipeline

    site = opened(context)
    mailing_list = site.list(list_name)
    now = clock.now()
    rhythm, day = frequency_of(mailing_list, frequency), day_of(mailing_list, date, now)
    stored = pipeline.build_apart(site, mailing_list, rhythm, day, clock.now)
    if stored is None:
        if as_json:
            print_json(None)
        else:
            say(f"Nothing new for {mailing_list.name} since its last issue; no draft was made.")
        return
    _print_issue(context, str(stored.key), as_json)


@app.command("show")
def show(context: typer.Context, issue: IssueName, as_json: Json = False) -> None:
    """Show an issue: its state, its sections and papers."""
    _print_issue(context, issue, as_json)


def _print_issue(context: typer.Context, name: str, as_json: bool) -> None:
    from digest import pipeline
    from digest.store import deliveries, issues

    site = opened(context)
    _, key = issue_key(site, name)
    with site.store.begin() as connection:
        stored = pipeline.existing(connection, key)
        entries = issues.entries(connection, stored.id)
        sections = issues.restore(connection, stored).sections
        counts = {str(state): number for state, number in deliveries.counts(connection, stored.id).items()}
    if as_json:
        papers = [{name: getattr(e, name) for name in type(e).__dataclass_fields__} for e in entries]
        print_json({**issue_facts(stored), "papers": papers, "deliveries": counts, "left_out": stored.left_out})
        return
    number = f"No. {stored.number}" if stored.number else "no number yet"
    say(f"{key}: {stored.state}, {number}, {counted(len(entries), 'paper')}, built {short_time(stored.built_at)}")
    _print_sections(sections)
    if counts:
        say("deliveries: " + ", ".join(f"{n} {state}" for state, n in sorted(counts.items())))
    if stored.left_out:
        say(left_out_line(stored.left_out))


def _print_sections(sections: "Iterable[Section]") -> None:
    for section in sections:
        more = f", {section.left_over} more without room" if section.left_over else ""
        say(f"\n{section.topic.name} ({len(section.entries)}{more})")
        for entry in section.entries:
            told = [*(["title line"] if entry.carries == "line" else []), *([entry.why] if entry.why else [])]
            say(folded(f"  {entry.rank:>3}. ", entry.paper.title + (f"  ({'; '.join(told)})" if told else "")))


@app.command("list")
def list_issues(
    context: typer.Context,
    list_name: Annotated[str | None, typer.Argument(metavar="[LIST]", help="A list's name; else all.")] = None,
    as_json: Json = False,
) -> None:
    """List the issues, newest first."""
    from digest.store import issues

    site = opened(context)
    list_id = site.list(list_name).id if list_name else None
    with site.store.begin() as connection:
        found = issues.recent(connection, list_id)
    if as_json:
        print_json([issue_facts(one) for one in found])
        return
    rows = ((one.key, one.number or "", one.state, short_time(one.finished_at or one.built_at)) for one in found)
    table(("issue", "no.", "state", "since"), rows)


@app.command("approve")
def approve(context: typer.Context, issue: IssueName) -> None:
    """Freeze a draft, so that it goes out at its hour exactly as it is now."""
    from digest import pipeline

    site = opened(context)
    mailing_list, key = issue_key(site, issue)
    with site.store.begin() as connection:
        stored = pipeline.approve(connection, site, mailing_list, key, clock.now())
    say(f"Issue {key} is approved as No. {stored.number}; `digest send {mailing_list.name}` or its schedule sends it.")


@app.command("pause")
def pause(context: typer.Context, issue: IssueName) -> None:
    """Hold an issue back, also in the middle of sending; messages on the wire still arrive."""
    from digest.issues.states import Verb

    _change(context, issue, Verb.PAUSE, "`digest issue resume` lets it go on")


@app.command("resume")
def resume(context: typer.Context, issue: IssueName) -> None:
    """Let a paused issue go on: it is sent at once by the schedule, or by `digest send`."""
    from digest.issues.states import Verb

    _change(context, issue, Verb.RESUME, "the schedule sends it at once, or `digest send` does")


@app.command("cancel")
def cancel(context: typer.Context, issue: IssueName) -> None:
    """Stop an issue for good; what hasn't left is never sent, and its number isn't given again."""
    from digest.issues.states import Verb

    _change(context, issue, Verb.CANCEL, "it is not sent any more")


PickedList = Annotated[
    str | None, typer.Option("--list", "-l", metavar="LIST", help="A list's name; not needed where there is one.")
]


@app.command("pin")
def pin(context: typer.Context, paper: PaperName, list_name: PickedList = None) -> None:
    """Have a paper lead the list's next issue, whatever its age, signals or the list's rules."""
    _pick(context, paper, list_name, "pin")


@app.command("drop")
def drop(context: typer.Context, paper: PaperName, list_name: PickedList = None) -> None:
    """Keep a paper out of the list's issues."""
    _pick(context, paper, list_name, "drop")


@app.command("unpick")
def unpick(context: typer.Context, paper: PaperName, list_name: PickedList = None) -> None:
    """Take back that a paper was pinned or dropped."""
    _pick(context, paper, list_name, None)


def _pick(context: typer.Context, words: str, list_name: str | None, verb: "Pick | None") -> None:
    from digest import picking

    site = opened(context)
    mailing_list = _one_list(site, list_name)
    picked = picking.pick(site, mailing_list, words, verb, clock.now())
    say(f"{_PICKED[verb]} in {mailing_list.name}: {picked.paper.title} ({picked.paper.id})")
    for key in picked.rebuilt:
        say(f"The draft {key} was built again.")
    for key in picked.emptied:
        say(f"The draft {key} has no paper left and is gone.")
    for one in picked.fixed:
        note(f"Issue {one.key} is {one.state} {'with' if one.has_paper else 'without'} it, and stays as it is.")
    if verb == "pin":
        for frequency in picked.carried:
            note(f"It had its card in a {frequency} issue of {mailing_list.name}, and a card comes only once.")


_PICKED: "dict[Pick | None, str]" = {"pin": "Pinned", "drop": "Dropped", None: "Neither pinned nor dropped now"}


def _one_list(site: "Site", name: str | None) -> "MailingList":
    if name is None and len(site.lists) > 1:
        raise InputError(f"which list? Add --list with one of {', '.join(one.name for one in site.lists)}")
    return site.list(name or site.lists[0].name)


def _change(context: typer.Context, name: str, verb: "Verb", and_now: str) -> None:
    from digest import pipeline

    site = opened(context)
    _, key = issue_key(site, name)
    say(f"Issue {key} is {pipeline.change_state(site, key, verb, clock.now())}; {and_now}.")


@app.command("export")
def export_issue(
    context: typer.Context,
    issue: IssueName,
    form: Annotated[str, typer.Option("--format", "-F", help="html, text, eml or json.")] = "html",
    topics: Annotated[str, typer.Option(help="Topic ids, separated by spaces; else all.")] = "",
    output: Annotated[Path | None, typer.Option("--output", "-o", help="A file; else standard output.")] = None,
) -> None:
    """Write an issue as HTML, plaintext, a message, or JSON, for other mailers."""
    from digest.rehearsal import FORMATS, export

    if form not in FORMATS:
        raise InputError(f"--format {form}: expected {', '.join(FORMATS)}")
    site = opened(context)
    mailing_list, key = issue_key(site, issue)
    content = export(site, mailing_list, key, form, topics.split(), clock.now())
    if output is None:
        sys.stdout.buffer.write(content)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise InputError(f"--output {output}: {error.strerror}") from None
