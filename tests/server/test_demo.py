"""The demonstration on a real database: filled by the one door, kept, refused where real data is, and served."""

import http.client
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from boucle.clock import SystemClock
from boucle.rounds import Ending, rounds_in
from boucle_server import photos, reports
from boucle_server.cli import main
from boucle_server.db import Database
from boucle_server.demo import command, pictures
from boucle_server.demo.open_matters import NEWER
from boucle_server.demo.phone import Delivery
from boucle_server.demo.seasons import instant
from boucle_server.demo.seed import state_of
from boucle_server.demo.year import Plan
from boucle_server.driven import State, driven
from boucle_server.errors import OperatorError
from boucle_server.projections import load_book
from boucle_server.settings import Settings
from boucle_server.tables import DEVICE, JOB_RUN, ORG, PERSON, PHOTO, RECORD, SEAL
from boucle_server.watermarks import watermark
from tests.property.test_one_heap import an_asker, heaps_of_items, wanting
from tests.server.demo_world import SMALL, TODAY, taken


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a directory that holds a small demonstration."""
    directory = tmp_path_factory.mktemp("demo") / "data"
    command.fill(Settings(data=directory), SMALL)
    return directory


@contextmanager
def opened(directory: Path) -> Iterator[Database]:
    """Open the database of a data directory."""
    database = Database.open(Settings(data=directory))
    try:
        yield database
    finally:
        database.close()


def test_every_event_of_the_simulation_is_stored_under_its_own_receipt_time(data: Path) -> None:
    expected = taken(SMALL)
    with opened(data) as database, database.reading() as connection:
        columns = (RECORD.c.id, RECORD.c.received_ms, RECORD.c.teff, RECORD.c.tq)
        query = sa.select(*columns).where(RECORD.c.dev != "server", RECORD.c.status == "accepted")
        stored = {row.id: (row.received_ms, row.teff, row.tq) for row in connection.execute(query)}
    phones = {event.id: event for event in expected.events.values() if event.dev != "server"}
    assert stored == {event.id: (expected.received_ms[event.id], event.teff, event.tq) for event in phones.values()}


def test_one_event_waits_for_the_next_version_and_every_batch_of_a_phone_has_its_seal(data: Path) -> None:
    with opened(data) as database, database.reading() as connection:
        aside = sa.select(RECORD.c.kind, RECORD.c.status).where(RECORD.c.status != "accepted")
        assert connection.execute(aside).all() == [(f"{NEWER}/1", "held")]
        unsealed = sa.select(sa.func.count()).where(RECORD.c.seal.is_(None)).select_from(RECORD)
        assert connection.execute(unsealed).scalar_one() == 0
        assert connection.execute(sa.select(sa.func.count()).select_from(SEAL)).scalar_one() > 100


def test_what_it_holds_is_sound_and_its_tables_are_what_the_events_give(data: Path) -> None:
    assert main(["verify", "--data", str(data)]) == 0
    assert main(["rebuild", "--check", "--data", str(data)]) == 0


def test_the_lost_phone_is_revoked_and_what_is_known_of_it_is_what_it_sent(data: Path) -> None:
    with opened(data) as database, database.reading() as connection:
        lost = connection.execute(sa.select(DEVICE.c.dev).where(DEVICE.c.status == "revoked")).scalar_one()
        sent = [each.push for each in taken(SMALL).year.arrivals if isinstance(each, Delivery)]
        numbers = {number for push in sent if push.dev == lost for number in range(push.first, push.last + 1)}
        epoch = next(push.epoch for push in sent if push.dev == lost)
        known = watermark(connection, "demo", lost, epoch=epoch).ranges
        assert {number for each in known for number in range(each.first, each.last + 1)} == numbers


def test_nobody_can_speak_for_a_simulated_phone_and_all_operators_know_one_pin(data: Path) -> None:
    with opened(data) as database, database.reading() as connection:
        assert set(connection.execute(sa.select(DEVICE.c.token_hash)).scalars()) == {None}
        assert connection.execute(sa.select(ORG.c.demo)).scalars().all() == [True]
        roles = connection.execute(sa.select(PERSON.c.role).where(PERSON.c.login.is_not(None))).scalars()
        assert sorted(roles) == [
            "administrator", "driver", "inspector", "manager", "reader", "technician", "warehouse",
        ]  # fmt: skip


def test_a_second_start_keeps_what_is_there(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", "--data", str(data), "--seed-only"]) == 0
    before = (data / "boucle.sqlite3").read_bytes()
    assert main(["demo", "--data", str(data), "--seed-only"]) == 0
    assert (data / "boucle.sqlite3").read_bytes() == before
    told = capsys.readouterr()
    day = f"{SMALL.today:%d/%m/%Y}"
    assert f"{data} contient déjà la démonstration du {day} ({SMALL.items} contenants environ" in told.err
    assert "supprimez ce répertoire" in told.err
    assert "{" not in told.err
    assert "Démonstration :" in told.out
    assert (data / "demo-token.txt").read_text(encoding="ascii").strip() in told.out


def test_every_photo_came_whole_but_the_one_that_was_lost_with_its_card(data: Path) -> None:
    with opened(data) as database, database.reading() as connection:
        assert connection.execute(sa.select(PHOTO.c.sha256).where(PHOTO.c.flaw != "")).all() == []
        assert [each.sha256 for each in photos.missing(connection, "demo")] == [pictures.never_sent()[0]["sha256"]]


def test_an_interrupted_filling_begins_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(_connection: object, _arrival: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("boucle_server.demo.seed._store", stop)
        with pytest.raises(KeyboardInterrupt):
            command.fill(Settings(data=tmp_path), SMALL)
    with opened(tmp_path) as database:
        assert state_of(database) == "broken"
    command.fill(Settings(data=tmp_path), SMALL)
    with opened(tmp_path) as database, database.reading() as connection:
        assert state_of(database) == "demo"
        assert connection.execute(sa.select(sa.func.count()).select_from(JOB_RUN)).scalar_one() == 1


def test_a_directory_with_real_data_is_refused_and_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["admin", "init", "--data", str(tmp_path), "--org", "Éco-Retour", "--admin", "ada"]) == 0
    before = sorted((path.name, path.read_bytes()) for path in tmp_path.glob("*.sqlite3"))
    capsys.readouterr()
    assert main(["demo", "--data", str(tmp_path), "--items", "60", "--months", "2", "--port", "0"]) == 1
    assert "vraie organisation" in capsys.readouterr().err
    assert sorted((path.name, path.read_bytes()) for path in tmp_path.glob("*.sqlite3")) == before
    with pytest.raises(OperatorError, match="real organisation"):
        command.fill(Settings(data=tmp_path), SMALL)


@pytest.mark.parametrize("wrong", [["--items", "12"], ["--months", "1"], ["--items", "many"], ["--seed", "x"]])
def test_numbers_that_make_no_year_are_wrong_use(tmp_path: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as left:
        main(["demo", "--data", str(tmp_path), *wrong])
    assert left.value.code == 2


def test_what_wants_a_person_stands_in_one_heap_of_to_do(data: Path) -> None:
    with opened(data) as database, database.reading() as connection:
        org = connection.execute(sa.select(ORG.c.org)).scalar_one()
        asker = an_asker(connection, SystemClock().now_ms(), org)
        heaps = heaps_of_items(asker)
        assert {item: several for item, several in heaps.items() if len(several) > 1} == {}
        assert set(heaps) == wanting(asker) != set()


def test_the_command_serves_what_it_filled(data: Path) -> None:
    line = [sys.executable, "-m", "boucle_server.cli", "demo", "--data", str(data), "--port", "0"]
    environment = {**os.environ, "BOUCLE_DATABASE_URL": "postgresql://nobody@/nowhere", "BOUCLE_JOBS": "false"}
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment) as server:
        try:
            assert server.stdout is not None
            ready = next(row for row in server.stdout if row.startswith("ready "))
            with closing(http.client.HTTPConnection(ready.split()[1].removeprefix("http://"))) as connection:
                for path, words in (("/connexion", "Claire Muller"), ("/connexion?lang=en", '<html lang="en">')):
                    connection.request("GET", path)
                    answer = connection.getresponse()
                    assert answer.status == 200
                    assert words in answer.read().decode()
        finally:
            server.terminate()
            server.communicate()


def test_the_last_complete_month_has_figures_of_every_kind(data: Path) -> None:
    with opened(data) as database, database.reading() as connection:
        at_ms = instant(TODAY, 9.0)
        month = reports.last_complete_month(reports.zone_of(connection, "demo"), at_ms)
        asked = reports.question(connection, "demo", [month], as_of_ms=at_ms)
        found = reports.figures(connection, "demo", asked)
    assert month == "2026-10"
    values = {id_: value.value for id_, value in found.items()}
    told = {"K1", "K2", "K4", "K6", "K7", "K10-return", "K11", "K12", "K13", "K20", "K21-recycling", "evidence"}
    assert {id_ for id_ in told if values[id_] is None} == set()
    assert values["K20"] == taken(SMALL).total("received_units", "2026-10")


@pytest.mark.slow
def test_last_week_was_driven_by_plan_and_a_round_of_today_waits_for_whoever_tries(tmp_path: Path) -> None:
    command.fill(Settings(data=tmp_path / "data"), Plan(today=TODAY, months=1, items=400))
    with opened(tmp_path / "data") as database, database.reading() as connection:
        now_ms = instant(TODAY, 8.0)
        planned = rounds_in(load_book(connection, "demo"), at_ms=now_ms)
        found = driven(connection, "demo", planned, zone="Europe/Paris", now_ms=now_ms)
    before = [each for each in found if each.round.day < TODAY]
    states = Counter(each.state for each in before)
    assert states[State.DONE] > 5
    assert states[State.INCOMPLETE] > 0  # a phone has not been heard of for days
    stops = [stop for each in before for stop in each.stops if stop.last]
    shut = [stop for stop in stops if stop.last and stop.last.ending is Ending.CLOSED]
    assert len(shut) == 1
    assert all(stop.last and stop.last.signer and stop.last.signature for stop in stops if stop not in shut)
    assert any(len(stop.validations) > 1 for stop in stops)
    explained = [stop for stop in stops if stop.last and stop.last.reasons]
    assert explained
    (mine,) = [each.round for each in found if each.round.day == TODAY and not each.round.person]
    assert mine.stops[0].place == "rhin-plasturgie"
    assert mine.stops[0].collect["bac-600x400"] > 0
    assert [each for each in found if each.round.day > TODAY]
