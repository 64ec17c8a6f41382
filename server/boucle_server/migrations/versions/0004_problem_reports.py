"""What strangers report about a container on its public page."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "problem_report",
        sa.Column("org", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", KEY, nullable=False),
        sa.Column("item", KEY, nullable=False),
        sa.Column("problem", KEY, nullable=False),
        sa.Column("words", KEY, nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("settled_ms", sa.BigInteger(), nullable=True),
        sa.Column("settled_by", KEY, nullable=True),
        sa.Column("outcome", KEY, nullable=True),
        sa.Column("event", KEY, nullable=False),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_problem_report_org")),
        sa.PrimaryKeyConstraint("org", "id", name=op.f("pk_problem_report")),
    )
    op.create_index(op.f("ix_problem_report_org_item"), "problem_report", ["org", "item"])
