"""Replay of recorded pushes through the write door, and the state that they leave."""

import io
import json
from typing import Any

from boucle.push import read_push
from boucle_server.db import Database
from boucle_server.exports import state
from boucle_server.exports.command import Request
from tests.builders import DAY, ORG, START_MS
from tests.server.handset import taken


def answers(database: Database, bodies: list[bytes]) -> list[list[dict[str, Any]]]:
    """Take recorded bodies in, in their order, and give what is answered for each record."""
    told = []
    for body in bodies:
        answer = taken(database, read_push(body))
        told.append([{"id": r.id, "hash": r.hash, "status": str(r.status), "why": r.why} for r in answer.results])
    return told


def state_of(database: Database) -> bytes:
    """Give the canonical state, without what the server's own events were drawn at random."""
    with database.reading() as connection:
        file = io.BytesIO()
        request = Request(as_of_ms=START_MS + 60 * DAY, format="json", first="", last="")
        state.write(connection, ORG, file, request=request)
    told = json.loads(file.getvalue())
    del told["events"], told["reference"]
    return state.canonical(told)
