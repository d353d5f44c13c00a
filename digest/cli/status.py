"""`digest status`: what was sent, to how many; of one issue how far it is, how fast, and what holds it up."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any

import typer

from digest import clock
from digest.cli.arguments import issue_key, opened
from digest.cli.output import (
    Json,
    came_back_line,
    issue_facts,
    left_out_line,
    print_json,
    say,
    short_time,
    sum_line,
    table,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from digest.issues.issue import IssueKey
    from digest.site import Site
    from digest.store.deliveries import Reason, Recent
    from digest.store.issues import StoredIssue

RECENT = 10
RATE_OVER = timedelta(minutes=1)
MOST_REASONS = 5

_TROUBLED = ("deferred", "failed", "expired", "held")


def status(
    context: typer.Context,
    issue: Annotated[
        str | None,
        typer.Argument(metavar="[ISSUE]", help="One issue, also while it is being sent; else the recent ones."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Show what was sent and to how many; of one issue how far it is, how fast, and what holds it up."""
    site = opened(context)
    if issue is not None:
        standing = _standing(site, issue_key(site, issue)[1], clock.now())
        if as_json:
            print_json(standing.as_dict())
        else:
            for line in standing.lines():
                say(line)
        return
    found = _recent(site)
    if as_json:
        print_json([{**issue_facts(stored), "deliveries": counts} for stored, counts in found])
    elif not found:
        say("No issue yet; `digest issue build LIST` makes a draft, `digest send LIST` sends one.")
    else:
        _print_overview(site, found)


_Overview = list[tuple["StoredIssue", dict[str, int]]]


def _recent(site: "Site") -> _Overview:
    from digest.store import issues
    from digest.store.database import reading

    with reading(site.store).begin() as connection:
        return [(stored, _counts(connection, stored.id)) for stored in issues.recent(connection, limit=RECENT)]


def _counts(connection: "Connection", issue_id: int) -> dict[str, int]:
    from digest.store import deliveries

    return {str(state): number for state, number in deliveries.counts(connection, issue_id).items()}


def _print_overview(site: "Site", found: _Overview) -> None:
    rows = []
    for stored, counts in found:
        sent = ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))
        rows.append((stored.key, stored.number or "", stored.state, sent, short_time(stored.finished_at)))
    table(("issue", "no.", "state", "messages", "finished"), rows)
    troubled = [stored.key for stored, counts in found if any(counts.get(state) for state in _TROUBLED)]
    if troubled:
        say(f"\n`digest status {troubled[0]}` says why, `digest deliveries {troubled[0]}` also who.")
    quiet = [one.name for one in site.lists if all(stored.key.list_id != one.id for stored, _ in found)]
    if quiet:
        say(f"\nNo recent issue: {', '.join(quiet)}.")


@dataclass(frozen=True, slots=True)
class Standing:
    """Where an issue stands at a moment; `process` is the run at work on the site, None when there is none."""

    stored: "StoredIssue"
    counts: Mapping[str, int]
    process: str | None
    recent: "Recent"
    next_due: datetime | None
    reasons: "list[Reason]"
    now: datetime
    came_back: Mapping[str, int] = field(default_factory=dict)

    @property
    def open(self) -> int:
        """How many deliveries are not final."""
        return sum(self.counts.get(state, 0) for state in ("planned", "claimed", "deferred"))

    @property
    def percent(self) -> float | None:
        """How much is final, rounded down so that 100 means all; None before the plan."""
        total = sum(self.counts.values())
        return (total - self.open) * 1000 // total / 10 if total else None

    @property
    def rate(self) -> float:
        """Deliveries a second that became final in the last minute."""
        if self.recent.first is None:
            return 0.0
        return self.recent.settled / max((self.now - self.recent.first).total_seconds(), 1.0)

    @property
    def left(self) -> timedelta | None:
        """How long a run takes for what it has still to try, at this rate; None when none is known to be at work."""
        to_try = self.counts.get("planned", 0) + self.counts.get("claimed", 0)
        if self.process is None or not self.rate or not to_try:
            return None
        return timedelta(seconds=round(to_try / self.rate))

    def lines(self) -> Iterator[str]:
        """Yield what a person is told."""
        stored = self.stored
        yield f"{stored.key}: {stored.state}" + (f", No. {stored.number}" if stored.number else "")
        for word, moment in (
            ("built", stored.built_at),
            ("approved", stored.approved_at),
            ("planned", stored.planned_at),
            ("finished", stored.finished_at),
        ):
            if moment:
                yield f"  {word} {short_time(moment)}"
        if stored.left_out:
            yield left_out_line(stored.left_out)
        if self.counts:
            yield sum_line(self.counts)
        if line := came_back_line(self.came_back):
            yield line
        if self.open:
            yield from self._progress()
        for reason in self.reasons:
            where = reason.domain if reason.domains == 1 else f"{reason.domains} domains"
            yield f"  {reason.state}: {reason.reply} × {reason.number:,} at {where}"
        if self.reasons:
            yield f"`digest deliveries {stored.key}` lists them by address."

    def _progress(self) -> Iterator[str]:
        run = "no run is at work" if self.process is None else f"a run is at work (process {self.process})"
        rate = f", {self.rate:,.1f}/s in the last minute" if self.rate else ""
        left = f", {self.left} left at this rate" if self.left else ""
        yield f"{self.percent:g} % done; {run}{rate}{left}"
        if self.next_due:
            yield f"next try of what is deferred at {short_time(self.next_due)}"

    def as_dict(self) -> dict[str, Any]:
        """Return what a script is told; seconds and deliveries a second."""
        return {
            **issue_facts(self.stored),
            "planned": sum(self.counts.values()),
            "deliveries": self.counts,
            "left_out": self.stored.left_out,
            "percent": self.percent,
            "process": self.process,
            "rate": round(self.rate, 1),
            "seconds_left": self.left.total_seconds() if self.left else None,
            "next_due": self.next_due,
            "came_back": self.came_back,
            "reasons": [
                {
                    "state": one.state,
                    "reply": one.reply,
                    "number": one.number,
                    "domain": one.domain,
                    "domains": one.domains,
                }
                for one in self.reasons
            ],
        }


def _standing(site: "Site", key: "IssueKey", now: datetime) -> Standing:
    from digest import pipeline
    from digest.deliver.states import DeliveryState
    from digest.store import deliveries, reports
    from digest.store.database import reading

    with reading(site.store).begin() as connection:
        stored = pipeline.existing(connection, key)
        return Standing(
            stored=stored,
            counts=_counts(connection, stored.id),
            process=site.run_at_work(),
            recent=deliveries.settled_since(connection, stored.id, now - RATE_OVER),
            next_due=deliveries.next_due(connection, stored.id, (DeliveryState.DEFERRED,)),
            reasons=deliveries.reasons(connection, stored.id, map(DeliveryState, _TROUBLED), MOST_REASONS),
            now=now,
            came_back={str(kind): number for kind, number in reports.counts(connection, stored.id).items()},
        )
