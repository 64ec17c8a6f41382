"""The tables that hold the truth; every other table can be thrown away and made again from these.

Every key begins with `org`, but for what is presented before the organisation is known: the hash of a token
or of an enrolment code, a login. Times are `*_ms`, integer milliseconds of UTC. No query relies on the order
in which a database sorts text: key texts compare by bytes. Rows are only ever added to `record`, `raw`,
`seal`, `status_change`, `act`, `leaf`, `node` and `checkpoint`.

A model of this file never reads a request: it would accept any value (see `boucle_server.api`).
"""

from typing import Any, ClassVar, Final

import sqlalchemy as sa
from sqlmodel import Field, SQLModel

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
KEY: Final = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""A text that identifies: compared by bytes on both databases."""
BIG: Final = sa.BigInteger()
SERIAL: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
"""A number given by the database; SQLite only numbers rows for the type INTEGER."""

RECORD_STATUSES: Final = ("accepted", "held", "quarantined", "fork", "conflict", "dismissed")
DEVICE_STATUSES: Final = ("active", "revoked", "server")
IMPORT_STATES: Final = ("ready", "writing", "done", "undoing", "undone")
_BY_KEY: Final = {"sqlite_with_rowid": False}
"""SQLite keeps the rows in their key: one tree to write instead of two."""


def _key(*, primary: bool = False, unique: bool = False, index: bool = False, org: bool = False) -> Any:
    return Field(
        sa_type=KEY,
        primary_key=primary,
        unique=unique,
        index=index,
        foreign_key="org.org" if org else None,
    )


def _big(*, primary: bool = False, default: int | None = None) -> Any:
    if default is None:
        return Field(sa_type=BIG, primary_key=primary)
    return Field(default, sa_type=BIG, primary_key=primary)


def _maybe(kind: Any = BIG) -> Any:
    return Field(None, sa_type=kind, nullable=True)


def _serial() -> Any:
    return Field(None, sa_type=SERIAL, primary_key=True, sa_column_kwargs={"autoincrement": True})


def _one_of(column: str, values: tuple[str, ...]) -> sa.CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f"{column} IN ({listed})", name=column)


LATE: Final = "received_ms - teff > 86400000"
"""Records that came more than a day after they happened."""
INTERVAL: Final = "tq = 1"
"""Records of which the time is known as an interval only."""


UNSEALED: Final = "seal IS NULL"
"""Bytes that no seal of their device covers."""


def _few(name: str, condition: str) -> sa.Index:
    """Index by time the few records for which a condition holds; a query has to repeat its very words."""
    return sa.Index(
        f"ix_record_{name}", "org", "teff", sqlite_where=sa.text(condition), postgresql_where=sa.text(condition)
    )


class Truth(SQLModel):
    """What every table of this file shares: one metadata with names for every constraint."""

    metadata: ClassVar[sa.MetaData] = sa.MetaData(naming_convention=NAMING)


class Org(Truth, table=True):
    """An organisation: one company network with its own log, keys and devices."""

    __tablename__ = "org"
    __table_args__ = (sa.CheckConstraint("generation >= 1", name="generation"),)

    org: str = _key(primary=True)
    name: str = _key()
    zone: str = _key()
    origin: str = _key()
    """First two parts of the log's name, `host/org`; the generation is the third."""
    generation: int = _big(default=1)
    """How often the log was begun: a restored backup begins the next one."""
    demo: bool = False
    created_ms: int = _big()


class OrgKey(Truth, table=True):
    """A key pair: `sign` (Ed25519) for the log and the server's seals, `box` (X25519) for rescue files."""

    __tablename__ = "org_key"
    __table_args__ = (_one_of("purpose", ("sign", "box")),)

    org: str = _key(primary=True, org=True)
    purpose: str = _key(primary=True)
    public: bytes = Field(primary_key=True)
    private: bytes
    created_ms: int = _big()


class OrgCounter(Truth, table=True):
    """The last number that the single writer of an organisation took."""

    __tablename__ = "org_counter"

    org: str = _key(primary=True, org=True)
    change_n: int = _big(default=0)
    """Of the table `change`."""
    reference_mark: int = _big(default=0)
    """Drawn anew whenever reference data changes: what was read under one mark is true while it stands."""


