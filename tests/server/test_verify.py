"""Verification names what was changed, whatever was changed, and is silent when all is sound."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from boucle.admission import Ruling, read_record
from boucle.events import Event
from boucle.push import Status
from boucle.wire import digest
from boucle_server import closing, eventlog, ledger, projections, verify, watermarks
from boucle_server.db import Database
from boucle_server.ledger import Kept
from boucle_server.tables import (
    ACT,
    CHECKPOINT,
    LEAF,
    LOG_HEAD,
    MONTH_CLOSING,
    RAW,
    RECORD,
    SEAL,
    STATUS_CHANGE,
)
from boucle_server.unsound import Fault
from tests.builders import ORG, code
from tests.server import figures_world
from tests.server.figures_world import a_small_year
from tests.server.handset import LATER, Handset, a_network, sealed, taken
from tests.server.test_exchange import lived


def found(database: Database) -> list[Fault]:
    with database.reading() as connection:
        return list(verify.faults(connection, ORG))


def change(database: Database, *statements: sa.Executable) -> None:
    with database.writing(ORG) as connection:
        for statement in statements:
            connection.execute(statement)


def one_record(database: Database) -> sa.Row[tuple[object, ...]]:
    with database.reading() as connection:
        query = sa.select(RECORD).where(RECORD.c.kind == "item.shipped/1").order_by(RECORD.c.rid)
        return connection.execute(query.limit(1)).one()


def test_a_sound_database_has_no_fault(database: Database) -> None:
    lived(database, 3)
    assert found(database) == []


@pytest.mark.story(21)
def test_one_byte_of_a_stored_event_is_named(database: Database) -> None:
    lived(database, 3)
    row = one_record(database)
    payload = bytes(row.payload).replace(b"mulhouse", b"mulhousf")
    change(database, sa.update(RECORD).where(RECORD.c.rid == row.rid).values(payload=payload))
    assert found(database)[0] == Fault("verify.hash", f"event {row.id}")


Tamper = Callable[[sa.Row[tuple[object, ...]]], sa.Executable]
TAMPERS: dict[str, tuple[Tamper, str]] = {
    "a later time": (lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(teff=row.teff + 1), "content"),
    "another receipt time": (
        lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(received_ms=row.received_ms - 1),
        "content",
    ),
    "another kind": (
        lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(kind="item.received/1"),
        "hash",
    ),
    "a private part of another": (
        lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(priv=b'{"note":"?"}'),
        "hash",
    ),
    "an event deleted": (lambda row: sa.delete(RECORD).where(RECORD.c.rid == row.rid), "removed"),
    "a leaf changed": (
        lambda row: sa.update(LEAF).where(LEAF.c.idx == row.leaf).values(entry=b'{"v":1}'),
        "content",
    ),
    "a leaf's hash changed": (lambda row: sa.update(LEAF).where(LEAF.c.idx == row.leaf).values(hash=b"x" * 32), "leaf"),
    "the log cut": (lambda row: sa.delete(LEAF).where(LEAF.c.idx > row.leaf), "no_leaf"),
    "the head moved back": (lambda row: sa.update(LOG_HEAD).values(size=row.leaf), "head"),
    "a checkpoint changed": (lambda _row: sa.update(CHECKPOINT).values(root=b"x" * 32), "checkpoint"),
    "a seal changed": (lambda row: sa.update(SEAL).where(SEAL.c.sid == row.seal).values(signature=b"x" * 64), "seal"),
    "a seal for other numbers": (
        lambda row: sa.update(SEAL).where(SEAL.c.sid == row.seal).values(last=SEAL.c.last + 1),
        "seal_place",
    ),
    "a seal of another chain": (
        lambda row: sa.update(SEAL).where(SEAL.c.sid == row.seal).values(epoch="00000000000000ff"),
        "seal_place",
    ),
    "a checkpoint's note changed": (lambda _row: sa.update(CHECKPOINT).values(note="x"), "checkpoint"),
    "an event taken from its seal": (
        lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(seal=None),
        "unsealed",
    ),
    "all seals gone": (lambda _row: sa.delete(SEAL), "unsealed"),
    "an act of no kind": (lambda _row: sa.update(ACT).values(kind="?"), "hash"),
    "a hash that is none": (lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(hash="?"), "hash"),
    "kept bytes changed": (lambda _row: sa.update(RAW).values(content=b"other"), "hash"),
    "a decision changed": (lambda _row: sa.update(STATUS_CHANGE).values(reason="other"), "status_change"),
    "a status changed in silence": (
        lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(status="quarantined"),
        "status",
    ),
    "an accepted event called late": (
        lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(status="quarantined", reason="time_future"),
        "status",
    ),
    "an accepted event called a conflict": (
        lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(status="conflict"),
        "status",
    ),
    "an accepted event called a fork": (
        lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(status="fork", reason="seq_taken"),
        "status",
    ),
    "an event held in silence": (
        lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(status="held"),
        "read_table",
    ),
    "an event dismissed in silence": (
        lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(status="dismissed"),
        "status_change",
    ),
    "a decision that nobody took": (
        lambda row: sa.update(RECORD).where(RECORD.c.rid == row.rid).values(status="dismissed", reason="was:accepted:"),
        "status_change",
    ),
    "a refused event let in": (
        lambda _row: sa.update(RECORD).where(RECORD.c.reason == "reserved_kind").values(status="accepted", reason=""),
        "status",
    ),
    "a dismissal taken back in silence": (
        lambda _row: sa.update(RECORD).where(RECORD.c.status == "dismissed").values(status="accepted", reason=""),
        "status_change",
    ),
    "an unknown kind let in": (
        lambda _row: sa.update(RECORD).where(RECORD.c.kind == "lune.alunie/1").values(status="accepted"),
        "status",
    ),
}


@pytest.mark.parametrize("name", TAMPERS)
def test_whatever_is_changed_in_the_database_is_found(database: Database, name: str) -> None:
    lived(database, 3)
    with database.writing(ORG) as connection:
        eventlog.checkpoint(connection, ORG, now_ms=LATER)
    tamper, key = TAMPERS[name]
    change(database, tamper(one_record(database)))
    assert found(database)[0].key == f"verify.{key}"


def test_a_private_part_that_the_door_refused_is_no_fault(database: Database) -> None:
    a_network(database)
    phone = Handset()
    record = phone.scan("item.counted", code(1), at=0, place="metz")
    phone.waiting[-1] = replace(record, priv=b'{"note":"?"}')
    assert taken(database, phone.push()).results[0].why == "private_mismatch"
    assert found(database) == []


def test_a_receipt_and_a_checkpoint_kept_elsewhere_find_a_rewritten_log(database: Database) -> None:
    a_network(database)
    phone = Handset()
    phone.scan("item.commissioned", code(1), at=0, place="strasbourg", body={"type": "bac"})
    phone.scan("item.shipped", code(1), at=1, place="strasbourg", body={"to": "mulhouse"})
    answer = taken(database, phone.push())
    with database.reading() as connection:
        assert list(verify.against_receipt(connection, ORG, answer.receipt)) == []
        assert list(verify.against_checkpoint(connection, ORG, answer.head)) == []
    last = sa.select(sa.func.max(LEAF.c.idx)).scalar_subquery()
    change(database, sa.update(LEAF).where(LEAF.c.idx == last).values(entry=b"other", hash=b"y" * 32))
    with database.reading() as connection:
        assert [one.key for one in verify.against_receipt(connection, ORG, answer.receipt)] == ["verify.log_rewritten"]
        assert [one.key for one in verify.against_checkpoint(connection, ORG, answer.head)] == ["verify.log_rewritten"]


def test_two_that_contradict_each_other_never_both_count(database: Database) -> None:
    a_network(database)
    phone = Handset()
    first = phone.scan("item.counted", code(1), at=0, place="metz")
    clone = Handset()
    clone.device.random.seed(4)
    forked = clone.scan("item.counted", code(2), at=0, place="metz")
    other = replace(first, teff=first.teff + 1)
    statuses = [taken(database, sealed(phone, (one,), 1)).results[0].status for one in (first, other, forked)]
    assert statuses == ["accepted", "conflict", "fork"]
    assert found(database) == []
    for status in ("conflict", "fork"):
        counts = {"status": "accepted", "reason": ""}
        back = {"status": status, "reason": "seq_taken" if status == "fork" else ""}
        row = RECORD.c.status == status
        with database.reading() as connection:
            rid = connection.execute(sa.select(RECORD.c.rid).where(row)).scalar_one()
        change(database, sa.update(RECORD).where(RECORD.c.rid == rid).values(**counts))
        assert found(database)[0].key == "verify.status"
        change(database, sa.update(RECORD).where(RECORD.c.rid == rid).values(**back))
    assert found(database) == []


@pytest.mark.parametrize("hung_on", ["nothing", "another batch"])
def test_an_event_that_its_device_never_sealed_is_named(database: Database, hung_on: str) -> None:
    a_network(database)
    phone = Handset()
    phone.scan("item.commissioned", code(1), at=1, place="metz", body={"type": "bac"})
    taken(database, phone.push())
    record = phone.scan("item.written_off", code(1), at=2, body={"reason": "x"})  # without the key of the phone
    event = read_record(record)[1]
    assert isinstance(event, Event)
    with database.writing(ORG) as connection:
        own = connection.execute(sa.select(SEAL.c.sid).where(SEAL.c.dev == "d-un")).scalar_one()
        projections.take_effect(connection, ORG, [event])
        ruling = Ruling(event.id, Status.ACCEPTED, "", digest(record.payload), record, event)
        piece = ledger.record_piece(ruling, event, 0)
        ledger.add_kept(connection, ORG, [Kept("d-un", piece, LATER, own if hung_on == "another batch" else None)])
        watermarks.renew(connection, ORG, "d-un", epoch=event.epoch)
    assert found(database) == [Fault("verify.unsealed", f"event {event.id}")]


def test_a_batch_sent_again_with_more_is_covered_by_both_of_its_seals(database: Database) -> None:
    a_network(database)
    phone = Handset()
    records = [phone.scan("item.counted", code(number), at=1, place="metz") for number in range(4)]
    for first, last in ((0, 2), (0, 4), (1, 3)):
        taken(database, sealed(phone, tuple(records[first:last]), first + 1))
    assert found(database) == []


@pytest.mark.parametrize("change_of", ["snapshot", "digest", "revision"])
def test_the_figures_of_a_closed_month_are_those_that_the_log_names(database: Database, change_of: str) -> None:
    org = a_small_year(database)
    with database.writing(org) as connection:
        closing.close(connection, org, "2026-02", by="p-chef", now_ms=figures_world.NOW)
    with database.reading() as connection:
        assert list(verify.faults(connection, org)) == []
    values = {"snapshot": b"{}", "digest": "0" * 64, "revision": 2}
    with database.writing(org) as connection:
        connection.execute(sa.update(MONTH_CLOSING).values({change_of: values[change_of]}))
    with database.reading() as connection:
        assert {fault.key for fault in verify.faults(connection, org)} == {"verify.closing"}
