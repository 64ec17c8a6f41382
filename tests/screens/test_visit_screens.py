"""A visit on the screens: context first, live scanner, honest counts, undo in one tap; taps are counted."""

from boucle_field.desk import Outcome
from tests.builders import code
from tests.screens.hand import Hand

BASE = "https://boucle.example"


def test_twenty_crates_are_returned_in_four_taps(hand: Hand) -> None:
    hand.tap("Reprendre")
    hand.tap("Rhin Plasturgie")
    for number in range(1, 21):
        hand.scan(f"HTTPS://BOUCLE.EXAMPLE/{code(number)}")
    assert hand.sees("20")
    hand.tap("TERMINER")
    hand.tap("VALIDER")
    assert hand.taps == 4
    assert hand.face.visit is None
    assert hand.face.at.outbox.counts().unsent == 20
    assert hand.ear.heard == [Outcome.ACCEPTED] * 20
