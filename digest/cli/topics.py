"""`digest topics`: which paper goes where, and why; which topics there could be, and what is wrong with them."""

import json
from collections.abc import Iterable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from digest import clock
from digest.cli.arguments import FrequencyOption, PaperName, day_of, frequency_of, opened
from digest.cli.output import PARTLY, Json, counted, note, print_json, say, table
from digest.errors import InputError

if TYPE_CHECKING:
    from digest.papers.paper import Paper
    from digest.site import MailingList, Site
    from digest.sources.records import Record
    from digest.topics.match import Matcher
    from digest.topics.suggest import Suggestion
    from digest.topics.topic import Assignment, Topic

app = typer.Typer(help="See which paper goes to which topic, and why; check and suggest topics.", no_args_is_help=True)

MOST_PAPERS = 2_000
"""The papers of the last weeks that `explain`, `suggest` and `check` look at, newest first."""

ListArgument = Annotated[str | None, typer.Argument(metavar="[LIST]", help="A list's name; else the first one.")]
Weeks = Annotated[int, typer.Option("--weeks", min=1, max=52, help="Look at the papers of so many last weeks.")]


@app.command("list")
def list_topics(
    context: typer.Context,
    list_name: ListArgument = None,
    frequency: FrequencyOption = None,
    as_json: Json = False,
) -> None:
    """Show which of the day's papers goes to which topic, and what decided.

    The papers are those of today's issue, or, while there is none, the ones that would be in it.
    """
    from dataclasses import asdict

    from digest.drafting import match, select
    from digest.pipeline import key_of
    from digest.store import issues
    from digest.store import papers as stored_papers

    site = opened(context)
    mailing_list = _list(site, list_name)
    now, rhythm = clock.now(), frequency_of(mailing_list, frequency)
    with site.store.begin() as connection:
        issue = issues.find(connection, key_of(mailing_list, rhythm, day_of(mailing_list, None, now)))
        if issue is None:
            papers = [item.paper for item in select(connection, site, mailing_list, rhythm, now).papers]
        else:
            ids = [entry.paper_id for entry in issues.entries(connection, issue.id)]
            known = stored_papers.by_id(connection, ids)
            papers = [known[one] for one in ids if one in known]
    assignments = match(site, mailing_list, papers)
    if as_json:
        print_json([asdict(one) for one in assignments])
        return
    _print_by_topic(site.topics(mailing_list), [paper.title for paper in papers], assignments)


@app.command("assign")
def assign_records(
    papers: Annotated[Path, typer.Argument(metavar="PAPERS", help="A JSON Lines or JSON file of papers.")],
    topics: Annotated[Path, typer.Option("--topics", metavar="TOML", help="A file with topics, such as digest.toml.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print a JSON object a paper, one a line.")] = False,
) -> None:
    """Match the papers of a file with the topics of another; needs no site.

    Each paper gets its likeliest topic, or none where that would be a guess. With --json every record that can be
    used has a line, in the order of the file: id, topic, confidence, runner_up, evidence.
    """
    from digest.sources.file import read
    from digest.sources.records import read_records
    from digest.topics.declared import parse_topics
    from digest.topics.match import assign

    declared = parse_topics(read(topics), str(topics))
    records = read_records(papers)
    usable = [(record, record.paper) for record in records if record.paper is not None]
    for record in records:
        if record.problem:
            note(f"refused: {record.where}: {record.problem}")
    if not usable:
        raise InputError(f"{papers}: none of its records can be used")
    assignments = assign([paper for _, paper in usable], declared)
    if as_json:
        for (record, _), assignment in zip(usable, assignments, strict=True):
            say(_line(record, assignment))
    else:
        _print_by_topic(declared, [paper.title for _, paper in usable], assignments)
    if len(usable) < len(records):
        raise typer.Exit(PARTLY)


@app.command("explain")
def explain(
    context: typer.Context,
    paper: PaperName,
    list_name: ListArgument = None,
    weeks: Weeks = 4,
) -> None:
    """Show why a paper goes where it goes: how each topic stands, and the words that decided."""
    from digest.picking import one_paper
    from digest.topics.match import Matcher

    site = opened(context)
    mailing_list = _list(site, list_name)
    with site.store.begin() as connection:
        found = one_paper(connection, paper)
    _print_explanation(Matcher(site.topics(mailing_list), [found, *_recent(site, weeks)]), found)


