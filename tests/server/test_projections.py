"""Which histories a version of reference data reaches: all that may read it, and few others."""

import json
from random import Random
from typing import Any

import pytest

from boucle.reference import Version
from boucle.wire import subject_of
from boucle_server.db import Database
from boucle_server.ingest import accept_own
from boucle_server.projections import SqlStore
from boucle_server.server_device import Draft
from tests.builders import DAY, ORG, START_MS, Device, code
from tests.server.handset import LATER, Handset, a_network, enrol, taken


def subject(number: int) -> str:
    return subject_of(code(number), "", "")


@pytest.fixture
def lived(database: Database) -> Database:
    """Give a database with four crates and a quantity, each with a history of its own."""
    a_network(database)
    phone = Handset()
    phone.scan("item.commissioned", code(1), at=1, place="strasbourg", body={"type": "bac"})
    phone.scan("item.shipped", code(1), at=2, place="strasbourg", body={"to": "mulhouse"})
    phone.scan("item.commissioned", code(2), at=3, place="metz", body={"type": "roll"})
    phone.scan("item.commissioned", code(3), at=4, place="strasbourg", body={"type": "caisse"})
    phone.scan("item.shipped", "", at=5, item_type="film", qty=7, place="strasbourg", body={"to": "nancy"})
    phone.scan("item.commissioned", code(4), at=6, place="strasbourg", body={"type": "bac"})
    phone.scan("label.bound", code(5), at=7, other=code(4))
    phone.scan("item.counted", code(5), at=40, place="quai")
    taken(database, phone.push())
    return database


def reached(database: Database, table: str, key: str, day: int, **row: Any) -> set[str]:
    """Give the subjects that a version of a row reaches, valid from so many days after the start."""
    said = row or {"name": "Essai"}  # a row without anything is one that was taken back
    version = Version(
        table=table, key=key, valid_from=START_MS + day * DAY, order=(LATER, "server", "e", 1, "x"), row=said
    )
    with database.reading() as connection:
        return set(SqlStore(connection, ORG, versions=[version]).subjects_of(version))


def quantity(database: Database) -> str:
    (found,) = reached(database, "item_type", "film", -999)
    assert found.startswith("qty:")
    return found


def test_a_new_version_of_a_type_reaches_the_items_of_it_that_have_an_event_since(lived: Database) -> None:
    assert reached(lived, "item_type", "bac", 10) == {subject(4)}
    assert reached(lived, "item_type", "bac", 2) == {subject(1), subject(4)}
    assert reached(lived, "item_type", "bac", 41) == set()
    assert reached(lived, "item_type", "roll", 1) == {subject(2)}


def test_the_first_version_of_a_row_speaks_for_the_time_before_it_too(lived: Database) -> None:
    assert reached(lived, "item_type", "caisse", 300) == {subject(3)}
    assert reached(lived, "site", "quai", 300, partner="p") == {subject(5)}
    assert reached(lived, "item_type", "bac", -99_999) == {subject(1), subject(4)}


def test_a_quantity_is_reached_by_its_type_its_places_and_its_lane(lived: Database) -> None:
    film = quantity(lived)
    assert film in reached(lived, "site", "strasbourg", 1)
    assert film in reached(lived, "site", "nancy", 1)
    assert film not in reached(lived, "site", "metz", 1)
    assert reached(lived, "lane", "strasbourg>nancy>film", 400) == {film}


def test_a_site_reaches_who_mentions_it_by_name_or_by_any_of_its_codes(lived: Database) -> None:
    assert reached(lived, "site", "metz", 1) == {subject(2)}
    assert reached(lived, "site", "metz", 300) == set()
    assert reached(lived, "site", "metz", 300, code="quai") == {subject(2), subject(5)}
    draft = Draft(
        kind="reference.set",
        fields={"body": {"table": "site", "key": "metz", "valid_from": START_MS, "row": {"code": "quai"}}},
    )
    with lived.writing(ORG) as connection:
        accept_own(connection, ORG, [draft], actor="", now_ms=LATER)
    assert reached(lived, "site", "metz", 20) == {subject(5)}


