"""Canonical ids: the same paper gets the same id, whichever way a source writes it."""

import hashlib
import re
from urllib.parse import unquote

# https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNN to 2014-12, YYMM.NNNNN since, before 2007-04
# archive/YYMMNNN, where a subject class (math.GT) is no part of the id.
_ARXIV_NEW = r"(?:0[7-9]|1[0-4])(?:0[1-9]|1[0-2])\.[0-9]{4}|(?:1[5-9]|[2-8][0-9])(?:0[1-9]|1[0-2])\.[0-9]{5}"
_ARXIV_OLD = r"[a-z]+(?:-[a-z]+)?(?:\.[a-z]{2})?/[0-9]{2}(?:0[1-9]|1[0-2])[0-9]{3}"
_ARXIV = re.compile(
    r"""(?: arxiv: | oai:arxiv\.org: | (?:https?://(?:dx\.)?doi\.org/ | doi:\s*)? 10\.48550/arxiv\.
          | (?:https?://)? (?:[a-z]+\.)? arxiv\.org/ (?:abs|pdf|html|format|e-print|ps)/
          | (?:https?://)? huggingface\.co/papers/ )? \s*
        (?P<id> """
    + _ARXIV_NEW
    + "|"
    + _ARXIV_OLD
    + r""" ) (?:v[0-9]{1,3})? (?:\.pdf)? /? (?:[?\#].*)?""",
    re.IGNORECASE | re.VERBOSE,
)
_DOI = re.compile(
    r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s<>\"\x00-\x1f]+)",
    re.IGNORECASE,
)
_DOI_LIMIT = 300


def arxiv_id(text: str) -> str | None:
    """Return the arXiv id without version ("2403.01234", "cs/0112017"), or None.

    `text` may be the id, "arXiv:…", "oai:arXiv.org:…v1", arXiv's own DOI, or the address of a paper's page
    or PDF; it is the whole text, not something to search in.
    """
    match = _ARXIV.fullmatch(text.strip())
    if match is None:
        return None
    archive, slash, number = match["id"].lower().partition("/")
    return f"{archive.partition('.')[0]}/{number}" if slash else archive


def doi(text: str) -> str | None:
    """Return the DOI in lower case (DOIs ignore case, ISO 26324), without "doi:" or resolver, or None."""
    text = text.strip()
    match = _DOI.fullmatch(unquote(text) if text[:4].lower() == "http" else text)
    if match is None or len(match[1]) > _DOI_LIMIT:
        return None
    return match[1].lower().rstrip(".,;")


def local_id(source: str, title: str) -> str:
    """Return "<source>:" and 12 hex digits of the title's SHA-256, whatever its case and punctuation."""
    letters = "".join(c for c in title.casefold() if c.isalnum())
    text = letters or title  # a title of signs alone is still its own
    return f"{source}:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"


def paper_id(source: str, title: str, *texts: str) -> str:
    """Return the best id that `texts` hold: "arxiv:…", else "doi:…", else `local_id(source, title)`."""
    for scheme, read in (("arxiv", arxiv_id), ("doi", doi)):
        for text in texts:
            found = read(text)
            if found is not None:
                return f"{scheme}:{found}"
    return local_id(source, title)
