"""The write door: what is stored, what takes effect, and what is answered for each record."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from boucle.admission import Why
from boucle.item import load
from boucle.lifecycle import Stage
from boucle.note import Checkpoint, CheckpointSigner, NoteVerifier
from boucle.push import Consistency, Push, Record, seal_body
from boucle.receipt import Range, verify
from boucle.shape import Flaw
from boucle.signing import load_crypto
from boucle.wire import digest, subject_of
from boucle_server import eventlog, keys, ledger
from boucle_server.db import Database
from boucle_server.errors import NotFoundError, QuotaError
from boucle_server.ingest import Answer, accept_own, ingest, keep, sender_of
from boucle_server.read_tables import BINDING, CELL, ITEM, TASK, WATERMARK
from boucle_server.server_device import Draft
from boucle_server.tables import CHANGE, LEAF, RAW, RECORD, SEAL, STATUS_CHANGE
from tests.builders import ORG, Device, code
from tests.server.handset import LATER, Handset, a_network, enrol, sealed, signing_key, taken

GOOD = ("accepted", "")


@pytest.fixture(autouse=True)
def _nothing_unexpected(caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test in which the door met something unexpected, unless that is what it is about."""
    yield
    if "incidents" not in request.fixturenames:
        assert [record.message for record in caplog.records if "incident" in record.message] == []


@pytest.fixture
def incidents() -> None:
    """Say that a test means to make the door fail."""


@pytest.fixture
def network(database: Database) -> Database:
    """Give a database with the small network and one phone."""
    a_network(database)
    return database


def outcomes(answer: Answer) -> list[tuple[str, str]]:
    return [(str(result.status), result.why) for result in answer.results]


def everything(database: Database, table: sa.Table) -> list[Any]:
    with database.reading() as connection:
        return list(connection.execute(sa.select(table)).all())


def stored(database: Database, table: sa.Table, **wanted: object) -> list[Any]:
    return [row for row in everything(database, table) if all(getattr(row, key) == v for key, v in wanted.items())]


def a_loop(phone: Handset, number: int = 1) -> None:
    """Record one whole cycle of a crate."""
    phone.scan("item.commissioned", code(number), place="strasbourg", body={"type": "bac"})
    phone.scan("item.shipped", code(number), place="strasbourg", body={"to": "mulhouse"})
    phone.scan("item.collected", code(number), place="mulhouse", task="t1")


def test_a_batch_is_stored_counted_and_receipted(network: Database) -> None:
    phone = Handset()
    a_loop(phone)
    push = phone.push()
    answer = taken(network, push)
    assert outcomes(answer) == [GOOD] * 3
    assert [result.hash for result in answer.results] == [digest(record.payload) for record in push.records]
    rows = stored(network, RECORD, dev="d-un")
    assert [bytes(row.payload) for row in rows] == [record.payload for record in push.records]
    assert [row.kind for row in rows] == ["item.commissioned/1", "item.shipped/1", "item.collected/1"]
    assert [row.leaf for row in rows] == sorted(row.leaf for row in rows)
    (item,) = everything(network, ITEM)
    assert (item.stage, item.type, item.partner) == (Stage.INBOUND, "bac", "rhin")
    assert load(item.state).uses == 1
    assert [(row.code, row.item) for row in everything(network, BINDING)] == [(rows[0].subject, rows[0].id)]
    dispatched = stored(network, CELL, cell="month", measure="dispatch")
    assert [(row.month, row.partner, row.loop, row.n) for row in dispatched] == [("2026-01", "rhin", "alsace", 1)]
    (mark,) = everything(network, WATERMARK)
    assert mark.last_teff == push.records[2].teff
    assert answer.ranges == (Range(1, 3, digest(push.records[2].payload)),)
    assert ("item", item.item) in [(row.tbl, row.key) for row in everything(network, CHANGE)]
    assert len(stored(network, SEAL, dev="d-un")) == 1


def test_the_receipt_is_signed_for_this_device_and_its_ranges(network: Database) -> None:
    phone = Handset()
    a_loop(phone)
    answer = taken(network, phone.push())
    with network.reading() as connection:
        signer = keys.signer(connection, ORG)
    verifier = NoteVerifier.from_vkey(signer.vkey, load_crypto().verify_key)
    receipt = verify(answer.receipt, verifier)
    assert (receipt.org, receipt.dev, receipt.epoch) == (ORG, "d-un", phone.device.epoch)
    assert receipt.ranges == answer.ranges
    assert receipt.size == len(everything(network, LEAF))
    assert receipt.server_ms == LATER


