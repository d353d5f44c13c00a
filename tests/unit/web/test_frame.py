import pytest

from digest.web.frame import framed

MAIL = """<html><head><style>.a{} @media (prefers-color-scheme:dark) { .a{color:red} }</style>
<style>@media screen and ( PREFERS-COLOR-SCHEME : light ) { .b{} }</style></head>
<body><p title="(prefers-color-scheme: dark)">(prefers-color-scheme: dark)</p><a href="#s1">in</a>
<a class="x" href="https://example.org/">out</a></body></html>"""


def test_as_the_system_wants_it_only_links_are_changed():
    links = MAIL.replace('<a class="x"', '<a target="_blank" class="x"')
    assert framed(MAIL, "system") == links


@pytest.mark.parametrize("scheme", ["dark", "light"])
def test_a_scheme_decides_the_rules_and_leaves_the_text(scheme):
    always, never = "(min-width:0)", "(max-width:0)"
    dark, light = (always, never) if scheme == "dark" else (never, always)
    html = framed(MAIL, scheme)
    assert f"@media {dark} {{ .a{{color:red}} }}" in html
    assert f"@media screen and {light} {{ .b{{}} }}" in html
    assert '<p title="(prefers-color-scheme: dark)">(prefers-color-scheme: dark)</p>' in html
    assert f"<style>:root {{ color-scheme: only {scheme} !important; }}</style></head>" in html
