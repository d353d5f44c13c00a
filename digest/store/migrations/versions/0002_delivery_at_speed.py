"""Delivery at speed: an index of what is in motion alone, the domain and relay of a delivery, address scores."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

IN_MOTION = sa.text("state IN ('claimed', 'deferred')")


def upgrade() -> None:
    op.drop_index("ix_deliveries_claim", "deliveries")
    op.add_column("deliveries", sa.Column("domain", sa.String(length=253), nullable=False, server_default=""))
    op.add_column("deliveries", sa.Column("relay", sa.String(length=63), nullable=True))
    # A local part holds no second @: addresses with a quoted one are refused.
    op.execute("UPDATE deliveries SET domain = lower(substr(address, instr(address, '@') + 1))")
    op.create_index(
        "ix_deliveries_open",
        "deliveries",
        ["issue_id", "state", "next_attempt_at", "id"],
        unique=False,
        sqlite_where=IN_MOTION,
        postgresql_where=IN_MOTION,
    )
    op.create_table(
        "address_scores",
        sa.Column("address_key", sa.String(length=64), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("address_key", name=op.f("pk_address_scores")),
    )


def downgrade() -> None:
    op.drop_table("address_scores")
    op.drop_index("ix_deliveries_open", "deliveries")
    op.drop_column("deliveries", "relay")
    op.drop_column("deliveries", "domain")
    op.create_index("ix_deliveries_claim", "deliveries", ["issue_id", "state", "next_attempt_at", "edition", "id"])
