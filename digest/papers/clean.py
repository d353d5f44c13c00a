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
    "\u034f\u17b4\u17b5\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"  # other joiners and controls without a shape
    "\u115f\u1160\u3164\uffa0"  # Hangul fillers: letters by category, blank to the eye
    "\ufdd0-\ufdef\ufff9-\ufffc\ufffe\uffff"  # noncharacters, interlinear annotation, object marks
    "\U000e0000-\U000e007f"  # tags: a whole hidden alphabet
    + "".join(chr(plane * 0x10000 + low) for plane in range(1, 17) for low in (0xFFFE, 0xFFFF))
    + "]"
)
# The joiners U+200C and U+200D change how Persian, Indic scripts and emoji are drawn, so they stay after
# such a character; after anything else (Latin, Greek, punctuation, another joiner) they only hide.
_IDLE_JOINER = re.compile("(?<![\u0590-\u1dbf\u2190-\u2bff\u3030-\ud7ff\uf900-\ufdcf\ufe0f-\U0010ffff])[\u200c\u200d]")
# Variation selectors choose among shapes of a Han character or a sign; elsewhere, or one after another, they are
# a hidden alphabet too.
_IDLE_SELECTOR = re.compile(
    "(?<![\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff])[\U000e0100-\U000e01ef]"
    "|(?<=[\ufe00-\ufe0f\U000e0100-\U000e01ef])[\ufe00-\ufe0f]+"
)
_SPACE = re.compile(r"\s+")
# More marks on one letter than any script has (UAX #15, stream-safe text): NFC takes the square of their number.
_MARKS_LIMIT = 30
_MARKS = re.compile(rf"[^\w\s\x00-\u02ff]{{{_MARKS_LIMIT + 1},}}")
_HOST = re.compile(r"[a-z0-9_](?:[a-z0-9._-]*[a-z0-9])?\.?|\[[0-9a-f:.]+\]")


def clean_line(text: str) -> str:
    """Return `text` as one clean line: NFC, white space folded and stripped, nothing invisible.

    Controls, lone surrogates, bidi overrides and isolates, zero-width characters and noncharacters go.
    Directional marks (U+200E, U+200F, U+061C) stay: right-to-left titles need them, and they can't
    reorder letters. Of more than 30 marks on one letter the others go. U+FFFD stays: it shows that something
    was lost before us.
    """
    text = " ".join(text.split())
    if text.isascii() and text.isprintable():  # nearly every text; the rest would find nothing in it
        return text
    folded = _composed(text)
    visible = _IDLE_JOINER.sub("", _IDLE_SELECTOR.sub("", _REMOVED.sub("", folded)))
    return _SPACE.sub(" ", _composed(visible)).strip()


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", _MARKS.sub(_few_marks, text))


def _few_marks(match: re.Match[str]) -> str:
    """Return a run of signs without the marks behind the first `_MARKS_LIMIT` of each heap."""
    kept, heaped = [], 0
    for sign in match[0]:
        heaped = heaped + 1 if unicodedata.category(sign).startswith("M") else 0
        if heaped <= _MARKS_LIMIT:
            kept.append(sign)
    return "".join(kept)


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
    if "[" in parts.netloc and not name.startswith("["):  # an address of a future kind: without brackets another host
        return None
    netloc = name if port is None else f"{name}:{port}"
    path, query, fragment = (_quoted(part) for part in (parts.path, parts.query, parts.fragment))
    url = urlunsplit((parts.scheme, netloc, path, query, fragment))
    return url if len(url) <= URL_LIMIT else None


def _quoted(part: str) -> str:
    return _LONE_PERCENT.sub("%25", quote(part, safe=_URL_SAFE))


_LONE_PERCENT = re.compile("%(?![0-9A-Fa-f]{2})")
_NOT_IN_URLS = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Zs"})
_URL_SAFE = "%/:?@!$&'()*+,;=~-._"


def _ascii_host(host: str) -> str | None:
    if ":" in host:  # IPv6; urlsplit took its brackets off
        host = f"[{host}]"
    ascii_host = host if host.isascii() else host.encode("idna").decode("ascii")
    return ascii_host if _HOST.fullmatch(ascii_host) else None
