"""The tables of people: what readers said, who must not be mailed, and what mail servers report.

A subscriber id and an address key name nobody (`digest.subscribers.identity`).
"""

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Column,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from digest.store.metadata import metadata
from digest.store.moments import Moment

suppressions = Table(
    "suppressions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", String(63), nullable=False),  # a list's id, or "*" for everywhere
    # Of an address; "@example.org" for a whole domain; a subscriber id where no address is known for it.
    Column("address_key", String(254), nullable=False),
    Column("address", String(254)),  # NULL once the person asked to be forgotten
    Column("reason", String(30), nullable=False),
    Column("source", Text, nullable=False),
    Column("at", Moment, nullable=False),
    UniqueConstraint("scope", "address_key"),
    Index("ix_suppressions_address_key", "address_key"),  # of one person, whatever the scope
)

lifted_suppressions = Table(
    "lifted_suppressions",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("scope", String(63), nullable=False),
    Column("address_key", String(254), nullable=False, index=True),
    Column("address", String(254)),
    Column("reason", String(30), nullable=False),
    Column("source", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Column("lifted_at", Moment, nullable=False),
    Column("lifted_by", Text, nullable=False),  # a confirmed sign-up, or the operator and why
)

address_scores = Table(
    "address_scores",
    metadata,
    Column("address_key", String(64), primary_key=True),
    Column("score", Float, nullable=False),  # as it was at the last failure that counted; it fades from there
    Column("at", Moment, nullable=False),  # of that failure
)

readers = Table(
    "readers",
    metadata,
    Column("subscriber_id", String(32), primary_key=True),
    Column("list_id", String(63), nullable=False),
    Column("address", String(254), nullable=False),
    Column("address_key", String(64), nullable=False, index=True),
    Column("name", String(200), nullable=False, server_default=""),
    Column("confirmed_at", Moment),  # of their double opt-in; NULL for those who were invited and chose something
    # What they chose; NULL where they said nothing.
    Column("topics", JSON(none_as_null=True)),
    Column("frequency", String(10)),
    Column("timezone", String(64)),
    Column("language", String(35)),
    Column("paused_until", Date),
    Column("changed_at", Moment, nullable=False),
    Index("ix_readers_list_id_subscriber_id", "list_id", "subscriber_id"),
)

aliases = Table(
    "aliases",
    metadata,
    Column("subscriber_id", String(32), primary_key=True),  # of the address somebody had
    Column("now_id", String(32), nullable=False, index=True),  # of the one they have; it is no alias itself
    Column("at", Moment, nullable=False),
)

requests = Table(
    "requests",
    metadata,
    Column("id", String(32), primary_key=True),  # random
    Column("kind", String(10), nullable=False),
    Column("list_id", String(63), nullable=False),
    Column("subscriber_id", String(32), nullable=False),  # that the address has on the list
    Column("address", String(254), nullable=False),
    Column("address_key", String(64), nullable=False),
    Column("mailbox_key", String(64), nullable=False),  # of the mailbox that the address and others likely lead to
    Column("network_key", String(64), nullable=False),
    Column("data", JSON, nullable=False),
    Column("asked_at", Moment, nullable=False, index=True),
    Column("expires_at", Moment, nullable=False),
    Column("confirmed_at", Moment),
    Index("ix_requests_address_key_asked_at", "address_key", "asked_at"),
    Index("ix_requests_mailbox_key_asked_at", "mailbox_key", "asked_at"),
    Index("ix_requests_network_key_asked_at", "network_key", "asked_at"),
    CheckConstraint("kind IN ('signup', 'address')", name="known_kind"),
)

reports = Table(
    "reports",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("key", String(64), nullable=False, unique=True),  # what tells a second copy of the same report
    Column("origin", String(80), nullable=False),  # the mailbox or the provider it came from
    Column("kind", String(12), nullable=False),
    Column("effect", String(12), nullable=False),
    Column("delivery_id", ForeignKey("deliveries.id"), index=True),
    Column("notice_id", ForeignKey("notices.id"), index=True),
    Column("address_key", String(64), index=True),
    Column("status", String(11), nullable=False),
    Column("said", Text, nullable=False),
    Column("at", Moment, nullable=False, index=True),
)

reader_events = Table(
    "reader_events",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list_id", String(63), nullable=False),
    Column("subscriber_id", String(32), nullable=False),
    Column("kind", String(30), nullable=False),
    Column("at", Moment, nullable=False),
    Column("data", JSON, nullable=False),
    Index("ix_reader_events_list_id_subscriber_id", "list_id", "subscriber_id"),
)
