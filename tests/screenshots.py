"""Make the pictures of the docs: the seed papers' issue as mail, in the preview, in the archive, and the subscribe page
(`make screenshots`).

usage: python -m tests.screenshots FOLDER
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

from digest import archiving
from digest.collecting import collect_file
from digest.init import create_site
from digest.pipeline import approve, build
from digest.rehearsal import look
from digest.site import Site
from tests.integration.asking import open_for_all, set_up

MOMENT = datetime(2025, 3, 13, 6, 0, tzinfo=UTC)
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-background-networking", "--no-first-run", "--disable-sync"]
SHOTS = (("mail-600-light", 600, 1150, "light"), ("mail-375-dark", 375, 1150, "dark"))
DAY = date(2025, 3, 13)


def mail(folder: Path) -> str:
    """Return the HTML that a reader of everything gets."""
    create_site(folder)
    site = Site.open(folder)
    collect_file(site, folder / "seeds" / "seed-page.txt", MOMENT.year, MOMENT)
    daily = site.list("daily")
    with site.store.begin() as connection:
        stored = build(connection, site, daily, "daily", DAY, MOMENT)
        assert stored is not None
        approve(connection, site, daily, stored.key, MOMENT)
    html, _ = look(site, daily, "daily", DAY, (), MOMENT).bodies({"recipient": "Ada Lovelace <ada@example.org>"})
    return html


def command(site: Path, *words: str) -> list[str]:
    """Return `digest WORDS --date DAY` for a site, as one runs it."""
    return [sys.executable, "-m", "digest", "--site", str(site), *words, "--date", f"{DAY}"]


@contextmanager
def preview(site: Path) -> Iterator[str]:
    """Run `digest preview` and give its address."""
    run = command(site, "preview", "daily", "--port", "0")
    with subprocess.Popen(run, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield re.findall(r"http://\S+", process.stdout.readline())[0]
        finally:
            process.terminate()


@contextmanager
def page_of(browser: Browser, width: int, height: int, scheme: str) -> Iterator[Page]:
    """Open a page of a size, light or dark."""
    page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    yield page
    page.close()


def draw(browser: Browser, site: Path, target: Path) -> None:
    """Draw each picture of a new site's issue into the folder `target`."""
    html = mail(site)
    for name, width, height, scheme in SHOTS:
        with page_of(browser, width, height, scheme) as page:
            page.set_content(html)
            page.screenshot(path=target / f"{name}.png")
    with preview(site) as address, page_of(browser, 1410, 800, "light") as page:
        page.goto(f"{address}?scheme=dark&date={DAY}")
        page.locator("#part-checks").get_by_text("nothing found").wait_for()
        page.frame_locator("#frame-phone").get_by_role("heading").first.wait_for()
        page.screenshot(path=target / "preview.png")
    subprocess.run(command(site, "send", "daily"), check=True)
    archiving.build(Site.open(site), site / "public")
    with page_of(browser, 900, 800, "light") as page:
        page.goto((site / "public" / "daily" / f"{DAY}" / "index.html").as_uri())
        page.screenshot(path=target / "archive.png")
    with open_for_all(set_up(Site.open(site)), MOMENT) as front, page_of(browser, 1000, 730, "light") as page:
        page.goto(f"http://127.0.0.1:{front.port}/subscribe/daily")
        page.screenshot(path=target / "subscribe.png")


def main(target: Path) -> None:
    """Draw them with the Chromium of this machine."""
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium") or sys.exit("no chromium; set CHROMIUM")
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=CHROMIUM_FLAGS)
        draw(browser, Path(scratch) / "site", target)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
