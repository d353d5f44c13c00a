"""XML of strangers: entry by entry, whatever the namespace, and memory stays flat."""

import pytest

from digest.sources.collector import Collector
from digest.sources.xmltext import entries, seen, text, texts

FEED = b"""<feed xmlns="http://www.w3.org/2005/Atom" xmlns:x="urn:x"><updated>2026-11-24</updated>
<entry><title> One <b>two</b><!-- no --> </title><x:note/><x:note>n</x:note><author><name>A</name></author>
<author><name> </name></author><author><name>B</name></author></entry>
<entry><title>Next</title></entry></feed>"""


def test_what_an_entry_says():
    collector = Collector("in", "lab")
    found = []
    for place, entry in entries(FEED, collector):
        found.append((place, text(entry, "title"), text(entry.getparent(), "updated")))
        if place == "entry 1":
            assert texts(entry, "author/name") == ["A", "B"]
            assert (text(entry, "none", "note"), text(entry, "none")) == ("", "")
    assert found == [("entry 1", "One two", "2026-11-24"), ("entry 2", "Next", "2026-11-24")]
    assert collector.parsed().problems == ()


@pytest.mark.parametrize("root", ["rss", "feed", "rdf:RDF"])
def test_roots_that_are_feeds(root):
    content = f'<{root} xmlns:rdf="urn:r"><channel/></{root}>'.encode()
    collector = Collector("in", "lab")
    assert list(entries(content, collector)) == []
    assert collector.parsed().problems == ()


def test_entries_that_are_done_are_let_go():
    content = b"<feed>" + b"<entry><title>One</title></entry>\n" * 20_000 + b"</feed>"
    kept = [len(entry.getparent()) for _, entry in entries(content, Collector("in", "lab", 100_000))]
    assert len(kept) == 20_000
    assert max(kept) < 2_000, "what is read ahead, and one behind"


def test_entries_beyond_the_limit_are_only_counted():
    collector = Collector("in", "lab", 2)
    for place, entry in entries(b"<feed>" + b"<entry><title>One</title></entry>" * 5 + b"</feed>", collector):
        assert place in ("entry 1", "entry 2")
        collector.refuse(place, text(entry, "title"))
    (*_, last) = collector.parsed().problems
    assert last.reason == "more than 2 records; the 3 behind them were left out"


@pytest.mark.parametrize("value", ["'inside'", "SYSTEM '{path}'", "SYSTEM '{uri}'"])
def test_no_entity_is_expanded_or_fetched(tmp_path, value):
    path = tmp_path / "secret"
    path.write_text("inside")
    declared = value.format(path=path, uri=path.as_uri())
    content = f"<!DOCTYPE feed [<!ENTITY x {declared}>]><feed><entry><title>A &x; b</title></entry></feed>"
    found = [text(entry, "title") for _, entry in entries(content.encode(), Collector("in", "lab"))]
    assert found == ["A &x; b"]


def test_how_an_answer_begins():
    assert seen(b"<html><b>Busy</b>\n<br>now</html>") == '"Busy now"'
    assert seen(b"\xff\x00") == '"\ufffd"'
    assert seen(b" <p> ") == "nothing"
    assert len(seen(b"word " * 1000)) < 90
