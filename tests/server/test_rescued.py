"""A phone's rescue file does what a sync would have done, once, whoever comes first."""

import json
from pathlib import Path

import pytest
import sqlalchemy as sa

from boucle import rescue
from boucle.errors import MalformedRescueError, UnopenedSealError
from boucle.push import Status, write_push
from boucle.signing import load_crypto
from boucle_server import keys
from boucle_server.cli import main
from boucle_server.db import Database
from boucle_server.imports import rescued
from boucle_server.read_tables import CELL, ITEM
from boucle_server.schema import prepare
from boucle_server.tables import DEVICE, RECORD
from tests.builders import ORG, Device, code
from tests.server.handset import LATER, Handset, a_network, sealed, taken


def a_file(database: Database, *batches: bytes) -> bytes:
    with database.reading() as connection:
        box = load_crypto().box(keys.box_public(connection, ORG))
    return rescue.pack(batches, box)


def a_day(phone: Handset) -> list[bytes]:
    """Record a day's work and give it as two batches."""
    for number in range(7):
        phone.scan("item.commissioned", code(number), place="strasbourg", body={"type": "bac"})
        phone.scan("item.shipped", code(number), place="strasbourg", body={"to": "mulhouse"})
    records = tuple(phone.waiting)
    return [write_push(sealed(phone, records[:9], 1)), write_push(sealed(phone, records[9:], 10))]


def imported(database: Database, content: bytes, path: Path) -> rescued.Rescued:
    path.write_bytes(content)
    return rescued.take(database, ORG, rescued.read(database, ORG, path), now_ms=LATER)


def figures(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as connection:
        return sorted((tuple(row) for row in connection.execute(sa.select(CELL))), key=repr)


def test_a_file_and_a_sync_count_once_in_either_order(database: Database, tmp_path: Path) -> None:
    a_network(database)
    phone = Handset()
    first, second = a_day(phone)
    taken(database, sealed(phone, tuple(phone.waiting[:9]), 1))
    found = imported(database, a_file(database, first, second), tmp_path / "f")
    assert found.statuses == {Status.DUPLICATE: 9, Status.ACCEPTED: 5}
    before = figures(database)
    again = taken(database, sealed(phone, tuple(phone.waiting[9:]), 10))
    assert {result.status for result in again.results} == {Status.DUPLICATE}
    assert figures(database) == before


def test_batches_in_the_wrong_order_count_the_same(database: Database, tmp_path: Path) -> None:
    a_network(database)
    phone = Handset()
    first, second = a_day(phone)
    assert imported(database, a_file(database, second, first), tmp_path / "f").statuses == {Status.ACCEPTED: 14}
    with database.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(ITEM)).scalar() == 7


def test_what_a_device_recorded_before_it_was_cut_off_waits_for_a_person(database: Database, tmp_path: Path) -> None:
    a_network(database)
    phone = Handset()
    batches = a_day(phone)
    with database.writing(ORG) as connection:
        connection.execute(sa.update(DEVICE).where(DEVICE.c.dev == "d-un").values(status="revoked", revoked_ms=LATER))
    found = imported(database, a_file(database, *batches), tmp_path / "f")
    assert (found.statuses, found.waiting, found.faults) == ({Status.QUARANTINED: 14}, 14, [])
    with database.reading() as connection:
        query = sa.select(RECORD.c.reason).where(RECORD.c.dev == "d-un")
        assert set(connection.execute(query).scalars()) == {"revoked_device"}


def test_a_batch_that_cannot_be_taken_does_not_stop_the_others(database: Database, tmp_path: Path) -> None:
    a_network(database)
    phone, stranger = Handset(), Handset(device=Device(dev="d-inconnu"))
    first, second = a_day(phone)
    stranger.scan("item.counted", code(1))
    unknown = write_push(stranger.push())
    found = imported(database, a_file(database, first, b"no push", unknown, second), tmp_path / "f")
    assert found.statuses == {Status.ACCEPTED: 14}
    assert [number for number, _ in found.faults] == [2, 3]


def test_a_cut_a_changed_and_a_foreign_file_are_refused_whole(database: Database, tmp_path: Path) -> None:
    a_network(database)
    content = a_file(database, *a_day(Handset()))
    other = rescue.pack([b"x"], load_crypto().box(load_crypto().opening_box(b"k" * 32).public))
    flipped = bytearray(content)
    flipped[-20] ^= 1
    for bad, error in (
        (content[:50], MalformedRescueError),
        (bytes(flipped), UnopenedSealError),
        (other, UnopenedSealError),
    ):
        with pytest.raises(error):
            imported(database, bad, tmp_path / "f")
    with database.reading() as connection:
        assert connection.execute(sa.select(RECORD.c.id).where(RECORD.c.dev == "d-un")).all() == []


def test_the_command_tells_what_became_of_the_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    database = Database.embedded_at(tmp_path / "data" / "boucle.sqlite3")
    prepare(database)
    a_network(database)
    file = tmp_path / "outbox.boucle"
    file.write_bytes(a_file(database, *a_day(Handset())))
    database.close()
    command = ["import", "rescue", str(file), "--data", str(tmp_path / "data")]
    assert main([*command, "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"]["accepted"] == 0
    assert main([*command, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["batches"], told["counts"]["accepted"], told["faults"]) == (2, 14, [])
    assert main(command) == 0
    assert "14" in capsys.readouterr().out
    file.write_bytes(file.read_bytes()[:-1])
    assert main(command) == 1
    assert "boucle import" in capsys.readouterr().err
    assert main(["import", "rescue", "--template", str(tmp_path / "t.csv")]) == 1
