"""Checks that both formats of an edition carry the same papers in the same order.

They are held together fragment by fragment. No search of the text is needed, whose titles and links are a stranger's
and may repeat, contain each other, or be nothing but signs.
"""

import html
import quopri
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from digest.checks.finding import Finding
from digest.checks.mail import letters
from digest.issues.issue import Issue
from digest.render.fragments import Element
from digest.render.parts import Parts, Recipe
from digest.render.present import search_url

_PAPER = re.compile(r"(?:lead|card|brief|line):(\d+)").fullmatch
_TAG = re.compile(r"<[^>]*>")

_TELLING = 16
"""Letters of a title that a theme shows, even one that cuts titles short."""


@dataclass(frozen=True, slots=True)
class Named:
    """How a fragment shows which paper it is of: by the first letters of the title, or one of the links."""

    title: str
    links: tuple[str, ...]

    def is_in(self, shown: str, source: str) -> bool:
        """Tell whether what a fragment shows, and its source with no white space, is of this paper."""
        wanted = letters(self.title)[:_TELLING]
        return wanted in letters(shown) or any("".join(link.split()) in source for link in self.links)


def papers_of(issue: Issue) -> dict[int, Named]:
    """Return the papers of an issue by rank; of a frozen one no more than the title is known."""
    return {entry.rank: _named(entry.paper.title, entry.paper.links) for entry in issue.entries}


def _named(title: str, links: object) -> Named:
    known = (getattr(links, name) for name in ("paper", "project", "pdf"))
    return Named(title, (*filter(None, known), search_url(title)))


def in_step(parts: Parts, recipe: Recipe, papers: Mapping[int, Named]) -> Iterator[Finding]:
    """Find where the plaintext of an edition carries other papers than its HTML, or the same in another order."""
    in_html, in_text = _by_rank(parts.html, recipe), _by_rank(parts.text, recipe)
    for rank in in_html:
        if rank not in in_text:
            yield _error(f"{_called(rank, papers)} is in the HTML alone; issue.txt.j2 leaves it out")
            return
    for rank in in_text:
        if rank not in in_html:
            yield _error(f"{_called(rank, papers)} is in the plaintext alone; issue.mjml.j2 leaves it out")
            return
    for ours, theirs in zip(in_text, in_html, strict=True):
        if ours != theirs:
            yield _error(
                f"{_called(ours, papers)} comes where the HTML has {_called(theirs, papers)}; order them alike"
            )
            return
    for rank, named in papers.items():
        if rank in in_html:
            yield from _both_show(rank, named, in_html[rank], in_text[rank])


def _by_rank(elements: Iterable[Element], recipe: Recipe) -> dict[int, str]:
    """Return what an edition has of each paper, by rank, in the order in which they come first."""
    found: dict[int, str] = {}
    for element in elements:
        match = _PAPER(element.name or "")
        if match and element.name in recipe.fragments:
            rank = int(match[1])
            found[rank] = found.get(rank, "") + _decoded(element)
    return found


def _decoded(element: Element) -> str:
    encoded = b"".join(piece for piece in element.pieces if isinstance(piece, bytes))
    return quopri.decodestring(encoded).decode("utf-8", "replace")


def _both_show(rank: int, named: Named, markup: str, text: str) -> Iterator[Finding]:
    source = html.unescape(markup)
    if not named.is_in(html.unescape(_TAG.sub("", markup)), "".join(source.split())):
        yield Finding("error", "html", f"paper {rank} ({_cut(named.title)}): it shows neither its title nor a link")
    if not named.is_in(text, "".join(text.split())):
        yield _error(f"paper {rank} ({_cut(named.title)}): it shows neither its title nor a link")


def _called(rank: int, papers: Mapping[int, Named]) -> str:
    return f"paper {rank} ({_cut(papers[rank].title)})" if rank in papers else f"paper {rank}"


def _cut(title: str) -> str:
    return title if len(title) <= 40 else title[:39] + "…"


def _error(text: str) -> Finding:
    return Finding("error", "plaintext", text)
