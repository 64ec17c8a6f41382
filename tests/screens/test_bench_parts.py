"""Parts at the repair bench on the screens: reclaimed, taken out, chosen, and what is taken apart."""

from boucle import donor_parts
from boucle.reasons import Reason
from boucle.telling import Outcome
from boucle_field import bench
from boucle_field.screens.part_screens import PartChoiceScreen, PartsScreen, PauseScreen
from tests.builders import code
from tests.screens.bench_hands import diagnosed, kept, scan, stage, typed
from tests.screens.bench_stock import (
    FRESH,
    HOST,
    PUMP,
    SPARE,
    stated,
)
from tests.screens.hand import Hand


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
