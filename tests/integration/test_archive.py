"""The archive: of which issues, with what on its pages, in a folder and from the running service."""

import fcntl
import html
import os
import re
import shutil
import socket
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from threading import Thread
from xml.etree import ElementTree

import feedparser
import pytest

from digest.archive import addresses
from digest.archiving import MANIFEST, Archive, build
from digest.collecting import collect_file
from digest.config.load import FILE_NAME
from digest.errors import BusyError, InputError, TemplateError
from digest.init import create_site
from digest.issues.states import Verb
from digest.messages import body, read_back
from digest.papers.clean import clean_url
from digest.papers.paper import Links, Paper, Signals
from digest.pipeline import Control, approve, change_state, key_of, send
from digest.pipeline import build as build_draft
from digest.rehearsal import look
from digest.render.headers import Mailbox
from digest.resources import shipped
from digest.site import Site
from digest.store.database import reading
from digest.store.loading import save
from digest.web.public import create_app
from digest.web.server import PromptServer
from tests.integration.previewing import ask

DAYS = (date(2026, 11, 23), date(2026, 11, 24))
BASE = "https://digest.example.org"
HOSTILE = [
    Paper(
        f"file:{n}",
        title,
        abstract=f"We propose {title}. It is </article></details><script>alert(1)</script> & better.",
        authors=("Ada <b>", "שלמה כהן", *(f"Author {m}" for m in range(9))),
        links=Links(
            paper=clean_url("https://papers.example.org/?a=1&b='2'\"#x#y%z"), pdf="https://papers.example.org/1.pdf"
        ),
        signals=Signals(upvotes=1234 * n, comments=1, stars=3),
    )
    for n, title in enumerate(["<script>alert(1)</script>", "{{ 7*7 }} %(num)s", "]]> & -->", "x" * 300, "מודל L_(CE)"])
]


def at(day, hour=6):
    return datetime(day.year, day.month, day.day, hour, tzinfo=UTC)


def with_url(site):
    settings = site.root / FILE_NAME
    text = settings.read_text("utf-8").replace("[site]\n", f'[site]\narchive_url = "{BASE}/archive"\n', 1)
    settings.write_text(text, encoding="utf-8")
    return Site.open(site.root)


def go_out(site, day, frequency="daily", list_name="daily"):
    now = at(day)
    return send(site, site.list(list_name), frequency, day, Control(now=lambda: now))


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Path:
    """A site whose daily list has sent two daily issues and a weekly one, to readers with telling names."""
    root = tmp_path_factory.mktemp("archived") / "site"
    create_site(root)
    site = with_url(Site.open(root))
    rows = "zaphod@example.net,Zaphod Telltale,daily\ntrillian@example.net,Trillian Telltale,weekly\n"
    site.subscriber_file(site.list("daily")).write_text(f"email,name,frequency\n{rows}", encoding="utf-8")
    collect_file(site, shipped("seeds") / "seed-page.txt", 2025, at(DAYS[0]))
    go_out(site, DAYS[0])
    with site.store.begin() as connection:
        save(connection, HOSTILE, at(DAYS[0], 12))
    go_out(site, DAYS[1])
    go_out(site, DAYS[1], "weekly")
    site.store.dispose()
    return root


@pytest.fixture
def archived(made, tmp_path) -> Site:
    """The same for one test alone."""
    shutil.copytree(made, tmp_path / "site")
    return Site.open(tmp_path / "site")


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "public"


def files_in(folder):
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("*") if path.is_file()}


def seen(page):
    return html.unescape(re.sub(r"<[^>]*>", "", page))


def test_every_issue_list_and_topic_has_a_page(archived, folder):
    built = build(archived, folder)
    files = files_in(folder)
    assert built.written == len(files) - 1
    for path in (
        *("index.html", "style.css", "404.html", "sitemap.xml", "daily/index.html", "daily/feed.xml"),
        *("daily/2026-11-23/index.html", "daily/2026-11-24/index.html", "daily/2026-W48/index.html"),
        *("daily/topics/vision/index.html", "weekly/index.html"),
    ):
        assert path in files
    assert "weekly/feed.xml" not in files  # nothing has gone out on it
    assert "No issue has gone out yet." in files["weekly/index.html"]
    second = files["daily/2026-11-24/index.html"]
    for paper in HOSTILE:
        assert paper.title.replace("L_(CE)", "LCE") in seen(second)
    assert f"{second.count('<article')} papers" in seen(second)
    assert "../../daily/2026-11-23/index.html" in second
    assert "1.2K upvotes" in second


