"""The theme: a folder of Jinja templates, any single file of which a site can replace by its own."""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from traceback import walk_tb
from types import MappingProxyType, TracebackType
from typing import Any

import jinja2
from jinja2.bccache import Bucket

from digest.errors import TemplateError, meant
from digest.render.missing import Missing, default
from digest.render.scripts import scripts
from digest.render.words import ENGLISH, Words
from digest.render.wrapping import cut, some, wrap

Mark = Callable[[str], tuple[str, str]]
"""Given a fragment's name such as "card:7", the comments that open and close it."""

_MARKUP = (".mjml.j2", ".html.j2", ".xml.j2")
_TEXT = (".txt.j2",)
_NO_SUCH = re.compile(r"No (filter|test) named '([^']*)'\.|Encountered unknown (tag) '([^']*)'\.?")
_TAGS = """if elif else endif for endfor set include call endcall trans pluralize endtrans macro endmacro
    from import block endblock extends filter endfilter"""


class Theme:
    """Templates looked up in `folders`, the first that has the file wins.

    The kind of a template decides how values are escaped: those ending in .mjml.j2, .html.j2 and .xml.j2
    are markup, those in .txt.j2 plain text. An undefined name is an error, it never renders as nothing.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        frozen: Mapping[str, str] = MappingProxyType({}),
        words: Words = Words(ENGLISH, MappingProxyType({})),  # noqa: B008 (frozen)
    ) -> None:
        """Look in `folders`, a site's own first, the shipped theme last; `frozen` sources (by name) come before.

        What templates say is translated into `words`.
        """
        self.folders = tuple(Path(folder).resolve() for folder in folders)
        self.words = words
        files = _Files([str(folder) for folder in self.folders])
        loader = jinja2.ChoiceLoader([jinja2.DictLoader(frozen), files])
        self._markup = _environment(loader, words, autoescape=True)
        self._text = _environment(loader, words, autoescape=False)

    def render(self, name: str, /, **variables: Any) -> str:
        """Return the template `name` rendered with `variables`.

        Raises TemplateError for a template that is missing, can't be read, or fails.
        """
        try:
            return self._environment(name).get_template(name).render(**variables)
        except Exception as error:  # whatever a template does wrong is its author's to mend
            raise TemplateError(self._explain(name, error)) from error

    def render_line(self, name: str, /, **variables: Any) -> str:
        """Return the template `name` rendered to a single line, fit for a header: a subject, a preheader."""
        return " ".join(self.render(name, **variables).split())

    def sources(self, names: Iterable[str]) -> dict[str, str]:
        """Return the text of templates by name, to be frozen with an issue. Raises TemplateError."""
        loader = self._text.loader
        assert loader is not None
        try:
            return {name: loader.get_source(self._text, name)[0] for name in names}
        except jinja2.TemplateError as error:
            raise TemplateError(self._explain("", error)) from error

    def _environment(self, name: str) -> jinja2.Environment:
        if name.endswith(_MARKUP):
            return self._markup
        if name.endswith(_TEXT):
            return self._text
        expected = ", ".join(_MARKUP + _TEXT)
        raise TemplateError(f"{name}: the ending says how values are escaped; expected one of {expected}")

    def _explain(self, name: str, error: Exception) -> str:
        if isinstance(error, TemplateError):
            return str(error)
        if isinstance(error, jinja2.TemplateSyntaxError):
            where = f"{error.filename or error.name or name}:{error.lineno}"
            return _one_line(f"{where}: {self._no_such(error.message or '')}")
        where = self._place(error.__traceback__) or name
        if isinstance(error, jinja2.TemplateNotFound):
            return _one_line(f"{where}: {self._not_found(error)}")
        return _one_line(f"{where}: {_reason(error)}")

    def _no_such(self, message: str) -> str:
        """Return a message of Jinja's parser, with the nearest name where it knows none such."""
        found = _NO_SUCH.match(message)
        if not found:
            return message
        kind, name = (found[1] or found[3]), (found[2] or found[4])
        known = {"filter": self._text.filters, "test": self._text.tests, "tag": _TAGS.split()}[kind]
        near = meant(name, known, "")
        return f"{message} {near[0].upper()}{near[1:]}" if near else message

    def _not_found(self, error: jinja2.TemplateNotFound) -> str:
        wanted = str(error.name)
        places = ", ".join(str(folder) for folder in self.folders)
        near = meant(wanted, self._text.list_templates(), "")
        return f"no template {wanted!r} in {places}" + (f"; {near}" if near else "")

    def _place(self, traceback: TracebackType | None) -> str | None:
        """Return "file:line" of the innermost template that was at work."""
        files = [(frame.f_code.co_filename, line) for frame, line in walk_tb(traceback)]
        ours = [f"{file}:{line}" for file, line in files if file.endswith(".j2")]
        return ours[-1] if ours else None


class _Files(jinja2.FileSystemLoader):
    """Templates in folders; one that isn't UTF-8 is named, as Python's own error doesn't."""

    def get_source(self, environment: jinja2.Environment, template: str) -> tuple[str, str, Callable[[], bool]]:
        try:
            return super().get_source(environment, template)
        except UnicodeDecodeError as error:
            file = next(path for path in (Path(folder, template) for folder in self.searchpath) if path.is_file())
            line = error.object.count(b"\n", 0, error.start) + 1
            raise TemplateError(f"{file}:{line}: this isn't UTF-8; save the file as text in UTF-8") from None


class _Compiled(jinja2.BytecodeCache):
    """Compiled templates: each language has environments of its own, and the templates are the same.

    Jinja2 holds what it is given to the template's text, so one that was changed is compiled anew.
    """

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


_COMPILED = {autoescape: _Compiled() for autoescape in (True, False)}


def _environment(loader: jinja2.BaseLoader, words: Words, *, autoescape: bool) -> jinja2.Environment:
    environment = jinja2.Environment(
        extensions=["jinja2.ext.i18n"],
        bytecode_cache=_COMPILED[autoescape],
        loader=loader,
        autoescape=autoescape,  # noqa: S701 (off for plain text only)
        undefined=Missing,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_translations(words.translations, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(wrap=wrap, cut=cut, some=some, scripts=scripts, default=default, d=default)
    return environment


def _reason(error: Exception) -> str:
    if isinstance(error, jinja2.TemplateError):
        return str(error)
    if isinstance(error, KeyError):  # of the % that puts values into words
        return f"the words, or their translation, have a place for {error}, and no value of that name is given"
    return f"{type(error).__name__}: {error}"


def _one_line(text: str) -> str:
    return " ".join(text.split())