class Device(Truth, table=True):
    """A device that may send events: a phone, a scanning program, or the server itself (status `server`)."""

    __tablename__ = "device"
    __table_args__ = (_one_of("status", DEVICE_STATUSES),)

    org: str = _key(primary=True, org=True)
    dev: str = _key(primary=True)
    name: str = _key()
    role: str = _key()
    site: str = _key()
    public_key: bytes
    status: str = _key()
    enrolled_ms: int = _big()
    revoked_ms: int | None = _maybe()
    token_hash: str | None = Field(None, sa_type=KEY, unique=True, nullable=True)
    last_seen_ms: int | None = _maybe()
    unsent: int | None = _maybe()
    """How many events it said it still holds, at `last_seen_ms`."""
    app: str | None = _maybe(KEY)
    boot: str | None = _maybe(KEY)


class Enrolment(Truth, table=True):
    """A one-time code that lets one device in; only its hash is kept."""

    __tablename__ = "enrolment"

    code_hash: str = _key(primary=True)
    org: str = _key(org=True)
    name: str = _key()
    role: str = _key()
    site: str = _key()
    created_ms: int = _big()
    expires_ms: int = _big()
    used_ms: int | None = _maybe()
    dev: str | None = _maybe(KEY)
    """The device that used it."""


class Person(Truth, table=True):
    """A person, with up to two credentials: a login with a password, a badge with a PIN.

    `person` is the pseudonym that events carry as `actor`; the name is only here and can be forgotten.
    """

    __tablename__ = "person"
    __table_args__ = (sa.UniqueConstraint("org", "badge"),)

    org: str = _key(primary=True, org=True)
    person: str = _key(primary=True)
    name: str = _key()
    login: str | None = Field(None, sa_type=KEY, unique=True, nullable=True)
    password_hash: str | None = _maybe(KEY)
    badge: str | None = _maybe(KEY)
    pin_hash: str | None = _maybe(KEY)
    role: str = _key()
    site: str = _key()
    active: bool = True
    created_ms: int = _big()


class Token(Truth, table=True):
    """An opaque token of a program; `scopes` are capabilities with spaces between; only its hash is kept."""

    __tablename__ = "token"
    __table_args__ = (sa.UniqueConstraint("org", "id"),)

    token_hash: str = _key(primary=True)
    org: str = _key(org=True)
    id: str = _key()
    name: str = _key()
    scopes: str = _key()
    created_ms: int = _big()
    expires_ms: int | None = _maybe()
    revoked_ms: int | None = _maybe()
    person: str | None = _maybe(KEY)


class WebSession(Truth, table=True):
    """Somebody who is signed in on the web; only the hash of what the browser keeps is here."""

    __tablename__ = "web_session"
    __table_args__ = (sa.Index(None, "org", "person"),)

    token_hash: str = _key(primary=True)
    org: str = _key(org=True)
    person: str = _key()
    created_ms: int = _big()
    seen_ms: int = _big()
    expires_ms: int = _big()


class ProblemReport(Truth, table=True):
    """What a stranger said about a container on its public page (`boucle_server.problem_reports`)."""

    __tablename__ = "problem_report"
    __table_args__ = (sa.Index(None, "org", "item"),)

    org: str = _key(primary=True, org=True)
    id: str = _key(primary=True)
    code: str = _key()
    item: str = _key()
    problem: str = _key()
    words: str = _key()
    created_ms: int = _big()
    settled_ms: int | None = _maybe()
    settled_by: str | None = _maybe(KEY)
    outcome: str | None = _maybe(KEY)
    event: str = Field("", sa_type=KEY)


class ProblemPhoto(Truth, table=True):
    """The photo that a stranger sent along with a report (`boucle_server.problem_photos`)."""

    __tablename__ = "problem_photo"

    org: str = _key(primary=True, org=True)
    report: str = _key(primary=True)
    sha256: str = _key()
    width: int = _big()
    height: int = _big()
    content: bytes


