"""Correcting a line from the sends: an event of its own with a reason, signed by PIN once the visit is validated."""

from collections.abc import Callable
from pathlib import Path

import pytest

from boucle.correction import WHY
from boucle.telling import Outcome
from boucle_field.outbox import Draft
from boucle_field.screens.correct_screen import CorrectScreen
from boucle_field.screens.sends_screen import SendsScreen
from boucle_field.sends import Pile, lines
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import BADGE, MULHOUSE, PIN, enrolled, staff
from tests.screens.test_visit_screens import BASE, arrive, scan_crates, unsent
from tests.world import SimServer


def validated(hand: Hand, *, crates: int = 1) -> Hand:
    arrive(hand)
    scan_crates(hand, range(1, crates + 1))
    hand.face.validate()
    hand.face.open_sends()
    hand.taps = 0
    return hand


@pytest.fixture
def staffed(open_app: Callable[..., Hand], tmp_path: Path, server: SimServer) -> Hand:
    """Give the app with Karim at work on it."""
    staff(server)
    enrolled(tmp_path / "staffed", server)
    hand = open_app(tmp_path / "staffed")
    hand.scan(BADGE.url(BASE))
    sign(hand, PIN)
    return hand


def sign(hand: Hand, pin: str) -> None:
    typing = hand.face.wedge.typing
    assert typing is not None
    typing.typed(pin)
    typing.entered()
    hand.frames()


def stands(hand: Hand, number: int) -> tuple[str, str]:
    item = hand.face.at.mirror.look(code(number)).item
    return item.stage, item.place


def recorded(hand: Hand) -> list[tuple[str, str]]:
    return [(line.kind, line.after) for line in lines(hand.face.at.store, Pile.WAITING)]


def test_a_validated_line_is_voided_with_a_reason_and_a_pin(staffed: Hand) -> None:
    hand = validated(staffed)
    hand.tap("Corriger")
    hand.tap("Annuler cette ligne")
    hand.tap("Mauvais objet")
    assert hand.sees("Votre code PIN, pour signer la correction")
    assert stands(hand, 1)[0] == "inbound"
    sign(hand, PIN)
    assert hand.taps == 3
    assert isinstance(hand.face.screen, SendsScreen)
    assert hand.sees("Ligne annulée")
    assert stands(hand, 1) == ("at_partner", "mulhouse")
    assert recorded(hand) == [("event.voided", ""), ("item.collected", "event.voided")]


def test_a_wrong_pin_corrects_nothing_and_says_so(staffed: Hand) -> None:
    hand = validated(staffed)
    hand.tap("Corriger")
    hand.tap("Annuler cette ligne")
    hand.tap("Compté deux fois")
    sign(hand, "0000")
    assert hand.sees("Ce n’est pas le code PIN de Karim")
    assert (unsent(hand), stands(hand, 1)[0]) == (1, "inbound")
    assert isinstance(hand.face.screen, CorrectScreen)
    sign(hand, PIN)
    assert unsent(hand) == 2


def test_wrong_pins_are_counted_as_at_the_door(staffed: Hand) -> None:
    hand = validated(staffed)
    hand.tap("Corriger")
    hand.tap("Annuler cette ligne")
    hand.tap("Autre motif")
    for _ in range(6):
        sign(hand, "0000")
    assert hand.sees("Rien n’a changé")
    sign(hand, PIN)
    assert unsent(hand) == 1


def test_a_line_that_the_server_counts_already_says_when_this_phone_shows_the_thing_right(hand: Hand) -> None:
    validated(hand, crates=2)
    with hand.face.at.store.writing() as db:
        db.execute("UPDATE outbox SET folded = 1 WHERE subject = ?", (code(1),))
    *_, newer, older = (each.event_id for each in lines(hand.face.at.store, Pile.WAITING))
    for event_id, is_told in ((newer, False), (older, True)):
        hand.face.correct(event_id, Pile.WAITING.value)
        hand.tap("Annuler cette ligne")
        hand.tap("Mauvais objet")
        assert hand.sees("Ligne annulée")
        assert hand.sees("après le prochain envoi") is is_told


def test_another_place_takes_the_place_of_the_first(hand: Hand) -> None:
    validated(hand)
    hand.tap("Corriger")
    hand.tap("C’était un autre lieu")
    hand.tap("Nancy Électronique")
    hand.tap("Mauvais lieu")
    assert hand.taps == 4
    assert hand.sees("Corrigé")
    first, second = lines(hand.face.at.store, Pile.WAITING)[::-1]
    assert (first.after, second.after) == ("item.collected", "")
    event = hand.face.at.mirror._local("id = ?", (second.event_id,))[0]
    assert (event.corrects, event.place, event.text(WHY)) == (first.event_id, "nancy", "place")


def test_the_right_place_can_be_scanned(hand: Hand) -> None:
    hand.face.begin("collect", "nancy")
    scan_crates(hand, range(1, 2))
    hand.face.validate()
    hand.face.open_sends()
    hand.tap("Corriger")
    hand.tap("C’était un autre lieu")
    hand.scan(MULHOUSE.url(BASE))
    hand.tap("Mauvais lieu")
    assert hand.face.visit is None
    assert stands(hand, 1)[0] == "inbound"
    assert recorded(hand) == [("item.collected", ""), ("item.collected", "item.collected")]


