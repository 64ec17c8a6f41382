"""What a person decides about records and bytes that were set aside, and what follows from it everywhere."""

from pathlib import Path
from random import Random

import pytest
import sqlalchemy as sa

from boucle.admission import Why
from boucle.push import Record
from boucle.wire import digest
from boucle_server import attention, deciding, decisions, rebuild, set_aside, verify, watermarks
from boucle_server.db import Database
from boucle_server.deciding import Decided, Verdict
from boucle_server.errors import ConflictError, InvalidInputError, NotFoundError
from boucle_server.exports import events, state
from boucle_server.ingest import accept_own, keep, sender_of
from boucle_server.ledger import Raw
from boucle_server.read_tables import ITEM, SETTLED
from boucle_server.server_device import Draft
from boucle_server.tables import RECORD, STATUS_CHANGE
from tests.builders import ORG, Device, code
from tests.server.handset import LATER, Handset, a_network, sealed, taken
from tests.server.test_exchange import brought_in, copy_of, exported

ADMIT, DISMISS = Verdict.ADMIT, Verdict.DISMISS


@pytest.fixture
def network(database: Database) -> Database:
    a_network(database)
    return database


def decide(database: Database, key: str, verdict: Verdict, reason: str = "vu") -> list[Decided]:
    with database.writing(ORG) as connection:
        return deciding.decide(connection, ORG, key, verdict, reason=reason, actor="p-chef", now_ms=LATER + 1)


def waiting(database: Database) -> list[tuple[str, str]]:
    with database.reading() as connection:
        return [(one.status, one.reason) for one in set_aside.listed(connection, ORG, limit=100)]


def items(database: Database) -> list[str]:
    with database.reading() as connection:
        return list(connection.execute(sa.select(ITEM.c.stage)).scalars())


def gaps(database: Database) -> list[tuple[tuple[int, int], ...]]:
    with database.reading() as connection:
        return [gap.missing for gap in attention.all_gaps(connection, ORG)]


def assert_sound(database: Database) -> None:
    with database.reading() as connection:
        assert list(rebuild.differences(connection, ORG)) == []
        assert list(verify.faults(connection, ORG)) == []


def kept_raw(database: Database, phone: Handset, record: Record, *, seq: int) -> str:
    """Keep the bytes of a record as the raw route does; give their hash."""
    raw = Raw(record.payload, digest(record.payload), "raw", phone.device.epoch, seq)
    with database.writing(ORG) as connection:
        keep(connection, sender_of(connection, ORG, phone.device.dev), raw, now_ms=LATER)
        placed = [watermarks.Placed(seq=seq, hash=raw.hash)]
        watermarks.advance(connection, ORG, phone.device.dev, epoch=raw.epoch, placed=placed)
    return raw.hash


def one_of_the_future(database: Database) -> str:
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    answer = taken(database, phone.push(), now_ms=phone.device.now_ms - 3_600_000)
    assert answer.results[0].why == Why.TIME_FUTURE
    return answer.results[0].id


def test_a_record_is_admitted_by_its_id_and_counts(network: Database) -> None:
    target = one_of_the_future(network)
    (told,) = decide(network, target, ADMIT)
    assert (told.id, told.before, told.status) == (target, "quarantined", "accepted")
    assert items(network) == ["available"]
    assert waiting(network) == []
    assert_sound(network)


def test_deciding_the_same_again_records_nothing(network: Database) -> None:
    target = one_of_the_future(network)
    for verdict in (DISMISS, ADMIT):
        (first,) = decide(network, target, verdict)
        (again,) = decide(network, target, verdict)
        by_hash = decide(network, first.hash[:12], verdict)
        assert first.event
        assert [(one.event, one.status) for one in (again, *by_hash)] == [("", first.status)] * 2
    with network.reading() as connection:
        assert connection.execute(sa.select(sa.func.count()).select_from(STATUS_CHANGE)).scalar_one() == 2
    assert_sound(network)


