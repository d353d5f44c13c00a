"""Records: one JSON object, with whatever names its maker gave the keys, becomes a paper."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from digest.papers.clean import clean_line, clean_url
from digest.papers.ids import arxiv_id, arxiv_version, doi, known_ids, local_id
from digest.papers.latex import legible, legible_name
from digest.papers.paper import Links, Paper, Signals
from digest.papers.sentences import cut
from digest.papers.values import NAME_LIMIT, Values, kind, shown

TITLE_LIMIT = 500
ABSTRACT_LIMIT = 20_000
TLDR_LIMIT = 1_000
AUTHORS_LIMIT = 2_000
"""The most characters of a title, an abstract and a TL;DR, and the most authors of a paper."""

_LIST_LIMIT = 100
_SEMICOLONS = re.compile(r"\s*;\s*")
_NAMES_SEPARATOR = re.compile(r"\s*,\s*(?:and\s+|&\s*)?|\s+(?:and|&)\s+")
_KEYWORDS_SEPARATOR = re.compile(r"\s*[,;]\s*")
_CATEGORIES_SEPARATOR = re.compile(r"[\s,;]+")
_VERSION = re.compile(r"v?([0-9]{1,3})", re.IGNORECASE)
_ID_KEYS = ("arxiv_id", "doi", "id", "paper_id", "url", "link", "pdf", "pdf_url")
_ID_EXAMPLES = {"arxiv_id": "an arXiv id such as 2403.01234", "doi": "a DOI such as 10.1000/182"}
_IS_NEWS = {"new": True, "cross": True, "replace": False, "replace-cross": False}


def paper_from_record(record: Mapping[str, Any], source: str, position: int | None) -> tuple[Paper, list[str]]:
    """Return the paper that `record` describes, and a warning for every value that could not be used.

    A wrong value of an optional key costs only itself. Keys without a meaning here stay in `extra`.
    Raises ValueError with one line of reason where there is no usable title.
    """
    values = Values(record)
    title = _title(values)
    ids = known_ids([text for key in _ID_KEYS if (text := values.peek(key))] + _other_ids(values))
    paper = Paper(
        id=ids[0] if ids else local_id(source, title),
        title=title,
        abstract=legible(values.text(ABSTRACT_LIMIT, "abstract", "summary")),
        tldr=legible(values.text(TLDR_LIMIT, "tldr", "ai_summary")),
        authors=_authors(values),
        organization=_organization(values),
        published=values.day("published", "date", "publishedAt"),
        listed=values.day("listed", "submittedOnDailyAt"),
        categories=_categories(values),
        keywords=_keywords(values),
        links=_with_implied(_links(values), ids),
        signals=_signals(values),
        source=source,
        position=values.count("position", least=1) if position is None else position,
        version=_version(values),
        news=_is_news(values),
        other_ids=ids[1:],
        extra=_rest(values, ids),
    )
    return paper, values.warnings


def _title(values: Values) -> str:
    key, value = values.take("title")
    if not key:
        raise ValueError('no title; expected "title" with the paper\'s title as text')
    if not isinstance(value, str):
        raise ValueError(f"title: expected text, found {kind(value)}")  # noqa: TRY004 one kind for callers
    title = clean_line(value)
    if not any(c.isalnum() for c in title):
        raise ValueError("title: empty, or nothing in it that can be read")
    return legible(values.bounded("title", title, TITLE_LIMIT))


def _other_ids(values: Values) -> list[str]:
    key, value = values.take("other_ids")
    if key and not isinstance(value, list):
        values.warn(key, f"expected a list of ids, found {kind(value)}")
        return []
    return [text for text in value or () if isinstance(text, str)][:_LIST_LIMIT]


def _authors(values: Values) -> tuple[str, ...]:
    """Return the authors; where a text has semicolons, only they separate ("Last, First; Last, First")."""
    text = values.peek("authors") or values.peek("author")
    separator = _SEMICOLONS if ";" in text else _NAMES_SEPARATOR
    names = values.names("authors", "author", separator=separator, limit=AUTHORS_LIMIT)
    return tuple(filter(None, map(legible_name, names)))


def _organization(values: Values) -> str:
    """Return the organisation: a text, or the "fullname" or "name" of an object."""
    key, value = values.take("organization")
    if isinstance(value, Mapping):
        value = value.get("fullname") or value.get("name") or ""
    if key and not isinstance(value, str):
        values.warn(key, f"expected text, found {kind(value)}")
        return ""
    return cut(clean_line(value or ""), NAME_LIMIT)


def _categories(values: Values) -> tuple[str, ...]:
    """Return the categories, the primary one first."""
    found = values.names("categories", "category", separator=_CATEGORIES_SEPARATOR, limit=_LIST_LIMIT)
    first = values.names("primary_category", separator=_CATEGORIES_SEPARATOR, limit=1)
    return tuple(dict.fromkeys((*first, *found)))


def _keywords(values: Values) -> tuple[str, ...]:
    found = values.names("keywords", "ai_keywords", separator=_KEYWORDS_SEPARATOR, limit=_LIST_LIMIT)
    return tuple(dict.fromkeys(found))


def _links(values: Values) -> Links:
    return Links(
        paper=values.link("url", "link"),
        pdf=values.link("pdf", "pdf_url"),
        code=values.link("code", "github", "githubRepo"),
        project=values.link("project", "projectPage"),
        thumbnail=values.link("thumbnail"),
    )


def _with_implied(links: Links, ids: tuple[str, ...]) -> Links:
    """Return `links`, completed by the pages that the first of `ids` has by rule."""
    scheme, _, name = (ids[0] if ids else "").partition(":")
    page = pdf = None
    if scheme == "arxiv":
        page, pdf = f"https://arxiv.org/abs/{name}", f"https://arxiv.org/pdf/{name}"
    elif scheme == "doi":
        page = clean_url(f"https://doi.org/{name}")
    return replace(links, paper=links.paper or page, pdf=links.pdf or pdf)


def _signals(values: Values) -> Signals:
    return Signals(
        upvotes=values.count("upvotes"),
        comments=values.count("comments", "numComments"),
        stars=values.count("stars", "githubStars"),
    )


def _version(values: Values) -> int | None:
    """Return the version that the record names, as 3, "3" or "v3", or the one its arXiv id ends in."""
    text = _VERSION.fullmatch(values.peek("version").strip())
    if text and int(text[1]) > 0:
        values.spend("version")
        return int(text[1])
    named = values.count("version", least=1)
    found = (arxiv_version(values.peek(key)) for key in _ID_KEYS)
    return named or next((version for version in found if version), None)


def _is_news(values: Values) -> bool:
    """Tell whether arXiv's kind of announcement is news; a record without one is."""
    key, value = values.take("announce_type")
    news = _IS_NEWS.get(value) if isinstance(value, str) else None
    if key and news is None:
        values.warn(key, f"expected {', '.join(_IS_NEWS)}, found {shown(value)}")
    return news is not False


def _rest(values: Values, ids: tuple[str, ...]) -> dict[str, Any]:
    """Return the keys without a meaning; an id of another kind is one, a wrong one is told."""
    for key in ("id", "paper_id", "arxiv_id", "doi"):
        key_ids = {f"arxiv:{arxiv_id(values.peek(key))}", f"doi:{doi(values.peek(key))}"}
        if key_ids & set(ids):
            values.spend(key)
        elif key in _ID_EXAMPLES and key_ids == {"arxiv:None", "doi:None"}:
            said, value = values.take(key)
            if said:
                values.warn(said, f"expected {_ID_EXAMPLES[key]}, found {shown(value)}")
    return values.rest()
