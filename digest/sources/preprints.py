"""bioRxiv and medRxiv: the addresses of their API (https://api.biorxiv.org) and its answers as papers.

An answer is {"messages": [{"status", "count", "total", …}], "collection": [{"doi", "title", …}]}.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal

from digest.papers.ids import doi
from digest.papers.paper import Parsed
from digest.papers.values import kind, shown
from digest.sources.collector import Collector
from digest.sources.jsontext import an_object
from digest.sources.markup import plain

Server = Literal["biorxiv", "medrxiv"]
"""The servers; each is also the source that its papers are said to have."""

API = "https://api.biorxiv.org/details"

_NOTHING = "no posts found"  # the status of an interval without papers
_AUTHOR = re.compile(r"\s*;\s*")


def url(server: Server, start: date, end: date, cursor: int = 0, base: str = API) -> str:
    """Return the address of what was posted from `start` to `end`, from record `cursor` on, new versions too."""
    return f"{base}/{server}/{start}/{end}/{cursor}/json"


def next_cursor(content: bytes, cursor: int) -> int | None:
    """Return the cursor behind the page that `content` answers, None where that was the last one.

    A page with nothing in it is the last one, whatever total it names.
    """
    answer = an_object(content, Collector("", ""))
    behind = cursor + len(_collection(answer))
    return behind if cursor < behind < _number(_message(answer).get("total")) else None


def parse(content: bytes, where: str, server: Server) -> Parsed:
    """Return the papers of an answer, and a problem for each record that can't be used.

    Of several versions of a preprint the last is kept, and the others are told; one without its first
    version in the answer was posted before, so it is no news. `where` names the answer in problems.
    """
    collector = Collector(where, server)
    answer = an_object(content, collector)
    status = _message(answer).get("status", "ok")
    if status not in ("ok", _NOTHING):
        collector.fault(None, f"the answer is no list of preprints but {shown(status)}")
    elif answer and status == "ok" and "collection" not in answer:
        collector.fault(None, 'expected an answer with a "collection" of preprints')
    _collect(_collection(answer), collector, server)
    return collector.parsed()


def _collect(items: list[Any], collector: Collector, server: Server) -> None:
    last = _last_versions(items)
    posted = {_name(item): item.get("date") for item in items if _version(item) == 1}
    for number, item in enumerate(items, start=1):
        place = f"preprint {number}"
        name = _name(item)
        if not name:
            found = shown(item.get("doi")) if isinstance(item, Mapping) else kind(item)
            collector.refuse(place, f"expected a preprint with a DOI such as 10.1000/182, found {found}")
        elif last[name] != number - 1:
            collector.merge(place, f"another version of preprint {last[name] + 1} ({name})")
        else:
            first = {"published": posted.get(name), "announce_type": "new" if name in posted else "replace"}
            collector.add(place, _record(item, server) | first)


def _last_versions(items: list[Any]) -> dict[str, int]:
    """Return where in `items` the last version of each DOI stands; of equal ones the first."""
    found: dict[str, int] = {}
    for index, item in enumerate(items):
        best = found.setdefault(_name(item), index)
        if _version(item) > _version(items[best]):
            found[_name(item)] = index
    return found


def _record(item: Mapping[str, Any], server: Server) -> dict[str, Any]:
    used = ("doi", "title", "authors", "date", "version", "category", "abstract", "published", "server")
    authors, category = item.get("authors"), item.get("category")
    return {
        **{key: value for key, value in item.items() if key not in used and not key.startswith("author_")},
        "doi": item["doi"],
        "title": _plain(item.get("title")),
        "abstract": _plain(item.get("abstract")),
        "authors": list(_names(authors)) if isinstance(authors, str) else authors,
        "organization": item.get("author_corresponding_institution"),
        "listed": item.get("date"),
        "version": item.get("version"),
        "categories": [f"{server}.{'-'.join(category.lower().split())}"] if isinstance(category, str) else category,
        "other_ids": [item.get("published")],  # in a journal; "NA" is no DOI
    }


def _plain(value: Any) -> Any:
    return plain(value) if isinstance(value, str) else value


def _names(authors: str) -> Iterator[str]:
    """Yield the authors of "Example, A. B.; Sample, C.": given names first."""
    for name in _AUTHOR.split(authors.strip(" ;")):
        family, comma, given = name.partition(",")
        yield f"{given.strip()} {family.strip()}" if comma and given.strip() else name.strip(" ,")


def _name(item: Any) -> str:
    """Return the canonical DOI of a record, "" where it has none."""
    value = item.get("doi") if isinstance(item, Mapping) else None
    return (doi(value) or "") if isinstance(value, str) else ""


def _version(item: Any) -> int:
    return _number(item.get("version") or 1) if isinstance(item, Mapping) else 0


def _message(answer: Any) -> Mapping[str, Any]:
    messages = answer.get("messages") if isinstance(answer, Mapping) else None
    first = messages[0] if isinstance(messages, list) and messages else None
    return first if isinstance(first, Mapping) else {}


def _collection(answer: Any) -> list[Any]:
    found = answer.get("collection") if isinstance(answer, Mapping) else None
    return found if isinstance(found, list) else []


def _number(value: Any) -> int:
    """Return a number that may be written in digits; 0 for anything else."""
    text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
