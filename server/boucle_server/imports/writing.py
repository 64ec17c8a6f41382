"""The plan of an import, carried out: what the door sets aside all the same is given back to be told."""

from collections.abc import Iterator
from typing import Final

from sqlalchemy.engine import Connection

from boucle.push import Status
from boucle_server import people, people_changes
from boucle_server.errors import RefusedError
from boucle_server.imports.fault import Fault
from boucle_server.imports.planned import Person, Plan, RowOutcome
from boucle_server.ingest import Result, accept_own

_TAKEN: Final = frozenset({Status.ACCEPTED, Status.HELD, Status.DUPLICATE})


def carry_out(connection: Connection, org: str, made: Plan, *, now_ms: int, zone: str) -> list[Result]:
    """Record the drafts and the people of a plan; give what the door set aside. A person who is refused is a fault."""
    results = accept_own(connection, org, made.drafts, actor="", now_ms=now_ms, zone=zone) if made.drafts else []
    for person in made.people:
        made.faults += _person(connection, org, person, made, now_ms)
    return [result for result in results if result.status not in _TAKEN]


def _person(connection: Connection, org: str, person: Person, made: Plan, now_ms: int) -> Iterator[Fault]:
    savepoint = connection.begin_nested()
    try:
        if person.person:
            people_changes.change(connection, org, person.person, person.values, now_ms=now_ms)
        else:
            people.add_operator(connection, org, now_ms=now_ms, **person.values)
        savepoint.commit()
    except RefusedError as error:
        savepoint.rollback()
        made.counts[RowOutcome.CHANGED if person.person else RowOutcome.CREATED] -= 1
        made.counts[RowOutcome.FAULTY] += 1
        yield Fault(row=person.row, column="", key=error.key, values=error.values)
