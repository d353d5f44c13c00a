"""What all tests share: a fixed moment, a fresh site, and real SMTP servers on port 0."""

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from digest.init import create_site
from digest.site import Site

# Machines under load are slow now and then; that is no failure of a property.
settings.register_profile("steady", deadline=None)
settings.load_profile("steady")

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A Tuesday, 07:00 in Berlin."""
    return NOW


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site as `digest init` makes it, empty of papers."""
    create_site(tmp_path / "site")
    return Site.open(tmp_path / "site")
