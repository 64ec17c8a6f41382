"""The end of a reception of a round: expected, scanned, declared, why they differ, and its validation."""

from collections.abc import Mapping

import pytest

from boucle.commands import Command
from boucle.lifecycle import Verdict
from boucle.lines import IN_STOCK, Line
from boucle.rounds import Ending, Found, Gap, Round
from boucle.telling import Outcome
from boucle_field import driving
from boucle_field.outbox import Draft
from boucle_field.screens.reception_summary_screen import ReceptionSummaryScreen
from boucle_field.unloading import unloading
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.stock import plan_today
from tests.screens.test_photos import recorded
from tests.screens.test_reception_screens import drive_home
from tests.screens.test_round_screens import last_kept
from tests.screens.test_visit_screens import command, scan_crates

CRATES = "receive:bac"


@pytest.fixture
def dock(hand: Hand) -> Hand:
    """Give the app at the reception of a round that brings four crates."""
    plan_today(hand.face.at)
    drive_home(hand, range(1, 5))
    hand.face.home()
    hand.tap("Réceptionner")
    hand.tap("Tournée Sud Alsace")
    hand.taps = 0
    return hand


def the_round(hand: Hand) -> Round:
    of = driving.find_round(hand.face.at, "T-1")
    assert of is not None
    return of


def validated(hand: Hand) -> Mapping[str, object]:
    payload, _ = last_kept(hand)
    assert (payload["kind"], payload["task"], payload["place"]) == ("reception.validated/1", "T-1", "strasbourg")
    body = payload["body"]
    assert isinstance(body, dict)
    return body


def test_a_round_that_came_whole_is_validated_in_two_taps(dock: Hand) -> None:
    scan_crates(dock, range(1, 5))
    dock.tap("Terminer")
    assert dock.sees("Tout correspond à ce qui était prévu.")
    dock.tap("Valider")
    assert (dock.taps, dock.face.visit) == (2, None)
    body = validated(dock)
    assert body["counts"] == {CRATES: {"expected": 4, "scanned": 4, "declared": 0}}
    assert (body["version"], body["reasons"]) == (1, {})
    assert dock.sees("Réception validée : Sud Alsace")


def test_what_is_missing_has_a_reason_that_is_one_of_an_unloading(dock: Hand) -> None:
    scan_crates(dock, range(1, 3))
    dock.tap("Terminer")
    assert dock.sees("Bac 600×400 : 2 scannés / 4 (−2)")
    assert not dock.sees("Encore utilisé")  # a reason of a stop
    dock.tap("Encore dans le véhicule")
    assert dock.sees("✓ Encore dans le véhicule")
    assert dock.sees("Voir les écarts")
    dock.tap("Valider")
    assert validated(dock)["reasons"] == {CRATES: str(Gap.ON_BOARD)}


def test_the_numbers_of_a_difference_stand_in_its_question_alone(dock: Hand) -> None:
    scan_crates(dock, range(1, 4))
    dock.tap("Terminer")
    dock.frames(8)
    told = [words for words in dock.words() if "3 / 4" in words or "3 scannés / 4" in words]
    assert len(told) == 1, dock.words()


def test_what_comes_later_is_the_next_version(dock: Hand) -> None:
    scan_crates(dock, range(1, 4))
    command(dock, Command.FINISH)
    command(dock, Command.VALIDATE)
    of = the_round(dock)
    dock.face.receive_round(of, "strasbourg")
    scan_crates(dock, range(4, 5))
    assert unloading(dock.face.at, of, "strasbourg").added == 1
    dock.tap("Terminer")
    assert dock.sees("version 1")
    dock.tap("Valider")
    body = validated(dock)
    assert body["version"] == 2
    assert body["counts"] == {CRATES: {"expected": 4, "scanned": 4, "declared": 0}}


def test_what_was_signed_at_a_stop_is_expected_where_it_is_more_than_its_labels(dock: Hand) -> None:
    of, phone = the_round(dock), dock.face.at
    phone.desk.record(
        Draft(
            kind="item.collected",
            item_type="bac",
            qty=6,
            place="mulhouse",
            task=of.task(of.stops[0]),
            body={"evidence": "declared"},
        )
    )
    driving.validate(phone, of, of.stops[0], ending=Ending.DONE)
    assert [(row.expected, row.total) for row in unloading(phone, of, "strasbourg").found] == [(6, 0)]


