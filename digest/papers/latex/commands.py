"""Commands: what becomes of the arguments of the macros that are known."""

import re
import unicodedata

from digest.papers.latex.letters import ALPHABETS, MATH_ACCENTS, TEXT_ACCENTS, accented, in_alphabet, word_accent
from digest.papers.latex.macros import CITATIONS, DROPPED, FONTS, FRACTIONS, IGNORED, SECOND
from digest.papers.latex.reader import Command, Reader, Scope
from digest.papers.latex.scripts import script
from digest.papers.latex.symbols import SIGNS

_SIMPLE = re.compile(r"\w+(?:\.[0-9]+)?[\u0300-\u036f]?|[^\s()+\-/*]")
_SCHEME = re.compile(r"^https?://(?:www\.)?")


def _font(reader: Reader, _name: str, index: int, scope: Scope) -> int:
    r"""Keep the argument of `\textbf {x}`, `\mathbf x`."""
    spaced = reader.at(index, scope) == " " and reader.at(index + 1, scope) == "{"
    if reader.at(index, scope) == "{" or spaced or scope.math:
        text, index = reader.argument(index, scope)
        scope.writer.put(text)
    return index


def _ignored(reader: Reader, name: str, index: int, scope: Scope) -> int:
    r"""Skip a macro that only changes the look, with the space that ends its name, and the dot of `\left.`."""
    following = reader.at(index, scope)
    if following == "{" and reader.group_end(index, scope) is not None:
        text, index = reader.argument(index, scope)
        scope.writer.put(text)
        return index
    if following == " ":
        return index + 1
    if following[:1] == "." and name in ("left", "right"):
        reader.items[index] = following[1:]
        return index + (not reader.items[index])
    return index


def _dropped(reader: Reader, name: str, index: int, scope: Scope) -> int:
    """Leave out a macro with its arguments: marks of citations and footnotes, colours, lengths."""
    if name in CITATIONS:
        scope.writer.drop_space()
    for _ in range(DROPPED[name]):
        index = reader.skip_options(index, scope)
        if reader.at(index, scope) == "{":
            close = reader.group_end(index, scope)
            index = close + 1 if close is not None else index + 1
    if name in CITATIONS and scope.writer.last == "." and reader.at(index, scope) == ".":  # et al.~\cite{x}.
        return index + 1
    if name in ("begin", "end"):
        scope.writer.put(" ")
        return reader.skip_options(index, scope)
    return index


def _second(reader: Reader, _name: str, index: int, scope: Scope) -> int:
    r"""Keep the second argument of `\textcolor{red}{x}`."""
    index = reader.skip_options(index, scope)
    _, index = reader.argument(index, scope)
    if reader.at(index, scope) == "{":
        text, index = reader.argument(index, scope)
        scope.writer.put(text)
    return index


def _first(reader: Reader, _name: str, index: int, scope: Scope) -> int:
    r"""Keep the first argument of `\replaced{new}{old}`."""
    text, index = reader.argument(index, scope)
    scope.writer.put(text)
    if reader.at(index, scope) == "{":
        _, index = reader.argument(index, scope)
    return index


def _fraction(reader: Reader, _name: str, index: int, scope: Scope) -> int:
    over, index = reader.argument(index, scope)
    under, index = reader.argument(index, scope)
    parts = filter(None, (_bracketed(over), _bracketed(under)))
    scope.writer.put_word("/".join(parts))
    if reader.at(index, scope)[:1] == "(":
        scope.writer.put(" ")
    return index


def _binomial(reader: Reader, _name: str, index: int, scope: Scope) -> int:
    over, index = reader.argument(index, scope)
    under, index = reader.argument(index, scope)
    scope.writer.put(f"C({over.strip()}, {under.strip()})")
    return index


def _root(reader: Reader, _name: str, index: int, scope: Scope) -> int:
    degree = reader.tokens.source(index, index + 2)[:3]
    index = reader.skip_options(index, scope)
    text, index = reader.argument(index, scope)
    scope.writer.put({"[3]": "∛", "[4]": "∜"}.get(degree, "√") + _bracketed(text))
    return index


def _alphabet(reader: Reader, name: str, index: int, scope: Scope) -> int:
    text, index = reader.argument(index, scope)
    scope.writer.put(in_alphabet(name, text))
    return index


def _math_accent(reader: Reader, name: str, index: int, scope: Scope) -> int:
    text, index = reader.argument(index, scope)
    scope.writer.put(accented(text, MATH_ACCENTS[name]))
    return index


def _word_accent(reader: Reader, name: str, index: int, scope: Scope) -> int:
    r"""Write the letter of `\'e`, `\v{s}`, `\"{\i}`; without one, the sign itself, or the macro's own word."""
    following = reader.at(index, scope)
    if name.isalpha() and following[:1] not in (" ", "{", "\\"):
        scope.writer.put(name)
        return index
    if _is_escaped_quote(name, following, scope.writer.last):
        scope.writer.put(name)
        return index
    text, index = reader.argument(index, scope)
    accent = word_accent(text, TEXT_ACCENTS[name])
    if accent is None:
        scope.writer.put(text if name.isalpha() else name + text)
    else:
        scope.writer.put(accent)
    return index