def test_a_topic_has_a_paper_once_under_the_issue_that_named_it_first(archived, folder):
    build(archived, folder)
    page = (folder / "daily/topics/language-models/index.html").read_text("utf-8")
    titles = re.findall(r'<a dir="auto"[^>]*>(.*?)</a>', page)
    assert len(titles) == len(set(titles)) > 5
    assert f"{len(titles)} papers" in seen(page)
    assert "2026-W48" not in page  # the week's issue repeats what the day's had


def test_links_lead_to_pages_that_are_there(archived, folder):
    build(archived, folder)
    checked = 0
    for path, page in files_in(folder).items():
        if not path.endswith(".html") or path == addresses.MISSING:
            continue
        for link in re.findall(r'(?:href|src)="([^"]*)"', page):
            if link.startswith("#"):
                assert f'id="{link[1:]}"' in page
            elif not link.startswith("https://"):
                assert (folder / path).parent.joinpath(link).is_file(), (path, link)
                checked += 1
    assert checked > 100


def test_nothing_a_stranger_wrote_is_markup(archived, folder):
    build(archived, folder)
    for path, page in files_in(folder).items():
        assert "<script" not in page, path
        assert "<b>" not in page, path
        assert "49 %(num)s" not in page, path


def test_nothing_of_a_subscriber_is_in_it(archived, folder):
    build(archived, folder)
    for path, page in files_in(folder).items():
        for telling in ("telltale", "zaphod", "trillian", "example.net", "/u/", "/p/", "unsubscribe"):
            assert telling not in page.casefold(), (path, telling)


def test_an_issue_keeps_what_it_said_of_its_papers(archived, folder):
    with archived.store.begin() as connection:
        changed = [replace(paper, title=f"Changed {n}", abstract="Changed.") for n, paper in enumerate(HOSTILE)]
        save(connection, changed, at(DAYS[1], 12))
    build(archived, folder)
    assert "Changed" not in (folder / "daily/2026-11-24/index.html").read_text("utf-8")


def test_only_what_has_begun_to_go_out_is_there(archived, folder):
    daily = archived.list("daily")
    day = DAYS[1] + timedelta(days=1)
    with archived.store.begin() as connection:
        save(connection, [replace(paper, id=f"{paper.id}x", title=f"{paper.title} x") for paper in HOSTILE], at(day, 1))
        stored = build_draft(connection, archived, daily, "daily", day, at(day))
        approve(connection, archived, daily, stored.key, at(day))
    change_state(archived, key_of(daily, "daily", day), Verb.CANCEL, at(day))
    build(archived, folder)
    assert not (folder / "daily/2026-11-25").exists()


def test_the_feed_is_one(archived, folder):
    build(archived, folder)
    text = (folder / "daily/feed.xml").read_text("utf-8")
    root = ElementTree.fromstring(text)
    atom = "{http://www.w3.org/2005/Atom}"
    for element in (root, *root.findall(f"{atom}entry")):
        for name in ("id", "title", "updated"):  # RFC 4287, 4.1.1 and 4.1.2
            assert len(element.findall(f"{atom}{name}")) == 1
    assert root.findall(f"{atom}author/{atom}name")
    feed = feedparser.parse(text)
    assert not feed.bozo
    links = [entry.link for entry in feed.entries]
    assert links == [f"{BASE}/archive/daily/{period}/" for period in ("2026-W48", "2026-11-24", "2026-11-23")]
    assert len({entry.id for entry in feed.entries}) == 3
    assert "tag:example.org,2026:paper-digest/daily/daily/2026-11-24" in {entry.id for entry in feed.entries}
    assert {link["rel"] for link in feed.feed.links} == {"self", "alternate"}
    assert "&lt;script" in next(entry.content[0].value for entry in feed.entries if "2026-11-24" in entry.link)


