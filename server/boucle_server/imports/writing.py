"""The plan of an import, carried out: what it made, and what the door set aside all the same, to be told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.engine import Connection

from boucle.push import Status
from boucle_server import people, people_changes
from boucle_server.errors import RefusedError
from boucle_server.imports.fault import Fault
from boucle_server.imports.planned import Person, Plan
from boucle_server.ingest import Result, accept_own

_TAKEN: Final = frozenset({Status.ACCEPTED, Status.HELD, Status.DUPLICATE})


@dataclass(frozen=True, slots=True, kw_only=True)
class MadePerson:
    """A person whom an import added, or with `before` changed: what was said of them until then."""

    person: str
    row: int
    said: Mapping[str, Any]
    changed_pin: bool
    before: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What carrying a plan out made: the ids of the events that are new, the people; and what was set aside."""

    events: Sequence[str] = ()
    people: Sequence[MadePerson] = ()
    aside: Sequence[Result] = field(default_factory=list)


def carry_out(connection: Connection, org: str, made: Plan, *, actor: str, now_ms: int, zone: str) -> Written:
    """Record the drafts and the people of a plan; a person who is refused is a fault."""
    results = accept_own(connection, org, made.drafts, actor=actor, now_ms=now_ms, zone=zone) if made.drafts else []
    before = {each["person"]: each for each in people.operators(connection, org)} if made.people else {}
    written = [_person(connection, org, person, made, before=before, now_ms=now_ms) for person in made.people]
    return Written(
        events=[result.id for result in results if result.status in (Status.ACCEPTED, Status.HELD)],
        people=[each for each in written if each is not None],
        aside=[result for result in results if result.status not in _TAKEN],
    )


def _person(
    connection: Connection,
    org: str,
    person: Person,
    made: Plan,
    *,
    before: Mapping[str, Mapping[str, Any]],
    now_ms: int,
) -> MadePerson | None:
    savepoint = connection.begin_nested()
    try:
        if person.person:
            people_changes.change(connection, org, person.person, person.values, now_ms=now_ms)
            known = person.person
        else:
            known = people.add_operator(connection, org, now_ms=now_ms, **person.values)
        savepoint.commit()
    except RefusedError as error:
        savepoint.rollback()
        made.refuse(person.row, [Fault(row=person.row, column="", key=error.key, values=error.values)])
        return None
    held = before.get(known)
    kept = None if held is None else {name: held[name] for name in person.values if name in _GIVEN_BACK}
    said = {name: person.values[name] for name in person.values if name in _GIVEN_BACK}
    changed_pin = held is not None and "pin" in person.values
    return MadePerson(person=known, row=person.row, said=said, changed_pin=changed_pin, before=kept)


_GIVEN_BACK: Final = ("role", "badge", "site")
"""What can be given back to a person; a PIN is known by its hash alone."""
