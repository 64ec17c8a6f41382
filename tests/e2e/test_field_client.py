"""The field client against the real server: people, undo, a device cut off, a server restored, a rescue file."""

import json
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from boucle.codes import Kind, mint
from boucle.errors import UnverifiedError
from boucle.note import Checkpoint, NoteVerifier, verify_checkpoint
from boucle.receipt import verify
from boucle.signing import load_crypto
from tests.e2e.commands import MODULES, House, Phone, founded, served

pytestmark = pytest.mark.slow
CODES = [mint(Kind.CONTAINER, Random(number).randbytes).text for number in range(12)]


@pytest.fixture
def house(tmp_path: Path) -> House:
    return founded(tmp_path / "data")


def started(program: str, *words: object) -> "subprocess.Popen[str]":
    line = [sys.executable, "-m", MODULES[program], *map(str, words)]
    return subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def commissioned(phone: Phone, *codes: str) -> list[str]:
    return phone.run("scan", *codes, "--do", "commission", "--set", "type=bac-600x400").acks


def checkpoint(phone: Phone, house: House) -> Checkpoint:
    note = phone.status["checkpoint"]
    vkey = house.get("/v1/log/key")["vkey"]
    return verify_checkpoint(note, NoteVerifier.from_vkey(vkey, load_crypto().verify_key))


def test_somebody_logs_in_offline_and_the_server_learns_who_scanned(house: House, tmp_path: Path) -> None:
    house.boucle("admin", "operator", "add", "--name", "Karim", "--role", "chauffeur", "--pin", "4711")
    with served(house):
        phone = house.phone(tmp_path / "phone", name="Camion 1", role="partenaire")
        phone.run("sync")
    refused = phone.run("scan", CODES[0], "--do", "collect", "--place", "mulhouse", code=1)
    assert "boucle-field login" in refused.err
    assert "PIN" in phone.run("login", "--operator", "Karim", "--pin", "0000", code=1).err
    phone.run("login", "--operator", "karim", "--pin", "4711")
    [ack] = phone.run("scan", CODES[0], "--do", "collect", "--place", "mulhouse").acks
    with served(house):
        assert phone.run("sync").code == 0
        assert house.get(f"/v1/log/proof/{ack}")["event_id"] == ack
    assert phone.status["sent"] == 1


def test_every_sync_moves_the_witness_on_with_a_proof(house: House, tmp_path: Path) -> None:
    sizes = []
    with served(house):
        phone = house.phone(tmp_path / "phone", name="Quai", role="magasinier", site="strasbourg")
        for code in CODES[:4]:
            commissioned(phone, code)
            phone.run("sync")
            assert phone.status["witness"] == "ok"
            sizes.append(checkpoint(phone, house).size)
        note = phone.run("receipt").out
        vkey = house.get("/v1/log/key")["vkey"]
    assert sizes == sorted(set(sizes))
    receipt = verify(note, NoteVerifier.from_vkey(vkey, load_crypto().verify_key))
    assert [(each.first, each.last) for each in receipt.ranges] == [(1, 4)]
    with pytest.raises(UnverifiedError):
        verify(note.replace("range 1 4", "range 1 5"), NoteVerifier.from_vkey(vkey, load_crypto().verify_key))


def test_what_was_sent_can_be_undone_without_a_network(house: House, tmp_path: Path) -> None:
    with served(house):
        phone = house.phone(tmp_path / "phone", name="Quai", role="magasinier", site="strasbourg")
        phone.run("sync")
        commissioned(phone, CODES[0])
        phone.run("scan", CODES[0], "--do", "ship", "--place", "mulhouse")
        phone.run("sync")
    [void] = phone.run("undo").acks
    with served(house):
        phone.run("sync")
        assert house.get(f"/v1/log/proof/{void}")["event_id"] == void
    assert phone.status["unsent"] == 0
    # Shipped no more, so that it may be retired.
    assert len(phone.run("scan", CODES[0], "--do", "retire", code=1).acks) == 0
    house.boucle("admin", "operator", "add", "--name", "Léa", "--role", "responsable", "--pin", "2007")
    with served(house):
        phone.run("sync")
    phone.run("login", "--operator", "Léa", "--pin", "2007")
    assert len(phone.run("scan", CODES[0], "--do", "retire").acks) == 1


