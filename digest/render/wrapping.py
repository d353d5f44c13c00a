"""Lines for a terminal: text wrapped and cut by display width, where a CJK character takes two columns."""

import re
from collections.abc import Iterator

from rich.cells import cell_len, get_character_cell_size

WIDTH = 72
"""Columns of a plaintext line; leaves room for a quoting mark or two in a reply."""

_LONGEST_URL = 900
"""Bytes up to which a URL is kept in one piece inside running text (RFC 5322 §2.1.1 ends a line at 998)."""

_NOT_FIRST = frozenset("、。，．！？：；）］｝〉》」』】〕〗ー々…‥％")
"""Characters that don't begin a line in Chinese and Japanese; they stay with the one before."""


def wrap(text: str, width: int = WIDTH, indent: str = "", hanging: str | None = None) -> str:
    """Return `text` as lines of at most `width` columns, each after `indent`.

    With `hanging` the second and later lines begin with it instead. A URL is never broken, even when it
    is wider. Other words that are too wide are broken at a character; a combining mark stays with its
    letter.
    """
    lines, line, start = [], "", indent
    for gap, piece in _pieces(text):
        if line and cell_len(start + line + gap + piece) > width:
            lines.append(start + line)
            line, start = "", indent if hanging is None else hanging
        if _is_url(piece) or cell_len(start + piece) <= width:
            line += (gap if line else "") + piece
            continue
        *full, line = _chop(piece, max(width - cell_len(start), 2))
        for part in full:
            lines.append(start + part)
            start = indent if hanging is None else hanging
    return "\n".join([*lines, start + line] if line else lines)


def cut(text: str, width: int) -> str:
    """Return `text` if it fits `width` columns, else its first words and "…", in `width` columns."""
    words = text.split()
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


def _is_url(piece: str) -> bool:
    return "://" in piece and len(piece.encode()) <= _LONGEST_URL


def _pieces(text: str) -> Iterator[tuple[str, str]]:
    """Yield what may not be broken, each with the gap before it: words, and single wide characters."""
    for word in text.split():
        gap = " "
        for piece in [word] if _is_url(word) else _split_wide(word):
            yield gap, piece
            gap = ""


def _split_wide(word: str) -> list[str]:
    if word.isascii():
        return [word]
    pieces: list[str] = []
    narrow = False
    for char in word:
        size = get_character_cell_size(char)
        joins = size == 0 or char in _NOT_FIRST or (size == 1 and (narrow or re.match(r"\W", char)))
        if pieces and joins:
            pieces[-1] += char
        else:
            pieces.append(char)
        narrow = size == 1 or (size == 0 and narrow)
    return pieces


def _chop(word: str, width: int) -> list[str]:
    """Return `word` in pieces of at most `width` columns; needs 2 for a wide character."""
    parts, size = [""], 0
    for char in word:
        wide = get_character_cell_size(char)
        if size + wide > width:
            parts.append("")
            size = 0
        parts[-1] += char
        size += wide
    return parts
