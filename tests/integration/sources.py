"""What the tests of sources share: a site with sources at the test's own server, answers to give, a clock to move."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from digest.collecting import Collected, collect
from digest.config.load import FILE_NAME
from digest.site import Site
from digest.store.schema import papers
from tests.integration.web import Reply


def declared(site: Site, text: str) -> Site:
    """Return the site with these sources in its settings."""
    path = site.root / FILE_NAME
    path.write_text(f"{path.read_text('utf-8')}\n{text}\n", encoding="utf-8")
    return Site.open(site.root)


class Clock:
    """A clock that only sleeping moves on."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment
        self.slept = 0.0

    def now(self) -> datetime:
        return self.moment

    def sleep(self, seconds: float) -> None:
        self.slept += seconds
        self.moment += timedelta(seconds=seconds)

    def later(self, **span: float) -> None:
        self.moment += timedelta(**span)


class Desk:
    """Asks one source of a site, and knows what it has then."""

    def __init__(self, site: Site, clock: Clock) -> None:
        self.site = site
        self.clock = clock

    def ask(self, name: str, since: date | None = None) -> list[Collected]:
        return list(collect(self.site, self.site.source(name), since, self.clock.now, self.clock.sleep))

    def rows(self) -> dict[str, Any]:
        with self.site.store.begin() as connection:
            return {row.id: row for row in connection.execute(select(papers))}

    def copy(self, name: str, text: str) -> Path:
        path = self.site.root / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path


def listed(number: int, upvotes: int = 1, **inner: Any) -> dict[str, Any]:
    """An element of a Hugging Face day."""
    paper = {
        "id": f"2611.{number:05}",
        "title": f"Small Models Number {number}",
        "summary": "The summary.",
        "authors": [{"name": "Ada Example"}],
        "publishedAt": "2026-11-20T18:00:00.000Z",
        "upvotes": upvotes,
    }
    return {"paper": paper | inner, "numComments": 0}


def announced(number: int, kind: str = "new", version: int = 1, abstract: str = "We show a thing of note.") -> str:
    """An entry of arXiv's Atom feed."""
    name = f"2611.{number:05}"
    return f"""<entry><id>oai:arXiv.org:{name}v{version}</id><title>Small Models Number {number}</title>
    <summary>arXiv:{name}v{version} Announce Type: {kind} \nAbstract: {abstract}</summary>
    <link href="https://arxiv.org/abs/{name}" rel="alternate"/><category term="cs.LG"/>
    <published>2026-11-24T00:00:00-05:00</published>
    <arxiv:announce_type>{kind}</arxiv:announce_type><dc:creator>Ada Example, Bo Sample</dc:creator></entry>"""


def arxiv_feed(entries: Iterable[str], **headers: str) -> Reply:
    return xml(
        f"""<?xml version="1.0"?><feed xmlns:arxiv="http://arxiv.org/schemas/atom"
        xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns="http://www.w3.org/2005/Atom">
        <id>http://rss.arxiv.org/atom/cs.LG</id><title>cs.LG updates on arXiv.org</title>{"".join(entries)}</feed>""",
        **headers,
    )


def arxiv_api(numbers: Iterable[int], total: int) -> Reply:
    entries = (
        f"""<entry><id>http://arxiv.org/abs/2611.{number:05}v1</id><title>Robots Number {number}</title>
        <published>2026-11-20T18:00:00Z</published><summary>We grasp.</summary>
        <author><name>Cy Test</name></author></entry>"""
        for number in numbers
    )
    return xml(
        f"""<?xml version="1.0"?><feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/"
        xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/api/abc</id>
        <opensearch:totalResults>{total}</opensearch:totalResults>{"".join(entries)}</feed>"""
    )


def rss(*items: str) -> Reply:
    return xml(f'<?xml version="1.0"?><rss version="2.0"><channel><title>Lab</title>{"".join(items)}</channel></rss>')


def item(title: str, link: str, words: str = "We measure.") -> str:
    return f"<item><title>{title}</title><link>{link}</link><description>{words}</description></item>"


def xml(text: str, **headers: str) -> Reply:
    fields = {"Content-Type": "application/xml", **{name.replace("_", "-"): value for name, value in headers.items()}}
    return Reply(text.encode(), headers=fields)
