"""Who may decide is asked at the door: a decision beyond a role is kept and waits; a scan is never asked."""

import pytest

from boucle.admission import Why
from boucle.roles import Role
from boucle_server import people, people_changes, rebuild, rights, verify
from boucle_server.db import Database
from boucle_server.deciding import Decided, Verdict, decide
from boucle_server.errors import ConflictError
from boucle_server.ingest import Result
from tests.builders import ORG, code
from tests.server.handset import LATER, NETWORK_MS, Handset, a_network, taken

GOOD, WAITS = ("accepted", ""), ("quarantined", Why.NOT_PERMITTED)


def a_person(database: Database, role: Role, *, name: str = "Camille", active: bool = True) -> str:
    with database.writing(ORG) as connection:
        person = people.add_operator(connection, ORG, name=name, role=role, pin="2580", now_ms=NETWORK_MS)
        if not active:
            people_changes.change(connection, ORG, person, {"active": False}, now_ms=NETWORK_MS)
    return person


def a_crate_written_off(database: Database, *, actor: str = "", role: Role = Role.DRIVER) -> list[Result]:
    """Let a device of a role commission a crate and write another one off, as this person."""
    a_network(database, "d-un", role=role)
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"}, actor=actor)
    phone.scan("item.retired", code(1), place="metz", body={"reason": "fissure"}, actor=actor)
    phone.scan("item.counted", code(2), place="metz", actor=actor)
    return list(taken(database, phone.push()).results)


def outcomes(results: list[Result]) -> list[tuple[str, str]]:
    return [(str(one.status), one.why) for one in results]


def admit(database: Database, key: str, actor: str) -> list[Decided]:
    with database.writing(ORG) as connection:
        return decide(connection, ORG, key, Verdict.ADMIT, reason="vu", actor=actor, now_ms=LATER + 1)


def assert_sound(database: Database) -> None:
    with database.reading() as connection:
        assert list(rebuild.differences(connection, ORG)) == []
        assert list(verify.faults(connection, ORG)) == []


@pytest.mark.parametrize("role", [Role.DRIVER, Role.WAREHOUSE, Role.TECHNICIAN, Role.READER])
def test_a_decision_beyond_the_role_of_the_device_waits_and_the_scans_around_it_count(
    database: Database, role: Role
) -> None:
    assert outcomes(a_crate_written_off(database, role=role)) == [GOOD, WAITS, GOOD]
    assert_sound(database)


def test_a_decision_within_the_role_counts(database: Database) -> None:
    assert outcomes(a_crate_written_off(database, role=Role.MANAGER)) == [GOOD, GOOD, GOOD]


def test_the_role_of_the_person_counts_before_that_of_the_device(database: Database) -> None:
    a_network(database, "d-chauffeur", role=Role.DRIVER)
    manager, driver = (a_person(database, role, name=role) for role in (Role.MANAGER, Role.DRIVER))
    phone = Handset()
    phone.device.dev = "d-chauffeur"
    for number, actor in enumerate((manager, driver), 1):
        phone.scan("item.commissioned", code(number), place="metz", body={"type": "bac"}, actor=actor)
        phone.scan("item.retired", code(number), place="metz", body={"reason": "fissure"}, actor=actor)
    assert outcomes(list(taken(database, phone.push()).results)) == [GOOD, GOOD, GOOD, WAITS]


def test_whoever_lost_his_access_decides_nothing_even_on_the_phone_of_a_manager(database: Database) -> None:
    a_network(database, "d-un", role=Role.MANAGER)
    gone = a_person(database, Role.MANAGER, active=False)
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"}, actor=gone)
    phone.scan("item.retired", code(1), place="metz", body={"reason": "fissure"}, actor=gone)
    assert outcomes(list(taken(database, phone.push()).results)) == [GOOD, WAITS]


def test_a_decision_that_waits_is_admitted_by_somebody_who_has_the_right(database: Database) -> None:
    (_, waiting, _) = a_crate_written_off(database)
    manager = a_person(database, Role.MANAGER)
    (told,) = admit(database, waiting.id, manager)
    assert told.status == "accepted"
    assert_sound(database)


def test_nobody_without_the_right_admits_it(database: Database) -> None:
    (_, waiting, _) = a_crate_written_off(database)
    with pytest.raises(ConflictError, match="your role does not cover"):
        admit(database, waiting.id, a_person(database, Role.DRIVER))
    with pytest.raises(ConflictError, match="your role does not cover"):
        admit(database, waiting.id, a_person(database, Role.MANAGER, name="Alix", active=False))


def test_nobody_admits_a_decision_of_their_own(database: Database) -> None:
    a_network(database)
    driver = a_person(database, Role.DRIVER)
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"}, actor=driver)
    phone.scan("item.retired", code(1), place="metz", body={"reason": "fissure"}, actor=driver)
    waiting = taken(database, phone.push()).results[1]
    with database.writing(ORG) as connection:  # the driver became a manager since
        people_changes.change(connection, ORG, driver, {"role": Role.MANAGER}, now_ms=LATER)
    with pytest.raises(ConflictError, match="of their own"):
        admit(database, waiting.id, driver)


def test_a_scan_reads_no_roles(database: Database) -> None:
    a_network(database)
    phone = Handset()
    phone.scan("item.collected", code(1), place="mulhouse", actor="p-inconnu")
    with database.reading() as connection:
        event = phone.device.event("item.collected", code(1), place="mulhouse", actor="p-inconnu")
        may = rights.permitted(connection, "no such organisation", "no such device", [event])
        assert may(event)
