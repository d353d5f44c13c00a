"""The preview in a real browser: the command runs, and an editor looks."""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from digest.collecting import collect_file
from digest.site import Site

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium")
FLAGS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--no-first-run",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
]

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture(scope="module")
def browser() -> Iterator[sync_api.Browser]:
    if not CHROMIUM:
        if os.environ.get("CI"):
            pytest.fail("no Chromium here; install one, or name its path in CHROMIUM")
        pytest.skip("no Chromium here; name its path in the environment variable CHROMIUM")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def preview(site: Site) -> Iterator[str]:
    """The address that `digest preview daily` prints."""
    collect_file(site, site.root / "seeds" / "seed-page.txt", 2026, datetime.now(UTC))
    run = [sys.executable, "-m", "digest", "--site", str(site.root), "preview", "daily", "--port", "0"]
    with subprocess.Popen(run, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        found = re.search(r"http://\S+", process.stdout.readline())
        assert found
        yield found[0]
        process.send_signal(signal.SIGINT)
        try:
            _, err = process.communicate(timeout=20)
        finally:
            process.kill()
    assert (process.returncode, err) == (0, "")


class Visit:
    """A page, with what its console complained of and where else it wanted to go."""

    def __init__(self, browser: sync_api.Browser, address: str, **how: object) -> None:
        self.page = browser.new_page(**how)
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda r: r.url.startswith(address) or self.elsewhere.append(r.url))
        self.page.goto(address)

    def mail(self, width: int) -> sync_api.Frame:
        element = self.page.query_selector(f'iframe[title="The mail, {width} pixels wide"]')
        assert element
        frame = element.content_frame()
        assert frame
        frame.wait_for_load_state()
        return frame


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 375])
def test_the_mail_is_seen_at_both_widths(browser, preview, width, scheme):
    visit = Visit(browser, preview, viewport={"width": width, "height": 900}, color_scheme=scheme)
    for mail_width in (600, 375):
        frame = visit.mail(mail_width)
        assert frame.evaluate("innerWidth") == mail_width
        assert frame.evaluate("document.documentElement.scrollWidth") <= mail_width
        assert frame.get_by_role("heading", name="Daily Papers").is_visible()
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= width
    background = visit.page.evaluate("getComputedStyle(document.body).backgroundColor")
    brightness = sum(int(part) for part in re.findall(r"\d+", background)[:3])
    assert (brightness > 600) is (scheme == "light")
    assert visit.complaints == []
    assert visit.elsewhere == []


def test_an_editor_goes_through_it_with_the_keyboard(browser, preview):
    visit = Visit(browser, preview)
    page = visit.page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the message"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.get_by_text("Topics: all").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Speech and audio").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.wait_for_url("**topics=speech**")
    assert page.get_by_text("Topics: 1 of 14").is_visible()
    page.get_by_role("link", name="Plaintext").focus()
    page.keyboard.press("Enter")
    text = page.get_by_label("Plaintext, 80 columns")
    text.wait_for()
    assert "Speech and audio" in text.inner_text()
    assert "Language models" not in text.inner_text()
    page.get_by_role("link", name="Raw message").click()
    assert "To: Sample Reader <reader@example.org>" in page.get_by_role("region", name="Raw message").last.inner_text()
    assert visit.complaints == []


def test_every_control_has_a_name(browser, preview):
    page = Visit(browser, preview).page
    nameless = page.evaluate(
        """[...document.querySelectorAll('select, input:not([type=hidden]), button, iframe, meter')].filter(
             e => !(e.labels && e.labels.length) && !e.title && !e.ariaLabel && !e.textContent.trim()).length"""
    )
    assert nameless == 0
    assert page.evaluate("document.documentElement.lang") == "en"


def test_eighty_columns_fit_and_the_eighty_first_wraps(browser, preview):
    visit = Visit(browser, preview + "?view=text", viewport={"width": 1200, "height": 900})
    heights = visit.page.evaluate(
        """() => { const code = document.querySelector('pre code');
             return [80, 81].map(n => { code.textContent = 'x'.repeat(n); return code.offsetHeight; }); }"""
    )
    assert heights[1] > 1.5 * heights[0]


def test_the_mails_links_open_elsewhere_and_its_scripts_do_not_run(browser, preview, site):
    template = site.root / "templates" / "default" / "_masthead.mjml.j2"
    marked = template.read_text("utf-8").replace("</h1>", "</h1><script>document.title = 'ran'</script>", 1)
    template.write_text(marked, encoding="utf-8")
    visit = Visit(browser, preview)
    wanted: list[str] = []
    visit.page.context.on("request", lambda request: wanted.append(request.url))
    frame = visit.mail(600)
    assert frame.locator("script").count() == 1
    assert frame.title() != "ran"
    frame.locator('a[href="#s1"]').click()
    assert frame.url.endswith("#s1")
    with visit.page.expect_popup() as popup:
        frame.locator('a[href^="https:"]').first.click()
    popup.value.wait_for_load_state()
    assert any(url.startswith("https://arxiv.org/") for url in wanted)
    assert frame.url.endswith("#s1")


def test_a_mistake_is_readable_where_the_mail_would_be(browser, preview, site):
    with (site.root / "digest.toml").open("a", encoding="utf-8") as file:
        file.write("\n[lists.third]\nnme = 'x'\n")
    page = Visit(browser, preview).page
    alert = page.get_by_role("alert")
    assert "lists.third" in alert.inner_text()
    assert page.get_by_role("heading", name="This can’t be shown").is_visible()
