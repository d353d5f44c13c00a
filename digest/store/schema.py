"""The tables of papers, issues and deliveries, and nothing else; `schema_readers.py` has the others.

`docs/store.md` draws them.

Moments are aware UTC in the program, and UTC in the database. Lists are named by their permanent id,
so that a rename in the settings changes no row.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from digest.deliver.states import DeliveryState
from digest.issues.states import IssueState
from digest.store.metadata import metadata
from digest.store.moments import Moment


def _one_of(column: str, states: type[IssueState] | type[DeliveryState]) -> CheckConstraint:
    values = ", ".join(f"'{state}'" for state in states)
    return CheckConstraint(f"{column} IN ({values})", name=f"known_{column}")


papers = Table(
    "papers",
    metadata,
    Column("id", String(300), primary_key=True),
    Column("source", String(63), nullable=False),
    Column("position", Integer),
    Column("title", Text, nullable=False),
    Column("abstract", Text, nullable=False),
    Column("tldr", Text, nullable=False, server_default=""),
    Column("authors", JSON, nullable=False),
    Column("organization", Text, nullable=False, server_default=""),
    Column("published", Date),
    Column("listed", Date),
    Column("categories", JSON, nullable=False),
    Column("keywords", JSON, nullable=False),
    Column("links", JSON, nullable=False),
    Column("signals", JSON, nullable=False),
    Column("extra", JSON, nullable=False),
    Column("version", Integer),
    Column("other_ids", JSON, nullable=False, server_default="[]"),
    Column("sources", JSON, nullable=False, server_default="[]"),  # whose records there are, by name
    Column("records", JSON, nullable=False, server_default="{}"),  # source → the record as it gave it, cleaned
    Column("first_loaded_at", Moment, nullable=False, index=True),
    Column("last_loaded_at", Moment, nullable=False),
    Column("updated_at", Moment),  # when its version last rose
    Index("ix_papers_published", "published"),
    Index("ix_papers_updated_at", "updated_at"),
)

paper_keys = Table(
    "paper_keys",
    metadata,
    # An id, also a former one, or a hash of the title and perhaps an author, which several papers may have.
    Column("key", String(330), primary_key=True),
    Column("paper_id", ForeignKey("papers.id", ondelete="CASCADE"), primary_key=True, index=True),
)

signal_readings = Table(
    "signal_readings",
    metadata,
    Column("paper_id", ForeignKey("papers.id", ondelete="CASCADE"), primary_key=True),
    Column("day", Date, primary_key=True, index=True),
    Column("at", Moment, nullable=False),
    Column("signals", JSON, nullable=False),
)

source_parts = Table(
    "source_parts",
    metadata,
    Column("source", String(63), primary_key=True),
    Column("part", String(500), primary_key=True),  # a day, a file, or "" for the whole
    Column("asked_at", Moment, nullable=False),
    Column("complete", Boolean, nullable=False),  # nothing more can come in it
    Column("papers", Integer, nullable=False),
    Column("validators", JSON, nullable=False),  # what makes the next request a conditional one, and its address
)

rejected_records = Table(
    "rejected_records",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("source", String(80), nullable=False),
    Column("place", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("first_at", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    UniqueConstraint("source", "place", "reason"),
)

picks = Table(
    "picks",
    metadata,
    Column("list_id", String(63), primary_key=True),
    Column("paper_id", String(300), primary_key=True),
    Column("verb", String(4), nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("verb IN ('pin', 'drop')", name="known_verb"),
)

issues = Table(
    "issues",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("list_id", String(63), nullable=False),
    Column("frequency", String(10), nullable=False),
    Column("period", String(10), nullable=False),
    Column("number", Integer),  # taken at approval
    Column("day", Date, nullable=False),
    Column("state", String(10), nullable=False),
    Column("cutoff", Moment, nullable=False),  # papers loaded up to here were candidates
    Column("left_over", JSON, nullable=False),  # section number → papers without room
    Column("frozen", JSON),  # headers and publication, from approval on
    Column("built_at", Moment, nullable=False),
    Column("approved_at", Moment),
    Column("planned_at", Moment),  # no delivery is claimed before it
    Column("finished_at", Moment),
    Column("left_out", JSON(none_as_null=True)),  # reason → how many the plan left out
    UniqueConstraint("list_id", "frequency", "period"),
    UniqueConstraint("list_id", "frequency", "number"),
    _one_of("state", IssueState),
)

issue_papers = Table(
    "issue_papers",
    metadata,
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("paper_id", String(300), primary_key=True),
    Column("rank", Integer, nullable=False),
    Column("title", Text, nullable=False),
    Column("topic_id", String(63), nullable=False),
    Column("topic_name", Text, nullable=False),
    Column("section", Integer, nullable=False),
    Column("carries", String(4), nullable=False),
    Column("version", Integer),  # the paper's, as it was carried
    Column("why", Text, nullable=False, server_default=""),  # what made it trending, in words
    Column("paper", JSON(none_as_null=True)),  # as it was at approval
    Index("ix_issue_papers_paper_id", "paper_id"),
    CheckConstraint("carries IN ('card', 'line')", name="known_carries"),
)

issue_parts = Table(
    "issue_parts",
    metadata,
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("language", String(35), primary_key=True),
    Column("parts", Text, nullable=False),
)

editions = Table(
    "editions",
    metadata,
    Column("issue_id", ForeignKey("issues.id", ondelete="CASCADE"), primary_key=True),
    Column("key", String(16), primary_key=True),
    Column("language", String(35), nullable=False),
    Column("fragments", JSON, nullable=False),
    Column("slots", JSON, nullable=False),
)

IN_MOTION = "state IN ('claimed', 'deferred')"
"""What `ix_deliveries_open` holds. SQLite uses it only for queries that say this in the same words."""

deliveries = Table(
    "deliveries",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("issue_id", ForeignKey("issues.id"), nullable=False),
    Column("subscriber_id", String(32), nullable=False),
    Column("address", String(254), nullable=False),
    Column("domain", String(253), nullable=False, server_default=""),  # of the address, for the limits
    Column("address_key", String(64), nullable=False),
    Column("name", String(200), nullable=False),
    Column("edition", String(16), nullable=False),
    Column("date", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("deadline", Moment, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("relay", String(63)),  # of the last attempt
    Column("reply", Text),  # the last one, "550 5.1.1 no such user"
    UniqueConstraint("issue_id", "subscriber_id"),
    # Only of what is in motion, so that a million planned deliveries cost it nothing.
    Index(
        "ix_deliveries_open",
        "issue_id",
        "state",
        "next_attempt_at",
        "id",
        sqlite_where=text(IN_MOTION),
        postgresql_where=text(IN_MOTION),
    ),
    _one_of("state", DeliveryState),
)

notices = Table(
    "notices",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("kind", String(30), nullable=False),
    Column("list_id", String(63)),
    Column("subscriber_id", String(32)),
    Column("address", String(254), nullable=False),
    Column("address_key", String(64), nullable=False),
    Column("message_id", String(255), nullable=False, unique=True),
    Column("message", Text, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("deadline", Moment, nullable=False),
    Column("state", String(10), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_attempt_at", Moment, nullable=False),
    Column("settled_at", Moment),
    Column("reply", Text),
    Index("ix_notices_state_next_attempt_at", "state", "next_attempt_at"),
    _one_of("state", DeliveryState),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("delivery_id", ForeignKey("deliveries.id"), index=True),
    Column("notice_id", ForeignKey("notices.id"), index=True),
    Column("relay", String(63), nullable=False),
    Column("at", Moment, nullable=False),
    Column("verb", String(10), nullable=False),
    Column("stage", String(10), nullable=False),
    Column("code", Integer, nullable=False),
    Column("enhanced", String(11), nullable=False),
    Column("reply", Text, nullable=False),
    CheckConstraint("(delivery_id IS NULL) <> (notice_id IS NULL)", name="of_one"),
)
