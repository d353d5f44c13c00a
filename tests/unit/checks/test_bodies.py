import pytest

from digest.checks.bodies import both_there, postal_address, size
from digest.checks.mail import Mail
from digest.render.encode import decoded_size
from digest.render.fit import MAX_HTML


def test_html_has_no_more_bytes_than_gmail_shows(make, found):
    most = "x" * (MAX_HTML - 3) + "\n"  # and the line break of its own that the part ends in
    assert decoded_size(Mail.read(make(html=most)).html) == MAX_HTML - 1
    assert found(size, make(html="x" + most)) == []
    assert found(size, make(html="ü" + most))[0].startswith("error size: the HTML has 100,001 bytes; ")


def test_a_line_break_counts_as_two_bytes(make, found):
    assert found(size, make(html="x\n" * (MAX_HTML // 3 - 5))) == []
    assert found(size, make(html="x\n" * (MAX_HTML // 3 + 5))) != []


@pytest.mark.parametrize("text", [None, "", " \n \n"])
def test_plaintext_that_isn_t_there_is_found(make, found, text):
    assert found(both_there, make(text=text)) == [
        "error plaintext: the plaintext part is missing or empty; look at issue.txt.j2"
    ]


def test_html_that_isn_t_there_is_found(make, found):
    assert found(both_there, make(html="")) == ["error html: the HTML part is missing or empty; look at issue.mjml.j2"]


def test_plaintext_without_any_of_the_papers_is_found(make, found):
    assert found(both_there, make(text="Daily Papers\nhttps://digest.lab.edu/u/token\n")) == [
        "error plaintext: none of the links of the HTML is in it; look at issue.txt.j2"
    ]


def test_addresses_that_are_none_do_no_harm(make, make_page, found):
    raw = make(html=make_page(body='<a href="https://[half/">A</a><a href="https://a.example.org:x/">B</a>'))
    assert len(found(both_there, raw)) == 1


@pytest.mark.parametrize(
    ("href", "written"),
    [
        ("https://papers.example.org/?q=a&amp;b=%C3%BC", "https://papers.example.org/?q=a&b=ü"),
        ("https://papers.example.org/" + "a" * 1200, "https://papers.example.org/" + "a" * 40 + "\n" + "a" * 1160),
    ],
)
def test_a_link_is_the_same_however_it_is_written(make, make_page, found, href, written):
    raw = make(html=make_page(body=f'<a href="{href}">A paper</a>'), text=f"A paper\n  {written}\n")
    assert found(both_there, raw) == []


def test_the_postal_address_stands_in_both_parts(make, make_page, found):
    assert found(postal_address, make()) == []
    broken = make(html=make_page(foot="<p>LAB<br>1 Sample Street<br>12345&nbsp;Sample City</p>"))
    assert found(postal_address, broken) == []
    assert found(postal_address, make(html=make_page(foot=""), text="Lab\n")) == [
        "error postal: the HTML doesn't have site.postal_address; show it in the theme",
        "error postal: the plaintext doesn't have site.postal_address; show it in the theme",
    ]
    assert "site.postal_address is empty" in found(postal_address, make(), postal_address=" . ")[0]
