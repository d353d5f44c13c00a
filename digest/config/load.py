"""Read `digest.toml` and the environment; a mistake is answered with its place and what was meant."""

import re
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsError,
)

from digest.config.environment import Environment, given_by, given_within, refuse_unknown, variable_name
from digest.config.settings import Settings
from digest.errors import ConfigError

FILE_NAME = "digest.toml"
_SECRETS = (
    ("relays", "*", "password"),
    ("mailboxes", "*", "password"),
    ("hooks", "mailgun", "signing_key"),
    ("hooks", "postmark", "password"),
    ("keys", "identity"),
    ("keys", "signing"),
)


def load_settings(root: Path) -> Settings:
    """Return the settings of the site in `root`; the environment (`DIGEST_…`) comes over the file.

    Raises ConfigError with one line: the file or variable, the key, what was expected.
    """
    path = root / FILE_NAME
    table = _read(path)
    _refuse_secrets(path, table)
    refuse_unknown()

    class WithFile(Settings):
        """The settings with this file as their last source."""

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return Environment(settings_cls), InitSettingsSource(settings_cls, init_kwargs=table)

    try:
        return WithFile()  # type: ignore[call-arg]  # the sources give them
    except ValidationError as error:
        raise ConfigError(_explain(path, error.errors(include_url=False))) from None
    except SettingsError as error:
        raise ConfigError(_not_json(error)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(
            f"{path}: no such file; go to a site's folder, name it with --site, or make one: `digest init`"
        ) from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 (byte {error.start}); save it as UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path}: not TOML: {error}") from None


def _refuse_secrets(path: Path, table: Mapping[str, Any]) -> None:
    for pattern in _SECRETS:
        for found in _matches(table, pattern):
            raise ConfigError(
                f"{path}: {'.'.join(found)}: a secret doesn't belong here;"
                f" use the environment ({variable_name(found)}) or {found[-1]}_file"
            )


def _matches(table: Any, pattern: Sequence[str]) -> list[tuple[str, ...]]:
    """Return the paths in a table that a pattern with * names."""
    if not pattern:
        return [()]
    if not isinstance(table, Mapping):
        return []
    names = table if pattern[0] == "*" else [pattern[0]] if pattern[0] in table else []
    return [(name, *rest) for name in names for rest in _matches(table[name], pattern[1:])]


def _explain(path: Path, errors: list[ErrorDetails]) -> str:
    # What was written wrongly explains what is missing, so it is named first.
    first = min(errors, key=lambda error: error["type"] != "extra_forbidden")
    location, reason = [part for part in first["loc"] if part != "[key]"], _reason(first)
    if not location:  # a check of the settings as a whole says itself where
        key, _, reason = reason.partition(": ")
        location = list(key.split("."))
    key = ".".join(str(part) for part in location)
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return f"{_where(path, location)}: {key}: {reason}{more}"


def _where(path: Path, location: Sequence[int | str]) -> str:
    if whole := given_by(location):
        return f"environment variable {whole}"
    # A misspelt name in a variable makes a table of its own, which then lacks what the real one has.
    part = given_within(location) or (given_within(location[:-1]) if len(location) > 2 else None)
    return f"{path}, with environment variable {part}" if part else str(path)


def _not_json(error: SettingsError) -> str:
    found = re.search(r'field "(\w+)"', str(error))
    name = variable_name([found[1]]) if found else "environment"
    return f"environment variable {name}: expected a table as JSON; or give one variable a key, such as {name}__KEY"


_EXPECTED = {
    "string_pattern_mismatch": "a name of lower-case letters, digits and hyphens",
    "string_type": "text",
    "path_type": "a path",
    "bool_parsing": "true or false",
    "bool_type": "true or false",
    "int_parsing": "a whole number",
    "int_type": "a whole number",
    "int_from_float": "a whole number",
    "float_parsing": "a number",
    "float_type": "a number",
    "tuple_type": 'a list such as ["one", "two"]',
    "dict_type": "a table",
    "mapping_type": "a table",
    "model_type": "a table",
    "model_attributes_type": "a table",
}


def _reason(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return "unknown key" + _meant(error["loc"])
    if kind == "missing":
        return "is missing; it must be given" + _choices(error["loc"])
    if kind == "literal_error":
        return f"expected {error['ctx']['expected']}" + _near(error)
    if kind in _EXPECTED:
        return f"expected {_EXPECTED[kind]}"
    return error["msg"].removeprefix("Value error, ").replace("Input should be", "expected a number")


def _near(error: ErrorDetails) -> str:
    near = get_close_matches(str(error["input"]), re.findall(r"'([^']+)'", error["ctx"]["expected"]), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _choices(location: Sequence[int | str]) -> str:
    """Return what a missing key can be, where that is a choice."""
    table = _table_at(Settings, location[:-1])
    field = table.model_fields.get(str(location[-1])) if table else None
    if field is None or get_origin(field.annotation) is not Literal:
        return ""
    return f": one of {', '.join(map(repr, get_args(field.annotation)))}"


def _meant(location: Sequence[int | str]) -> str:
    fields = _fields_at(Settings, location[:-1])
    near = get_close_matches(str(location[-1]), fields, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; expected one of {', '.join(sorted(fields))}" if fields else ""


def _fields_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Return the keys that may stand at a place in the settings."""
    table = _table_at(model, location)
    return list(table.model_fields) if table else []


def _table_at(model: type[BaseModel], location: Sequence[int | str]) -> type[BaseModel] | None:
    """Return the table that stands at a place in the settings."""
    if not location:
        return model
    field = model.model_fields.get(str(location[0]))
    inner = _model_in(field.annotation) if field else None
    if inner is None:
        return None
    table, is_mapping = inner
    return _table_at(table, location[2:] if is_mapping else location[1:])


def _model_in(annotation: Any) -> tuple[type[BaseModel], bool] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    tables = [a for a in get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
    return (tables[0], True) if tables else None
