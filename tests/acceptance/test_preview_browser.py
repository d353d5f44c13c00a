"""The preview in a real browser: the command runs, and an editor looks, chooses, saves and sends."""

import mailbox
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import decode_header, make_header
from pathlib import Path

import pytest

from digest.collecting import collect_file
from digest.deliver.outbox import outbox
from digest.init import create_site
from digest.site import Site
from digest.theming import copy_theme
from tests.acceptance.axe import axe_violations

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@dataclass(frozen=True)
class Preview:
    """The running command: its address, its site, and the Maildir of the SMTP server that the site sends by."""

    address: str
    site: Path
    received: Path

    @property
    def masthead(self) -> Path:
        return self.site / "templates" / "default" / "_masthead.mjml.j2"


@pytest.fixture(scope="module")
def preview(tmp_path_factory) -> Iterator[Preview]:
    """`digest preview daily` for all tests of this module; each leaves the site as it was."""
    folder = tmp_path_factory.mktemp("preview")
    create_site(folder / "site")
    site = Site.open(folder / "site")
    copy_theme(site.themes, "default")
    collect_file(site, site.root / "seeds" / "seed-page.txt", 2026, datetime.now(UTC))
    with outbox("local", folder / "received") as relay:
        settings = site.root / "digest.toml"
        table = f'[relays.local]\nhost = "127.0.0.1"\nport = {relay.port}\ntls = "none"\n\n'
        settings.write_text(table + settings.read_text("utf-8").replace('["outbox"]', '["local"]'), encoding="utf-8")
        with running(site.root) as address:
            yield Preview(address, site.root, folder / "received")


@contextmanager
def running(site: Path) -> Iterator[str]:
    run = [sys.executable, "-m", "digest", "--site", str(site), "preview", "daily", "--port", "0"]
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
        self.page.set_default_timeout(10_000)
        self.complaints: list[str] = []
        self.elsewhere: list[str] = []
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda r: r.url.startswith(address.partition("?")[0]) or self.elsewhere.append(r.url))
        self.page.goto(address)

    def frame(self, width: int) -> sync_api.Frame:
        element = self.page.query_selector(f'iframe[title="The mail, {width} pixels wide"]')
        assert element
        frame = element.content_frame()
        assert frame
        frame.wait_for_load_state()
        return frame

    def heading(self, width: int) -> sync_api.Locator:
        """The masthead's name in the mail."""
        return self.page.frame_locator(f'iframe[title="The mail, {width} pixels wide"]').get_by_role("heading", level=1)


Open = Callable[..., Visit]


@pytest.fixture
def visit(browser, preview) -> Iterator[Open]:
    visits: list[Visit] = []

    def opened(query: str = "", **how: object) -> Visit:
        visits.append(Visit(browser, preview.address + query, **how))
        return visits[-1]

    yield opened
    for one in visits:
        one.page.close()


@contextmanager
def changed(file: Path, old: str, new: str) -> Iterator[None]:
    """Save a file with a change, as editors do: a new file takes its place; and save it as it was."""
    before = file.read_text("utf-8")
    assert old in before

    def save(text: str) -> None:
        beside = file.with_name(f".{file.name}.new")
        beside.write_text(text, encoding="utf-8")
        beside.replace(file)

    save(before.replace(old, new))
    try:
        yield
    finally:
        save(before)


expect = sync_api.expect


# Looking


@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (375, "dark")])
def test_the_mail_is_seen_at_both_widths_by_everybody(visit, width, scheme):
    one = visit(viewport={"width": width, "height": 900}, color_scheme=scheme)
    for mail_width in (600, 375):
        frame = one.frame(mail_width)
        assert frame.evaluate("innerWidth") == mail_width
        assert frame.evaluate("document.documentElement.scrollWidth") <= mail_width
        expect(one.heading(mail_width)).to_have_text("Daily Papers")
    assert one.page.evaluate("document.documentElement.scrollWidth") <= width
    assert one.page.evaluate("document.documentElement.lang") == "en"
    assert brightness(one.page.evaluate("getComputedStyle(document.body).backgroundColor"), scheme)
    expect(one.page.locator("#part-checks")).to_contain_text("nothing found")
    assert axe_violations(one.page) == []
    assert one.complaints == []
    assert one.elsewhere == []


def brightness(colour: str, scheme: str) -> bool:
    """Tell whether a background suits a scheme."""
    return (sum(int(part) for part in re.findall(r"\d+", colour)[:3]) > 600) is (scheme == "light")


def test_the_mail_itself_keeps_nobody_out(browser, preview, visit):
    html = visit().page.request.get(f"{preview.address}html").text()
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme, viewport={"width": 600, "height": 900})
        page.set_content(html)
        assert axe_violations(page) == []
        page.close()


