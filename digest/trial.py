"""Trial: a site for one mail to oneself, with nothing set up before and nothing left after.

The settings, the keys and the password are only ever in memory; a temporary folder holds the papers, and is gone
at the end. Variables that other sites are set up with don't count here, but for where the papers come from.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import unquote, urlsplit

from pydantic import ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

from digest.collecting import collect
from digest.config.presets import PRESETS
from digest.config.settings import RelayTable, Settings
from digest.config.values import is_loopback
from digest.deliver.outcome import Outcome, Stage
from digest.deliver.states import Verb
from digest.errors import InputError, RelayError, SourceError
from digest.pipeline import approve, build
from digest.rehearsal import send_test_copy
from digest.resources import shipped
from digest.site import Site
from digest.sources.calendar import huggingface_days
from digest.store import papers
from digest.subscribers.address import parse_address
from digest.subscribers.identity import format_identity_key, format_signing_keys, new_identity_key, new_signing_keys

DAYS_BACK = 5
"""How many days back are looked at for a day that has papers: a long weekend."""

SOURCE_URL = "DIGEST_SOURCES__HUGGINGFACE__URL"
"""The one variable that counts: a mirror to ask in place of the service itself."""

_EXPECTED = f"expected {', '.join(PRESETS)}, or smtps://you@smtp.example.org"
_PERSONAL = ("gmail", "microsoft365", "fastmail")  # where one logs in with one's own address


def relay_of(text: str, address: str) -> RelayTable:
    """Return the relay that `text` names: a preset, or an address such as smtps://you@smtp.example.org:465.

    Whoever logs in at a preset does so as `address`. Without a port it is the usual one. Raises InputError.
    """
    if text in PRESETS and text not in _PERSONAL:
        known = PRESETS[text]
        raise InputError(
            f"--relay {text}: its login isn't your address; give both: smtp://LOGIN@{known['host']}:{known['port']}"
        )
    table = {"preset": text, "username": address} if text in PRESETS else _from_url(text)
    try:
        return RelayTable.model_validate(table)
    except ValidationError as error:
        raise InputError(f"--relay {text}: {error.errors()[0]['msg'].removeprefix('Value error, ')}") from None


def _from_url(text: str) -> dict[str, Any]:
    if ":" in text.partition("://")[2].rpartition("@")[0]:
        raise InputError("--relay: leave the password out of the address; you are asked for it")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:  # an unclosed bracket, a port out of range
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in ("smtps", "smtp") or not host or parts.path not in ("", "/") or parts.query:
        shown = text if "@" not in text else "…"  # what is wrongly written may be a password
        near = get_close_matches(shown.lower(), PRESETS, n=1)
        raise InputError(f"--relay {shown}: " + (f"did you mean {near[0]}?" if near else _EXPECTED))
    tls = "implicit" if parts.scheme == "smtps" else "none" if is_loopback(host) else "starttls"
    found = {"host": host, "port": port, "tls": tls, "username": unquote(parts.username) if parts.username else None}
    return {key: value for key, value in found.items() if value is not None}


@dataclass(frozen=True, slots=True)
class Trial:
    """Whom the mail goes to (an address), from whom, by which relay."""

    to: str
    sender: str
    relay: RelayTable

    @contextmanager
    def site(self) -> Iterator[Site]:
        """Enter the trial's site, which is gone when the block ends. Raises InputError."""
        settings = self._settings()
        with TemporaryDirectory(prefix="paper-digest-") as folder:
            site = Site(Path(folder), settings)
            try:
                yield site
            finally:
                site.store.dispose()

    def _settings(self) -> Settings:
        source = {"kind": "huggingface"} | ({"url": os.environ[SOURCE_URL]} if os.environ.get(SOURCE_URL) else {})
        topics = tomllib.loads((shipped("templates") / "site" / "topics.toml").read_text("utf-8"))
        keys = {
            "identity": format_identity_key(new_identity_key()),
            "signing": format_signing_keys(new_signing_keys()),
        }
        tables: dict[str, Any] = {
            "mail": {"sender": self.sender},
            "keys": keys,
            "relays": {"relay": self.relay},
            "sources": {"huggingface": source},
            "lists": {"daily": {"name": "Daily Papers", "description": "Trending research papers, grouped by topic."}},
            **topics,
        }
        try:
            return _Alone(**tables)
        except ValidationError as error:
            first = error.errors()[0]
            where = {"mail": f"--from {self.sender}", "sources": SOURCE_URL}.get(
                str(first["loc"][0]), str(first["loc"])
            )
            raise InputError(f"{where}: {first['msg'].removeprefix('Value error, ')}") from None


class _Alone(Settings):
    """Settings that the environment has no say in: it speaks of another site."""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (init_settings,)


def reader(text: str) -> str:
    """Return the address that was given with --to. Raises InputError."""
    try:
        return parse_address(text).address
    except ValueError as error:
        raise InputError(f"--to {text}: {error}") from None


def load_newest(site: Site, now: datetime) -> date:
    """Load Hugging Face's papers of the newest day that has any, and return it. Raises SourceError, InputError."""
    for day in reversed(huggingface_days(now.date() - timedelta(days=DAYS_BACK), now)):
        # Of the days since then the oldest comes first, and the others have been asked for already.
        collected = next(iter(collect(site, site.source("huggingface"), day, lambda: now)))
        if collected.error is not None:
            raise SourceError(collected.error)
        with site.store.begin() as connection:
            if papers.count(connection):
                return day
    raise InputError(f"Hugging Face lists no papers of the last {DAYS_BACK} days; try again later")


def send(site: Site, trial: Trial, day: date, now: datetime) -> None:
    """Send the papers of a day as the first issue, once. Raises RelayError."""
    daily = site.list("daily")
    with site.store.begin() as connection:
        if (stored := build(connection, site, daily, "daily", day, now, check=False)) is not None:
            approve(connection, site, daily, stored.key, now, check=False)
    outcome = send_test_copy(site, daily, "daily", day, trial.to, now, prefix="")
    if outcome.verb is not Verb.ACCEPT:
        raise RelayError(_refusal(trial.relay, outcome))


def _refusal(relay: RelayTable, outcome: Outcome) -> str:
    said: Mapping[Stage, str] = {
        Stage.CONNECT: f"{relay.host} can't be reached: {outcome.said}; look at its name, port and kind of TLS",
        Stage.AUTH: f"{relay.host} refused the login of {relay.username}: {outcome.said}",
    }
    return said.get(outcome.stage, f"{relay.host} didn't take the mail ({outcome.stage}): {outcome.said}")
