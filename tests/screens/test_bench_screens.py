"""The repair bench on the screens: from the scan to the diagnosis, by allowed steps alone; taps are counted."""

from collections.abc import Callable
from pathlib import Path

import pytest

from boucle.commands import Command
from boucle.holds import said as held_words
from boucle.item import Item, Job, dump
from boucle.telling import Outcome
from boucle_field import bench, bench_site, quoting
from boucle_field.bench import Next
from boucle_field.outbox import Draft
from boucle_field.screens.bench_screens import BenchScreen, TicketScreen
from boucle_field.screens.diagnosis_screens import DiagnosisScreen
from tests.builders import code
from tests.screens.bench_hands import at_control, diagnosed, kept, scan, stage, typed
from tests.screens.bench_stock import (
    HOST,
    describe_bench,
    stated,
    workshop_device,
)
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.test_visit_screens import command
from tests.world import SimServer

# ---- how many taps


def test_a_ticket_is_opened_and_diagnosed_in_at_most_nine_taps_and_one_scan(technician: Hand) -> None:
    hand = technician
    assert isinstance(hand.face.screen, BenchScreen)
    scan(hand, HOST)
    hand.tap("Ouvrir la fiche")
    assert isinstance(hand.face.screen, DiagnosisScreen)
    for step in ("complet", "propre"):
        hand.tap("Oui")  # of the steps that are left the first is found: an answered one says ✓
        assert step in hand.face.screen.form.answers
    hand.tap("Pièce manquante")
    hand.tap("Enregistrer le diagnostic")
    assert hand.taps <= 9
    assert stage(hand) == "diagnosed"
    opened, said = kept(hand, "work.opened")[-1], kept(hand, "work.diagnosed")[-1]
    assert opened["task"] == said["task"]
    assert opened["task"].startswith("T/")
    assert said["body"]["fault"] == "missing_part"


def test_with_command_labels_a_ticket_needs_no_tap_but_for_what_is_answered(technician: Hand) -> None:
    hand = technician
    scan(hand, HOST)
    command(hand, Command.VALIDATE)
    hand.tap("Oui")
    hand.tap("Cassé")
    command(hand, Command.VALIDATE)
    assert (hand.taps, stage(hand)) == (2, "diagnosed")


def test_a_diagnosis_without_an_answer_asks_for_a_fault_and_no_camera_is_said_of_photos(technician: Hand) -> None:
    hand = technician
    scan(hand, HOST)
    hand.tap("Ouvrir la fiche")
    hand.tap("Enregistrer le diagnostic")
    assert hand.sees("Choisissez d’abord un défaut")
    hand.tap("Photo")
    assert hand.sees("Pas d’appareil photo ici")
    assert not hand.sees("Utilisez un lecteur")


def test_the_faults_that_things_of_a_type_had_come_first_and_the_others_are_one_tap_away(technician: Hand) -> None:
    hand, phone = technician, technician.face.at
    kind = phone.mirror.look(code(HOST)).item.type
    had = ("broken", "broken", "cracked", "soiled")
    for number, fault in enumerate(had, 1):
        item = Item(f"it-{number}", type=kind, known=True, job=Job(id="j", fault=fault))
        other = Item(f"ot-{number}", type="moteur", known=True, job=Job(id="j", fault="overheating"))
        with phone.store.writing() as db:
            for each in (item, other):
                db.execute("INSERT INTO item (item, state) VALUES (?, ?)", (each.id, dump(each)))
    scan(hand, HOST)
    hand.tap("Ouvrir la fiche")
    assert bench.faults_seen(phone, kind) == ["broken", "cracked", "soiled"]
    for shown, word in ((True, "Cassé"), (True, "Aucun défaut"), (False, "Surchauffe"), (False, "Ne démarre pas")):
        assert hand.sees(word) is shown, word
    hand.tap("Autres défauts")
    assert hand.sees("Surchauffe")
    assert not hand.sees("Autres défauts")
    hand.tap("Surchauffe")
    hand.tap("Enregistrer le diagnostic")
    assert kept(hand, "work.diagnosed") == []  # something is still to be answered, and what was chosen is in sight
    assert hand.sees("✓ Surchauffe")


# ---- start, hold, go on


