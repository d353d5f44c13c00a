"""The way in, in a real browser: with the keyboard alone, without JavaScript, on a phone, as axe and the W3C see it."""

import mailbox
import re
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest.collecting import collect_file
from digest.init import create_site
from digest.pipeline import Control, send
from digest.resources import shipped
from digest.sending import send_notices
from digest.site import Site
from digest.store import readers
from tests.acceptance.axe import axe_violations
from tests.acceptance.npm import npm_file
from tests.conftest import NOW
from tests.integration.asking import URL, Front, open_for_all, set_up

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PHONE = {"viewport": {"width": 375, "height": 800}, "java_script_enabled": False}


@dataclass
class World:
    """A served site whose mail goes into its outbox."""

    site: Site
    front: Front

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.front.port}"

    def link(self, address: str) -> str:
        """Send the notices, and return the path that the one to an address leads to."""
        with ThreadPoolExecutor(1) as pool:  # playwright has an event loop in this thread
            control = Control(now=lambda: self.front.now[0])
            pool.submit(send_notices, self.site, self.site.list("daily"), control).result()
        (found,) = [one for one in mailbox.Maildir(self.site.root / "outbox") if one["To"] == address]
        message = message_from_bytes(found.as_bytes(), policy=policy.default)
        return re.search(rf"{URL}(/c/\S+)", message.get_body(("plain",)).get_content())[1]

    def asked(self, address: str) -> str:
        self.front.sign_up(address, topic=["robotics"])
        return self.link(address)


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> Iterator[World]:
    root = tmp_path_factory.mktemp("front") / "site"
    create_site(root)
    site = set_up(Site.open(root))
    collect_file(site, shipped("seeds") / "seed-page.txt", 2025, NOW)
    send(site, site.list("daily"), "daily", NOW.date(), Control(now=lambda: NOW))
    shutil.rmtree(root / "outbox")
    with open_for_all(site, NOW) as front:
        yield World(site, front)


@pytest.fixture(scope="module")
def pages(world) -> dict[str, str]:
    """Every kind of page there is, by its path."""
    confirmed = world.asked("done@example.org")
    world.front.post(confirmed)
    expired = world.asked("late@example.org")
    world.front.pass_by(days=4)
    return {
        "front": "/",
        "form": "/subscribe/daily",
        "embed": "/subscribe/daily/embed",
        "open": world.asked("open@example.org"),
        "done": confirmed,
        "expired": expired,
        "unknown": "/c/unknown",
        "missing": "/nothing",
    }


def mistaken(page, world):
    page.goto(f"{world.address}/subscribe/daily")
    page.fill("#email", "ada@")
    page.click("summary >> nth=0")
    page.check("text=Robotics")
    page.click("text=Subscribe >> nth=-1")


def test_somebody_signs_up_with_the_keyboard_alone_and_without_javascript(world, browser):
    page = browser.new_page(**PHONE)
    page.goto(f"{world.address}/subscribe/daily")
    steps, press = [], page.keyboard.press
    for _ in range(3):  # the way past, the name of the site, the field
        press("Tab")
    page.keyboard.type("keys@example.org")
    press("Tab")
    press("ArrowDown")  # weekly
    press("Tab")
    press("Enter")  # the topics
    for _ in range(3):
        press("Tab")
        steps.append(page.locator(":focus").get_attribute("value"))
    press("Space")
    while page.locator(":focus").evaluate("element => element.tagName") != "BUTTON":
        press("Tab")
        assert page.locator(":focus").get_attribute("name") != "homepage"
    world.front.pass_by(seconds=5)
    press("Enter")
    assert page.locator("h1").inner_text() == "Look into your inbox"
    assert "keys@" not in page.content()
    page.goto(world.address + world.link("keys@example.org"))
    assert page.locator("dd").all_inner_texts() == [
        *("Daily Papers", "keys@example.org", "Weekly"),
        next(topic.name for topic in world.site.topics(world.site.list("daily")) if topic.id == steps[-1]),
    ]
    for _ in range(3):
        press("Tab")
    press("Enter")
    assert page.locator("h1").inner_text() == "You are subscribed"
    page.close()
    assert "keys@example.org" in {one.email for one in readers.confirmed(world.site.store, "daily")}