def test_the_addresses_of_a_place_that_is_known(archived, folder):
    build(archived, folder)
    page = (folder / "daily/2026-11-24/index.html").read_text("utf-8")
    assert f'<link rel="canonical" href="{BASE}/archive/daily/2026-11-24/">' in page
    assert f'<meta property="og:url" content="{BASE}/archive/daily/2026-11-24/">' in page
    sitemap = ElementTree.fromstring((folder / "sitemap.xml").read_text("utf-8"))
    places = [element.text for element in sitemap.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")]
    assert f"{BASE}/archive/" in places
    for place in places:
        assert (folder / place.removeprefix(f"{BASE}/archive/") / "index.html").is_file()


def test_without_an_address_nothing_needs_one(archived, folder):
    settings = archived.root / FILE_NAME
    lines = settings.read_text("utf-8").splitlines(keepends=True)
    settings.write_text("".join(line for line in lines if not line.startswith("archive_url")), encoding="utf-8")
    build(Site.open(archived.root), folder)
    files = files_in(folder)
    assert "sitemap.xml" not in files
    assert "canonical" not in files["daily/2026-11-23/index.html"]
    assert 'href="../daily/2026-11-23/index.html"' in files["daily/feed.xml"]


def test_the_mail_leads_to_its_page(archived):
    daily = archived.list("daily")
    shown = look(archived, daily, "daily", DAYS[1], (), at(DAYS[1]))
    message = shown.message(archived, daily, Mailbox("", "a@example.org"), now=at(DAYS[1]), message_id="x@example.org")
    for part in ("html", "plain"):
        assert f"{BASE}/archive/daily/2026-11-24/" in body(read_back(message), part)


def test_what_is_as_it_was_is_not_touched(archived, folder):
    build(archived, folder)
    page = folder / "index.html"
    before = page.stat().st_ino
    built = build(archived, folder)
    assert (built.written, built.removed) == (0, 0)
    assert page.stat().st_ino == before


def test_a_page_that_is_no_more_goes_and_other_files_stay(archived, folder):
    build(archived, folder)
    (folder / "CNAME").write_text("digest.example.org", encoding="utf-8")
    with archived.store.begin() as connection:
        connection.exec_driver_sql("UPDATE issues SET state = 'cancelled' WHERE period = '2026-11-24'")
    built = build(archived, folder)
    assert built.removed >= 1
    assert not (folder / "daily/2026-11-24").exists()
    assert (folder / "CNAME").is_file()


def test_a_folder_of_somebody_else_is_refused(archived, folder):
    folder.mkdir()
    (folder / "thesis.tex").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="holds other things; name a new folder"):
        build(archived, folder)
    assert [path.name for path in folder.iterdir()] == ["thesis.tex"]


@pytest.mark.parametrize("listed", ["not json", "{}"])
def test_a_broken_manifest_is_refused(archived, folder, listed):
    build(archived, folder)
    (folder / MANIFEST).write_text(listed, encoding="utf-8")
    with pytest.raises(InputError, match="can't be read"):
        build(archived, folder)


def test_a_manifest_removes_nothing_elsewhere(archived, folder):
    build(archived, folder)
    precious = folder.parent / "precious"
    precious.write_text("x", encoding="utf-8")
    (folder / MANIFEST).write_text('["../precious", 7]', encoding="utf-8")
    build(archived, folder)
    assert precious.is_file()


def test_an_issue_in_a_language_that_the_site_has_no_more_is_shown_in_the_lists(archived, folder):
    with archived.store.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE issues SET frozen = json_set(frozen, '$.language', 'nl') WHERE period = '2026-11-24'"
        )
    build(archived, folder)
    page = (folder / "daily/2026-11-24/index.html").read_text("utf-8")
    assert '<html lang="en"' in page
    assert "In this issue" in page


def test_a_build_that_broke_off_is_taken_up_again(archived, folder):
    own = archived.root / "templates" / "archive"
    own.mkdir()
    (own / "topic.html.j2").write_text("{{ nothing }}", encoding="utf-8")
    with pytest.raises(TemplateError, match="'nothing' is undefined"):
        build(archived, folder)
    assert (folder / "daily/2026-11-24/index.html").is_file()
    (own / "topic.html.j2").unlink()
    with archived.store.begin() as connection:
        connection.exec_driver_sql("UPDATE issues SET state = 'cancelled' WHERE period = '2026-11-24'")
    build(archived, folder)
    assert (folder / "daily/2026-11-23/index.html").is_file()
    assert not (folder / "daily/2026-11-24").exists()


