"""Visits: what to ask a source for now, given what it was asked before. Pure; `collecting.py` does the asking.

A visit brings one part of what a source has: a day, or the whole of a feed. A part that was asked for when
nothing more could come in it is complete, and isn't asked for again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import httpx

from digest.config.settings import SourceKind, SourceTable
from digest.papers.paper import Paper, Parsed
from digest.sources import arxiv, feed, huggingface, preprints
from digest.sources.address import named
from digest.sources.calendar import HOLIDAY, day_is_over, huggingface_days, why_nothing

REFRESH = timedelta(hours=20)
"""How long after it was asked for a complete day is asked for again, for its signals."""

FIRST_DAYS = 3
"""How far back days are asked for at least, when nothing of them is known."""

OVERLAP = timedelta(days=5)
"""How far before the moment it was asked last a service is asked again: what was submitted comes later.

arXiv shows on Sunday night what came since Thursday afternoon, and a day later where it leaves out an evening.
"""

NONE_DUE = "Hugging Face lists no papers at weekends, and the days before were asked for already"
"""Why there is no visit: on every other day the list of today is due, and all other sources always are."""


@dataclass(frozen=True, slots=True)
class Known:
    """When a part was asked for last, and whether nothing more could come in it then."""

    at: datetime
    complete: bool


@dataclass(frozen=True, slots=True)
class Visit:
    """One part to ask for, or a further page of it: its address, what its answer is, and how that is read.

    `place` names the part to people: always the same, and without the query, which may hold a key.
    `parse(content, where)` returns the papers of the answer, `following(content)` the visit to the next page or
    None. `whole` tells that nothing more can come in the part after now, `empty` why nothing may have come.
    `absent` says of an address that there may be nothing at it yet (404).
    """

    part: str
    place: str
    url: str
    accept: str
    kinds: tuple[str, ...]
    parse: Callable[[bytes, str], Parsed]
    following: Callable[[bytes], "Visit | None"]
    whole: bool = False
    empty: str = "nothing is listed there"
    absent: bool = False


def visits(table: SourceTable, since: date | None, now: datetime, known: Mapping[str, Known]) -> list[Visit]:
    """Return what to ask a source for now, the oldest first; `since` is how far back to catch up."""
    return _BY_KIND[table.kind](table, since, now, known)


def _huggingface(table: SourceTable, since: date | None, now: datetime, known: Mapping[str, Known]) -> list[Visit]:
    """One visit a day: those not complete, and the last ones again for their upvotes.

    Of what lies further back, whole weeks and months are one visit each.
    """
    first = since or _today(now) - timedelta(days=max(table.back_days, FIRST_DAYS))
    due = [day for day in huggingface_days(first, now) if _is_due(day, table.back_days, now, known)]
    past = [day for day in due if day < _today(now) - timedelta(days=max(table.back_days, FIRST_DAYS))]
    spans = {day: _span(day, past) for day in due}
    first_of = {huggingface.part(day, spans[day]): day for day in reversed(due)}
    base = table.url or huggingface.API
    return [_span_of_days(day, spans[day], 0, base, now) for day in reversed(first_of.values())]


def _span(day: date, past: Sequence[date]) -> huggingface.Period:
    """Return the longest of month, week and day around `day` whose weekdays are all in `past`."""
    around = [day + timedelta(days=number) for number in range(-31, 32)]
    whole: huggingface.Period
    for whole in ("month", "week"):
        name = huggingface.part(day, whole)
        if all(one in past for one in around if huggingface.part(one, whole) == name and one.weekday() < 5):
            return whole
    return "date"


def _span_of_days(day: date, span: huggingface.Period, page: int, base: str, now: datetime) -> Visit:
    def following(content: bytes) -> Visit | None:
        after = huggingface.next_page(content, page)
        return None if after is None else _span_of_days(day, span, after, base, now)

    listed, part = day if span == "date" else None, huggingface.part(day, span)
    return Visit(
        part=part,
        place=f"{_place(base)} {part}",
        url=huggingface.url(day, span, page, base),
        accept="application/json",
        kinds=("json",),
        parse=lambda content, where: huggingface.parse(content, where, listed, page),
        following=following,
        whole=span != "date" or day_is_over("huggingface", day, now),
        empty=why_nothing("huggingface", day, now) or HOLIDAY,
        absent=True,
    )


def _is_due(day: date, back_days: int, now: datetime, known: Mapping[str, Known]) -> bool:
    asked = [known[part] for span in huggingface.PERIODS if (part := huggingface.part(day, span)) in known]
    if not any(one.complete for one in asked):
        return True
    recent = day >= _today(now) - timedelta(days=back_days)
    return recent and all(now - one.at >= REFRESH for one in asked)


def _arxiv_feed(table: SourceTable, since: date | None, now: datetime, known: Mapping[str, Known]) -> list[Visit]:
    """Return what arXiv announced last; a feed has nothing older, so its API is asked to catch up."""
    if since is not None:
        return _arxiv(table, since, now, known)
    url = arxiv.feed_url(table.categories, table.url or arxiv.FEEDS)
    evening = now.astimezone(arxiv.EASTERN).date() - timedelta(days=1)  # a feed is made at midnight
    return [
        Visit(
            part="",
            place=_place(url),
            url=url,
            accept="application/atom+xml, application/rss+xml",
            kinds=("xml",),
            parse=arxiv.parse_feed,
            following=_no_more,
            empty=why_nothing("arxiv", evening, now) or HOLIDAY,
        )
    ]


def _arxiv(table: SourceTable, since: date | None, now: datetime, known: Mapping[str, Known]) -> list[Visit]:
    """Return one visit for all that was submitted since some days before arXiv was asked last, or before `since`."""
    first = since - OVERLAP if since else _first_day(now, known.get("api"))
    span = f"submittedDate:[{first:%Y%m%d}0000 TO {now.astimezone(UTC):%Y%m%d%H%M}]"
    search = f"({arxiv.search(table.query, table.categories)}) AND {span}"
    base = table.url if table.kind == "arxiv" and table.url else arxiv.API
    size = min(arxiv.PAGE_SIZE, table.max_papers)
    return [_query(arxiv.Query(search=search, size=size), base, f"nothing that fits was submitted since {first}")]


def _query(query: arxiv.Query, base: str, empty: str) -> Visit:
    def following(content: bytes) -> Visit | None:
        after = query.following(content)
        return None if after is None else _query(after, base, empty)

    return Visit(
        part="api",
        place=_place(base),
        url=query.url(base),
        accept="application/atom+xml",
        kinds=("xml",),
        parse=arxiv.parse_api,
        following=following,
        empty=empty,
    )


def _first_day(now: datetime, known: Known | None) -> date:
    return _today((now if known is None else min(now, known.at)) - OVERLAP)  # the clock may have been put back


def _feed(table: SourceTable, since: date | None, now: datetime, known: Mapping[str, Known]) -> list[Visit]:  # noqa: ARG001
    """Return the whole feed, which holds what its publisher still has in it."""
    assert table.url is not None
    return [
        Visit(
            part="",
            place=_place(table.url),
            url=table.url,
            accept="application/atom+xml, application/rss+xml, application/feed+json, */*;q=0.5",
            kinds=("xml", "json"),
            parse=feed.parse,
            following=_no_more,
        )
    ]


def _preprints(table: SourceTable, since: date | None, now: datetime, known: Mapping[str, Known]) -> list[Visit]:
    """Return one visit for all that was posted since some days before the server was asked last."""
    return [_postings(table, since or _first_day(now, known.get("api")), _today(now), 0)]


def _postings(table: SourceTable, first: date, last: date, cursor: int) -> Visit:
    server: preprints.Server = "medrxiv" if table.kind == "medrxiv" else "biorxiv"
    base = table.url or preprints.API

    def parse(content: bytes, where: str) -> Parsed:
        return _of_categories(preprints.parse(content, where, server), table.categories)

    def following(content: bytes) -> Visit | None:
        after = preprints.next_cursor(content, cursor)
        return None if after is None else _postings(table, first, last, after)

    return Visit(
        part="api",
        place=f"{_place(base)}/{server}",
        url=preprints.url(server, first, last, cursor, base),
        accept="application/json",
        kinds=("json",),
        parse=parse,
        following=following,
        empty=f"nothing was posted since {first}",
    )


def _of_categories(parsed: Parsed, wanted: Sequence[str]) -> Parsed:
    names = {"-".join(name.casefold().replace("_", " ").split()) for name in wanted}
    return Parsed(tuple(p for p in parsed.papers if not names or names & _names(p)), parsed.problems)


def _names(paper: Paper) -> set[str]:
    """Return a preprint's categories without the server, "cell-biology" of "biorxiv.cell-biology"."""
    return {category.partition(".")[2] for category in paper.categories}


def _place(url: str) -> str:
    return named(httpx.URL(url)).partition("?")[0]


def _today(now: datetime) -> date:
    return now.astimezone(UTC).date()


def _no_more(_content: bytes) -> None:
    """Say that an answer is all there is."""


_BY_KIND: Mapping[SourceKind, Callable[[SourceTable, date | None, datetime, Mapping[str, Known]], list[Visit]]] = {
    "huggingface": _huggingface,
    "arxiv": _arxiv,
    "arxiv-feed": _arxiv_feed,
    "feed": _feed,
    "biorxiv": _preprints,
    "medrxiv": _preprints,
}
