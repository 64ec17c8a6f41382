"""The command line offline: one ACK for each durable event, a clear word for everything else."""

import json
import re
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from boucle.actions import ACTIONS
from boucle.codes import Kind, mint
from boucle.ids import is_uuid7
from boucle.wedge import scramble
from boucle_field.headless import main
from boucle_field.headless_parser import COMMANDS
from boucle_field.store import Store, alone
from tests.builders import code
from tests.field_app.pictures import BASE, picture
from tests.field_app.ran import Ran

Field = Callable[..., Ran]


def stored(data: Path) -> list[str]:
    with closing(Store.open(data)) as store:
        return [row[0] for row in store.db.execute("SELECT id FROM outbox ORDER BY n")]


def test_a_picture_of_labels_goes_through_the_whole_loop_offline(field: Field, data: Path, tmp_path: Path) -> None:
    drawn = picture(tmp_path / "crates.png", [f"{BASE}/{code(number)}" for number in (1, 2, 3)])
    steps = [
        ("commission", "--set", "type=bac"),
        ("ship", "--set", "to=mulhouse"),
        ("deliver", "--place", "mulhouse"),
        ("collect", "--place", "mulhouse"),
        ("receive",),
        ("sort", "--grade", "ok"),
    ]
    acknowledged: list[str] = []
    for action, *rest in steps:
        ran = field("scan", "--image", drawn, "--do", action, *rest)
        assert (ran.code, len(ran.acks)) == (0, 3), ran
        assert ran.out.count("\n") == 3
        assert ran.err.count("✓") == 3, ran.err
        acknowledged += ran.acks
    assert all(map(is_uuid7, acknowledged))
    assert stored(data) == acknowledged


def test_french_is_spoken_unless_english_is_asked_for(field: Field) -> None:
    assert "reprise" in field("scan", code(1), "--do", "collect", "--place", "mulhouse").err
    assert "collected" in field("--lang", "en", "scan", code(1), "--do", "reprendre", "--place", "mulhouse").err


def test_a_scan_said_again_is_kept_and_not_counted_twice(field: Field, data: Path) -> None:
    field("scan", code(1), "--do", "commission", "--set", "type=bac")
    field("scan", code(1), "--do", "ship", "--set", "to=mulhouse")
    again = field("--lang", "en", "scan", code(1), "--do", "ship", "--set", "to=mulhouse")
    assert (again.code, len(again.acks)) == (0, 1)
    assert "scanned already at" in again.err
    assert len(stored(data)) == 3


@pytest.mark.parametrize("again", [code(1), f"{BASE}/{code(1)}", code(1).lower()])
def test_one_code_given_twice_in_a_command_is_one_scan_and_said_to_be(field: Field, again: str) -> None:
    ran = field("scan", code(1), again, code(2), "--do", "find")
    assert (ran.code, len(ran.acks)) == (0, 2)
    assert ran.err.count("↻") == 1
    assert "déjà scanné dans cette commande" in ran.err


def test_a_slip_in_the_name_of_a_place_records_nothing_and_names_it(field: Field, data: Path) -> None:
    ran = field("scan", code(1), "--do", "collect", "--place", "mulhuose")
    assert (ran.code, ran.acks) == (2, [])
    assert "« mulhuose »" in ran.err
    assert "Vouliez-vous dire mulhouse ?" in ran.err
    ran = field("scan", code(1), "--do", "ship", "--set", "to=Quelque part")
    assert (ran.code, "« Quelque part »" in ran.err, "boucle-field sync" in ran.err) == (2, True, True)
    assert stored(data) == []


def test_the_label_of_a_place_that_is_not_described_yet_is_taken_and_named(field: Field) -> None:
    place = mint(Kind.PLACE, Random(1).randbytes)
    field("scan", code(1), "--do", "commission", "--set", "type=bac")
    field("scan", code(1), "--do", "ship", "--set", "to=mulhouse")
    ran = field("scan", code(1), "--do", "collect", "--place", place.grouped)
    assert (ran.code, len(ran.acks)) == (0, 1)
    assert f"lieu inconnu : {place.grouped}" in ran.err


def test_a_type_that_nobody_described_is_named(field: Field) -> None:
    ran = field("scan", "--type", "flim", "--qty", "2", "--do", "collect", "--place", "mulhouse")
    assert "flim" in ran.err.partition("—")[2]


def test_a_type_beside_codes_is_what_they_become_or_is_said_to_be_too_much(
    field: Field, data: Path, tmp_path: Path
) -> None:
    drawn = picture(tmp_path / "crates.png", [f"{BASE}/{code(1)}"])
    assert "retirez --type" in field("scan", "--image", drawn, "--do", "find", "--type", "bac").err
    assert "deux commandes" in field("scan", "--image", drawn, "--do", "find", "--type", "bac", "--qty", "2").err
    assert stored(data) == []
    assert len(field("scan", "--image", drawn, "--do", "commission", "--type", "bac").acks) == 1
    assert len(stored(data)) == 1
    assert len(field("scan", "--image", drawn, "--do", "commission", "--set", "type=bac").acks) == 1