def test_a_mistake_has_the_focus_and_is_read_out(world, browser):
    page = browser.new_page(**PHONE)
    mistaken(page, world)
    field = page.locator("#email")
    assert field.evaluate("element => element === document.activeElement")
    assert field.input_value() == "ada@"
    assert (
        page.locator(f"#{field.get_attribute('aria-describedby')}").inner_text().startswith("Please write an address")
    )
    assert page.is_checked("text=Robotics")
    assert page.title().startswith("Mistake: ")
    page.close()


def test_nobody_sees_or_meets_the_trap(world, browser):
    page = browser.new_page(viewport={"width": 375, "height": 800})
    page.goto(f"{world.address}/subscribe/daily")
    trap = page.locator("[name=homepage]")
    box = page.locator(".trap").bounding_box()
    assert box["width"] <= 1
    assert box["height"] <= 1
    assert trap.get_attribute("tabindex") == "-1"
    assert "Leave this empty" not in page.locator("body").aria_snapshot()
    page.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_everything_fits_a_phone_and_a_thumb(world, pages, browser, scheme):
    page = browser.new_page(viewport={"width": 375, "height": 800}, color_scheme=scheme)
    for name, path in pages.items():
        page.goto(world.address + path)
        looked_at(page, name)
    mistaken(page, world)
    looked_at(page, "mistaken")
    page.close()


def looked_at(page, name):
    page.evaluate("document.querySelectorAll('details').forEach(details => { details.open = true })")
    assert axe_violations(page, ("minor", "moderate", "serious", "critical")) == [], name
    assert page.evaluate("document.documentElement.scrollWidth") <= 375, name
    fields = "input:not([type=hidden], .choices *, .trap *, [hidden] *), select, textarea, .choices label"
    targets = f"button, a:not(.skip), summary, {fields}"
    for target in page.locator(targets).all():
        assert target.bounding_box()["height"] >= 44, (name, target.inner_text())


def test_nothing_is_asked_for_but_our_own_style_sheet(world, pages, browser):
    page, asked, said = browser.new_page(), [], []
    page.on("request", lambda request: asked.append(request.url.removeprefix(world.address)))
    page.on("console", lambda message: said.append(message.text))
    for path in pages.values():
        page.goto(world.address + path)
    page.close()
    assert {path for path in asked if path not in pages.values()} <= {"/pages.css", "/favicon.ico"}
    assert [text for text in said if "status of 4" not in text] == []


def test_the_w3cs_checker_finds_nothing(world, pages, tmp_path):
    checker, java = npm_file("vnu-jar/build/dist/vnu.jar"), shutil.which("java")
    if java is None:
        pytest.skip("no Java here, which the W3C's checker runs on")
    for name, path in pages.items():
        (tmp_path / f"{name}.html").write_bytes(world.front.get(path).body)
    sent = {"email": "ada@example.org", "made": world.front.made()}
    (tmp_path / "asked.html").write_bytes(world.front.post("/subscribe/daily", sent).body)
    (tmp_path / "mistaken.html").write_bytes(world.front.post("/subscribe/daily", {"email": "ada@"}).body)
    (tmp_path / "again.html").write_bytes(world.front.post("/subscribe/daily", {"email": "ada@example.org"}).body)
    files: list[Path] = sorted(tmp_path.glob("*.html"))
    found = subprocess.run([java, "-Xss4m", "-jar", checker, *files], capture_output=True, text=True, timeout=120)
    assert found.stderr == ""
    (tmp_path / "pages.css").write_bytes(world.front.get("/pages.css").body)
    css = [java, "-jar", checker, "--css", tmp_path / "pages.css"]
    assert subprocess.run(css, capture_output=True, text=True, timeout=120).stderr == ""
