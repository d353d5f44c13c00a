"""Read `digest.toml` and the environment; a mistake is answered with its place and what was meant."""

import os
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsError,
)

from digest.config.settings import Settings
from digest.errors import ConfigError

FILE_NAME = "digest.toml"
_SECRETS = (("relays", "*", "password"), ("keys", "identity"), ("keys", "signing"))


def load_settings(root: Path) -> Settings:
    """Return the settings of the site in `root`; the environment (`DIGEST_…`) comes over the file.

    Raises ConfigError with one line: the file, the key, what was expected.
    """
    path = root / FILE_NAME
    table = _read(path)
    _refuse_secrets(path, table)

    class WithFile(Settings):
        """The settings with this file as their last source."""

        @classmethod
        def settings_customise_sources(
            cls,
            settings_cls: type[BaseSettings],
            init_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            env_settings: PydanticBaseSettingsSource,
            dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
            file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        ) -> tuple[PydanticBaseSettingsSource, ...]:
            return env_settings, InitSettingsSource(settings_cls, init_kwargs=table)

    try:
        return WithFile()  # type: ignore[call-arg]  # the sources give them
    except ValidationError as error:
        raise ConfigError(_explain(path, error.errors(include_url=False))) from None
    except SettingsError as error:
        raise ConfigError(f"environment: {error}; write tables as JSON, or one variable a key") from None


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
            variable = "DIGEST_" + "__".join(found).upper()
            raise ConfigError(
                f"{path}: {'.'.join(found)}: a secret doesn't belong here;"
                f" use the environment ({variable}) or {found[-1]}_file"
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
    location = [part for part in first["loc"] if part != "[key]"]
    key = ".".join(str(part) for part in location)
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    where = f"{_variable(location) or path}: {key}" if key else str(path)
    return f"{where}: {_reason(first)}{more}"


def _variable(location: Sequence[int | str]) -> str | None:
    """Return the environment variable that gave this value, if one did."""
    name = "DIGEST_" + "__".join(str(part) for part in location).upper()
    return next((f"environment variable {given}" for given in os.environ if given.upper() == name), None)


def _reason(error: ErrorDetails) -> str:
    kind = error["type"]
    if kind == "extra_forbidden":
        return "unknown key" + _meant(error["loc"])
    if kind == "missing":
        return "is missing; it must be given"
    if kind == "literal_error":
        return f"expected {error['ctx']['expected']}"
    if kind == "string_pattern_mismatch":
        return "expected a name of lower-case letters, digits and hyphens"
    return error["msg"].removeprefix("Value error, ").replace("Input should be", "expected")


def _meant(location: Sequence[int | str]) -> str:
    fields = _fields_at(Settings, location[:-1])
    near = get_close_matches(str(location[-1]), fields, n=1)
    if near:
        return f"; did you mean {near[0]!r}?"
    return f"; expected one of {', '.join(sorted(fields))}" if fields else ""


def _fields_at(model: type[BaseModel], location: Sequence[int | str]) -> list[str]:
    """Return the keys that may stand at a place in the settings."""
    if not location:
        return list(model.model_fields)
    field = model.model_fields.get(str(location[0]))
    inner = _model_in(field.annotation) if field else None
    if inner is None:
        return []
    table, is_mapping = inner
    return _fields_at(table, location[2:] if is_mapping else location[1:])


def _model_in(annotation: Any) -> tuple[type[BaseModel], bool] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation, False
    tables = [a for a in get_args(annotation) if isinstance(a, type) and issubclass(a, BaseModel)]
    return (tables[0], True) if tables else None
