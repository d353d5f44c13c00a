"""The sites that the benchmarks drive: real folders, filled with made-up papers and subscribers.

200 papers stand in 200 topics, one each, and a subscriber's row names some topics of their own, so that
every reader gets an edition nobody else has. The program is used through its outside alone: `digest.toml`,
keys, templates, a seed file, a subscriber file, and the steps of `digest.pipeline`.
"""

import json
import random
import shutil
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from digest import clock, pipeline
from digest.collecting import collect_file
from digest.init import create_site
from digest.sending import Control
from digest.site import MailingList, Site
from digest.store import suppressions
from digest.subscribers.identity import address_key

DAY = date(2026, 11, 24)
LIST = "bench"
SENDER = "digest@example.org"
PAPERS = 200
SUPPRESSED = 1_000
"""Addresses that nobody may mail, none of them a subscriber's: the check at the claim has something to look through."""

SLIM = Path(__file__).parent / "slim"


@dataclass(frozen=True)
class Size:
    """One size of message: its bytes on the wire, and the editions that come to that."""

    kilobytes: int
    cards: int
    abstract: int
    slim: bool
    deliveries: int

    @property
    def name(self) -> str:
        """Return such as "20 KB"."""
        return f"{self.kilobytes} KB"

    @property
    def bytes(self) -> int:
        """Return the size aimed at; a KB is 1,000 bytes."""
        return self.kilobytes * 1_000


SIZES = (
    Size(4, cards=4, abstract=0, slim=True, deliveries=20_000),
    Size(20, cards=4, abstract=130, slim=False, deliveries=14_000),
    Size(40, cards=11, abstract=130, slim=False, deliveries=10_000),
)

_VOCABULARY = """
    adaptive alignment attention bayesian benchmark calibrated causal compact context contrastive data
    decoding diffusion distillation efficient embodied evaluation federated gradient graph grounded
    hierarchical inference instruction language latent learning long memory model multimodal neural noise
    optimal planning policy preference probabilistic reasoning representation retrieval robust sampling
    scaling search self-supervised simulation sparse speech structured synthetic temporal token tool
    training transfer uncertainty unified vision world
"""
_WORDS = _VOCABULARY.split()
_GIVEN = "Ada Grace Noor Émilie Jürgen Sofía Wei Yuki Kwame Łucja Omar Priya Søren Tomás Ingrid Chioma"
_FAMILY = "Okafor Lindqvist Müller García Nakamura Novák O'Neill Haddad Zhang Kowalska Silva Iyer Weiß Dubois"
_FIRST, _LAST = _GIVEN.split(), _FAMILY.split()


def topic_id(number: int) -> str:
    """Return the id of a topic, from 0."""
    return f"topic-{number}"


def papers(abstract: int) -> list[dict[str, object]]:
    """Return the records of the papers; an abstract has about `abstract` characters, or there is none."""
    draw = random.Random(7)
    return [_paper(draw, number, abstract) for number in range(PAPERS)]


def _paper(draw: random.Random, number: int, abstract: int) -> dict[str, object]:
    title = f"{' '.join(draw.sample(_WORDS, 6)).capitalize()} with keyword{number}"
    text = ""
    while len(text) < abstract:
        text += f"{' '.join(draw.sample(_WORDS, 14)).capitalize()} – α ≤ {draw.random():.2f}. "
    return {
        "arxiv_id": f"2611.{number + 10_000}",
        "title": title,
        "abstract": text.strip(),
        "authors": [f"{draw.choice(_FIRST)} {draw.choice(_LAST)}" for _ in range(2)],
        "published": DAY.isoformat(),
        "upvotes": draw.randrange(1, 400),
    }


