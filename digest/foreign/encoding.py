"""How the text of a file is encoded, found out from all of its bytes in little memory."""

import codecs
import re
from collections.abc import Iterable
from itertools import chain
from typing import NamedTuple

from digest.errors import InputError

_MARKS = (
    (codecs.BOM_UTF8, "UTF-8 with a byte order mark", "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "UTF-32", "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "UTF-32", "utf-32"),
    (codecs.BOM_UTF16_LE, "UTF-16 LE", "utf-16"),
    (codecs.BOM_UTF16_BE, "UTF-16 BE", "utf-16"),
)
_NO_TEXT = {
    b"PK\x03\x04": "a zip archive or a spreadsheet: unpack it, or save it as CSV; of Mailchimp's archive import the"
    " unsubscribed and cleaned addresses first",
    b"\x1f\x8b": "compressed with gzip; unpack it first",
    b"SQLite format 3": "an SQLite database; expected CSV, TSV or JSON Lines",
    b"%PDF": "a PDF; expected CSV, TSV or JSON Lines",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save it as CSV",
}
_C1 = re.compile(rb"[\x80-\x9f]")
_NOT_WINDOWS = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_UNDECODED = re.compile("[\udc80-\udcff]")
_FEW = 10
"""A file in UTF-8 has at least so many letters outside ASCII for each byte that is none: a page of Latin-1 has not."""


class Encoding(NamedTuple):
    """An encoding: what people call it, what Python does, and how many bytes of the file are not in it.

    Those come as lone surrogates (PEP 383), so that the rows they stand in can be refused.
    """

    name: str
    codec: str
    damaged: int = 0


def find_encoding(chunks: Iterable[bytes]) -> Encoding:
    """Return how a file is encoded; its bytes come in chunks, the first of at least some kilobytes.

    A byte order mark says it. UTF-16 without one shows by its NULs. What is not UTF-8 is Windows-1252 or Latin-1.
    Raises InputError, without the name of the file, for what is no text.
    """
    rest = iter(chunks)
    first = next(rest, b"")
    for begin, reason in _NO_TEXT.items():
        if first.startswith(begin):
            raise InputError(reason)
    for mark, name, codec in _MARKS:
        if first.startswith(mark):
            return Encoding(name, codec) if codec != "utf-8-sig" else _utf8(first, rest, name, codec)
    if (order := _order_of_nuls(first)) is not None:
        return Encoding(f"UTF-16 {order} without a byte order mark", f"utf-16-{order.lower()}")
    return _utf8(first, rest, "UTF-8", "utf-8")


def _order_of_nuls(sample: bytes) -> str | None:
    """Return the byte order of UTF-16, in which most letters of an address have a NUL beside them."""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if not sample or max(even, odd) * 10 < len(sample) * 3:
        return None
    return "LE" if odd > even else "BE"


def _utf8(first: bytes, rest: Iterable[bytes], name: str, codec: str) -> Encoding:
    """Tell UTF-8, also with some damaged bytes, from the encodings of one byte a letter."""
    decoder = codecs.getincrementaldecoder(codec)("surrogateescape")
    letters = damaged = 0
    c1 = no_windows = False
    for chunk in chain((first,), rest):
        text = decoder.decode(chunk)
        if not text.isascii():
            escaped = _escaped(text)
            damaged += escaped
            letters += len(text) - len(text.encode("ascii", "ignore")) - escaped
        if not chunk.isascii():
            c1 = c1 or _C1.search(chunk) is not None
            no_windows = no_windows or _NOT_WINDOWS.search(chunk) is not None
    damaged += _escaped(decoder.decode(b"", final=True))
    if damaged * _FEW <= letters or codec != "utf-8":
        return Encoding(name, codec, damaged)
    return Encoding("Windows-1252", "cp1252") if c1 and not no_windows else Encoding("Latin-1", "latin-1")


def _escaped(text: str) -> int:
    """Count the bytes that could not be decoded."""
    try:
        text.encode()  # a tenth of the time of looking for them
    except UnicodeEncodeError:
        return len(_UNDECODED.findall(text))
    return 0
