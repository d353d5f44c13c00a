"""What the tests take from npm packages: files that lie in tests/node_modules once `npm ci` has run."""

import os
from pathlib import Path

import pytest

MODULES = Path(__file__).resolve().parents[1] / "node_modules"


def npm_file(name: str) -> Path:
    """Return a file of a package, such as "axe-core/axe.min.js"; the test is skipped without it, and fails in CI."""
    path = MODULES / name
    if not path.is_file():
        reason = f"{name} is not installed; run: npm ci --prefix tests --ignore-scripts"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return path
