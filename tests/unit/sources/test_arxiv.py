"""arXiv's API and feeds: what is asked, and what of the answers is a paper, an update or a problem."""

from datetime import date
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.papers.ids import arxiv_id
from digest.sources import collector
from digest.sources.arxiv import (
    Query,
    feed_url,
    is_api_answer,
    is_feed,
    parse_api,
    parse_feed,
    search,
)

API = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" xmlns:arxiv="http://arxiv.org/schemas/atom"
 xmlns="http://www.w3.org/2005/Atom">
  <id>https://arxiv.org/api/abc</id><title>arXiv Query: x</title><updated>2026-11-24T00:00:00Z</updated>
  <opensearch:itemsPerPage>100</opensearch:itemsPerPage>
  <opensearch:totalResults>250</opensearch:totalResults>
  <opensearch:startIndex>0</opensearch:startIndex>
  {entries}
</feed>"""
ENTRY = """<entry>
    <id>http://arxiv.org/abs/2611.00001v3</id>
    <updated>2026-11-23T10:00:00Z</updated>
    <published>2026-11-20T17:59:59Z</published>
    <title>On $a&lt;b$ &amp; Small
  Models</title>
    <summary>  We show that $a&lt;b$ and $c&lt;d&gt;e$ &amp; use
&lt;think&gt; tags; 5 &lt; 6 \\&amp; \\alpha.
</summary>
    <author><name>Ada Example</name><arxiv:affiliation>The Lab</arxiv:affiliation></author>
    <author><name>Bo Sample</name></author>
    <arxiv:comment>10 pages,
 accepted</arxiv:comment>
    <arxiv:journal_ref>J. Small 1 (2026)</arxiv:journal_ref>
    <arxiv:doi>10.1000/A1 10.1000/b2</arxiv:doi>
    <link href="http://arxiv.org/abs/2611.00001v3" rel="alternate" type="text/html"/>
    <link title="pdf" href="http://arxiv.org/pdf/2611.00001v3" rel="related" type="application/pdf"/>
    <arxiv:primary_category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.CL" scheme="http://arxiv.org/schemas/atom"/>
    <category term="cs.LG" scheme="http://arxiv.org/schemas/atom"/>
  </entry>"""

ATOM = """<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns="http://www.w3.org/2005/Atom" xml:lang="en-us">
  <id>http://rss.arxiv.org/atom/cs.AI</id><title>cs.AI updates on arXiv.org</title>
  <updated>2026-11-24T05:00:19.866337+00:00</updated>
  {entries}
</feed>"""
RSS = """<?xml version='1.0' encoding='UTF-8'?>
<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>
  <title>cs.AI updates on arXiv.org</title><link>http://rss.arxiv.org/rss/cs.AI</link>
  <pubDate>Tue, 24 Nov 2026 00:00:00 -0500</pubDate>
  {entries}
