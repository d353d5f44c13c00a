"""Hugging Face Daily Papers: the addresses of its API, and its answers, of every era, as papers.

An element of an answer is an object with a "paper" inside. What the two have in common, the inner one says
better. Some archives of these answers wrap a day as {"status", "date", "count", "data"}.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal
from urllib.parse import quote, urlencode

from digest.papers.clean import clean_url
from digest.papers.ids import arxiv_id
from digest.papers.paper import Parsed
from digest.papers.values import kind, shown
from digest.sources.collector import Collector
from digest.sources.jsontext import decode, each

SOURCE = "huggingface"
"""The source that papers of Daily Papers are said to have."""

API = "https://huggingface.co/api/daily_papers"
PAPERS = "https://huggingface.co/papers/"
PAGE_SIZE = 100
"""The most papers of one answer; the API gives no more."""

Period = Literal["date", "week", "month"]
PERIODS: tuple[Period, ...] = ("date", "week", "month")

# Whose account listed the paper is no business of ours; the others are used here or are the outer record's.
_LEFT_OUT = frozenset({"paper", "submittedBy", "submittedOnDailyBy", "publishedAt", "submittedOnDailyAt"})


def part(day: date, period: Period) -> str:
    """Return how the API names a day, or its ISO week or month: "2026-11-24", "2026-W48", "2026-11"."""
    year, week, _ = day.isocalendar()
    return {"date": day.isoformat(), "week": f"{year}-W{week:02}", "month": f"{day:%Y-%m}"}[period]


def url(day: date, period: Period = "date", page: int = 0, base: str = API) -> str:
    """Return the address of the papers listed on `day`, or in its ISO week or month; `page` counts from 0.

    Without `sort`: with sort=trending the API forgets the day.
    """
    query: dict[str, str | int] = {period: part(day, period), "limit": PAGE_SIZE}
    return f"{base}?{urlencode(query | ({'p': page} if page else {}))}"


def next_page(content: bytes, page: int, link: str = "") -> int | None:
    """Return the page behind the one that `content` answers, None where it was the last.

    A full page has one behind it, and so has one whose Link header, `link`, names a next (RFC 8288): the
    API may leave papers out of a page after counting them.
    """
    collector = Collector("", SOURCE)
    count = sum(1 for _ in _items(decode(content, collector), collector, {}))
    return page + 1 if count >= PAGE_SIZE or 'rel="next"' in link else None


def is_answer(text: str) -> bool:
    """Tell whether a JSON text looks like an answer of the API, bare or wrapped."""
    collector = Collector("", SOURCE)
    items = _items(text.removeprefix("\ufeff"), collector, {})
    first = next(items, (None, None))[1]
    return isinstance(first, Mapping) and isinstance(first.get("paper"), Mapping)


def parse(content: bytes, where: str, listed: date | None, page: int = 0) -> Parsed:
    """Return the papers of an answer in their order, and a problem for each record that can't be used.

    `listed` is the day asked for: that of a paper which doesn't say itself when it was listed. `where`
    names the answer in problems. An empty list is no problem: on some days nothing is listed.
    """
    collector = Collector(where, SOURCE, first=page * PAGE_SIZE + 1)
    wrapper: dict[str, Any] = {}
    for number, (_, item) in enumerate(_items(decode(content, collector), collector, wrapper), start=1):
        place = f"paper {number}"
        if not isinstance(item, Mapping) or not isinstance(item.get("paper", {}), Mapping):
            collector.refuse(place, f'expected an object with a "paper", found {kind(item)}')
        else:
            collector.add(place, _record(item, str(listed) if listed else wrapper.get("date")))
    return collector.parsed()


def _items(text: str, collector: Collector, wrapper: dict[str, Any]) -> Iterator[tuple[int, Any]]:
    """Yield (line, element) of an answer; what is around a wrapped one goes to `wrapper`."""
    for line, value in each(text, collector):
        if isinstance(value, Mapping) and isinstance(value.get("data"), list):
            wrapper |= value
            yield from ((line, item) for item in value["data"])
        elif isinstance(value, Mapping) and "error" in value and "title" not in value:
            collector.fault(None, f"the answer is an error: {shown(value['error'])}")
        else:
            yield line, value


def _record(item: Mapping[str, Any], listed: Any) -> dict[str, Any]:
    """Return one record of an element: the inner keys, completed by the outer ones."""
    inner = item.get("paper") or item
    said = {key: value for key, value in inner.items() if value not in (None, "", [], {})}
    record = {key: value for key, value in ({**item, **said}).items() if key not in _LEFT_OUT}
    record["published"] = inner.get("publishedAt")
    # Before 2025-03 the outer publishedAt was about the moment of listing; of later answers it isn't.
    outer_day = None if inner is item else item.get("publishedAt")
    record["listed"] = inner.get("submittedOnDailyAt") or listed or outer_day
    name = inner.get("id")
    if isinstance(name, str) and (page := clean_url(PAPERS + quote(name, errors="replace"))):
        record["huggingface"] = page
        if arxiv_id(name) is None:
            record["url"] = page
    return record
