"""Text to the bytes of a MIME part, in pieces that can be joined.

Quoted-printable (RFC 2045, 6.7) of a text that ends in a line break always starts the next line at
column 0, so encoded fragments can be put one after another. A slot stands between soft line breaks
for the same reason. A dot or "From " that begins a line is written in hexadecimal: such bytes need no
dot-stuffing (RFC 5321, 4.5.2), and can be sent and stored as they are.
"""

import re
from binascii import b2a_qp

SOFT_BREAK = b"=\r\n"
_LINE_START = re.compile(rb"^(?:\.+|From (?=.))", re.MULTILINE)


def quoted_printable(text: str) -> bytes:
    """Encode text (line breaks as LF) for a body, with CRLF; lines have at most 76 characters."""
    raw = text.replace("\r\n", "\n").replace("\r", "\n").replace("\n", "\r\n").encode("utf-8")
    return _LINE_START.sub(_in_hexadecimal, b2a_qp(raw, istext=True))


def _in_hexadecimal(match: re.Match[bytes]) -> bytes:
    # The hexadecimal form is longer, so the line is broken softly behind it to stay within 76.
    found = match[0]
    if found.startswith(b"."):
        return b"=2E=\r\n" * len(found)
    return b"=46=\r\n" + found[1:]


def inline(text: str) -> bytes:
    """Encode text for the middle of a line: it may follow any soft break, and ends in one."""
    return quoted_printable(text) + SOFT_BREAK


def decoded_size(text: str) -> int:
    """Return the bytes the text has once the mail program decoded it, with CRLF."""
    return len(text.encode("utf-8")) + text.count("\n")
