"""Labelling on the screens: blank labels become items, a damaged one is replaced, a pile is printed again."""

import json
from random import Random

import pytest

from boucle.codes import Kind, mint
from boucle.commands import Command
from boucle.telling import Outcome
from boucle_field import reprinting
from boucle_field.screens.label_screens import AskedScreen, CommissionScreen, LabelScreen, PairScreen, TypeScreen
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.test_reception_screens import stage, visit_of
from tests.screens.test_visit_screens import arrive, command, scan_crates, unsent

BLANK = [mint(Kind.CONTAINER, Random(700 + at).randbytes).text for at in range(4)]
SUPPLIER = "KLT-6429-000017-A"


def last(hand: Hand) -> dict[str, object]:
    payload = hand.face.at.store.db.execute("SELECT payload FROM outbox ORDER BY n DESC LIMIT 1").fetchone()[0]
    return dict(json.loads(payload))


def item_of(hand: Hand, subject: str) -> tuple[str, bool]:
    seen = hand.face.at.mirror.look(subject)
    return seen.item.type, seen.claimed


# ---- new items


@pytest.mark.story(10)
def test_a_blank_label_that_is_scanned_first_is_bound_in_two_taps(hand: Hand) -> None:
    command(hand, Command.LABEL)
    assert isinstance(hand.face.screen, LabelScreen)
    hand.scan(LABEL + BLANK[0])
    assert isinstance(hand.face.screen, TypeScreen)
    assert hand.sees(hand.face.named(BLANK[0]))
    hand.tap("Bac 600×400")
    assert isinstance(hand.face.screen, CommissionScreen)
    assert item_of(hand, BLANK[0]) == ("bac", True)
    hand.scan(LABEL + BLANK[1])
    assert (visit_of(hand).counted, hand.taps) == (2, 1)
    assert last(hand)["body"] == {"type": "bac"}


@pytest.mark.story(10)
def test_a_label_that_is_bound_twice_is_refused_with_a_choice(hand: Hand) -> None:
    hand.face.begin_here("commission", {"type": "bac"})
    before = unsent(hand)
    scan_crates(hand, range(21, 22))
    hand.frames()
    assert (unsent(hand), hand.ear.heard) == (before, [Outcome.REFUSED])
    assert hand.sees("Étiquette déjà liée : Bac 600×400")
    hand.tap("Autre action")
    assert hand.sees("Bac 600×400")
    assert hand.face.pending == [code(21)]


@pytest.mark.story(10)
def test_a_blank_label_scanned_at_home_is_bound_in_two_taps(hand: Hand) -> None:
    hand.scan(LABEL + BLANK[0])
    assert hand.sees(hand.face.named(BLANK[0]))
    hand.tap("Nouvel objet")
    assert isinstance(hand.face.screen, TypeScreen)
    assert hand.face.pending == [BLANK[0]]
    hand.tap("Bac 600×400")
    assert item_of(hand, BLANK[0]) == ("bac", True)
    assert (hand.taps, hand.face.pending) == (2, [])


@pytest.mark.story(10)
def test_a_blank_label_scanned_at_home_is_linked_to_an_item_that_is_known(hand: Hand) -> None:
    hand.scan(LABEL + BLANK[0])
    hand.tap("Lier à…")
    assert isinstance(hand.face.screen, PairScreen)
    hand.scan(LABEL + code(21))
    look = hand.face.at.mirror.look
    assert look(BLANK[0]).item.id == look(code(21)).item.id
    assert last(hand)["kind"] == "label.replaced/1"


def test_a_label_that_names_an_item_is_offered_no_binding_at_home(hand: Hand) -> None:
    hand.scan(LABEL + code(21))
    assert hand.face.pending == [code(21)]
    assert not hand.sees("Nouvel objet")
    hand.scan(LABEL + BLANK[0])
    assert not hand.sees("Lier à…"), "what the two have to do with each other is not clear"


