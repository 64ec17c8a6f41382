"""Tests and control at the repair bench on the screens: measures, who may pass what, release and its label."""

from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest

from boucle.checklists import Moment
from boucle.codes import Label, read_label
from boucle.telling import Outcome
from boucle_field import bench, bench_acts
from boucle_field.outbox import Draft
from boucle_field.screens.diagnosis_screens import BenchTestScreen, ControlScreen, DiagnosisScreen
from boucle_labels.reading import ZxingDecoder
from tests.builders import code
from tests.screens.bench_hands import at_control, diagnosed, enter, kept, scan, stage
from tests.screens.bench_stock import (
    HOST,
    QUALITY,
    TEST,
    ask_qualified,
)
from tests.screens.hand import Hand

# ---- answers


def test_what_has_to_be_answered_is_asked_for_and_nothing_is_recorded_before(technician: Hand) -> None:
    hand = technician
    scan(hand, HOST)
    hand.tap("Ouvrir la fiche")
    hand.tap("Enregistrer le diagnostic")
    assert hand.sees("Choisissez d’abord un défaut")
    hand.tap("Cassé")
    hand.tap("Enregistrer le diagnostic")
    assert hand.sees("1 point obligatoire sans réponse : Complet")
    assert kept(hand, "work.diagnosed") == []


def test_answers_outlive_the_app(technician: Hand, workshop: Path, open_app: Callable[..., Hand]) -> None:
    scan(technician, HOST)
    technician.tap("Ouvrir la fiche")
    technician.tap("Cassé")
    again = open_app(workshop)
    again.face.open(DiagnosisScreen, code(HOST))
    assert again.sees("✓ Cassé")


