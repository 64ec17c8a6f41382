"""Stops that no round plans, on the phone: a summary that is signed, a slip, and opened again for an addition."""

from kivy.core.clipboard import Clipboard

from boucle.unplanned import is_unplanned
from boucle_field import driving
from boucle_field.driving import Progress
from boucle_field.screens.round_screens import WorkScreen
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.test_round_screens import last_kept, sign
from tests.screens.test_visit_screens import arrive, scan_crates, unsent


def test_a_return_outside_any_round_is_signed_in_as_few_taps(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 4))
    hand.tap("Terminer")
    assert hand.sees("Bilan de l’arrêt")
    assert not hand.sees("Pourquoi")
    sign(hand)
    hand.tap("Valider")
    assert hand.taps == 2
    assert (hand.face.visit, unsent(hand)) == (None, 3 + 1)
    payload, priv = last_kept(hand)
    assert payload["kind"] == "stop.validated/1"
    assert is_unplanned(str(payload["task"]))
    body = payload["body"]
    assert isinstance(body, dict)
    assert body["counts"] == {"collect:bac": {"expected": 0, "scanned": 3, "declared": 0}}
    assert priv["signature"]


def test_without_a_signature_it_can_be_validated_all_the_same(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 3))
    hand.tap("Terminer")
    hand.tap("Valider")
    assert (hand.face.visit, unsent(hand)) == (None, 2 + 1)
    assert hand.sees("Arrêt validé : Rhin Plasturgie")


def test_it_is_opened_again_for_its_slip_and_for_an_addition(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 3))
    hand.tap("Terminer")
    hand.tap("Valider")
    hand.face.home()
    assert isinstance(hand.face.screen, WorkScreen)
    hand.tap("Arrêts hors tournée du jour : 1")
    assert hand.sees("Repris : 2 × Bac 600×400")
    hand.tap("Rhin Plasturgie")
    hand.tap("Copier le bon en texte")
    lines = Clipboard.paste().splitlines()
    assert lines[0].startswith("Bon d’échange d’emballages – n°\xa0U-")
    assert "Repris : 2 × Bac 600×400" in lines
    hand.scan(LABEL + code(3))
    hand.tap("Terminer")
    hand.tap("Valider")
    ((of, stop),) = driving.stops_beside(hand.face.at)
    now = driving.standing(hand.face.at, of, stop)
    assert (now.version, now.progress, [row.total for row in now.found]) == (2, Progress.DONE, [3])


def test_what_is_left_there_belongs_to_the_same_stop_until_it_is_validated(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 3))
    assert hand.face.visit is not None
    task = hand.face.visit.task
    hand.face.turn("deliver")
    assert hand.face.visit.task == task
    hand.face.visit.close()
    hand.face.resume()
    hand.face.home()
    arrive(hand)
    assert hand.face.visit is not None
    assert (hand.face.visit.task, hand.face.visit.counted) == (task, 2)
    hand.tap("Terminer")
    hand.tap("Valider")
    arrive(hand)
    assert hand.face.visit is not None
    assert hand.face.visit.task != task