def test_what_counts_is_voided_and_not_dismissed(network: Database) -> None:
    phone = Handset()
    phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    target = taken(network, phone.push()).results[0].id
    with pytest.raises(ConflictError):
        decide(network, target, DISMISS)


@pytest.mark.parametrize("key", ["", "zz", "abc", "1234567", "x" * 64, "%" * 12])
def test_a_key_that_is_neither_id_nor_hash_is_refused(network: Database, key: str) -> None:
    with pytest.raises(InvalidInputError):
        decide(network, key, ADMIT)


def test_what_does_not_exist_is_not_found(network: Database) -> None:
    with pytest.raises(NotFoundError):
        decide(network, "0" * 12, DISMISS)


def test_a_dismissal_has_a_reason(network: Database) -> None:
    target = one_of_the_future(network)
    with pytest.raises(InvalidInputError):
        decide(network, target, DISMISS, reason=" ")
    assert waiting(network) == [("quarantined", "time_future")]


def test_of_several_contents_one_has_to_be_named(network: Database) -> None:
    phone = Handset()
    record = phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    early = phone.device.now_ms - 3_600_000
    taken(network, sealed(phone, (record,), 1), now_ms=early)
    other = Record(payload=record.payload + b" ", teff=record.teff, tq=0)
    target = taken(network, sealed(phone, (other,), 1), now_ms=early).results[0].id
    with pytest.raises(ConflictError):
        decide(network, target, ADMIT)
    decide(network, digest(other.payload)[:10], ADMIT)
    assert waiting(network) == [("quarantined", "time_future")]
    with pytest.raises(ConflictError):
        decide(network, digest(record.payload), ADMIT)
    decide(network, digest(record.payload), DISMISS)
    assert waiting(network) == []
    assert_sound(network)


def test_a_kind_for_the_server_alone_is_never_admitted(network: Database) -> None:
    phone = Handset()
    phone.scan("reference.set", body={"table": "site", "key": "x", "valid_from": 0, "row": {}})
    target = taken(network, phone.push()).results[0].id
    with pytest.raises(ConflictError):
        decide(network, target, ADMIT)


