"""What came back is matched to what we sent, and acted on: each report once.

A report acts when it proves whose message it is about (`digest.returns.tracing`). What it does is decided by the table
that decides about replies (`digest.deliver.outcome.blame`).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from digest.bounces.report import Arrival, Effect, Kind, Report
from digest.deliver.outcome import Blame, blame, shown
from digest.deliver.states import DeliveryState
from digest.readership.leaving import leave
from digest.returns.doubt import Doubted, doubted, take_back
from digest.returns.tracing import Traced, leaver, named, trace
from digest.site import Site
from digest.store import reports, scores, suppressions
from digest.store.database import reading
from digest.store.reports import Taken
from digest.store.sent import Sent
from digest.subscribers.identity import address_key
from digest.subscribers.reasons import COMPLAINT, NO_SUCH_ADDRESS, UNREACHABLE

MOST_UNMATCHED = 10_000
"""Reports that prove no message of ours are kept up to here: anybody can send them."""

_STATUS = re.compile(r"[245]\.[0-9]{1,3}\.[0-9]{1,3}")


def take(site: Site, arrivals: Sequence[Arrival], now: datetime) -> list[Effect]:
    """Take some reports, and return what each did; at most some thousand at a time.

    What they are about is found out first, in transactions that only read. Then all of them act, and are recorded, in
    one: after a kill they have either done all or nothing. One whose key is known did what it does before. Raises
    BusyError.
    """
    with reading(site.store).begin() as connection:
        known = reports.known(connection, [arrival.key for arrival in arrivals])
    fresh = {arrival.key: arrival for arrival in arrivals if arrival.key not in known}
    if not fresh:
        return [Effect.REPEATED for _ in arrivals]
    about = dict(zip(fresh, trace(site, [one.report for one in fresh.values()], now), strict=True))
    gone = [traced.message for key, traced in about.items() if traced and _says_gone(fresh[key].report)]
    with reading(site.store).begin() as connection:
        doubts = doubted(connection, gone)
    effects: dict[str, Effect] = {}
    with site.store.begin() as connection:
        take_back(connection, site, doubts, now)
        for key, arrival in fresh.items():
            effects[key] = _Taking(connection, site, doubts, now).take(arrival, about[key])
        if Effect.UNMATCHED in effects.values():
            reports.forget_unmatched(connection, MOST_UNMATCHED)
    # Of two with one key the first did it.
    return [effects.pop(arrival.key, Effect.REPEATED) for arrival in arrivals]


def _says_gone(report: Report) -> bool:
    return report.kind is Kind.BOUNCE and blame(_status(report)) is Blame.GONE


def _status(report: Report) -> str:
    return report.status if _STATUS.fullmatch(report.status) else ""


@dataclass(frozen=True, slots=True)
class _Taking:
    """Records reports and does what they ask for, within a transaction."""

    connection: Connection
    site: Site
    doubts: Doubted
    now: datetime

    def take(self, arrival: Arrival, traced: Traced | None) -> Effect:
        report, about = arrival.report, traced.message if traced else None
        taken = Taken(
            key=arrival.key,
            origin=shown(arrival.origin)[:80],
            kind=report.kind,
            delivery_id=about.delivery_id if about else None,
            notice_id=about.notice_id if about else None,
            address_key=about.address_key if about else self._named_key(report),
            status=_status(report),
            said=self._said(report, about),
        )
        report_id = reports.add(self.connection, taken, Effect.NOTED, self.now)
        if report_id is None:  # another process has taken it just now
            return Effect.REPEATED
        effect = self._act(taken, report, traced)
        if effect is not Effect.NOTED:
            reports.set_effect(self.connection, report_id, effect)
        return effect

    def _said(self, report: Report, about: Sent | None) -> str:
        """Return what the other side said; of a request to leave that proves nothing whose it is, for an answer."""
        if report.kind is Kind.LEAVE and about is None and not leaver(self.site, report):
            who = next((one.address for one in named(report)), "somebody")
            return f"{who} asks to leave, and proves no message of ours"
        return shown(report.said) or f"{report.code or ''} {_status(report)}".strip()

    def _named_key(self, report: Report) -> str | None:
        """Return the key of an address that is named without proof: by it the report is found, and forgotten."""
        return next((address_key(self.site.identity_key, one.canonical) for one in named(report)), None)

    def _act(self, taken: Taken, report: Report, traced: Traced | None) -> Effect:
        if report.kind is Kind.LEAVE:
            return self._leave(taken, report, traced)
        if traced is None:
            return Effect.UNMATCHED
        if report.kind is Kind.COMPLAINT:
            return self._suppress(taken, traced, COMPLAINT)
        if report.kind is Kind.BOUNCE:
            return self._bounce(taken, traced)
        return Effect.NOTED

    def _leave(self, taken: Taken, report: Report, traced: Traced | None) -> Effect:
        """Have a reader leave: by the link of their mail, else by its Message-ID."""
        subscriber = leaver(self.site, report) or (traced.message.subscriber_id if traced else "")
        if not subscriber:
            return Effect.UNMATCHED
        source = taken.origin if report.trusted else "mail"
        leave(self.connection, self.site, subscriber, source, self.now, {"origin": taken.origin})
        return Effect.LEFT

    def _bounce(self, taken: Taken, traced: Traced) -> Effect:
        blamed, about = blame(taken.status), traced.message
        is_doubted = about.issue_id is not None and about.domain in self.doubts.get(about.issue_id, ())
        if blamed is Blame.GONE and not is_doubted:
            return self._suppress(taken, traced, NO_SUCH_ADDRESS)
        if blamed is Blame.NOTHING or self._has_counted(about):
            return Effect.NOTED
        score = scores.add_failure(self.connection, about.address_key, self.now)
        if score is None:
            return Effect.NOTED
        return self._suppress(taken, traced, UNREACHABLE) if score.is_enough else Effect.SCORED

    def _has_counted(self, about: Sent) -> bool:
        """Tell whether the message's failure counts already: by the relay's reply, or by another report."""
        if about.state is DeliveryState.FAILED:
            return True
        return reports.has_counted(self.connection, delivery_id=about.delivery_id, notice_id=about.notice_id)

    def _suppress(self, taken: Taken, traced: Traced, reason: str) -> Effect:
        """Suppress an address everywhere; on a list alone where a link of that list is all that proves the report."""
        about = traced.message
        suppressions.add(
            self.connection,
            scope=about.list_id if traced.by_link else suppressions.EVERYWHERE,
            address_key=about.address_key,
            address=about.address or None,
            reason=reason,
            source=f"{taken.kind} via {taken.origin}: {taken.said}",
            now=self.now,
        )
        return Effect.SUPPRESSED
