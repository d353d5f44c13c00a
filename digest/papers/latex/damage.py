r"""Damage: the marks that a service left of formulas, made macros again where nothing else can be meant.

Hugging Face takes `$` away and, inside formulas, the backslashes: `$4.7\times$` → `4.7times`, `$\pi_0$` →
`pi_0`; of `\macro{x}` it keeps `x`: `\frac{8}{255}` → `8{255}`, `\href{url}{here}` → `url{here}`. A word is a
macro again only where no sentence can have it: glued to a digit, with braces or a script behind it, or no
word of English at all. Greek letters by their names, which are words too, need such a trace in the same text.
"""

import re
from collections.abc import Callable, Iterable

from digest.papers.latex.symbols import GREEK_CAPITAL, GREEK_SMALL
from digest.papers.latex.tokens import SITE, URL

_GREEK = "|".join(sorted((*GREEK_SMALL, *GREEK_CAPITAL), key=len, reverse=True))
_SMALL = "|".join(sorted(set(GREEK_SMALL) - {"pi", "xi", "nu", "mu"}, key=len, reverse=True))
_ARROW = "(?:[lL]ong)?(?:[lL]eft)?[rR]ightarrow|(?:[lL]ong)?[lL]eftarrow|uparrow|downarrow"
_RELATION = "leqslant|geqslant|leq|geq|neq|propto|lesssim|gtrsim|cdots|cdot|ldots"
_NAMED = f"{_GREEK}|ell|sum|prod|nabla|partial"
_WITH_BRACES = (
    "mathcal|mathbb|mathrm|mathbf|mathfrak|mathsf|mathtt|mathit|mathscr|boldsymbol|operatorname|textbf|textit|texttt|"
    "textsc|textrm|textsf|emph|text|sqrt|frac|widetilde|widehat|overline|underline|tilde|hat|bar|vec|ddot|footnote"
)
_NO_WORDS = ("varepsilon", "varphi", "vartheta", "varrho", "infty", "nabla", "subseteq", *_RELATION.split("|"))
_SCRIPT = r"(?:\{|\*|[0-9]+(?!\w)|[A-Za-z](?!\w))"
_NUMBER_END = r"(?=[0-9.,]*[0-9](?:[%\\,.;:)/ +-]|times|[kKMBx](?![a-z])|$))"


def _macro(word: str) -> str:
    return f"\\{word.strip()}{{}}"


def _link(text: str) -> str:
    url, _, label = text.partition("{")
    url = url.rstrip()
    return f"\\href{{{url}}}{{{label}"


def _fraction(text: str) -> str:
    over, _, under = text.partition("{")
    return f"\\frac{{{over}}}{{{under}"


def _tilde(text: str) -> str:
    accent, _, letter = text.partition(" ")
    return f"\\{accent}{{{letter if len(letter) == 1 else _macro(letter)}}}"


def _angles(text: str) -> str:
    return f"\\langle{{}}{text[6:-6].strip()}\\rangle{{}}"


def _product(text: str) -> str:
    return re.sub("times(?![a-z])", _macro("times").replace("\\", "\\\\"), text)


def _with_letter(text: str) -> str:
    base, _, letter = text.partition("_")
    return f"{base if len(base) == 1 else _macro(base)}_{_macro(letter)}"


_KEPT = re.compile(rf"\\(?:[A-Za-z]+|.|$)|(?<![A-Za-z0-9)]){URL}|{SITE}", re.DOTALL)
_PLACE = "\ufdd0"  # stands for what is kept; no clean line has this character

