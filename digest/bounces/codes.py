"""The codes in what a server said: the basic one (RFC 5321, 4.2), and the enhanced one (RFC 3463)."""

import re

_BASIC = re.compile(r"(?<![\d.#:+-])([45][0-5]\d)(?=[\s:,-]|$)")
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)")
_TOGETHER = re.compile(r"(?<![\d.#:+-])([45][0-5]\d)[\s-]{1,3}#?([45]\.\d{1,3}\.\d{1,3})(?!\d|\.\d)")
_GENERIC = re.compile(r"[245]\.\d{1,3}\.0")


def enhanced(text: str) -> str:
    """Return the enhanced code in a text, "" without one: first one that follows a basic code."""
    if together := _TOGETHER.search(text):
        return together[2]
    found = _ENHANCED.search(text)
    return found[1] if found else ""


def basic(text: str) -> int:
    """Return the basic code of a refusal in a text, 0 without one."""
    found = _TOGETHER.search(text) or _BASIC.search(text)
    return int(found[1]) if found else 0


def best(status: str, said: str) -> str:
    """Return the enhanced code that says more: Status, unless it is missing or generic and `said` has another."""
    own = enhanced(status)
    other = enhanced(said)
    if not own or _GENERIC.fullmatch(own):
        return other if other and not _GENERIC.fullmatch(other) else own or other
    return own
