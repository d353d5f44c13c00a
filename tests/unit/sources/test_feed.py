"""Any feed: RSS of every kind, Atom and JSON Feed, whole and broken."""

import json
from datetime import date
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources import collector
from digest.sources import feed as module
from digest.sources.feed import parse

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"><channel><title>News</title>{items}</channel></rss>"""
ITEM = """<item><title>On &lt;i&gt;Small&lt;/i&gt; Models &amp;amp; more</title>
<link>https://example.org/papers/1</link><guid isPermaLink="false">https://example.org/doi/abs/10.1000/X.1</guid>
<description>&lt;p&gt;We show&lt;/p&gt;&lt;p&gt;that $a&lt;b$ &amp;amp; more.&lt;/p&gt;</description>
<dc:creator>Ada Example</dc:creator><dc:creator>Bo Sample</dc:creator>
<pubDate>Tue, 24 Nov 2026 23:30:00 -0500</pubDate><category>cs.CL</category><category>Small Models</category></item>"""
ATOM = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>News</title>{items}</feed>"""
ENTRY = """<entry><id>urn:x:1</id><title type="html">On &lt;b&gt;Small&lt;/b&gt; Models</title>
<link rel="alternate" href="https://arxiv.org/abs/2611.00001v2"/>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>We show</p><p>it.</p></div></content>
<author><name>Ada Example</name></author><author><name>Bo Sample</name></author>
<updated>2026-11-24T12:00:00Z</updated><category term="math-ph"/></entry>"""
RDF = """<?xml version="1.0"?><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:prism="http://prismstandard.org/namespaces/1.2/basic/">
<channel rdf:about="x"><title>Journal</title></channel>{items}</rdf:RDF>"""
RDF_ITEM = """<item rdf:about="https://example.org/1"><title>On Small Models</title><link>https://example.org/1</link>
<description>We show it.</description><dc:creator>Ada Example, Bo Sample, Cy Test</dc:creator>
<dc:date>2026-11-24</dc:date>
<dc:identifier>doi:10.1000/A.1</dc:identifier><prism:doi>10.1000/a.1</prism:doi></item>"""
JSON_FEED = {
    "version": "https://jsonfeed.org/version/1.1",
    "title": "News",
    "items": [
        {
            "id": "https://example.org/1",
            "url": "https://example.org/1",
            "external_url": "https://doi.org/10.1000/A.1",
            "title": "On <i>Small</i> Models",
            "content_html": "<p>We show</p><p>it.</p>",
            "date_published": "2026-11-24T12:00:00Z",
            "authors": [{"name": "Ada Example"}, {"url": "https://example.org/bo"}],
            "tags": ["cs.CL", "Small Models"],
        }
    ],
}


def rss(*items):
    return RSS.replace("{items}", "".join(items)).encode()


def told(parsed):
    return [(problem.reason, problem.refused) for problem in parsed.problems]


def test_rss():
    parsed = parse(rss(ITEM), "feed", "lab")
    assert parsed.problems == ()
    (paper,) = parsed.papers
    assert (paper.id, paper.source, paper.position) == ("doi:10.1000/x.1", "lab", None)
    assert (paper.title, paper.abstract) == ("On Small Models & more", "We show that a<b & more.")
    assert paper.authors == ("Ada Example", "Bo Sample")
    assert (paper.published, paper.listed) == (date(2026, 11, 25), date(2026, 11, 25)), "the day in UTC"
    assert (paper.categories, paper.keywords) == (("cs.CL",), ("Small Models",))
    assert paper.links.paper == "https://example.org/papers/1"


def test_atom():
    parsed = parse(ATOM.replace("{items}", ENTRY).encode(), "feed")
    assert parsed.problems == ()
    (paper,) = parsed.papers
    assert (paper.id, paper.version, paper.source) == ("arxiv:2611.00001", 2, "feed")
    assert (paper.title, paper.abstract) == ("On Small Models", "We show it.")
    assert paper.authors == ("Ada Example", "Bo Sample")
    assert (paper.published, paper.categories) == (date(2026, 11, 24), ("math-ph",))


def test_rss_1():
    (paper,) = parse(RDF.replace("{items}", RDF_ITEM).encode(), "feed").papers
    assert (paper.id, paper.other_ids) == ("doi:10.1000/a.1", ())
    assert paper.authors == ("Ada Example", "Bo Sample", "Cy Test")
    assert paper.published == date(2026, 11, 24)


def test_json_feed():
    parsed = parse(json.dumps(JSON_FEED).encode(), "feed")
    assert parsed.problems == ()
    (paper,) = parsed.papers
    assert (paper.id, paper.title, paper.abstract) == ("doi:10.1000/a.1", "On Small Models", "We show it.")
    assert (paper.authors, paper.published) == (("Ada Example",), date(2026, 11, 24))
    assert (paper.categories, paper.keywords) == (("cs.CL",), ("Small Models",))
    assert paper.links.paper == "https://example.org/1"


def test_the_one_author_of_json_feed_1():
    item = {"title": "On Small Models", "author": {"name": "Ada Example"}, "content_text": "We <think> so."}
    for name in ("ada@example.org", 5):
        other = json.dumps({"items": [item | {"author": {"name": name}}]}).encode()
        assert parse(other, "feed").papers[0].authors == ()
    (paper,) = parse(json.dumps({"items": [item]}).encode(), "feed").papers
    assert (paper.authors, paper.abstract) == (("Ada Example",), "We <think> so.")


def test_names_and_mail_addresses():
    for tag in ("author", "dc:creator"):
        item = f"<item><title>One</title><{tag}>ada@example.org</{tag}></item>"
        assert parse(rss(item), "feed").papers[0].authors == ()
    item = "<item><title>One</title><dc:creator>Example, Ada</dc:creator></item>"
    assert parse(rss(item), "feed").papers[0].authors == ("Example, Ada",)


def test_bad_entries_cost_only_themselves():
    parsed = parse(rss(ITEM, "<item><link>https://example.org/2</link></item>", ITEM), "feed")
    assert len(parsed.papers) == 1
    assert told(parsed) == [
        ('entry 2: no title; expected "title" with the paper\'s title as text', True),
        ("entry 3: the paper of entry 1 again (doi:10.1000/x.1)", True),
    ]
    items = [*JSON_FEED["items"], 5, {"title": None}]
    parsed = parse(json.dumps({"items": items}).encode(), "feed")
    assert len(parsed.papers) == 1
    assert [reason.partition(":")[0] for reason, refused in told(parsed) if refused] == ["item 2", "item 3"]


def test_a_broken_feed_is_read_as_far_as_it_goes():
    content = rss(ITEM, ITEM.replace("X.1", "X.2"))
    parsed = parse(content[: content.rindex(b"</description>")], "feed")
    assert [paper.id for paper in parsed.papers] == ["doi:10.1000/x.1", "doi:10.1000/x.2"]
    (problem,) = parsed.problems
    assert problem.reason.startswith("a broken feed, read as far as it goes: ")
    assert not problem.refused


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "no feed; expected RSS, Atom or JSON Feed, found nothing"),
        (b"Busy", 'no feed; expected RSS, Atom or JSON Feed, found "Busy"'),
        (b"<html><p>Busy</p></html>", 'no feed; expected RSS, Atom or JSON Feed, found "Busy"'),
        (b"{}", "expected one JSON object, found an empty one"),
        (b'{"title": "x"}', 'no feed; expected a JSON Feed with a list of "items"'),
        (b'{"items": [', "no valid JSON from here on: Expecting value, at column 12"),
    ],
)
def test_answers_that_are_none(content, reason):
    parsed = parse(content, "feed")
    assert parsed.papers == ()
    assert told(parsed) == [(reason, True)]


def test_an_empty_feed_is_no_problem():
    assert parse(rss(), "feed").problems == ()


def test_nothing_is_opened_or_fetched(tmp_path):
    path = tmp_path / "feed.xml"
    path.write_bytes(rss(ITEM))
    for content in (str(path).encode(), path.as_uri().encode(), b"http://127.0.0.1:9/feed"):
        assert parse(content, "feed").papers == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "iso-8859-1"])
def test_encodings_that_are_declared(encoding):
    text = RSS.replace("{items}", "<item><title>Größe</title></item>")
    content = text.replace("UTF-8", encoding.removesuffix("-sig")).encode(encoding)
    parsed = parse(content, "feed")
    assert [paper.title for paper in parsed.papers] == ["Größe"]
    assert parsed.problems == ()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("end", [None, -200])
def test_of_too_many_entries_the_first_are_read(monkeypatch, encoding, end):
    monkeypatch.setattr(collector, "RECORDS_LIMIT", 3)
    items = [f"<item><title>Paper {number}</title></item>" for number in range(100)]
    parsed = parse(RSS.replace("{items}", "".join(items)).encode(encoding)[:end], "feed")
    assert [paper.title for paper in parsed.papers] == ["Paper 0", "Paper 1", "Paper 2"]
    assert told(parsed)[-1][0].startswith("more than 3 records; the 9")


@pytest.mark.parametrize("content", [rss(ITEM), b'{"items": [{"title": "' + b"x" * 100 + b'"}]}'], ids=["rss", "json"])
def test_a_feed_of_too_many_bytes_is_refused(monkeypatch, content):
    monkeypatch.setattr(module, "SIZE_LIMIT", 100)
    (problem,) = parse(content, "feed").problems
    assert problem.refused
    assert "expected 100 at most" in problem.reason


def test_a_fault_of_feedparser_is_a_problem(monkeypatch):
    def fail(*_, **__):
        raise AssertionError("inside\nout")

    monkeypatch.setattr("feedparser.parse", fail)
    assert told(parse(rss(ITEM), "feed")) == [("feedparser can't read it: inside out", True)]


def test_arxivs_own_feed_is_read_as_such():
    content = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"
    xmlns:arxiv="http://arxiv.org/schemas/atom"><id>http://rss.arxiv.org/atom/cs.AI</id>
    <entry><id>oai:arXiv.org:2611.00001v2</id><title>One</title>
    <arxiv:announce_type>replace</arxiv:announce_type></entry></feed>"""
    (paper,) = parse(content.encode(), "feed").papers
    assert (paper.source, paper.news) == ("arxiv", False)


