"""Weighing on the screens: a type and whose it is, or a treatment and its outlet, then one mass after the other."""

import json
from typing import Any

import pytest

from boucle.commands import Command
from boucle.telling import Outcome
from boucle_field.screens.mass_screens import DoubtScreen, LeftScreen, MassStep
from boucle_field.screens.weigh_screens import WeighScreen
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.test_reception_screens import stage
from tests.screens.test_visit_screens import command, unsent

OUTLET = "Recyclage Meyer"


def last(hand: Hand) -> dict[str, Any]:
    payload = hand.face.at.store.db.execute("SELECT payload FROM outbox ORDER BY n DESC LIMIT 1").fetchone()[0]
    return dict(json.loads(payload))


def key_in(hand: Hand, text: str) -> None:
    """Type on a keyboard, as far as Enter."""
    hand.scan(text)
    hand.frames()


def to_the_scale(hand: Hand) -> None:
    """Weigh cardboard sheets that come from Rhin Plasturgie."""
    command(hand, Command.WEIGH)
    hand.tap("Ce qui arrive")
    hand.tap("Intercalaire")
    hand.tap("Rhin Plasturgie")


def to_the_recycler(hand: Hand, number: int) -> None:
    """Have a crate leave for its recycling."""
    command(hand, Command.WEIGH)
    hand.tap("Ce qui part pour de bon")
    hand.scan(LABEL + code(number))
    hand.tap("R3 ·")
    typing = hand.face.wedge.typing
    assert typing is not None
    typing.typed(OUTLET)
    typing.entered()
    hand.frames()


def test_a_volume_is_weighed_by_the_pad_with_a_decimal_comma(hand: Hand) -> None:
    to_the_scale(hand)
    for key in ("1", "2", ",", "5", "OK"):
        hand.tap(key)
    event = last(hand)
    assert (event["kind"], event["item_type"], event["qty"]) == ("item.received/1", "film", 1)
    assert event["body"] == {"from": "mulhouse", "mass_g": 12_500}
    assert hand.sees("✓ 12,5\u00a0kg")
    assert isinstance(hand.face.screen, MassStep)


def test_a_scale_that_types_like_a_keyboard_is_understood(hand: Hand) -> None:
    to_the_scale(hand)
    hand.scan("US,GS,+  12,000 kg")
    hand.frames()
    assert hand.sees("La balance bouge encore")
    assert unsent(hand) == 0
    hand.scan("ST,GS,+  12,345 kg")
    assert last(hand)["body"]["mass_g"] == 12_345
    hand.scan("ST,GS,+  13,000 kg")
    assert last(hand)["body"]["mass_g"] == 13_000
    assert unsent(hand) == 2


def test_the_tare_of_the_carrier_is_taken_off_every_mass_that_follows(hand: Hand) -> None:
    to_the_scale(hand)
    hand.tap("Tare : 0\u00a0kg")
    key_in(hand, "20")
    key_in(hand, "32,5")
    assert last(hand)["body"]["mass_g"] == 12_500
    key_in(hand, "30")
    assert last(hand)["body"]["mass_g"] == 10_000
    hand.tap("Nombre : 1")
    key_in(hand, "12")
    key_in(hand, "44")
    assert (last(hand)["qty"], last(hand)["body"]["mass_g"]) == (12, 24_000)


@pytest.mark.parametrize(("typed", "words", "mass_g"), [
    ("0", "La masse est nulle", 0),
    ("90000", "Plus de 40 tonnes", 90_000_000),
])  # fmt: skip
def test_zero_and_ninety_tonnes_are_asked_about_and_never_a_dead_end(
    hand: Hand, typed: str, words: str, mass_g: int
) -> None:
    to_the_scale(hand)
    key_in(hand, typed)
    assert isinstance(hand.face.screen, DoubtScreen)
    assert hand.sees(words)
    assert unsent(hand) == 0
    hand.tap("Peser encore")
    key_in(hand, typed)
    hand.tap("Enregistrer quand même")
    assert last(hand)["body"]["mass_g"] == mass_g


def test_what_is_no_mass_records_nothing(hand: Hand) -> None:
    to_the_scale(hand)
    key_in(hand, "1,,2")
    assert hand.sees("Ce n’est pas une masse possible ici")
    assert (unsent(hand), hand.ear.heard) == (0, [Outcome.REFUSED])


def test_the_last_mass_is_taken_back_in_one_tap(hand: Hand) -> None:
    to_the_scale(hand)
    key_in(hand, "12")
    hand.tap("↶ Annuler")
    assert last(hand)["kind"] == "event.voided/1"
    assert hand.sees("Annulé")


def test_an_item_leaves_with_its_code_its_outlet_and_its_mass(hand: Hand) -> None:
    to_the_recycler(hand, 21)
    key_in(hand, "1,9")
    event = last(hand)
    assert event["kind"] == "item.retired/1"
    assert event["body"] == {
        "code": "R3", "mode": "recycling", "route": "recycling", "outlet": OUTLET, "mass_g": 1_900
    }  # fmt: skip
    assert stage(hand, 21)[0] == "retired"
    assert isinstance(hand.face.screen, LeftScreen)
    hand.scan(LABEL + code(22))
    hand.tap("Sans pesée : 2\u00a0kg")
    assert "mass_g" not in last(hand)["body"]
    assert last(hand)["body"]["outlet"] == OUTLET
    command(hand, Command.UNDO)
    assert stage(hand, 22)[0] == "available"


def test_what_is_out_cannot_leave_for_good_and_nothing_is_recorded(hand: Hand) -> None:
    to_the_recycler(hand, 1)
    before = unsent(hand)
    key_in(hand, "1,9")
    assert hand.sees("Impossible tant qu’il est dehors")
    assert (unsent(hand), stage(hand, 1)[0]) == (before, "at_partner")


def test_an_unknown_treatment_code_is_no_dead_end(hand: Hand) -> None:
    command(hand, Command.WEIGH)
    hand.tap("Ce qui part pour de bon")
    hand.tap("Intercalaire")
    hand.tap("Autre code D ou R")
    key_in(hand, "R99")
    assert hand.sees("R99 n’est pas un code D ou R connu")
    key_in(hand, "R11")
    hand.tap("Énergie")
    hand.tap("Sans filière connue")
    key_in(hand, "300")
    assert last(hand)["body"] == {"code": "R11", "mode": "energy", "route": "recycling", "mass_g": 300_000}


def test_who_may_not_decide_weighs_only_what_was_scrapped_by_somebody_who_may(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(hand.face.at.desk), "capabilities", frozenset({"receive", "sort"}))
    command(hand, Command.WEIGH)
    assert isinstance(hand.face.screen, WeighScreen)
    hand.tap("Ce qui part pour de bon")
    assert not hand.sees("Intercalaire")
    assert hand.sees("Scannez l’objet qui part")
    assert not hand.sees("choisissez un type"), "there is none to choose"