@pytest.mark.story(10)
def test_a_blank_label_met_by_a_reception_becomes_an_item_and_the_reception_goes_on(hand: Hand) -> None:
    hand.face.begin("receive", "strasbourg")
    scan_crates(hand, range(21, 22))
    hand.scan(LABEL + BLANK[0])
    assert hand.ear.heard[-1] is Outcome.UNKNOWN
    before = visit_of(hand)
    hand.tap("Nouvel objet")
    hand.tap("Retour")
    assert visit_of(hand) is before, "nothing was chosen yet"
    hand.tap("1 sans choix" if hand.sees("1 sans choix") else "Terminer")
    hand.tap("1 sans choix")
    hand.tap("Nouvel objet")
    assert hand.face.pending == [BLANK[0]]
    hand.tap("Bac 600×400")
    assert isinstance(hand.face.screen, CommissionScreen)
    assert item_of(hand, BLANK[0]) == ("bac", True)
    hand.tap("Terminer")
    hand.tap("Valider")
    assert (visit_of(hand).action, visit_of(hand).task, visit_of(hand).counted) == ("receive", before.task, 2)
    assert [line.item_type for line in visit_of(hand).lines] == ["bac", "bac"]
    assert visit_of(hand).asking == []
    hand.tap("Terminer")
    hand.tap("Valider")
    assert hand.face.visit is None


@pytest.mark.story(10)
def test_a_blank_label_met_at_a_partner_s_is_linked_to_the_crate_it_is_stuck_to(hand: Hand) -> None:
    arrive(hand)
    hand.scan(LABEL + BLANK[0])
    hand.tap("Lier à…")
    hand.scan(LABEL + code(1))
    look = hand.face.at.mirror.look
    assert look(BLANK[0]).item.id == look(code(1)).item.id
    assert look(BLANK[0]).item.stage == "inbound", "what was taken back under the blank label is that crate"


def test_a_serial_number_and_a_tare_go_with_the_next_label_alone(hand: Hand) -> None:
    hand.face.begin_here("commission", {"type": "palette"})
    hand.tap("Numéro de série")
    hand.scan("SN-2041/7")
    assert hand.sees("Numéro de série : SN-2041/7")
    hand.tap("Tare")
    for key in ("4", "7", ",", "5", "OK"):
        hand.tap(key)
    assert hand.sees("Tare : 47,5\u00a0kg")
    hand.scan(LABEL + BLANK[0])
    assert last(hand)["body"] == {"type": "palette", "serial": "SN-2041/7", "tare_g": 47_500}
    hand.scan(LABEL + BLANK[1])
    assert last(hand)["body"] == {"type": "palette"}


def test_an_undo_makes_the_label_blank_again(hand: Hand) -> None:
    hand.face.begin_here("commission", {"type": "bac"})
    hand.scan(LABEL + BLANK[0])
    command(hand, Command.UNDO)
    assert item_of(hand, BLANK[0])[1] is False
    hand.scan(LABEL + BLANK[0])
    assert item_of(hand, BLANK[0]) == ("bac", True)


# ---- a damaged label


@pytest.mark.story(9)
def test_a_damaged_label_is_replaced_and_the_old_one_still_resolves(hand: Hand) -> None:
    hand.face.begin_here("replace")
    assert hand.sees("1. Scannez la nouvelle étiquette")
    hand.scan(LABEL + BLANK[0])
    assert hand.sees("2. Nouvelle")
    hand.scan(LABEL + code(21))
    assert hand.ear.heard == [Outcome.ACCEPTED]
    look = hand.face.at.mirror.look
    assert look(BLANK[0]).item.id == look(code(21)).item.id
    assert last(hand)["kind"] == "label.replaced/1"
    command(hand, Command.UNDO)
    assert look(BLANK[0]).claimed is False


