"""Symbols: which characters a macro without arguments stands for."""

from pylatexenc.latex2text import get_default_latex_context_db

from digest.papers.latex.macros import words

GREEK_SMALL = words(
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi pi rho "
    "varrho sigma tau upsilon phi varphi chi psi omega"
)
GREEK_CAPITAL = words("Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega")

FUNCTIONS = frozenset(
    words(
        "arccos arcsin arctan arg argmax argmin cos cosh cot coth csc det dim exp gcd hom inf ker lg lim liminf limsup "
        "ln log max min mod Pr sec sin sinh sup tan tanh softmax polylog poly"
    )
)
"""Macros that are words in a formula: a space stands between them and a letter."""

_OURS = {
    # One form of each letter: the other one is missing in many fonts, and nobody searches for it.
    "epsilon": "ε",
    "phi": "φ",
    "varphi": "φ",
    "varrho": "ρ",
    "vartheta": "θ",
    "textmu": "μ",
    "deg": "°",
    "degree": "°",
    "textdegree": "°",
    "celsius": "°C",
    "arcdeg": "°",
    "bmod": "mod",
    "dots": "…",
    "dotsc": "…",
    "dotsb": "…",
    "ldots": "…",
    "cdots": "⋯",
    "textellipsis": "…",
    "colon": ":",
    "coloneqq": "≔",
    "le": "≤",
    "ge": "≥",
    "leqslant": "≤",
    "geqslant": "≥",
    "ne": "≠",
    "neq": "≠",
    "lesssim": "≲",
    "gtrsim": "≳",
    "to": "→",
    "gets": "←",
    "iff": "⟺",
    "implies": "⟹",
    "land": "∧",
    "lor": "∨",
    "lnot": "¬",
    "vert": "|",
    "mid": "|",
    "lvert": "|",
    "rvert": "|",
    "Vert": "‖",
    "lVert": "‖",
    "rVert": "‖",
    "lbrace": "{",
    "rbrace": "}",
    "lbrack": "[",
    "rbrack": "]",
    "star": "⋆",
    "ast": "*",
    "prime": "′",
    "circ": "∘",
    "bullet": "•",
    "dag": "†",
    "ddag": "‡",
    "checkmark": "✓",
    "cmark": "✓",
    "xmark": "✗",
    "textbackslash": "∖",  # a real one would be read as TeX by the next reader
    "backslash": "∖",
    "pounds": "£",
    "euro": "€",
    "bot": "⊥",
    "top": "⊤",
    "textasciitilde": "~",
    "textasciicircum": "^",
    "textunderscore": "_",
    "textbar": "|",
    "textless": "<",
    "textgreater": ">",
    "textdollar": "$",
    "textendash": "–",
    "textemdash": "—",
    "textquoteleft": "‘",
    "textquoteright": "’",
    "textquotedblleft": "“",
    "textquotedblright": "”",
    "textquotesingle": "'",
    "lq": "‘",
    "rq": "’",
    "textregistered": "®",
    "texttrademark": "™",
    "copyright": "©",
    "textcopyright": "©",
    "slash": "/",
    "item": " • ",
    "eg": "e.g.",
    "ie": "i.e.",
    "etal": "et al.",
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "BibTeX": "BibTeX",
    "newline": " ",
    "par": " ",
    "linebreak": " ",
    "quad": " ",
    "qquad": " ",
    "thinspace": " ",
    "enspace": " ",
    "space": " ",
    "nobreakspace": " ",
    # Signs, not letters, after a backslash.
    "%": "%",
    "&": "&",
    "#": "#",
    "_": "_",
    "$": "$",
    "{": "{",
    "}": "}",
    "|": "‖",
    ",": " ",
    ";": " ",
    ":": " ",
    ">": " ",
    " ": " ",
    "\\": " ",
    "!": "",
    "-": "",
    "/": "",
    "@": "",
}


def _table() -> dict[str, str]:
    """Return what pylatexenc knows of macros with one fixed text, with our own words over it."""
    known = {
        spec.macroname: spec.simplify_repl
        for spec in get_default_latex_context_db().iter_macro_specs()
        if isinstance(spec.simplify_repl, str) and "%" not in spec.simplify_repl
    }
    return known | _OURS


SYMBOLS = _table()
"""The text of each macro without arguments, by its name without the backslash."""

SIGNS = {
    51: "✓", 52: "✔", 53: "✕", 54: "✖", 55: "✗", 56: "✘", 72: "★", 73: "☆", 108: "●", 110: "■", 115: "▲", 168: "♣",
    170: "♥", 171: "♠", 172: "①", 173: "②", 174: "③", 175: "④", 176: "⑤",
    182: "❶", 183: "❷", 184: "❸", 185: "❹", 186: "❺",
}  # fmt: skip
r"""Dingbats by their number in the font, for `\ding`."""
