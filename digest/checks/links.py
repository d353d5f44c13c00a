"""Checks of the links: where they go, and whether their words say so."""

from collections.abc import Iterable, Iterator
from typing import Any

from digest.checks.facts import Facts
from digest.checks.finding import Finding
from digest.checks.hosts import host_of, is_inside
from digest.checks.mail import Mail, words_of

VAGUE = frozenset(
    {"here", "click here", "click", "link", "this", "this link", "more", "hier", "hier klicken", "ici", "cliquez ici"}
    | {"aquí", "haga clic aquí", "qui", "这里", "点击这里", "こちら"}
)
"""Words that say nothing to somebody who hears the links alone."""

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def targets(mail: Mail, facts: Facts) -> Iterator[Finding]:
    """Find links that aren't https, and links into a private network."""
    urls = list(dict.fromkeys(mail.hrefs))
    if facts.stays_here and facts.site_url:
        urls = [url for url in urls if not url.startswith(facts.site_url)]
    insecure = [url for url in urls if url.lower().startswith("http://")]
    inside = [url for url in urls if url.lower().startswith(("http://", "https://")) and is_inside(host_of(url))]
    odd = [url for url in urls if not url.lower().startswith(("https://", "http://", "mailto:", "tel:", "#"))]
    yield from _told(insecure, "not https")
    yield from _told(inside, "to this machine or a private network")
    yield from _told(odd, "neither web nor mail")


def _told(urls: list[str], what: str) -> Iterator[Finding]:
    if urls:
        yield _warning(f"{_counted(len(urls))} {what}: {_some(urls)}")


def words(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find links without words, with words that say nothing, and with the same words for different targets.

    What stands under different headings may be called alike: the heading tells them apart (WCAG 2.2, 2.4.4).
    """
    silent, vague = [], []
    goes: dict[tuple[int, str], set[str]] = {}
    heading = 0
    for element in mail.elements("a", *_HEADINGS):
        if element.tag != "a":
            heading += 1
            continue
        target = element.get("href")
        if not target:
            continue
        name = _name(element)
        if not name:
            silent.append(target)
        elif name.casefold() in VAGUE:
            vague.append(name)
        else:
            goes.setdefault((heading, name), set()).add(target)
    if silent:
        yield _warning(f"{_counted(len(silent))} without words: {_some(silent)}")
    if vague:
        yield _warning(f"{_counted(len(vague))} with words that say nothing: {_some(dict.fromkeys(vague))}")
    twice = dict.fromkeys(name for (_, name), found in goes.items() if len(found) > 1)
    if twice:
        yield _warning(f"the same words lead to different places under one heading: {_some(twice)}")


def _name(link: Any) -> str:
    """Return what a screen reader calls a link."""
    label = " ".join(str(link.get("aria-label") or "").split())
    pictures = " ".join(str(picture.get("alt") or "") for picture in link.iter("img"))
    return label or words_of(link) or " ".join(pictures.split()) or " ".join(str(link.get("title") or "").split())


def _counted(number: int) -> str:
    return "1 link" if number == 1 else f"{number} links"


def _some(values: Iterable[str]) -> str:
    shown = [value if len(value) <= 60 else value[:59] + "…" for value in values]
    return ", ".join(shown[:3]) + (f" and {len(shown) - 3} more" if len(shown) > 3 else "")


def _warning(text: str) -> Finding:
    return Finding("warning", "links", text)
