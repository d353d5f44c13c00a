"""`digest lint`: what is wrong with the mail that would go out."""

from typing import TYPE_CHECKING, Annotated

import typer

from digest import clock
from digest.cli.arguments import DateOption, FrequencyOption, ListName, day_of, frequency_of, opened, topics_of
from digest.cli.output import Json, counted, note, print_json, say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from digest.checks.finding import Finding
    from digest.messages import Sample
    from digest.spamassassin import Score


def lint(
    context: typer.Context,
    list_name: ListName,
    frequency: FrequencyOption = None,
    date: DateOption = None,
    topics: Annotated[str, typer.Option(help="Topic ids, separated by spaces; else all.")] = "",
    as_json: Json = False,
    strict: Annotated[bool, typer.Option("--strict", help="Leave with 1 for a warning too.")] = False,
) -> None:
    """Check an issue as it would go out: what stops it, and what is better done otherwise.

    A stored issue is checked as it is, else what would be built now. Of the editions for single topics, errors are
    looked for too. Nothing is sent, and nothing is taken. Exit code 1: there is an error.
    """
    from digest.linting import lint, of_single_topics
    from digest.messages import SAMPLE_READER
    from digest.rehearsal import look
    from digest.spamassassin import score

    site = opened(context)
    mailing_list, now = site.list(list_name), clock.now()
    rhythm, day = frequency_of(mailing_list, frequency), day_of(mailing_list, date, now)
    chosen = topics_of(site, mailing_list, topics)
    shown = look(site, mailing_list, rhythm, day, chosen, now)
    message = shown.message(
        site, mailing_list, SAMPLE_READER, now=now, message_id=f"{'lint':0<32}@{shown.headers.domain}"
    )
    found = list(lint(site, mailing_list, message, shown))
    if not chosen:
        found += of_single_topics(site, mailing_list, shown, now, found)
    judged = score(message)
    if not isinstance(judged, str) and (spam := judged.finding()):
        found.append(spam)
    found.sort(key=lambda one: one.level != "error")
    _report(shown, found, judged, as_json)
    raise typer.Exit(int(any(strict or one.level == "error" for one in found)))


def _report(shown: "Sample", found: "Sequence[Finding]", judged: "Score | str", as_json: bool) -> None:
    errors = sum(one.level == "error" for one in found)
    warnings = len(found) - errors
    if as_json:
        listed = [{"level": one.level, "check": one.check, "text": one.text} for one in found]
        spam = None if isinstance(judged, str) else {name: getattr(judged, name) for name in judged.__slots__}
        print_json(
            {
                "issue": str(shown.issue.key),
                "findings": listed,
                "errors": errors,
                "warnings": warnings,
                "spamassassin": spam,
            }
        )
        return
    for one in found:
        say(f"{one.level} {one.check}: {one.text}")
    note(judged + "." if isinstance(judged, str) else f"SpamAssassin gives {judged}.")
    say(f"{shown.issue.key}: {_number(errors, 'error')}, {_number(warnings, 'warning')}")


def _number(count: int, word: str) -> str:
    return counted(count, word) if count else f"no {word}s"
