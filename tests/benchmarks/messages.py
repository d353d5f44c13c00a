"""What the bytes of a message cost, where every subscriber has an edition of their own and where all share one.

An edition's cost includes reading it from the JSON the store has it in, a message's its Message-ID and signed
links. "In full" renders the edition and builds an EmailMessage, as one would without fragments. Nothing is
stored or sent; each figure is the best of some rounds, which whatever else runs disturbs least.
"""

import json
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from digest.issues.compose import compose
from digest.issues.issue import Edition, Issue, IssueKey
from digest.papers.paper import Links, Paper
from digest.render.fit import fit
from digest.render.headers import IssueHeaders, Mailbox
from digest.render.links import subscriber_links
from digest.render.message import Addressee, EditionMessage, Frame, body_values
from digest.render.parts import Assembly, Parts, Recipe, recipe, render_edition, render_parts
from digest.render.present import Publication
from digest.render.theme import Theme
from digest.resources import shipped
from digest.subscribers.identity import SigningKeys, message_id_local
from digest.topics.diversity import Caps
from digest.topics.topic import Topic

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
KEY, SIGNING = b"k" * 32, SigningKeys(((1, b"s" * 32),))
PAPERS, TOPICS, EDITIONS, ROUNDS = 200, 8, 200, 40
PUBLICATION = Publication("Daily Papers", "", "", "Paper Digest", "https://digest.example.org", "1 Sample Street")
HEADERS = IssueHeaders(
    sender=Mailbox("Paper Digest", "digest@example.org"),
    reply_to=None,
    list_id="daily",
    list_name="Daily Papers",
    domain="example.org",
    site_url=PUBLICATION.site_url,
    unsubscribe="leave@example.org",
    key_id=1,
)
BARE = """<mjml><mj-body><mj-raw><h1>{{ issue.subject }}</h1></mj-raw>
{% for entry in issue.leads %}{% call fragment("lead", entry.number) %}
<mj-raw><p>{{ entry.title }}</p></mj-raw>
{% endcall %}{% endfor %}
{% for section in issue.sections %}{% for entry in section.entries %}{% for form in entry.forms %}
{% call fragment(form, entry.number) %}
<mj-raw><p>{{ entry.title }}</p></mj-raw>
{% endcall %}{% endfor %}{% endfor %}{% endfor %}
<mj-raw><p>{{ issue.recipient }}: <a href="{{ issue.unsubscribe }}">leave</a></p></mj-raw>
</mj-body></mjml>
"""
"""A theme whose messages are small; those of the shipped one begin at 10 KB."""


def two_hundred() -> Issue:
    """Return an issue of 200 papers with a card each."""
    abstract = "We study the effect of scale on models, and find that it is larger than one would think. " * 4
    papers = [
        Paper(f"file:{n}", f"Paper {n}: on scale", abstract, links=Links(paper=f"https://papers.example.org/{n}"))
        for n in range(PAPERS)
    ]
    topics = [Topic(f"t{n}", f"Topic {n}") for n in range(TOPICS)]
    topic_of = {paper.id: f"t{n % TOPICS}" for n, paper in enumerate(papers)}
    return compose(IssueKey("daily", "daily", "2026-11-24"), NOW.date(), papers, topic_of, topics, Caps(PAPERS, PAPERS))


def drawn(issue: Issue, count: int, chance: random.Random) -> Edition:
    """Return an edition of `count` papers that nobody else has; its first section's first paper leads."""
    lead = issue.sections[0].entries[0]
    ranks = set(chance.sample(range(2, PAPERS + 1), count - 1))
    sections = (replace(s, entries=tuple(e for e in s.entries if e.rank in ranks)) for s in issue.sections)
    return Edition("", "en", lead, tuple(section for section in sections if section.entries))


def addressee(number: int) -> Addressee:
    """Return a subscriber, with all that is theirs made anew."""
    reader = f"{number:032x}"
    local = message_id_local(KEY, "daily/daily/2026-11-24", reader)
    links = subscriber_links(HEADERS, SIGNING, reader)
    return Addressee(Mailbox(f"Reader {number}", f"r{number}@example.org"), NOW, f"{local}@example.org", links)


def microseconds(make: Callable[[int], object], count: int, rounds: int = ROUNDS) -> float:
    """Return what one call takes in the best of the rounds, each call with a number of its own."""
    times = []
    for number in range(rounds):
        start = time.perf_counter()
        for index in range(count):
            make(number * count + index)
        times.append((time.perf_counter() - start) / count * 1e6)
    return min(times)


def in_full(theme: Theme, issue: Issue, edition: Edition, parts: Parts, made: Recipe) -> Callable[[int], bytes]:
    """Return what makes a message the plain way."""
    fitted = fit(edition, parts.html_sizes)

    def make(number: int) -> bytes:
        to = addressee(number)
        markup, text = render_edition(theme, issue, edition, fitted, PUBLICATION, body_values(to))
        message = EmailMessage()
        message["To"], message["From"] = str(to.to), str(HEADERS.sender)
        message["Subject"], message["Message-ID"] = made.subject, f"<{to.message_id}>"
        message["List-Unsubscribe"] = f"<{to.links.one_click}>, <{to.links.mailto}>"
        message.set_content(text)
        message.add_alternative(markup, subtype="html")
        return message.as_bytes()

    return make


def measure(theme: Theme, issue: Issue, parts: Parts, count: int) -> None:
    """Print a row: messages of `count` papers."""
    chance = random.Random(1)
    editions = [drawn(issue, count, chance) for _ in range(EDITIONS)]
    recipes = [recipe(theme, parts, edition, PUBLICATION) for edition in editions]
    stored = [tuple(map(json.dumps, made.assembly.to_json())) for made in recipes]
    frame = Frame.of(HEADERS, parts)
    shared = EditionMessage(frame, recipes[0].assembly)

    def own(number: int) -> bytes:
        fragments, slots = map(json.loads, stored[number % EDITIONS])
        return EditionMessage(frame, Assembly.from_json(parts, fragments, slots)).to(addressee(number))

    size = statistics.median(len(own(number)) for number in range(EDITIONS))
    of_their_own = microseconds(own, EDITIONS)
    of_all = microseconds(lambda number: shared.to(addressee(number)), EDITIONS)
    full = microseconds(in_full(theme, issue, editions[0], parts, recipes[0]), count=3, rounds=5)
    times = f"{of_their_own:>12.1f} us {of_all:>12.1f} us {full:>12,.0f} us {full / of_their_own:>8,.0f}"
    print(f"{size / 1000:>7.1f} KB {times}")  # noqa: T201


@contextmanager
def bare_theme() -> Iterator[Theme]:
    """Provide the shipped theme with a page of its own."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "issue.mjml.j2").write_text(BARE)
        yield Theme([Path(folder), shipped("templates") / "default"])


if __name__ == "__main__":
    everything = two_hundred()
    print(f"{'message':>10} {'own edition':>15} {'one shared':>15} {'in full':>15} {'times':>8}")  # noqa: T201
    with bare_theme() as bare:
        measure(bare, everything, render_parts(bare, everything, PUBLICATION), 2)
    shipped_theme = Theme([shipped("templates") / "default"])
    of_shipped = render_parts(shipped_theme, everything, PUBLICATION)
    for papers in (5, 14):
        measure(shipped_theme, everything, of_shipped, papers)
