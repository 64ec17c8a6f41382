"""The control of a checklist and the gate back into service: what fails is refused beforehand, offline as online."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from boucle.checklists import Checklist, Moment, Step
from boucle.commands import Command
from boucle.telling import Outcome
from boucle_field import people
from boucle_field.outbox import Draft
from boucle_field.pages import Page
from boucle_field.screens.control_screens import CheckScreen, ControlScreen
from tests.builders import START_MS, code
from tests.screens.bench_stock import CONTROL, HUGO, INES, QUALITY, ask_qualified, bench_staff, describe_bench
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import PIN, enrolled
from tests.screens.test_photos import aim, asking
from tests.screens.test_reception_screens import stage, visit_of
from tests.screens.test_visit_screens import command, scan_crates, unsent
from tests.world import SimServer


def last(hand: Hand) -> dict[str, Any]:
    payload = hand.face.at.store.db.execute("SELECT payload FROM outbox ORDER BY n DESC LIMIT 1").fetchone()[0]
    return dict(json.loads(payload))


@pytest.fixture
def gate(tmp_path: Path, server: SimServer, open_app: Callable[..., Hand]) -> Hand:
    """Give the app of a workshop with two people, where Inès repaired crate 21."""
    bench_staff(server)
    directory = tmp_path / "gate"
    enrolled(directory, server)
    hand = open_app(directory)
    log_in(hand, INES)
    phone = hand.face.at
    describe_bench(phone, QUALITY, CONTROL)
    for kind, body in (("item.sorted", {"verdict": "damaged"}), ("work.repaired", {})):
        phone.desk.record(Draft(kind=kind, code=code(21), place="strasbourg", body=body))
    assert stage(hand, 21)[0] == "requalifying"
    return hand


def pull_versions(hand: Hand, *versions: Checklist) -> None:
    """Let every version of one checklist come down, as the server tells a row."""
    phone = hand.face.at
    cursor = int(phone.mirror.cursor) + 1
    told = [
        {"valid_from": each.valid_from, "row": each.row, "id": f"0198a000-0000-7000-8000-{at:012x}"}
        for at, each in enumerate(versions)
    ]
    rows = [{"n": cursor, "table": "checklist", "key": versions[0].key, "row": told}]
    page = Page.read({"rows": rows, "next": cursor, "more": False})
    assert page is not None
    phone.mirror.apply(page)


def log_in(hand: Hand, name: str) -> None:
    people.enter(hand.face.at.store, name, PIN, ticks=hand.face.at.ticks)
    hand.face.home()


# ---- the gate


@pytest.mark.story(15)
def test_what_was_repaired_is_released_by_somebody_else(gate: Hand) -> None:
    log_in(gate, HUGO)
    gate.face.choose("release")
    assert isinstance(gate.face.screen, ControlScreen)
    assert visit_of(gate).wanted == 1
    scan_crates(gate, range(21, 22))
    assert isinstance(gate.face.screen, CheckScreen)
    gate.tap("Oui")
    gate.tap("REMETTRE EN SERVICE")
    assert stage(gate, 21)[0] == "available"
    assert last(gate)["body"]["checklist"] == QUALITY.ref
    assert gate.sees("Remis en service")
    command(gate, Command.UNDO)
    assert stage(gate, 21)[0] == "requalifying"


@pytest.mark.story(15)
def test_who_repaired_it_may_not_release_it_and_is_told_so_offline(gate: Hand) -> None:
    gate.face.choose("release")
    scan_crates(gate, range(21, 22))
    gate.tap("Oui")
    before = unsent(gate)
    gate.tap("REMETTRE EN SERVICE")
    assert gate.sees("Il faut une seconde personne")
    assert (unsent(gate), stage(gate, 21)[0]) == (before, "requalifying")
    assert isinstance(gate.face.screen, CheckScreen)
    assert gate.ear.heard[-1] is Outcome.REFUSED


@pytest.mark.story(15)
@pytest.mark.parametrize(("answer", "words"), [
    ("Non", "Un contrôle obligatoire a échoué"),
    ("", "Il manque une réponse obligatoire"),
])  # fmt: skip
def test_a_blocking_check_that_failed_or_is_missing_is_named_and_nothing_is_recorded(
    gate: Hand, answer: str, words: str
) -> None:
    log_in(gate, HUGO)
    gate.face.choose("release")
    scan_crates(gate, range(21, 22))
    if answer:
        gate.tap(answer)
    before = unsent(gate)
    gate.tap("REMETTRE EN SERVICE")
    assert gate.sees(words)
    assert gate.sees("· Tient la charge")
    assert (unsent(gate), stage(gate, 21)[0]) == (before, "requalifying")


@pytest.mark.story(15)
@pytest.mark.parametrize(("until", "words"), [
    ("2025-12-31", "son dernier jour était le 31/12/2025"),
    (None, "que vous n’avez pas"),
])  # fmt: skip
def test_an_expired_qualification_is_told_before_and_refused_with_who_may_instead(
    gate: Hand, until: str | None, words: str
) -> None:
    held = {"hugo": until} if until else {}
    ask_qualified(gate.face.at, "release", ines="", long="2027-01-01", **held)
    log_in(gate, HUGO)
    gate.face.choose("release")
    scan_crates(gate, range(21, 22))
    assert gate.sees(words)
    # Inès repaired it herself, and the other one is no inspector: nobody is left to be named.
    assert gate.sees("Personne d’autre n’est habilité")
    gate.tap("Oui")
    before = unsent(gate)
    gate.tap("REMETTRE EN SERVICE")
    assert (unsent(gate), stage(gate, 21)[0]) == (before, "requalifying")
    assert gate.ear.heard[-1] is Outcome.REFUSED


@pytest.mark.story(15)
def test_who_is_qualified_on_that_day_releases(gate: Hand) -> None:
    ask_qualified(gate.face.at, "release", hugo="2026-12-31")
    log_in(gate, HUGO)
    gate.face.choose("release")
    scan_crates(gate, range(21, 22))
    assert not gate.sees("habilitation")
    gate.tap("Oui")
    gate.tap("REMETTRE EN SERVICE")
    assert stage(gate, 21)[0] == "available"


def test_a_good_verdict_without_the_qualification_counts_and_is_told(gate: Hand) -> None:
    ask_qualified(gate.face.at, "control")
    gate.face.choose("control")
    scan_crates(gate, range(22, 23))
    assert gate.sees("l’habilitation « Contrôle final »")
    screen = gate.face.screen
    assert isinstance(screen, CheckScreen)
    screen.answer("fond", True)
    gate.face.screen._measured("creux", 2_500)
    gate.tap("Bon")
    assert last(gate)["body"]["verdict"] == "ok"
    assert gate.ear.heard[-1] is Outcome.UNEXPECTED


def test_what_does_not_pass_goes_back_to_its_repair(gate: Hand) -> None:
    log_in(gate, HUGO)
    gate.face.choose("release")
    gate.tap("En attente ici")
    gate.tap(gate.face.named(code(21)))
    gate.tap("Non")
    gate.tap("Refuser")
    assert (last(gate)["kind"], stage(gate, 21)[0]) == ("item.rejected/1", "in_repair")
    command(gate, Command.UNDO)
    assert stage(gate, 21)[0] == "requalifying"


def test_what_waits_for_nothing_is_refused_with_its_reason(gate: Hand) -> None:
    log_in(gate, HUGO)
    gate.face.choose("release")
    scan_crates(gate, range(22, 23))
    gate.tap("Oui")
    gate.tap("REMETTRE EN SERVICE")
    assert gate.sees("N’est pas en requalification")
    assert stage(gate, 22)[0] == "available"


# ---- the control


def test_a_control_keeps_its_answers_with_their_version(gate: Hand) -> None:
    gate.face.choose("control")
    scan_crates(gate, range(22, 23))
    assert gate.sees("Contrôle au retour")
    screen = gate.face.screen
    assert isinstance(screen, CheckScreen)
    screen.answer("fond", True)
    gate.face.screen._measured("creux", 2_500)
    gate.tap("Bon")
    body = last(gate)["body"]
    assert (body["verdict"], body["checklist"]) == ("ok", CONTROL.ref)
    assert body["checks"] == {"fond": True, "creux": True}
    assert body["measures"] == {"creux": {"value": 2_500, "unit": "um"}}
    assert gate.sees("Contrôlé · bon")


def test_good_is_refused_while_a_blocking_measure_is_out_of_limits(gate: Hand) -> None:
    gate.face.choose("control")
    scan_crates(gate, range(22, 23))
    gate.face.screen.answer("fond", True)
    gate.face.screen._measured("creux", 3_100)
    before = unsent(gate)
    gate.tap("Bon")
    assert gate.sees("· Flèche du fond")
    assert unsent(gate) == before
    gate.tap("À réparer")
    assert stage(gate, 22)[0] == "in_repair"


@pytest.mark.story(16)
def test_a_checklist_that_changes_meanwhile_keeps_the_questions_that_were_begun(gate: Hand) -> None:
    gate.face.choose("control")
    scan_crates(gate, range(22, 23))
    gate.face.screen.answer("fond", True)
    newer = Checklist(
        key="controle",
        valid_from=START_MS,
        moment=Moment.CONTROL,
        words={"fr": "Contrôle renforcé"},
        types=("bac",),
        steps=(Step(id="tout", words={"fr": "Tout va bien"}, blocking=True),),
    )
    pull_versions(gate, CONTROL, newer)
    gate.face.open(CheckScreen, code(22))
    assert gate.sees("Fond intact")
    gate.face.screen._measured("creux", 1_000)
    gate.tap("Bon")
    assert last(gate)["body"]["checklist"] == CONTROL.ref
    scan_crates(gate, range(23, 24))
    gate.face.open(CheckScreen, code(1))
    assert gate.sees("Tout va bien")


def test_answers_survive_the_app(gate: Hand, tmp_path: Path, open_app: Callable[..., Hand]) -> None:
    gate.face.choose("control")
    scan_crates(gate, range(22, 23))
    gate.face.screen.answer("fond", True)
    again = open_app(tmp_path / "gate")
    again.scan(LABEL + code(22))
    assert again.sees("● Oui")


# ---- the photo


@pytest.mark.parametrize("has_camera", [True, False], ids=["a camera", "no camera"])
def test_scrap_asks_for_its_photo_once_and_the_answers_wait(
    data: Path, tmp_path: Path, open_app: Callable[..., Hand], *, has_camera: bool
) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    Image.new("RGB", (1280, 720), "#8a5a2b").save(frames / "1.png")
    hand = open_app(data, frames=frames) if has_camera else open_app(data)
    describe_bench(hand.face.at, CONTROL)
    asking(hand.face.at)
    hand.face.choose("control")
    scan_crates(hand, range(22, 23))
    hand.face.screen.answer("fond", False)
    hand.face.screen.judge("scrap")
    if has_camera:
        assert unsent(hand) == 0
        aim(hand)
        hand.face.screen.photos.take()
        scan_crates(hand, range(22, 23))
        hand.frames()
        assert hand.sees("● Non")
        hand.face.screen.judge("scrap")
    event = last(hand)
    assert event["body"]["checks"] == {"fond": False}
    assert len(event.get("photos", [])) == (1 if has_camera else 0)
    assert stage(hand, 22)[2] == "scrap"