def test_another_number_of_pieces(hand: Hand) -> None:
    arrive(hand)
    hand.tap("Sans étiquette")
    hand.tap("Intercalaire")
    hand.tap("9")
    hand.tap("OK")
    hand.face.validate()
    hand.face.open_sends()
    hand.tap("Corriger")
    hand.tap("C’était un autre nombre")
    hand.tap("7")
    hand.tap("OK")
    hand.tap("Mauvais nombre")
    newest = lines(hand.face.at.store, Pile.WAITING)[0]
    assert newest.subject == "7 × film"


def test_none_at_all_voids_the_line(hand: Hand) -> None:
    arrive(hand)
    hand.face.screen.count_more(10)
    hand.face.validate()
    hand.face.open_sends()
    hand.tap("Corriger")
    hand.tap("C’était un autre nombre")
    hand.tap("0")
    hand.tap("OK")
    hand.tap("Autre motif")
    assert recorded(hand)[0][0] == "event.voided"


def test_a_line_of_the_open_visit_is_free_and_the_counter_follows(staffed: Hand) -> None:
    hand = staffed
    arrive(hand)
    scan_crates(hand, range(1, 4))
    hand.face.open(SendsScreen, Pile.WAITING.value)
    hand.taps = 0
    hand.tap("Corriger")
    hand.tap("Annuler cette ligne")
    assert hand.taps == 2
    hand.tap("Retour")
    assert hand.face.visit is not None
    assert (hand.face.visit.counted, unsent(hand)) == (2, 4)


def test_a_correction_lets_the_last_choice_stand(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(23, 24))
    hand.tap("Ajouter ici")
    hand.face.open(SendsScreen, Pile.WAITING.value)
    hand.tap("Corriger")
    hand.tap("Annuler cette ligne")
    hand.tap("Retour")
    assert not hand.sees("Revenir sur")
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 0


def test_a_line_that_was_another_place_leaves_the_open_visit(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 4))
    hand.face.open(SendsScreen, Pile.WAITING.value)
    hand.tap("Corriger")
    hand.tap("C’était un autre lieu")
    hand.tap("Nancy Électronique")
    assert hand.face.visit is not None
    assert (hand.face.visit.place, hand.face.visit.counted) == ("mulhouse", 2)


def test_what_is_corrected_offers_no_second_correction_and_a_void_none(hand: Hand) -> None:
    validated(hand)
    hand.tap("Corriger")
    hand.tap("Annuler cette ligne")
    hand.tap("Mauvais objet")
    assert hand.sees("↶ annulée")
    assert "Corriger" not in hand.words()


def test_a_line_that_was_corrected_meanwhile_is_refused_in_words(hand: Hand) -> None:
    validated(hand)
    (line,) = lines(hand.face.at.store, Pile.WAITING)
    hand.face.at.desk.undo(line.event_id)
    hand.face.correct(line.event_id, Pile.WAITING.value)
    hand.frames()
    assert hand.sees("Rien n’a changé")
    assert hand.ear.heard[-1] is Outcome.REFUSED
    hand.tap("Retour")
    assert isinstance(hand.face.screen, SendsScreen)


def test_a_correction_whose_void_came_later_can_be_made_anew(hand: Hand) -> None:
    validated(hand)
    for place in ("Nancy Électronique", "Açores"):
        hand.tap("Corriger")
        hand.tap("C’était un autre lieu")
        hand.tap(place)
        hand.tap("Mauvais lieu")
    last, middle, first = lines(hand.face.at.store, Pile.WAITING)
    assert [each.can_be_corrected for each in (last, middle, first)] == [True, False, False]
    hand.face.at.desk.undo(last.event_id)
    again = {line.event_id: line.can_be_corrected for line in lines(hand.face.at.store, Pile.WAITING)}
    assert (again[last.event_id], again[middle.event_id]) == (False, True)


def test_what_waits_for_a_person_says_why_and_can_be_corrected(hand: Hand) -> None:
    hand.face.at.desk.record(Draft(kind="item.collected", code=code(2), place="nulle-part"))
    with hand.face.at.store.writing() as db:
        db.execute("UPDATE outbox SET state = 'quarantined', why = 'bad_body'")
    hand.face.open_sends()
    hand.tap("À vérifier")
    hand.tap("Corriger")
    hand.tap("C’était un autre lieu")
    hand.tap("Rhin Plasturgie")
    hand.tap("Mauvais lieu")
    assert hand.sees("Corrigé")
    assert [line.kind for line in lines(hand.face.at.store, Pile.WAITING)] == ["item.collected"]


def test_news_from_the_server_take_no_message_away(hand: Hand) -> None:
    validated(hand)
    hand.tap("Corriger")
    hand.tap("Annuler cette ligne")
    hand.tap("Mauvais objet")
    hand.face._heard(hand.face.news, 0)
    hand.frames()
    assert hand.sees("Ligne annulée")


def test_a_scan_of_an_item_while_correcting_goes_where_scans_go(hand: Hand) -> None:
    validated(hand)
    hand.tap("Corriger")
    hand.scan(LABEL + code(5))
    assert hand.face.pending == [code(5)]
    assert unsent(hand) == 1
