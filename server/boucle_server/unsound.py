"""What verification finds, and how it reads: row by row, whatever the length of the history."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle_server.projections import FETCH


class Fault(NamedTuple):
    """What is not as it must be: a key of `boucle.words` under `verify.`, and what it concerns."""

    key: str
    what: str


def streamed(connection: Connection, query: sa.Select[Any]) -> Iterator[Any]:
    """Give the rows of a question without holding them all."""
    with connection.execute(query, execution_options={"yield_per": FETCH}) as found:
        yield from found
