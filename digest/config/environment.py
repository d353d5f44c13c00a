"""The environment as a source of settings: `DIGEST_SITE__URL` comes over `site.url` of the file.

Two underscores stand between the tables and the key, upper and lower case are the same, and where a name
has a hyphen the variable has an underscore. Tables and lists may be given as JSON.
"""

import json
import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from difflib import get_close_matches
from typing import Any, get_args, get_origin

from pydantic import BaseModel
from pydantic_settings import EnvSettingsSource

from digest.config.settings import Settings
from digest.errors import ConfigError

PREFIX = "DIGEST_"


class Environment(EnvSettingsSource):
    """What the environment says, in the shape of the file."""

    def __call__(self) -> dict[str, Any]:
        """Return the values by top-level key. Raises pydantic_settings' SettingsError."""
        said: dict[str, Any] = _decoded(super().__call__(), Settings)
        return said


def _decoded(value: Any, annotation: Any) -> Any:
    """Return what a variable gave for a place of this type: JSON where a table or a list belongs."""
    origin = get_origin(annotation)
    is_table = isinstance(annotation, type) and issubclass(annotation, BaseModel)
    if isinstance(value, str) and (is_table or origin in (tuple, Mapping)):
        with suppress(ValueError):  # whatever else it is, the type's own check refuses it
            value = json.loads(value)
    if isinstance(value, dict) and is_table:
        fields = annotation.model_fields
        return {key: _decoded(v, fields[key].annotation) if key in fields else v for key, v in value.items()}
    if isinstance(value, dict) and origin is Mapping:
        inner = get_args(annotation)[1]
        return {key.replace("_", "-"): _decoded(v, inner) for key, v in value.items()}
    return value


def refuse_unknown() -> None:
    """Raise ConfigError for a variable that looks like a setting and is none; others aren't ours to judge."""
    for name in os.environ:
        first, nested, _ = name.upper().removeprefix(PREFIX).partition("__")
        if not name.upper().startswith(PREFIX) or first.lower() in Settings.model_fields:
            continue
        near = get_close_matches(first.lower(), Settings.model_fields, n=1)
        if near or nested:
            hint = f"did you mean {PREFIX}{near[0].upper()}{nested}…?" if near else f"expected one of {_TABLES}"
            raise ConfigError(f"environment variable {name}: unknown key {first.lower()}; {hint}")


_TABLES = ", ".join(f"{PREFIX}{key.upper()}" for key in sorted(Settings.model_fields))


def variable_name(location: Sequence[int | str]) -> str:
    """Return the variable that stands for a place in the settings."""
    return PREFIX + "__".join(str(part) for part in location).upper().replace("-", "_")


def given_by(location: Sequence[int | str]) -> str | None:
    """Return the variable that gave the value at a place, itself or within a table."""
    return _first_set([variable_name(location[:end]) for end in range(len(location), 0, -1)])


def given_within(location: Sequence[int | str]) -> str | None:
    """Return a variable that gave a part of the table at a place."""
    return _first_set(sorted(name for name in _set() if name.startswith(f"{variable_name(location)}__")))


def _set() -> dict[str, str]:
    return {name.upper().replace("-", "_"): name for name in os.environ}


def _first_set(names: Sequence[str]) -> str | None:
    return next((_set()[name] for name in names if name in _set()), None)
