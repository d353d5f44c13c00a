"""Feeds: any RSS or Atom by feedparser, and JSON Feed (https://www.jsonfeed.org/version/1.1/), as papers."""

import io
import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import feedparser

from digest.papers.clean import clean_line
from digest.papers.ids import arxiv_id, doi, doi_of_page
from digest.papers.paper import Parsed
from digest.papers.sentences import cut
from digest.papers.values import kind
from digest.sources import arxiv
from digest.sources.collector import Collector
from digest.sources.jsontext import an_object
from digest.sources.markup import plain
from digest.sources.xmltext import seen

SOURCE = "feed"
"""The source that papers of a feed are said to have, unless they are given another."""

SIZE_LIMIT = 5_000_000
"""The most bytes of a feed: feedparser takes a second for some thousand entries, and JSON twenty times its size."""

_ENTRY = re.compile(rb"<(?:[\w-]+:)?(?:item|entry)[\s>]")
_ENTRY_END = re.compile(rb"</(?:[\w-]+:)?(?:item|entry)\s*>")
_XML_DECLARATION = re.compile(r"<\?xml[^>]*\?>")
_CATEGORY = re.compile(
    r"[a-z]+(?:-[a-z]+)?\.[A-Za-z]{2}(?:-[a-z]{2,4})?|hep-(?:th|ph|ex|lat)|nucl-(?:th|ex)|quant-ph|math-ph|gr-qc"
)
_HTML = ("text/html", "application/xhtml+xml")


def parse(content: bytes, where: str, source: str = SOURCE) -> Parsed:
    """Return the papers of a feed, and a problem for each entry that can't be used.

    A broken feed gives what can be read of it, and a problem. `where` names the feed in problems. Nothing
    is ever fetched. One of arXiv's own feeds or answers is read as such, whatever `source` says: it knows
    which papers are only replaced.
    """
    if arxiv.is_feed(content):
        return arxiv.parse_feed(content, where)
    if arxiv.is_api_answer(content):
        return arxiv.parse_api(content, where)
    collector = Collector(where, source)
    if len(content) > SIZE_LIMIT:
        collector.fault(None, f"a feed of {len(content):,} bytes; expected {SIZE_LIMIT:,} at most, nothing was read")
    elif content.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"{":
        _collect_json(content, collector)
    else:
        _collect_xml(content, collector)
    return collector.parsed()


def _collect_xml(content: bytes, collector: Collector) -> None:
    content, left_out = _first_entries(_without_utf16(content), collector.limit)
    try:
        # As a stream: feedparser would take bytes that look like an address or a path for one, and open it.
        feed = feedparser.parse(io.BytesIO(content), sanitize_html=False, resolve_relative_uris=False)
    except Exception as error:  # feedparser meets the world with many a line of its own, and some of them raise
        collector.fault(None, f"feedparser can't read it: {cut(clean_line(str(error)), 80) or type(error).__name__}")
        return
    for number, entry in enumerate(feed.entries, start=1):
        collector.add(f"entry {number}", _from_xml(dict(entry)))  # bare, as its own lookups warn and substitute
    collector.skip(left_out)
    if not feed.get("version") and not feed.entries:
        collector.fault(None, f"no feed; expected RSS, Atom or JSON Feed, found {seen(content)}")
    elif feed.bozo and not isinstance(feed.get("bozo_exception"), feedparser.CharacterEncodingOverride):
        reason = cut(clean_line(str(feed.get("bozo_exception", ""))), 120)
        collector.fault(None, f"a broken feed, read as far as it goes: {reason}", refused=False)


def _first_entries(content: bytes, limit: int) -> tuple[bytes, int]:
    """Return a feed of its first `limit` entries, and how many were left out."""
    starts = [match.start() for match in _ENTRY.finditer(content)]
    if len(starts) <= limit:
        return content, 0
    ends = [match.end() for match in _ENTRY_END.finditer(content, starts[limit])]
    return content[: starts[limit]] + content[ends[-1] if ends else len(content) :], len(starts) - limit


