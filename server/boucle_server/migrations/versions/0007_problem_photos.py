"""Photos that strangers send along with what they report."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "problem_photo",
        sa.Column("org", KEY, nullable=False),
        sa.Column("report", KEY, nullable=False),
        sa.Column("sha256", KEY, nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_problem_photo_org")),
        sa.PrimaryKeyConstraint("org", "report", name=op.f("pk_problem_photo")),
    )
