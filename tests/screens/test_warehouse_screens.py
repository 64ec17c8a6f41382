"""The warehouse on the screens: a count shows what is missing, quarantine has its reason and its end."""

import pytest

from boucle.commands import Command
from boucle.telling import Outcome
from boucle_field.outbox import Draft
from boucle_field.screens.warehouse_screens import HoldScreen, WarehouseScreen
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import MULHOUSE, STRASBOURG
from tests.screens.test_reception_screens import stage, visit_of
from tests.screens.test_visit_screens import BASE, command, scan_crates, unsent


def test_a_count_shows_what_should_stand_there_and_what_is_missing(hand: Hand) -> None:
    hand.tap("Entrepôt")
    hand.tap("Inventaire")
    hand.tap("Strasbourg")
    assert visit_of(hand).wanted == 4
    scan_crates(hand, range(21, 24))
    hand.scan(LABEL + code(1))
    assert hand.ear.heard == [Outcome.ACCEPTED] * 3 + [Outcome.UNEXPECTED]
    hand.tap("Terminer")
    hand.tap("Voir les écarts")
    assert hand.sees("Pas vus : 1")
    assert hand.sees(f"− {hand.face.named(code(24))}")
    assert hand.sees(f"+ {hand.face.named(code(1))}")
    assert hand.sees("Un inventaire n’efface rien")
    assert stage(hand, 24)[0] == "available"


def test_a_count_of_which_most_was_not_seen_asks_once_before_it_ends(hand: Hand) -> None:
    hand.face.begin("count", "strasbourg")
    scan_crates(hand, range(21, 22))
    hand.tap("Terminer")
    hand.tap("Valider")
    assert hand.sees("3 manquent. Inventaire partiel ?")
    hand.tap("Scanner encore")
    assert visit_of(hand).counted == 1
    hand.tap("Terminer")
    hand.tap("Valider")
    hand.tap("Oui, partiel")
    assert hand.face.visit is None
    hand.face.begin("count", "strasbourg")
    scan_crates(hand, range(21, 24))
    hand.tap("Terminer")
    hand.tap("Valider")
    assert hand.face.visit is None, "one that is missing of four is no question"


def test_the_label_of_a_place_says_where_one_counts_a_partner_s_too(hand: Hand) -> None:
    command(hand, Command.COUNT)
    hand.scan(MULHOUSE.url(BASE))
    assert (visit_of(hand).action, visit_of(hand).place, visit_of(hand).wanted) == ("count", "mulhouse", 20)
    scan_crates(hand, range(1, 3))
    hand.scan(STRASBOURG.url(BASE))
    assert (visit_of(hand).action, visit_of(hand).place) == ("count", "strasbourg")
    assert stage(hand, 1)[0] == "at_partner"


def test_a_count_of_pieces_without_labels_changes_no_stock(hand: Hand) -> None:
    hand.face.begin("count", "strasbourg")
    hand.tap("Sans étiquette")
    hand.tap("Intercalaire")
    for key in ("1", "2", "0", "OK"):
        hand.tap(key)
    assert visit_of(hand).counted == 120
    payload = hand.face.at.store.db.execute("SELECT payload FROM outbox ORDER BY n DESC LIMIT 1").fetchone()[0]
    assert b'"kind":"item.counted/1"' in payload
    assert b'"qty":120' in payload


def test_quarantine_asks_why_once_and_an_undo_ends_it(hand: Hand) -> None:
    command(hand, Command.HOLD)
    assert isinstance(hand.face.screen, HoldScreen)
    hand.tap("Doute sur la sécurité")
    scan_crates(hand, range(21, 23))
    assert [stage(hand, number)[2] for number in (21, 22)] == ["doubt", "doubt"]
    hand.tap("Annuler le dernier")
    assert [stage(hand, number)[2] for number in (21, 22)] == ["doubt", ""]
    scan_crates(hand, range(22, 23))
    assert stage(hand, 22)[2] == "doubt"


def test_a_decision_that_would_have_no_effect_is_refused_and_records_nothing(hand: Hand) -> None:
    before = unsent(hand)
    hand.face.begin("unhold", "strasbourg")
    scan_crates(hand, range(21, 22))
    hand.frames()
    assert (unsent(hand), hand.ear.heard) == (before, [Outcome.REFUSED])
    assert hand.sees("N’est pas bloqué")


def test_what_nobody_here_may_decide_is_not_offered(hand: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    hand.tap("Entrepôt")
    assert isinstance(hand.face.screen, WarehouseScreen)
    assert hand.sees("Lever la quarantaine")
    monkeypatch.setattr(type(hand.face.at.desk), "capabilities", frozenset({"receive", "sort"}))
    hand.face.again()
    assert not hand.sees("Lever la quarantaine")
    assert hand.sees("Quarantaine")


def test_washing_makes_things_ready_one_scan_each(hand: Hand) -> None:
    hand.face.at.desk.record(Draft(kind="item.sorted", code=code(21), place="strasbourg", body={"verdict": "dirty"}))
    assert stage(hand, 21)[0] == "cleaning"
    hand.tap("Entrepôt")
    hand.tap("Laver")
    scan_crates(hand, range(21, 22))
    assert stage(hand, 21)[0] == "available"


def test_what_was_received_unsorted_is_sorted_later(hand: Hand) -> None:
    hand.tap("Entrepôt")
    hand.tap("Trier")
    scan_crates(hand, range(21, 22))
    assert hand.ear.heard == [Outcome.REFUSED]
    hand.frames()
    assert hand.sees("Choisissez d’abord un verdict")
    hand.tap("À réparer")
    scan_crates(hand, range(21, 23))
    assert [stage(hand, number)[0] for number in (21, 22)] == ["in_repair", "in_repair"]
    command(hand, Command.OK)
    assert stage(hand, 22)[0] == "available"
    command(hand, Command.UNDO)
    assert stage(hand, 22)[0] == "in_repair"


def test_what_waits_in_quarantine_is_listed_and_picked(hand: Hand) -> None:
    desk = hand.face.at.desk
    desk.record(Draft(kind="item.held", code=code(21), place="strasbourg", body={"reason": "doubt"}))
    hand.face.choose("unhold")
    assert visit_of(hand).wanted == 1
    hand.tap("En attente ici")
    hand.tap(hand.face.named(code(21)))
    assert stage(hand, 21)[2] == ""
    assert hand.ear.heard == [Outcome.ACCEPTED]


def test_what_was_not_waiting_is_washed_without_a_question(hand: Hand) -> None:
    desk = hand.face.at.desk
    desk.record(Draft(kind="item.sorted", code=code(21), place="strasbourg", body={"verdict": "dirty"}))
    hand.face.choose("clean")
    assert visit_of(hand).wanted == 1
    scan_crates(hand, range(21, 23))
    assert hand.ear.heard == [Outcome.ACCEPTED, Outcome.ACCEPTED]