def test_single_keys_switch_and_the_page_stays(visit):
    one = visit(color_scheme="light", viewport={"width": 1440, "height": 900})
    page = one.page
    one.frame(600)
    page.evaluate("window.stayed = true")
    page.keyboard.press("d")
    expect(page.locator("#scheme-dark")).to_have_attribute("aria-current", "true")
    page.wait_for_url("**scheme=dark**")
    ground = page.frame_locator("#frame-desktop").locator(".bg").first
    expect(ground).to_have_css("background-color", re.compile(r"rgb\((\d\d?, ){2}\d\d?\)"))
    page.frame_locator("#frame-desktop").get_by_role("heading").first.click()  # in the mail they work as well
    page.keyboard.press("p")
    expect(page.locator("#desktop")).to_be_hidden()
    expect(page.locator("#phone")).to_be_visible()
    page.keyboard.press("i")
    page.wait_for_url("**images=off**")
    page.keyboard.press("3")
    expect(page.get_by_role("region", name="Header fields as sent")).to_contain_text("List-Unsubscribe: ")
    assert axe_violations(page) == []
    page.keyboard.press("4")
    expect(page.get_by_role("region", name="Raw message")).to_contain_text("To: Sample Reader <reader@example.org>")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    page.go_back()
    page.wait_for_url("**view=headers**")
    expect(page.get_by_role("region", name="Header fields as sent")).to_be_visible()
    page.locator("#subscriber").press("2")
    assert page.locator("#subscriber").input_value() == "2"
    assert page.evaluate("window.stayed")
    assert one.complaints == []


def test_a_reader_who_wants_no_single_keys_has_none(visit):
    page = visit().page
    page.get_by_role("button", name="Keys").click()
    page.get_by_label("Single keys do nothing").check()
    page.get_by_role("button", name="Close").click()
    page.keyboard.press("2")
    page.reload()
    page.keyboard.press("2")
    page.get_by_role("link", name="Source").click()
    expect(page.get_by_role("region", name="Raw message")).to_be_visible()
    assert "view=text" not in page.url


def test_eighty_columns_fit_and_the_eighty_first_wraps(visit):
    heights = visit("?view=text", viewport={"width": 1200, "height": 900}).page.evaluate(
        """() => { const code = document.querySelector('pre code');
             return [80, 81].map(n => { code.textContent = 'x'.repeat(n); return code.clientHeight; }); }"""
    )
    assert heights[1] > heights[0]


def test_the_mails_links_open_elsewhere_and_its_scripts_do_not_run(preview, visit):
    with changed(preview.masthead, "</h1>", "</h1><script>document.title = 'ran'</script>"):
        one = visit()
        wanted: list[str] = []
        one.page.context.on("request", lambda request: wanted.append(request.url))
        frame = one.frame(600)
        assert frame.locator("script").count() == 1
        assert frame.title() != "ran"
        frame.locator('a[href="#s1"]').click()
        assert frame.url.endswith("#s1")
        with one.page.expect_popup() as popup:
            frame.locator('a[href^="https:"]').first.click()
        popup.value.wait_for_load_state()
        assert any(url.startswith("https://arxiv.org/") for url in wanted)
        assert frame.url.endswith("#s1")


# Choosing


def test_a_subscribers_own_message_is_a_few_letters_away(visit):
    one = visit(viewport={"width": 1440, "height": 900})
    page = one.page
    page.keyboard.press("s")
    page.keyboard.type("grace")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("did you mean grace@example.com?")
    page.locator("#subscriber").fill("grace@example.com")
    expect(page.locator("#part-inbox")).to_contain_text("to Grace Hopper <grace@example.com>")
    expect(page.locator("#topics")).to_contain_text("Topics: 2 of 14")
    footer = page.frame_locator("#frame-desktop").locator("body")
    expect(footer).to_contain_text("Grace Hopper <grace@example.com>")
    assert page.evaluate("document.activeElement.id") == "subscriber"
    assert "subscriber=grace%40example.com" in page.url