</channel></rss>"""


def announced(flavour, kind="new", number=1, version=1, day=True, creators="Ada Example, Bo Sample, Jr., Cy Test"):
    """An entry of a feed, in either flavour."""
    name = f"2611.{number:05}"
    described = f"arXiv:{name}v{version} Announce Type: {kind} \nAbstract: We show that $a&lt;b$ &amp; more."
    common = f"""<title>Paper {number} &amp; $x&gt;y$</title>
    <arxiv:announce_type>{kind}</arxiv:announce_type><dc:creator>{creators}</dc:creator>
    <arxiv:DOI>10.1000/A{number}</arxiv:DOI><arxiv:journal_reference>J. Small</arxiv:journal_reference>"""
    if flavour == "atom":
        moment = "<published>2026-11-24T00:00:00-05:00</published>" if day else ""
        return f"""<entry><id>oai:arXiv.org:{name}v{version}</id><summary>{described}</summary>{moment}
        <link href="https://arxiv.org/abs/{name}" rel="alternate"/>
        <category term="cs.LG"/><category term="cs.AI"/>{common}</entry>"""
    moment = "<pubDate>Tue, 24 Nov 2026 00:00:00 -0500</pubDate>" if day else ""
    return f"""<item><guid isPermaLink="false">oai:arXiv.org:{name}v{version}</guid>{moment}
    <link>https://arxiv.org/abs/{name}</link><description>{described}</description>
    <category>cs.LG</category><category>cs.AI</category>{common}</item>"""


def feed(flavour, *entries):
    template = ATOM if flavour == "atom" else RSS
    return template.replace("{entries}", "".join(entries)).encode()


def api(*entries):
    return API.replace("{entries}", "".join(entries)).encode()


def told(parsed):
    return [(problem.reason, problem.refused) for problem in parsed.problems]


def test_an_entry_of_the_api():
    parsed = parse_api(api(ENTRY), "answer")
    assert parsed.problems == ()
    (paper,) = parsed.papers
    assert (paper.id, paper.version, paper.source, paper.position) == ("arxiv:2611.00001", 3, "arxiv", None)
    assert paper.title == "On a<b & Small Models"
    assert paper.abstract == "We show that a<b and c<d>e & use <think> tags; 5 < 6 & α."
    assert paper.authors == ("Ada Example", "Bo Sample")
    assert (paper.published, paper.listed, paper.news) == (date(2026, 11, 20), None, True)
    assert paper.categories == ("cs.LG", "cs.CL")
    assert paper.other_ids == ("doi:10.1000/a1", "doi:10.1000/b2")
    assert paper.links.paper == "https://arxiv.org/abs/2611.00001"
    assert paper.extra == {
        "comment": "10 pages, accepted",
        "journal_ref": "J. Small 1 (2026)",
        "updated": "2026-11-23T10:00:00Z",
    }


def test_the_apis_own_error_is_a_problem_of_the_whole_answer():
    error = """<entry><id>https://arxiv.org/api/errors#incorrect_id_format_for_x</id><title>Error</title>
    <summary>incorrect id format for x</summary><author><name>arXiv api core</name></author></entry>"""
    parsed = parse_api(api(error), "answer")
    assert parsed.papers == ()
    assert told(parsed) == [("arXiv refused the request: incorrect id format for x", True)]


@pytest.mark.parametrize("flavour", ["atom", "rss"])
def test_an_announced_paper(flavour):
    parsed = parse_feed(feed(flavour, announced(flavour)), "feed")
    assert parsed.problems == ()
    (paper,) = parsed.papers
    assert (paper.id, paper.version, paper.source) == ("arxiv:2611.00001", 1, "arxiv")
    assert (paper.title, paper.abstract) == ("Paper 1 & x>y", "We show that a<b & more.")
    assert paper.authors == ("Ada Example", "Bo Sample, Jr.", "Cy Test")
    assert (paper.published, paper.listed) == (date(2026, 11, 24), date(2026, 11, 24))
    assert paper.categories == ("cs.LG", "cs.AI")
    assert paper.other_ids == ("doi:10.1000/a1",)
    assert paper.extra == {"journal_ref": "J. Small"}


@pytest.mark.parametrize("flavour", ["atom", "rss"])
def test_replacements_are_no_news_and_have_no_date_of_their_own(flavour):
    kinds = ["new", "cross", "replace", "replace-cross"]
    entries = [announced(flavour, kind, number, number) for number, kind in enumerate(kinds, start=1)]
    parsed = parse_feed(feed(flavour, *entries), "feed")
    assert [paper.news for paper in parsed.papers] == [True, True, False, False]
    assert [paper.published is None for paper in parsed.papers] == [False, True, True, True]
    assert [paper.version for paper in parsed.papers] == [1, 2, 3, 4]
    assert {paper.listed for paper in parsed.papers} == {date(2026, 11, 24)}


@pytest.mark.parametrize("flavour", ["atom", "rss"])
def test_the_day_of_the_feed_stands_in_for_an_entrys(flavour):
    entries = [announced(flavour, number=number, day=False) for number in (1, 2)]
    parsed = parse_feed(feed(flavour, *entries), "feed")
    assert [paper.listed for paper in parsed.papers] == [date(2026, 11, 24)] * 2


def test_a_day_begins_when_it_does_at_arxiv():
    entry = announced("atom").replace("2026-11-24T00:00:00-05:00", "2026-11-24T03:00:00+00:00")
    assert parse_feed(feed("atom", entry), "feed").papers[0].listed == date(2026, 11, 23)
    entry = announced("atom").replace("2026-11-24T00:00:00-05:00", "some day")
    parsed = parse_feed(feed("atom", entry), "feed")
    assert (parsed.papers[0].listed, parsed.papers[0].published) == (None, None)
    assert told(parsed) == [("entry 1: listed: expected a date such as 2025-03-12, found 'some day'", False)]


def test_the_kind_is_in_the_text_too():
    entry = announced("rss", "replace").replace("<arxiv:announce_type>replace</arxiv:announce_type>", "")
    (paper,) = parse_feed(feed("rss", entry), "feed").papers
    assert (paper.news, paper.abstract) == (False, "We show that a<b & more.")
    entry = entry.replace("Announce Type: replace", "")
    (paper,) = parse_feed(feed("rss", entry), "feed").papers
    assert paper.news


def test_bad_entries_cost_only_themselves():
    untitled = announced("atom", number=2).replace("<title>", "<other>").replace("</title>", "</other>")
    elsewhere = announced("atom", number=3).replace("oai:arXiv.org:", "").replace("2611.00003", "x")
    parsed = parse_feed(feed("atom", announced("atom"), untitled, elsewhere, announced("atom")), "feed")
    assert [paper.id for paper in parsed.papers] == ["arxiv:2611.00001"]
    assert told(parsed) == [
        ('entry 2: no title; expected "title" with the paper\'s title as text', True),
        ("entry 3: no arXiv id; expected one such as 2403.01234, found 'xv1'", True),
        ("entry 4: the paper of entry 1 again (arxiv:2611.00001)", True),
    ]


@pytest.mark.parametrize("parse", [parse_api, parse_feed])
@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "nothing"),
        (b"Rate exceeded.", '"Rate exceeded."'),
        (b"<html><body>Service <b>un</b>available</body></html>", '"Service un available"'),
        (b"{}", '"{}"'),
    ],
)
def test_answers_that_are_none(parse, content, found):
    parsed = parse(content, "answer")
    assert told(parsed) == [(f"no feed; expected Atom or RSS, found {found}", True)]


def test_an_empty_answer_is_no_problem():
    assert parse_api(api(), "answer").problems == ()
    for flavour in ("atom", "rss"):
        assert parse_feed(feed(flavour), "feed").problems == ()


def test_a_broken_answer_is_read_as_far_as_it_goes():
    content = api(ENTRY, ENTRY.replace("2611.00001", "2611.00002"))
    content = content[: content.rindex(b"<summary>") + 20]
    parsed = parse_api(content, "answer")
    assert [paper.id for paper in parsed.papers] == ["arxiv:2611.00001", "arxiv:2611.00002"]
    (problem,) = parsed.problems
    assert problem.reason.startswith("broken XML, read as far as it goes: ")
    assert (problem.refused, problem.line) == (False, content.count(b"\n") + 1)


@pytest.mark.parametrize("flavour", ["atom", "rss"])
def test_of_too_many_entries_the_first_are_read(monkeypatch, flavour):
    monkeypatch.setattr(collector, "RECORDS_LIMIT", 3)
    entries = [announced(flavour, number=number, day=False) for number in range(100)]
    parsed = parse_feed(feed(flavour, *entries), "feed")
    assert [paper.id for paper in parsed.papers] == [f"arxiv:2611.0000{number}" for number in range(3)]
    assert told(parsed) == [("more than 3 records; the 97 behind them were left out", True)]


def test_a_search():
    assert search("", ["cs.AI", "cs.CL"]) == "cat:cs.AI OR cat:cs.CL"
    assert search('all:"small models"', []) == 'all:"small models"'
    assert search("ti:small OR ti:tiny", ["cs.AI"]) == "(cat:cs.AI) AND (ti:small OR ti:tiny)"


def test_what_is_asked():
    asked = parse_qs(urlsplit(Query("cat:cs.AI", start=200).url()).query)
    assert asked == {
        "search_query": ["cat:cs.AI"],
        "sortBy": ["submittedDate"],
        "sortOrder": ["descending"],
        "start": ["200"],
        "max_results": ["100"],
    }
    url = Query(ids=("2611.00001", "cs/0112017"), size=2).url("http://127.0.0.1:1/query")
    assert url == "http://127.0.0.1:1/query?id_list=2611.00001%2Ccs%2F0112017&start=0&max_results=2"
    assert feed_url(["cs.AI", "q-bio"]) == "https://rss.arxiv.org/atom/cs.AI+q-bio"
    assert feed_url(["cs.AI"], "http://127.0.0.1:1") == "http://127.0.0.1:1/atom/cs.AI"


def test_paging_ends_where_the_answers_do():
    query, content = Query("cat:cs.AI"), api(ENTRY)
    starts = [query.start]
    while (following := query.following(content)) is not None:
        query = following
        starts.append(query.start)
    assert starts == [0, 100, 200]
    assert query.search == "cat:cs.AI"
    assert Query("x").following(api()) is None, "an empty page whatever its total"
    assert Query("x").following(b"Rate exceeded.") is None
    many = content.replace(b"250", b"90000000")
    assert Query("x", start=29_900).following(many) is None


def test_arxivs_answers_are_known_by_their_look():
    assert is_api_answer(api())
    assert not is_feed(api())
    for flavour in ("atom", "rss"):
        assert is_feed(feed(flavour))
        assert not is_api_answer(feed(flavour))
    assert not is_feed(b"<rss/>")
    elsewhere = b"<feed><entry><link href='https://rss.arxiv.org/x'/><id>https://arxiv.org/api/x</id></entry></feed>"
    assert not is_feed(elsewhere)
    assert not is_api_answer(elsewhere)


BOMB = (
    "<!DOCTYPE feed [<!ENTITY a0 'lol'>"
    + "".join(f"<!ENTITY a{n} '{f'&a{n - 1};' * 10}'>" for n in range(1, 10))
    + "]>"
)
EXTERNAL = '<!DOCTYPE feed [<!ENTITY a9 SYSTEM "file:///etc/passwd"> <!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'


@pytest.mark.parametrize("doctype", [BOMB, EXTERNAL])
def test_entities_are_neither_expanded_nor_fetched(doctype):
    content = api(ENTRY.replace("Models", "Models &a9;"), ENTRY.replace("cs.CL", "&a9;"))
    content = content.replace(b"<feed", doctype.encode() + b"<feed", 1)
    parsed = parse_api(content, "answer")
    said = str(parsed)
    assert len(said) < 5_000
    assert "lollol" not in said
    assert "root:" not in said


XML_TEXT = st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=30)
NAMES = st.sampled_from(["2611.00001v2", "cs/0112017", "x", ""])


@given(st.lists(st.tuples(NAMES, XML_TEXT, XML_TEXT), max_size=5), st.sampled_from(["atom", "rss"]))
def test_every_entry_is_a_paper_or_a_problem(rows, flavour):
    tags = ("entry", "id") if flavour == "atom" else ("item", "guid")
    entries = [
        f"<{tags[0]}><{tags[1]}>{name}</{tags[1]}><title>{escape(title)}</title><pubDate>{escape(day)}</pubDate>"
        f"</{tags[0]}>"
        for name, title, day in rows
    ]
    for parse in (parse_api, parse_feed):
        parsed = parse(feed(flavour, *entries), "feed")
        assert len(parsed.papers) + sum(problem.refused for problem in parsed.problems) == len(rows)
        assert all(arxiv_id(paper.id.removeprefix("arxiv:")) for paper in parsed.papers)


@given(st.binary() | st.text(alphabet="<>/!?&;=\"' aefidnrystm[]-").map(str.encode))
def test_no_bytes_break_it(content):
    for parse in (parse_api, parse_feed):
        for text in (content, b"<feed><entry><id>2611.00001</id>" + content):
            parsed = parse(text, "answer")
            assert parsed.papers or parsed.problems or b"<" in text
            assert all("\n" not in str(problem) for problem in parsed.problems)
    Query("x").following(content)


@pytest.mark.shared_data
def test_a_real_feed(shared_data):
    content = (shared_data / "arxiv-rss-cs.AI.xml").read_bytes()
    assert is_feed(content)
    parsed = parse_feed(content, "feed")
    assert parsed.problems == ()
    assert len(parsed.papers) == content.count(b"<entry>") == 7
    assert all(paper.authors and paper.abstract and paper.listed and paper.categories for paper in parsed.papers)
    assert not any("Announce Type" in paper.abstract for paper in parsed.papers)