def test_a_device_that_was_cut_off_keeps_everything_and_exports_it(house: House, tmp_path: Path) -> None:
    with served(house):
        phone = house.phone(tmp_path / "phone", name="Perdu", role="magasinier", site="strasbourg")
        phone.run("sync")
        commissioned(phone, *CODES[:3])
        house.boucle("admin", "device", "revoke", phone.status["device"])
        ended = phone.run("sync", code=1)
    assert "rescue-export" in ended.err
    assert phone.status["unsent"] == 3
    phone.run("rescue-export", tmp_path / "outbox.boucle")
    assert (tmp_path / "outbox.boucle").read_bytes().startswith(b"boucle-rescue/1\n")


def test_a_restored_server_gets_back_what_its_phones_hold(house: House, tmp_path: Path) -> None:
    with served(house):
        phone = house.phone(tmp_path / "phone", name="Quai", role="magasinier", site="strasbourg")
        phone.run("sync")
        acks = commissioned(phone, *CODES[:3])
        phone.run("sync")
        house.boucle("backup", tmp_path / "backup.zip")
        acks += commissioned(phone, *CODES[3:8])
        phone.run("sync")
    restored = House(data=tmp_path / "restored", token=house.token, port=house.port)
    restored.boucle("restore", tmp_path / "backup.zip")
    with served(restored):
        acks += commissioned(phone, *CODES[8:10])
        told = phone.run("sync")
        assert "restauré" in told.err
        status = phone.status
        assert (status["unsent"], status["sent"], status["to_check"]) == (0, 10, 0)
        assert all(restored.get(f"/v1/log/proof/{ack}") for ack in acks)
        assert phone.run("sync").err == ""
        assert not checkpoint(phone, restored).origin.endswith("/g1")


def test_a_sync_killed_at_any_moment_sends_everything_once(house: House, tmp_path: Path) -> None:
    random = Random(8)
    with served(house):
        phone = house.phone(tmp_path / "phone", name="Quai", role="magasinier", site="strasbourg")
        phone.run("sync")
        acks = []
        for _ in range(6):
            more = [mint(Kind.CONTAINER, random.randbytes).text for _ in range(70)]
            acks += commissioned(phone, *more)
            killed = started("boucle-field", "--data", phone.data, "sync")
            time.sleep(0.2 + random.random() * 0.5)
            killed.kill()
            killed.communicate()
        phone.run("sync")
        status = phone.status
        assert (status["unsent"], status["sent"], status["to_check"]) == (0, len(acks), 0)
        assert checkpoint(phone, house).size >= len(acks)
        for ack in random.sample(acks, 20):
            assert house.get(f"/v1/log/proof/{ack}")["event_id"] == ack


def test_one_invitation_lets_in_one_device(house: House, tmp_path: Path) -> None:
    with served(house):
        invited = json.loads(house.boucle("admin", "device", "enrol", "--name", "Un", "--role", "magasinier").out)
        first = Phone(data=tmp_path / "one").run("enrol", invited["uri"])
        assert f"boucle-field --data {tmp_path / 'one'} sync" in first.out
        assert "Appareil enrôlé : Un, Éco-Retour." in first.out
        second = Phone(data=tmp_path / "two").run("enrol", invited["uri"], code=1)
        assert "déjà servi" in second.err
        pin = invited["uri"][-64:]
        again = json.loads(house.boucle("admin", "device", "enrol", "--name", "Deux", "--role", "magasinier").out)
        forged = again["uri"].replace(pin, "0" * 64)
        assert "clé du serveur" in Phone(data=tmp_path / "three").run("enrol", forged, code=1).err
