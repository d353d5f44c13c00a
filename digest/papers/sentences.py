"""Sentences: where an abstract may be cut without hurting it.

When in doubt two sentences stay one: a cut in the wrong place is worse than a long sentence. The time grows with
the length of a text, whatever stands in it.
"""

import re
import unicodedata
from bisect import bisect_left

# Never the end of a sentence: something must follow.
_NEVER_WORDS = """
    e.g i.e cf vs v.s viz dr prof mr mrs a.k.a avg approx bzw vgl bspw z.b d.h p.ex p.ej sr sra env
"""
# May end one; only a word that begins sentences decides. Initials and "U.S." are treated alike.
_SELDOM_WORDS = """
    al etc resp fig figs eq eqs eqn eqns sec secs sect tab ref refs thm lem prop def cor alg ch chap app
    no nos nr vol ed eds p pp ca est inc incl excl ltd co corp jr st dept univ conf proc w.r.t s.t i.i.d ms sp spp
    esp max min abb kap usw ggf evtl inkl núm pág
"""
_OPENING_WORDS = """
    across additionally after all also although among an and another as at based because besides both building but by
    can code compared consequently crucially currently despite does due during each empirical empirically evaluating
    evaluation evaluations even existing experimental experiments extensive finally first firstly following for from
    further furthermore given hence here how however if importantly in inspired instead it its many moreover most
    motivated nevertheless next no notably on one our overall previous recent recently results second secondly several
    similarly since so some specifically subsequently such surprisingly that the their then there therefore these they
    third this those through thus to together two under unlike unfortunately using we what when where whereas which
    while with without yet you
"""
_NEVER = frozenset(_NEVER_WORDS.split())
_SELDOM = frozenset(_SELDOM_WORDS.split())
_OPENERS = frozenset(_OPENING_WORDS.split())

_STOP = re.compile(
    rf"""(?P<stop> [.!?…।॥؟۔] (?<! [.!?…।॥؟۔]{{2}} ) [.!?…।॥؟۔]*+ ) (?: ["'”’»)\]] | \s»(?=\s|$) )*+ (?= \s | $ )
      | (?P<wide> [。！？．｡]++ (?P<wide_closing> [」』”’）]*+ ) )
      | (?P<missing> \. (?<= [a-z]{{3}}\. ) (?= (?:{"|".join(sorted(w.capitalize() for w in _OPENERS))}) [\s,] ) )""",
    re.VERBOSE,
)
_ITEM = r"(?:[0-9]{1,2}|[A-Za-z]|[ivx]{1,4})"
_FOLLOWING = re.compile(rf"\s*+(?P<item>\(?{_ITEM}\)\s)?(?:[-–—(\[{{\"“‘'«„¿¡]|\s)*+(?P<token>\S{{0,60}})")
_NAME = re.compile(r"[\w-]*")
_URL = re.compile(r"https?://|www\.")
_ENUMERATED = re.compile(rf"(?:^\s*|[:;,]\s+)\(?{_ITEM}$")  # "two kinds: 1", with the full stop to come
_LETTERS = re.compile(r"(?:[^\W\d_]\.-?)*[^\W\d_]")  # "J", "U.S", "J.-P"
_WORD = re.compile(r"[^\W_]")
_BRACKETS = re.compile(r"[()（）]")
_TAIL = 40
"""Characters before a full stop that are looked at."""
_ASIDE = 1000
"""Characters between brackets up to which they are believed to belong together."""


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
    asides = _asides(text)
    opened = [aside[0] for aside in asides]
    ends, start = [], 0
    for match in _STOP.finditer(text):
        nearest = bisect_left(opened, match.start()) - 1
        inside = nearest >= 0 and match.end() <= asides[nearest][1]
        if match.end() < len(text) and not inside and _is_end(text, start, match):
            ends.append(match.end())
            start = match.end()
    return [*ends, len(text)]


def _asides(text: str) -> list[tuple[int, int]]:
    """Return the offsets of each pair of brackets that is in no other, in order. A bracket without another is none."""
    opened: list[int] = []
    pairs: list[tuple[int, int]] = []
    for match in _BRACKETS.finditer(text):
        if match[0] in "(（":
            opened.append(match.start())
        elif opened:
            pairs.append((opened.pop(), match.start()))
    outer: list[tuple[int, int]] = []
    for pair in sorted(pairs):
        if pair[1] - pair[0] <= _ASIDE and (not outer or pair[0] > outer[-1][1]):
            outer.append(pair)
    return outer


def _is_end(text: str, start: int, match: re.Match[str]) -> bool:
    if match["wide"]:
        return _wide_stop_ends(text, match)
    tail = text[max(start, match.start() - _TAIL) : match.start()]
    if match["missing"]:  # "is fast.We show"; an address has no such place
        return not re.search(r"[./:@]", re.split(r"\s", tail)[-1])
    following = _FOLLOWING.match(text, match.end())
    token = following["token"] if following else ""
    item = following is not None and following["item"] is not None
    if not _WORD.search(tail) or not (item or _may_begin(token)):
        return False
    return match["stop"] != "." or _full_stop_ends(tail, "" if item else token)


def _wide_stop_ends(text: str, match: re.Match[str]) -> bool:
    """Tell whether a CJK stop ends a sentence: not within a number, nor where a quotation goes on (「…。」と言う)."""
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    if match["wide"] == "．" and before.isdigit() and after.isdigit():
        return False
    return not match["wide_closing"] or after.isspace()


def _may_begin(token: str) -> bool:
    """Tell whether `token` may begin a sentence: a lower-case word doesn't, unless it is a name (vLLM, k-NN)."""
    if not token[:1].islower() or _URL.match(token):
        return True
    name = _NAME.match(token)
    return name is not None and any(char.isupper() or char.isdigit() for char in name[0])


def _full_stop_ends(tail: str, token: str) -> bool:
    """Tell whether a full stop after `tail`, the last of the sentence so far, ends it when `token` follows."""
    last = re.split(r"[\s(\[{]", tail)[-1].lstrip("\"'“‘").casefold()
    if last in _NEVER or _ENUMERATED.search(tail):  # "e.g. this", "1. First of all"
        return False
    if last in _SELDOM or _LETTERS.fullmatch(last):
        name = _NAME.match(token)
        return token[:1].isupper() and name is not None and name[0].casefold() in _OPENERS
    return True