def test_a_retry_is_answered_duplicate_and_changes_nothing(network: Database) -> None:
    phone = Handset()
    a_loop(phone)
    push = phone.push()
    first = taken(network, push)
    tables = (RECORD, SEAL, LEAF, ITEM, CELL, WATERMARK, BINDING, TASK, CHANGE)
    before = [everything(network, table) for table in tables]
    again = taken(network, push, now_ms=LATER + 7)
    assert outcomes(again) == [("duplicate", "accepted")] * 3
    assert [everything(network, table) for table in tables] == before
    assert again.ranges == first.ranges


def test_one_event_in_two_batches_counts_once(network: Database) -> None:
    phone = Handset()
    a_loop(phone)
    records = phone.waiting
    taken(network, sealed(phone, tuple(records[:2]), 1))
    answer = taken(network, sealed(phone, tuple(records), 1))
    assert outcomes(answer) == [("duplicate", "accepted"), ("duplicate", "accepted"), GOOD]
    assert [row.n for row in stored(network, CELL, cell="month", measure="dispatch")] == [1]


def test_gaps_are_accepted_and_seen(network: Database) -> None:
    phone = Handset()
    for number in range(11):
        phone.scan("item.counted", code(number), place="metz")
    records = phone.waiting
    taken(network, sealed(phone, tuple(records[7:11]), 8))
    answer = taken(network, sealed(phone, tuple(records[0:3]), 1))
    hashes = [digest(record.payload) for record in records]
    assert answer.ranges == (Range(1, 3, hashes[2]), Range(8, 11, hashes[10]))
    answer = taken(network, sealed(phone, tuple(records[3:7]), 4))
    assert outcomes(answer) == [GOOD] * 4
    assert answer.ranges == (Range(1, 11, hashes[10]),)


def test_a_conflict_is_kept_once_for_each_content_and_the_first_counts(network: Database) -> None:
    phone = Handset()
    record = phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    taken(network, sealed(phone, (record,), 1))
    other_time = Record(payload=record.payload, teff=record.teff + 1_000, tq=0)
    other_bytes = Record(payload=record.payload + b" ", teff=record.teff, tq=0)
    for different in (other_time, other_bytes, other_time):
        assert outcomes(taken(network, sealed(phone, (different,), 1))) == [("conflict", "")]
    rows = stored(network, RECORD, dev="d-un")
    assert [(row.variant, row.status) for row in rows] == [(0, "accepted"), (1, "conflict"), (2, "conflict")]
    assert len({row.leaf for row in rows}) == 3
    assert outcomes(taken(network, sealed(phone, (record,), 1))) == [("duplicate", "accepted")]


def test_a_cloned_phone_forks_and_both_histories_are_kept(network: Database) -> None:
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    clone = Handset(device=Device(seq=1, prev=phone.device.prev))
    clone.device.random.seed(4)
    phone.scan("item.cleaned", code(1), place="metz")
    taken(network, phone.push())
    clone.scan("item.cleaned", code(1), place="strasbourg")
    clone.scan("item.cleaned", code(1), place="strasbourg")
    answer = taken(network, clone.push(first=2))
    assert outcomes(answer) == [("fork", Why.SEQ_TAKEN), ("fork", Why.CHAIN_BROKEN)]
    assert answer.ranges == (Range(1, 2, phone.device.prev),)
    assert [row.status for row in stored(network, RECORD, dev="d-un")] == ["accepted", "accepted", "fork", "fork"]
    again = taken(network, clone.push(list(clone_records(network)), first=2), now_ms=LATER)
    assert outcomes(again) == [("duplicate", "fork")] * 2


def clone_records(database: Database) -> list[Record]:
    rows = stored(database, RECORD, status="fork")
    return [Record(payload=bytes(row.payload), teff=row.teff, tq=row.tq) for row in rows]