def test_the_old_label_is_typed_where_it_cannot_be_read(hand: Hand) -> None:
    hand.face.begin_here("replace")
    hand.scan(LABEL + BLANK[0])
    hand.tap("Saisir à la main")
    typing = hand.face.wedge.typing
    assert typing is not None
    typing.typed(code(22).removeprefix("C/"))
    typing.entered()
    assert item_of(hand, BLANK[0]) == ("bac", True)


def test_the_old_label_is_picked_from_what_should_stand_here(hand: Hand) -> None:
    hand.face.begin_here("replace")
    hand.scan(LABEL + BLANK[0])
    hand.tap("Attendus ici")
    hand.tap(hand.face.named(code(24)))
    assert hand.face.at.mirror.look(BLANK[0]).item.id == hand.face.at.mirror.look(code(24)).item.id
    assert isinstance(hand.face.screen, PairScreen)
    assert hand.sees("1. Scannez la nouvelle étiquette")


def test_a_new_label_that_names_an_item_already_is_refused(hand: Hand) -> None:
    hand.face.begin_here("replace")
    before = unsent(hand)
    scan_crates(hand, range(21, 22))
    hand.frames()
    assert hand.sees("Étiquette déjà liée")
    hand.scan(LABEL + BLANK[0])
    hand.scan(LABEL + BLANK[0])
    hand.frames()
    assert hand.sees("deux fois le même code")
    assert unsent(hand) == before


def test_a_first_code_is_taken_back_by_the_undo(hand: Hand) -> None:
    hand.face.begin_here("replace")
    hand.scan(LABEL + BLANK[0])
    command(hand, Command.UNDO)
    assert hand.sees("1. Scannez la nouvelle étiquette")


# ---- a supplier's code


def test_a_supplier_s_code_is_linked_and_then_scanned_like_any_label(hand: Hand) -> None:
    hand.face.begin_here("bind")
    hand.scan(LABEL + code(21))
    hand.scan(SUPPLIER)
    assert last(hand)["code"] == SUPPLIER
    hand.scan(LABEL + code(22))
    hand.scan(SUPPLIER)
    hand.frames()
    assert hand.sees("Étiquette déjà liée")
    hand.face.begin("count", "strasbourg")
    hand.scan(SUPPLIER)
    assert visit_of(hand).lines[-1].item == hand.face.at.mirror.look(code(21)).item.id


# ---- a pile


@pytest.mark.story(9)
def test_a_pile_of_sixty_labels_is_asked_for_as_one_batch(hand: Hand) -> None:
    labels = [mint(Kind.CONTAINER, Random(at).randbytes).text for at in range(60)]
    command(hand, Command.LABEL)
    hand.tap("Réimprimer une pile")
    for each in [*labels, labels[0]]:
        hand.scan(LABEL + each)
    assert hand.ear.heard == [Outcome.ACCEPTED] * 60 + [Outcome.REPEAT]
    command(hand, Command.UNDO)
    hand.scan(LABEL + labels[-1])
    hand.tap("Faire imprimer")
    assert isinstance(hand.face.screen, AskedScreen)
    body = last(hand)["body"]
    assert isinstance(body, dict)
    assert (body["count"], body["codes"]) == (60, [each.removeprefix("C/") for each in labels])
    assert hand.face.screen.address.endswith(f"/etiquettes/lots/{last(hand)['id']}")
    assert reprinting.pile(hand.face.at) == []


def test_an_empty_pile_asks_for_nothing(hand: Hand) -> None:
    command(hand, Command.LABEL)
    hand.tap("Réimprimer une pile")
    hand.scan(SUPPLIER)
    hand.tap("Faire imprimer")
    assert hand.sees("La pile est vide")
    assert unsent(hand) == 0


def test_a_label_whose_item_is_known_is_asked_about_as_anywhere(hand: Hand) -> None:
    command(hand, Command.LABEL)
    hand.scan(LABEL + code(21))
    assert hand.sees("Bac 600×400")
    assert stage(hand, 21)[0] == "available"
