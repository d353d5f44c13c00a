"""What readers say: sign-ups, preferences, changed addresses, leaving and coming back, and what mail servers report."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _suppressions()
    _scores()
    _readers()
    _requests()
    _reports()
    op.add_column("issues", sa.Column("left_out", sa.JSON(none_as_null=True)))


def _suppressions() -> None:
    with op.batch_alter_table("suppressions") as table:
        table.alter_column("address_key", existing_type=sa.String(64), type_=sa.String(254), existing_nullable=False)
    op.create_index("ix_suppressions_address_key", "suppressions", ["address_key"])
    op.create_table(
        "lifted_suppressions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("scope", sa.String(63), nullable=False),
        sa.Column("address_key", sa.String(254), nullable=False),
        sa.Column("address", sa.String(254)),
        sa.Column("reason", sa.String(30), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("lifted_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lifted_suppressions"),
    )
    op.create_index("ix_lifted_suppressions_address_key", "lifted_suppressions", ["address_key"])


def _scores() -> None:
    with op.batch_alter_table("address_scores") as table:
        table.alter_column("score", existing_type=sa.Integer(), type_=sa.Float(), existing_nullable=False)


def _readers() -> None:
    op.create_table(
        "readers",
        sa.Column("subscriber_id", sa.String(32), nullable=False),
        sa.Column("list_id", sa.String(63), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("address_key", sa.String(64), nullable=False),
        sa.Column("name", sa.String(200), nullable=False, server_default=""),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.Column("topics", sa.JSON(none_as_null=True)),
        sa.Column("frequency", sa.String(10)),
        sa.Column("timezone", sa.String(64)),
        sa.Column("language", sa.String(35)),
        sa.Column("paused_until", sa.Date()),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id", name="pk_readers"),
    )
    op.create_index("ix_readers_address_key", "readers", ["address_key"])
    op.create_index("ix_readers_list_id_subscriber_id", "readers", ["list_id", "subscriber_id"])
    op.create_table(
        "aliases",
        sa.Column("subscriber_id", sa.String(32), nullable=False),
        sa.Column("now_id", sa.String(32), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id", name="pk_aliases"),
    )
    op.create_index("ix_aliases_now_id", "aliases", ["now_id"])


def _requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("list_id", sa.String(63), nullable=False),
        sa.Column("subscriber_id", sa.String(32), nullable=False),
        sa.Column("address", sa.String(254), nullable=False),
        sa.Column("address_key", sa.String(64), nullable=False),
        sa.Column("mailbox_key", sa.String(64), nullable=False),
        sa.Column("network_key", sa.String(64), nullable=False),
        sa.Column("data", sa.JSON(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True)),
        sa.CheckConstraint("kind IN ('signup', 'address')", name="ck_requests_known_kind"),
        sa.PrimaryKeyConstraint("id", name="pk_requests"),
    )
    op.create_index("ix_requests_asked_at", "requests", ["asked_at"])
    op.create_index("ix_requests_address_key_asked_at", "requests", ["address_key", "asked_at"])
    op.create_index("ix_requests_mailbox_key_asked_at", "requests", ["mailbox_key", "asked_at"])
    op.create_index("ix_requests_network_key_asked_at", "requests", ["network_key", "asked_at"])


def _reports() -> None:
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(64), nullable=False),
        sa.Column("origin", sa.String(80), nullable=False),
        sa.Column("kind", sa.String(12), nullable=False),
        sa.Column("effect", sa.String(12), nullable=False),
        sa.Column("delivery_id", sa.Integer()),
        sa.Column("notice_id", sa.Integer()),
        sa.Column("address_key", sa.String(64)),
        sa.Column("status", sa.String(11), nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["delivery_id"], ["deliveries.id"], name="fk_reports_delivery_id_deliveries"),
        sa.ForeignKeyConstraint(["notice_id"], ["notices.id"], name="fk_reports_notice_id_notices"),
        sa.PrimaryKeyConstraint("id", name="pk_reports"),
        sa.UniqueConstraint("key", name="uq_reports_key"),
    )
    for column in ("delivery_id", "notice_id", "address_key", "at"):
        op.create_index(f"ix_reports_{column}", "reports", [column])


def downgrade() -> None:
    op.drop_column("issues", "left_out")
    for name in ("reports", "requests", "aliases", "readers", "lifted_suppressions"):
        op.drop_table(name)
    with op.batch_alter_table("address_scores") as table:
        table.alter_column("score", existing_type=sa.Float(), type_=sa.Integer(), existing_nullable=False)
    op.drop_index("ix_suppressions_address_key", "suppressions")
    with op.batch_alter_table("suppressions") as table:
        table.alter_column("address_key", existing_type=sa.String(254), type_=sa.String(64), existing_nullable=False)