def test_a_lane_reaches_who_mentions_both_its_ends_and_its_type(lived: Database) -> None:
    assert reached(lived, "lane", "strasbourg>mulhouse>bac", 1) == {subject(1)}
    assert reached(lived, "lane", "strasbourg>mulhouse>*", 300) == {subject(1)}
    assert reached(lived, "lane", "strasbourg>mulhouse>roll", 300) == set()
    assert reached(lived, "lane", "metz>mulhouse>*", 300) == set()


@pytest.fixture
def bench(lived: Database) -> Database:
    """Give the same with two crates that were sorted, each by another person, and one that was tested."""
    phone = Handset(device=Device(dev="d-trois", epoch="00000000000000a3", random=Random(8)))
    with lived.writing(ORG) as connection:
        enrol(connection, "d-trois")
    phone.scan("item.sorted", code(1), at=20, place="strasbourg", actor="p-luc", body={"verdict": "ok"})
    phone.scan("item.sorted", code(2), at=21, place="strasbourg", actor="p-eve", body={"verdict": "ok"})
    phone.scan("work.tested", code(3), at=22, place="strasbourg", actor="p-luc", body={"passed": True})
    taken(lived, phone.push())
    return lived


def test_a_qualification_reaches_the_acts_that_any_of_its_versions_names_since_it_begins(bench: Database) -> None:
    assert reached(bench, "qualification", "final", 0, acts="control") == {subject(1), subject(2)}
    assert reached(bench, "qualification", "final", 21, acts="control") == {subject(2)}
    assert reached(bench, "qualification", "final", 0, acts="test") == {subject(3)}
    assert reached(bench, "qualification", "final", 0) == set()
    body = {"table": "qualification", "key": "final", "valid_from": START_MS, "row": {"acts": "test"}}
    with bench.writing(ORG) as connection:
        accept_own(connection, ORG, [Draft(kind="reference.set", fields={"body": body})], actor="", now_ms=LATER)
    assert reached(bench, "qualification", "final", 1, acts="control") == {subject(1), subject(2), subject(3)}


def test_what_somebody_holds_reaches_their_own_acts_since_then(bench: Database) -> None:
    assert reached(bench, "qualified", "p-luc>final", 0, until="") == {subject(1), subject(3)}
    assert reached(bench, "qualified", "p-luc>final", 22, until="") == {subject(3)}
    assert reached(bench, "qualified", "p-zoe>final", 0, until="") == set()


def test_a_checklist_reaches_the_acts_of_its_moment(bench: Database) -> None:
    steps = [{"id": "tient", "asks": "yes_no"}]
    assert reached(bench, "checklist", "q", 30, moment="control", steps=steps) == {subject(1), subject(2)}
    assert reached(bench, "checklist", "q", 30, moment="test", steps=steps) == {subject(3)}
    assert reached(bench, "checklist", "q", 30, moment="entry", steps=steps) == set()


def test_what_no_history_reads_reaches_none(lived: Database) -> None:
    assert reached(lived, "partner", "rhin", 1) == set()
    assert reached(lived, "loop", "alsace", 1) == set()
    assert reached(lived, "site", "nowhere", 1) == set()


def test_a_name_that_is_written_otherwise_in_json_is_a_mention_all_the_same(lived: Database) -> None:
    phone = Handset(device=Device(dev="d-deux", random=Random(6)))
    with lived.writing(ORG) as connection:
        enrol(connection, "d-deux")
    phone.device.now_ms = START_MS + DAY
    fields = phone.device.fields("item.counted", code(6), place="metz")
    phone.junk(json.dumps(fields).replace("metz", "\\u006det\\u007a").encode())
    taken(lived, phone.push())
    assert reached(lived, "site", "metz", 300, code="x") == {subject(2), subject(6)}