def test_bytes_that_are_no_event_are_kept_at_their_place_and_the_chain_goes_on(network: Database) -> None:
    phone = Handset()
    junk = phone.junk(b'{"v":1,"pas": "un evenement"}')
    good = phone.scan("item.counted", code(1), place="metz")
    answer = taken(network, phone.push())
    assert outcomes(answer) == [("quarantined", Flaw.BAD_KEYS), GOOD]
    (row,) = everything(network, RAW)
    assert (bytes(row.content), row.reason, row.seq, row.epoch) == (junk.payload, "bad_keys", 1, phone.device.epoch)
    assert answer.ranges == (Range(1, 2, digest(good.payload)),)
    more = phone.scan("item.counted", code(2), place="metz")
    assert outcomes(taken(network, phone.push())) == [GOOD]
    again = taken(network, sealed(phone, (junk, good, more), 1))
    assert outcomes(again) == [("quarantined", Flaw.BAD_KEYS), *[("duplicate", "accepted")] * 2]
    assert len(everything(network, RAW)) == 1


def test_a_number_that_unreadable_bytes_hold_is_taken(network: Database) -> None:
    phone, clone = Handset(), Handset()
    clone.device.random.seed(5)
    phone.junk(b"?")
    taken(network, phone.push())
    clone.scan("item.counted", code(1), place="metz")
    assert outcomes(taken(network, clone.push())) == [("fork", Why.SEQ_TAKEN)]


def test_a_bad_seal_leaves_bytes_and_nothing_else_and_a_good_one_is_then_accepted(network: Database) -> None:
    phone = Handset()
    a_loop(phone)
    push = phone.push()
    with network.writing(ORG) as connection:
        forged = ingest(connection, sealed_by("d-autre", phone, push.records), now_ms=LATER)
    assert outcomes(forged) == [("quarantined", Why.BAD_SEAL)] * 3
    assert forged.ranges == ()
    assert stored(network, RECORD, dev="d-un") == []
    assert [bytes(row.content) for row in everything(network, RAW)] == [record.payload for record in push.records]
    assert {(row.seq, row.seal) for row in everything(network, RAW)} == {(0, None)}
    assert outcomes(taken(network, push)) == [GOOD] * 3


def sealed_by(dev: str, phone: Handset, records: tuple[Record, ...]) -> Push:
    push = sealed(phone, records, 1)
    return replace(push, seal=signing_key(dev).sign(seal_body(push)))


def test_a_batch_that_speaks_for_another_device_is_bytes_of_its_sender(network: Database) -> None:
    with network.writing(ORG) as connection:
        enrol(connection, "d-deux")
    phone = Handset()
    a_loop(phone)
    push = phone.push()
    with network.writing(ORG) as connection:
        answer = ingest(connection, push, now_ms=LATER, sender=sender_of(connection, ORG, "d-deux"))
    assert outcomes(answer) == [("quarantined", Why.BAD_SEAL)] * 3
    assert {row.dev for row in everything(network, RAW)} == {"d-deux"}


def test_an_unknown_device_is_not_found(network: Database) -> None:
    phone = Handset(device=Device(dev="d-inconnu"))
    a_loop(phone)
    with pytest.raises(NotFoundError), network.writing(ORG) as connection:
        ingest(connection, phone.push(), now_ms=LATER)


def test_what_a_revoked_device_had_recorded_waits_for_a_person(network: Database) -> None:
    with network.writing(ORG) as connection:
        enrol(connection, "d-perdu", status="revoked")
    phone = Handset(device=Device(dev="d-perdu"))
    a_loop(phone)
    answer = taken(network, phone.push())
    assert outcomes(answer) == [("quarantined", Why.REVOKED_DEVICE)] * 3
    assert everything(network, ITEM) == []
    admitted = [Draft(kind="event.admitted", fields={"body": {"target": one.id}}) for one in answer.results]
    with network.writing(ORG) as connection:
        accept_own(connection, ORG, admitted, actor="p-chef", now_ms=LATER + 1)
    assert [row.stage for row in everything(network, ITEM)] == [Stage.INBOUND]
    rows = stored(network, RECORD, dev="d-perdu")
    assert {(row.status, row.reason) for row in rows} == {("accepted", "was:quarantined:revoked_device")}
    assert [row.status for row in everything(network, STATUS_CHANGE)] == ["accepted"] * 3


def test_a_future_time_is_quarantined_and_dismissed_by_a_person_for_good(network: Database) -> None:
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    answer = taken(network, phone.push(), now_ms=phone.device.now_ms - 3_600_000)
    assert outcomes(answer) == [("quarantined", Why.TIME_FUTURE)]
    target = answer.results[0].id
    with network.writing(ORG) as connection:
        draft = Draft(kind="event.dismissed", fields={"body": {"target": target, "reason": "horloge"}})
        accept_own(connection, ORG, [draft], actor="p-chef", now_ms=LATER)
        accept_own(connection, ORG, [draft], actor="p-chef", now_ms=LATER)
    (row,) = stored(network, RECORD, dev="d-un")
    assert (row.status, row.reason) == ("dismissed", "was:quarantined:time_future")
    assert len(everything(network, STATUS_CHANGE)) == 1
    assert everything(network, ITEM) == []