# Each rule: a word that is in every text with this damage, the pattern of it, and what is written for a match.
# Common words come first in their pattern, which then looks back: so the engine finds them as fast as any word.
_NOT_IN_WORD = r"(?<![A-Za-z\\])"
_RULES: tuple[tuple[str, str, Callable[[str], str]], ...] = (
    # 4.7times, 256 times 256, times3.2, Ntimes, 360^circtimes
    ("times", r"times(?<=[0-9]times)(?!tep|tamp)", _macro),
    ("times", r"times(?<=[0-9] times)(?= [0-9])", _macro),
    ("times", r"times(?=[0-9])(?<![\w\\-]times)", _macro),
    ("times", r"times(?![a-z])(?:(?<=\b[NMKLDdnkm]times)|(?<=\^circtimes))", _macro),
    ("times", r"times(?<=\b([A-Za-z]) times)(?= \1\b)", _macro),
    ("times", r"\^\{[^{}]{1,40}times[^{}]{1,40}\}", _product),
    ("times", rf"{_NOT_IN_WORD}(?:{_GREEK})(?=times(?![a-z]))", _macro),
    # 1.2{sim}1.3, {bf MASK}, 8{255}, mathcal{O}
    ("{", rf"(?<![A-Za-z_^}}\]])\{{(?:sim|times|to|pm|{_RELATION}|{_ARROW})\}}", lambda group: _macro(group[1:-1])),
    ("{", r"\{(?:bf|it|em|rm|tt|sc|cal) (?=[^{}]+\})", lambda font: "{\\" + font[1:]),
    ("{", r"(?<![\w.,\\}])[0-9]{1,3}\{(?:[0-9]{1,4}|[A-Za-z])\}", _fraction),
    ("text{", rf"{_NOT_IN_WORD}text\{{[^{{}}]{{1,80}}\}}(?=\{{[0-9]{{1,4}}\}})", lambda over: "\\frac" + over[4:]),
    ("{", rf"{_NOT_IN_WORD}(?:{_WITH_BRACES})(?=\{{)", lambda word: "\\" + word),
    # A rightarrow B, ARleftrightarrowEN
    ("arrow", rf"(?<!\\)(?:{_ARROW})(?![a-z])", _macro),
    # sim700, approx20%, (leq2B), 0.2pm0.1, 0.117to0.598
    *(
        (word, rf"{word}(?=[0-9])(?<![\w\\-]{word}){_NUMBER_END}", _macro)
        for word in ("sim", "approx", "leq", "geq", "neq", "pm", "le", "ge")
    ),
    ("pm", r"pm(?:(?<=[0-9]pm)(?=[0-9]+\.[0-9])|(?<=[0-9] pm)(?= [0-9]+\.[0-9]))", _macro),
    ("to", r"to(?=[0-9])(?:(?<=\.[0-9]to)|(?<=\.[0-9][0-9]to)|(?<=\.[0-9][0-9][0-9]to)|(?<=[0-9]%to))", _macro),
    # x!in!{4,8}, 0.28!-!0.61
    ("!", r"(?<=[\w)}])![-=<>+]!(?=[\w{(])", lambda sign: sign[1]),
    ("!", r"(?<=[\w)}])!(?:in|times|to|sim|approx|leq|geq)!(?=[\w{(])", lambda word: _macro(word[1:-1])),
    # tilde Omega, epsilon^4, ell_1, 360^circ
    ("tilde ", rf"(?<![\w\\])tilde (?:{_GREEK}|O)(?!\w)", _tilde),
    ("_", rf"{_NOT_IN_WORD}(?<!_)(?:{_NAMED}|[A-Za-z])_(?:{_GREEK}|infty)(?!\w)", _with_letter),
    ("_", rf"{_NOT_IN_WORD}(?<!_)(?:{_NAMED})(?=_{_SCRIPT})", _macro),
    ("^", rf"{_NOT_IN_WORD}(?<!_)(?:{_NAMED})(?=\^{_SCRIPT})", _macro),
    ("^", r"(?<=\^)(?:circ|star|dagger|prime|top|ast|ddagger)(?![a-z])", _macro),
    # langle x, y rangle, lambdacdot d, componentsx2013such (it was an \\unicode)
    ("langle", r"langle(?<![\w\\]langle)[^<>]{1,120}?rangle\b", _angles),
    ("cdot", rf"{_NOT_IN_WORD}(?:{_GREEK})(?=cdot)", _macro),
    ("x20", r"(?<=[a-z0-9,.)])x20(?:1[3-9a-dA-D])(?=[a-z])", lambda code: chr(int(code[1:], 16))),
    *((word, rf"{word}(?<![A-Za-z\\-]{word})(?![a-z])", _macro) for word in _NO_WORDS),
)
_COMPILED = tuple((word, re.compile(pattern), mend) for word, pattern, mend in _RULES)
# Links, which are kept from all other rules: https://…{label}, word\footnote{https://…}
_LINK = re.compile(rf"(?<![A-Za-z0-9)])(?:{URL}/?|{SITE})(?<=[\w/])(?:\{{| \{{(?=http))[^{{}}]{{1,300}}\}}")
_GLUED = re.compile(rf"(?<=[a-z0-9)]){URL}")
_COLOUR = re.compile(r"\\color\{[a-z]+([A-Z]+)\}")  # of \textbf{\color{red}D}ecoupled

# Where the same text has a certain trace of a formula, what would be a word elsewhere.
_LIKELY = re.compile(
    rf"{_NOT_IN_WORD}(?<![_-])(?:(?:{_SMALL})(?==|/| [<>=] [0-9.]+|\))|(?:approx|sim)(?= [0-9]))"
    rf"|(?<=/)(?:{_SMALL})(?!\w)"
)

_LETTER = re.compile(rf"\\({_SMALL})\{{\}}")


def mended(text: str) -> str:
    """Return `text` with the macros that a service broke written as macros again."""
    if "http" in text or "{" in text:
        text = _GLUED.sub(lambda match: f" ({match[0]})", _LINK.sub(lambda match: _link(match[0]), text))
        text = _COLOUR.sub(r"\1", text)
    rules = [(pattern, mend) for word, pattern, mend in _COMPILED if word in text and pattern.search(text)]
    if not rules or _PLACE in text:
        return text
    kept = _KEPT.findall(text)
    free = _mended(_KEPT.sub(_PLACE, text) if kept else text, rules)
    pieces = free.split(_PLACE)
    return "".join(piece + back for piece, back in zip(pieces, (*kept, ""), strict=True))


def _mended(text: str, rules: Iterable[tuple[re.Pattern[str], Callable[[str], str]]]) -> str:
    found = 0
    for pattern, mend in rules:
        text, count = pattern.subn(lambda match, mend=mend: mend(match[0]), text)  # type: ignore[misc]
        found += count
    if not found:
        return text
    text = _LIKELY.sub(lambda match: _macro(match[0]), text)
    letters = "|".join(sorted(set(_LETTER.findall(text))))  # the same letter, wherever else it stands
    return (
        re.sub(rf"{_NOT_IN_WORD}(?<![_-])(?:{letters})(?!\w)", lambda match: _macro(match[0]), text)
        if letters
        else text
    )
