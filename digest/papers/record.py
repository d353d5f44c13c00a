"""Records: one JSON object, with whatever names its maker gave the keys, becomes a paper."""

import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

from digest.papers.clean import clean_line, clean_url
from digest.papers.ids import arxiv_id, doi, paper_id
from digest.papers.paper import Links, Paper, Signals
from digest.papers.sentences import cut

TITLE_LIMIT = 500
ABSTRACT_LIMIT = 20_000
AUTHORS_LIMIT = 2_000
NAME_LIMIT = 200
"""The most characters of a title, an abstract, and a name or keyword; and the most authors of a paper."""

_COUNT_LIMIT = 2**53  # what JSON can say exactly (RFC 8259, section 6)
_DEPTH_LIMIT = 20
_NAMES_SEPARATOR = re.compile(r"\s*;\s*|\s*,\s*(?:and\s+|&\s*)?|\s+(?:and|&)\s+")
_SURROGATES_AND_NUL = re.compile("[\x00\ud800-\udfff]")


def paper_from_record(record: Mapping[str, Any], source: str, position: int | None) -> tuple[Paper, list[str]]:
    """Return the paper that `record` describes, and a warning for every value that could not be used.

    A wrong value of an optional key costs only itself. Keys without a meaning here stay in `extra`.
    Raises ValueError with one line of reason where there is no usable title.
    """
    reader = _Reader(record)
    title = reader.title()
    links_and_ids = [reader.text(key) for key in ("arxiv_id", "doi", "id", "paper_id", "url", "link", "pdf", "pdf_url")]
    identity = paper_id(source, title, *(text for text in links_and_ids if text))
    paper = Paper(
        id=identity,
        title=title,
        abstract=reader.abstract(),
        authors=reader.names("authors", "author", separator=_NAMES_SEPARATOR, limit=AUTHORS_LIMIT),
        published=reader.day("published", "date", "publishedAt"),
        categories=reader.categories(),
        keywords=reader.keywords(),
        links=_with_implied(reader.links(), identity),
        signals=reader.signals(),
        source=source,
        position=position,
        extra=reader.rest(identity),
    )
    return paper, reader.warnings


def _with_implied(links: Links, identity: str) -> Links:
    """Return `links`, completed by the pages that an arXiv id or a DOI has by rule."""
    scheme, _, name = identity.partition(":")
    page = pdf = None
    if scheme == "arxiv":
        page, pdf = f"https://arxiv.org/abs/{name}", f"https://arxiv.org/pdf/{name}"
    elif scheme == "doi":
        page = clean_url(f"https://doi.org/{name}")
    return Links(links.paper or page, links.pdf or pdf, links.code, links.project)


