"""Cues: what the words of one sentence of an English abstract say of its part in it.

Each cue adds its marks once, however often it is met. The marks were set by hand, looking at real abstracts.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marks:
    """What a sentence is worth: for saying what was done, and for saying what came out.

    `leans` is lost where the sentence before it isn't chosen with it ("It …", "However, …"). `proposes`: "we
    propose …"; `ours`: it speaks of the authors' own work. `words` are those that carry what it is about.
    """

    done: float
    result: float
    leans: float
    proposes: bool
    ours: bool
    words: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class _Cue:
    """Marks for a sentence that has one of `words` and where `pattern` is found; either may be open."""

    done: float
    result: float
    words: frozenset[str]
    pattern: re.Pattern[str] | None

    def met(self, low: str, words: set[str]) -> bool:
        """Tell whether the sentence has it: `low`, in lower case, and its words."""
        if self.words and self.words.isdisjoint(words):
            return False
        return self.pattern is None or self.pattern.search(low) is not None


def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.VERBOSE)


def _cue(done: float, result: float, words: str, pattern: str = "") -> _Cue:
    return _Cue(done, result, frozenset(words.split()), _compiled(pattern) if pattern else None)


_KINDS = "paper work study article survey report letter note thesis review research"
_KIND = rf"(?:{_KINDS.replace(' ', '|')})"
_WE = rf"(?:we|i|this\ {_KIND}|the\ (?:present\ )?(?:paper|study|authors?)|our\ (?:paper|work|study))"
_ADVERB = r"(?:\ (?:will|then|also|first|here|further|instead|\w+ly))?"
_MADE = r"""(?:(?:propos|introduc|describ|creat|formulat|devis|curat|deriv)(?:es?|ed|ing)
    | (?:present|develop|design|establish|unveil|contribut|construct)(?:s|e|es|ed|ing)? | builds? | built | offers?)"""
_LOOKED_AT = r"""(?:(?:investigat|analy[sz]|explor|examin|survey|review|revisit|address|consider|compar|argu
        |characteri[sz]|formali[sz]|train|extend|report|provid|tackl|evaluat|benchmark|focus|aim)(?:e|es|ed|s)?
    | stud(?:y|ies|ied) | identif(?:y|ies|ied) | prov(?:e|es|ed) | asks? | shows?\ how)"""
_FOUND = r"""(?:show|demonstrate|find|found|observe|discover|prove|reveal|confirm|establish|indicate|suggest|highlight)
    (?:s|d|ed)?"""

_OURS = _cue(1.0, 0.5, f"we i our ours {_KINDS} author authors", rf"\b(?:{_WE}|our|ours)\b")
_PROPOSES = _cue(
    4.0,
    -0.5,
    f"we i {_KINDS} author authors proposed introduced presented developed",
    rf"\b{_WE}{_ADVERB}\ {_MADE}\b | \b(?:is|are|was|were)\ (?:proposed|introduced|presented|developed)\b",
)
_BACKGROUND = _cue(
    -0.5,
    -1.0,
    """existing previous prior current recent recently traditional traditionally conventional typically often
    challenge challenges challenging challenged struggle struggles struggling suffer suffers suffering fail fails
    failing lack lacks lacking limited limitation limitations remain remains despite become crucial essential
    increasingly growing widely underexplored unclear critical important rely relies require requires""",
)
_CUES = (
    # what was done
    _PROPOSES,
    _cue(2.0, 0.0, f"we i {_KINDS} author authors", rf"\b{_WE}{_ADVERB}\ {_LOOKED_AT}\b"),
    _cue(1.0, 0.0, _KINDS, rf"\bin\ (?:this|our)\ {_KIND}\b"),
    _OURS,
    _cue(
        1.0,
        0.0,
        "framework method benchmark dataset system model algorithm approach paradigm",
        r"""\b(?:an?|the\ first|novel)\b .{0,60}?
        \b(?:framework|method|benchmark|dataset|system|model|algorithm|approach|paradigm)\b""",
    ),
    # what came out
    _cue(
        0.0,
        2.0,
        "",
        r"""\b(?:outperform|surpass|exceed|state-of-the-art|(?<!to\ )(?:achiev|improv|attain|yield|reduc|increas)
        |match(?:es|ed)\b|competitive|comparable|superior|speed-?up|gains?\b|faster\b|better\b|higher\b|lower\b|drops?\b
        |degrad)""",
    ),
    _cue(
        0.0,
        2.0,
        "we result results experiment experiments evaluation evaluations analysis analyses finding findings studies",
        rf"""\b(?:results?|experiments?|evaluations?|analys[ei]s|findings?|studies)\b .{{0,60}}? \b{_FOUND}\b
        | \bwe{_ADVERB}\ {_FOUND}\b""",
    ),
    _cue(0.0, 1.5, "", r"\d\ ?(?:%|×|x\b|percent|points?\b|-?fold\b|times\b|pp\b|db\b)"),
    _cue(0.0, 1.5, "", r"^(?:main\ )?(?:results?|findings|conclusions?)\b"),  # as a heading too: "Results: …"
    # neither
    _cue(
        -1.0,
        -2.0,
        "",
        r"^(?:background|objectives?|aims?|purpose|motivation|context|methods?|materials)\b.{0,20}?[:.—]",
    ),
    _cue(-1.5, -0.5, "also additionally further furthermore"),
    _BACKGROUND,
    _cue(
        -1.5,
        -2.0,
        """pave paves paving future hope believe potential shed sheds underscore underscores underscoring insight
        insights avenues possibilities implications""",
    ),
    _cue(
        -1.5,
        -0.7,
        "effectiveness experiments evaluation evaluations ablation ablations validate",
        r"\b(?:effectiveness|(?:extensive|comprehensive)\ (?:experiments|evaluations?)|ablations?|validate)\b",
    ),
)
_AVAILABLE = _cue(
    0.0,
    0.0,
    "http https www release open available released sourced opensourced found accessible",
    rf"""https?: | www\. | \bwe{_ADVERB}\ (?:open-?source|release)\b
    | \b(?:code|data|datasets?|models?|weights|implementation|demos?|page|source|repository|toolkit|benchmark
        |checkpoints)\b .{{0,80}}? \b(?:available|released|open-?sourced|found\ at|accessible)\b""",
)
_POINTS_BACK = _compiled(
    rf"""(?!this\ {_KIND}\b) (?:it|its|this|these|they|their|such|both|those|there|he|each|all|to\ this\ end
    |the\ (?:former|latter|resulting))\b"""
)
_CONNECTS = _compiled(
    r"""(?:moreover|furthermore|additionally|in\ addition|also|finally|second|secondly|third|further|besides|similarly
    |then|next|for\ (?:example|instance)|however|yet|but|nevertheless|conversely|in\ contrast|meanwhile|specifically
    |in\ particular|concretely|thus|therefore|consequently|hence|as\ a\ result|instead)\b"""
)
_ITEM = _compiled(r"\(?(?:[0-9]{1,2}|[a-z]|[ivx]{1,4})[).]\s")
_WORD = re.compile(r"[a-z]+")
_FEWEST_WORDS = 5
_ENGLISH = frozenset(("the", "of", "and", "to", "for", "with", "that", "this", "are", "is", "by", "on", "from"))
_ENGLISH_SHARE = 0.12
_LOOKED_THROUGH = 2000
"""Characters of an abstract that its language is told by."""


def is_english(text: str) -> bool:
    """Tell whether `text` has as many of the little words of English as English has."""
    found = text[:_LOOKED_THROUGH].casefold().split()
    return sum(word in _ENGLISH for word in found) >= len(found) * _ENGLISH_SHARE


def marks(sentence: str) -> Marks | None:
    """Return the marks of `sentence`, or None where it can't stand in a summary.

    That is one of few words, one that only says where something is to be found, and one that begins or ends within a
    quotation.
    """
    low = sentence.casefold()
    found = _WORD.findall(low)
    words = set(found)
    if len(found) < _FEWEST_WORDS or low.count('"') % 2 or _AVAILABLE.met(low, words):
        return None
    met = [cue for cue in _CUES if cue.met(low, words)]
    ours = _OURS in met
    less = 1.0 if _BACKGROUND in met and not ours else 0.0
    less += 2.0 if _ITEM.match(low) or low.endswith(("?", ":")) else 0.0
    return Marks(
        done=sum(cue.done for cue in met) - less,
        result=sum(cue.result for cue in met) - less,
        leans=1.5 if _POINTS_BACK.match(low) else 1.0 if _CONNECTS.match(low) else 0.0,
        proposes=_PROPOSES in met,
        ours=ours,
        words=frozenset(word for word in words if len(word) > 3),
    )
