"""The log in the database: the same tree as the domain's, proven, and signed without contradiction."""

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from boucle import log
from boucle.errors import SigningRefusedError
from boucle.log import EntryKind, leaf_hash, verify_consistency, verify_inclusion
from boucle.note import NoteVerifier, verify_checkpoint
from boucle.signing import load_crypto
from boucle_server import eventlog, keys
from boucle_server.db import Database
from boucle_server.errors import ConflictError, NotFoundError
from boucle_server.tables import ACT, CHECKPOINT, LEAF, LOG_HEAD, NODE, RECORD
from tests.server.people import NOW, an_org, some_entries

BORN_WITH = 2
"""Entries of a new log: the two keys of its organisation."""


def leaves(connection: Connection, org: str, generation: int = 1) -> list[bytes]:
    query = sa.select(LEAF.c.hash).where(LEAF.c.org == org, LEAF.c.generation == generation)
    return list(connection.execute(query.order_by(LEAF.c.idx)).scalars())


def verifier(connection: Connection, org: str) -> NoteVerifier:
    return NoteVerifier.from_vkey(keys.signer(connection, org).vkey, load_crypto().verify_key)


def test_an_appended_log_has_the_root_that_the_standard_defines(database: Database) -> None:
    org = an_org(database)
    for first, count in ((0, 1), (1, 254), (255, 3), (258, 300)):
        with database.writing(org) as connection:
            at = eventlog.append(connection, org, some_entries(first, count))
            assert list(at.indices) == list(range(BORN_WITH + first, BORN_WITH + first + count))
    with database.reading() as connection:
        stored = leaves(connection, org)
        assert stored[BORN_WITH:] == [leaf_hash(entry) for entry in some_entries(0, 558)]
        assert eventlog.head(connection, org).root == log.root(stored)
        assert eventlog.head(connection, org).size == len(stored)


def test_only_one_level_in_eight_is_stored(database: Database) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        eventlog.append(connection, org, some_entries(0, 600))
        levels = connection.execute(sa.select(NODE.c.level, NODE.c.idx).order_by(NODE.c.idx)).all()
    assert [tuple(row) for row in levels] == [(8, 0), (8, 1)]


def test_every_stored_leaf_is_proven_under_every_later_size(database: Database) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        eventlog.append(connection, org, some_entries(0, 511))
        stored = leaves(connection, org)
        read = eventlog.reader(connection, org, 1)
        for index, size in ((0, 1), (3, 7), (255, 256), (255, 257), (300, 513), (0, 513), (512, 513)):
            proof = log.inclusion_proof(index, size, read)
            root = log.root(stored[:size])
            assert verify_inclusion(stored[index], index, size=size, proof=proof, root=root)
            assert eventlog.root_at(connection, org, 1, size=size) == root
        assert eventlog.root_at(connection, org, 1, size=0) == log.EMPTY_ROOT


def test_a_log_proves_that_it_only_grew(database: Database) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        eventlog.append(connection, org, some_entries(0, 300))
        old = eventlog.head(connection, org)
        eventlog.append(connection, org, some_entries(300, 11))
        new = eventlog.head(connection, org)
        proof = eventlog.consistency(connection, org, old.size, new.size)
        with pytest.raises(NotFoundError, match="entries"):
            eventlog.consistency(connection, org, old.size, new.size + 1)
    assert verify_consistency(old.size, new.size, proof=proof, old_root=old.root, new_root=new.root)


def test_a_checkpoint_is_signed_by_the_key_that_devices_pin_and_given_again_for_the_same_size(
    database: Database,
) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        eventlog.append(connection, org, some_entries(0, 7))
        assert eventlog.published(connection, org) is None
        note = eventlog.checkpoint(connection, org, now_ms=NOW)
        checked = verify_checkpoint(note, verifier(connection, org))
        assert checked == eventlog.head(connection, org)
        assert checked.origin == "traces.example/acme/g1"
    with database.writing(org) as connection:
        assert eventlog.checkpoint(connection, org, now_ms=NOW + 1) == note
        assert eventlog.published(connection, org) == note
        assert connection.execute(sa.select(sa.func.count()).select_from(CHECKPOINT)).scalar() == 1


def test_a_log_that_was_cut_or_rewritten_is_not_signed(database: Database) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        before = connection.execute(sa.select(LOG_HEAD.c.size, LOG_HEAD.c.frontier)).one()
        eventlog.append(connection, org, some_entries(0, 7))
        eventlog.checkpoint(connection, org, now_ms=NOW)
    with database.writing(org) as connection:
        connection.execute(sa.delete(LEAF).where(LEAF.c.idx >= before.size))
        connection.execute(sa.update(LOG_HEAD).values(size=before.size, frontier=before.frontier))
        with pytest.raises(SigningRefusedError, match="smaller"):
            eventlog.checkpoint(connection, org, now_ms=NOW)
        eventlog.append(connection, org, some_entries(100, 7))
        with pytest.raises(SigningRefusedError, match="another root"):
            eventlog.checkpoint(connection, org, now_ms=NOW)


