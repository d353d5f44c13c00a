"""Legible text: the ways in. Both functions are pure, take any string, and never raise."""

import re
import unicodedata

from digest.papers.latex.commands import COMMANDS
from digest.papers.latex.damage import mended
from digest.papers.latex.quotes import with_quotes
from digest.papers.latex.reader import Reader

_TEX = re.compile(r"[\\$^_{~`]")
_SPACES = re.compile(r"\s+")
_ROUNDS = 4  # reading what was escaped ("\_", "\$") may bring up something to read


def legible(text: str) -> str:
    """Return one clean line as a person would read it: TeX, and what is left of it, as Unicode.

    A text without any TeX is returned as it is. Reading a legible text changes nothing.
    """
    for _ in range(_ROUNDS):
        before = text
        text = _read(text)
        if text == before:
            break
    return text


def legible_name(text: str) -> str:
    r"""Return the name of a person with its TeX accents and braces as letters: `Erd{\H o}s` → Erdős."""
    if not _TEX.search(text):
        return text
    return _tidy(Reader(text, COMMANDS, names=True).read())


def _read(text: str) -> str:
    text = with_quotes(mended(text))
    if not _TEX.search(text):
        return text
    return _tidy(Reader(text, COMMANDS).read())


def _tidy(text: str) -> str:
    return _SPACES.sub(" ", unicodedata.normalize("NFC", text)).strip()