def test_a_measure_is_typed_in_the_unit_that_people_use(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    hand.tap("Réparation terminée")
    hand.tap("Essayer")
    hand.tap("Mesurer")
    assert hand.sees("Au moins 1\u00a0MΩ")
    for key in ("1", ",", "5", "OK"):
        hand.tap(key)
    assert isinstance(hand.face.screen, BenchTestScreen)
    assert hand.sees("1,5\u00a0MΩ")
    hand.tap("intact")
    hand.tap("Essai réussi")
    body = kept(hand, "work.tested")[-1]["body"]
    assert body["measures"] == {"isolement": {"value": 1_500, "unit": "kohm"}}
    assert body["checklist"] == TEST.ref
    assert stage(hand) == "quality_control"


def test_a_measure_out_of_limits_is_no_passed_test(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    hand.tap("Réparation terminée")
    hand.tap("Essayer")
    hand.face.screen.answered("isolement", 900)
    hand.face.screen.answered("aspect", "1")
    assert hand.sees("⚠ Pas conforme")
    hand.tap("Essai réussi")
    assert hand.sees("Les réponses disent le contraire")
    assert [event for event in kept(hand, "work.tested") if event["code"] == code(HOST)] == []
    hand.tap("Essai manqué")
    assert kept(hand, "work.tested")[-1]["body"]["passed"] is False
    assert stage(hand) == "in_repair"


# ---- the end


def test_nobody_requalifies_what_they_repaired_not_even_offline(technician: Hand) -> None:
    hand = technician
    at_control(hand)
    before = len(kept(hand))
    hand.face.open(ControlScreen, code(HOST))
    hand.face.screen.answered("tient", True)
    hand.tap("Requalifier")
    assert hand.sees("Refusé, rien n’est enregistré")
    assert (len(kept(hand)), stage(hand)) == (before, "quality_control")
    assert hand.ear.heard[-1] is Outcome.REFUSED


@pytest.mark.story(15)
def test_a_ticket_says_who_may_control_it_instead_of_somebody_whose_qualification_expired(technician: Hand) -> None:
    hand = technician
    at_control(hand)
    ask_qualified(hand.face.at, "requalify", hugo="2025-12-31", ines="")
    enter(hand, "p-hugo")
    scan(hand, HOST)
    assert hand.sees("Votre habilitation « Contrôle final » a expiré : son dernier jour était le 31/12/2025.")
    assert not hand.sees("Contrôle qualité")
    assert bench.bench(hand.face.at).mine == []
    refused = bench_acts.requalify(hand.face.at, bench_acts.Form(code(HOST), Moment.QUALITY))
    assert refused.event_id == ""
    ask_qualified(hand.face.at, "requalify", hugo="2026-12-31")
    scan(hand, HOST)
    assert hand.sees("Contrôle qualité")


def test_a_failed_blocking_check_is_refused_offline_and_another_person_requalifies(technician: Hand) -> None:
    hand = technician
    at_control(hand)
    enter(hand, "p-hugo")
    scan(hand, HOST)
    hand.tap("Contrôle qualité")
    assert hand.words().count("Contrôle qualité") == 1, "the list of the control has the name of the screen"
    hand.tap("Non")
    hand.tap("Requalifier")
    assert hand.sees("Refusé, rien n’est enregistré")
    assert kept(hand, "work.requalified")[1:] == []
    hand.tap("Oui")
    hand.tap("Requalifier")
    said = kept(hand, "work.requalified")[-1]
    assert (said["actor"], said["body"]["checklist"]) == ("p-hugo", QUALITY.ref)
    assert said["body"]["certificate"].startswith("CR-")
    assert stage(hand) == "requalified"
    hand.tap("Sortie d’atelier")
    assert hand.sees("✓ REQUALIFIÉ")
    assert hand.sees(said["body"]["certificate"])
    hand.tap("Strasbourg")
    assert stage(hand) == "returned_to_use"


def test_the_control_sends_back_and_the_bench_has_it_again(technician: Hand) -> None:
    at_control(technician)
    enter(technician, "p-hugo")
    scan(technician, HOST)
    technician.tap("Contrôle qualité")
    technician.tap("Renvoyer en réparation")
    assert stage(technician) == "in_repair"


def test_a_container_that_was_damaged_is_released_to_service(technician: Hand) -> None:
    hand = technician
    hand.face.at.desk.outbox.record(
        Draft(kind="item.sorted", code=code(HOST), place="strasbourg", body={"verdict": "damaged"})
    )
    at_control(hand)
    enter(hand, "p-hugo")
    scan(hand, HOST)
    hand.tap("Contrôle qualité")
    hand.tap("Oui")
    hand.tap("Requalifier")
    hand.tap("Remettre en service")
    hand.tap("Remettre en service")
    ticket = bench.ticket_of(hand.face.at, code(HOST))
    assert (ticket.stage, ticket.item.stage) == ("returned_to_use", "available")


def test_the_state_label_is_a_file_that_the_desktop_opens_to_be_printed(
    technician: Hand, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand = technician
    at_control(hand)
    enter(hand, "p-hugo")
    scan(hand, HOST)
    hand.tap("Contrôle qualité")
    hand.tap("Oui")
    hand.tap("Requalifier")
    hand.tap("Sortie d’atelier")
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))
    hand.tap("Étiquette d’état (PDF)")
    assert hand.sees("Étiquette gardée ici")
    opener = programs / "xdg-open"
    opener.write_text(f'#!/bin/sh\necho "$1" > {tmp_path / "opened"}\n', encoding="utf-8")
    opener.chmod(0o755)
    hand.tap("Étiquette d’état (PDF)")
    assert hand.sees("Étiquette ouverte pour l’imprimer")
    hand.wait((tmp_path / "opened").exists)
    hand.wait(lambda: (tmp_path / "opened").read_text(encoding="utf-8").endswith("\n"))
    file = Path((tmp_path / "opened").read_text(encoding="utf-8").strip())
    page = pypdfium2.PdfDocument(file)[0]
    assert [round(side * 25.4 / 72) for side in page.get_size()] == [100, 60]
    (found,) = ZxingDecoder().decode(page.render(scale=4).to_pil())
    read = read_label(found.scanned)
    assert isinstance(read, Label)
    assert read.key == code(HOST)
