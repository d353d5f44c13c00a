"""Cleaning: strangers' text made safe to store, match and show. Nothing here escapes for a format.

LaTeX and HTML are left as they are: to this module they are ordinary characters.
"""

import re
import unicodedata
from urllib.parse import quote, urlsplit, urlunsplit

URL_LIMIT = 2000
"""The most characters a link may have; longer ones break in mail programs."""

# What is removed without a trace. Controls that are white space are folded before this is applied.
_REMOVED = re.compile(
    "["
    "\x00-\x1f\x7f-\x9f"  # C0 and C1 controls
    "\ud800-\udfff"  # lone surrogates: no UTF-8 for them
    "\u00ad\u180e\u200b\u2060-\u2065\ufeff"  # soft hyphen, zero-width space, joiners of words, BOM
    "\u202a-\u202e\u2066-\u2069\u206a-\u206f"  # bidi embeddings, overrides, isolates: reorder what follows
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers: letters by category, blank to the eye
    "\ufdd0-\ufdef\ufff9-\ufffc\ufffe\uffff"  # noncharacters, interlinear annotation, object marks
    "\U000e0000-\U000e007f"  # tags: a whole hidden alphabet
    + "".join(chr(plane * 0x10000 + low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
# The joiners U+200C and U+200D change how Persian, Indic scripts and emoji are drawn, so they stay after
# such a character; after anything else (Latin, Greek, punctuation, another joiner) they only hide.
_IDLE_JOINER = re.compile("(?<![\u0590-\u1dbf\u2190-\u2bff\u3030-\ud7ff\uf900-\ufdcf\ufe0f-\U0010ffff])[\u200c\u200d]")
_SPACE = re.compile(r"\s+")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\]")


def clean_line(text: str) -> str:
    """Return `text` as one clean line: NFC, white space folded and stripped, nothing invisible.

    Controls, lone surrogates, bidi overrides and isolates, zero-width characters and noncharacters go.
    Directional marks (U+200E, U+200F, U+061C) stay: right-to-left titles need them, and they can't
    reorder letters. U+FFFD stays: it shows that something was lost before us.
    """
    folded = unicodedata.normalize("NFC", _SPACE.sub(" ", text))
    visible = _IDLE_JOINER.sub("", _REMOVED.sub("", folded))
    return _SPACE.sub(" ", unicodedata.normalize("NFC", visible)).strip()


def clean_url(text: str) -> str | None:
    """Return `text` as an http(s) URL in plain ASCII (RFC 3986), or None if it is not one to link to.

    None for other schemes, no host, credentials, a bad port, white space or controls inside, or more
    than `URL_LIMIT` characters. Other characters are percent-encoded, a host by IDNA.
    """
    text = text.strip()
    if len(text) > URL_LIMIT or any(c.isspace() or unicodedata.category(c) in _NOT_IN_URLS for c in text):
        return None
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
        name = _ascii_host(host or "")
    except ValueError:  # an unclosed bracket, a port out of range, a host that IDNA refuses
        return None
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or name is None:
        return None
    netloc = name if port is None else f"{name}:{port}"
    path, query, fragment = (quote(p, safe=_URL_SAFE) for p in (parts.path, parts.query, parts.fragment))
    url = urlunsplit((parts.scheme, netloc, path, query, fragment))
    return url if len(url) <= URL_LIMIT else None


_NOT_IN_URLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
_URL_SAFE = "%/:?#@!$&'()*+,;=~-._"


def _ascii_host(host: str) -> str | None:
    if ":" in host:  # IPv6; urlsplit took its brackets off
        host = f"[{host}]"
    ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    return ascii_host if _HOST.fullmatch(ascii_host) else None
