"""Scripts: raised and lowered text as Unicode where it has the forms, else as `^(…)` and `_(…)`."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Literal

from digest.papers.latex.letters import RAISED_AS_THEY_ARE, SUBSCRIPTS, SUPERSCRIPTS

_CLOSING = frozenset(")]}⟩⌋⌉‖|")
_ALSO_BASES = frozenset("'′″*†‡⋆°∑∏∫⋃⋂⨁∇⁺⁻⁾₊₋₎…")  # signs that carry scripts in formulas
_SPACED_SIGN = re.compile(r" ?([-+=×<>≤≥∈,→]) ?")
_KINDS: dict[str, Literal["sub", "sup"]] = {"_": "sub", "^": "sup"}


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a legible text, and how it is set."""

    text: str
    kind: Literal["plain", "sub", "sup"] = "plain"


def script(sign: str, text: str, before: str) -> str:
    """Return `text` as the script that `sign` ("^" or "_") makes of it, after the character `before`.

    The whole script is in Unicode, or the whole is written as `^(…)`. Where nothing carries it, or its
    brackets don't match, it is plain text.
    """
    text = text.strip()
    if not text:
        return ""
    if sign == "^" and all(c in RAISED_AS_THEY_ARE for c in text):
        return "".join(RAISED_AS_THEY_ARE[c] for c in text)
    forms = SUPERSCRIPTS if sign == "^" else SUBSCRIPTS
    text = _SPACED_SIGN.sub(r"\1", text)
    if all(c in forms for c in text):
        return "".join(forms[c] for c in text)
    return f"{sign}({text})" if is_base(before) and _balanced(text) else text


def is_base(character: str) -> bool:
    """Tell whether `character` can carry a script: a letter, a digit, a closing bracket, or their like."""
    if not character:
        return False
    return (
        character.isalnum()
        or character in _CLOSING
        or character in _ALSO_BASES
        or unicodedata.combining(character) > 0
        or unicodedata.category(character) == "Mn"
    )


def scripted(text: str) -> tuple[Span, ...]:
    """Return `text` cut into spans at each `_(…)` and `^(…)` that follows a base and whose brackets match.

    Joined, the spans are the text without this notation. A script inside a script is flat.
    """
    if "_(" not in text and "^(" not in text:
        return (Span(text),) if text else ()
    partners = _partners(text)
    spans: list[Span] = []
    pieces: list[str] = []  # of the span that is being read
    ends: set[int] = set()  # the closing brackets that belong to the notation
    outer, kind = -1, "plain"
    index = 0
    while index < len(text):
        if index in ends:
            if index == outer:
                spans.append(Span("".join(pieces), _KINDS[kind]))
                pieces, outer, kind = [], -1, "plain"
            index += 1
        elif (end := _script_end(text, index, partners)) is not None:
            ends.add(end)
            if outer < 0:
                if pieces:
                    spans.append(Span("".join(pieces)))
                pieces, outer, kind = [], end, text[index]
            index += 2
        else:
            pieces.append(text[index])
            index += 1
    if pieces:
        spans.append(Span("".join(pieces)))
    return tuple(spans)


def _script_end(text: str, index: int, partners: dict[int, int]) -> int | None:
    """Return where the script that begins at `index` ends, or None where none begins."""
    if text[index] not in _KINDS or index == 0 or text[index + 1 : index + 2] != "(":
        return None
    end = partners.get(index + 1)
    return end if end is not None and end > index + 2 and is_base(text[index - 1]) else None


def _partners(text: str) -> dict[int, int]:
    """Return the offset of the closing bracket for that of each opening one."""
    partners: dict[int, int] = {}
    open_ones: list[int] = []
    for index, character in enumerate(text):
        if character == "(":
            open_ones.append(index)
        elif character == ")" and open_ones:
            partners[open_ones.pop()] = index
    return partners


def _balanced(text: str) -> bool:
    depth = 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            return False
    return depth == 0
