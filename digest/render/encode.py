"""Text to the bytes of a MIME part, in pieces that can be joined.

Quoted-printable (RFC 2045, 6.7) of a text that ends in a line break always starts the next line at
column 0, so encoded fragments can be put one after another. A slot stands between soft line breaks
for the same reason. A dot or "From " that begins a line is written in hexadecimal: such bytes need no
dot-stuffing (RFC 5321, 4.5.2), and can be sent and stored as they are.
"""

import re
from binascii import b2a_qp

SOFT_BREAK = b"=\r\n"
_LINE = 75
"""Characters of a line before its soft break."""
_AS_IT_IS = re.compile(r"(?!\.|From )[ -<>-~]*").fullmatch
"""Finds a line that quoted-printable leaves as it is."""
_LINE_START = re.compile(rb"^(?:\.|F(?=rom ))+", re.MULTILINE)
_TOO_LONG = re.compile(rb"^(.{74,75})(=20|=09)$", re.MULTILINE)
"""What b2a_qp makes of a line that just fits and ends in white space."""


def quoted_printable(text: str) -> bytes:
    """Encode text for a body; line breaks become CRLF, and lines have at most 76 characters."""
    # Given CRLF, b2a_qp writes its soft breaks as CRLF too, but where a text has no line break as LF.
    encoded = b2a_qp(_lines(text).encode("utf-8"), istext=True)
    encoded = _TOO_LONG.sub(rb"\1=\n\2", encoded)
    return _LINE_START.sub(_in_hexadecimal, encoded).replace(b"\n", b"\r\n")


def _in_hexadecimal(match: re.Match[bytes]) -> bytes:
    # The hexadecimal form is longer, so the line is broken softly behind each to stay within 76.
    return b"".join(b"=%02X=\n" % character for character in match[0])


def inline(text: str) -> bytes:
    """Encode text for the middle of a line: it may follow any soft break, and ends in one."""
    # Names and links are nearly always plain, and a message holds six: spared the encoder and its two searches.
    if len(text) <= _LINE:
        return text.encode() + SOFT_BREAK if _AS_IT_IS(text) else encoded_inline(text)
    line, rest = text[:_LINE], text[_LINE:]
    if len(rest) <= _LINE and _AS_IT_IS(line) and _AS_IT_IS(rest):
        return b"%b=\r\n%b=\r\n" % (line.encode(), rest.encode())
    return encoded_inline(text)


def encoded_inline(text: str) -> bytes:
    """Encode as `inline` does, by the encoder alone: what its shorter way must equal."""
    # A last character that is taken away again makes room for the soft break.
    encoded = quoted_printable(text + "=").removesuffix(b"=3D")
    return encoded if encoded.endswith(SOFT_BREAK) else encoded + SOFT_BREAK


def decoded_size(text: str) -> int:
    """Return the bytes the text has once the mail program decoded it, with CRLF."""
    lines = _lines(text)
    return len(lines.encode("utf-8")) + lines.count("\n")


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")
