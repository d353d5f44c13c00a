"""The archive's pages as the W3C's checker and axe see them."""

import shutil
import subprocess
from functools import partial
from pathlib import Path

import pytest

from digest.archiving import build
from tests.acceptance.axe import axe_violations
from tests.acceptance.npm import npm_file
from tests.integration.test_archive import archived, made  # noqa: F401 (fixtures)

pytestmark = [pytest.mark.slow]


@pytest.fixture
def pages(archived, tmp_path) -> Path:  # noqa: F811
    build(archived, tmp_path / "public")
    return tmp_path / "public"


def test_the_w3cs_checker_finds_nothing(pages):
    checker = npm_file("vnu-jar/build/dist/vnu.jar")
    java = shutil.which("java")
    if java is None:
        pytest.skip("no Java here, which the W3C's checker runs on")
    check = partial(subprocess.run, capture_output=True, text=True, timeout=120)
    html = check([java, "-Xss4m", "-jar", checker, *sorted(pages.rglob("*.html"))])
    assert html.stderr == ""
    css = check([java, "-jar", checker, "--css", pages / "style.css"])
    assert css.stderr == ""


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(pages, browser, scheme):
    for path in ("index.html", "daily/index.html", "daily/2026-11-24/index.html", "daily/topics/vision/index.html"):
        page = browser.new_page(viewport={"width": 375, "height": 900}, color_scheme=scheme)
        page.goto((pages / path).as_uri())
        assert axe_violations(page, ("minor", "moderate", "serious", "critical")) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        page.close()