def test_nothing_is_written_through_a_link_to_elsewhere(archived, folder, tmp_path):
    build(archived, folder)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    shutil.rmtree(folder / "daily")
    (folder / "daily").symlink_to(elsewhere)
    with pytest.raises(InputError, match=r"daily\S*: leads out of .*public; remove it"):
        build(archived, folder)
    assert not list(elsewhere.iterdir())


def test_a_site_has_templates_and_words_of_its_own(archived, folder):
    own = archived.root / "templates" / "archive"
    own.mkdir()
    (own / "missing.html.j2").write_text('{% extends "_base.html.j2" %}{% block main %}Lost{% endblock %}', "utf-8")
    (own / "style.css").write_text("body { color: black }", encoding="utf-8")
    build(archived, folder)
    assert "Lost" in (folder / "404.html").read_text("utf-8")
    assert (folder / "style.css").read_text("utf-8") == "body { color: black }"


@pytest.fixture
def small_pages(monkeypatch):
    monkeypatch.setattr("digest.archive.pages.PER_PAGE", 2)
    monkeypatch.setattr("digest.archiving.PER_PAGE", 2)
    monkeypatch.setattr("digest.archive.pages.LEAST", 1)


def test_a_long_topic_goes_on_over_pages(archived, small_pages):
    with reading(archived.store).begin() as connection:
        pages = Archive(archived, connection)
        paths = [path for path in pages.paths() if path.startswith("daily/topics/language-models/")]
        assert len(paths) > 2
        titles = [re.findall(r'<a dir="auto"[^>]*>(.*?)</a>', pages.page(path)) for path in paths]
        assert {len(found) for found in titles[1:]} == {2}
        assert 1 <= len(titles[0]) <= 2
        assert pages.page("daily/topics/language-models/99/index.html") is None
        assert pages.page("daily/topics/language-models/0/index.html") is None
        turns = [re.findall(r'href="([^"]*)">(?:←|Older)', pages.page(path)) for path in paths]
        last, base = len(paths) - 1, "../../../daily/topics/language-models"
        assert turns[0] == [f"{base}/{last}/index.html"]
        assert turns[1] == [f"../{base}/2/index.html"]
        assert turns[last] == [f"../{base}/index.html", f"../{base}/{last - 1}/index.html"]


def test_a_closed_page_stays_as_it_is_whatever_comes_after(archived, folder, small_pages):
    build(archived, folder)
    before = files_in(folder)
    closed = [path for path in before if re.search(r"/topics/[^/]*/1/", path)]
    assert closed
    papers = [Paper(f"file:new{n}", f"A language model of kind {n}", abstract="Language models." * 3) for n in range(9)]
    with archived.store.begin() as connection:
        save(connection, papers, at(DAYS[1], 12))
    go_out(archived, DAYS[1] + timedelta(days=1))
    build(archived, folder)
    after = files_in(folder)
    assert len(after) > len(before)
    assert [path for path in closed if after[path] != before[path]] == []


def test_neighbours_are_of_the_same_frequency(archived, folder):
    build(archived, folder)
    assert 'rel="next"' not in (folder / "daily/2026-11-24/index.html").read_text("utf-8")
    assert 'rel="prev"' not in (folder / "daily/2026-W48/index.html").read_text("utf-8")
    assert 'rel="prev" href="../../daily/2026-11-23/' in (folder / "daily/2026-11-24/index.html").read_text("utf-8")


def test_an_english_paper_says_so_on_a_page_in_another_language(archived, folder):
    build(archived, folder)
    english = (folder / "daily/2026-11-24/index.html").read_text("utf-8")
    assert ' lang="en" dir="auto"' not in english
    with archived.store.begin() as connection:
        connection.exec_driver_sql("UPDATE issues SET frozen = json_set(frozen, '$.language', 'de')")
    build(archived, folder)
    german = (folder / "daily/2026-11-24/index.html").read_text("utf-8")
    assert '<html lang="de"' in german
    assert re.search(r'<h3 lang="en" dir="auto">.*\n', german)
    assert '<p lang="en" dir="auto">We propose' in german


