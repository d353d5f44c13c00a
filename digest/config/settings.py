"""The settings as types: every key of `digest.toml`, its default, and what it must look like.

`docs/configuration.md` is the reference for people. Names follow the glossary.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from digest.config.categories import expect_category
from digest.config.incoming import HooksTable, MailboxTable, WebTable
from digest.config.presets import PRESETS, Preset
from digest.config.values import (
    Crontab,
    Domain,
    FetchAddress,
    Host,
    Line,
    Mailbox,
    Name,
    Slug,
    Timezone,
    WebAddress,
    is_loopback,
)
from digest.errors import meant

MAX_VERP_LOCAL = 64 - len("+") - 32
"""Characters before the @ of a sender that leave room for a plus sign and a token (RFC 5321, 4.5.3.1.1)."""

Frequency = Literal["daily", "weekly"]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class SiteTable(_Table):
    """`[site]`: who publishes, and where (without `url` every link back to us is a mailto:)."""

    name: Name = "Paper Digest"
    byline: Line = ""
    url: WebAddress | None = None
    archive_url: WebAddress | None = None
    postal_address: Line = ""


class MailTable(_Table):
    """`[mail]`: the addresses in the headers. `unsubscribe` takes mailed requests to leave, `alerts` bad news."""

    sender: Mailbox
    reply_to: Mailbox | None = None
    unsubscribe: Mailbox | None = None
    alerts: Mailbox | None = None


class KeysTable(_Table):
    """`[keys]`: the two secrets, as files; `identity` and `signing` only by environment variable."""

    identity_file: Path = Path("keys/identity.key")
    signing_file: Path = Path("keys/signing.keys")
    identity: SecretStr | None = None
    signing: SecretStr | None = None


class RelayTable(_Table):
    """`[relays.NAME]`: an SMTP server, or with `maildir` our own one that only writes to a folder.

    TLS is verified. `tls = "none"` is for loopback, or with `allow_plaintext = true`. A `preset` fills in what
    is known of a provider; what the table says itself goes before it.
    """

    preset: Preset | None = None
    maildir: Path | None = None
    host: Host | None = None
    port: Annotated[int, Field(ge=1, le=65535)] | None = None
    tls: Literal["implicit", "starttls", "none"] = "starttls"
    username: Line | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    connections: Annotated[int, Field(ge=1, le=100)] = 4
    messages_per_connection: Annotated[int, Field(ge=1)] = 500
    messages_per_minute: Annotated[float, Field(gt=0)] | None = None
    weight: Annotated[float, Field(gt=0)] = 1.0
    envelope: Literal["from", "verp"] = "from"
    timeout_seconds: Annotated[float, Field(gt=0, le=600)] = 60.0
    allow_plaintext: bool = False

    @model_validator(mode="before")
    @classmethod
    def _from_preset(cls, values: Any) -> Any:
        known = PRESETS.get(values.get("preset", "")) if isinstance(values, Mapping) else None
        return {**known, **values} if known else values

    @model_validator(mode="after")
    def _one_kind(self) -> "RelayTable":
        if (self.maildir is None) == (self.host is None):
            raise ValueError("needs either `host` (an SMTP server) or `maildir` (a folder), not both")
        if self.host and self.tls == "none" and not (is_loopback(self.host) or self.allow_plaintext):
            raise ValueError(
                'tls = "none" would send mail and password readable over the network;'
                ' use "starttls" or "implicit", or say allow_plaintext = true'
            )
        return self


class DomainTable(_Table):
    """`[domains."example.org"]`: how much a recipient domain gets, over all relays."""

    connections: Annotated[int, Field(ge=1)] | None = None
    messages_per_minute: Annotated[float, Field(gt=0)] | None = None


SourceKind = Literal["file", "huggingface", "arxiv", "arxiv-feed", "feed", "biorxiv", "medrxiv"]
_NEEDS: Mapping[str, tuple[str, ...]] = {
    "file": ("path",),
    "arxiv": ("categories", "query"),
    "arxiv-feed": ("categories",),
    "feed": ("url",),
}
_API_KINDS = frozenset({"arxiv", "arxiv-feed", "biorxiv", "medrxiv"})
_ONLY_FOR: Mapping[str, frozenset[str]] = {
    "path": frozenset({"file"}),
    "year": frozenset({"file"}),
    "url": _API_KINDS | {"huggingface", "feed"},
    "categories": _API_KINDS,
    "max_papers": _API_KINDS,
    "query": frozenset({"arxiv"}),
    "back_days": frozenset({"huggingface"}),
}
"""The kinds that have a use for a key; with another kind it would be believed to do something."""


class SourceTable(_Table):
    """`[sources.NAME]`: where papers come from, and how often to look there.

    `url` is a feed's address; for the other kinds it is a mirror to ask in place of the service itself. `year`
    completes the days of saved pages. `back_days` is how far back days are asked again for their signals.
    """

    kind: SourceKind
    path: Path | None = None
    year: Annotated[int, Field(ge=1990, le=2100)] | None = None
    url: FetchAddress | None = None
    categories: tuple[Line, ...] = ()
    query: Line = ""
    every_minutes: Annotated[int, Field(ge=5, le=10_080)] = 60
    back_days: Annotated[int, Field(ge=0, le=30)] = 7
    max_papers: Annotated[int, Field(ge=1, le=30_000)] = 2_000

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> "SourceTable":
        needs = _NEEDS.get(self.kind, ())
        if needs and not any(getattr(self, key) for key in needs):
            raise ValueError(f'kind = "{self.kind}" needs {" or ".join(f"`{key}`" for key in needs)}')
        return self

    @model_validator(mode="after")
    def _has_nothing_else(self) -> "SourceTable":
        for key in sorted(self.model_fields_set):
            if self.kind not in _ONLY_FOR.get(key, {self.kind}):
                raise ValueError(f'kind = "{self.kind}" has no use for `{key}`; take it out')
        for category in self.categories if self.kind in ("arxiv", "arxiv-feed") else ():
            expect_category(category)
        return self


class WantedTable(_Table):
    """`[lists.NAME.include]`, `[lists.NAME.exclude]`: which papers, by any of these."""

    keywords: tuple[Line, ...] = ()
    authors: tuple[Line, ...] = ()
    organizations: tuple[Line, ...] = ()
    categories: tuple[Line, ...] = ()


class ScheduleTable(_Table):
    """`[lists.NAME.schedule.daily|weekly]`: crontab(5) lines in the list's timezone."""

    send_at: Crontab
    build_at: Crontab | None = None


