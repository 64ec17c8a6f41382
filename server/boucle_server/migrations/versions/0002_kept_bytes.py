"""Bytes kept raw are found by their hash, and what a device left without a seal is summed from an index alone."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("raw") as batch:
        batch.add_column(sa.Column("size", sa.BigInteger(), nullable=False, server_default="0"))
    op.execute("UPDATE raw SET size = length(content)")
    with op.batch_alter_table("raw") as batch:
        batch.alter_column("size", server_default=None)
        batch.create_index("ix_raw_org_hash", ["org", "hash"], unique=False)
        batch.create_index(
            "ix_raw_unsealed",
            ["org", "dev", "seal", "size"],
            unique=False,
            sqlite_where=sa.text("seal IS NULL"),
            postgresql_where=sa.text("seal IS NULL"),
        )
