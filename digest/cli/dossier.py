"""A dossier in words and as JSON."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from digest.cli.output import short_time
from digest.roster.dossier import Dossier
from digest.roster.persons import InFile
from digest.roster.suppressing import meaning, scope_name, shown
from digest.site import Site
from digest.store.suppressions import Suppression
from digest.subscribers.audience import Preferences
from digest.subscribers.file import RowProblem


def lines(site: Site, found: Dossier) -> Iterator[str]:
    """Yield what a person is told, a heading and its facts at a time; what is not known isn't spoken of."""
    first, *others = found.who.addresses
    yield first.address
    if others:
        yield f"  also known as {', '.join(one.address for one in others)}"
    sections: Mapping[str, Callable[[Site, Dossier], Iterator[str]]] = {
        "In the subscriber files": _files,
        "What they said": _said,
        "Former addresses": _moves,
        "Evidence": _events,
        "Waiting for their confirmation": _requests,
        "Suppressed": _suppressions,
        "Suppressed before": _lifted,
        "Score": _score,
        f"Issues ({found.issues:,} in all)": _received,
        "Notices": _notices,
        "Reports": _reports,
    }
    for heading, facts_of in sections.items():
        if facts := list(facts_of(site, found)):
            yield f"\n{heading}"
            yield from (f"  {fact}" for fact in facts)


def _files(_site: Site, found: Dossier) -> Iterator[str]:
    yield from (f"{row.place}: {_row_words(row)}" for row in found.files)


def _said(site: Site, found: Dossier) -> Iterator[str]:
    for one in found.readers:
        since = f"signed up, confirmed {short_time(one.confirmed_at)}" if one.confirmed_at else "invited by the file"
        yield f"{scope_name(site, one.list_id)}, {one.address}: {_preferences(one.preferences)}; {since}"


def _moves(site: Site, found: Dossier) -> Iterator[str]:
    for one in found.moves:
        yield f"{scope_name(site, found.who.lists[one.before])}: another address since {short_time(one.at)}"


def _events(site: Site, found: Dossier) -> Iterator[str]:
    for one in found.events:
        yield f"{short_time(one.at)}  {scope_name(site, one.list_id)}: {one.kind}{_evidence(one.data)}"


def _requests(site: Site, found: Dossier) -> Iterator[str]:
    for one in found.requests:
        asked = f"{short_time(one.asked_at)}  {scope_name(site, one.list_id)}: {_REQUESTS[one.kind]} {one.address}"
        yield f"{asked}, until {short_time(one.expires_at)}"


def _suppressions(site: Site, found: Dossier) -> Iterator[str]:
    for one in found.suppressions:
        source = "; ".join(filter(None, (one.reason, one.source)))
        is_other = one.domain or one.address not in ("", found.who.addresses[0].address)
        whose = f", as {shown(one)}" if is_other else ""
        yield f"{scope_name(site, one.scope)} since {short_time(one.at)}: {meaning(one)} ({source}){whose}"


def _lifted(site: Site, found: Dossier) -> Iterator[str]:
    for one in found.lifted:
        held = f"{scope_name(site, one.was.scope)}, {short_time(one.was.at)} to {short_time(one.at)}"
        yield f"{held}: {one.was.reason}; lifted by {one.by}"


def _score(_site: Site, found: Dossier) -> Iterator[str]:
    if found.score:
        yield f"{found.score.score:g}, last failure {short_time(found.score.at)}"


def _received(_site: Site, found: Dossier) -> Iterator[str]:
    for one in found.received:
        yield f"{short_time(one.at)}  {one.issue}: {one.state}{_reply(one.reply)}"


def _notices(site: Site, found: Dossier) -> Iterator[str]:
    for one in found.notices:
        yield f"{short_time(one.at)}  {scope_name(site, one.list_id)}: {one.kind}, {one.state}{_reply(one.reply)}"


def _reports(_site: Site, found: Dossier) -> Iterator[str]:
    for one in found.reports:
        said = " ".join(filter(None, (one.status, one.said)))
        yield f"{short_time(one.at)}  {one.kind} via {one.origin}: {one.effect}{_reply(said)}"


def _reply(said: str) -> str:
    return f", {said}" if said else ""


_REQUESTS = {"signup": "a sign-up as", "address": "a move to"}


def _evidence(data: Mapping[str, Any]) -> str:
    told = _plain(data)
    return f" ({told})" if told else ""


def _plain(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {told}" for name, inner in value.items() if (told := _plain(inner)))
    if value is None:
        return ""
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _row_words(found: InFile) -> str:
    if isinstance(found.row, RowProblem):
        return f"refused, {found.row.reason}"
    one = found.row.subscriber
    facts = [
        one.name,
        f"topics {' '.join(one.topics)}" if one.topics else "",
        one.frequency,
        one.timezone,
        one.language,
    ]
    return ", ".join([one.email, *filter(None, facts)])


def _preferences(said: Preferences) -> str:
    """Return what somebody chose, in words; what they left to the file or the list isn't spoken of."""
    topics = None if said.topics is None else f"topics {' '.join(said.topics) or 'all'}"
    pause = f"paused until {said.paused_until}" if said.paused_until else None
    return ", ".join(filter(None, [topics, said.frequency, said.timezone, said.language, pause])) or "nothing chosen"


def as_dict(site: Site, found: Dossier) -> dict[str, Any]:
    """Return a dossier for a script."""

    def row(one: InFile) -> dict[str, Any]:
        refused = one.row.reason if isinstance(one.row, RowProblem) else None
        fields = {} if isinstance(one.row, RowProblem) else asdict(one.row.subscriber)
        return {"list": one.list_name, "file": one.path, "line": one.row.line, "refused": refused, **fields}

    def suppression(one: Suppression) -> dict[str, Any]:
        return {**asdict(one), "list": scope_name(site, one.scope)}

    return {
        "addresses": [one.address for one in found.who.addresses],
        "address_keys": sorted(found.who.keys),
        "subscriber_ids": dict(found.who.lists),
        "files": [row(one) for one in found.files],
        "said": [asdict(one) for one in found.readers],
        "moves": [asdict(one) for one in found.moves],
        "events": [
            {"at": one.at, "list_id": one.list_id, "kind": one.kind, "data": dict(one.data)} for one in found.events
        ],
        "requests": [
            {
                "kind": one.kind,
                "list_id": one.list_id,
                "address": one.address,
                "data": dict(one.data),
                "asked_at": one.asked_at,
                "expires_at": one.expires_at,
            }
            for one in found.requests
        ],
        "suppressions": [suppression(one) for one in found.suppressions],
        "lifted": [{**suppression(one.was), "lifted_at": one.at, "lifted_by": one.by} for one in found.lifted],
        "score": asdict(found.score) if found.score else None,
        "issues": found.issues,
        "received": [{**asdict(one), "issue": str(one.issue)} for one in found.received],
        "notices": [asdict(one) for one in found.notices],
        "reports": [asdict(one) for one in found.reports],
    }
