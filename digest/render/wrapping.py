"""Lines for a terminal: text wrapped and cut by display width, where a CJK character takes two columns.

Columns are those of Unicode's East Asian Width, as `rich.cells` counts them: a combining mark, a joiner or a
directional mark has none, an emoji with its skin tone or a family joined by U+200D has two. A terminal that draws
the family as its members shows a longer line; none is cut for it.
"""

import re
from collections.abc import Iterator

from rich.cells import cell_len

from digest.papers.clean import URL_LIMIT

WIDTH = 72
"""Columns of a plaintext line; leaves room for a quoting mark or two in a reply."""

_URL = re.compile(rf"(?:[A-Za-z][A-Za-z0-9+.-]{{0,20}}://|mailto:)[!-~]{{1,{URL_LIMIT}}}")
_BESIDE = 20
"""Characters, brackets and the like, that may stand beside a URL in what isn't broken."""
_BREAK = re.compile(r"[^\S\xa0\u202f\u2007]+")
"""White space where a line may end: all but the no-break spaces."""
_NOT_FIRST = frozenset("、。，．！？：；）］｝〉》」』】〕〗ー々…‥％")
"""Characters that don't begin a line in Chinese and Japanese; they stay with the one before."""
_NOT_LAST = frozenset("（［｛〈《「『【〔〖￥＄\xa0\u202f\u2007")
"""Characters that don't end a line there, and no-break spaces; they stay with the one behind."""
_JOINER = "\u200d"
_FLAG_LETTERS = ("\U0001f1e6", "\U0001f1ff")


def wrap(text: str, width: int = WIDTH, indent: str = "", hanging: str | None = None) -> str:
    """Return `text` as lines of at most `width` columns, each after `indent`.

    With `hanging` the second and later lines begin with it instead. A URL is never broken, even when it
    is wider, and neither is a no-break space. Other words that are too wide are broken between characters as a
    reader sees them: a combining mark stays with its letter, and a family is one.
    """
    lines, line, start = [], "", indent
    for gap, piece in _pieces(text):
        if line and cell_len(start + line + gap + piece) > width:
            lines.append(start + line)
            line, start = "", indent if hanging is None else hanging
        if _holds_url(piece) or cell_len(start + piece) <= width:
            line += (gap if line else "") + piece
            continue
        *full, line = _chop(piece, max(width - cell_len(start), 2))
        for part in full:
            lines.append(start + part)
            start = indent if hanging is None else hanging
    return "\n".join([*lines, start + line] if line else lines)


def cut(text: str, width: int) -> str:
    """Return `text` if it fits `width` columns, else its first words and "…", in `width` columns."""
    words = _words(text)
    if cell_len(" ".join(words)) <= width:
        return " ".join(words)
    kept = ""
    for gap, piece in _pieces(text):
        longer = kept + (gap if kept else "") + piece
        if cell_len(longer) >= width:
            break
        kept = longer
    kept = kept or _chop(words[0], max(width - 1, 2))[0]
    return kept.rstrip(" ,;:.–—-") + "…"


def some(names: list[str], width: int) -> tuple[list[str], int]:
    """Return the first names that fit `width` columns when joined by commas, and how many are left out."""
    kept: list[str] = []
    for name in names:
        if kept and cell_len(", ".join([*kept, name])) > width:
            break
        kept.append(name)
    return kept, len(names) - len(kept)


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield what may not be broken, each with the gap before it: words, and single wide characters."""
    for word in _words(text):
        gap = " "
        for piece in [word] if word.isascii() else _split_wide(word):
            yield gap, piece
            gap = ""


def _holds_url(piece: str) -> bool:
    return len(piece) <= URL_LIMIT + _BESIDE and _URL.search(piece) is not None


def _words(text: str) -> list[str]:
    return [word for word in map(str.strip, _BREAK.split(text)) if word]


def _split_wide(word: str) -> list[str]:
    """Return the pieces of a word that a line may end between: before and behind a wide character."""
    pieces: list[str] = []
    narrow = False
    for character in _characters(word):
        wide = cell_len(character) == 2
        follows = character in _NOT_FIRST or (not wide and (narrow or re.match(r"\W", character)))
        if pieces and (follows or pieces[-1][-1] in _NOT_LAST):
            pieces[-1] += character
        else:
            pieces.append(character)
        narrow = not wide
    return pieces


def _characters(word: str) -> Iterator[str]:
    """Yield the characters of a word as a reader sees them, and a URL in one."""
    start = 0
    for url in _URL.finditer(word):
        yield from _seen(word[start : url.start()])
        yield url[0]
        start = url.end()
    yield from _seen(word[start:])


def _seen(text: str) -> Iterator[str]:
    """Yield each character with the marks on it and whatever is joined to it; two letters of a flag are one."""
    seen = ""
    for char in text:
        pair = len(seen) == 1 and all(_FLAG_LETTERS[0] <= letter <= _FLAG_LETTERS[1] for letter in (seen, char))
        if seen and not (cell_len(char) == 0 or seen[-1] == _JOINER or pair):
            yield seen
            seen = ""
        seen += char
    if seen:
        yield seen


def _chop(word: str, width: int) -> list[str]:
    """Return `word` in pieces of at most `width` columns; needs 2 for a wide character."""
    parts, size = [""], 0
    for character in _seen(word):
        wide = cell_len(character)
        if size + wide > width:
            parts.append("")
            size = 0
        parts[-1] += character
        size += wide
    return [stripped for part in parts if (stripped := part.strip())]