def test_of_two_contents_a_person_admits_the_second_only_when_the_first_does_not_count(network: Database) -> None:
    phone = Handset()
    record = phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    taken(network, phone.push())
    other = Record(payload=record.payload, teff=record.teff + 60_000, tq=0)
    answer = taken(network, sealed(phone, (other,), 1))
    draft = Draft(kind="event.admitted", fields={"body": {"target": answer.results[0].id}})
    with network.writing(ORG) as connection:
        accept_own(connection, ORG, [draft], actor="p-chef", now_ms=LATER)
    assert [row.status for row in stored(network, RECORD, dev="d-un")] == ["accepted", "conflict"]


def test_an_unknown_kind_is_held_without_effect(network: Database) -> None:
    phone = Handset()
    payload = phone.device.payload("item.counted", code(1)).replace(b"item.counted/1", b"item.weighed/3")
    phone.device.prev = digest(payload)
    phone.take(payload)
    phone.scan("item.counted", code(1), place="metz")
    assert outcomes(taken(network, phone.push())) == [("held", ""), GOOD]
    assert [row.kind for row in stored(network, RECORD, status="held")] == ["item.weighed/3"]


def test_a_late_event_re_folds_its_item_and_leaves_the_others_untouched(network: Database) -> None:
    phone = Handset()
    a_loop(phone, 1)
    a_loop(phone, 2)
    taken(network, phone.push())
    others = [row for row in everything(network, ITEM) if row.item != item_of(network, code(1))]
    late = Handset(device=Device(dev="d-deux"))
    with network.writing(ORG) as connection:
        enrol(connection, "d-deux")
    late.scan("item.delivered", code(1), at=0.0018, place="nancy")
    taken(network, late.push())
    (item,) = [row for row in everything(network, ITEM) if row.item == item_of(network, code(1))]
    assert load(item.state).loan_partner == "rhin"
    assert [row.reason for row in everything(network, TASK)] == ["other_partner", "other_partner"]
    assert [row for row in everything(network, ITEM) if row.item != item.item] == others


def item_of(database: Database, text: str) -> str:
    (row,) = stored(database, BINDING, code=subject_of(text, "", ""))
    return str(row.item)


def test_cells_that_come_to_zero_have_no_row(network: Database) -> None:
    phone = Handset()
    a_loop(phone)
    records = phone.waiting
    taken(network, phone.push())
    shipped = taken(network, sealed(phone, tuple(records), 1)).results[1]
    phone.scan("event.voided", code(1), body={"target": shipped.id})
    taken(network, phone.push())
    assert all(row.n != 0 for row in everything(network, CELL))
    assert {row.measure for row in stored(network, CELL, cell="cohort")} == {"shipped"}
    assert [row.n for row in stored(network, CELL, cell="month", measure="dispatch_inferred")] == [1]


def test_the_heads_a_device_saw_are_held_against_the_log(network: Database) -> None:
    phone = Handset()
    phone.scan("item.counted", code(1), place="metz")
    first = taken(network, phone.push())
    assert first.consistency is Consistency.OK
    phone.scan("item.counted", code(2), place="metz")
    phone.head = first.head
    assert taken(network, phone.push()).consistency is Consistency.OK
    phone.head = first.head.replace("t.example", "u.example")
    assert taken(network, phone.push([phone.scan("item.counted", code(3))])).consistency is Consistency.FORK
    phone.head = "no note at all"
    assert taken(network, phone.push([phone.scan("item.counted", code(4))])).consistency is Consistency.OK


def test_a_head_from_before_a_restore_says_so(network: Database) -> None:
    phone = Handset()
    phone.scan("item.counted", code(1), place="metz")
    first = taken(network, phone.push())
    with network.writing(ORG) as connection:
        eventlog.begin_generation(connection, ORG, 2, now_ms=LATER)
    phone.head = first.head
    again = taken(network, phone.push([phone.scan("item.counted", code(2), place="metz")], first=2))
    assert (again.consistency, again.generation) == (Consistency.BEHIND, 2)
    phone.head = again.head
    last = taken(network, phone.push([phone.scan("item.counted", code(3), place="metz")], first=3))
    assert last.consistency is Consistency.OK


