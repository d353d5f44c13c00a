"""XML of strangers: read entry by entry, nothing fetched, no entity expanded, a break costs what follows it."""

import io
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree

from digest.papers.clean import clean_line
from digest.papers.sentences import cut
from digest.sources.collector import Collector

_NAMES = ("entry", "item")  # Atom (RFC 4287), RSS
_ROOTS = ("feed", "rss", "RDF")
_TAG = re.compile(r"<[^>]*>")


def entries(content: bytes, collector: Collector) -> Iterator[tuple[str, Any]]:
    """Yield ("entry N", element) of each entry of an Atom or RSS feed, and tell what is broken in it.

    An element is only good until the next one is asked for, so that memory stays flat.
    """
    reader = etree.iterparse(
        io.BytesIO(content), tag=[f"{{*}}{name}" for name in _NAMES], recover=True, resolve_entities=False,
        no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True,
    )  # fmt: skip
    number = 0
    try:
        for _, element in reader:
            number += 1
            if collector.full:
                collector.skip()
            else:
                yield f"entry {number}", element
            _let_go(element)
    except etree.XMLSyntaxError:
        pass  # nothing that could be recovered; `error_log` says what it was
    if reader.root is None or str(reader.root.tag).rpartition("}")[2] not in _ROOTS:
        collector.fault(None, f"no feed; expected Atom or RSS, found {seen(content)}")
    elif len(reader.error_log):
        error = reader.error_log[0]
        collector.fault(error.line, f"broken XML, read as far as it goes: {clean_line(error.message)}", refused=False)


def _let_go(element: Any) -> None:
    """Empty an element and drop its predecessor; the feed's own date, say, stays."""
    element.clear()
    previous = element.getprevious()
    if previous is not None and previous.tag == element.tag:
        previous.getparent().remove(previous)


def seen(content: bytes) -> str:
    """Return how an answer that is none begins, without its tags, as it may stand in a message."""
    begin = cut(clean_line(_TAG.sub(" ", content[:1000].decode("utf-8", "replace"))), 80)
    return f'"{begin}"' if begin else "nothing"


def text(element: Any, *names: str) -> str:
    """Return the text of the first child with one of `names`, whatever its namespace; "" where there is none."""
    for name in names:
        child = element.find(f"{{*}}{name}")
        if child is not None and (found := "".join(child.itertext()).strip()):
            return found
    return ""


def texts(element: Any, path: str) -> list[str]:
    """Return the texts of all elements at `path` ("author/name"), whatever their namespaces."""
    found = element.findall("/".join(f"{{*}}{name}" for name in path.split("/")))
    return [line for child in found if (line := "".join(child.itertext()).strip())]
