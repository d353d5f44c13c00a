"""The pages behind the links of a mail, in a real browser: by keyboard, without scripts, and as checkers see them."""

import shutil
import subprocess
from datetime import UTC, date, datetime
from functools import partial

import pytest

from digest.init import create_site
from digest.site import Site
from digest.store import readers, suppressions
from digest.subscribers.audience import Preferences
from tests.acceptance.axe import axe_violations
from tests.acceptance.npm import npm_file
from tests.integration.linked import Links, serving

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.slow]

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
EVERY = ("minor", "moderate", "serious", "critical")


@pytest.fixture
def ada(tmp_path):
    create_site(tmp_path / "site")
    site = Site.open(tmp_path / "site")
    with serving(site, NOW) as port:
        yield Links(site, port, "daily", "ada@example.org")


def pages(who: Links):
    """Each page by name, with the request that shows it."""
    change = f"{who.choose}/address"
    bad = {
        "do": "save",
        "topics": "x",
        "frequency": "y",
        "timezone": "Europe/Berln",
        "language": "z",
        "paused_until": "1",
    }
    yield "leave", who.get(who.leave)
    yield "wrong link", who.get("/u/x")
    yield "choose", who.get(who.choose)
    yield "mistakes", who.post(who.choose, {"do": "save", **bad})
    yield "saved", who.post(who.choose, {"do": "save", "topics": "vision", "paused_until": "2026-12-24"})
    yield "less", who.post(who.leave, {"do": "pause-week"})
    yield "address", who.get(change)
    yield "bad address", who.post(change, {"address": '"><script>alert(1)</script>'})
    yield "asked", who.post(change, {"address": "new@example.net"})
    yield "left", who.post(who.leave, {"do": "leave"})
    yield "thanked", who.post(who.leave, {"do": "reason", "reason": "other"})
    yield "nothing to choose", who.get(who.choose)


def test_the_w3cs_checker_finds_nothing(ada, tmp_path):
    checker, java = npm_file("vnu-jar/build/dist/vnu.jar"), shutil.which("java")
    if java is None:
        pytest.skip("no Java here, which the W3C's checker runs on")
    for name, answer in pages(ada):
        (tmp_path / f"{name}.html").write_bytes(answer.body)
    found = sorted(tmp_path.glob("*.html"))
    assert len(found) == 12
    html = subprocess.run([java, "-Xss4m", "-jar", checker, *found], capture_output=True, text=True, timeout=120)
    assert html.stderr == ""


def fulfil(body, route):
    route.fulfill(body=body, content_type="text/html")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_phones_need_not_scroll_sideways(ada, browser, scheme):
    page = browser.new_page(viewport={"width": 375, "height": 900}, color_scheme=scheme)
    for name, answer in pages(ada):
        # Where the answer came from, so that its style sheet is found.
        page.route("**/u/shown", partial(fulfil, answer.body))
        page.goto(f"http://127.0.0.1:{ada.port}/u/shown")
        assert axe_violations(page, EVERY) == [], name
        assert page.evaluate("document.documentElement.scrollWidth") <= 375, name
        page.unroute("**/u/shown")
    page.close()


@pytest.fixture
def visit(browser, ada):
    """Open a page in a browser without scripts, on a phone; what its console says is a failure."""
    contexts = []

    def opened(path):
        context = browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 800})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: complaints.append(message.text))
        page.goto(f"http://127.0.0.1:{ada.port}{path}")
        return page

    complaints: list[str] = []
    yield opened
    assert all(context.cookies() == [] for context in contexts)
    for context in contexts:
        context.close()
    assert [one for one in complaints if "status of 422" not in one] == []  # which the page itself explains


def tab_to(page, words):
    """Press Tab until the focus is on what bears these words."""
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.locator(":focus")
        if focused.count() and (words in focused.inner_text() or words == focused.get_attribute("id")):
            return focused
    raise AssertionError(f"the keyboard doesn't come to {words!r}")


def left(who: Links):
    with who.site.store.begin() as connection:
        return bool(suppressions.of(connection, [who.ids[1]]))


@pytest.mark.browser
def test_leaving_by_keyboard_is_one_tab_and_one_key(ada, visit):
    page = visit(ada.leave)
    first = []
    for _ in range(3):  # past the skip link and the site's name
        page.keyboard.press("Tab")
        first.append(page.locator(":focus").inner_text())
    assert first[-1] == "Unsubscribe"
    assert not left(ada)
    page.keyboard.press("Enter")
    assert page.get_by_role("heading", level=1).inner_text() == "You have unsubscribed from Daily Papers"
    assert left(ada)
    page.get_by_label("Too many mails").check()
    page.get_by_label("In your words").fill("<b>every hour</b>")
    page.keyboard.press("Enter")
    assert page.get_by_role("status").inner_text() == "Thank you for telling us."
    with ada.site.store.begin() as connection:
        reason = readers.events(connection, [ada.ids[0]])[-1]
    assert reason.data == {"reason": "too-many", "words": "<b>every hour</b>"}


@pytest.mark.browser
def test_choosing_by_keyboard(ada, visit):
    page = visit(ada.leave)
    tab_to(page, "Fewer topics")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Preferences for Daily Papers").wait_for()
    page.get_by_label("Vision and 3D").focus()
    page.keyboard.press("Space")
    page.get_by_label("Daily, when there is something new").focus()
    page.keyboard.press("ArrowDown")
    tab_to(page, "language")
    page.keyboard.type("Deu")
    tab_to(page, "timezone")
    page.keyboard.type("Tok")
    page.get_by_label("Pause until").fill("2027-01-31")
    tab_to(page, "Save")
    page.keyboard.press("Enter")
    page.get_by_role("status").wait_for()
    with ada.site.store.begin() as connection:
        said = readers.load(connection, ada.ids[0]).preferences
    assert said == Preferences(("vision",), "weekly", "Asia/Tokyo", "de", date(2027, 1, 31))


@pytest.mark.browser
def test_a_new_address_is_asked_for(ada, visit):
    page = visit(ada.choose)
    page.get_by_role("link", name="Have it sent to another address").click()
    page.get_by_label("New address").fill("new@@example.net")
    page.keyboard.press("Enter")
    assert "can’t be used" in page.get_by_role("alert").inner_text()
    page.get_by_label("New address").fill("new@example.net")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Look into the other mailbox").wait_for()
    page.get_by_role("link", name="Back to your preferences").click()
    page.get_by_role("heading", name="Preferences for Daily Papers").wait_for()