def test_a_decision_whose_effect_fails_changes_nothing(network: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    target = one_of_the_future(network)

    def failing(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("a bug")

    with monkeypatch.context() as patch:
        patch.setattr(decisions, "change_status", failing)
        with pytest.raises(ConflictError):
            decide(network, target, ADMIT)
    assert waiting(network) == [("quarantined", "time_future")]
    assert items(network) == []
    assert_sound(network)


# Bytes


def test_bytes_of_the_raw_route_wait_until_their_record_comes(network: Database) -> None:
    phone = Handset()
    record = phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    kept_raw(network, phone, record, seq=1)
    assert waiting(network) == [("unreadable", "raw")]
    taken(network, phone.push())
    assert waiting(network) == []
    with network.reading() as connection:
        assert set_aside.counted(connection, ORG) == {}
    assert_sound(network)


def test_bytes_whose_record_is_there_already_do_not_wait(network: Database) -> None:
    phone = Handset()
    record = phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    taken(network, phone.push())
    kept = kept_raw(network, phone, record, seq=1)
    assert waiting(network) == []
    (told,) = decide(network, kept, ADMIT)
    assert (told.status, told.event) == ("accepted", "")
    assert_sound(network)


def test_bytes_that_read_as_an_event_are_admitted_with_the_time_of_the_device(network: Database) -> None:
    phone = Handset()
    record = phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    kept = kept_raw(network, phone, record, seq=1)
    (told,) = decide(network, kept[:16], ADMIT)
    assert (told.before, told.status) == ("unreadable", "accepted")
    with network.reading() as connection:
        row = connection.execute(sa.select(RECORD).where(RECORD.c.id == told.id)).one()
    assert (row.teff, row.tq, row.seal) == (phone.device.now_ms, 2, None)
    assert items(network) == ["available"]
    assert waiting(network) == []
    assert_sound(network)


def test_bytes_that_are_no_event_can_only_be_dismissed_and_stay_so_when_they_come_again(network: Database) -> None:
    phone = Handset()
    junk = phone.junk(b"\xff?")
    taken(network, phone.push())
    kept = digest(junk.payload)
    with pytest.raises(ConflictError):
        decide(network, kept, ADMIT)
    (told,) = decide(network, kept, DISMISS)
    assert (told.before, told.status) == ("unreadable", "dismissed")
    assert decide(network, kept, DISMISS)[0].event == ""
    kept_raw(network, phone, junk, seq=9)
    assert waiting(network) == []
    assert_sound(network)


def test_bytes_that_speak_for_another_device_or_place_are_no_event_of_their_sender(network: Database) -> None:
    phone, other = Handset(), Handset(device=Device(dev="d-autre", random=Random(9)))
    first = phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    theirs = other.scan("item.commissioned", code(2), place="metz", body={"type": "bac"})
    for record, seq in ((first, 7), (theirs, 1)):
        kept = kept_raw(network, phone, record, seq=seq)
        with pytest.raises(ConflictError):
            decide(network, kept, ADMIT)
    assert items(network) == []


def test_what_was_admitted_without_a_seal_never_confirms_a_number_to_the_device(network: Database) -> None:
    phone = Handset()
    forged = phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    with network.writing(ORG) as connection:
        sender = sender_of(connection, ORG, "d-un")
        keep(connection, sender, Raw(forged.payload, digest(forged.payload), Why.BAD_SEAL), now_ms=LATER)
    decide(network, digest(forged.payload), ADMIT)
    clone = Handset()
    clone.device.random.seed(8)
    clone.scan("item.commissioned", code(3), place="metz", body={"type": "bac"})
    answer = taken(network, clone.push())
    assert [(one.status, one.why) for one in answer.results] == [("accepted", "")]
    assert [(each.first, each.last, each.hash) for each in answer.ranges] == [(1, 1, clone.device.prev)]
    assert_sound(network)


def test_decisions_about_bytes_reach_another_server_by_an_export(network: Database, tmp_path: Path) -> None:
    phone = Handset()
    first = phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    admitted = kept_raw(network, phone, first, seq=1)
    decide(network, admitted, ADMIT)
    junk = Record(payload=b"\xfe", teff=LATER, tq=0)
    decide(network, kept_raw(network, phone, junk, seq=2), DISMISS)
    kept_raw(network, phone, Record(payload=b"\xfd", teff=LATER, tq=0), seq=3)
    other = copy_of(tmp_path, "other")
    lines = exported(network, events.write).splitlines(keepends=True)
    outcome = brought_in(other, [b"".join(lines[at::3]) for at in range(3)][::-1], tmp_path)
    assert outcome.faults == []
    assert exported(other, state.write) == exported(network, state.write)
    assert waiting(other) == waiting(network) == [("unreadable", "raw")]
    with other.reading() as connection:
        assert list(rebuild.differences(connection, ORG)) == []
        assert sorted(connection.execute(sa.select(SETTLED.c.hash)).scalars()) == sorted({digest(b"\xfe"), admitted})
    other.close()


def test_a_rebuild_finds_again_which_bytes_wait(network: Database) -> None:
    phone = Handset()
    record = phone.scan("item.commissioned", code(1), place="metz", body={"type": "bac"})
    kept_raw(network, phone, record, seq=1)
    decide(network, kept_raw(network, phone, Record(payload=b"\xfe", teff=1, tq=0), seq=2), DISMISS)
    taken(network, phone.push())
    with network.writing(ORG) as connection:
        before = sorted(connection.execute(sa.select(SETTLED.c.hash)).scalars())
        connection.execute(sa.delete(SETTLED))
        assert [one.table for one in rebuild.differences(connection, ORG)] == ["settled"] * 2
        rebuild.rebuild(connection, ORG, now_ms=LATER)
        assert sorted(connection.execute(sa.select(SETTLED.c.hash)).scalars()) == before
    assert len(before) == 2


# Gaps


def test_a_decided_fork_closes_the_gap_of_its_number_and_confirms_it_to_nobody(network: Database) -> None:
    phone = Handset()
    for number in (1, 2, 3):
        phone.scan("item.commissioned", code(number), place="metz", body={"type": "bac"})
    records = phone.waiting
    clone = Handset(device=Device(seq=1, prev="e" * 64))
    clone.device.random.seed(4)
    forked = clone.scan("item.cleaned", code(1), place="metz")
    taken(network, sealed(phone, (records[0],), 1))
    (answer,) = taken(network, sealed(clone, (forked,), 2)).results
    assert (answer.status, answer.why) == ("fork", Why.CHAIN_BROKEN)
    taken(network, sealed(phone, (records[2],), 3))
    assert gaps(network) == [((2, 2),)]
    decide(network, answer.id, DISMISS)
    assert gaps(network) == []
    # The device's own second event is still to come, so no receipt may name it.
    told = taken(network, sealed(phone, (records[2],), 3))
    assert [(each.first, each.last) for each in told.ranges] == [(1, 1), (3, 3)]
    assert taken(network, sealed(phone, (records[1],), 2)).results[0].status == "accepted"
    assert_sound(network)


def test_a_fork_alone_in_its_epoch_leaves_nothing_that_a_rebuild_would_not(network: Database) -> None:
    phone = Handset(device=Device(seq=4, prev="e" * 64, epoch="00000000000000f1"))
    phone.scan("item.cleaned", code(1), place="metz")
    taken(network, phone.push(first=5))
    clone = Handset(device=Device(dev="d-un", seq=0, epoch="00000000000000f2", prev="e" * 64))
    clone.device.random.seed(6)
    record = clone.scan("item.cleaned", code(1), place="metz")
    (answer,) = taken(network, sealed(clone, (record,), 1)).results
    assert answer.status == "fork"
    decide(network, answer.id, DISMISS)
    assert_sound(network)


# What is shown


@pytest.mark.parametrize(
    ("content", "size", "text"),
    [
        ("é".encode(), 2, "é"),
        ("aé".encode()[:2], 3, "a"),
        ("a€".encode()[:3], 4, "a"),
        ("😀".encode()[:3], 4, ""),
        (b"\xff", 9, None),
        (b"a\xc3", 2, None),
        (b"", 0, ""),
    ],
)
def test_a_content_that_was_cut_ends_between_two_characters(content: bytes, size: int, text: str | None) -> None:
    assert set_aside.text_of(content, size) == text


def test_a_long_content_is_read_from_the_database_only_in_part(network: Database) -> None:
    phone = Handset()
    kept_raw(network, phone, Record(payload="é".encode() * 30_000, teff=1, tq=0), seq=1)
    with network.reading() as connection:
        (one,) = set_aside.listed(connection, ORG, limit=5, shown=101)
    assert (len(one.content), one.size) == (101, 60_000)
    assert set_aside.text_of(one.content, one.size) == "é" * 50


def test_a_decision_about_nothing_has_no_effect(network: Database) -> None:
    acts = [Draft(kind="event.admitted", fields={"body": {"target": "0" * 64, "hash": "0" * 64}})]
    with network.writing(ORG) as connection:
        assert accept_own(connection, ORG, acts, actor="p", now_ms=LATER)[0].status == "accepted"
    assert waiting(network) == []
    assert_sound(network)


def test_admitting_what_counts_already_says_so_where_its_rival_has_the_same_bytes(network: Database) -> None:
    phone = Handset()
    record = phone.scan("item.counted", code(1), place="metz")
    target = taken(network, phone.push()).results[0].id
    rival = Record(payload=record.payload, teff=record.teff + 1_000, tq=record.tq)
    assert taken(network, sealed(phone, (rival,), 1)).results[0].status == "conflict"
    (told,) = decide(network, target, ADMIT)
    assert (told.status, told.event) == ("accepted", "")
    (set_aside_now,) = decide(network, target, DISMISS)
    assert (set_aside_now.before, set_aside_now.status) == ("conflict", "dismissed")
    assert_sound(network)