class Record(Truth, table=True):
    """One received record: its bytes, its frozen time, and what was decided about it at first receipt.

    A record is never changed but by a `status_change`, which also rewrites `status` and `reason`. Of the
    records of one id at most one is `accepted` or `held`.
    """

    __tablename__ = "record"
    __table_args__ = (
        sa.UniqueConstraint("org", "id", "variant"),
        sa.Index(None, "org", "dev", "epoch", "seq"),
        sa.Index(None, "org", "subject", "teff"),
        sa.Index(None, "org", "kind", "teff"),
        _few("late", LATE),
        _few("interval", INTERVAL),
        _one_of("status", RECORD_STATUSES),
        sa.CheckConstraint("tq BETWEEN 0 AND 2", name="tq"),
        sa.CheckConstraint("seq >= 1", name="seq"),
    )

    rid: int | None = _serial()
    org: str = _key()
    id: str = _key()
    variant: int = _big(default=0)
    """0 for the first content received under the id; every other content, or time, takes the next number."""
    hash: str = _key()
    dev: str = _key()
    epoch: str = _key()
    seq: int = _big()
    kind: str = _key()
    """With its major version, `item.collected/1`."""
    subject: str = _key()
    payload: bytes
    priv: bytes | None = _maybe(sa.LargeBinary())
    teff: int = _big()
    tq: int = Field(sa_type=sa.SmallInteger)
    salt: bytes
    """16 random bytes of the log's commitment."""
    generation: int = _big()
    leaf: int = _big()
    """The index of its entry in the log of `generation`."""
    status: str = _key()
    reason: str = Field("", sa_type=KEY)
    received_ms: int = _big()
    seal: int | None = _maybe()
    """`seal.sid` of the seal that vouches for it."""


class Seal(Truth, table=True):
    """A device's signature over a contiguous range of its chain, as received."""

    __tablename__ = "seal"
    __table_args__ = (sa.UniqueConstraint("org", "dev", "epoch", "first", "last", "signature"),)

    sid: int | None = _serial()
    org: str = _key()
    dev: str = _key()
    epoch: str = _key()
    first: int = _big()
    last: int = _big()
    batch: str = _key()
    body: bytes
    """The message that was signed."""
    signature: bytes
    received_ms: int = _big()


class Raw(Truth, table=True):
    """Bytes that could not be read as a record or a batch, or that nobody vouches for, kept as they came.

    `epoch` and `seq` say where in the device's chain they stand (empty and 0 where nobody knows); `teff`, `tq` and
    `seal` are there when a seal of the device covers them.
    """

    __tablename__ = "raw"
    __table_args__ = (
        sa.UniqueConstraint("org", "dev", "hash", "epoch", "seq"),
        sa.Index(None, "org", "dev", "epoch", "seq"),
        sa.Index(None, "org", "hash"),
        sa.Index(
            "ix_raw_unsealed",
            "org",
            "dev",
            "seal",
            "size",
            sqlite_where=sa.text(UNSEALED),
            postgresql_where=sa.text(UNSEALED),
        ),
    )

    rid: int | None = _serial()
    org: str = _key()
    dev: str = _key()
    content: bytes
    hash: str = _key()
    reason: str = _key()
    epoch: str = Field("", sa_type=KEY)
    seq: int = _big(default=0)
    teff: int | None = _maybe()
    tq: int | None = _maybe(sa.SmallInteger())
    seal: int | None = _maybe()
    salt: bytes
    received_ms: int = _big()
    generation: int = _big()
    leaf: int = _big()
    size: int = _big()
    """Bytes of the content, so that what a device may still leave is known without a look at any."""


class StatusChange(Truth, table=True):
    """A later change of a record's status, always by an event of a person or of the server."""

    __tablename__ = "status_change"
    __table_args__ = (sa.Index(None, "org", "record"), _one_of("status", RECORD_STATUSES))

    cid: int | None = _serial()
    org: str = _key()
    record: int = _big()
    """`record.rid`."""
    status: str = _key()
    reason: str = _key()
    by_event: str = _key()
    salt: bytes
    at_ms: int = _big()
    generation: int = _big()
    leaf: int = _big()


class Leaf(Truth, table=True):
    """One entry of an organisation's log (`boucle.log`)."""

    __tablename__ = "leaf"
    __table_args__ = _BY_KEY

    org: str = _key(primary=True)
    generation: int = _big(primary=True)
    idx: int = _big(primary=True)
    entry: bytes
    hash: bytes


