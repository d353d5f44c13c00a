"""What all tests share: a fixed moment, a fresh site, and real SMTP servers on port 0."""

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import settings

from digest.init import create_site
from digest.site import Site
from digest.theming import copy_theme

# Machines under load are slow now and then; that is no failure of a property. At a desk a property is tried with
# fewer examples, others each time, so that the unit tests are run often; in CI with as many as Hypothesis holds right.
settings.register_profile("desk", deadline=None, max_examples=20)
settings.register_profile("ci", deadline=None, max_examples=100)
settings.register_profile("long", deadline=None, max_examples=5000)  # pytest --hypothesis-profile=long
settings.load_profile("ci" if os.environ.get("CI") else "desk")

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    """A Tuesday, 07:00 in Berlin."""
    return NOW


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site as `digest init` makes it, empty of papers, with the default theme as its own, to be changed."""
    create_site(tmp_path / "site")
    site = Site.open(tmp_path / "site")
    copy_theme(site.themes, "default")
    return site


@pytest.fixture
def shared_data() -> Path:
    """The folder of real records: in $PAPER_DIGEST_SHARED, else in ../shared beside the repository."""
    beside = Path(__file__).parents[2] / "shared"
    folder = Path(os.environ.get("PAPER_DIGEST_SHARED") or beside) / "data"
    if not folder.is_dir():
        pytest.skip(f"no real records at {folder}; set PAPER_DIGEST_SHARED to the folder that holds data/")
    return folder
