"""Normal forms of titles and names: what stays the same when two sources write the same thing.

They are made to be compared and never shown. Where two sources damage a text in ways that no rule of one
line mends, the forms differ, and the papers are told apart by their ids or not at all.
"""

import re
import unicodedata
from html import unescape

_GREEK = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma tau upsilon "
    "phi chi psi omega"
)
# What NFKD leaves as it is, though others write it in Latin letters: Greek by its TeX names, and ø, ł, æ.
_LATIN = str.maketrans(
    dict(zip("αβγδεζηθικλμνξοπρστυφχψω", _GREEK.split(), strict=True))
    | {"ø": "o", "ł": "l", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe", "×": "x", "&": "and"}
)
_TAG = re.compile(r"</?[a-z][^<>]{0,60}>", re.IGNORECASE)
_EDITION = re.compile(
    r"\s*[(\[]\s*(?: (?:the\s+)? (?:extended|full|long|revised|updated|preprint|arxiv)\s+version | preprint"
    r" | v(?:ersion)?[\s.]*[0-9]{1,2} ) \s*[)\]] [\s.]*$",
    re.IGNORECASE | re.VERBOSE,
)
# TeX that says how letters look. Hugging Face drops the backslash inside math, so a font may have lost its own.
_TEX = re.compile(
    r"""\\[cvuHrdbtk](?=[\s{])
      | \\?(?:text|math)(?:bf|it|rm|sc|tt|sf|cal|bb|frak|normal|scr|superscript|subscript)?(?=\s*\{)
      | \\(?:emph|mbox|operatorname|boldsymbol|bm|ensuremath|left|right|it|bf|sc|em|tt|rm|cal|sf|var)
        (?=[^a-zA-Z] | (?<=var)(?:epsilon|theta|phi|rho|sigma|pi|kappa)\b)""",
    re.VERBOSE,
)
_TIMES = re.compile(r"\\times\b|(?<=[0-9])\s?times\b")
_SIGNS = re.compile(r"[\W_]+")
_UNSPACED = re.compile("[\u1100-\u11ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]")

_BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]")
_ET_AL = re.compile(r"[\s,]*\b(?:et\.?\s+al\b\.?|and\s+others|others)\s*$", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:jr|sr|ii|iii|iv|phd|ph\.d|md|m\.d|dr)\.?", re.IGNORECASE)
_INITIALS = re.compile(r"[^\W\d_](?:\.-?[^\W\d_])*\.?")


def normal_title(title: str) -> str:
    r"""Return the letters and digits of `title`, without case, marks, markup or a closing "(extended version)".

    "$\pi_0$: A Model", "π₀: a model" and "pi_0: A Model" all give "pi0amodel".
    """
    if "&" in title:
        title = unescape(title)
    if "<" in title:
        title = _TAG.sub("", title)
    title = _EDITION.sub("", title)
    if "\\" in title or "{" in title:
        title = _TEX.sub("", title)
    return _letters(_TIMES.sub("x", title))


def surname(name: str) -> str:
    """Return the last word of the family name in `name`, plain letters only; "" where there is none.

    "Ada Lovelace", "Lovelace, Ada" and "A. Lovelace" give "lovelace"; "Jan van der Berg" gives "berg".
    A Chinese, Japanese or Korean name in its own script is one word, since nothing tells its parts apart.
    """
    name = _ET_AL.sub("", _BRACKETS.sub(" ", _TEX.sub("", name) if "\\" in name else name))
    if _UNSPACED.search(unicodedata.normalize("NFC", name)):
        return _letters(name)
    words = name.partition(",")[0].split()
    for closing in (_SUFFIX, _INITIALS):  # "Sam King Jr.", "Lovelace A."
        while len(words) > 1 and closing.fullmatch(words[-1]):
            words.pop()
    return _letters(words[-1]) if words else ""


def is_cut_list(names: tuple[str, ...]) -> bool:
    """Tell whether `names` says itself that authors are missing: its last one is or ends with "et al."."""
    return bool(names) and _ET_AL.search(names[-1]) is not None


def _letters(text: str) -> str:
    """Return letters and digits alone, in lower case, compatible characters made one, marks taken off."""
    if text.isascii():
        return _SIGNS.sub("", text.lower().replace("&", "and"))
    folded = unicodedata.normalize("NFKD", text).casefold()
    bare = "".join(c for c in folded if not unicodedata.category(c).startswith("M"))
    return _SIGNS.sub("", bare.translate(_LATIN))
