"""The feed of changes that phones pull: numbered by the single writer of an organisation, in commit order."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle_server.tables import CHANGE, ORG_COUNTER


def note_changes(connection: Connection, org: str, changed: Sequence[tuple[str, str]]) -> int:
    """Note that rows `(table, key)` changed; give the number of the last change.

    The caller holds the organisation's writing transaction, so a reader never meets a number after a greater one.
    """
    query = sa.select(ORG_COUNTER.c.change_n).where(ORG_COUNTER.c.org == org)
    last: int = connection.execute(query).scalar_one()
    if not changed:
        return last
    rows = [{"org": org, "n": last + at, "tbl": table, "key": key} for at, (table, key) in enumerate(changed, 1)]
    connection.execute(sa.insert(CHANGE), rows)
    last += len(rows)
    connection.execute(sa.update(ORG_COUNTER).where(ORG_COUNTER.c.org == org).values(change_n=last))
    return last