def test_an_unknown_label_is_kept_and_said_to_be_checked(field: Field) -> None:
    ran = field("scan", code(9), "--do", "collect", "--place", "mulhouse")
    assert (ran.code, len(ran.acks)) == (0, 1)
    assert "sera vérifié" in ran.err


def test_a_decision_without_effect_is_refused_and_nothing_is_kept(field: Field, data: Path) -> None:
    field("scan", code(1), "--do", "commission", "--set", "type=bac")
    field("scan", code(1), "--do", "ship", "--set", "to=mulhouse")
    before = stored(data)
    ran = field("--lang", "en", "scan", code(1), "--do", "retire", "--set", "reason=cracked")
    assert (ran.code, ran.acks) == (1, [])
    assert "impossible while it is out" in ran.err
    assert stored(data) == before


def test_a_retired_item_is_kept_and_shown_as_what_counts_for_nothing(field: Field) -> None:
    field("scan", code(1), "--do", "commission", "--set", "type=bac")
    assert len(field("scan", code(1), "--do", "retire", "--set", "route=recycling").acks) == 1
    ran = field("scan", code(1), "--do", "ship", "--set", "to=mulhouse")
    assert (ran.code, len(ran.acks)) == (0, 1)
    assert ran.err.startswith("●")


def test_a_refused_code_stops_no_other(field: Field) -> None:
    ran = field("scan", "C/0000000000000Z", code(1), "https://elsewhere.example/x", "--do", "find")
    assert (ran.code, len(ran.acks)) == (1, 1)
    assert "mal lu" in ran.err
    assert "pas une étiquette Boucle" in ran.err


@pytest.mark.parametrize("hostile", [
    "C/\u202e7K3M9QX2T4HDC8",
    "\x1b[2J",
    "x" * 5000,
    "javascript:alert(1)",
    "=cmd|' /C calc'!A0",
    "WIFI:S:home;T:WPA;P:secret;;",
    "^XA^PQ9999^XZ",
    "[ref=x]tap[/ref]",
    "../../etc/passwd",
    "\udcff\udcfe",
])  # fmt: skip
def test_a_hostile_code_is_refused_and_shown_harmless(field: Field, data: Path, hostile: str) -> None:
    ran = field("scan", "--do", "find", "--", hostile)
    assert (ran.code, ran.acks) == (1, [])
    assert all(char.isprintable() or char == "\n" for char in ran.err)
    assert stored(data) == []


def test_a_foreign_code_is_taken_once_it_is_linked(field: Field) -> None:
    field("scan", code(1), "--do", "commission", "--set", "type=bac")
    assert field("scan", "SUPPLIER-4711-X", "--do", "find").code == 1
    assert len(field("scan", "SUPPLIER-4711-X", "--do", "bind", "--set", f"item={code(1)}").acks) == 1
    linked = field("scan", "SUPPLIER-4711-X", "--do", "ship", "--set", "to=mulhouse")
    assert (linked.code, len(linked.acks)) == (0, 1)
    assert field("scan", code(1), "--do", "ship", "--set", "to=mulhouse").err.startswith("↻")


def test_a_place_label_among_the_codes_sets_the_place(field: Field, data: Path) -> None:
    place = mint(Kind.PLACE, Random(1).randbytes)
    ran = field("scan", code(1), f"{BASE}/{place.text}", code(2), "--do", "collect")
    assert len(ran.acks) == 2
    with closing(Store.open(data)) as store:
        payloads = [row[0] for row in store.db.execute("SELECT payload FROM outbox")]
    assert [json.loads(payload)["place"] for payload in payloads] == [place.text] * 2


def test_a_badge_is_no_item(field: Field) -> None:
    badge = mint(Kind.BADGE, Random(1).randbytes)
    ran = field("scan", badge.text, "--do", "find")
    assert (ran.code, ran.acks) == (1, [])
    assert badge.grouped in ran.err


def test_a_garbled_scanner_is_understood_and_said(field: Field) -> None:
    garbled = scramble(f"{BASE}/{code(1)}")
    assert garbled is not None
    ran = field("scan", garbled, "--do", "find")
    assert len(ran.acks) == 1
    assert "Clavier du lecteur corrigé" in ran.err


def test_quantities_are_recorded_by_type(field: Field, data: Path) -> None:
    assert len(field("scan", "--type", "film", "--qty", "12", "--do", "collect", "--place", "mulhouse").acks) == 1
    with closing(Store.open(data)) as store:
        ((payload,),) = store.db.execute("SELECT payload FROM outbox").fetchall()
    assert (json.loads(payload)["item_type"], json.loads(payload)["qty"]) == ("film", 12)


