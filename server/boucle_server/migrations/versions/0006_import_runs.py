"""Tables that people bring on the web, and what became of each."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "import_run",
        sa.Column("org", KEY, nullable=False),
        sa.Column("run", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sha256", KEY, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("person", KEY, nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", KEY, nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("report", sa.LargeBinary(), nullable=True),
        sa.Column("made", sa.LargeBinary(), nullable=True),
        sa.Column("decided_by", KEY, nullable=False),
        sa.Column("decided_ms", sa.BigInteger(), nullable=True),
        sa.Column("undone_by", KEY, nullable=False),
        sa.Column("undone_ms", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "state IN ('ready', 'writing', 'done', 'undoing', 'undone')", name=op.f("ck_import_run_state")
        ),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_import_run_org")),
        sa.PrimaryKeyConstraint("org", "run", name=op.f("pk_import_run")),
    )
    op.create_index(op.f("ix_import_run_org_made_ms"), "import_run", ["org", "made_ms"])
