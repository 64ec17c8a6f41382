"""The tables that can be thrown away: the fold of the truth, ready to be asked.

They are made by code, not by migrations: when this definition differs from the one that a database was made
with, they are dropped, made again and filled from the events (`boucle_server.schema`). All cells, codes and
keys compare by bytes on both databases.
"""

from hashlib import sha256
from typing import Final

import sqlalchemy as sa
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.schema import CreateIndex, CreateTable

from boucle_server.tables import BIG, KEY, NAMING

FOLD_VERSION: Final = 18
"""Raise it when the same events give other rows, so that every database fills its read tables anew."""

METADATA: Final = sa.MetaData(naming_convention=NAMING)


def _column(name: str, *, primary: bool = False, maybe: bool = False) -> sa.Column[str]:
    return sa.Column(name, KEY, primary_key=primary, nullable=maybe)


def _number(name: str, *, primary: bool = False, maybe: bool = False) -> sa.Column[int]:
    return sa.Column(name, BIG, primary_key=primary, nullable=maybe, autoincrement=False)


def _primary(*names: str) -> list[sa.Column[str]]:
    return [_column(name, primary=True) for name in names]


def _index_few(table: sa.Table, column: str, condition: sa.ColumnElement[bool]) -> None:
    """Index the few rows of a table for which the condition holds."""
    sa.Index(None, table.c.org, table.c[column], sqlite_where=condition, postgresql_where=condition)


ITEM: Final = sa.Table(
    "item",
    METADATA,
    *_primary("org", "item"),
    _column("type"),
    _column("stage"),
    _column("site"),
    _column("partner"),
    _column("zone"),
    _number("out_since", maybe=True),
    _column("due", maybe=True),
    _column("loss", maybe=True),
    _number("last_teff"),
    _number("held_since", maybe=True),
    _column("work"),
    _column("back"),
    _column("rma"),
    _column("donor"),
    _column("host"),
    _column("state"),
    sa.Index(None, "org", "stage"),
    sa.Index(None, "org", "partner"),
    sqlite_with_rowid=False,
)
"""The state of every item, `state` being the fold's own as JSON. `item` is the id of its first commissioning
event, or the key of a code that nothing has bound.

`held_since` is when an item that is still ours began not to serve. `work` and `back` are the stages of a repair and of
a return that still want somebody, empty otherwise; `rma` is the return that the item last belonged to, `donor` and
`host` the keys of the codes it was taken from and is built into."""
for _name in ("work", "back", "rma", "donor", "host"):
    _index_few(ITEM, _name, ITEM.c[_name] != "")
_index_few(ITEM, "held_since", ITEM.c.held_since.is_not(None))

BINDING: Final = sa.Table(
    "binding",
    METADATA,
    *_primary("org", "code"),
    _column("item"),
    _column("claim"),
    _column("via"),
    sa.Index(None, "org", "item"),
    sqlite_with_rowid=False,
)
"""Which item a code names, the event by which it does, and the code through which that one names it, if any."""
_index_few(BINDING, "via", BINDING.c.via != "")

CELL: Final = sa.Table(
    "cell",
    METADATA,
    *_primary("org", "cell", "month", "site", "partner", "loop", "type", "material", "measure", "bucket"),
    _number("n"),
    sa.Index(None, "org", "cell", "measure", "month"),
    sqlite_with_rowid=False,
)
"""The sums of all facts (`boucle.facts.Cell`); a sum of zero has no row."""
_index_few(CELL, "n", CELL.c.n == 0)

CELL_SUM: Final = sa.Table(
    "cell_sum",
    METADATA,
    *_primary("org", "cell", "month"),
    _number("n"),
    sqlite_with_rowid=False,
)
"""One number for all cells of a family and month (`boucle_server.cell_sums`): equal numbers, equal cells."""
_index_few(CELL_SUM, "n", CELL_SUM.c.n == 0)

TASK: Final = sa.Table(
    "task",
    METADATA,
    *_primary("org", "item", "event", "reason"),
    _number("teff"),
    sqlite_with_rowid=False,
)
"""What a person should look at, because an event contradicts its item's history."""

AMENDMENT: Final = sa.Table(
    "amendment",
    METADATA,
    *_primary("org", "target", "id"),
    sa.Index(None, "org", "id"),
    sqlite_with_rowid=False,
)
"""Which event voids or corrects which: `id` is the one that does."""

REFERENCE: Final = sa.Table(
    "reference",
    METADATA,
    *_primary("org", "tbl", "key"),
    _number("valid_from", primary=True),
    _column("id", primary=True),
    _number("teff"),
    _column("dev"),
    _column("epoch"),
    _number("seq"),
    _column("row"),
)
"""Every version of reference data, `row` as JSON, with the order of the event that states it."""

WATERMARK: Final = sa.Table(
    "watermark",
    METADATA,
    *_primary("org", "dev", "epoch"),
    _column("ranges"),
    _number("last_teff"),
    sqlite_with_rowid=False,
)
"""Which sequence numbers of a device are stored: `ranges` is the JSON of `[[first, last, hash of the last], …]`.
`last_teff` is the latest time of an event of the epoch that counts."""

SETTLED: Final = sa.Table("settled", METADATA, *_primary("org", "hash"), sqlite_with_rowid=False)
"""Which kept bytes wait for nobody: a record has them too, or a person dismissed them."""

PHOTO_PROMISE: Final = sa.Table("photo_promise", METADATA, *_primary("org", "sha256", "event"), sqlite_with_rowid=False)
"""Which photos the stored events announce, whether they have come or not."""

CASE_ANSWER: Final = sa.Table(
    "case_answer",
    METADATA,
    *_primary("org", "key", "event"),
    _column("case"),
    _number("at_ms"),
    _column("dev"),
    _column("epoch"),
    _number("seq"),
    _column("actor"),
    _number("n"),
    _column("because"),
    _column("reason"),
    _column("until"),
    sqlite_with_rowid=False,
)
"""The answers that stand (`boucle.answering.Answer`), by the key of their case and their event; the last one speaks."""

READ_META: Final = sa.Table(
    "read_meta",
    sa.MetaData(naming_convention=NAMING),
    _column("name", primary=True),
    _column("definition_hash"),
    _number("filled_ms", maybe=True),
)
"""One row `read`: the definition that the read tables were made with, and when they were filled from the
events; no instant while that is still to be done. It stays when the others are dropped."""


def definition_hash() -> str:
    """Give the SHA-256 of everything that decides what the read tables hold."""
    state = sha256(f"fold {FOLD_VERSION}\n".encode())
    dialect = SQLiteDialect_pysqlite()
    for table in METADATA.sorted_tables:
        state.update(str(CreateTable(table).compile(dialect=dialect)).encode())
        for index in sorted(table.indexes, key=lambda index: str(index.name)):
            state.update(str(CreateIndex(index).compile(dialect=dialect)).encode())
    return state.hexdigest()