@pytest.mark.parametrize("words", [
    ("scan", code(1), "--do", "fly"),
    ("scan", code(1), "--do", "collect"),
    ("scan", code(1), "--do", "ship"),
    ("scan", "--do", "find"),
    ("scan", code(1), "--do", "sort"),
    ("scan", code(1), "--do", "find", "--set", "colour=blue"),
    ("scan", code(1), "--do", "find", "--set", "colour"),
    ("scan", code(1), "--do", "find", "--type", "film", "--qty", "2"),
    ("scan", "--do", "find", "--type", "film"),
    ("scan", "--do", "find", "--qty", "2"),
    ("scan", code(1), "--do", "collect", "--place", "mulhouse", "--weight-g", "two"),
    ("scan", code(1), "--do", "find", "--grade", "A"),
    ("scan", code(1), "--do", "adjust", "--set", "reason=inventaire"),
    ("scan", code(1), "--do", "find", "--photo", "x.jpg"),
    ("scan", code(1)),
    ("fly",),
    ("enrol", "https://elsewhere.example/"),
    (),
])  # fmt: skip
def test_wrong_use_is_said_with_exit_2_and_nothing_is_kept(field: Field, data: Path, words: tuple[str, ...]) -> None:
    ran = field(*words)
    assert (ran.code, ran.acks) == (2, [])
    assert ran.err.strip()
    assert "Traceback" not in ran.err
    assert stored(data) == []


def test_the_missing_answer_is_named_with_the_flag_that_gives_it(field: Field) -> None:
    assert "--place" in field("scan", code(1), "--do", "collect").err
    assert "--set to=" in field("scan", code(1), "--do", "ship").err


def test_undo_voids_the_last_event_and_then_the_one_before(field: Field, data: Path) -> None:
    field("scan", code(1), "--do", "commission", "--set", "type=bac")
    (shipped,) = field("scan", code(1), "--do", "ship", "--set", "to=mulhouse").acks
    (ack,) = field("undo").acks
    with closing(Store.open(data)) as store:
        ((payload,),) = store.db.execute("SELECT payload FROM outbox WHERE id = ?", (ack,)).fetchall()
    assert json.loads(payload)["body"]["target"] == shipped
    assert field("scan", code(1), "--do", "retire").acks
    assert len(stored(data)) == 4
    assert field("undo").code == field("undo").code == 0
    ran = field("undo")
    assert (ran.code, ran.acks) == (1, [])
    assert "Rien à annuler" in ran.err


def test_undo_of_what_cannot_be_undone_says_why(field: Field, data: Path) -> None:
    elsewhere = "019b7824-48a7-796c-841d-19b8a2b2120e"
    ran = field("undo", elsewhere)
    assert (ran.code, ran.acks) == (1, [])
    assert elsewhere in ran.err
    assert "autre appareil" in ran.err
    [found] = field("scan", code(1), "--do", "find").acks
    [void] = field("undo", found).acks
    ran = field("undo", found)
    assert (ran.code, ran.err) == (1, f"{found} est déjà annulé. Rien n’a changé.\n")
    assert "lui-même une annulation" in field("undo", void).err
    ran = field("undo", "../../etc/passwd")
    assert (ran.code, "numéro d’événement" in ran.err) == (2, True)
    assert stored(data) == [found, void]


def test_a_quantity_can_be_undone(field: Field) -> None:
    field("scan", "--type", "film", "--qty", "12", "--do", "collect", "--place", "mulhouse")
    assert len(field("undo").acks) == 1


def test_status_gives_the_true_numbers(field: Field) -> None:
    field("scan", code(1), code(2), "--do", "find")
    told = json.loads(field("status", "--json").out)
    assert (told["unsent"], told["sent"], told["to_check"], told["missing_blobs"]) == (2, 0, 0, 0)
    assert told["last_sync"] is None
    assert told["checkpoint"] is None
    assert told["clock"] == {"error_ms": None, "anchored": False, "wrong": False}
    assert "2 à envoyer" in field("status").out


@pytest.mark.parametrize(("state", "why", "said"), [
    ("quarantined", "time_future", "cinq minutes après"),
    ("fork", "seq_taken", ""),
    ("conflict", "", ""),
    ("raw", "", ""),
    ("held", "", ""),
    ("quarantined", "reason_of_a_newer_server", "reason_of_a_newer_server"),
])  # fmt: skip
def test_what_is_to_check_is_listed_with_its_reason(field: Field, data: Path, state: str, why: str, said: str) -> None:
    [ack] = field("scan", code(1), "--do", "find").acks
    with closing(Store.open(data)) as store:
        store.db.execute("UPDATE outbox SET state = ?, why = ?", (state, why))
    told = field("status").out
    assert ack in told
    assert "objet retrouvé" in told
    assert said in told
    [listed] = json.loads(field("status", "--json").out)["to_check_events"]
    assert (listed["id"], listed["state"], listed["why"]) == (ack, state, why)


