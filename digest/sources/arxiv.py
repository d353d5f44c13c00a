"""arXiv: the addresses of its API and its feeds, and their answers as papers.

The API (https://info.arxiv.org/help/api/user-manual.html) answers in Atom. The feeds
(https://info.arxiv.org/help/rss_specifications.html), Atom or RSS 2.0, are rebuilt at midnight Eastern and
hold what was announced that day, replacements too.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode
from zoneinfo import ZoneInfo

from digest.papers.clean import clean_line
from digest.papers.ids import arxiv_id
from digest.papers.paper import Parsed
from digest.papers.sentences import cut
from digest.papers.values import shown
from digest.sources.collector import Collector
from digest.sources.xmltext import entries, text, texts

SOURCE = "arxiv"
"""The source that papers from arXiv are said to have."""

API = "https://export.arxiv.org/api/query"
FEEDS = "https://rss.arxiv.org"
PAGE_SIZE = 100
START_LIMIT = 30_000
"""The API answers nothing from here on."""

EASTERN = ZoneInfo("America/New_York")
"""Where arXiv's days begin and end."""

_TOTAL = re.compile(rb"<(?:\w+:)?totalResults[^>]*>\s*([0-9]{1,9})\s*<")
_ENTRY = re.compile(rb"<(?:\w+:)?entry[\s>]")
_FIRST = re.compile(rb"<(?:entry|item)[\s>]")
_PREFIX = re.compile(r"\s*arXiv:\S+\s+Announce Type:\s*(?P<type>\S+)\s+(?:Abstract:\s*)?", re.IGNORECASE)
_CREATORS = re.compile(r",\s+(?!(?:Jr|Sr|II|III|IV)\b)")  # "Ada Example, Jr., Bo Sample"


@dataclass(frozen=True, slots=True)
class Query:
    """One request to the API: papers that match a search, newest first, or those with certain ids."""

    search: str = ""
    ids: tuple[str, ...] = ()
    start: int = 0
    size: int = PAGE_SIZE

    def url(self, base: str = API) -> str:
        """Return the address to ask."""
        asked = {"id_list": ",".join(self.ids)} if self.ids else {"search_query": self.search}
        order = {} if self.ids else {"sortBy": "submittedDate", "sortOrder": "descending"}
        return f"{base}?{urlencode({**asked, **order, 'start': self.start, 'max_results': self.size})}"

    def following(self, content: bytes) -> "Query | None":
        """Return the query for what comes behind the answer `content`, None where that was the last page.

        An empty page is the last one, whatever total it names.
        """
        total = _TOTAL.search(content)
        start = self.start + self.size
        more = total is not None and start < min(int(total[1]), START_LIMIT) and _ENTRY.search(content) is not None
        return replace(self, start=start) if more else None


def search(query: str, categories: Sequence[str]) -> str:
    """Return the search for papers in any of `categories` that match `query` (arXiv's syntax; may be "")."""
    anywhere = " OR ".join(f"cat:{category}" for category in categories)
    if query and anywhere:
        return f"({anywhere}) AND ({query})"
    return query or anywhere


def feed_url(categories: Sequence[str], base: str = FEEDS) -> str:
    """Return the address of the day's feed of `categories`, in its Atom flavour."""
    return f"{base}/atom/{'+'.join(quote(category, safe='') for category in categories)}"


def is_feed(content: bytes) -> bool:
    """Tell whether this is one of arXiv's feeds."""
    return b"//rss.arxiv.org/" in _head(content)


def is_api_answer(content: bytes) -> bool:
    """Tell whether this is an answer of arXiv's API."""
    return b"arxiv.org/api/" in _head(content)


def _head(content: bytes) -> bytes:
    """Return what stands before the first entry, which is where a feed says whose it is."""
    return _FIRST.split(content[:3000], maxsplit=1)[0]


def parse_api(content: bytes, where: str) -> Parsed:
    """Return the papers of an answer of the API, and a problem for each entry that can't be used.

    The API reports its errors as an entry with the title "Error"; that is a problem of the whole answer.
    """
    collector = Collector(where, SOURCE)
    for place, entry in entries(content, collector):
        if "/api/errors" in text(entry, "id"):
            reason = clean_line(text(entry, "summary") or text(entry, "id"))
            collector.fault(None, f"arXiv refused the request: {cut(reason, 200)}")
        else:
            _add(collector, place, _from_api(entry))
    return collector.parsed()


def _from_api(entry: Any) -> dict[str, Any]:
    primary = entry.find("{*}primary_category")
    return {
        **_common(entry),
        "abstract": text(entry, "summary"),
        "authors": texts(entry, "author/name"),
        "published": text(entry, "published"),
        "primary_category": "" if primary is None else primary.get("term", ""),
    } | _said({"comment": text(entry, "comment"), "updated": text(entry, "updated")})


def parse_feed(content: bytes, where: str) -> Parsed:
    """Return the papers of one of arXiv's feeds, and a problem for each entry that can't be used.

    `listed` is the day of the announcement in arXiv's own time zone. A feed doesn't say when a paper was
    first published; for one announced as new it is that day. A replacement is no news. An empty feed is no
    problem: on two days of the week nothing is announced.
    """
    collector = Collector(where, SOURCE)
    for place, entry in entries(content, collector):
        _add(collector, place, _from_feed(entry))
    return collector.parsed()


def _from_feed(entry: Any) -> dict[str, Any]:
    described = text(entry, "summary", "description")
    prefix = _PREFIX.match(described)
    kind = text(entry, "announce_type") or (prefix["type"] if prefix else "")
    moment = text(entry, "published", "pubDate") or text(entry.getparent(), "pubDate", "updated")
    day = _eastern_day(moment)
    listed = str(day) if day else moment
    return {
        **_common(entry),
        "abstract": described[prefix.end() :] if prefix else described,
        "authors": [name for line in texts(entry, "creator") for name in _CREATORS.split(line)],
        "announce_type": kind,
        "listed": listed,
        "published": listed if kind == "new" and day else None,
    }


def _add(collector: Collector, place: str, record: dict[str, Any]) -> None:
    if arxiv_id(record["arxiv_id"]) is None:
        collector.refuse(place, f"no arXiv id; expected one such as 2403.01234, found {shown(record['arxiv_id'])}")
    else:
        collector.add(place, record)


def _common(entry: Any) -> dict[str, Any]:
    """Return what the API's entries and those of feeds say alike."""
    name = text(entry, "id", "guid")
    terms = [category.get("term") or category.text or "" for category in entry.findall("{*}category")]
    dois = (text(entry, "doi") or text(entry, "DOI")).split()
    return {
        "arxiv_id": name if arxiv_id(name) else text(entry, "link") or name,
        "title": text(entry, "title"),
        "categories": terms,
        "doi": dois[0] if dois else "",
        "other_ids": dois[1:],
    } | _said({"journal_ref": text(entry, "journal_ref", "journal_reference")})


def _said(values: Mapping[str, str]) -> dict[str, str]:
    """Return the values that say something, as clean lines: they go to `extra` as they are."""
    return {key: line for key, value in values.items() if (line := clean_line(value))}


def _eastern_day(moment: str) -> date | None:
    """Return the day in arXiv's time zone of an Atom or RSS date (RFC 3339, RFC 822), None where it is none."""
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            found = read(moment.strip())
            return (found.astimezone(EASTERN) if found.tzinfo else found).date()
        except (ValueError, OverflowError):
            continue
    return None
