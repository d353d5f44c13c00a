"""Names that a template uses and nobody gave: always a mistake, told with the name that was meant."""

import dataclasses
from collections.abc import Iterable, Mapping
from typing import Any

import jinja2
from jinja2.runtime import LoopContext
from jinja2.utils import missing

from digest.errors import meant
from digest.render.view import EntryView, IssueView, LinkView, SectionView

_VIEWS = (IssueView, SectionView, EntryView, LinkView)
_KNOWN = sorted(
    {field.name for view in _VIEWS for field in dataclasses.fields(view)}
    | {"issue", "fragment", "entry", "section", "link", "form", "loop"}
)
"""What may stand in a template, as far as a name alone tells."""


class Missing(jinja2.StrictUndefined):
    """What Jinja puts in the place of such a name. Whatever a template does with it is an error."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        name, owner = self._undefined_name, self._undefined_obj
        if self._undefined_hint or not isinstance(name, str):
            return str(super()._undefined_message)
        if owner is missing:
            near = meant(name, _KNOWN, "")
            return f"{name!r} is undefined" + (f"; {near}" if near else "")
        kind = "loop" if isinstance(owner, LoopContext) else type(owner).__name__
        known = [*_names(owner)]
        hint = meant(name, known, f"it has {', '.join(known)}" if known else "it has no names at all")
        return f"{kind} has no {name!r}; {hint}"


def _names(owner: Any) -> Iterable[str]:
    """Return what a template can ask of `owner` by name."""
    if dataclasses.is_dataclass(owner):
        return sorted(field.name for field in dataclasses.fields(owner))
    if isinstance(owner, Mapping):
        return sorted(map(str, owner))
    return (name for name in dir(owner) if not name.startswith("_")) if isinstance(owner, LoopContext) else ()


def default(value: Any, instead: Any = "", boolean: bool = False) -> Any:
    """Return `instead` for an empty value where `boolean` is true. An undefined one stays an error.

    It takes the place of Jinja's filter, which would turn a misspelt name into nothing.
    """
    if isinstance(value, jinja2.Undefined):
        str(value)  # raises UndefinedError
    return value if value or not boolean else instead