def test_a_receipt_that_was_taken_back_is_none(dock: Hand) -> None:
    scan_crates(dock, range(1, 4))
    dock.tap("Annuler le dernier")
    assert [row.total for row in unloading(dock.face.at, the_round(dock), "strasbourg").found] == [2]


def test_a_receipt_without_the_round_answers_it_all_the_same(dock: Hand) -> None:
    dock.face.begin("receive", "strasbourg")
    scan_crates(dock, range(1, 3))
    assert [row.total for row in unloading(dock.face.at, the_round(dock), "strasbourg").found] == [2]


def test_another_round_whose_name_begins_alike_is_another(dock: Hand) -> None:
    plan_today(dock.face.at, "T-12")
    drive_home(dock, range(21, 23), task="T-12#a")
    other = driving.find_round(dock.face.at, "T-12")
    assert other is not None
    dock.face.receive_round(other, "strasbourg")
    scan_crates(dock, range(21, 23))
    assert [row.total for row in unloading(dock.face.at, the_round(dock), "strasbourg").found] == [0]


def test_nothing_received_and_nothing_said_ends_the_visit_and_validates_nothing(dock: Hand) -> None:
    before = recorded(dock)
    dock.tap("Terminer")
    dock.tap("Valider")
    assert (dock.face.visit, recorded(dock)) == (None, before)


def test_nothing_received_with_a_reason_is_a_validation(dock: Hand) -> None:
    dock.tap("Terminer")
    dock.tap("Resté sur place")
    dock.tap("Valider")
    assert validated(dock)["reasons"] == {CRATES: str(Gap.LEFT_BEHIND)}


def test_a_scan_goes_on_with_the_reception(dock: Hand) -> None:
    scan_crates(dock, range(1, 3))
    dock.tap("Terminer")
    assert isinstance(dock.face.screen, ReceptionSummaryScreen)
    scan_crates(dock, range(3, 5))
    dock.tap("Terminer")
    assert dock.sees("Tout correspond à ce qui était prévu.")


def test_the_verdicts_stand_beside_the_numbers(dock: Hand) -> None:
    dock.face.screen.choose_verdict(Verdict.OK)
    scan_crates(dock, range(1, 5))
    dock.tap("Terminer")
    assert dock.sees("Bon : 4")


def test_a_crate_that_was_in_stock_is_not_called_scanned_and_its_verdict_is_told(dock: Hand) -> None:
    stood = Line(
        subject=code(25), outcome=Outcome.REPEAT, at_ms=0, item_type="bac", why=((IN_STOCK, {"place": "Strasbourg"}),)
    )
    dock.face.screen.tell(stood)
    assert "Déjà en stock" in dock.words()
    assert not dock.sees("Déjà scanné")
    assert not dock.sees("Le verdict, lui, est enregistré.")
    dock.face.screen.tell(stood.with_verdict("dirty", "e-1"))
    assert dock.sees("Déjà en stock · à laver")
    assert dock.sees("Le verdict, lui, est enregistré.")


def test_a_crate_that_was_in_stock_hides_none_that_is_missing(dock: Hand) -> None:
    desk, of = dock.face.at.desk, the_round(dock)
    for number in (5, 6):
        desk.record(Draft(kind="item.collected", code=code(number), place="mulhouse"))
    desk.record(Draft(kind="item.received", code=code(5), place="strasbourg"))
    scan_crates(dock, range(1, 4))
    scan_crates(dock, range(5, 7))
    found = unloading(dock.face.at, of, "strasbourg").found
    assert found == [Found("receive", "bac", 4, 3, 0), Found("beside", "bac", 0, 1, 0)]
    dock.tap("Terminer")
    assert dock.sees("Réceptionner · Bac 600×400 : 3 scannés / 4 (−1)")
    assert dock.sees("Hors tournée · Bac 600×400")