def test_a_repair_is_started_stopped_held_and_goes_on_at_its_stage_offline(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    hand.tap("Commencer")
    assert stage(hand) == "in_repair"
    hand.tap("Interrompre le travail")
    hand.tap("Suspendre")
    hand.tap(held_words("doubt", "fr"))
    assert kept(hand, "work.held")[-1]["body"] == {"reason": "doubt"}
    assert hand.sees("Suspendue")
    assert not hand.sees("Pièces")
    hand.face.open_bench()
    assert [ticket.code for ticket in bench.bench(hand.face.at).waiting] == [code(HOST)]
    scan(hand, HOST)
    hand.tap("Lever la suspension")
    assert (stage(hand), len(kept(hand, "work.unheld"))) == ("in_repair", 1)
    assert hand.sees("Pièces")


def test_scanning_the_open_ticket_again_starts_and_stops_the_work_and_an_undo_takes_it_back(technician: Hand) -> None:
    hand = technician
    scan(hand, HOST)
    scan(hand, HOST)
    assert kept(hand, "work.started") == []  # there is no repair yet
    hand.tap("Ouvrir la fiche")
    hand.face.screen.answered("complet", True)
    hand.tap("Pièce manquante")
    hand.tap("Enregistrer le diagnostic")
    ticket = bench.ticket_of(hand.face.at, code(HOST)).job.task
    hand.taps = 0
    for label, kind in ((ticket, "work.started"), (code(HOST), "work.stopped"), (ticket, "work.started")):
        hand.scan(LABEL + label)
        assert kept(hand, "work")[-1]["kind"] == f"{kind}/1"
        assert hand.sees("Scannez")
    assert (hand.taps, stage(hand)) == (0, "in_repair")
    hand.tap("Annuler le dernier acte")
    assert kept(hand, "work")[-1]["kind"] == "work.stopped/1"


def test_scanning_a_ticket_that_is_not_open_only_opens_it(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    ticket = bench.ticket_of(hand.face.at, code(HOST)).job.task
    hand.face.open_bench()
    hand.scan(LABEL + ticket)
    assert isinstance(hand.face.screen, TicketScreen)
    assert kept(hand, "work.started") == []


def test_an_estimate_goes_with_the_diagnosis(technician: Hand) -> None:
    hand = technician
    scan(hand, HOST)
    hand.tap("Ouvrir la fiche")
    hand.face.screen.answered("complet", True)
    hand.tap("Pièce manquante")
    hand.tap("Estimation du coût")
    typed(hand, "12,345")
    assert hand.sees("n’est pas un montant")
    typed(hand, "86,5")
    assert hand.sees("Coût estimé : 86,50")
    hand.tap("Enregistrer le diagnostic")
    assert kept(hand, "work.diagnosed")[-1]["body"]["estimate_cents"] == 8_650
    assert not hand.sees("Faire un devis")  # that is decided by somebody else


@pytest.mark.parametrize("is_explained", [True, False], ids=["with a reason", "without"])
def test_an_estimate_beyond_the_limit_asks_why_and_holds_nobody_up(technician: Hand, *, is_explained: bool) -> None:
    hand = technician
    item_type = bench.ticket_of(hand.face.at, code(HOST)).item.type
    stated(hand.face.at, "item_type", item_type, {"name": "Palette", "price_cents": 10_000, "repair_percent": 50})
    scan(hand, HOST)
    hand.tap("Ouvrir la fiche")
    hand.face.screen.answered("complet", True)
    hand.tap("Pièce manquante")
    hand.tap("Estimation du coût")
    typed(hand, "50")
    assert not hand.sees("Pourquoi réparer quand même")
    hand.tap("Coût estimé")
    typed(hand, "50,01")
    assert hand.sees("Pourquoi réparer quand même ?")
    if is_explained:
        typed(hand, "plus fabriqué depuis 2019")
        assert hand.sees("Réparé quand même : Plus fabriqué depuis 2019")
    else:
        hand.tap("Retour")
        assert hand.sees("Au-delà de la limite de prix")
    hand.tap("Enregistrer le diagnostic")
    said = kept(hand, "work.diagnosed")[-1]["body"]
    assert said.get("reason", "") == ("Plus fabriqué depuis 2019" if is_explained else "")
    job = bench.ticket_of(hand.face.at, code(HOST)).job
    assert (job.dear, job.explained) == (True, is_explained)


def test_a_quote_made_at_the_bench_waits_for_the_owner(
    open_app: Callable[..., Hand], tmp_path: Path, server: SimServer
) -> None:
    workshop_device(tmp_path / "office", server, role="manager")
    hand = open_app(tmp_path / "office")
    describe_bench(hand.face.at)
    stated(hand.face.at, "partner", "rhin", {"name": "Rhin Plasturgie"})
    stated(hand.face.at, "site", "metz", {"name": "Metz-Nord", "role": "hub"})
    bench_site.choose(hand.face.at, "metz")
    hand.face.open_bench()
    diagnosed(hand)
    hand.tap("Faire un devis")
    hand.tap("Montant du devis")
    typed(hand, "86,5")
    hand.tap(quoting.owners(hand.face.at)[0][1])
    hand.tap("Dire ce que couvre le devis")
    typed(hand, "pompe neuve, 2 joints")
    assert hand.sees("Couvre : Pompe neuve, 2 joints")
    hand.tap("30 jours")
    assert hand.sees("la réparation attend l’accord du propriétaire")
    assert hand.sees("Son lien se copie sur le web")
    said = kept(hand, "work.quoted")[-1]
    owner, until = quoting.owners(hand.face.at)[0][0], quoting.last_day(hand.face.at, 30)
    assert said["body"] == {"cents": 8_650, "owner": owner, "until": until, "covers": "Pompe neuve, 2 joints"}
    assert said["place"] == "metz"
    assert said["task"] == kept(hand, "work.opened")[-1]["task"]
    assert stage(hand) == "awaiting_approval"
    hand.tap("Annuler le dernier acte")
    assert stage(hand) == "diagnosed"


# ---- what is not ours


def owned(hand: Hand) -> None:
    """Open a repair of a thing of Rhin Plasturgie, as the web does."""
    hand.face.at.desk.outbox.record(
        Draft(kind="work.opened", code=code(HOST), place="strasbourg", task="T-O", body={"owner": "rhin"})
    )


def test_hands_are_laid_on_a_thing_of_somebody_else_only_after_the_question(technician: Hand) -> None:
    hand = technician
    owned(hand)
    scan(hand, HOST)
    assert hand.sees("Appartient à : rhin")
    assert hand.sees("Accord du propriétaire à demander")
    hand.face.at.desk.outbox.record(
        Draft(kind="work.diagnosed", code=code(HOST), place="strasbourg", task="T-O", body={"found": True})
    )
    hand.face.open_bench()
    assert [ticket.code for ticket in bench.bench(hand.face.at).waiting] == [code(HOST)]
    scan(hand, HOST)
    for step, kind in (("Commencer", "work.started"), ("Réparation terminée", "work.repaired"), ("Pièces", "")):
        hand.tap(step)
        assert hand.sees("Sans l’accord du propriétaire ?")
        assert not [each for each in kept(hand, kind) if each["code"] == code(HOST)] or not kind
        hand.tap("Retour à la fiche")
    scan(hand, HOST)  # its label once more begins the work, where the owner agreed
    hand.tap("Continuer sans accord")
    assert stage(hand) == "in_repair"
    assert hand.ear.heard[-1] is Outcome.UNEXPECTED
    hand.tap("Réparation terminée")  # it is known by now: nobody is asked twice
    assert stage(hand) == "testing"


def test_a_thing_of_somebody_else_without_a_fault_needs_no_consent(technician: Hand) -> None:
    hand = technician
    owned(hand)
    hand.face.at.desk.outbox.record(
        Draft(kind="work.diagnosed", code=code(HOST), place="strasbourg", task="T-O", body={"found": False})
    )
    scan(hand, HOST)
    hand.tap("Réparation terminée")
    assert stage(hand) == "testing"


def test_a_ticket_offers_only_what_may_be_done_next(technician: Hand) -> None:
    hand = technician
    scan(hand, HOST)
    assert bench.steps(hand.face.at, bench.ticket_of(hand.face.at, code(HOST))) == [Next.OPEN]
    assert not hand.sees("Essayer")
    at_control(hand)
    ticket = bench.ticket_of(hand.face.at, code(HOST))
    assert Next.CONTROL not in bench.steps(hand.face.at, ticket)
    assert hand.sees("une autre personne doit le contrôler")


def test_a_ticket_opens_by_its_own_label(technician: Hand) -> None:
    diagnosed(technician)
    task = kept(technician, "work.opened")[-1]["task"]
    technician.face.open_bench()
    technician.scan(LABEL + task)
    assert isinstance(technician.face.screen, TicketScreen)
    assert technician.face.screen.code == code(HOST)
