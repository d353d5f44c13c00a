"""Declared topics: the text of a TOML file, as `digest.toml` has them or as a plain list, becomes topics."""

import tomllib
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import ValidationError

from digest.config.settings import TopicTable
from digest.errors import ConfigError
from digest.topics.topic import Topic


def parse_topics(text: str, where: str) -> list[Topic]:
    """Return the topics of a TOML text: tables `[topics.ID]`, or `[[topics]]` with a name and perhaps an id.

    A topic without an id goes by its name. `where` names the file in errors. Raises ConfigError.
    """
    try:
        declared = tomllib.loads(text).get("topics")
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{where}: not TOML: {error}") from None
    if not isinstance(declared, dict | list) or not declared:
        raise ConfigError(f"{where}: no topics; expected tables [topics.ID] or [[topics]], each with a name")
    topics = [_topic(name, table, where) for name, table in _tables(declared)]
    ids = [topic.id for topic in topics]
    for twice in sorted({one for one in ids if ids.count(one) > 1}):
        raise ConfigError(f"{where}: two topics are called {twice!r}; give each its own id")
    return topics


def topic_of(name: str, table: TopicTable) -> Topic:
    """Return the topic that a checked table declares."""
    return Topic(
        id=name,
        name=table.name,
        description=table.description,
        keywords=table.keywords,
        categories=table.categories,
        negative=table.negative,
        weights=dict(table.weights),
    )


def _tables(declared: Mapping[str, Any] | list[Any]) -> Iterable[tuple[str | None, Any]]:
    if isinstance(declared, list):
        return [(None, table) for table in declared]
    return declared.items()


def _topic(name: str | None, table: Any, where: str) -> Topic:
    place = f"{where}: topics" + (f".{name}" if name else "")
    if not isinstance(table, Mapping):
        raise ConfigError(f"{place}: expected a table with a name and keywords")
    values = dict(table)
    given = values.pop("id", None) if name is None else None
    if given is not None and not isinstance(given, str):
        raise ConfigError(f"{place}: id: expected text")
    try:
        checked = TopicTable(**values)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        key = ".".join(str(part) for part in first["loc"])
        reason = first["msg"].removeprefix("Value error, ")
        said = f" of {values['name']!r}" if name is None and "name" in values else ""
        raise ConfigError(f"{place}{said}: {f'{key}: ' if key else ''}{reason}") from None
    return topic_of(name or given or checked.name, checked)