def test_all_authors_are_named(archived, folder):
    build(archived, folder)
    assert "Author 0, Author 1, Author 2," in seen((folder / "daily/2026-11-24/index.html").read_text("utf-8"))


def test_ids_of_a_feed_outlive_another_name_and_another_domain(archived, folder):
    build(archived, folder)
    before = feedparser.parse((folder / "daily/feed.xml").read_bytes())
    settings = archived.root / FILE_NAME
    text = re.sub(r"(?m)^sender = .*$", 'sender = "Digest <digest@elsewhere.example.net>"', settings.read_text("utf-8"))
    text = text.replace('[lists.daily]\nname = "Daily Papers"', '[lists.morning]\nid = "daily"\nname = "Morning"')
    text = text.replace("[lists.daily.", "[lists.morning.")
    settings.write_text(text, encoding="utf-8")
    site = Site.open(archived.root)
    shutil.copyfile(archived.root / "subscribers/daily.csv", archived.root / "subscribers/morning.csv")
    with site.store.begin() as connection:
        save(connection, [Paper("file:z", "Another", abstract="It is new.")], at(DAYS[1], 12))
    go_out(site, DAYS[1] + timedelta(days=1), list_name="morning")
    build(site, folder)
    after = feedparser.parse((folder / "daily/feed.xml").read_bytes())
    assert (before.feed.title, after.feed.title) == ("Daily Papers", "Morning")
    assert after.feed.id == before.feed.id
    assert {entry.id for entry in before.entries} < {entry.id for entry in after.entries}
    assert "elsewhere.example.net" in after.entries[0].id


def test_what_a_killed_build_has_written_is_known_to_the_next(archived, folder, monkeypatch):
    page = Archive.page

    def killed(self, path):
        if path == "index.html":  # comes after the lists
            raise KeyboardInterrupt
        return page(self, path)

    monkeypatch.setattr(Archive, "page", killed)
    with pytest.raises(KeyboardInterrupt):
        build(archived, folder)
    monkeypatch.undo()
    assert (folder / "daily/2026-11-24/index.html").is_file()
    with archived.store.begin() as connection:
        connection.exec_driver_sql("UPDATE issues SET state = 'cancelled' WHERE period = '2026-11-24'")
    build(archived, folder)
    assert not (folder / "daily/2026-11-24").exists()
    assert not [path for path in files_in(folder) if path.endswith(".part")]


def test_a_repository_is_an_empty_folder(archived, folder):
    (folder / ".git").mkdir(parents=True)
    assert build(archived, folder).written > 10


def test_a_file_is_no_folder(archived, folder):
    folder.write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="is a file"):
        build(archived, folder)


def test_one_build_at_a_time(archived, folder):
    build(archived, folder)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match="another build writes there"):
            build(archived, folder)
    finally:
        os.close(descriptor)


# From the running service


@pytest.fixture
def client(archived):
    """Asks the pages of the running service."""
    server = PromptServer(create_app(archived), lambda: None)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            yield partial(ask, listener.getsockname()[1])
        finally:
            server.should_exit = True
            thread.join()


def test_the_service_shows_the_pages_of_the_folder(archived, folder, client):
    build(archived, folder)
    for path, page in files_in(folder).items():
        if path not in (MANIFEST, addresses.MISSING):
            answer = client(f"/archive/{addresses.folder(path)}")
            assert (answer.status, answer.page) == (200, page), path
    assert client("/archive/daily/feed.xml").headers["content-type"].startswith("application/atom+xml")
    assert client("/archive/style.css").headers["content-type"].startswith("text/css")


@pytest.mark.parametrize(
    "path", ["nothing", "daily/2026-01-01/", "daily/topics/nope/", "../digest.toml", "%2e%2e/digest.toml", "daily/%00/"]
)
def test_where_nothing_is_the_page_says_so_and_leads_back(client, path):
    answer = client(f"/archive/{path}")
    assert answer.status == 404
    if answer.headers["content-type"].startswith("text/html"):
        assert 'href="/archive/index.html"' in answer.page


