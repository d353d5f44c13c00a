"""Make the README's pictures: the seed papers' issue as a reader sees it (`make screenshots`).

usage: screenshots.py FOLDER
"""

import os
import shutil
import sys
import tempfile
from datetime import UTC, date, datetime
from pathlib import Path

from playwright.sync_api import sync_playwright

from digest.collecting import collect_file
from digest.init import create_site
from digest.pipeline import approve, build
from digest.rehearsal import look
from digest.site import Site

MOMENT = datetime(2025, 3, 13, 6, 0, tzinfo=UTC)
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-background-networking", "--no-first-run", "--disable-sync"]
SHOTS = (("mail-600-light", 600, 1150, "light"), ("mail-375-dark", 375, 1150, "dark"))


def mail(folder: Path) -> str:
    """Return the HTML that a reader of everything gets."""
    create_site(folder)
    site = Site.open(folder)
    collect_file(site, folder / "seeds" / "seed-page.txt", MOMENT.year, MOMENT)
    daily, day = site.list("daily"), date(2025, 3, 13)
    with site.store.begin() as connection:
        stored = build(connection, site, daily, "daily", day, MOMENT)
        assert stored is not None
        approve(connection, site, daily, stored.key, MOMENT)
    html, _ = look(site, daily, "daily", day, (), MOMENT).bodies({"recipient": "Ada Lovelace <ada@example.org>"})
    return html


def main(target: Path) -> None:
    """Draw each picture with the Chromium of this machine."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or sys.exit("no chromium; set CHROMIUM")
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        html = mail(Path(scratch) / "site")
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        for name, width, height, scheme in SHOTS:
            page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
            page.set_content(html)
            page.screenshot(path=target / f"{name}.png")
            page.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
