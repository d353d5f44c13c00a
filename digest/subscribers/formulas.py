"""Fields that a spreadsheet would run as a formula, and how they are kept from it."""

import re

FORMULA = ("=", "+", "-", "@")
"""What a formula begins with."""

_ESCAPED = re.compile(r"'+[=+\-@]")


def escaped(text: str) -> str:
    """Return a field of a CSV file as a spreadsheet doesn't run it: with ' before what begins like a formula."""
    return f"'{text}" if text.startswith(FORMULA) or _ESCAPED.match(text) else text


def unescaped(text: str) -> str:
    """Return a field as it was before `escaped`; other programs escape in the same way."""
    text = text.strip()
    return text[1:] if text[:1] == "'" and _ESCAPED.match(text) else text
