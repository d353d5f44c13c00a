"""Frozen papers: an issue keeps its papers as they were when it was approved."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("issue_papers", sa.Column("paper", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("issue_papers", "paper")