def person(number: int) -> tuple[str, str]:
    """Return the name and the address of a subscriber."""
    first, last = _FIRST[number % len(_FIRST)], _LAST[number // len(_FIRST) % len(_LAST)]
    return f"{first} {last}", f"reader{number}@example.org"


def own_topics(count: int, cards: int) -> Iterator[tuple[int, ...]]:
    """Yield `count` sets of topics, no two the same."""
    draw, seen = random.Random(11), set[tuple[int, ...]]()
    while len(seen) < count:
        chosen = tuple(sorted(draw.sample(range(PAPERS), cards)))
        if chosen not in seen:
            seen.add(chosen)
            yield chosen


def shared_topics(count: int) -> Iterator[tuple[int, ...]]:
    """Yield `count` sets of one to three out of 14 topics, as readers choose them: 469 editions."""
    draw = random.Random(13)
    for _ in range(count):
        yield tuple(sorted(draw.sample(range(14), draw.randint(1, 3))))


def write_site(root: Path, size: Size, readers: Iterable[tuple[int, ...]]) -> None:
    """Make the folder of a site whose issue goes to a subscriber for each of `readers`, the topics they chose."""
    create_site(root)
    shutil.rmtree(root / "seeds")
    if size.slim:
        shutil.copytree(SLIM, root / "templates" / "slim")
    topics = "".join(
        f'[topics.{topic_id(n)}]\nname = "Topic {n}"\nkeywords = ["keyword{n}"]\n\n' for n in range(PAPERS)
    )
    (root / "topics.part").write_text(topics, encoding="utf-8")
    write_settings(root, 1, 1, "slim" if size.slim else "default")
    lines = (json.dumps(record, ensure_ascii=False) for record in papers(size.abstract))
    (root / "papers.jsonl").write_text("\n".join(lines), encoding="utf-8")
    with (root / "subscribers" / f"{LIST}.csv").open("w", encoding="utf-8") as file:
        file.write("email,name,topics\n")
        for number, chosen in enumerate(readers):
            name, address = person(number)
            file.write(f"{address},{name},{' '.join(map(topic_id, chosen))}\n")


def write_settings(root: Path, port: int, connections: int, theme: str = "") -> None:
    """Write the settings with the relay at a port of this machine; the theme stays when none is named."""
    kept = root / "theme.part"
    if theme:
        kept.write_text(theme, encoding="utf-8")
    settings = f"""
[site]
name = "Paper Digest"
url = "https://digest.example.org"
postal_address = "1 Example Street, 12345 Example City"

[mail]
sender = "Paper Digest <{SENDER}>"

[relays.sink]
host = "127.0.0.1"
port = {port}
tls = "none"
connections = {connections}
messages_per_connection = 1000000

[lists.{LIST}]
name = "Daily Papers"
relays = ["sink"]
theme = "{kept.read_text("utf-8")}"
max_cards = {PAPERS}

"""
    (root / "digest.toml").write_text(settings + (root / "topics.part").read_text("utf-8"), encoding="utf-8")


def open_site(root: Path) -> tuple[Site, MailingList]:
    """Open a site of ours and its one list."""
    site = Site.open(root)
    return site, site.list(LIST)


@dataclass(frozen=True)
class Planned:
    """What planning made, and how long it took in seconds (building and approving apart)."""

    deliveries: int
    editions: int
    drafting_seconds: float
    planning_seconds: float


def plan(root: Path) -> Planned:
    """Load the papers, build, approve and plan the issue of `DAY`; nothing is sent."""
    site, mailing_list = open_site(root)
    key = pipeline.key_of(mailing_list, "daily", DAY)
    start = time.perf_counter()
    collect_file(site, root / "papers.jsonl", None, clock.now())
    with site.store.begin() as connection:
        _suppress_others(site, connection)
        pipeline.build(connection, site, mailing_list, "daily", DAY, clock.now())
        pipeline.approve(connection, site, mailing_list, key, clock.now())
    drafted = time.perf_counter()
    with site.store.begin() as connection:
        found = pipeline.ready(connection, site, mailing_list, "daily", DAY, clock.now())
    reach = pipeline.plan(site, found[1], Control(now=clock.now)) if found and found[1] else None
    assert reach is not None
    site.store.dispose()
    done = time.perf_counter()
    assert not reach.problems, reach.problems[:3]
    return Planned(reach.planned, reach.editions, drafted - start, done - drafted)


def _suppress_others(site: Site, connection) -> None:
    for number in range(SUPPRESSED):
        suppressions.add(
            connection,
            scope=suppressions.EVERYWHERE,
            address_key=address_key(site.identity_key, f"left{number}@example.org"),
            address=None,
            reason="benchmark",
            source="benchmark",
            now=clock.now(),
        )
