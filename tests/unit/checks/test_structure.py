import pytest

from digest.checks.structure import document, headings, ids, pictures


@pytest.fixture
def body(make, make_page):
    return lambda inside: make(html=make_page(body=inside, foot=""))


def test_a_picture_has_words_and_a_size(body, found):
    assert found(pictures, body('<img src="a.png" alt="" width="96" height="54">')) == []
    assert "1 without alt text, such as a.png" in found(pictures, body('<img src="a.png" width="9" height="9">'))[0]
    assert "1 without width and height" in found(pictures, body('<img src="a.png" alt="A" width="9">'))[0]


@pytest.mark.parametrize(("width", "height"), [("1", "1"), ("0", "0"), ("1", "0")])
def test_a_tracking_pixel_is_found(body, found, width, height):
    told = found(pictures, body(f'<img src="https://t.example.org/o.gif" alt="" width="{width}" height="{height}">'))
    assert ["tracking pixel" in one for one in told] == [True]


def test_ids_are_there_once_and_links_in_the_page_lead_somewhere(body, found):
    fine = '<a href="#s1">x</a><a href="#old">y</a><a href="#"></a><h2 id="s1">A</h2><a name="old"></a>'
    assert found(ids, body(fine)) == []
    assert found(ids, body('<p id="s1"></p><p id="s1"></p><p id="s2"></p>')) == [
        "warning ids: there more than once: s1"
    ]
    assert found(ids, body('<a href="#s9">x</a><a href="#s9">x</a>')) == [
        "warning ids: a link leads to what isn't there: #s9"
    ]


@pytest.mark.parametrize(
    ("levels", "says"),
    [
        ("1223322", ""),
        ("13", "h3 'Level 3' comes after an h1"),
        ("2", "h2 'Level 2' comes after none before it"),
        ("1224", "h4 'Level 4' comes after an h2"),
        ("", "there are none"),
    ],
)
def test_headings_leave_out_no_level_on_the_way_down(body, found, levels, says):
    told = found(headings, body("".join(f"<h{n}>Level {n}</h{n}>" for n in levels)))
    assert told == ([] if not says else told[:1])
    assert says in "".join(told)


def test_a_document_has_a_language_and_a_title(make, make_page, found):
    assert found(document, make()) == []
    assert "has no lang" in found(document, make(html=make_page(attributes="")))[0]
    assert "<title> is missing or empty" in found(document, make(html=make_page(head="<title> </title>")))[0]


def test_a_table_for_layout_says_so(body, found):
    fine = '<table role="presentation"><tr><td>x</td></tr></table><table><tr><th>a</th></tr></table>'
    assert found(document, body(fine)) == []
    assert "1 tables without" in found(document, body("<table><tr><td>x</td></tr></table>"))[0]
