"""Exports of one organisation taken at two times give the same in either order; no file brings a stranger's key."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from boucle_server import deciding, devices, verify
from boucle_server.db import Database
from boucle_server.deciding import Verdict
from boucle_server.exports import events, state
from boucle_server.tables import DEVICE, RECORD
from tests.builders import ORG, code
from tests.server.handset import LATER, Handset, a_network, taken
from tests.server.test_exchange import brought_in, copy_of, exported, sealed_lines


def decide(database: Database, key: str, verdict: Verdict, at_ms: int) -> None:
    with database.writing(ORG) as connection:
        deciding.decide(connection, ORG, key, verdict, reason="vu", actor="p-chef", now_ms=at_ms)


def three_times(tmp_path: Path) -> tuple[list[bytes], bytes]:
    """Export a database when a record waits, when it was dismissed, when it was admitted after all; and its state."""
    source = copy_of(tmp_path, "source")
    a_network(source, "d-un", "d-deux")
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    early = taken(source, phone.push(), now_ms=phone.device.now_ms - 3_600_000)
    waiting = early.results[0].id
    files = [exported(source, events.write)]
    decide(source, waiting, Verdict.DISMISS, LATER)
    files.append(exported(source, events.write))
    decide(source, waiting, Verdict.ADMIT, LATER + 1)
    with source.writing(ORG) as connection:
        devices.revoke(connection, ORG, "d-deux", now_ms=LATER + 2)
    files.append(exported(source, events.write))
    wanted = exported(source, state.write)
    source.close()
    return files, wanted


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (2, 0, 2, 1), (0, 2)])
def test_exports_of_several_times_give_the_same_in_any_order(
    database: Database, tmp_path: Path, order: tuple[int, ...]
) -> None:
    files, wanted = three_times(tmp_path)
    outcome = brought_in(database, [files[at] for at in order], tmp_path)
    assert outcome.faults == []
    assert exported(database, state.write) == wanted
    with database.reading() as connection:
        status = connection.execute(sa.select(RECORD.c.status).where(RECORD.c.kind == "item.commissioned/1")).scalar()
        revoked = connection.execute(sa.select(DEVICE.c.status).where(DEVICE.c.dev == "d-deux")).scalar()
        assert list(verify.faults(connection, ORG)) == []
    assert (status, revoked) == ("accepted", "revoked")


def test_what_was_decided_otherwise_here_stays_and_the_line_is_named(database: Database, tmp_path: Path) -> None:
    files, _ = three_times(tmp_path)
    brought_in(database, [files[0]], tmp_path)
    with database.reading() as connection:
        waiting = connection.execute(sa.select(RECORD.c.id).where(RECORD.c.status == "quarantined")).scalar_one()
    decide(database, waiting, Verdict.ADMIT, LATER)
    before = exported(database, state.write)
    outcome = brought_in(database, [files[1]], tmp_path)
    assert "import.line_decided_otherwise" in {words.key for _, words in outcome.faults}
    told = json.loads(exported(database, state.write))
    assert told["items"] == json.loads(before)["items"]


def test_a_server_with_a_history_of_its_own_believes_no_key_that_a_file_brings(tmp_path: Path) -> None:
    here, stranger = copy_of(tmp_path, "here"), copy_of(tmp_path, "stranger")
    for one in (here, stranger):
        a_network(one)
    before = exported(here, state.write)
    outcome = brought_in(here, [exported(stranger, events.write)], tmp_path)
    assert {"import.foreign_key", "import.seal_signature"} <= {words.key for _, words in outcome.faults}
    assert outcome.aside > 0
    assert exported(here, state.write) == before
    own = brought_in(here, [exported(here, events.write)], tmp_path)
    assert (own.created, own.faults) == (0, [])
    for one in (here, stranger):
        one.close()


def test_an_empty_server_believes_the_keys_of_the_one_that_it_takes_over(tmp_path: Path) -> None:
    first, second = copy_of(tmp_path, "first"), copy_of(tmp_path, "second")
    a_network(first)
    with second.writing() as connection:
        assert list(connection.execute(sa.select(RECORD.c.rid))) == []
    assert brought_in(second, [exported(first, events.write)], tmp_path).faults == []
    assert len([line for line in sealed_lines(second) if line["line"] == "key" and line["purpose"] == "sign"]) == 2
    for one in (first, second):
        one.close()
