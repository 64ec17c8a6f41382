"""The mutant that a kill test must catch: the same command line, acknowledging before its commits."""

import sqlite3
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from boucle_field.headless import main
from boucle_field.store import Store

COMMIT_EVERY = 8


@contextmanager
def _writing_late(store: Store) -> Iterator[sqlite3.Connection]:
    """Leave the commit to a later transaction, as somebody might who finds flushing slow."""
    db = store.db
    if not db.in_transaction:
        db.execute("BEGIN IMMEDIATE")
    yield db
    if db.execute("SELECT count(*) FROM outbox").fetchone()[0] % COMMIT_EVERY == 0:
        db.execute("COMMIT")


if __name__ == "__main__":
    Store.writing = _writing_late  # type: ignore[assignment,method-assign]
    sys.exit(main())
