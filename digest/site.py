"""A site: one folder with its settings, keys, templates, subscriber files and store.

This is where settings become concrete parts. Everything else is handed the part it needs.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pydantic import SecretStr
from sqlalchemy import Engine

from digest.config.load import load_settings
from digest.config.settings import ListTable, RelayTable, Settings, SourceTable, WantedTable
from digest.deliver.pace import Limit
from digest.deliver.relay import Relay, Secret
from digest.errors import ConfigError, InputError, meant
from digest.locks import alone, holder
from digest.render.headers import IssueHeaders, Mailbox
from digest.render.present import Publication
from digest.render.theme import Theme
from digest.render.themes import Themes
from digest.resources import shipped
from digest.store.database import open_database
from digest.subscribers.identity import SigningKeys, parse_identity_key, parse_signing_keys
from digest.subscribers.keyring import Keyring
from digest.topics.declared import topic_of
from digest.topics.rules import Rules, Wanted
from digest.topics.topic import Topic

UNDECLARED = ("huggingface", "biorxiv", "medrxiv")
"""Sources that can be asked without a word in the settings."""


@dataclass(frozen=True)
class MailingList:
    """A list as the settings declare it: the name commands use, and the id that outlives it."""

    name: str
    id: str
    table: ListTable


@dataclass(frozen=True, slots=True)
class Source:
    """A source as the settings declare it."""

    name: str
    table: SourceTable


@dataclass(frozen=True, slots=True)
class ListRelay:
    """A relay of a list, how much it may be given, and its share where several work side by side."""

    relay: Relay
    limit: Limit
    weight: float


@dataclass(frozen=True)
class Site:
    """An opened site. Parts are made when they are first asked for."""

    root: Path
    settings: Settings

    @classmethod
    def open(cls, root: Path) -> "Site":
        """Read the settings in `root`. Raises ConfigError."""
        return cls(root.resolve(), load_settings(root))

    def list(self, name: str) -> MailingList:
        """Return a list by name. Raises InputError with the nearest one."""
        table = self.settings.lists.get(name)
        if table is not None:
            return MailingList(name, table.id or name, table)
        hint = meant(name, self.settings.lists, f"lists: {', '.join(self.settings.lists)}")
        raise InputError(f"there is no list {name!r}; {hint}")

    @property
    def lists(self) -> tuple[MailingList, ...]:
        """All lists, in the order of the settings."""
        return tuple(self.list(name) for name in self.settings.lists)

    def source(self, name: str) -> Source:
        """Return a source by name; one that needs no settings need not be declared. Raises InputError."""
        declared = self.settings.sources
        if name in declared:
            return Source(name, declared[name])
        if name in UNDECLARED:
            return Source(name, SourceTable.model_validate({"kind": name}))
        known = [*declared, *UNDECLARED]
        hint = meant(name, known, f"sources: {', '.join(known)}")
        raise InputError(f"there is no source, file or folder {name!r}; {hint}")

    @property
    def sources(self) -> tuple[Source, ...]:
        """All declared sources, in the order of the settings."""
        return tuple(self.source(name) for name in self.settings.sources)

    def sources_of(self, mailing_list: MailingList) -> tuple[Source, ...]:
        """Return the sources of a list, all where it names none."""
        return tuple(self.source(name) for name in mailing_list.table.sources) or self.sources

    @property
    def contact(self) -> str:
        """Where those who run a source can reach us: it stands in the User-Agent field."""
        return self.settings.site.url or Mailbox.parse(self.settings.mail.sender).address

    @property
    def archive_url(self) -> str:
        """Where the archive's pages are, without a slash at the end; "" where nobody said."""
        site = self.settings.site
        return site.archive_url or (f"{site.url}/archive" if site.url else "")

    @cached_property
    def store(self) -> Engine:
        """The store, created and migrated when needed."""
        return open_database(self.root / self.settings.store)

    @cached_property
    def identity_key(self) -> bytes:
        """The key of ids and Message-IDs; never rotated."""
        keys = self.settings.keys
        text = keys.identity.get_secret_value() if keys.identity else self._secret_file(keys.identity_file)
        return parse_identity_key(text, str(keys.identity_file))

    @property
    def signing_keys(self) -> SigningKeys:
        """The keys of the links as they are now; the first signs, all are honoured. Raises ConfigError."""
        given = self.settings.keys.signing
        return parse_signing_keys(given.get_secret_value(), "keys.signing") if given else self._keyring.keys

    @cached_property
    def _keyring(self) -> Keyring:
        return Keyring(self.root / self.settings.keys.signing_file)

    def subscriber_file(self, mailing_list: MailingList) -> Path:
        """Return where a list's subscriber file lies."""
        return self.root / (mailing_list.table.subscribers or Path("subscribers") / f"{mailing_list.name}.csv")

    @property
    def themes(self) -> Themes:
        """The themes and languages that a list can have."""
        return Themes((self.root / self.settings.templates, shipped("templates")))

    def theme(self, mailing_list: MailingList, language: str | None = None, name: str | None = None) -> Theme:
        """Return a list's theme in a language, else the list's own; or the theme called `name`. Raises ConfigError."""
        words = self.themes.words(language or mailing_list.table.language)
        return self.themes.theme(name or mailing_list.table.theme, words)

    def topics(self, mailing_list: MailingList) -> tuple[Topic, ...]:
        """Return the topics of a list, in its order; all that are declared when it names none."""
        names = mailing_list.table.topics or tuple(self.settings.topics)
        return tuple(topic_of(name, self.settings.topics[name]) for name in names)

    def rules(self, mailing_list: MailingList) -> Rules:
        """Return which papers a list takes at all."""
        include, exclude = mailing_list.table.include, mailing_list.table.exclude
        return Rules(_wanted(include), _wanted(exclude))

    def publication(self, mailing_list: MailingList) -> Publication:
        """Return what the templates say of a list and its site."""
        site, table = self.settings.site, mailing_list.table
        return Publication(
            list_name=table.name,
            list_description=table.description,
            byline=site.byline,
            site_name=site.name,
            site_url=site.url or "",
            postal_address=site.postal_address,
            archive_url=self.archive_url,
            thumbnails=table.thumbnails,
        )

    def headers(self, mailing_list: MailingList) -> IssueHeaders:
        """Return what an issue's messages have in common in their headers."""
        mail, table = self.settings.mail, mailing_list.table
        sender = Mailbox.parse(table.sender or mail.sender)
        return IssueHeaders(
            sender=sender,
            reply_to=Mailbox.parse(mail.reply_to) if mail.reply_to else None,
            list_id=mailing_list.id,
            list_name=table.name,
            domain=sender.address.rpartition("@")[2].lower(),
            site_url=self.settings.site.url or "",
            unsubscribe=Mailbox.parse(mail.unsubscribe or mail.reply_to or mail.sender).address,
            key_id=self.signing_keys.current,
        )

    @contextmanager
    def relays(self, mailing_list: MailingList) -> Iterator[tuple[ListRelay, ...]]:
        """Enter the relays of a list, in its order; our own outbox is started and stopped with the block."""
        with ExitStack() as stack:
            names = self.relay_names(mailing_list)
            yield tuple(self._list_relay(name, self.settings.relays[name], stack) for name in names)

    def relay_names(self, mailing_list: MailingList) -> tuple[str, ...]:
        """Return the names of a list's relays, in its order; the first one that is declared where it names none."""
        return mailing_list.table.relays or tuple(self.settings.relays)[:1]

    def _list_relay(self, name: str, table: RelayTable, stack: ExitStack) -> ListRelay:
        limit = Limit(table.connections, table.messages_per_minute)
        if table.maildir is not None:
            from digest.deliver.outbox import outbox  # with an SMTP server, which few commands need

            return ListRelay(stack.enter_context(outbox(name, self.root / table.maildir)), limit, table.weight)
        return ListRelay(self._smtp_relay(name, table), limit, table.weight)

    @property
    def domain_limits(self) -> dict[str, Limit]:
        """What single recipient domains get at most."""
        return {
            domain: Limit(table.connections, table.messages_per_minute)
            for domain, table in self.settings.domains.items()
        }

    def _smtp_relay(self, name: str, table: RelayTable) -> Relay:
        assert table.host is not None
        password = self.secret(table.password, table.password_file)
        if table.username and password is None:
            variable = f"DIGEST_RELAYS__{name.upper().replace('-', '_')}__PASSWORD"
            raise ConfigError(f"relays.{name}: has a username and no password; set {variable} or password_file")
        return Relay(
            name=name,
            host=table.host,
            port=table.port,
            tls=table.tls,
            username=table.username,
            password=Secret(password) if password is not None else None,
            timeout=table.timeout_seconds,
            messages_per_connection=table.messages_per_connection,
            envelope=table.envelope,
        )

    def secret(self, given: SecretStr | None, path: Path | None) -> str | None:
        """Return a secret as the environment gives it, else as a file holds it alone; None without either.

        Raises ConfigError.
        """
        if given is not None:
            return given.get_secret_value()
        return None if path is None else self._secret_file(path).strip()

    def _secret_file(self, path: Path) -> str:
        try:
            return (self.root / path).read_text(encoding="utf-8")
        except OSError as error:
            raise ConfigError(f"{self.root / path}: {error.strerror}; restore the file from its backup") from None
        except UnicodeDecodeError:
            raise ConfigError(f"{self.root / path}: not text; restore the file from its backup") from None

    def run_lock(self) -> AbstractContextManager[None]:
        """Hold the site's run lock, which the kernel drops when we die. Raises BusyError."""
        return alone(self.root / f"{self.settings.store}.lock", "another run is sending for this site")

    def notices_lock(self) -> AbstractContextManager[None]:
        """Hold the lock of who sends notices: an issue may take an hour, and a reader waits. Raises BusyError."""
        return alone(self.root / f"{self.settings.store}.notices.lock", "notices are being sent for this site")

    def run_at_work(self) -> str | None:
        """Return the process id of the run that holds the run lock, or None when nobody does."""
        return holder(self.root / f"{self.settings.store}.lock")


def _wanted(table: WantedTable) -> Wanted:
    return Wanted(table.keywords, table.authors, table.organizations, table.categories)