def _is_escaped_quote(name: str, following: str, last: str) -> bool:
    r"""Tell whether a quote is one that some program has put a backslash before, as in `it\'s`."""
    if name not in ("'", '"') or following[:1] in ("{", "\\"):
        return False
    if not following[:1].isalpha():
        return True
    return name == "'" and following[0] in "st" and not following[1:2].isalnum() and last.isalpha()


def _text_script(reader: Reader, name: str, index: int, scope: Scope) -> int:
    text, index = reader.argument(index, scope)
    scope.writer.put(script("^" if name == "textsuperscript" else "_", text, scope.writer.last))
    return index


def _footnote(reader: Reader, _name: str, index: int, scope: Scope) -> int:
    """Write a footnote in brackets behind what it is a note to."""
    index = reader.skip_options(index, scope)
    text, index = reader.argument(index, scope)
    scope.writer.drop_space()
    scope.writer.put(f" ({text})" if (text := text.strip().removesuffix(".")) else " ")
    return index


def _link(reader: Reader, _name: str, index: int, scope: Scope) -> int:
    r"""Write `\href{address}{label}` as label and address, kept apart."""
    url, index = reader.address(index, scope)
    spaces = reader.at(index, scope) == " " and reader.at(index + 1, scope) == "{"
    if reader.at(index, scope) == "{" or spaces:
        label, after = reader.argument(index, scope)
        scope.writer.put(_labelled(label.strip(), url) or "")
        if not label:
            scope.writer.put(" ")
        return after
    scope.writer.put(url)
    return index


def _url(reader: Reader, _name: str, index: int, scope: Scope) -> int:
    url, index = reader.address(index, scope)
    if url and (scope.writer.last.isalnum() or scope.writer.last in tuple(".,)")):
        scope.writer.put(" ")
    scope.writer.put(url)
    return index


def _code(reader: Reader, _name: str, index: int, scope: Scope) -> int:
    r"""Write the character of `\unicode{x2013}` or `\ding{51}`."""
    close = reader.group_end(index, scope)
    if close is None:
        return index
    scope.writer.put(_character(reader.tokens.source(index + 1, close)))
    return close + 1


def _formula(reader: Reader, name: str, index: int, scope: Scope) -> int:
    r"""Read the formula that `\(` or `\[` begins."""
    close = reader.tokens.closer(index, scope.end, {"(": "\\)", "[": "\\]"}[name])
    if close is None:
        return index
    reader.read_up_to(index, Scope(close, True, scope.depth, scope.writer))
    return close + 1


def _negated(reader: Reader, _name: str, index: int, scope: Scope) -> int:
    r"""Strike through the sign behind `\not`."""
    text, index = reader.argument(index, scope)
    scope.writer.put(unicodedata.normalize("NFC", text[:1] + "\u0338") + text[1:] if text.strip() else "")
    return index


def _nothing(_reader: Reader, _name: str, index: int, _scope: Scope) -> int:
    return index


def _bracketed(text: str) -> str:
    """Return `text` in brackets unless it is one number, word or letter."""
    text = text.strip()
    return text if not text or _SIMPLE.fullmatch(text) else f"({text})"


def _labelled(label: str, url: str) -> str:
    """Return a link as text: the label, and the address in brackets where it says more than the label."""
    if not url or not label or _SCHEME.sub("", label).rstrip("/.") == _SCHEME.sub("", url).rstrip("/."):
        return url or label
    return f"{label} ({url})"


def _character(code: str) -> str:
    """Return the character of a number, hexadecimal behind an x; one of the dingbats font below 256."""
    hexadecimal = code[:1] in ("x", "X")
    try:
        number = int(code[1:], 16) if hexadecimal else int(code)
        text = chr(number) if hexadecimal or number >= 0x100 else SIGNS.get(number, "")
    except (ValueError, OverflowError):
        return ""
    return text if text.isprintable() else ""


COMMANDS: dict[str, Command] = {
    **dict.fromkeys(TEXT_ACCENTS, _word_accent),
    **dict.fromkeys(MATH_ACCENTS, _math_accent),
    **dict.fromkeys(ALPHABETS, _alphabet),
    **dict.fromkeys(FONTS, _font),
    **dict.fromkeys(IGNORED, _ignored),
    **dict.fromkeys(DROPPED, _dropped),
    **dict.fromkeys(SECOND, _second),
    **dict.fromkeys(FRACTIONS, _fraction),
    **dict.fromkeys(("replaced", "texorpdfstring"), _first),
    **dict.fromkeys(("href", "hyperlink"), _link),
    **dict.fromkeys(("url", "nolinkurl", "path"), _url),
    **dict.fromkeys(("footnote", "footnotetext"), _footnote),
    **dict.fromkeys(("binom", "dbinom", "tbinom"), _binomial),
    **dict.fromkeys(("textsuperscript", "textsubscript"), _text_script),
    **dict.fromkeys(("unicode", "ding"), _code),
    **dict.fromkeys(("(", "["), _formula),
    **dict.fromkeys((")", "]"), _nothing),
    "sqrt": _root,
    "not": _negated,
}
"""What is done for each macro that takes arguments, or changes how what follows looks."""
