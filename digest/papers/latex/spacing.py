r"""Spacing: which space behind a macro only ends its name. In `64\times 64` paper shows none, and so do we."""

SWALLOWING = frozenset("øØłŁßæÆœŒåÅıȷ")  # letters of words: the space behind their macro belongs to it
_PREFIXES = frozenset("∇∂∑∏∫∀∃¬√⟨⌊⌈")  # these stand close to what follows them
_ALONE = frozenset("…⋯•.")  # these stand apart from what follows them
_BEFORE_OPERATOR = frozenset(")]}%°′*")
_WORDS = frozenset("aAI")  # of one letter


def is_tight(text: str, last: str, after: str, first: bool, math: bool) -> bool:
    """Tell whether the space goes between a macro's `text` and the token `after` it.

    `last` is the character before the macro, `first` whether it is the first thing in its formula or group.
    An operator gets a space on both sides or on neither. Outside of formulas (`math`) only what can't be a
    word is drawn near: "64× 64" is "64×64", but "8× faster" stays.
    """
    if text.isspace() or not text or text in _ALONE:
        return False
    if text.isalpha():
        return len(text) == 1 and after[0].isalnum() and (math or text in SWALLOWING)
    if text == "∼" and not last.isalnum():
        return first or (not math and after[0].isdigit())
    if text in _PREFIXES:
        return math
    if not (last.isalnum() or last in _BEFORE_OPERATOR):
        return False
    return math or after[0].isdigit() or (len(after) == 1 and after.isalpha() and after not in _WORDS)
