"""The delivery note of what a phone sent, as a text: copied where the device sends none."""

from kivy.core.clipboard import Clipboard

from boucle_field.screens.wording import named
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.test_visit_screens import scan_crates


def test_what_was_sent_is_copied_as_a_delivery_note_with_its_codes(hand: Hand) -> None:
    hand.tap("Expédier")
    hand.tap("Nancy Électronique")
    scan_crates(hand, range(21, 23))
    hand.tap("Terminer")
    hand.tap("Copier le bon de livraison en texte")
    assert hand.sees("Bon de livraison copié")
    lines = Clipboard.paste().splitlines()
    assert lines[0] == "Bon de livraison"
    assert "Nancy Électronique" in lines[1]
    assert lines[2] == "2 × Bac 600×400"
    assert [line.strip() for line in lines[3:5]] == [named(code(21)), named(code(22))]


def test_a_visit_that_sent_nothing_offers_no_note(hand: Hand) -> None:
    hand.tap("Expédier")
    hand.tap("Nancy Électronique")
    hand.tap("Terminer")
    assert not hand.sees("bon de livraison")
