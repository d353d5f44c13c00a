"""An issue as HTML for mail: Jinja2 → MJML → premailer, without the network."""

import re
from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Any

import cssutils
import mjml
from lxml import etree
from markupsafe import Markup
from premailer import Premailer

from digest.errors import TemplateError
from digest.render.theme import Mark, Theme
from digest.render.view import IssueView

_TEMPLATE = "issue.mjml.j2"
_RESETS = '<style type="text/css">\n#outlook a'
_IGNORE = '<style type="text/css" data-premailer="ignore">\n#outlook a'
_ATTRIBUTE = re.compile(r"=\"[^\"]*\"")
_LEFT_OVER = re.compile(r"<(mj-[\w-]+)")


def render_html(theme: Theme, view: IssueView, mark: Mark | None = None) -> str:
    """Return `view` as an HTML document, with `mark`'s comments around each fragment.

    Raises TemplateError when a template, its MJML or its styles can't be used.
    """
    source = mjml_source(theme, view, mark)
    source = _ATTRIBUTE.sub(_in_ascii, re.sub(r"\s*\n\s*", "\n", source))
    return _inline(_to_html(source))


def mjml_source(theme: Theme, view: IssueView, mark: Mark | None = None) -> str:
    """Return what the theme's templates make of `view`, before it is HTML. Raises TemplateError."""
    return theme.render(_TEMPLATE, issue=view, fragment=_fragments(mark))


def _in_ascii(attribute: re.Match[str]) -> str:
    # mjml writes a backslash twice, and combining marks and the like as "\\u{301}", in every attribute.
    return "".join(c if c.isascii() and c != "\\" else f"&#{ord(c)};" for c in attribute[0])


def _fragments(mark: Mark | None) -> Callable[..., Markup]:
    """Return what `{% call fragment(name, number) %}` calls; with `inside` it stands inside an <mj-text>."""

    def fragment(name: str, number: int = 0, *, inside: bool = False, caller: Callable[[], str]) -> Markup:
        if mark is None:
            return Markup(caller())  # noqa: S704 (a caller returns what the template has escaped)
        opening, closing = mark(f"{name}:{number}")
        if inside:
            return Markup(f"{opening}\n{caller()}{closing}\n")  # noqa: S704
        return Markup(f"<mj-raw>{opening}</mj-raw>\n{caller()}<mj-raw>{closing}</mj-raw>\n")  # noqa: S704

    return fragment


def _to_html(source: str) -> str:
    try:
        html = mjml.mjml2html(source, fonts={})
    except ValueError as error:
        raise TemplateError(f"{_TEMPLATE}: not MJML: {_reason(source, error)}") from error
    unknown = _LEFT_OVER.search(html)
    if unknown:
        raise TemplateError(f"{_TEMPLATE}: <{unknown[1]}> is unknown to MJML, or can't stand where it does")
    return html


def _reason(source: str, error: Exception) -> str:
    """Say why, with the text it is about: mjml's own messages have no line, an XML parser's do."""
    parser = etree.XMLParser(recover=True, resolve_entities=False, no_network=True)
    with suppress(etree.XMLSyntaxError):
        etree.fromstring(source.encode(), parser)
    for entry in parser.error_log:
        if "Entity" not in entry.message and entry.line <= source.count("\n") + 1:
            line = source.split("\n")[entry.line - 1]
            return f"{entry.message.strip()}, near {line[:80]!r}"
    return str(error)


class _Inliner(Premailer):  # type: ignore[misc]
    """Premailer whose style sheets may not import others: cssutils would fetch them over the network."""

    def _parse_css_string(self, css_body: str, validate: bool = True) -> Any:  # noqa: ARG002
        parser = cssutils.CSSParser(fetcher=_refuse, validate=False, loglevel=_SILENT)
        return parser.parseString(css_body)


_INLINING = Lock()
"""cssutils keeps one state for the whole process, and lists may be rendered in threads side by side."""

_SILENT = 100
"""A logging level above all others; cssutils prints to stderr about every property it doesn't know."""


def _refuse(url: str) -> tuple[str, bytes]:
    raise TemplateError(f"{_TEMPLATE}: a style sheet imports {url}; mail must not load anything")


def _inline(html: str) -> str:
    # MJML's own resets would be repeated on every cell; clients that drop <style> do without them.
    document = etree.fromstring(html.replace(_RESETS, _IGNORE, 1), etree.HTMLParser())
    inliner = _Inliner(
        document,
        keep_style_tags=True,
        strip_important=False,
        disable_validation=True,
        disable_basic_attributes=["width", "height"],  # a picture's are in pixels, for Outlook, while its style is not
        allow_network=False,
        allow_loading_external_files=False,
    )
    with _INLINING:
        inliner.transform()
    for element in document.iter(etree.Element):
        if "style" in element.attrib:
            element.attrib["style"] = element.attrib["style"].replace("; ", ";")
    return "<!doctype html>\n" + str(etree.tostring(document, encoding="unicode", method="html"))
