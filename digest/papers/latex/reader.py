"""The reader: goes through the tokens of a text once and writes what a person would see on paper.

It knows braces, scripts, ties, formulas and arguments. What a macro does with its arguments stands in
commands.py, what it looks like without any in symbols.py.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from digest.papers.latex.letters import SUPERSCRIPTS
from digest.papers.latex.scripts import is_base, script
from digest.papers.latex.spacing import is_tight
from digest.papers.latex.symbols import FUNCTIONS, SYMBOLS
from digest.papers.latex.tokens import Tokens
from digest.papers.latex.writer import Writer

_DEPTH_LIMIT = 30  # braces in braces; what is deeper keeps its characters
_ONE = re.compile(r".", re.DOTALL)
_SCRIPT_ARGUMENT = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?|[-+][A-Za-z]|.", re.DOTALL)
# What is a script also outside of a formula; in names_like_this it is none.
_BARE_RAISED = re.compile(r"[-+]?[0-9]+(?:\.[0-9]+)?|[-+]?[^\W\d_](?![a-z])|\*")
_BARE_LOWERED = re.compile(r"[0-9]+(?:\.[0-9]+)?(?!\w)|[0-9]+(?=[A-Z])|[^\W\d_](?!\w)")
_RAISED = "".join(set(SUPERSCRIPTS.values()) - {"⁽", "⁾"})
_CARRIES_LOWERED = re.compile(rf"(?:^|[^\w@.])(?:[A-Z]{{1,2}}|[^\W\d_])[\u0300-\u036f\u20d7]?[{_RAISED}]*$|[)\]}}′ℓ]$")
_NUMBER = re.compile(r"[0-9][%°A-Za-z]{0,2}$")
_BOLD = re.compile("b[A-Z]")  # many authors' own macro for a bold letter
_ICON = re.compile("fa[A-Z]")  # of Font Awesome
_BARE_LIMIT = 40  # tokens in the braces of a script outside of a formula
# Dashes of TeX, where the text is TeX's for certain: in an argument.
_DASHES = re.compile(r"(?<=[^\W_])---?(?=[^\W_])|^---?$")
_OPENING = frozenset("${([") | {"\\(", "\\["}
_OPTION_LIMIT = 60  # tokens between square brackets
_LONE_SIGNS = frozenset("=<>,.:+-/|*;!%≈~")
_UNTIED = frozenset("([{/=+-<>≤≥~^_ ")  # behind these, "~" means "about"


def _dash(match: re.Match[str]) -> str:
    return "—" if len(match[0]) == 3 else "–"


@dataclass(frozen=True, slots=True)
class Scope:
    """The part of a text that is being read: up to which token, inside a formula or not, how deep."""

    end: int
    math: bool = False
    depth: int = 0
    writer: Writer = field(default_factory=Writer)


Command = Callable[["Reader", str, int, Scope], int]
"""What is done for a macro: given its name, the index behind it and the scope, returns the index behind all of it."""


class Reader:
    """Reads one text. `names` is for names of persons, where every brace belongs to TeX."""

    def __init__(self, text: str, commands: Mapping[str, Command], names: bool = False) -> None:
        self.tokens = Tokens(text)
        self.items = self.tokens.items
        self._commands = commands
        self._names = names
        self._has_macros = any(len(item) > 1 and item[0] == "\\" for item in self.items)

    def read(self) -> str:
        """Return the whole text."""
        scope = Scope(len(self.items))
        self.read_up_to(0, scope)
        return scope.writer.text()

    def read_up_to(self, start: int, scope: Scope) -> None:
        """Read the tokens from `start` to the end of `scope` into its writer."""
        index = start
        while index < scope.end:
            item = self.items[index]
            step = _STEPS.get(item)
            if step is not None:
                index = step(self, index, scope)
            elif item[0] == "\\":
                index = self._macro(index, scope)
            else:
                scope.writer.put(_DASHES.sub(_dash, item) if scope.depth and not scope.math else item)
                index += 1

    def part(self, start: int, end: int, scope: Scope) -> str:
        """Return the tokens from `start` up to `end` as text of their own."""
        if scope.depth >= _DEPTH_LIMIT:
            return self.tokens.source(start, end)
        inner = Scope(end, scope.math, scope.depth + 1)
        self.read_up_to(start, inner)
        return inner.writer.text()

    def group_end(self, index: int, scope: Scope) -> int | None:
        """Return where the group that begins at `index` ends, or None where none does, or not in `scope`."""
        close = self.tokens.partners.get(index)
        return close if close is not None and close < scope.end else None

    def at(self, index: int, scope: Scope) -> str:
        """Return the token at `index`, or the empty string behind the scope."""
        return self.items[index] if index < scope.end else ""

    def argument(self, index: int, scope: Scope, pattern: re.Pattern[str] = _ONE) -> tuple[str, int]:
        """Return the argument that begins at `index` as text, and the index behind it.

        It is what stands in braces, a macro, or as much as `pattern` takes of the next token.
        """
        while self.at(index, scope) == " ":
            index += 1
        item = self.at(index, scope)
        if item == "{":
            close = self.group_end(index, scope)
            return ("", index + 1) if close is None else (self.part(index + 1, close, scope), close + 1)
        if item[:1] == "\\" and scope.depth < _DEPTH_LIMIT:
            inner = replace(scope, depth=scope.depth + 1, writer=Writer())
            after = self._macro(index, inner)
            return inner.writer.text(), after
        if item[:1] in ("", "$", "}", "\\"):
            return "", index
        match = pattern.match(item)
        taken = match[0] if match else item[0]
        return taken, self._take(index, len(taken))

    def _take(self, index: int, count: int) -> int:
        """Take `count` characters off the token at `index`; return the index of what follows them."""
        self.items[index] = self.items[index][count:]
        return index if self.items[index] else index + 1

    def skip_options(self, index: int, scope: Scope) -> int:
        """Return the index behind options in square brackets."""
        if self.at(index, scope) == "[":
            for place in range(index + 1, min(index + _OPTION_LIMIT, scope.end)):
                if (found := self.items[place].find("]")) >= 0:
                    return self._take(place, found + 1)
        return index

    def address(self, index: int, scope: Scope) -> tuple[str, int]:
        """Return the argument at `index` as an address, with nothing but its escapes read."""
        close = self.group_end(index, scope)
        if close is None:
            return "", index
        source = self.tokens.source(index + 1, close).replace("{}", "").replace("\\allowbreak", "")
        return re.sub(r"\\([%#&_~{}$])", r"\1", source).strip(), close + 1

    # Steps for tokens of one character: each writes something and returns the index behind what it has read.

    def _dollar(self, index: int, scope: Scope) -> int:
        if scope.math:  # a sign that another one has opened before
            return index + 1
        display = self.at(index + 1, scope) == "$"
        start = index + 2 if display else index + 1
        close = self.tokens.formula_end(start, scope.end)
        if close is None:
            scope.writer.put("$")
            return index + 1
        self.read_up_to(start, replace(scope, end=close, math=True))
        return close + 2 if display and self.at(close + 1, scope) == "$" else close + 1

    def _brace(self, index: int, scope: Scope) -> int:
        close = self.group_end(index, scope)
        if close is None:
            scope.writer.put("" if scope.math or self._has_macros else "{")
            return index + 1
        bare = scope.math or self._names or self._is_group(index, close)
        content = self.part(index + 1, close, scope)
        scope.writer.put(content if bare else f"{{{content}}}")
        return close + 1

    def _is_group(self, index: int, close: int) -> bool:
        """Tell whether the braces at `index` are TeX's, not the author's, who may write "a {snowy} photo"."""
        inside = self.items[index + 1 : close]
        before = self.items[index - 1][-1:] if index else ""
        after = self.items[close + 1][0] if close + 1 < len(self.items) else ""
        if len(inside) == 1:
            word = inside[0]
            if word in _LONE_SIGNS:
                return before.isalnum() or after.isalnum()
            if word.isalpha() and word.isupper() and len(word) <= 3:  # {T}itles keep their capitals so
                return (after.isalpha() and after.islower()) or before.isalpha()
        return any(item == "$" or (item[0] == "\\" and item not in ("\\{", "\\}")) for item in inside)

    def _stray_brace(self, index: int, scope: Scope) -> int:
        scope.writer.put("" if scope.math or self._has_macros else "}")
        return index + 1

    def _tie(self, index: int, scope: Scope) -> int:
        before = scope.writer.last
        after = self.at(index + 1, scope)[:1]
        between = after.isdigit() and _NUMBER.search(scope.writer.tail) is not None
        starts = not after or after.isalnum() or after in " (\\$[{"
        tied = before != "" and before not in _UNTIED and not between and starts
        scope.writer.put(" " if scope.math or self._names or tied else "~")
        return index + 1

    def _script(self, index: int, scope: Scope) -> int:
        sign = self.items[index]
        following = self.at(index + 1, scope)
        if scope.math and following != sign and not following.startswith("("):
            pattern = _SCRIPT_ARGUMENT
        elif not self._names and self._is_bare_script(index, scope):
            pattern = _BARE_RAISED if sign == "^" else _BARE_LOWERED
        else:
            scope.writer.put(sign)
            return index + 1
        inner = scope if following[:1] == "\\" else replace(scope, math=True)
        text, after = self.argument(index + 1, inner, pattern)
        if scope.math and index and self.items[index - 1] == " ":
            scope.writer.drop_space()
        scope.writer.put(script(sign, text, scope.writer.last))
        return after

    def _is_bare_script(self, index: int, scope: Scope) -> bool:
        """Tell whether the sign at `index`, outside of formulas, makes a script."""
        following = self.at(index + 1, scope)
        if not following or not is_base(scope.writer.last):
            return False
        if following == "{":
            close = self.group_end(index + 1, scope)
            return close is not None and close - index < _BARE_LIMIT
        if following[0] == "\\":
            return following[1:] in SYMBOLS or (following[1:2].isalpha() and following[1:] in self._commands)
        if self.items[index] == "^":
            by_hand = following in ("O", "o") and self.at(index + 2, scope) == "("  # 2^O(n) means all of it
            return not by_hand and _BARE_RAISED.match(following) is not None
        in_name = following.isalnum() and self.at(index + 2, scope) == "_"  # x_y_z
        carried = _CARRIES_LOWERED.search(scope.writer.tail) is not None
        return carried and not in_name and _BARE_LOWERED.match(following) is not None

    # Macros

    def _macro(self, index: int, scope: Scope) -> int:
        name = self.items[index][1:]
        command = self._commands.get(name)
        if command is not None:
            return command(self, name, index + 1, scope)
        if name in FUNCTIONS:
            scope.writer.put_word(name)
            return index + 1
        if name in SYMBOLS:
            return self._symbol(name, index + 1, scope)
        return self._unknown(name.rstrip("*"), index + 1, scope)

    def _symbol(self, name: str, index: int, scope: Scope) -> int:
        text, last = SYMBOLS[name], scope.writer.last
        first = index == 1 or self.items[index - 2] in _OPENING
        if name == "circ" and last.isdigit():
            text = "°"
        scope.writer.put(text)
        if self.at(index, scope) == "{" and self.group_end(index, scope) == index + 1:
            index += 2
            if text.isalpha():  # `\alpha{} x` asks for the space
                return index
        after = self.at(index + 1, scope)
        if self.at(index, scope) == " " and after and is_tight(text, last, after, first, scope.math):
            return index + 1
        return index

    def _unknown(self, name: str, index: int, scope: Scope) -> int:
        """Keep what a macro that nobody knows has in braces; without braces its name is all there is to keep."""
        if not name[:1].isalpha():  # a backslash alone, or before a sign that needs none
            scope.writer.put(f"${name}" if name.isdigit() else name)  # HF leaves `\1` of `\$1`
            return index
        if scope.math and _BOLD.fullmatch(name):
            name = name[-1]
        parts: list[str] = []
        while self.at(index, scope) == "{":
            text, index = self.argument(index, scope)
            parts.append(text.strip() if parts else text)
        scope.writer.put(" ".join(filter(None, parts)) or ("" if _ICON.match(name) else name))
        return index


_STEPS: Mapping[str, Callable[[Reader, int, Scope], int]] = {
    "$": Reader._dollar,
    "{": Reader._brace,
    "}": Reader._stray_brace,
    "~": Reader._tie,
    "^": Reader._script,
    "_": Reader._script,
}
