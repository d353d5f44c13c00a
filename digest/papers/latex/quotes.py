"""Quotes: what TeX writes with back quotes becomes quotation marks."""

import re

_DOUBLE = re.compile(r"(?<!`)``(?!`)([^`]{1,400}?)(?<!\\)(?:''|\"(?!\w)|”)")
_SINGLE = re.compile(r"(?<![\w`\\])`(?=\w)([^`'\"]{1,80}?(?:(?<=\w)'(?=\w)[^`'\"]{1,80}?)?)'(?![\w'])")


def with_quotes(text: str) -> str:
    """Return `text` with ``words'' as “words” and `words' as ‘words’; a lone back quote, and code, stay."""
    if "`" not in text:
        return text
    return _SINGLE.sub(r"‘\1’", _DOUBLE.sub(r"“\1”", text))