def test_a_folder_without_its_slash_is_the_folder(client):
    answer = client("/archive/daily/2026-11-24")
    assert (answer.status, answer.headers["location"]) == (301, "./2026-11-24/")
    for path in ("/", "/archive"):
        assert client(path).headers["location"] == "./archive/"


def test_what_a_browser_has_is_not_sent_again(client):
    path = "/archive/daily/2026-11-24/"
    tag = client(path).headers["etag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client(path, If_None_Match=known)
        assert (again.status, again.body, again.headers["etag"]) == (304, b"", tag), known
    for other in ('"other"', tag[:9], ""):
        assert client(path, If_None_Match=other).status == 200, other
    head = client(path, "HEAD")
    assert (head.status, head.body) == (200, b"")


def test_a_page_is_made_once_until_something_changes(archived, client, monkeypatch):
    made = []
    page = Archive.page
    monkeypatch.setattr(Archive, "page", lambda self, path: made.append(path) or page(self, path))
    for _ in range(3):
        assert client("/archive/daily/").status == 200
        assert client("/archive/daily/feed.xml").status == 200
        assert client("/archive/nothing/").status == 404
    assert sorted(made) == ["404.html", "daily/feed.xml", "daily/index.html"]
    own = archived.root / "templates" / "archive"
    own.mkdir(parents=True)
    (own / "list.html.j2").write_text("changed", encoding="utf-8")
    assert "changed" in client("/archive/daily/").page
    (own / "list.html.j2").unlink()
    assert "November 2026" in client("/archive/daily/").page


def test_an_issue_is_there_as_soon_as_it_begins_to_go_out_and_gone_when_it_is_taken_back(archived, client):
    day = DAYS[1] + timedelta(days=1)
    assert client(f"/archive/daily/{day}/").status == 404
    with archived.store.begin() as connection:
        save(connection, [Paper("file:z", "Another", abstract="It is new.")], at(DAYS[1], 12))
    go_out(archived, day)
    assert client(f"/archive/daily/{day}/").status == 200
    assert str(day) in client("/archive/daily/").page
    with archived.store.begin() as connection:
        connection.exec_driver_sql(f"UPDATE issues SET state = 'cancelled' WHERE period = '{day}'")
    assert client(f"/archive/daily/{day}/").status == 410
    assert str(day) not in client("/archive/daily/").page
    assert client("/archive/daily/2020-01-01/").status == 404


def test_few_pages_are_kept(client, monkeypatch):
    monkeypatch.setattr("digest.web.archive.KEPT", 1)
    made = []
    page = Archive.page
    monkeypatch.setattr(Archive, "page", lambda self, path: made.append(path) or page(self, path))
    bodies = [client(f"/archive/daily/2026-11-{day}/").body for day in (24, 23, 24, 24)]
    assert bodies[0] == bodies[2] == bodies[3] != bodies[1]
    assert len([path for path in made if "2026-11" in path]) == 3


def test_the_colours_are_the_mails_in_light_and_dark():
    palette, style, issue = (
        (shipped("templates") / name).read_text("utf-8")
        for name in ("default/_palette.mjml.j2", "archive/style.css", "archive/issue.html.j2")
    )
    light, _, dark = style.partition(".topic h2 {")[2].partition("@media (prefers-color-scheme: dark)")
    pairs = re.findall(r'\("(#[0-9a-f]{6})", "(#[0-9a-f]{6})"\)', palette)
    assert f"% {len(pairs)} + 1" in issue
    for number, pair in enumerate(pairs, start=1):
        for colour, sheet in zip(pair, (light, dark), strict=True):
            assert f".a{number} {{ --accent: {colour}; }}" in sheet


def test_pages_may_load_their_style_and_nothing_else(client):
    headers = client("/archive/").headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert headers["x-content-type-options"] == "nosniff"
    assert client("/archive/", "POST").status == 405


def test_a_broken_template_is_no_traceback(archived, client, caplog):
    own = archived.root / "templates" / "archive"
    own.mkdir()
    (own / "index.html.j2").write_text("{{ nothing }}", encoding="utf-8")
    answer = client("/archive/")
    assert answer.status == 503
    assert str(archived.root) not in answer.page
    assert "index.html.j2:1" in caplog.text
    assert client("/archive/daily/").status == 200
