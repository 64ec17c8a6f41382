"""The truth tables of the first release."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

# Written out here, so that this step stays what it was when a later version defines its columns otherwise.
KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
SERIAL = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "act",
        sa.Column("org", KEY, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.BigInteger(), nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org", "generation", "leaf", name=op.f("pk_act")),
    )
    op.create_table(
        "change",
        sa.Column("org", KEY, nullable=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("tbl", KEY, nullable=False),
        sa.Column("key", KEY, nullable=False),
        sa.PrimaryKeyConstraint("org", "n", name=op.f("pk_change")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("org", KEY, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column("note", KEY, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("org", "generation", "size", name=op.f("pk_checkpoint")),
    )
    op.create_table(
        "job_run",
        sa.Column("org", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("period", KEY, nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("finished_ms", sa.BigInteger(), nullable=True),
        sa.Column("outcome", KEY, nullable=True),
        sa.PrimaryKeyConstraint("org", "name", "period", name=op.f("pk_job_run")),
    )
    op.create_table(
        "leaf",
        sa.Column("org", KEY, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.Column("entry", sa.LargeBinary(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("org", "generation", "idx", name=op.f("pk_leaf")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "log_head",
        sa.Column("org", KEY, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("signed_size", sa.BigInteger(), nullable=True),
        sa.Column("signed_root", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("org", "generation", name=op.f("pk_log_head")),
    )
    op.create_table(
        "node",
        sa.Column("org", KEY, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("level", sa.BigInteger(), nullable=False),
        sa.Column("idx", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("org", "generation", "level", "idx", name=op.f("pk_node")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "org",
        sa.Column("org", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("zone", KEY, nullable=False),
        sa.Column("origin", KEY, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("demo", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("generation >= 1", name=op.f("ck_org_generation")),
        sa.PrimaryKeyConstraint("org", name=op.f("pk_org")),
    )
    op.create_table(
        "raw",
        sa.Column("rid", SERIAL, autoincrement=True, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("dev", KEY, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("hash", KEY, nullable=False),
        sa.Column("reason", KEY, nullable=False),
        sa.Column("epoch", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("teff", sa.BigInteger(), nullable=True),
        sa.Column("tq", sa.SmallInteger(), nullable=True),
        sa.Column("seal", sa.BigInteger(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("rid", name=op.f("pk_raw")),
        sa.UniqueConstraint("org", "dev", "hash", "epoch", "seq", name=op.f("uq_raw_org_dev_hash_epoch_seq")),
    )
    with op.batch_alter_table("raw", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_raw_org_dev_epoch_seq"), ["org", "dev", "epoch", "seq"], unique=False)

    op.create_table(
        "record",
        sa.Column("rid", SERIAL, autoincrement=True, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("variant", sa.BigInteger(), nullable=False),
        sa.Column("hash", KEY, nullable=False),
        sa.Column("dev", KEY, nullable=False),
        sa.Column("epoch", KEY, nullable=False),
        sa.Column("seq", sa.BigInteger(), nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("subject", KEY, nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("priv", sa.LargeBinary(), nullable=True),
        sa.Column("teff", sa.BigInteger(), nullable=False),
        sa.Column("tq", sa.SmallInteger(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.BigInteger(), nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("reason", KEY, nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.Column("seal", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "status IN ('accepted', 'held', 'quarantined', 'fork', 'conflict', 'dismissed')",
            name=op.f("ck_record_status"),
        ),
        sa.CheckConstraint("seq >= 1", name=op.f("ck_record_seq")),
        sa.CheckConstraint("tq BETWEEN 0 AND 2", name=op.f("ck_record_tq")),
        sa.PrimaryKeyConstraint("rid", name=op.f("pk_record")),
        sa.UniqueConstraint("org", "id", "variant", name=op.f("uq_record_org_id_variant")),
    )
    with op.batch_alter_table("record", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_record_org_dev_epoch_seq"), ["org", "dev", "epoch", "seq"], unique=False)
        batch_op.create_index(batch_op.f("ix_record_org_kind_teff"), ["org", "kind", "teff"], unique=False)
        batch_op.create_index(
            "ix_record_set_aside",
            ["org", "generation", "leaf"],
            unique=False,
            sqlite_where=sa.text("status != 'accepted'"),
            postgresql_where=sa.text("status != 'accepted'"),
        )
        batch_op.create_index(batch_op.f("ix_record_org_subject_teff"), ["org", "subject", "teff"], unique=False)
        for name, few in (("late", "received_ms - teff > 86400000"), ("interval", "tq = 1")):
            batch_op.create_index(
                batch_op.f(f"ix_record_{name}"),
                ["org", "teff"],
                unique=False,
                sqlite_where=sa.text(few),
                postgresql_where=sa.text(few),
            )

    op.create_table(
        "seal",
        sa.Column("sid", SERIAL, autoincrement=True, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("dev", KEY, nullable=False),
        sa.Column("epoch", KEY, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("batch", KEY, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("received_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("sid", name=op.f("pk_seal")),
        sa.UniqueConstraint(
            "org", "dev", "epoch", "first", "last", "signature", name=op.f("uq_seal_org_dev_epoch_first_last_signature")
        ),
    )
    op.create_table(
        "status_change",
        sa.Column("cid", SERIAL, autoincrement=True, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("record", sa.BigInteger(), nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("reason", KEY, nullable=False),
        sa.Column("by_event", KEY, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "status IN ('accepted', 'held', 'quarantined', 'fork', 'conflict', 'dismissed')",
            name=op.f("ck_status_change_status"),
        ),
        sa.PrimaryKeyConstraint("cid", name=op.f("pk_status_change")),
    )
    with op.batch_alter_table("status_change", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_status_change_org_record"), ["org", "record"], unique=False)

    op.create_table(
        "device",
        sa.Column("org", KEY, nullable=False),
        sa.Column("dev", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("role", KEY, nullable=False),
        sa.Column("site", KEY, nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("status", KEY, nullable=False),
        sa.Column("enrolled_ms", sa.BigInteger(), nullable=False),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.Column("token_hash", KEY, nullable=True),
        sa.Column("last_seen_ms", sa.BigInteger(), nullable=True),
        sa.Column("unsent", sa.BigInteger(), nullable=True),
        sa.Column("app", KEY, nullable=True),
        sa.Column("boot", KEY, nullable=True),
        sa.CheckConstraint("status IN ('active', 'revoked', 'server')", name=op.f("ck_device_status")),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_device_org")),
        sa.PrimaryKeyConstraint("org", "dev", name=op.f("pk_device")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_device_token_hash")),
    )
    op.create_table(
        "enrolment",
        sa.Column("code_hash", KEY, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("role", KEY, nullable=False),
        sa.Column("site", KEY, nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=True),
        sa.Column("dev", KEY, nullable=True),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_enrolment_org")),
        sa.PrimaryKeyConstraint("code_hash", name=op.f("pk_enrolment")),
    )
    op.create_table(
        "label_batch",
        sa.Column("org", KEY, nullable=False),
        sa.Column("batch", KEY, nullable=False),
        sa.Column("kind", KEY, nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("base", KEY, nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", KEY, nullable=False),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_label_batch_org")),
        sa.PrimaryKeyConstraint("org", "batch", name=op.f("pk_label_batch")),
    )
    op.create_table(
        "month_closing",
        sa.Column("org", KEY, nullable=False),
        sa.Column("month", KEY, nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("closed_ms", sa.BigInteger(), nullable=False),
        sa.Column("by", KEY, nullable=False),
        sa.Column("snapshot", sa.LargeBinary(), nullable=False),
        sa.Column("digest", KEY, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("reason", KEY, nullable=False),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_month_closing_org")),
        sa.PrimaryKeyConstraint("org", "month", "revision", name=op.f("pk_month_closing")),
    )
    op.create_table(
        "org_counter",
        sa.Column("org", KEY, nullable=False),
        sa.Column("change_n", sa.BigInteger(), nullable=False),
        sa.Column("reference_mark", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_org_counter_org")),
        sa.PrimaryKeyConstraint("org", name=op.f("pk_org_counter")),
    )
    op.create_table(
        "org_key",
        sa.Column("org", KEY, nullable=False),
        sa.Column("purpose", KEY, nullable=False),
        sa.Column("public", sa.LargeBinary(), nullable=False),
        sa.Column("private", sa.LargeBinary(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("purpose IN ('sign', 'box')", name=op.f("ck_org_key_purpose")),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_org_key_org")),
        sa.PrimaryKeyConstraint("org", "purpose", "public", name=op.f("pk_org_key")),
    )
    op.create_table(
        "person",
        sa.Column("org", KEY, nullable=False),
        sa.Column("person", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("login", KEY, nullable=True),
        sa.Column("password_hash", KEY, nullable=True),
        sa.Column("badge", KEY, nullable=True),
        sa.Column("pin_hash", KEY, nullable=True),
        sa.Column("role", KEY, nullable=False),
        sa.Column("site", KEY, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_person_org")),
        sa.PrimaryKeyConstraint("org", "person", name=op.f("pk_person")),
        sa.UniqueConstraint("login", name=op.f("uq_person_login")),
        sa.UniqueConstraint("org", "badge", name=op.f("uq_person_org_badge")),
    )
    op.create_table(
        "token",
        sa.Column("token_hash", KEY, nullable=False),
        sa.Column("org", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", KEY, nullable=False),
        sa.Column("scopes", KEY, nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=True),
        sa.Column("revoked_ms", sa.BigInteger(), nullable=True),
        sa.Column("person", KEY, nullable=True),
        sa.ForeignKeyConstraint(["org"], ["org.org"], name=op.f("fk_token_org")),
        sa.PrimaryKeyConstraint("token_hash", name=op.f("pk_token")),
        sa.UniqueConstraint("org", "id", name=op.f("uq_token_org_id")),
    )
