import pytest

from digest.checks.contrast import contrasts

DARK = "@media (prefers-color-scheme: dark)"


@pytest.fixture
def told(make, make_page, found):
    """What is found of a body and a style sheet."""

    def of(body: str, sheet: str = "") -> list[str]:
        page = make_page(body=body, head=f"<title>x</title><style>{sheet}</style>", foot="")
        return [one.removeprefix("warning contrast: ") for one in found(contrasts, make(html=page))]

    return of


def test_text_that_can_t_be_read_is_told_with_its_colours(told):
    assert told('<p style="color:#777777">pale words</p>') == [
        "light: #777777 on #ffffff has 4.47:1 and needs 4.5:1, in 'pale words'"
    ]
    assert told('<p style="color:#767676">words</p>') == []


@pytest.mark.parametrize(
    ("style", "fine"),
    [
        ("font-size:24px", True),
        ("font-size:18pt", True),
        ("font-size:23px", False),
        ("font-size:19px;font-weight:700", True),
        ("font-size:19px;font-weight:bold", True),
        ("font-size:19px;font-weight:600", False),
        ("font-size:18px;font-weight:700", False),
        ("font-size:150%", True),
        ("font-size:1.5rem", True),
    ],
)
def test_large_text_needs_less(told, style, fine):
    assert (told(f'<div style="{style};color:#8a8a8a">words</div>') == []) is fine


def test_colour_and_ground_come_down_the_tree(told):
    assert told('<div style="background:#000"><p><b>black on black</b></p></div>') != []
    assert told('<div style="background:#000;color:#fff"><p><b>white on black</b></p></div>') == []
    assert told('<table bgcolor="#000000"><tr><td><font color="#ffffff">white on black</font></td></tr></table>') == []
    assert told('<table bgcolor="#000000"><tr><td>black on black</td></tr></table>') != []


def test_what_stands_after_an_element_has_the_colour_of_what_is_around_it(told):
    assert told('<p style="color:#000"><b style="color:#eee;background:#000">bold</b> after</p>') == []
    assert told('<p style="color:#ddd"><b style="color:#000">bold</b> after</p>') == [
        "light: #dddddd on #ffffff has 1.35:1 and needs 4.5:1, in 'after'"
    ]


def test_a_link_has_a_colour_of_its_own(told):
    assert told('<div style="background:#00f;color:#fff">a <a href="#x">link</a></div>') != []
    assert told('<div style="background:#00f;color:#fff">an <a>anchor</a></div>') == []


def test_the_cascade_decides(told):
    assert told('<p class="a">x</p>', ".a { color:#eee } p { color:#000 }") != []  # a class goes before a type
    assert told('<p class="a">x</p>', "p { color:#eee } p { color:#000 }") == []  # the later goes before the earlier
    assert told('<p style="color:#000">x</p>', "p { color:#eee }") == []  # the attribute goes before the sheet
    assert told('<p style="color:#000">x</p>', "p { color:#eee !important }") != []  # but for what is important


def test_a_shorthand_sets_the_ground_too(told):
    style = "background-color:#eee;color:#000"
    assert told(f'<p class="u" style="{style}">x</p>', ".u { background:#000 !important }") != []
    assert told(f'<p class="u" style="{style}">x</p>', ".u { background:#000 }") == []
    assert told('<p class="u">x</p>', ".u { background:url(x.png) #000 } .u { background:#fff }") == []
    assert told('<p class="u">x</p>', ".u { background:#fff } .u { background-color:#000 }") != []


def test_a_dark_look_is_checked_where_there_is_one(told):
    dark = f"{DARK} {{ body {{ background:#111 !important }} }}"
    assert told('<p style="color:#222">x</p>') == []
    assert told('<p style="color:#222">x</p>', dark) == ["dark: #222222 on #111111 has 1.18:1 and needs 4.5:1, in 'x'"]
    assert told('<p class="p" style="color:#222">x</p>', dark + f"{DARK} {{ .p {{ color:#eee !important }} }}") == []


def test_a_media_attribute_holds_like_a_media_rule(make, make_page, found):
    head = '<style media="(prefers-color-scheme: dark)">body { background:#111 } </style>'
    page = make_page(body='<p style="color:#222">x</p>', head=head, foot="")
    assert len(found(contrasts, make(html=page))) == 1


def test_what_isn_t_seen_isn_t_checked(told):
    assert told('<div style="display:none;color:#fff">hidden</div>') == []
    assert told('<div style="visibility:hidden;color:#fff">hidden</div>') == []
    assert told('<div style="font-size:0;color:#fff">hidden</div>') == []
    assert told('<p style="color:#fff"> </p>') == []
    assert told('<p style="background:url(x.png);color:#fff">over a picture</p>') == []
    assert told("<p>x</p>", "@media print { p { color:#fff } } @media (max-width:400px) { p { color:#fff } }") == []


def test_a_ground_that_lets_another_through_is_mixed_with_it(told):
    assert told('<p style="background:rgba(0,0,0,.5);color:#000">black on grey</p>') == []
    assert told('<p style="background:rgba(0,0,0,.9);color:#000">black on near black</p>') != []
    assert told('<p style="background:rgba(0,0,0,0);color:#000">black on white</p>') == []


def test_each_pair_of_colours_is_told_once(told):
    assert len(told('<p style="color:#ccc">one</p>' * 9 + '<p style="color:#ddd">other</p>')) == 2


def test_selectors_we_can_t_read_are_passed_over(told):
    assert told("<p>x</p>", "p:frobnicate(3) { color:#fff } p::after { color:#fff } a:hover { color:#fff } {{{") == []