@app.command("suggest")
def suggest_topics(context: typer.Context, list_name: ListArgument = None, weeks: Weeks = 4) -> None:
    """Suggest topics from the papers of the last weeks, as tables for digest.toml."""
    from digest.topics.match import assign
    from digest.topics.suggest import LEAST_PAPERS, suggest, to_toml

    site = opened(context)
    topics, papers = site.topics(_list(site, list_name)), _recent(site, weeks)
    suggestions = suggest(papers)
    if not suggestions:
        raise InputError(
            f"{counted(len(papers), 'paper')} of {weeks} weeks show no groups; load more (at least {LEAST_PAPERS}),"
            " or look further back with --weeks"
        )
    today = dict(zip((paper.id for paper in papers), assign(papers, topics), strict=True))
    say(f"# {counted(len(papers), 'paper')} of the last {weeks} weeks, in groups by their words. Keep what is a topic,")
    say("# give it a name, and take out the keywords that are not its own.")
    for one in suggestions:
        say("\n" + to_toml(one, _remarks(one, topics, today)))


@app.command("check")
def check_topics(context: typer.Context, list_name: ListArgument = None, weeks: Weeks = 4) -> None:
    """Warn of topics that are empty, that swallow everything, or that can't be told apart."""
    from digest.render.wrapping import wrap
    from digest.topics.check import FEW_PAPERS, check

    site = opened(context)
    topics, papers = site.topics(_list(site, list_name)), _recent(site, weeks)
    warnings = check(topics, papers)
    for warning in warnings:
        say(wrap(f"- {warning}", 78).replace("\n", "\n  "))
    if len(papers) < FEW_PAPERS:
        note(f"{counted(len(papers), 'paper')} of {weeks} weeks: too few to judge by; {FEW_PAPERS} are needed")
    elif not warnings:
        say(f"Nothing to warn of: {counted(len(topics), 'topic')}, {counted(len(papers), 'paper')} of {weeks} weeks.")


def _list(site: "Site", name: str | None) -> "MailingList":
    return site.list(name or site.lists[0].name)


def _recent(site: "Site", weeks: int) -> "list[Paper]":
    """Return the papers of the last weeks, `MOST_PAPERS` at most."""
    from digest.store import papers as stored_papers

    with site.store.begin() as connection:
        loaded = stored_papers.everything(connection, clock.now() - timedelta(weeks=weeks))
    return [one.paper for one in loaded[-MOST_PAPERS:]]


def _line(record: "Record", assignment: "Assignment") -> str:
    values = {
        "id": record.given_id,
        "topic": assignment.topic_id,
        "confidence": round(assignment.confidence, 4),
        "runner_up": assignment.runner_up,
        "evidence": list(assignment.evidence),
    }
    return json.dumps(values, ensure_ascii=False)


def _print_by_topic(topics: "Iterable[Topic]", titles: Sequence[str], assignments: "Sequence[Assignment]") -> None:
    from digest.issues.compose import OTHER

    for topic_id, name in [*((topic.id, topic.name) for topic in topics), (None, OTHER.name)]:
        pairs = zip(titles, assignments, strict=True)
        found = [(title, one) for title, one in pairs if one.topic_id == topic_id]
        if not found:
            continue
        id_shown = f"  [{topic_id}]" if topic_id not in (None, name) else ""
        say(f"{name} ({counted(len(found), 'paper')}){id_shown}")
        rows = ((f"  {one.confidence:4.0%}", title, "; ".join(one.evidence[:3])) for title, one in found)
        table(("  sure", "paper", "why"), rows)


def _print_explanation(matcher: "Matcher", paper: "Paper") -> None:
    from digest.render.wrapping import wrap

    assignment, chances = matcher.match(paper), matcher.chances(paper)
    say(wrap(paper.title, 78))
    names = {chance.topic.id: chance.topic.name for chance in chances}
    if assignment.topic_id is not None:
        second = f"; second: {names[assignment.runner_up]}" if assignment.runner_up else ""
        say(f"goes to {names[assignment.topic_id]}, {assignment.confidence:.0%} sure{second}")
    elif assignment.runner_up:
        say(f"fits no topic; nearest is {names[assignment.runner_up]}, only {assignment.confidence:.0%} sure")
    else:
        say("fits no topic: it has none of their words")
    for chance in chances[:5]:
        say(f"\n{chance.topic.name}: {chance.part:.1%} of the paper")
        whole = sum(abs(reason.weight) for reason in chance.reasons)
        for reason in chance.reasons[:8]:
            say(f"  {chance.part * reason.weight / whole:+6.1%}  {reason.text}")
    if not matcher.has_learned:
        note("\nThere are too few papers to learn from: the topics' own words decided alone.")


def _remarks(one: "Suggestion", topics: "Sequence[Topic]", today: "dict[str, Assignment]") -> list[str]:
    from collections import Counter

    from digest.papers.sentences import cut

    names = {topic.id: topic.name for topic in topics}
    places = Counter(today[paper.id].topic_id for paper in one.papers).most_common(2)
    now = ", ".join(f"{names[place] if place else 'no topic'} ({number})" for place, number in places)
    return [
        f"{counted(len(one.papers), 'paper')}; most are now in: {now}",
        *(f"  {cut(paper.title, 74)}" for paper in one.papers[:3]),
    ]
