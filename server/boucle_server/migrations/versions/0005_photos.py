"""Photos: those that are whole, and those on their way."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "photo",
        sa.Column("org", KEY, nullable=False),
        sa.Column("sha256", KEY, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("dev", KEY, nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("flaw", KEY, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.CheckConstraint("(flaw = '') = (content IS NOT NULL)", name=op.f("ck_photo_content")),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_photo_org")),
        sa.PrimaryKeyConstraint("org", "sha256", name=op.f("pk_photo")),
    )
    op.create_table(
        "photo_upload",
        sa.Column("org", KEY, nullable=False),
        sa.Column("dev", KEY, nullable=False),
        sa.Column("sha256", KEY, nullable=False),
        sa.Column("length", sa.BigInteger(), nullable=False),
        sa.Column("received", sa.BigInteger(), nullable=False),
        sa.Column("touched_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("received BETWEEN 0 AND length", name=op.f("ck_photo_upload_received")),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_photo_upload_org")),
        sa.PrimaryKeyConstraint("org", "dev", "sha256", name=op.f("pk_photo_upload")),
    )
    op.create_table(
        "photo_chunk",
        sa.Column("org", KEY, nullable=False),
        sa.Column("dev", KEY, nullable=False),
        sa.Column("sha256", KEY, nullable=False),
        sa.Column("start", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_photo_chunk_org")),
        sa.PrimaryKeyConstraint("org", "dev", "sha256", "start", name=op.f("pk_photo_chunk")),
    )
