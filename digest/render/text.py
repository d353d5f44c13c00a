"""An issue as plaintext, for people who read mail in a terminal."""

import re
from collections.abc import Callable, Iterator

from digest.render.theme import Mark, Theme
from digest.render.view import IssueView

_TEMPLATE = "issue.txt.j2"
_EDGE = re.compile("\x02([^\x03]*)\x03")
"""A fragment's name between control characters, which no text of a paper holds; it opens a fragment,
and empty closes it."""


def render_text(theme: Theme, view: IssueView, mark: Mark | None = None) -> str:
    """Return `view` as lines of text, with `mark`'s lines around each fragment.

    Lines have no trailing whitespace, at most two blank ones follow each other, and the text of a
    fragment doesn't depend on what stands beside it. Raises TemplateError when a template can't be used.
    """
    rendered = theme.render(_TEMPLATE, issue=view, fragment=_fragment)
    return "".join(_assemble(rendered, mark)).lstrip("\n")


def _fragment(name: str, number: int = 0, *, caller: Callable[[], str]) -> str:
    """Serve `{% call fragment(name, number) %}`: note the edges, to be marked after tidying."""
    return f"\x02{name}:{number}\x03{caller()}\x02\x03"


def _assemble(rendered: str, mark: Mark | None) -> Iterator[str]:
    """Yield the tidied pieces: frame, fragment, frame and so on, as re.split gives them."""
    frame, *rest = _EDGE.split(rendered)
    yield _tidy(frame)
    while rest:
        name, inside, _, frame, *rest = rest
        opening, closing = mark(name) if mark else ("", "")
        yield f"{opening}\n{_tidy(inside)}{closing}\n" if mark else _tidy(inside)
        yield _tidy(frame)


def _tidy(piece: str) -> str:
    """Return `piece` with neat line ends; nothing when it is blank, so that fragments can be joined."""
    lines = "\n".join(line.rstrip() for line in piece.rstrip().splitlines())
    return re.sub(r"\n{4,}", "\n\n\n", "\n" + lines)[1:] + "\n" if lines else ""
