"""Papers from sources: records by source, keys to meet them by, readings of signals, what was asked and refused."""

import sqlalchemy as sa
from alembic import op

from digest.papers.identity import keys
from digest.papers.paper import Paper

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column("papers", sa.Column("tldr", sa.Text(), nullable=False, server_default=""))
    op.add_column("papers", sa.Column("organization", sa.Text(), nullable=False, server_default=""))
    op.add_column("papers", sa.Column("listed", sa.Date(), nullable=True))
    op.add_column("papers", sa.Column("version", sa.Integer(), nullable=True))
    op.add_column("papers", sa.Column("other_ids", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("papers", sa.Column("sources", sa.JSON(), nullable=False, server_default="[]"))
    op.add_column("papers", sa.Column("records", sa.JSON(), nullable=False, server_default="{}"))
    op.add_column("papers", sa.Column("updated_at", MOMENT, nullable=True))
    op.create_index("ix_papers_updated_at", "papers", ["updated_at"])
    op.add_column("issue_papers", sa.Column("version", sa.Integer(), nullable=True))
    op.add_column("issue_papers", sa.Column("why", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "paper_keys",
        sa.Column("key", sa.String(length=330), nullable=False),
        sa.Column("paper_id", sa.String(length=300), nullable=False),
        sa.ForeignKeyConstraint(
            ["paper_id"],
            ["papers.id"],
            name=op.f("fk_paper_keys_paper_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("key", "paper_id", name=op.f("pk_paper_keys")),
    )
    op.create_index("ix_paper_keys_paper_id", "paper_keys", ["paper_id"])
    _key_known_papers()
    op.create_table(
        "signal_readings",
        sa.Column("paper_id", sa.String(length=300), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("signals", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["paper_id"],
            ["papers.id"],
            name=op.f("fk_signal_readings_paper_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("paper_id", "day", name=op.f("pk_signal_readings")),
    )
    op.create_index("ix_signal_readings_day", "signal_readings", ["day"])
    op.create_table(
        "source_parts",
        sa.Column("source", sa.String(length=63), nullable=False),
        sa.Column("part", sa.String(length=500), nullable=False),
        sa.Column("asked_at", MOMENT, nullable=False),
        sa.Column("complete", sa.Boolean(), nullable=False),
        sa.Column("papers", sa.Integer(), nullable=False),
        sa.Column("validators", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("source", "part", name=op.f("pk_source_parts")),
    )
    op.create_table(
        "rejected_records",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("source", sa.String(length=80), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_at", MOMENT, nullable=False),
        sa.Column("last_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rejected_records")),
        sa.UniqueConstraint("source", "place", "reason", name=op.f("uq_rejected_records_source_place_reason")),
    )
    op.create_table(
        "picks",
        sa.Column("list_id", sa.String(length=63), nullable=False),
        sa.Column("paper_id", sa.String(length=300), nullable=False),
        sa.Column("verb", sa.String(length=4), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.CheckConstraint("verb IN ('pin', 'drop')", name=op.f("ck_picks_known_verb")),
        sa.PrimaryKeyConstraint("list_id", "paper_id", name=op.f("pk_picks")),
    )


def _key_known_papers() -> None:
    """Give papers from before their keys, by today's rules, so that they are met whatever source has them next."""
    connection = op.get_bind()
    columns = [sa.column("id"), sa.column("title"), sa.column("authors", sa.JSON())]
    rows = connection.execute(sa.select(*columns).select_from(sa.table("papers", *columns))).all()
    met = [
        {"key": key, "paper_id": row.id}
        for row in rows
        for key in sorted({row.id, *keys(Paper(id=row.id, title=row.title, authors=tuple(row.authors)))})
    ]
    table = sa.table("paper_keys", sa.column("key"), sa.column("paper_id"))
    if met:
        connection.execute(table.insert(), met)
    connection.execute(sa.text("UPDATE papers SET sources = json_array(source)"))


def downgrade() -> None:
    for table in ("picks", "rejected_records", "source_parts", "signal_readings", "paper_keys"):
        op.drop_table(table)
    for column in ("why", "version"):
        op.drop_column("issue_papers", column)
    op.drop_index("ix_papers_updated_at", "papers")
    for column in ("updated_at", "records", "sources", "other_ids", "version", "listed", "organization", "tldr"):
        op.drop_column("papers", column)
