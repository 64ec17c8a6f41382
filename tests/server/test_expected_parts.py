"""The yield of a harvest, on each database: what is stated about donors later reaches the harvests that read it."""

import pytest
import sqlalchemy as sa

from boucle.donor_parts import TABLE, expected_key
from boucle_server.db import Database
from boucle_server.ingest import accept_own
from boucle_server.read_tables import CELL
from boucle_server.rebuild import differences
from boucle_server.server_device import Draft
from tests.builders import DAY, ORG, START_MS, code
from tests.server.handset import LATER, Handset, a_network, taken


def counted(database: Database) -> dict[str, int]:
    """Give how many parts were expected in the donors that were taken apart, and how many of these were taken."""
    measures = ("harvest_expected", "harvest_taken")
    query = sa.select(CELL.c.measure, CELL.c.n).where(CELL.c.org == ORG, CELL.c.measure.in_(measures))
    with database.reading() as connection:
        found = {row.measure: int(row.n) for row in connection.execute(query)}
        assert list(differences(connection, ORG)) == []
    return found


def states(database: Database, n: int, *, at: int, valid_from: int = 0, donor: str = "roll") -> None:
    """State at some minute how many crates a donor holds, or take back with 0 what was said from an instant on."""
    row = {"donor": donor, "part": "bac", "expected_n": n} if n else {}
    body = {"table": TABLE, "key": expected_key(donor, "bac"), "valid_from": valid_from, "row": row}
    with database.writing(ORG) as connection:
        accept_own(
            connection, ORG, [Draft(kind="reference.set", fields={"body": body})], actor="", now_ms=LATER + at * 60_000
        )


@pytest.mark.parametrize("by", [1, 2], ids=["under its first label", "under a label that took its place"])
def test_what_is_said_later_of_a_donor_counts_for_the_harvests_of_its_days(database: Database, by: int) -> None:
    a_network(database, "d-un", role="technician")
    phone = Handset()
    phone.scan("item.commissioned", code(1), at=0, place="strasbourg", body={"type": "roll"})
    phone.scan("label.replaced", code(2), at=1, place="strasbourg", other=code(1))
    parts = [{"type": "bac"}, {"type": "film"}]
    phone.scan("work.harvested", code(by), at=2, place="strasbourg", body={"parts": parts})
    taken(database, phone.push())
    assert counted(database) == {}
    states(database, 3, at=1)
    assert counted(database) == {"harvest_expected": 3, "harvest_taken": 1}
    states(database, 5, at=2, donor="bac")
    states(database, 4, at=3, valid_from=START_MS + 3 * DAY)
    assert counted(database) == {"harvest_expected": 3, "harvest_taken": 1}
    states(database, 2, at=4, valid_from=START_MS + DAY)
    assert counted(database) == {"harvest_expected": 2, "harvest_taken": 1}
    states(database, 0, at=5, valid_from=START_MS + DAY)
    assert counted(database) == {"harvest_expected": 3, "harvest_taken": 1}
