"""Tokens: a text cut where TeX would see something, with the partner of each brace."""

import re

URL = r"https?://[^\s{}\\$<>\"^`|]{0,1000}[^\s{}\\$<>\"^`|.,;:!?')\]]"
r"""What a link looks like in running text, for patterns: up to a space, a brace or a backslash."""

SITE = r"(?<![\w./@-])(?:[\w-]{1,60}\.){1,4}(?:com|io|org|net|co|ai|edu|dev|cn)/[\w./%~+-]{1,200}"
"""A link without its scheme, with a path."""

_TOKEN = re.compile(
    rf"\\[A-Za-z]+\*?|\\.|\\$|(?<![A-Za-z]){URL}|{SITE}|[${{}}^_~ ]|(?:[^\\${{}}^_~ (\[<h]|h(?!ttps?://))+|.",
    re.DOTALL,
)
_MACROS = re.compile(r"\\(?:[A-Za-z]+\*?|.)?(?:\{[^{}]*\})*")
_PROSE = re.compile(
    r"\b(?:and|or|the|is|are|was|to|for|of|in|with|per|an|we|it|its|that|while|from|on|by|as|at|than|this|which|our)\b"
)
_WORD = re.compile(r"[A-Za-z]{3}")
_TEX = re.compile(r"[\\^_{]")
_FORMULA_LIMIT = 2_000


class Tokens:
    """The tokens of a text. `items[i]` may be shortened by who takes a part of a token."""

    def __init__(self, text: str) -> None:
        self.items = _TOKEN.findall(text)
        self.partners = _partners(self.items)
        self._without_end: set[tuple[str, int]] = set()

    def __len__(self) -> int:
        return len(self.items)

    def source(self, start: int, end: int) -> str:
        """Return the text of the tokens from `start` up to `end`."""
        return "".join(self.items[start:end])

    def closer(self, start: int, end: int, wanted: str) -> int | None:
        """Return where `wanted` stands outside of braces from `start` on, before `end`, or None."""
        if (wanted, end) in self._without_end:
            return None
        index = start
        while index < end:
            if self.items[index] == wanted:
                return index
            index = self.partners.get(index, index) + 1
        self._without_end.add((wanted, end))
        return None

    def formula_end(self, start: int, end: int) -> int | None:
        r"""Return where the formula ends that `$` begins before `start`; None where that `$` is money."""
        close = self.closer(start, end, "$")
        if close is None:
            return None
        following = self.items[close + 1][:1] if close + 1 < len(self.items) else ""
        return close if is_formula(self.source(start, close), following) else None


def is_formula(content: str, following: str) -> bool:
    """Tell whether `content`, found between two dollar signs before the character `following`, is a formula.

    "$5 and $10", "$5-$20" and "$100 for …, $200" are prices. A formula is no running prose; without anything
    that only TeX has, it has no space inside its ends, and no digit behind it.
    """
    if not content.strip() or len(content) > _FORMULA_LIMIT:
        return False
    starts_as_number = content.lstrip()[0] in "0123456789."
    words = len(_PROSE.findall(_MACROS.sub(" ", content)))
    if words > (4 if content[0] == "\\" else 1) or (words and starts_as_number):
        return False
    if _TEX.search(content):
        return True
    if content[0].isspace() or content[-1].isspace():
        return content[0] == content[-1] and not starts_as_number and _WORD.search(content) is None
    return not (following.isdigit() and starts_as_number)


def _partners(items: list[str]) -> dict[int, int]:
    """Return the index of the closing brace for that of each opening one."""
    partners: dict[int, int] = {}
    open_ones: list[int] = []
    for index, item in enumerate(items):
        if item == "{":
            open_ones.append(index)
        elif item == "}" and open_ones:
            partners[open_ones.pop()] = index
    return partners