class _Reader:
    """Takes values out of one record, remembers which keys it used, and notes what was wrong."""

    def __init__(self, record: Mapping[str, Any]) -> None:
        self._record = record
        self._used: set[str] = set()
        self.warnings: list[str] = []

    def title(self) -> str:
        key, value = self._take("title")
        if not key:
            raise ValueError('no title; expected "title" with the paper\'s title as text')
        if not isinstance(value, str):
            raise ValueError(f"title: expected text, found {_kind(value)}")  # noqa: TRY004 one kind for callers
        title = clean_line(value)
        if not any(c.isalnum() for c in title):
            raise ValueError("title: empty, or nothing in it that can be read")
        return self._bounded("title", title, TITLE_LIMIT)

    def abstract(self) -> str:
        key, value = self._take("abstract", "summary")
        if not key or not self._is_text(key, value):
            return ""
        return self._bounded(key, clean_line(value), ABSTRACT_LIMIT)

    def text(self, key: str) -> str | None:
        """Return the text of `key` without using it up, for a look whether it holds an id."""
        value = self._record.get(key)
        return value if isinstance(value, str) else None

    def names(self, *keys: str, separator: re.Pattern[str], limit: int) -> tuple[str, ...]:
        key, value = self._take(*keys)
        if not key:
            return ()
        items = separator.split(clean_line(value)) if isinstance(value, str) else value
        if not isinstance(items, list):
            self._warn(key, f"expected a list of names, found {_kind(value)}")
            return ()
        if len(items) > limit:
            self._warn(key, f"{len(items)} of them; the first {limit} were kept")
        return tuple(self._each_name(key, items[:limit]))

    def _each_name(self, key: str, items: Iterable[Any]) -> Iterable[str]:
        for item in items:
            name = item.get("name") if isinstance(item, Mapping) else item
            if not isinstance(name, str):
                self._warn(key, f"expected names, found {_kind(name)} among them; left out")
            elif line := clean_line(name):
                yield cut(line, NAME_LIMIT)

    def keywords(self) -> tuple[str, ...]:
        found = self.names("keywords", "ai_keywords", separator=re.compile(r"\s*[,;]\s*"), limit=100)
        return tuple(dict.fromkeys(found))

    def categories(self) -> tuple[str, ...]:
        """Return the categories, the primary one first."""
        found = self.names("categories", "category", separator=re.compile(r"[\s,;]+"), limit=100)
        first = self.names("primary_category", separator=re.compile(r"[\s,;]+"), limit=1)
        return tuple(dict.fromkeys((*first, *found)))

    def day(self, *keys: str) -> date | None:
        """Return a date; of a moment, its day in UTC."""
        key, value = self._take(*keys)
        if not key:
            return None
        try:
            moment = datetime.fromisoformat(value.strip())
            day = (moment.astimezone(UTC) if moment.tzinfo else moment).date()
        except (ValueError, OverflowError, AttributeError):
            self._warn(key, f"expected a date such as 2025-03-12, found {_shown(value)}")
            return None
        if day.year < 1900:
            self._warn(key, f"{day} is before there were papers; expected a date such as 2025-03-12")
            return None
        return day

    def links(self) -> Links:
        return Links(
            paper=self._link("url", "link"),
            pdf=self._link("pdf", "pdf_url"),
            code=self._link("code", "github", "githubRepo"),
            project=self._link("project", "projectPage"),
        )

    def _link(self, *keys: str) -> str | None:
        key, value = self._take(*keys)
        if not key or not self._is_text(key, value):
            return None
        url = clean_url(value)
        if url is None:
            self._warn(key, f"expected an http(s) link, found {_shown(value)}")
        return url

    def signals(self) -> Signals:
        return Signals(
            upvotes=self._count("upvotes"),
            comments=self._count("comments", "numComments"),
            stars=self._count("stars", "githubStars"),
        )

    def _count(self, *keys: str) -> int | None:
        key, value = self._take(*keys)
        if not key:
            return None
        whole = isinstance(value, int) or (isinstance(value, float) and value.is_integer())
        if isinstance(value, bool) or not whole or not 0 <= value <= _COUNT_LIMIT:
            self._warn(key, f"expected a whole number from 0, found {_shown(value)}")
            return None
        return int(value)

    def rest(self, identity: str) -> dict[str, Any]:
        """Return the keys not used, made storable."""
        self._use_ids(identity)
        extra = {}
        for key in self._record:
            if key not in self._used:
                try:
                    extra[_storable(key)] = _storable(self._record[key])
                except ValueError as error:
                    self._warn(key, f"{error}; left out")
        return extra

    def _use_ids(self, identity: str) -> None:
        """Mark the keys that became the paper's id; another id stays in `extra`, a wrong one is told."""
        for key in ("id", "paper_id", "arxiv_id", "doi"):
            value = self._record.get(key)
            found = {arxiv_id(value), doi(value)} - {None} if isinstance(value, str) else set()
            if identity.partition(":")[2] in found:
                self._used.add(key)
            elif key in _ID_EXAMPLES and not found and value not in (None, ""):
                self._used.add(key)
                self._warn(key, f"expected {_ID_EXAMPLES[key]}, found {_shown(value)}")

    def _take(self, *keys: str) -> tuple[str, Any]:
        """Return the first of `keys` that says something, and its value; ("", None) where none does.

        null, "" and empty lists say nothing.
        """
        for key in keys:
            value = self._record.get(key)
            self._used.add(key)
            if value is not None and value not in ("", [], {}):
                return key, value
        return "", None

    def _is_text(self, key: str, value: Any) -> bool:
        if not isinstance(value, str):
            self._warn(key, f"expected text, found {_kind(value)}")
        return isinstance(value, str)

    def _bounded(self, key: str, text: str, limit: int) -> str:
        if len(text) > limit:
            self._warn(key, f"{len(text):,} characters; cut to {limit:,}")
        return cut(text, limit)

    def _warn(self, key: str, reason: str) -> None:
        line = f"{cut(clean_line(key), 40)}: {reason}"
        if line not in self.warnings:  # a list of strangers repeats itself
            self.warnings.append(line)


_ID_EXAMPLES = {"arxiv_id": "an arXiv id such as 2403.01234", "doi": "a DOI such as 10.1000/182"}
_KINDS = {
    bool: "true or false",
    int: "a number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "an object",
}


def _kind(value: Any) -> str:
    return _KINDS.get(type(value), "nothing")


def _shown(value: Any) -> str:
    """Return a scalar as it may stand in a message, anything else by its kind."""
    if isinstance(value, str | int | float):
        return repr(cut(clean_line(str(value)), 60)) if isinstance(value, str) else cut(str(value), 60)
    return _kind(value)


def _storable(value: Any, depth: int = 0) -> Any:
    """Return a JSON value that UTF-8, JSON and a database can hold: no surrogates, NUL, NaN."""
    if depth > _DEPTH_LIMIT:
        raise ValueError(f"nested more than {_DEPTH_LIMIT} deep")
    if isinstance(value, str):
        return _SURROGATES_AND_NUL.sub("", value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {_storable(str(key)): _storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_storable(item, depth + 1) for item in value]
    return value