def test_every_action_is_listed_with_its_fields(field: Field) -> None:
    listed = json.loads(field("actions", "--json").out)
    assert [each["action"] for each in listed] == list(ACTIONS)
    (commission,) = [each for each in listed if each["action"] == "commission"]
    (kind,) = [each for each in commission["fields"] if each["name"] == "type"]
    assert kind == {
        "name": "type",
        "type": "type",
        "required": True,
        "unless": "",
        "choices": [],
        "fr": "type d’objet",
        "en": "type of item",
    }
    assert "commission" in field("actions").out


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_every_command_explains_itself_with_an_example_in_both_languages(
    field: Field, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    french = field(name, "--help")
    english = field("--lang", "en", name, "--help")
    monkeypatch.setenv("BOUCLE_LANG", "en")
    assert field(name, "--help") == english
    assert french.code == english.code == 0
    assert "exemple : boucle-field" in french.out
    assert "example: boucle-field" in english.out
    assert "utilisation : " in french.out
    assert not {"usage", "show", "this"} & set(re.findall("[a-z]+", french.out))
    # Every argument is explained: no line of the list ends with its name.
    assert [line for line in french.out.splitlines() if re.fullmatch(r"  (--?[a-z-]+( [A-Z]+)?|[A-Z_]+)", line)] == []


def test_wrong_use_is_one_line_in_the_language_asked_for(field: Field) -> None:
    assert field("fly").err.count("\n") == 1
    assert "rien n’a été fait" in field("fly").err
    assert "nothing was done" in field("--lang=en", "fly").err


def test_a_device_that_is_not_enrolled_says_what_to_do(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(tmp_path / "new"), "scan", code(1), "--do", "find"]) == 1
    assert "boucle-field enrol" in capsys.readouterr().err


def test_the_screens_are_honestly_missing_where_kivy_is(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "kivy", None)
    monkeypatch.delitem(sys.modules, "boucle_field.screens.window", raising=False)
    ran = field("run")
    assert ran.code == 1
    assert "--help" in ran.err


def test_a_sync_without_a_network_loses_nothing_and_says_so(field: Field, data: Path) -> None:
    field("scan", code(1), "--do", "find")
    with closing(Store.open(data)) as store:
        store.db.execute("UPDATE meta SET value = replace(value, 'https://boucle.example', 'http://127.0.0.1:9')")
    ran = field("sync")
    assert ran.code == 1
    assert "1 à envoyer" in ran.err
    assert "Rien n’est perdu" in ran.err


def test_a_second_sync_on_the_same_data_waits_for_nobody(field: Field, data: Path) -> None:
    with alone(data) as free:
        assert free
        ran = field("sync")
    assert ran.code == 1
    assert "déjà en cours" in ran.err


def test_a_receipt_is_not_made_up(field: Field) -> None:
    assert field("receipt").code == 1


def test_a_rescue_file_never_overwrites(field: Field, tmp_path: Path) -> None:
    assert field("rescue-export", tmp_path / "out.boucle").code == 1
    field("scan", code(1), "--do", "find")
    assert field("rescue-export", tmp_path / "out.boucle").code == 0
    assert (tmp_path / "out.boucle").read_bytes().startswith(b"boucle-rescue/1\n")
    again = field("rescue-export", tmp_path / "out.boucle")
    assert (again.code, (tmp_path / "out.boucle").stat().st_size > 0) == (2, True)
    assert field("rescue-export", tmp_path / "no" / "where").code == 2


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ((), "il manque COMMAND"),
        (("enrol",), "il manque URI"),
        (("fly",), "« fly » n’est pas connu"),
        (("scan", "--qty", "many"), "--qty : un nombre entier, de 0 à 10000000"),
        (("scan", "--qty", "-3"), "--qty : un nombre entier, de 0 à 10000000"),
        (("login", "--operator"), "une valeur doit suivre"),
        (("status", "--fast"), "--fast n’est pas connu ici"),
    ],
)
def test_wrong_use_is_told_in_one_line_of_the_language_that_is_asked_for(
    field: Field, words: tuple[str, ...], complaint: str
) -> None:
    french, english = field(*words), field("--lang", "en", *words)
    assert french.code == english.code == 2
    assert complaint in french.err
    assert "rien n’a été fait" in french.err
    assert french.err.count("\n") == english.err.count("\n") == 1
    assert "nothing was done" in english.err
