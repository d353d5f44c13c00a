"""These tests run where somebody asks for them (`make interop`), and then nothing may be missing."""

import pytest

from tests.interop.servers import missing


def pytest_collection_modifyitems(config, items):
    """Leave them out of every other run, without a word: they need root and packages of the system."""
    if config.option.markexpr == "interop":
        return
    ours = [item for item in items if item.get_closest_marker("interop")]
    if ours:
        config.hook.pytest_deselected(items=ours)
        items[:] = [item for item in items if item not in ours]


@pytest.fixture(autouse=True, scope="session")
def nothing_is_missing():
    if lacks := missing():
        pytest.exit(f"real mail servers can't be run here: {'; '.join(lacks)}", returncode=1)
