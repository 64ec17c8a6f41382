"""Photos in the database: what follows from the events, what a backup carries, what verification and the doctor say."""

from pathlib import Path

import pytest
import sqlalchemy as sa

from boucle.photo import JPEG, look
from boucle.wire import digest
from boucle_server import backup, doctor, photos, restore, uploads, verify
from boucle_server.db import Database
from boucle_server.errors import NotFoundError
from boucle_server.read_tables import PHOTO_PROMISE
from boucle_server.rebuild import differences, rebuild
from boucle_server.settings import Settings
from boucle_server.tables import PHOTO, RECORD
from boucle_server.unsound import Fault
from tests.builders import ORG, code
from tests.photos import a_jpeg
from tests.server.handset import LATER, Handset, a_network, taken

PHOTO_ONE, PHOTO_TWO = a_jpeg(seed=1), a_jpeg(seed=2)


def said(*contents: bytes) -> list[dict[str, object]]:
    return [{"sha256": digest(content), "size": len(content), "type": JPEG} for content in contents]


def announced(database: Database, *contents: bytes) -> None:
    a_network(database)
    handset = Handset()
    handset.scan("item.counted", code(1), place="metz", photos=said(*contents))
    taken(database, handset.push())


def sent(database: Database, content: bytes, *, upto: int | None = None) -> None:
    sha256 = digest(content)
    with database.writing(ORG) as connection:
        uploads.begin(connection, ORG, "d-un", sha256=sha256, length=len(content), now_ms=LATER)
        uploads.append(connection, ORG, "d-un", sha256=sha256, start=0, chunk=content[:upto], now_ms=LATER)


def test_what_the_events_announce_is_made_again_from_them_whatever_became_of_them(database: Database) -> None:
    a_network(database)
    handset = Handset()
    handset.scan("item.counted", code(1), place="metz", photos=said(PHOTO_ONE, PHOTO_TWO))
    handset.scan("item.invented", code(2), photos=said(PHOTO_ONE))
    handset.scan("item.counted", code(3), place="metz", photos=said(PHOTO_TWO), at=3650)
    escaped = handset.device.payload("item.counted", code(4), photos=said(PHOTO_TWO)).replace(
        b"photos", b"ph\\u006ftos"
    )
    handset.junk(escaped)
    taken(database, handset.push())
    with database.writing(ORG) as connection:
        statuses = set(connection.execute(sa.select(RECORD.c.status).where(RECORD.c.dev == "d-un")).scalars())
        assert {"accepted", "held", "quarantined"} <= statuses
        before = set(connection.execute(sa.select(PHOTO_PROMISE)).all())
        assert len(before) == 5
        assert list(differences(connection, ORG)) == []
        connection.execute(sa.delete(PHOTO_PROMISE))
        assert {one.table for one in differences(connection, ORG)} == {"photo_promise"}
        rebuild(connection, ORG, now_ms=LATER)
        assert set(connection.execute(sa.select(PHOTO_PROMISE)).all()) == before


def test_a_changed_photo_is_named_by_verify(database: Database) -> None:
    announced(database, PHOTO_ONE)
    sent(database, PHOTO_ONE)
    with database.writing(ORG) as connection:
        assert list(verify.faults(connection, ORG)) == []
        connection.execute(sa.update(PHOTO).values(content=PHOTO_ONE[:-3] + b"x" + PHOTO_ONE[-2:]))
        assert list(verify.faults(connection, ORG)) == [Fault("verify.photo", digest(PHOTO_ONE))]


def test_a_backup_carries_photos_and_those_on_their_way(database: Database, tmp_path: Path) -> None:
    announced(database, PHOTO_ONE, PHOTO_TWO)
    sent(database, PHOTO_ONE)
    sent(database, PHOTO_TWO, upto=100)
    backup.make(database, tmp_path / "a.backup", now_ms=LATER)
    restore._into_directory(tmp_path / "a.backup", Settings(data=tmp_path / "new"), None, LATER)
    new = Database.open(Settings(data=tmp_path / "new"))
    try:
        with new.reading() as connection:
            assert photos.content(connection, ORG, digest(PHOTO_ONE)) == PHOTO_ONE
            told = uploads.standing(connection, ORG, "d-un", sha256=digest(PHOTO_TWO))
            assert (told.received, told.complete) == (100, False)
            assert [each.sha256 for each in photos.missing(connection, ORG)] == [digest(PHOTO_TWO)]
    finally:
        new.close()


def test_the_doctor_counts_what_is_missing(tmp_path: Path) -> None:
    settings = Settings(data=tmp_path)
    database = Database.open(settings)
    try:
        from boucle_server.schema import prepare  # noqa: PLC0415

        prepare(database)
        announced(database, PHOTO_ONE, PHOTO_TWO)
        found = []
        for content in (PHOTO_ONE, PHOTO_TWO):
            sent(database, content)
            findings = {each.check: each for each in doctor.examine(settings, now_ms=LATER)}
            found.append(findings[f"photos {ORG}"].level)
    finally:
        database.close()
    assert found == [doctor.Level.WARNING, doctor.Level.OK]


def test_a_whole_photo_never_changes_and_no_content_stands_beside_a_flaw(database: Database) -> None:
    announced(database, PHOTO_ONE)
    sent(database, PHOTO_ONE)
    with database.writing(ORG) as connection:
        picture = look(PHOTO_ONE)
        assert not isinstance(picture, str)
        photos.keep(connection, ORG, "d-deux", PHOTO_ONE, picture=picture, now_ms=LATER + 1)
        photos.refuse(connection, ORG, "d-deux", PHOTO_ONE, flaw="cut", now_ms=LATER + 1)
        row = connection.execute(sa.select(PHOTO)).one()
        assert (row.dev, row.received_ms, row.flaw) == ("d-un", LATER, "")
    with pytest.raises(sa.exc.IntegrityError), database.writing(ORG) as connection:
        connection.execute(sa.update(PHOTO).values(flaw="cut"))


class PowerCutError(Exception):
    """The commit never came."""


def last_part(connection: sa.Connection) -> None:
    name = digest(PHOTO_TWO)
    uploads.append(connection, ORG, "d-un", sha256=name, start=200, chunk=PHOTO_TWO[200:], now_ms=LATER)
    assert photos.content(connection, ORG, name) == PHOTO_TWO


def cut_short(database: Database) -> None:
    with database.writing(ORG) as connection:
        last_part(connection)
        raise PowerCutError


def test_a_photo_becomes_whole_and_its_parts_go_in_one_commit(database: Database) -> None:
    announced(database, PHOTO_TWO)
    sent(database, PHOTO_TWO, upto=200)
    with pytest.raises(PowerCutError):
        cut_short(database)
    with database.reading() as connection:
        assert uploads.standing(connection, ORG, "d-un", sha256=digest(PHOTO_TWO)).received == 200
        with pytest.raises(NotFoundError):
            photos.content(connection, ORG, digest(PHOTO_TWO))
    with database.writing(ORG) as connection:
        last_part(connection)
    with database.reading() as connection:
        assert photos.content(connection, ORG, digest(PHOTO_TWO)) == PHOTO_TWO
