"""What an issue is frozen to: its rendered parts in each language, and how each edition is made of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, select

from digest.render.parts import Parts, Recipe
from digest.store.database import insert_or_ignore
from digest.store.schema import editions, issue_parts


def save_parts(connection: Connection, issue_id: int, language: str, parts: Parts) -> None:
    """Store the rendered parts of a language; what is there stays (it is frozen)."""
    statement = insert_or_ignore(connection, issue_parts)
    connection.execute(statement.values(issue_id=issue_id, language=language, parts=parts.to_json()))


def load_parts(connection: Connection, issue_id: int, language: str) -> Parts:
    """Return the frozen parts of a language."""
    query = select(issue_parts.c.parts).where(issue_parts.c.issue_id == issue_id, issue_parts.c.language == language)
    return Parts.from_json(connection.execute(query).scalar_one())


@dataclass(frozen=True, slots=True)
class StoredEdition:
    """An edition's row; `Assembly.from_json` reads `fragments` and `slots`."""

    key: str
    language: str
    fragments: Any
    slots: Mapping[str, Any]


def save(connection: Connection, issue_id: int, key: str, language: str, recipe: Recipe) -> None:
    """Store how an edition is made; what is there stays."""
    fragments, slots = recipe.assembly.to_json()
    connection.execute(
        insert_or_ignore(connection, editions).values(
            issue_id=issue_id, key=key, language=language, fragments=fragments, slots=slots
        )
    )


def load(connection: Connection, issue_id: int, keys: Collection[str]) -> list[StoredEdition]:
    """Return the editions of an issue that are stored under `keys`, in one query; not more than some hundred."""
    query = select(editions.c.key, editions.c.language, editions.c.fragments, editions.c.slots)
    rows = connection.execute(query.where(editions.c.issue_id == issue_id, editions.c.key.in_(keys)))
    return [StoredEdition(*row) for row in rows]


def count(connection: Connection, issue_id: int) -> int:
    """Return how many editions an issue has."""
    query = select(func.count()).select_from(editions).where(editions.c.issue_id == issue_id)
    return int(connection.execute(query).scalar_one())


def forget(connection: Connection, issue_id: int) -> None:
    """Remove the editions of an issue whose plan was never complete."""
    connection.execute(delete(editions).where(editions.c.issue_id == issue_id))