def test_what_a_receipt_signs_binds_the_checkpoint_too(database: Database) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        eventlog.append(connection, org, some_entries(0, 5))
        guard = eventlog.guard(connection, org).admit(eventlog.head(connection, org))
        eventlog.remember(connection, org, guard)
        assert eventlog.guard(connection, org).last == guard.last
        connection.execute(sa.update(LOG_HEAD).values(signed_root=b"x" * 32))
        with pytest.raises(SigningRefusedError, match="another root"):
            eventlog.checkpoint(connection, org, now_ms=NOW)


def test_a_new_generation_begins_with_the_last_known_checkpoint_of_the_old_one(database: Database) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        eventlog.append(connection, org, some_entries(0, 7))
        old = eventlog.head(connection, org)
        eventlog.begin_generation(connection, org, 2, now_ms=NOW)
        new = eventlog.head(connection, org)
        act = connection.execute(sa.select(ACT).where(ACT.c.generation == 2)).one()
        entry = log.entry(
            EntryKind.GENERATION,
            "traces.example/acme/g1",
            received_ms=NOW,
            commit=log.salted(act.salt, act.content),
        )
        assert (new.origin, new.size) == ("traces.example/acme/g2", 1)
        assert new.root == leaf_hash(entry)
        assert f'"root":"{old.root.hex()}"' in act.content.decode()
        assert f'"size":{old.size}' in act.content.decode()
        with pytest.raises(ConflictError, match="generation 2"):
            eventlog.begin_generation(connection, org, 2, now_ms=NOW)
        note = eventlog.checkpoint(connection, org, now_ms=NOW)
        assert verify_checkpoint(note, verifier(connection, org)) == new


def a_record(connection: Connection, org: str, id: str, *, status: str = "accepted", salt: bytes) -> int:
    payload = f'{{"id":"{id}","status":"{status}"}}'.encode()
    commit = log.commitment(salt, payload, teff_ms=NOW, quality=0)
    at = eventlog.append(connection, org, [log.entry(EntryKind.EVENT, id, received_ms=NOW, commit=commit)])
    row = {
        "org": org,
        "id": id,
        "variant": at.first,
        "hash": payload.hex()[:64],
        "dev": "d",
        "epoch": "e",
        "seq": 1 + at.first,
    }
    row |= {"kind": "item.found", "subject": "C/1", "payload": payload, "teff": NOW, "tq": 0, "salt": salt}
    row |= {"generation": at.generation, "leaf": at.first, "status": status, "received_ms": NOW, "reason": ""}
    connection.execute(sa.insert(RECORD).values(**row))
    return at.first


def test_an_event_is_proven_under_the_newest_checkpoint_and_only_then(database: Database) -> None:
    org = an_org(database)
    with database.writing(org) as connection:
        a_record(connection, org, "e1", status="conflict", salt=b"1" * 16)
        leaf = a_record(connection, org, "e1", salt=b"2" * 16)
        with pytest.raises(NotFoundError, match="no such event"):
            eventlog.inclusion(connection, org, "e1")
        eventlog.checkpoint(connection, org, now_ms=NOW)
        a_record(connection, org, "e2", salt=b"3" * 16)
        found = eventlog.inclusion(connection, org, "e1")
        signed = verify_checkpoint(found.checkpoint, verifier(connection, org))
        for unknown in ("e2", "e3"):
            with pytest.raises(NotFoundError, match="no such event"):
                eventlog.inclusion(connection, org, unknown)
    assert (found.index, found.salt, found.size) == (leaf, b"2" * 16, signed.size)
    assert verify_inclusion(leaf_hash(found.entry), found.index, size=found.size, proof=found.proof, root=signed.root)


def test_two_organisations_have_logs_of_their_own(database: Database) -> None:
    first, second = an_org(database), an_org(database, "other")
    with database.writing(first) as connection:
        eventlog.append(connection, first, some_entries(0, 9))
    with database.writing(second) as connection:
        assert eventlog.head(connection, second).size < eventlog.head(connection, first).size
        assert keys.signer(connection, first).vkey != keys.signer(connection, second).vkey
        with pytest.raises(NotFoundError, match="organisation"):
            eventlog.append(connection, "nobody", some_entries(0, 1))


def test_a_rolled_back_append_leaves_no_trace(database: Database) -> None:
    org = an_org(database)
    with database.reading() as connection:
        before = eventlog.head(connection, org)

    def append_then_fail() -> None:
        with database.writing(org) as connection:
            eventlog.append(connection, org, some_entries(0, 300))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        append_then_fail()
    with database.reading() as connection:
        assert eventlog.head(connection, org) == before
        assert len(leaves(connection, org)) == before.size