def _without_utf16(content: bytes) -> bytes:
    """Return a UTF-16 feed in UTF-8, so that its entries can be counted; any other as it is."""
    if content[:2] not in (b"\xff\xfe", b"\xfe\xff"):
        return content
    return _XML_DECLARATION.sub("", content.decode("utf-16", "replace"), count=1).encode("utf-8", "replace")


def _from_xml(entry: Mapping[str, Any]) -> dict[str, Any]:
    link, name = str(entry.get("link") or ""), str(entry.get("id") or "")
    contents = [entry.get("summary_detail"), *(entry.get("content") or [])]
    days = [entry.get(f"{key}_parsed") for key in ("published", "updated", "created")]
    day = next((_day(moment) for moment in days if moment), None)
    return {
        "title": _detail(entry.get("title_detail")),
        "abstract": next((line for detail in contents if (line := _detail(detail))), ""),
        "authors": _authors(author.get("name") for author in entry.get("authors") or []),
        **_kept(link or name, [name, link, entry.get("dc_identifier"), entry.get("prism_doi")]),
        **_sorted_tags(tag.get("term") for tag in entry.get("tags") or []),
        "published": day,
        "listed": day,
    }


def _detail(detail: Mapping[str, Any] | None) -> str:
    """Return the text of what feedparser calls a detail: a value and its type."""
    value = str((detail or {}).get("value") or "")
    return clean_line(plain(value) if (detail or {}).get("type") in _HTML else value)


def _day(moment: Sequence[int]) -> str | None:
    try:
        return str(date(*moment[:3]))
    except ValueError:
        return None


def _collect_json(content: bytes, collector: Collector) -> None:
    answer = an_object(content, collector)
    items = answer.get("items")
    if answer and not isinstance(items, list):
        collector.fault(None, 'no feed; expected a JSON Feed with a list of "items"')
    for number, item in enumerate(items if isinstance(items, list) else [], start=1):
        if isinstance(item, Mapping):
            collector.add(f"item {number}", _from_json(item))
        else:
            collector.refuse(f"item {number}", f"expected an object, found {kind(item)}")


def _from_json(item: Mapping[str, Any]) -> dict[str, Any]:
    texts = {key: value for key, value in item.items() if isinstance(value, str)}
    link = texts.get("url") or texts.get("external_url") or ""
    authors = item.get("authors") or item.get("author")
    people = authors if isinstance(authors, list) else [authors]
    tags = item.get("tags")
    return {
        "title": plain(texts["title"]) if "title" in texts else item.get("title"),
        "abstract": texts.get("summary") or texts.get("content_text") or plain(texts.get("content_html", "")),
        "authors": _authors(person.get("name") for person in people if isinstance(person, Mapping)),
        **_kept(link or texts.get("id", ""), [texts.get("id"), link, texts.get("external_url")]),
        **_sorted_tags(tags if isinstance(tags, list) else []),
        "published": item.get("date_published"),
        "listed": item.get("date_published"),
    }


def _kept(link: str, names: Iterable[Any]) -> dict[str, Any]:
    """Return the link of an entry and the ids that its `names` hold."""
    texts = [name for name in names if isinstance(name, str)]
    dois = [found for name in texts if (found := doi(name) or doi_of_page(name))]
    return {
        "url": link if link.startswith(("http://", "https://")) else None,
        "arxiv_id": next((name for name in texts if arxiv_id(name)), None),
        "other_ids": dois,
    }


def _authors(names: Iterable[Any]) -> list[str]:
    """Return the authors, each once. One name with several commas is a list; mail addresses are left out."""
    found = [name for name in names if isinstance(name, str) and "@" not in name]
    if len(found) == 1 and found[0].count(",") > 1:
        found = found[0].split(",")
    return list(dict.fromkeys(name.strip() for name in found))


def _sorted_tags(tags: Iterable[Any]) -> dict[str, list[str]]:
    """Return the tags: those of arXiv's kind are categories, any other is a keyword."""
    found = [tag for tag in tags if isinstance(tag, str)]
    categories = [tag for tag in found if _CATEGORY.fullmatch(tag)]
    return {"categories": categories, "keywords": [tag for tag in found if tag not in categories]}
