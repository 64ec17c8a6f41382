"""The repair bench on the screens: from the scan to the shelf, by allowed steps alone; taps are counted."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pypdfium2
import pytest

from boucle import donor_parts
from boucle.checklists import Moment
from boucle.codes import Label, read_label
from boucle.commands import Command
from boucle.holds import said as held_words
from boucle.item import Item, Job, dump
from boucle.reasons import Reason
from boucle.telling import Outcome
from boucle_field import bench, bench_acts, bench_site, people, quoting
from boucle_field.bench import Next
from boucle_field.outbox import Draft
from boucle_field.screens.bench_screens import BenchScreen, TicketScreen
from boucle_field.screens.diagnosis_screens import BenchTestScreen, ControlScreen, DiagnosisScreen
from boucle_field.screens.part_screens import PartChoiceScreen, PartsScreen, PauseScreen
from boucle_field.store import put
from boucle_field.undoing import amended
from boucle_labels.reading import ZxingDecoder
from tests.builders import code
from tests.screens.bench_stock import (
    FRESH,
    HOST,
    HUGO,
    PUMP,
    QUALITY,
    SPARE,
    TEST,
    ask_qualified,
    bench_staff,
    describe_bench,
    shelve_parts,
    stated,
    workshop_device,
)
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import PIN
from tests.screens.test_visit_screens import command
from tests.world import SimServer


@pytest.fixture
def workshop(tmp_path: Path, server: SimServer) -> Path:
    """Give the data directory of a device of the workshop on which a technician and an inspector work."""
    bench_staff(server)
    workshop_device(tmp_path / "workshop", server)
    return tmp_path / "workshop"


@pytest.fixture
def technician(open_app: Callable[..., Hand], workshop: Path) -> Hand:
    """Give the app with Inès at the bench, two used pumps on the shelf."""
    hand = open_app(workshop)
    describe_bench(hand.face.at)
    enter(hand, "p-ines")
    shelve_parts(hand.face.at)
    hand.face.start()
    hand.taps = 0
    return hand


def enter(hand: Hand, person: str) -> None:
    """Let somebody stand at the phone; who that is was proved elsewhere."""
    with hand.face.store.writing() as db:
        put(db, "actor", person)
    assert people.present(hand.face.at.store) is not None
    hand.face.start()


def scan(hand: Hand, number: int) -> None:
    hand.scan(LABEL + code(number))


def kept(hand: Hand, kind: str = "") -> list[dict[str, Any]]:
    """Give what was recorded and still stands, in its order."""
    gone = amended(hand.face.at.store)
    with hand.face.at.store.reading() as db:
        rows = [json.loads(row[0]) for row in db.execute("SELECT payload FROM outbox ORDER BY n").fetchall()]
    return [each for each in rows if each["kind"].startswith(kind) and each["id"] not in gone]


def typed(hand: Hand, text: str) -> None:
    """Type on a keyboard, or on a gauge that is one."""
    typing = hand.face.wedge.typing
    assert typing is not None
    typing.typed(text)
    typing.entered()


def stage(hand: Hand, number: int = HOST) -> str:
    return bench.ticket_of(hand.face.at, code(number)).stage


def diagnosed(hand: Hand) -> None:
    scan(hand, HOST)
    hand.tap("Ouvrir la fiche")
    hand.face.screen.answered("complet", True)
    hand.tap("Pièce manquante")
    hand.tap("Enregistrer le diagnostic")


def at_control(hand: Hand) -> None:
    diagnosed(hand)
    hand.tap("Réparation terminée")
    hand.tap("Essayer")
    hand.face.screen.answered("isolement", 1_500)
    hand.face.screen.answered("aspect", "1")
    hand.tap("Essai réussi")


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


def test_a_repair_waits_for_the_parts_that_its_type_is_known_to_have_first(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    item_type = bench.ticket_of(hand.face.at, code(HOST)).item.type
    hand.face.open(PauseScreen, code(HOST))
    assert (hand.sees("Pompe de relevage"), hand.sees("Joint à lèvre")) == (True, True)
    stated(hand.face.at, donor_parts.TABLE, f"{item_type}>pompe", {"expected_n": 1})
    hand.face.open(PauseScreen, code(HOST))
    assert (hand.sees("Pompe de relevage"), hand.sees("Joint à lèvre")) == (True, False)
    hand.tap("Autre pièce")
    hand.tap("Joint à lèvre")
    assert hand.sees("Pompe de relevage")
    hand.tap("Mettre en attente")
    assert kept(hand, "work.paused")[-1]["body"]["parts"] == ["joint"]


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


# ---- what is offered


def test_the_bench_shows_what_waits_for_these_hands_first_and_what_has_no_ticket(technician: Hand) -> None:
    hand, desk = technician, technician.face.at.desk
    for number in (21, 22):
        desk.outbox.record(
            Draft(kind="item.sorted", code=code(number), place="strasbourg", body={"verdict": "damaged"})
        )
    diagnosed(hand)
    hand.tap("Pièces")
    hand.tap("Attendre des pièces")
    hand.tap("Joint à lèvre")
    hand.tap("Mettre en attente")
    assert kept(hand, "work.paused")[-1]["body"] == {"reason": "parts", "parts": ["joint"]}
    scan(hand, 21)
    hand.tap("Ouvrir en urgence")
    hand.face.open_bench()
    piles = bench.bench(hand.face.at)
    assert [ticket.code for ticket in piles.mine] == [code(21)]
    assert [ticket.code for ticket in piles.waiting] == [code(HOST)]
    assert [ticket.code for ticket in piles.unopened] == [code(22)]
    assert hand.sees("Pour action (1)")
    assert hand.sees("Urgent · Ouvert · depuis 0\xa0min")
    assert hand.sees("En attente (1)")
    assert hand.sees("Sans fiche (1)")


def test_what_a_repair_waits_for_is_named_on_the_bench_and_on_its_ticket(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    hand.face.bench_done(code(HOST), lambda: bench_acts.pause(hand.face.at, code(HOST), ["pompe", "vis M8"]))
    assert hand.sees("Attend : Pompe de relevage, vis M8")
    hand.face.open_bench()
    assert hand.sees("Attend : Pompe de relevage, vis M8")
    scan(hand, HOST)
    hand.tap("Reprendre la réparation")
    assert not hand.sees("Attend :")


def test_what_leads_on_from_a_diagnosis_is_to_begin_and_begun_work_is_gone_on_with(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    ticket = bench.ticket_of(hand.face.at, code(HOST))
    assert bench.first_step(hand.face.at, ticket) is Next.START
    hand.tap("Commencer")
    assert bench.first_step(hand.face.at, bench.ticket_of(hand.face.at, code(HOST))) is Next.REPAIRED
    hand.tap("Interrompre le travail")
    assert hand.sees("Reprendre le travail")
    assert not hand.sees("Commencer")


def test_the_bench_says_whose_it_is_and_another_site_can_be_chosen(technician: Hand) -> None:
    hand, phone = technician, technician.face.at
    stated(phone, "site", "metz", {"name": "Metz-Nord", "role": "hub"})
    phone.desk.outbox.record(Draft(kind="work.opened", code=code(HOST), place="strasbourg", task="T-O"))
    hand.face.open_bench()
    assert hand.sees("Établi de : Strasbourg")
    hand.tap("(changer)")
    hand.tap("Metz-Nord")
    assert bench.bench(phone).mine == []
    assert hand.sees("Sur nos autres sites : 1.")
    scan(hand, HOST)
    assert hand.sees("Votre établi est à Metz-Nord")
    hand.tap("Commencer")
    assert kept(hand, "work.started")[-1]["place"] == "metz"
    hand.face.open_bench()
    hand.tap("(changer)")
    hand.tap("Tous nos sites")
    assert [ticket.code for ticket in bench.bench(phone).mine] == [code(HOST)]
    scan(hand, HOST)
    hand.tap("Interrompre le travail")
    assert kept(hand, "work.stopped")[-1]["place"] == "strasbourg"


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


# ---- parts


def test_a_reclaimed_part_is_one_scan_and_says_what_it_saves(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    hand.tap("Pièces")
    scan(hand, PUMP)
    assert isinstance(hand.face.screen, PartsScreen)
    assert hand.sees("Achat évité : 86,00\u202f€ · 3,5\u00a0kg")
    used, built = kept(hand, "work.part_used")[-1], kept(hand, "part.installed")[-1]
    assert (used["code"], used["other"], used["body"]) == (code(HOST), code(PUMP), {"origin": "reclaimed"})
    assert (built["code"], built["other"], built["task"]) == (code(PUMP), code(HOST), used["task"])
    hand.tap("Annuler le dernier acte")
    assert kept(hand, "work.part_used") == []
    assert kept(hand, "part.installed") == []
    assert bench.ticket_of(hand.face.at, code(PUMP)).part.host == ""


def test_a_part_that_was_never_requalified_is_a_choice(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    hand.tap("Pièces")
    scan(hand, SPARE)
    assert isinstance(hand.face.screen, PartChoiceScreen)
    assert hand.face.screen.part.reasons == (Reason.PART_NOT_REQUALIFIED,)
    hand.tap("Ne pas la monter")
    assert kept(hand, "part.installed") == []
    scan(hand, SPARE)
    hand.tap("La monter quand même")
    assert [event["code"] for event in kept(hand, "part.installed")] == [code(SPARE)]
    assert hand.ear.heard[-1] is Outcome.UNEXPECTED


def test_the_right_part_after_a_wrong_one_is_fitted_and_the_wrong_one_is_said_to_be_left(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    hand.tap("Pièces")
    scan(hand, SPARE)
    scan(hand, SPARE)  # the same again is no yes
    assert isinstance(hand.face.screen, PartChoiceScreen)
    scan(hand, PUMP)
    assert isinstance(hand.face.screen, PartsScreen)
    assert [event["code"] for event in kept(hand, "part.installed")] == [code(PUMP)]
    assert hand.sees("Non montée : ")
    scan(hand, SPARE)
    scan(hand, FRESH)
    assert isinstance(hand.face.screen, PartChoiceScreen)
    assert hand.face.screen.part.code == code(FRESH)
    assert [event["code"] for event in kept(hand, "part.installed")] == [code(PUMP)]


def test_a_part_used_elsewhere_and_a_container_are_choices(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    hand.tap("Pièces")
    scan(hand, PUMP)
    scan(hand, 21)
    assert hand.sees("ce n’est pas une pièce détachée")
    hand.tap("Ouvrir sa fiche")
    hand.tap("Ouvrir la fiche")
    hand.face.open(PartsScreen, code(21))
    scan(hand, PUMP)
    assert isinstance(hand.face.screen, PartChoiceScreen)
    assert Reason.PART_USED_ELSEWHERE in hand.face.screen.part.reasons
    assert hand.sees("Montée sur")


def test_a_part_taken_out_gets_a_fresh_label_and_must_be_requalified(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    hand.tap("Pièces")
    hand.tap("Retirer une pièce")
    hand.tap("Joint à lèvre")
    scan(hand, 22)
    assert hand.sees("est déjà l’étiquette d’autre chose")
    scan(hand, FRESH)
    removed, born = kept(hand, "work.part_removed")[-1], kept(hand, "item.commissioned")[-1]
    assert (removed["other"], born["code"], born["other"]) == (code(FRESH), code(FRESH), code(HOST))
    assert born["body"] == {"type": "joint", "origin": "recovered"}
    scan(hand, FRESH)
    assert isinstance(hand.face.screen, PartChoiceScreen)
    assert Reason.PART_NOT_REQUALIFIED in hand.face.screen.part.reasons


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


def test_what_is_not_repairable_says_why_and_is_taken_apart_with_its_masses(technician: Hand) -> None:
    hand = technician
    stated(hand.face.at, donor_parts.TABLE, "palette>pompe", {"expected_n": 2})
    diagnosed(hand)
    hand.tap("Non réparable")
    hand.tap("Pièce introuvable")
    assert kept(hand, "work.not_repairable")[-1]["body"] == {"barrier": "no_part"}
    hand.tap("Démonter pour pièces")
    hand.tap("Le démonter quand même")
    hand.tap("Ajouter une pièce")
    hand.tap("Pompe de relevage")
    typed(hand, "3,2")
    assert hand.sees("Attendu : Pompe de relevage 1 sur 2")
    assert hand.sees("1. Pompe de relevage · 3,2\u00a0kg · sans étiquette")
    scan(hand, FRESH)
    hand.tap("Peser ce qui reste")
    typed(hand, "9")
    assert hand.sees("⚠ Les masses diffèrent")
    hand.tap("Enregistrer le démontage")
    said, born = kept(hand, "work.harvested")[-1], kept(hand, "item.commissioned")[-1]
    assert said["body"]["parts"] == [{"type": "pompe", "mass_g": 3_200, "code": code(FRESH)}]
    assert (born["code"], born["body"]["tare_g"], born["other"]) == (code(FRESH), 3_200, code(HOST))
    assert stage(hand) == "harvested"


def test_the_last_act_is_undone_in_one_tap_or_one_scan(technician: Hand) -> None:
    diagnosed(technician)
    technician.tap("Annuler le dernier acte")
    assert stage(technician) == "open"
    command(technician, Command.UNDO)
    assert stage(technician) == ""
    command(technician, Command.UNDO)
    assert technician.sees("Rien à annuler ici")


def test_the_bench_is_one_tap_from_home_for_who_does_other_work_too(open_app: Callable[..., Hand], data: Path) -> None:
    hand = open_app(data)
    scan(hand, HOST)
    hand.tap("Ouvrir sa fiche d’établi")
    assert isinstance(hand.face.screen, TicketScreen)
    hand.face.home()
    hand.tap("Mon établi")
    assert isinstance(hand.face.screen, BenchScreen)


def test_a_driver_has_no_bench(open_app: Callable[..., Hand], tmp_path: Path, server: SimServer) -> None:
    workshop_device(tmp_path / "van", server, role="driver")
    hand = open_app(tmp_path / "van")
    assert not hand.sees("Mon établi")


def test_who_works_here_logs_in_and_is_at_the_bench(open_app: Callable[..., Hand], workshop: Path) -> None:
    hand = open_app(workshop)
    hand.tap(HUGO)
    typed(hand, PIN)
    assert isinstance(hand.face.screen, BenchScreen)
