"""The configuration reference names every key there is, and a new site's settings are valid."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from digest.config import incoming, settings

REFERENCE = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text("utf-8")
TABLES = [
    table
    for module in (settings, incoming)
    for table in vars(module).values()
    if isinstance(table, type) and issubclass(table, BaseModel) and table.__module__ == module.__name__
]


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.__name__)
def test_every_key_is_explained(table: type[BaseModel]) -> None:
    tables = (
        "site",
        "mail",
        "keys",
        "relays",
        "domains",
        "lists",
        "topics",
        "schedule",
        "sources",
        "include",
        "exclude",
        "web",
        "mailboxes",
        "hooks",
    )
    for key in table.model_fields:
        assert (
            f"`{key}`" in REFERENCE
            or f"`{key}`," in REFERENCE
            or (key in tables and f"[{key}" in REFERENCE)
            or (f".{key}." in REFERENCE)
        ), key
