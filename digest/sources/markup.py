"""Markup to text: what is HTML in a title or abstract goes, what only looks like it stays.

Only elements that HTML, JATS or MathML have are markup. "$a<b$", "x < y" and "<think>" are what somebody
wrote, so no parser of HTML is let near them.
"""

import html
import re

_INLINE = """
    a abbr acronym b bdi bdo big cite code del dfn em font i img ins kbd mark q s samp small span strike strong
    sub sup time tt u var wbr
"""
_BLOCKS = """
    address article aside blockquote body br caption center dd details div dl dt figcaption figure footer h1 h2
    h3 h4 h5 h6 head header hr html li main nav ol p pre section summary table tbody td tfoot th thead title tr ul
"""
_SILENT = "script style template noscript iframe object svg"
_MARKUP = re.compile(
    rf"<!--|<(?P<closing>/?)(?P<name>[a-z]+:[a-z][\w-]*|(?:{'|'.join(f'{_INLINE} {_BLOCKS} {_SILENT}'.split())}))"
    r"(?:\s[^<>]*|/)?>",
    re.IGNORECASE,
)
_APART = frozenset([*_BLOCKS.split(), "jats:p", "jats:title", "jats:sec"])
_DROPPED = frozenset(_SILENT.split())
_RAISED = re.compile(r"<(su[bp])>([0-9+\-\N{MINUS SIGN}n]{1,12})</\1>", re.IGNORECASE)
_SUP = str.maketrans("0123456789+-\N{MINUS SIGN}n", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿ")
_SUB = str.maketrans("0123456789+-\N{MINUS SIGN}n", "₀₁₂₃₄₅₆₇₈₉₊₋₋ₙ")


def plain(markup: str) -> str:
    """Return the text of `markup`: tags and comments out, blocks apart, entities decoded, Ca²⁺ raised."""
    markup = _RAISED.sub(lambda m: m[2].translate(_SUP if m[1].lower() == "sup" else _SUB), markup)
    pieces, at = [], 0
    while match := _MARKUP.search(markup, at):
        pieces.append(markup[at : match.start()])
        name, at = (match["name"] or "").lower(), match.end()
        if not name:
            at = _behind(markup, "-->", at)
        elif name in _DROPPED and not match["closing"] and not match[0].endswith("/>"):
            at = _behind(markup, ">", _behind(markup, f"</{match['name']}", at))
        elif name in _APART:
            pieces.append(" ")
    return html.unescape("".join([*pieces, markup[at:]]))


def _behind(text: str, end: str, at: int) -> int:
    """Return the place behind the next `end`; of the whole text where it never comes."""
    found = text.find(end, at)
    return len(text) if found < 0 else found + len(end)