class ListTable(_Table):
    """`[lists.NAME]`: a named audience with its own schedule, topics and theme.

    `id` is the list's permanent identity: keep it when you rename the list. It defaults to NAME.
    """

    id: Slug | None = None
    name: Name
    description: Line = ""
    subscribers: Path | None = None
    timezone: Timezone = "UTC"
    language: Line = "en"
    frequency: Frequency = "daily"
    schedule: Mapping[Frequency, ScheduleTable] = Field(default_factory=dict)
    sources: tuple[Slug, ...] = ()
    topics: tuple[Slug, ...] = ()
    include: WantedTable = Field(default_factory=WantedTable)
    exclude: WantedTable = Field(default_factory=WantedTable)
    theme: Slug = "default"
    thumbnails: bool = False
    relays: tuple[Slug, ...] = ()
    failover: Literal["ordered", "weighted"] = "ordered"
    uncertain: Literal["resend", "hold"] = "resend"
    window_days: Annotated[int, Field(ge=1, le=60)] = 3
    max_cards: Annotated[int, Field(ge=1, le=200)] = 20
    max_section_cards: Annotated[int, Field(ge=1, le=200)] = 8
    updates: bool = False
    approval: Literal["auto", "required"] = "auto"
    grace_hours: Annotated[float, Field(gt=0, le=168)] = 6.0
    deadline_hours: Annotated[float, Field(gt=0, le=168)] = 24.0
    sender: Mailbox | None = None
    signup: bool = True


class TopicTable(_Table):
    """`[topics.ID]`: what belongs to the topic, and by `negative` what doesn't."""

    name: Name
    description: Line = ""
    keywords: tuple[Line, ...] = ()
    categories: tuple[Line, ...] = ()
    negative: tuple[Line, ...] = ()
    weights: Mapping[Line, Annotated[float, Field(gt=0, le=10)]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _weights_of_keywords(self) -> "TopicTable":
        for keyword in self.weights:
            _expect_name("weights", keyword, dict.fromkeys((*self.keywords, *self.negative)))
        return self


class Settings(BaseSettings):
    """All of `digest.toml`, each value overridable by a variable such as `DIGEST_SITE__URL`."""

    model_config = SettingsConfigDict(
        env_prefix="DIGEST_",
        env_nested_delimiter="__",
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
    )

    site: SiteTable = Field(default_factory=SiteTable)
    mail: MailTable
    store: Path = Path("store.sqlite3")
    templates: Path = Path("templates")
    keys: KeysTable = Field(default_factory=KeysTable)
    web: WebTable = Field(default_factory=WebTable)
    mailboxes: Mapping[Slug, MailboxTable] = Field(default_factory=dict)
    hooks: HooksTable = Field(default_factory=HooksTable)
    relays: Mapping[Slug, RelayTable]
    domains: Mapping[Domain, DomainTable] = Field(default_factory=dict)
    sources: Mapping[Slug, SourceTable] = Field(default_factory=dict)
    lists: Mapping[Slug, ListTable]
    topics: Mapping[Slug, TopicTable] = Field(default_factory=dict)

    @field_validator("relays", "lists")
    @classmethod
    def _not_empty(cls, value: Mapping[str, object]) -> Mapping[str, object]:
        if not value:
            raise ValueError("needs at least one")
        return value

    @model_validator(mode="after")
    def _fits_together(self) -> "Settings":
        for name, table in self.lists.items():
            for topic in table.topics:
                _expect_name(f"lists.{name}.topics", topic, self.topics)
            for source in table.sources:
                _expect_name(f"lists.{name}.sources", source, self.sources)
            for relay in table.relays:
                _expect_name(f"lists.{name}.relays", relay, self.relays)
        for relay in (name for name, table in self.relays.items() if table.envelope == "verp"):
            for sender in (self.mail.sender, *(table.sender for table in self.lists.values() if table.sender)):
                local = sender.rpartition("<")[2].partition("@")[0]
                if len(local) > MAX_VERP_LOCAL:
                    raise ValueError(
                        f'relays.{relay}.envelope: {local!r} has no room for the token of "verp";'
                        f" expected a sender with at most {MAX_VERP_LOCAL} characters before the @"
                    )
        ids = [table.id or name for name, table in self.lists.items()]
        for twice in {i for i in ids if ids.count(i) > 1}:
            raise ValueError(f"lists: two lists have the id {twice!r}; a list's id is its own")
        return self


def _expect_name(where: str, name: str, known: Mapping[str, object]) -> None:
    if name in known:
        return
    hint = meant(name, known, f"known: {', '.join(sorted(known)) or 'none'}")
    raise ValueError(f"{where}: {name!r} is not declared; {hint}")
