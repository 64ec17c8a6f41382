"""The feed of changes that phones pull: numbered by the single writer of an organisation, in commit order."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle_server import rows
from boucle_server.tables import CHANGE, ORG_COUNTER

RECORDS: Final = "record"
"""The table under which a device is told what was decided, after its receipt, about an event of its own."""
# Made once, for they run with every batch, and making them costs more than running them.
_LAST: Final = sa.select(ORG_COUNTER.c.change_n).where(ORG_COUNTER.c.org == sa.bindparam("of"))
_COUNT: Final = (
    sa.update(ORG_COUNTER).where(ORG_COUNTER.c.org == sa.bindparam("of")).values(change_n=sa.bindparam("to"))
)


def note_changes(connection: Connection, org: str, changed: Sequence[tuple[str, str]]) -> int:
    """Note that rows `(table, key)` changed; give the number of the last change.

    The caller holds the organisation's writing transaction, so a reader never meets a number after a greater one.
    """
    last: int = connection.execute(_LAST, {"of": org}).scalar_one()
    if not changed:
        return last
    numbered = [(org, last + at, table, key) for at, (table, key) in enumerate(changed, 1)]
    rows.insert(connection, CHANGE, ("org", "n", "tbl", "key"), numbered)
    last += len(numbered)
    connection.execute(_COUNT, {"of": org, "to": last})
    return last


def compact(connection: Connection, org: str) -> int:
    """Forget every change of a row that changed again since; give how many that were.

    A phone that pulls from the beginning then reads each row once, and the feed grows with what there is, not with
    what happened. No cursor is hurt: whoever had not come that far meets the later change.
    """
    newest = sa.func.max(CHANGE.c.n).over(partition_by=(CHANGE.c.tbl, CHANGE.c.key)).label("newest")
    numbered = sa.select(CHANGE.c.n, newest).where(CHANGE.c.org == org).subquery()
    passed = sa.select(numbered.c.n).where(numbered.c.n < numbered.c.newest)
    return connection.execute(sa.delete(CHANGE).where(CHANGE.c.org == org, CHANGE.c.n.in_(passed))).rowcount