def test_a_head_longer_than_the_log_tells_of_a_log_that_was_cut(network: Database) -> None:
    phone = Handset()
    phone.scan("item.counted", code(1), place="metz")
    with network.reading() as connection:
        signer, head = keys.signer(connection, ORG), eventlog.head(connection, ORG)
    longer = Checkpoint(origin=head.origin, size=head.size + 999, root=b"r" * 32)
    other = Checkpoint(origin=head.origin, size=head.size, root=b"r" * 32)
    phone.head = CheckpointSigner(signer=signer).sign(longer)[0]
    assert taken(network, phone.push()).consistency is Consistency.BEHIND
    phone.head = CheckpointSigner(signer=signer).sign(other)[0]
    phone.scan("item.counted", code(2), place="metz")
    assert taken(network, phone.push()).consistency is Consistency.FORK


@pytest.mark.usefixtures("incidents")
def test_a_record_that_breaks_the_door_is_kept_as_bytes_and_its_neighbours_are_taken(network: Database) -> None:
    phone = Handset()
    for number in range(7):
        phone.scan("item.counted", code(number), place="metz")
    poison = phone.waiting[3]
    booby_trap(network, digest(poison.payload))
    answer = taken(network, phone.push())
    assert outcomes(answer) == [*[GOOD] * 3, ("quarantined", Why.UNEXPECTED), *[GOOD] * 3]
    (row,) = everything(network, RAW)
    assert bytes(row.content) == poison.payload
    assert row.reason.startswith("unexpected:")
    assert answer.ranges == (Range(1, 7, phone.device.prev),)
    assert len(everything(network, ITEM)) == 6


def booby_trap(database: Database, content_hash: str) -> None:
    """Make the database itself fail when this record is stored, as a defect of ours would."""
    with database.writing() as connection:
        if database.embedded:
            connection.execute(
                sa.text(
                    f"CREATE TRIGGER trap BEFORE INSERT ON record WHEN NEW.hash = '{content_hash}' "
                    "BEGIN SELECT RAISE(ABORT, 'trap'); END"
                )
            )
            return
        connection.execute(
            sa.text(
                "CREATE FUNCTION trap() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'trap'; END $$ LANGUAGE plpgsql"
            )
        )
        connection.execute(
            sa.text(
                f"CREATE TRIGGER trap BEFORE INSERT ON record FOR EACH ROW WHEN (NEW.hash = '{content_hash}') "
                "EXECUTE FUNCTION trap()"
            )
        )


def test_a_duplicate_says_why_it_was_set_aside_in_the_first_place(network: Database) -> None:
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    push = phone.push()
    early = phone.device.now_ms - 3_600_000
    taken(network, push, now_ms=early)
    again = taken(network, push, now_ms=early)
    assert [(one.status, one.why, one.reason) for one in again.results] == [
        ("duplicate", "quarantined", Why.TIME_FUTURE)
    ]
    draft = Draft(kind="event.dismissed", fields={"body": {"target": again.results[0].id}})
    with network.writing(ORG) as connection:
        accept_own(connection, ORG, [draft], actor="p-chef", now_ms=LATER)
    again = taken(network, push)
    assert [(one.why, one.reason) for one in again.results] == [("dismissed", Why.TIME_FUTURE)]


def test_what_a_device_may_still_leave_is_known_from_an_index_alone(network: Database) -> None:
    with network.reading() as connection:
        if connection.dialect.name != "sqlite":
            pytest.skip("SQLite tells its plan in words that can be compared")
        text = str(ledger._LEFT.compile(dialect=connection.dialect))
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", (0, ORG, "d-un")).all()
    assert ["USING COVERING INDEX ix_raw_unsealed" in row.detail for row in plan] == [True]


def test_so_many_small_pieces_without_a_seal_are_refused_as_a_few_large_ones(network: Database) -> None:
    with network.writing(ORG) as connection:
        sender = sender_of(connection, ORG, "d-un")
        most = ledger.RAW_QUOTA // (ledger.RAW_CHARGE + 8)
        pieces = (ledger.Raw(b"12345678", f"{n:064x}", "raw") for n in range(most))
        kept = [ledger.Kept("d-un", piece, LATER, None) for piece in pieces]
        ledger.add_kept(connection, ORG, kept)
        with pytest.raises(QuotaError):
            keep(connection, sender, ledger.Raw(b"x", digest(b"x"), "raw"), now_ms=LATER)