class Node(Truth, table=True):
    """A complete subtree of a log, kept for every eighth level; the levels between are hashed from these."""

    __tablename__ = "node"
    __table_args__ = _BY_KEY

    org: str = _key(primary=True)
    generation: int = _big(primary=True)
    level: int = _big(primary=True)
    idx: int = _big(primary=True)
    hash: bytes


class LogHead(Truth, table=True):
    """All that appending to a log needs, and what its signer signed last."""

    __tablename__ = "log_head"

    org: str = _key(primary=True)
    generation: int = _big(primary=True)
    size: int = _big()
    frontier: bytes
    signed_size: int | None = _maybe()
    signed_root: bytes | None = _maybe(sa.LargeBinary())


class Checkpoint(Truth, table=True):
    """A checkpoint that was published; what a receipt signs is not listed here, but in `log_head`."""

    __tablename__ = "checkpoint"

    org: str = _key(primary=True)
    generation: int = _big(primary=True)
    size: int = _big(primary=True)
    root: bytes
    note: str = _key()
    at_ms: int = _big()


class Act(Truth, table=True):
    """What the log holds beside events: keys, devices let in and cut off, exports, label batches, generations.

    `commit` of the entry is made of `salt` and `content` (JSON, no names of people); `kind` and `id` are its
    own. So every entry of a log stands in exactly one of `record`, `raw`, `status_change` and `act`.
    """

    __tablename__ = "act"

    org: str = _key(primary=True)
    generation: int = _big(primary=True)
    leaf: int = _big(primary=True)
    kind: str = _key()
    id: str = _key()
    content: bytes
    salt: bytes
    at_ms: int = _big()


class JobRun(Truth, table=True):
    """One run of a scheduled job for one organisation and period: the row that lets it run once."""

    __tablename__ = "job_run"

    org: str = _key(primary=True)
    name: str = _key(primary=True)
    period: str = _key(primary=True)
    started_ms: int = _big()
    finished_ms: int | None = _maybe()
    outcome: str | None = _maybe(KEY)


class MonthClosing(Truth, table=True):
    """A month that a person closed, with the bytes of its figures; a revision leaves the earlier one."""

    __tablename__ = "month_closing"

    org: str = _key(primary=True, org=True)
    month: str = _key(primary=True)
    revision: int = _big(primary=True)
    closed_ms: int = _big()
    by: str = _key()
    snapshot: bytes
    digest: str = _key()
    size: int = _big()
    """Entries of the log when it was closed."""
    reason: str = _key()


class LabelBatch(Truth, table=True):
    """A batch of codes that was minted for printing."""

    __tablename__ = "label_batch"

    org: str = _key(primary=True, org=True)
    batch: str = _key(primary=True)
    kind: str = _key()
    count: int = _big()
    base: str = _key()
    created_ms: int = _big()
    by: str = _key()


class Photo(Truth, table=True):
    """A photo that some event announced, whole: its name is the SHA-256 of its bytes, and it never changes.

    `flaw` says why the bytes that have this hash are not kept; there is no content then.
    """

    __tablename__ = "photo"
    __table_args__ = (sa.CheckConstraint("(flaw = '') = (content IS NOT NULL)", name="content"),)

    org: str = _key(primary=True, org=True)
    sha256: str = _key(primary=True)
    size: int = _big()
    width: int = _big()
    height: int = _big()
    dev: str = _key()
    """The device that brought it first."""
    received_ms: int = _big()
    flaw: str = Field("", sa_type=KEY)
    content: bytes | None = _maybe(sa.LargeBinary())


class Document(Truth, table=True):
    """A document that an event names, under the SHA-256 of its bytes (`boucle_server.documents`)."""

    __tablename__ = "document"

    org: str = _key(primary=True, org=True)
    sha256: str = _key(primary=True)
    size: int = _big()
    received_ms: int = _big()
    content: bytes


class PhotoUpload(Truth, table=True):
    """A photo on its way from one device: so many of its bytes are here, in `photo_chunk`."""

    __tablename__ = "photo_upload"
    __table_args__ = (sa.CheckConstraint("received BETWEEN 0 AND length", name="received"),)

    org: str = _key(primary=True, org=True)
    dev: str = _key(primary=True)
    sha256: str = _key(primary=True)
    length: int = _big()
    received: int = _big(default=0)
    touched_ms: int = _big()


