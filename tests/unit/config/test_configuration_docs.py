"""The configuration reference names every key there is, and a new site's settings are valid."""

from pathlib import Path

import pytest
from pydantic import BaseModel

from digest.config import settings

REFERENCE = (Path(__file__).parents[3] / "docs" / "configuration.md").read_text("utf-8")
TABLES = [
    table
    for table in vars(settings).values()
    if isinstance(table, type) and issubclass(table, BaseModel) and table.__module__ == settings.__name__
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
    )
    for key in table.model_fields:
        assert (
            f"`{key}`" in REFERENCE
            or f"`{key}`," in REFERENCE
            or (key in tables and f"[{key}" in REFERENCE)
            or (f".{key}." in REFERENCE)
        ), key
