"""The mutant that a kill test must catch: the same server, answering before its commits."""

import sys
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import TypeVar

from sqlalchemy.engine import Connection

from boucle_server.cli import main
from boucle_server.door import Door

T = TypeVar("T")
COMMIT_AFTER_S = 0.1


def _write_early(door: Door, org: str, work: Callable[[Connection], T]) -> T:
    """Leave the commit to a thread of its own, as somebody might who finds flushing slow."""
    results: list[T] = []
    done = Event()

    def write() -> None:
        try:
            with door._database.writing(org) as connection:
                results.append(work(connection))
                done.set()
                time.sleep(COMMIT_AFTER_S)
        finally:
            done.set()

    Thread(target=write, daemon=True).start()
    done.wait()
    return results[0]


if __name__ == "__main__":
    Door.write = _write_early  # type: ignore[assignment,method-assign]
    sys.exit(main())