def test_an_editor_goes_through_it_with_the_keyboard(visit):
    page = visit().page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the message"
    assert page.locator(".skip").bounding_box()["y"] >= 0
    page.get_by_text("Topics: all").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Speech and audio").focus()
    page.keyboard.press("Space")
    page.wait_for_url("**topics=speech**")
    expect(page.get_by_text("Topics: 1 of 14")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "topic-speech"
    page.get_by_role("link", name="Plaintext").focus()
    page.keyboard.press("Enter")
    text = page.get_by_label("Plaintext, 80 columns")
    expect(text).to_contain_text("Speech and audio")
    assert "Language models" not in text.inner_text()


def test_without_script_the_same_links_and_forms_do_it(visit):
    page = visit(java_script_enabled=False).page
    page.locator("#subscriber").fill("kurt@example.net")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Dark").click()
    page.get_by_role("link", name="Check this message").click()
    expect(page.locator("#part-checks")).to_contain_text("nothing found")
    page.get_by_role("link", name="Headers").click()
    expect(page.get_by_role("region", name="Header fields", exact=True)).to_contain_text("Kurt Gödel")
    assert "scheme=dark" in page.url


# Saving


def test_a_saved_template_is_seen_at_once_and_nothing_else_moves(preview, visit):
    page = visit("?width=desktop", viewport={"width": 1440, "height": 900}).page
    frame, heading = page.frame_locator("#frame-desktop"), page.frame_locator("#frame-desktop").get_by_role("heading")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    frame.locator("body").evaluate("() => window.scrollTo(0, 700)")
    page.locator("#subscriber").press_sequentially("em")
    with changed(preview.masthead, "{{ issue.list_name }}", "Quite another head"):
        expect(heading.first).to_have_text("Quite another head", timeout=10_000)
        expect(page.locator("#told")).to_have_text("Changed, and shown anew.")
        assert frame.locator("body").evaluate("() => window.scrollY") == 700
        assert page.evaluate("document.activeElement.id") == "subscriber"
        assert page.locator("#subscriber").input_value() == "em"
        assert page.locator("#phone").is_hidden()
    expect(heading.first).to_have_text("Daily Papers", timeout=10_000)


def test_more_pages_than_a_browser_has_connections_follow(browser, preview):
    with browser.new_context() as context:
        pages = [context.new_page() for _ in range(7)]
        for page in pages:
            page.goto(f"{preview.address}?view=text", timeout=10_000)
        pages[0].close()  # which held the stream
        expect(pages[-1].get_by_text("Live", exact=True)).to_be_visible()
        with changed(preview.site / "templates" / "default" / "_masthead.txt.j2", "issue.list_name", "'Other head'"):
            for page in (pages[1], pages[-1]):
                expect(page.locator("#text")).to_contain_text("Other head", timeout=10_000)


def test_settings_and_subscribers_are_seen_too(preview, visit):
    one = visit("?subscriber=ada@example.org")
    with changed(preview.site / "digest.toml", 'name = "Daily Papers"', 'name = "Renamed Papers"'):
        expect(one.page.get_by_role("heading", name="Renamed Papers")).to_be_visible(timeout=10_000)
    with changed(preview.site / "subscribers" / "daily.csv", "Ada Lovelace", "Ada King"):
        expect(one.page.locator("#part-inbox")).to_contain_text("Ada King", timeout=10_000)


def test_a_mistake_is_shown_with_its_line_until_it_is_mended(preview, visit):
    one = visit(viewport={"width": 1440, "height": 900})
    page = one.page
    frame = page.frame_locator("#frame-desktop")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    frame.locator("body").evaluate("() => window.scrollTo(0, 500)")
    with changed(preview.masthead, "issue.list_name", "issue.list_nam"):
        alert = page.get_by_role("alert")
        expect(alert).to_contain_text("did you mean 'list_name'?", timeout=10_000)
        expect(alert.locator(".here")).to_contain_text("{{ issue.list_nam }}")
        assert axe_violations(page) == []
    expect(frame.get_by_role("heading").first).to_have_text("Daily Papers", timeout=10_000)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.wait_for_function("document.getElementById('frame-desktop').contentWindow.scrollY === 500")
    expect(page.locator("#told")).to_have_text("Changed, and shown anew.")
    expect(page.locator("#part-checks")).to_contain_text("nothing found", timeout=10_000)  # which went with the mistake
    assert [text for text in one.complaints if "500 (" not in text] == []
    with changed(preview.site / "digest.toml", "byline =", "bylin ="):
        expect(page.get_by_role("alert").locator(".here")).to_contain_text("bylin =", timeout=10_000)
    expect(page.get_by_role("alert")).to_have_count(0, timeout=10_000)


# Sending


def test_a_test_copy_is_sent_and_its_answer_told(preview, visit):
    page = visit("?subscriber=grace@example.com").page
    page.keyboard.press("t")
    page.keyboard.type("editor@example.org")
    page.keyboard.press("Enter")
    expect(page.locator("#part-told")).to_have_text(re.compile("Accepted for editor@example.org: 250 2.0.0"))
    (message,) = mailbox.Maildir(preview.received)
    assert message["To"] == "editor@example.org"
    assert str(make_header(decode_header(message["Subject"]))).startswith("[Test] ")
    assert "grace" not in message.as_string()
