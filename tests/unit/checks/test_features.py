import re

import pytest

from digest.checks.features import features
from digest.checks.support import FEATURES, STYLE_LIMIT


@pytest.fixture
def told(make, make_page, found):
    """The names of the features that are told of a body and a style sheet."""

    def of(body: str = "<p>x</p>", sheet: str = "") -> list[str]:
        page = make_page(body=body, head=f"<title>x</title><style>{sheet}</style>", foot="")
        found_here = found(features, make(html=page))
        assert {one.partition(": ")[0] for one in found_here} <= {"warning features"}
        return [one.removeprefix("warning features: ").partition(": not in ")[0] for one in found_here]

    return of


@pytest.mark.parametrize(
    ("style", "name"),
    [
        ("display:flex", "display: flex"),
        ("display: inline-grid", "display: grid"),
        ("position:absolute", "position"),
        ("top:3px", "offsets and z-index"),
        ("float:right", "float"),
        ("background:#fff url(x.png)", "background images"),
        ("background-image:linear-gradient(red,blue)", "gradients"),
        ("margin:0 -8px", "negative margins"),
        ("margin-left:-0.5em", "negative margins"),
        ("color:var(--ink)", "CSS variables"),
        ("width:calc(100% - 8px)", "calc()"),
        ("font-size:clamp(1px,2px,3px)", "min(), max() and clamp()"),
        ("font-size:1.2rem", "rem"),
        ("width:50vw", "vw, vh, vmin, vmax and ch"),
        ("opacity:.5", "opacity"),
        ("object-fit:cover", "object-fit"),
        ("gap:8px", "gap"),
        ("color:rgba(0,0,0,.5)", "colours that let the ground through"),
        ("padding-inline:4px", "logical margins, paddings and borders"),
        ("overflow:hidden", "overflow"),
        ("white-space:nowrap", "white-space"),
    ],
)
def test_a_property_that_some_don_t_know_is_told(told, style, name):
    assert told(f'<p style="{style}">x</p>') == [name]
    assert told(sheet=f"p {{ {style} }}") == [name]
    assert told(sheet=f"@media (min-width:480px) {{ p {{ {style} }} }}") == []  # for those who know it
    assert told(f'<div style="display:none"><p style="{style}">x</p></div>') == []


@pytest.mark.parametrize(
    ("style"),
    [
        "display:block",
        "display:inline-block;vertical-align:top",
        "margin:0 auto",
        "margin:8px -0px",
        "padding:10px 0",
        "max-width:600px",
        "border-radius:4px",
        "box-shadow:0 1px 2px #000",
        "word-spacing:normal",
        "word-break:break-word",
        "letter-spacing:-0.6px",
        "text-decoration:none",
        "border-top:1px solid #e2e6ea",
        "text-wrap:pretty;text-align:start",
        "max-height:0px;min-width:0",
        "background-color:#fff",
        "font-family:-apple-system,'Segoe UI',Roboto",
        "-webkit-text-size-adjust:100%;mso-table-lspace:0pt",
        "transition:color 1s",
    ],
)
def test_what_all_know_or_nobody_misses_isn_t_told(told, style):
    assert told(f'<p style="{style}">x</p>', sheet=f"p {{ {style} }}") == []


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("<svg></svg>", "<svg>"),
        ("<video></video>", "<video> and <audio>"),
        ("<form><input></form>", "forms"),
        ("<script>x</script>", "scripts and embedded documents"),
        ('<link rel="stylesheet" href="https://example.org/x.css">', "style sheets of another address"),
        ('<img src="x.png" srcset="y.png 2x" alt="">', "<picture> and srcset"),
        ('<img src="data:image/png;base64,AAAA" alt="">', "pictures inside the mail's own text"),
        ('<img src="https://example.org/a.svg?x=1" alt="">', "SVG pictures"),
        ('<img src="https://example.org/a.webp" alt="">', "WebP, AVIF and HEIC pictures"),
        ('<p onclick="x()">x</p>', "scripts in attributes"),
        ('<p hidden="">x</p>', "the attribute hidden"),
        ("<section><article>x</article></section>", None),
        ('<a href="#s1">x</a>', None),
    ],
)
def test_an_element_that_some_don_t_show_is_told(told, body, name):
    assert told(body) == ([name] if name else [])


@pytest.mark.parametrize(
    ("sheet", "name"),
    [
        ("@import url(https://example.org/x.css);", "@import"),
        ("@font-face { font-family:A }", "web fonts"),
        ("td > p { color:red }", "the selectors >, +, ~ and *"),
        ("p:nth-child(2) { color:red }", ":nth-child(), :not(), :has() and the like"),
        ("p:first-child { color:red }", ":first-child and the like"),
        ("p::before { color:red }", "::before and ::after"),
        ("a[href] { color:red }", "attribute selectors"),
        ("[data-ogsc] .x { color:red }", None),
        ("a:hover { color:red }", None),
        ("@media (prefers-color-scheme:dark) { p { color:red } }", None),
        ("@keyframes x { from { color:red } }", None),
        (":root { color-scheme:light dark }", None),
    ],
)
def test_what_a_sheet_uses_is_told(told, sheet, name):
    assert told(sheet=sheet) == ([name] if name else [])


def test_a_sheet_that_gmail_drops_is_told(told):
    sheet = "p { color:red }" * 1000
    assert "8,192" in told(sheet=sheet[: STYLE_LIMIT + 1])[0]
    assert told(sheet=sheet[:STYLE_LIMIT]) == []


def test_a_feature_is_told_once_with_those_who_lack_it(make, make_page, found):
    page = make_page(body='<p style="display:grid">x</p>' * 3, foot="")
    assert found(features, make(html=page)) == [
        "warning features: display: grid: not in Gmail, Outlook for Windows and Yahoo; such as 'display:grid'"
    ]


@pytest.mark.parametrize("feature", FEATURES, ids=lambda one: one.name)
def test_the_table_is_sound(feature):
    re.compile(feature.pattern)
    assert feature.missing
    assert len(set(feature.missing)) == len(feature.missing)
    assert not feature.elements or feature.where == "property"
    assert [one.name for one in FEATURES].count(feature.name) == 1
