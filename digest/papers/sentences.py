"""Sentences: where an abstract may be cut without hurting it.

When in doubt two sentences stay one: a cut in the wrong place is worse than a long sentence.
"""

import re
import unicodedata

_STOP = re.compile(
    r"""(?P<stop> [.!?…]+ ) (?P<closing> ["'”’»)\]]* ) (?= \s | $ )
      | (?P<wide> [。！？]+ [」』”’）]* )""",
    re.VERBOSE,
)
_NEXT_WORD = re.compile(r"\s*[(\[{\"“‘']*([^\W_]+)?")
_LETTERS = re.compile(r"(?:[^\W\d_]\.-?)*[^\W\d_]")  # "J", "U.S", "J.-P"
_ITEM = re.compile(r"\(?(?:[0-9]{1,2}|[A-Za-z]|[ivx]{1,4})")

# Never the end of a sentence: something must follow.
_NEVER = frozenset(("e.g", "i.e", "cf", "vs", "viz", "dr", "prof", "mr", "mrs", "ms", "a.k.a"))
# May end one; only a word that begins sentences decides. Initials and "U.S." are treated alike.
_SELDOM_WORDS = """
    al etc resp fig figs eq eqs eqn eqns sec secs sect tab ref refs thm lem prop def cor alg ch chap app
    no nos vol ed eds p pp approx ca est inc ltd co corp jr sr st dept univ conf proc w.r.t s.t i.i.d
"""
_OPENING_WORDS = """
    additionally after all also although an and another as at based because besides both building but by
    code compared consequently currently despite due each existing experiments extensive finally first
    firstly following for from further furthermore given hence here how however if importantly in inspired
    instead it its many moreover most motivated nevertheless next no notably on one our overall previous
    recent recently results second secondly several similarly since so some specifically subsequently such
    surprisingly that the their then there therefore these they third this those through thus to together
    two under unlike unfortunately using we what when where whereas which while with without yet you
"""
_SELDOM = frozenset(_SELDOM_WORDS.split())
_OPENERS = frozenset(_OPENING_WORDS.split())


def sentences(text: str) -> list[str]:
    """Return the sentences of `text` in order, without the white space between them."""
    pieces, start = [], 0
    for end in _ends(text):
        pieces.append(text[start:end].strip())
        start = end
    return [piece for piece in pieces if piece]


def shorten(text: str, limit: int) -> tuple[str, bool]:
    """Return whole sentences of `text` within `limit` characters, and whether something was left out.

    The first sentence is always there; where it is longer than one and a half limits it is cut at a
    word and ends with "…".
    """
    if len(text) <= limit:
        return text, False
    ends = _ends(text)
    if ends[0] > limit * 1.5:
        return cut(text, limit), True
    fitting = [end for end in ends if end <= limit]
    short = text[: fitting[-1] if fitting else ends[0]].rstrip()
    return short, short != text.rstrip()


def cut(text: str, limit: int) -> str:
    """Return `text` within `limit` characters; if it is longer, cut after a clause or a word, with "…"."""
    if len(text) <= limit:
        return text
    room = max(limit - 1, 0)
    at = max((m.start() for m in re.finditer(r"[,;:–—](?=\s)", text[: room + 1])), default=0)
    if at < room * 0.6:  # no clause ends near: take the last word that fits
        at = max((m.start() for m in re.finditer(r"\s", text[: room + 1])), default=0) or room
    while at < len(text) and at > 0 and unicodedata.combining(text[at]):
        at -= 1
    return text[:at].rstrip(' \t\n,;:–—-([{"“‘') + "…"


def _ends(text: str) -> list[int]:
    """Return the offsets behind each sentence; the last one is the text's length."""
    ends, start = [], 0
    for match in _STOP.finditer(text):
        if match.end() < len(text) and _is_end(text, start, match):
            ends.append(match.end())
            start = match.end()
    return [*ends, len(text)]


def _is_end(text: str, start: int, match: re.Match[str]) -> bool:
    if match["wide"]:
        return True
    following = _NEXT_WORD.match(text, match.end())
    word = (following[1] if following else None) or ""
    if word[:1].islower() or _inside_brackets(text, start, match.end()):
        return False
    return match["stop"] != "." or _full_stop_ends(text[start : match.start()], word)


def _full_stop_ends(before: str, next_word: str) -> bool:
    """Tell whether a full stop after `before`, the sentence so far, ends it."""
    last = re.split(r"[\s(\[{]", before[-40:])[-1].lstrip("\"'“‘").casefold()
    if last in _NEVER or _ITEM.fullmatch(before.strip()):  # "e.g. this", "1. First of all"
        return False
    if last in _SELDOM or _LETTERS.fullmatch(last):
        return next_word[:1].isupper() and next_word.casefold() in _OPENERS
    return True


def _inside_brackets(text: str, start: int, end: int) -> bool:
    """Tell whether a "(" of this sentence is still open at `end` and is closed later on."""
    if text.count("(", start, end) <= text.count(")", start, end):
        return False
    closing = text.find(")", end)
    return closing >= 0 and "(" not in text[end:closing]
