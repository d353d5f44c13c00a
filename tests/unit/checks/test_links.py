import pytest

from digest.checks.links import targets, words


@pytest.fixture
def body(make, make_page):
    return lambda inside: make(html=make_page(body=inside, foot=""))


def link(url: str, inside: str = "words", **attributes: str) -> str:
    more = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<a href="{url}"{more}>{inside}</a>'


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("https://papers.example.org/1", []),
        ("mailto:a@example.org", []),
        ("#s1", []),
        ("http://papers.example.org/1", ["not https"]),
        ("https://localhost/1", ["private network"]),
        ("https://192.168.1.1/", ["private network"]),
        ("https://[::1]/", ["private network"]),
        ("http://printer.local/", ["not https", "private network"]),
        ("javascript:alert(1)", ["neither web nor mail"]),
        ("HTTPS://papers.example.org", []),
        ("https://[half/", []),
    ],
)
def test_links_lead_where_a_reader_can_go(body, found, url, says):
    told = found(targets, body(link(url)))
    assert len(told) == len(says)
    assert all(word in one for word, one in zip(says, told, strict=True))


def test_many_links_are_counted_and_some_shown(body, found):
    many = "".join(link(f"http://papers.example.org/{n}") for n in range(5))
    assert found(targets, body(many)) == [
        "warning links: 5 links not https: http://papers.example.org/0, http://papers.example.org/1,"
        " http://papers.example.org/2 and 2 more"
    ]


def test_a_site_of_this_machine_may_be_linked_to_by_mail_that_stays_here(body, found):
    raw = body(link("http://localhost:8000/u/token"))
    assert found(targets, raw, site_url="http://localhost:8000", stays_here=True) == []
    assert len(found(targets, raw, site_url="http://localhost:8000")) == 2


def test_a_link_without_words_is_found(body, found):
    assert found(words, body(link("https://a.example.org", " "))) == [
        "warning links: 1 link without words: https://a.example.org"
    ]
    named = link("https://a.example.org", "", aria_label="A paper")
    pictured = link("https://b.example.org", '<img src="x.png" alt="Another paper">')
    assert found(words, body(named + pictured + '<a id="s1"></a>')) == []


@pytest.mark.parametrize("vague", ["here", "Click  here", "HIER"])
def test_words_that_say_nothing_are_found(body, found, vague):
    assert "words that say nothing" in found(words, body(link("https://a.example.org", vague)))[0]


def test_the_same_words_lead_to_the_same_place_under_one_heading(body, found):
    here, there = link("https://a.example.org", "PDF"), link("https://b.example.org", "PDF")
    assert found(words, body(f"<h3>One</h3>{here}{there}")) == [
        "warning links: the same words lead to different places under one heading: PDF"
    ]
    assert found(words, body(f"<h3>One</h3>{here}<h3>Other</h3>{there}")) == []
    assert found(words, body(f"<h3>One</h3>{here}{here}")) == []
    labelled = link("https://b.example.org", "PDF", aria_label="PDF: the other paper")
    assert found(words, body(f"<h3>One</h3>{here}{labelled}")) == []