class PhotoChunk(Truth, table=True):
    """Some bytes of a photo on its way, and at which byte they begin."""

    __tablename__ = "photo_chunk"

    org: str = _key(primary=True, org=True)
    dev: str = _key(primary=True)
    sha256: str = _key(primary=True)
    start: int = _big(primary=True)
    content: bytes


class ImportRun(Truth, table=True):
    """A table that somebody brought on the web: what it holds, what would or did become of it, how to take it back.

    `content`, `report` and `made` are packed (`boucle_server.imports.runs`), and forgotten after a while; who brought
    what when, and how many rows became what, stays.
    """

    __tablename__ = "import_run"
    __table_args__ = (
        sa.Index(None, "org", "made_ms"),
        _one_of("state", IMPORT_STATES),
    )

    org: str = _key(primary=True, org=True)
    run: str = _key(primary=True)
    kind: str = _key()
    name: str = Field(sa_type=sa.Text)
    sha256: str = _key()
    size: int = _big()
    person: str = _key()
    made_ms: int = _big()
    state: str = _key()
    whole: bool = Field(False)
    """Nothing of it is recorded unless all of it can be."""
    mapping: str = Field(sa_type=sa.Text)
    """The field of each column, in JSON; `""` for one that is not read."""
    told: str = Field(sa_type=sa.Text)
    """Counts and what was noticed, in JSON."""
    content: bytes | None = _maybe(sa.LargeBinary())
    report: bytes | None = _maybe(sa.LargeBinary())
    made: bytes | None = _maybe(sa.LargeBinary())
    decided_by: str = Field("", sa_type=KEY)
    decided_ms: int | None = _maybe()
    undone_by: str = Field("", sa_type=KEY)
    undone_ms: int | None = _maybe()


class Change(Truth, table=True):
    """What phones may pull: the row `key` of a reference table changed; `n` is taken by the single writer."""

    __tablename__ = "change"

    org: str = _key(primary=True)
    n: int = _big(primary=True)
    tbl: str = _key()
    key: str = _key()


METADATA: Final = Truth.metadata


def _core(model: type[Truth]) -> sa.Table:
    return METADATA.tables[str(model.__tablename__)]


# The same tables for SQLAlchemy Core, which the hot path uses.
ORG: Final = _core(Org)
ORG_KEY: Final = _core(OrgKey)
ORG_COUNTER: Final = _core(OrgCounter)
DEVICE: Final = _core(Device)
ENROLMENT: Final = _core(Enrolment)
PERSON: Final = _core(Person)
TOKEN: Final = _core(Token)
WEB_SESSION: Final = _core(WebSession)
PROBLEM_REPORT: Final = _core(ProblemReport)
PROBLEM_PHOTO: Final = _core(ProblemPhoto)
RECORD: Final = _core(Record)
SEAL: Final = _core(Seal)
# What waits for a person is listed without a look at all that does not.
sa.Index(
    "ix_record_set_aside",
    *(METADATA.tables["record"].c[name] for name in ("org", "generation", "leaf")),
    sqlite_where=sa.text("status != 'accepted'"),
    postgresql_where=sa.text("status != 'accepted'"),
)
RAW: Final = _core(Raw)
STATUS_CHANGE: Final = _core(StatusChange)
LEAF: Final = _core(Leaf)
NODE: Final = _core(Node)
LOG_HEAD: Final = _core(LogHead)
CHECKPOINT: Final = _core(Checkpoint)
ACT: Final = _core(Act)
JOB_RUN: Final = _core(JobRun)
MONTH_CLOSING: Final = _core(MonthClosing)
LABEL_BATCH: Final = _core(LabelBatch)
PHOTO: Final = _core(Photo)
DOCUMENT: Final = _core(Document)
PHOTO_UPLOAD: Final = _core(PhotoUpload)
PHOTO_CHUNK: Final = _core(PhotoChunk)
IMPORT_RUN: Final = _core(ImportRun)
CHANGE: Final = _core(Change)
