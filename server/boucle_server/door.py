"""The queue in front of the write door: whoever finds it free takes all who wait through in one durable commit.

A commit costs the same for one batch as for thirty. Each request is still answered only after the commit that
holds its batch, and one that fails is undone alone.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Final, Generic, TypeVar

from sqlalchemy.engine import Connection

from boucle_server.db import Database, is_trouble
from boucle_server.errors import DatabaseBusyError

T = TypeVar("T")

AT_ONCE: Final = 32
"""Requests of one commit: more would make the first of them wait for long."""


@dataclass(slots=True)
class _Waiting(Generic[T]):
    """One request's work, and what became of it."""

    work: Callable[[Connection], T]
    done: bool = False
    result: list[T] = field(default_factory=list)
    error: Exception | None = None

    def run(self, connection: Connection, *, alone: bool) -> None:
        if alone:
            self.result = [self.work(connection)]
            return
        savepoint = connection.begin_nested()
        try:
            self.result = [self.work(connection)]
        except Exception as error:
            if is_trouble(error):
                raise
            savepoint.rollback()
            self.error = error
            return
        savepoint.commit()

    def outcome(self) -> T:
        if self.error is not None:
            raise self.error
        return self.result[0]


class Door:
    """The queues of one process, one an organisation; threads call `write`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queues: dict[str, tuple[Lock, deque[_Waiting[object]]]] = {}
        self._lock = Lock()

    def write(self, org: str, work: Callable[[Connection], T]) -> T:
        """Do `work` in the organisation's writing transaction, give its result once that is committed."""
        waiting = _Waiting(work)
        with self._lock:
            turn, queue = self._queues.setdefault(org, (Lock(), deque()))
        queue.append(waiting)  # type: ignore[arg-type]  # what each request gives is its own
        with turn:
            while not waiting.done:
                self._serve(org, queue)
        return waiting.outcome()

    def _serve(self, org: str, queue: deque[_Waiting[object]]) -> None:
        served = [queue.popleft() for _ in range(min(AT_ONCE, len(queue)))]
        try:
            with self._database.writing(org) as connection:
                for each in served:
                    each.run(connection, alone=len(served) == 1)
        except BaseException as error:
            # Nothing was committed, so each of the requests is told why.
            for each in served:
                each.error = error if isinstance(error, Exception) else DatabaseBusyError()
            if not isinstance(error, Exception):
                raise
        finally:
            for each in served:
                each.done = True
