"""Checks of the document: what screen readers and in-page links count on, and pictures that may not be shown."""

from collections import Counter
from collections.abc import Iterator
from urllib.parse import unquote

from digest.checks.facts import Facts
from digest.checks.finding import Finding
from digest.checks.mail import Mail, words_of

_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")


def pictures(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find pictures without alt text or size, and those nobody can see."""
    shown = [(image, str(image.get("src") or "?")[:60]) for image in mail.elements("img")]
    silent = [name for image, name in shown if image.get("alt") is None]
    sizeless = [name for image, name in shown if not (image.get("width") and image.get("height"))]
    pixels = [name for image, name in shown if {image.get("width"), image.get("height")} <= {"0", "1"}]
    if silent:
        yield _warning("pictures", f'{len(silent)} without alt text, such as {silent[0]}; alt="" says that it is decor')
    if sizeless:
        yield _warning("pictures", f"{len(sizeless)} without width and height, such as {sizeless[0]}: the text jumps")
    if pixels:
        yield _warning("pictures", f"{pixels[0]} is a tracking pixel by its size; the mail promises to have none")


def ids(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find ids that are there twice, and links in the page that lead nowhere."""
    found = Counter(str(element.get("id")) for element in mail.elements() if element.get("id"))
    twice = [name for name, count in found.items() if count > 1]
    if twice:
        yield _warning("ids", f"there more than once: {', '.join(twice[:5])}")
    names = found.keys() | {str(link.get("name")) for link in mail.elements("a") if link.get("name")}
    inside = (unquote(url[1:]) for url in mail.hrefs if url.startswith("#") and len(url) > 1)
    lost = [name for name in dict.fromkeys(inside) if name not in names]
    if lost:
        yield _warning("ids", f"a link leads to what isn't there: #{', #'.join(lost[:5])}")


def headings(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find headings that leave out a level on the way down: who jumps from one to the next misses something."""
    before = 0
    for heading in mail.elements(*_HEADINGS):
        level = int(heading.tag[1])
        if level > before + 1:
            after = f"an h{before}" if before else "none before it"
            yield _warning("headings", f"h{level} {words_of(heading)[:40]!r} comes after {after}")
            return
        before = level
    if not before:
        yield _warning("headings", "there are none; a reader who hears the mail can't jump to a section")


def document(mail: Mail, _facts: Facts) -> Iterator[Finding]:
    """Find a missing language or title, and tables that don't say that they are layout."""
    if not str(mail.tree.get("lang") or "").strip():
        yield _warning("document", "<html> has no lang: screen readers read it in the wrong voice")
    titles = [words_of(title) for title in mail.elements("title")]
    if not any(titles):
        yield _warning("document", "<title> is missing or empty")
    tables = [
        table
        for table in mail.elements("table")
        if str(table.get("role") or "").strip() not in ("presentation", "none") and not list(table.iter("th"))
    ]
    if tables:
        yield _warning("document", f'{len(tables)} tables without role="presentation" are read out cell by cell')


def _warning(check: str, text: str) -> Finding:
    return Finding("warning", check, text)
