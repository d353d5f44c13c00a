"""Letters: the alphabets, scripts and accents that Unicode has for what TeX makes with fonts and boxes."""

import string
import unicodedata

_SCRIPT_GAPS = dict(zip("BEFHILMRego", "ℬℰℱℋℐℒℳℛℯℊℴ", strict=True))
_DOUBLE_GAPS = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))
_FRAKTUR_GAPS = dict(zip("CHIRZ", "ℭℌℑℜℨ", strict=True))


def _alphabet(capital: int, small: int, gaps: dict[str, str]) -> dict[str, str]:
    """Return an alphabet of the Mathematical Alphanumeric Symbols; some letters are older and lie elsewhere."""
    capitals = {c: chr(capital + i) for i, c in enumerate(string.ascii_uppercase)}
    smalls = {c: chr(small + i) for i, c in enumerate(string.ascii_lowercase)}
    return capitals | smalls | gaps


_CALLIGRAPHIC = _alphabet(0x1D49C, 0x1D4B6, _SCRIPT_GAPS)
_BLACKBOARD = _alphabet(0x1D538, 0x1D552, _DOUBLE_GAPS) | {str(i): chr(0x1D7D8 + i) for i in range(10)}
_FRAKTUR = _alphabet(0x1D504, 0x1D51E, _FRAKTUR_GAPS)
ALPHABETS = {
    **dict.fromkeys(("mathcal", "mathscr", "cal"), _CALLIGRAPHIC),
    **dict.fromkeys(("mathbb", "mathbbm", "mathds", "Bbb"), _BLACKBOARD),
    **dict.fromkeys(("mathfrak", "frak"), _FRAKTUR),
}
"""For each macro of an alphabet, its letters."""

SUPERSCRIPTS = dict(
    zip(
        "0123456789+-=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVW×βγδθφχ−",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂˣᵝᵞᵟᶿᵠᵡ⁻",
        strict=True,
    )
)
SUBSCRIPTS = dict(
    zip(
        "0123456789+-=()aehijklmnoprstuvxβγρφχ−",
        "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ₋",
        strict=True,
    )
)
"""The characters that have a raised or a lowered form."""

RAISED_AS_THEY_ARE = {"∘": "°", "*": "*", "′": "′", "†": "†", "‡": "‡", "⋆": "⋆", "″": "″", "'": "′", "°": "°"}
"""What stands high anyway: as a whole superscript it needs no form of its own."""

MATH_ACCENTS = {
    "hat": "\u0302", "widehat": "\u0302", "bar": "\u0304", "overline": "\u0304", "tilde": "\u0303",
    "widetilde": "\u0303", "dot": "\u0307", "ddot": "\u0308", "vec": "\u20d7", "overrightarrow": "\u20d7",
    "check": "\u030c", "breve": "\u0306", "acute": "\u0301", "grave": "\u0300", "mathring": "\u030a", "Bar": "\u0304",
    "Hat": "\u0302", "Tilde": "\u0303",
}  # fmt: skip
TEXT_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307", '"': "\u0308",
    "u": "\u0306", "v": "\u030c", "H": "\u030b", "c": "\u0327", "k": "\u0328", "r": "\u030a", "d": "\u0323",
    "b": "\u0331", "t": "\u0361",
}  # fmt: skip
"""Combining characters of the accents in formulas and in words."""

_DOTLESS = {"ı": "i", "ȷ": "j"}


def accented(text: str, mark: str) -> str:
    """Return `text` with the combining character `mark` on its first letter (NFC).

    A word of several letters stays as it is: no accent of Unicode spans it.
    """
    head = text[:1]
    if not head.isalnum() or (len(text) > 1 and text[1].isalpha() and unicodedata.category(text[1]) != "Lm"):
        return text
    return unicodedata.normalize("NFC", _DOTLESS.get(head, head) + mark) + text[1:]


def word_accent(text: str, mark: str) -> str | None:
    """Return `text` with `mark` on its first letter, or None where no language writes it so."""
    head = _DOTLESS.get(text[:1], text[:1])
    letter = unicodedata.normalize("NFC", head + mark)
    return letter + text[1:] if len(letter) == 1 and head else None


def in_alphabet(name: str, text: str) -> str:
    """Return `text` in the alphabet of the macro `name`, as far as it has the letters."""
    letters = ALPHABETS[name]
    return "".join(letters.get(c, c) for c in text)
