"""Canonical ids: the same paper gets the same id, whichever way a source writes it."""

import hashlib
import re
from collections.abc import Iterable
from urllib.parse import unquote

from digest.papers.clean import URL_LIMIT

# https://info.arxiv.org/help/arxiv_identifier.html: YYMM.NNNN to 2014-12, YYMM.NNNNN since, before 2007-04
# archive/YYMMNNN, where a subject class (math.GT) is no part of the id.
_ARXIV_NEW = r"(?:0[7-9]|1[0-4])(?:0[1-9]|1[0-2])\.[0-9]{4}|(?:1[5-9]|[2-8][0-9])(?:0[1-9]|1[0-2])\.[0-9]{5}"
# The archives there were by then; "blog/0701123" is none of arXiv's.
_ARCHIVES = """
    acc-phys adap-org alg-geom ao-sci astro-ph atom-ph bayes-an chao-dyn chem-ph cmp-lg comp-gas cond-mat cs dg-ga
    funct-an gr-qc hep-ex hep-lat hep-ph hep-th math math-ph mtrl-th nlin nucl-ex nucl-th patt-sol physics plasm-ph
    q-alg q-bio quant-ph solv-int supr-con
"""
_ARXIV_OLD = rf"(?:{'|'.join(_ARCHIVES.split())})(?:\.[a-z]{{2}})?/(?:9[1-9]|0[0-7])(?:0[1-9]|1[0-2])[0-9]{{3}}"
_ARXIV = re.compile(
    r"""(?: arxiv: | oai:arxiv\.org: | (?:https?://(?:dx\.)?doi\.org/ | doi:\s*)? 10\.48550/arxiv\.
          | (?:https?://)? (?:[a-z]+\.)? arxiv\.org/ (?:abs|pdf|html|format|e-print|ps)/
          | (?:https?://)? huggingface\.co/papers/ )? \s*
        (?P<id> """
    + _ARXIV_NEW
    + "|"
    + _ARXIV_OLD
    + r""" ) (?:v(?P<version>[0-9]{1,3}))? (?:\.pdf)? /? (?:[?\#].*)?""",
    re.IGNORECASE | re.VERBOSE,
)
_DOI = re.compile(
    r"(?:https?://(?:dx\.|www\.)?doi\.org/|doi:\s*)?(10\.[0-9]{4,9}(?:\.[0-9]+)*/[^\s<>\"\x00-\x1f]+)",
    re.IGNORECASE,
)
_DOI_IN_PATH = re.compile(r"https?://[^/\s]+/(?:[^\s?#]*/)?(10\.[0-9]{4,9}/[^\s?#<>\"]+)", re.IGNORECASE)
_PAGE_OF_DOI = re.compile(
    r"(?:/(?:full|abstract|abs|e?pdf|html|meta|fulltext|summary)|\.(?:full|abstract|short|pdf)"
    r"|(?<=[0-9])v[0-9]{1,2})+/?$",
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


def arxiv_version(text: str) -> int | None:
    """Return the version, 1-based, that an arXiv id or address ends in ("2403.01234v3"), or None."""
    match = _ARXIV.fullmatch(text.strip())
    return int(match["version"] or 0) or None if match else None


def doi(text: str) -> str | None:
    """Return the DOI in lower case (DOIs ignore case, ISO 26324), without "doi:" or resolver, or None."""
    text = text.strip()
    match = _DOI.fullmatch(unquote(text) if text[:4].lower() == "http" else text)
    if match is None or len(match[1]) > _DOI_LIMIT:
        return None
    return match[1].lower().rstrip(".,;")


def doi_of_page(url: str) -> str | None:
    """Return the DOI that the address of a publisher's page holds in its path, or None.

    What such addresses put behind it ("/full", ".pdf", "v2") is no part of it.
    """
    match = _DOI_IN_PATH.match(unquote(url.strip()[:URL_LIMIT]))
    return doi(_PAGE_OF_DOI.sub("", match[1])) if match else None


def local_id(source: str, title: str) -> str:
    """Return "<source>:" and 12 hex digits of the title's SHA-256, whatever its case and punctuation."""
    letters = "".join(c for c in title.casefold() if c.isalnum())
    text = letters or title  # a title of signs alone is still its own
    return f"{source}:{hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"


def known_ids(texts: Iterable[str]) -> tuple[str, ...]:
    """Return the canonical ids that `texts` hold, each once: the first arXiv id, then every DOI.

    arXiv's own DOI is the arXiv id once more. A second arXiv id is another paper's, so it is left out.
    """
    texts = list(texts)
    arxiv = next((found for text in texts if (found := arxiv_id(text))), None)
    dois = [found for text in texts if not arxiv_id(text) and (found := doi(text))]
    return tuple(dict.fromkeys([*([f"arxiv:{arxiv}"] if arxiv else []), *(f"doi:{found}" for found in dois)]))
