"""`digest papers trending`: the order of the papers of a list's next issue, and what decided it."""

import sys
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest import clock
from digest.cli.arguments import FrequencyOption, frequency_of, opened
from digest.cli.output import Json, counted, folded, note, print_json, say, table, width

if TYPE_CHECKING:
    from digest.drafting import Candidates, Ranking
    from digest.papers.paper import Paper


def trending(
    context: typer.Context,
    list_name: Annotated[str | None, typer.Argument(metavar="[LIST]", help="A list's name; else the first.")] = None,
    frequency: FrequencyOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, best first.")] = 20,
    as_json: Json = False,
) -> None:
    """Show the order of the papers of a list's next issue, and each part of each score.

    In a pipe a paper is a line: score, all parts, title, why, id, separated by tabs.
    """
    from digest.drafting import rank, select

    site, now = opened(context), clock.now()
    mailing_list = site.list(list_name or site.lists[0].name)
    with site.store.begin() as connection:
        found = select(connection, site, mailing_list, frequency_of(mailing_list, frequency), now)
    ranking = rank(site, mailing_list, found, now)
    if as_json:
        print_json([*_facts(ranking, limit), *_facts_left_out(found)])
    elif sys.stdout.isatty():
        _print(ranking, limit, width())
        _note_left_out(found, ranking, limit)
    else:
        table((), _rows(ranking, limit))
        _note_left_out(found, ranking, limit)


def _facts(ranking: "Ranking", limit: int) -> Iterator[Mapping[str, Any]]:
    for paper in ranking.papers[:limit]:
        score = ranking.scores.get(paper.id)
        yield {
            "id": paper.id,
            "title": paper.title,
            "topic": ranking.assignments[paper.id].topic_id,
            "score": score and score.total,
            "parts": score.parts if score else {},
            "why": ranking.notes.why.get(paper.id, ""),
            "first_of_group": ranking.notes.first_of.get(paper.id),
            "left_out": None,
        }


def _facts_left_out(found: "Candidates") -> Iterator[Mapping[str, Any]]:
    for paper, reason in found.left_out:
        yield {"id": paper.id, "title": paper.title, "left_out": reason}


def _rows(ranking: "Ranking", limit: int) -> Iterator[tuple[str, ...]]:
    from digest.topics.trending import WEIGHTS

    for paper in ranking.papers[:limit]:
        score = ranking.scores.get(paper.id)
        parts = [f"{score.parts[name]:.2f}" if score else "" for name in WEIGHTS]
        yield f"{score.total:.2f}" if score else "", *parts, paper.title, ranking.notes.why.get(paper.id, ""), paper.id


def _print(ranking: "Ranking", limit: int, width: int) -> None:
    """Print each paper's title, and under it what tells something of it."""
    from digest.render.wrapping import wrap
    from digest.topics.trending import WEIGHTS

    numbers = {paper.id: number for number, paper in enumerate(ranking.papers, start=1)}
    for paper in ranking.papers[:limit]:
        score = ranking.scores.get(paper.id)
        head = f"{numbers[paper.id]:>3}. {f'{score.total:.2f}' if score else '    '}  "
        typer.secho(wrap(paper.title, width, indent=head, hanging=" " * len(head)), bold=True)
        for line in (_parts(score.parts) if score else "", _standing(ranking, paper, numbers)):
            if line:
                say(wrap(line, width, indent=" " * len(head), hanging=" " * len(head)))
    if ranking.scores:
        weights = ", ".join(f"{name} {weight:g}" for name, weight in WEIGHTS.items())
        say("\n" + wrap(f"A score is the sum of its parts times their weights: {weights}.", width))
        say(
            wrap(
                "A part that isn't shown is not known of the paper and counts 0.50; a pin that isn't there counts 0.",
                width,
            )
        )


def _parts(parts: Mapping[str, float]) -> str:
    """Return the parts that say something: none of an unknown signal, no pin where there is none."""
    from digest.topics.trending import NEUTRAL

    shown = {name: part for name, part in parts.items() if part != (0 if name == "pin" else NEUTRAL)}
    return ", ".join(f"{name} {part:.2f}" for name, part in shown.items())


def _standing(ranking: "Ranking", paper: "Paper", numbers: Mapping[str, int]) -> str:
    first = ranking.notes.first_of.get(paper.id, paper.id)
    told = [ranking.notes.why.get(paper.id, ""), f"near-duplicate of {numbers[first]}" if first != paper.id else ""]
    return "; ".join(filter(None, told))


def _note_left_out(found: "Candidates", ranking: "Ranking", limit: int) -> None:
    if not ranking.papers:
        note("There is nothing new for the next issue.")
    elif len(ranking.papers) > limit:
        note(f"{limit} of {counted(len(ranking.papers), 'paper')}; --limit shows more")
    for paper, reason in found.left_out:
        note(folded("left out: ", f"{paper.title} ({paper.id}): {reason}", hanging=2))