BOMB = (
    "<!DOCTYPE rss [<!ENTITY a0 'lol'>" + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10)) + "]>"
)
EXTERNAL = '<!DOCTYPE rss [<!ENTITY a9 SYSTEM "file:///etc/passwd"> <!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'


@pytest.mark.parametrize("doctype", [BOMB, EXTERNAL])
def test_entities_are_neither_expanded_nor_fetched(doctype):
    content = rss(ITEM.replace("Small", "Small &a9;")).replace(b"<rss", doctype.encode() + b"<rss", 1)
    said = str(parse(content, "feed"))
    assert len(said) < 5_000
    assert "lollol" not in said
    assert "root:" not in said


XML_TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc", "Cn")), max_size=20)


@given(st.lists(st.tuples(XML_TEXT, XML_TEXT, XML_TEXT), max_size=4))
def test_every_entry_is_a_paper_or_a_problem(rows):
    items = [
        f"<item><title>{escape(title)}</title><link>{escape(link)}</link><pubDate>{escape(day)}</pubDate></item>"
        for title, link, day in rows
    ]
    parsed = parse(rss(*items), "feed")
    assert len(parsed.papers) + sum(problem.refused for problem in parsed.problems) == len(rows)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
KEYS = "id url external_url title content_html content_text summary date_published authors author tags"


@given(st.lists(st.dictionaries(st.sampled_from(KEYS.split()), JSON) | JSON, max_size=5))
def test_every_item_is_a_paper_or_a_problem(items):
    parsed = parse(json.dumps({"items": items}).encode(), "feed")
    assert len(parsed.papers) + sum(problem.refused for problem in parsed.problems) == len(items)


@given(st.binary() | st.text(alphabet="<>/!?&;=\"' aefidnrystm[]-{}").map(str.encode))
def test_no_bytes_break_it(content):
    for text in (content, b"<rss><channel><item><title>One" + content, b"{" + content):
        parsed = parse(text, "feed")
        assert parsed.papers or parsed.problems or b"<" in text
        assert all("\n" not in str(problem) for problem in parsed.problems)
