"""Returned products on the screens: the whole way of a return by taps and scans, offline, its counts at each step."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from boucle.commands import Command
from boucle.rma import ReturnState
from boucle.telling import Outcome
from boucle_field import returns
from boucle_field.screens.return_scan_screen import ReturnScanScreen, WhoBringsScreen
from boucle_field.screens.return_screens import ProductScreen, ReturnScreen, ReturnsScreen
from boucle_field.screens.return_steps import DecideStep, GradeStep, WhyStep
from boucle_field.store import put
from tests.builders import code
from tests.screens.bench_hands import kept, typed
from tests.screens.hand import Hand
from tests.screens.return_stock import PARTNERS, RMA, announce, describe_products, sell
from tests.screens.scenes import LABEL
from tests.screens.stock import MULHOUSE
from tests.screens.test_photos import aim, asking
from tests.screens.test_visit_screens import command


@pytest.fixture
def desk(hand: Hand) -> Hand:
    """Give the app at the list of returns, where two pumps and twelve books are announced."""
    describe_products(hand.face.at)
    sell(hand.face.at)
    announce(hand.face.at)
    hand.face.home()
    hand.tap("Entrepôt")
    hand.tap("Retours de produits")
    hand.taps = 0
    return hand


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    """Give what a camera sees: something brown without a code."""
    folder = tmp_path / "frames"
    folder.mkdir()
    Image.new("RGB", (1280, 720), "#8a5a2b").save(folder / "1.png")
    return folder


def scan(hand: Hand, number: int) -> None:
    hand.scan(LABEL + code(number))


def state(hand: Hand, rma: str = RMA) -> tuple[ReturnState, int]:
    found = returns.find(hand.face.at, rma)
    assert found is not None
    return found.state, found.remaining


def stage(hand: Hand, number: int) -> str:
    return returns.product_of(hand.face.at, code(number)).stage


def pieces(hand: Hand, item_type: str, n: str) -> None:
    hand.tap("Sans étiquette")
    hand.tap(item_type)
    typed(hand, n)


def test_the_list_shows_what_is_announced_by_whom_and_what_is_still_to_come(desk: Hand) -> None:
    assert isinstance(desk.face.screen, ReturnsScreen)
    assert desk.sees("Rhin Plasturgie")
    assert desk.sees("12 × Manuel d’entretien")
    assert desk.sees("○ Attendu · reste 14")


@pytest.mark.story(12)
def test_a_return_is_received_in_parts_and_its_counts_are_right_after_each_scan(desk: Hand) -> None:
    scan(desk, 71)
    assert isinstance(desk.face.screen, ReturnScanScreen)
    assert desk.sees("Reçu")
    assert (state(desk), desk.taps) == ((ReturnState.PARTLY_RECEIVED, 13), 0)
    assert desk.sees(" / 14")
    pieces(desk, "Manuel d’entretien", "7")
    assert state(desk) == (ReturnState.PARTLY_RECEIVED, 6)
    desk.tap("Terminer")
    assert isinstance(desk.face.screen, ReturnScreen)
    assert desk.sees("7 reçus sur 12 · reste 5")
    said = kept(desk, "item.received")
    assert [each["against"] for each in said] == [RMA, RMA]
    assert [each["body"] for each in said] == [{"from": "mulhouse"}] * 2
    assert len({each["task"] for each in said}) == 1


def test_what_comes_beyond_is_kept_and_told(desk: Hand) -> None:
    desk.tap("Rhin Plasturgie")
    desk.tap("Recevoir")
    pieces(desk, "Manuel d’entretien", "14")
    assert desk.sees("Reçu, à vérifier")
    assert desk.sees("2 de plus qu’annoncé")
    assert desk.sees("+ 2 en plus")
    desk.tap("Ajouter ici")
    desk.tap("Terminer")
    assert desk.sees("14 reçus sur 12 · 2 en trop")
    assert state(desk) == (ReturnState.PARTLY_RECEIVED, 2)


def test_a_product_that_somebody_else_brings_is_accepted_with_a_warning_and_can_be_put_right(desk: Hand) -> None:
    scan(desk, 71)
    scan(desk, 76)
    assert desk.ear.heard[-1] is Outcome.UNEXPECTED
    assert desk.sees(f"Expédié à {PARTNERS['kieffer']}, rendu par Rhin Plasturgie")
    product = returns.product_of(desk.face.at, code(76))
    assert (product.stage, product.back.origin, product.back.partner) == ("received", "kieffer", "rhin")
    desk.tap("Ignorer")
    assert stage(desk, 76) == ""
    desk.tap("Rapporté par Rhin Plasturgie")
    desk.tap("Kieffer")
    scan(desk, 76)
    assert returns.product_of(desk.face.at, code(76)).back.partner == "kieffer"
    assert not returns.product_of(desk.face.at, code(76)).other_partner


@pytest.mark.story(11)
def test_what_nobody_announced_is_one_scan_and_one_tap_and_says_where_it_was_last_sent(desk: Hand) -> None:
    scan(desk, 75)
    assert isinstance(desk.face.screen, WhoBringsScreen)
    desk.tap("Kieffer")
    assert desk.taps == 1
    assert desk.sees("Reçu, à vérifier")
    assert desk.sees(f"Expédié à Rhin Plasturgie, rendu par {PARTNERS['kieffer']}")
    (said,) = kept(desk, "item.received")
    assert said["task"].startswith("RT-")
    assert "against" not in said
    assert state(desk, said["task"]) == (ReturnState.RECEIVED, 0)
    back = returns.product_of(desk.face.at, code(75)).back
    assert (back.rma, back.blind, back.origin) == (said["task"], True, "rhin")


def test_the_label_of_a_place_says_who_brings_what_follows(desk: Hand) -> None:
    desk.tap("Retour sans annonce")
    desk.scan(MULHOUSE.url("https://boucle.example"))
    assert isinstance(desk.face.screen, ReturnScanScreen)
    scan(desk, 75)
    assert kept(desk, "item.received")[-1]["body"] == {"from": "mulhouse"}
    assert desk.sees("Reçu")


def test_a_container_is_led_to_where_containers_are_received(desk: Hand) -> None:
    scan(desk, 71)
    scan(desk, 3)
    assert desk.sees("C’est un contenant")
    assert [each["code"] for each in kept(desk, "item.received")] == [code(71)]
    desk.tap("Autre action")
    assert desk.face.pending == [code(3)]


def test_an_unknown_label_is_kept_and_counts_in_no_return(desk: Hand) -> None:
    scan(desk, 71)
    scan(desk, 99)
    assert desk.sees("Gardé, sera vérifié")
    assert [each["code"] for each in kept(desk, "item.received")] == [code(71), code(99)]
    assert state(desk) == (ReturnState.PARTLY_RECEIVED, 13)


def test_a_product_is_graded_decided_and_put_away_in_four_taps(desk: Hand) -> None:
    scan(desk, 71)
    scan(desk, 72)
    desk.tap("Terminer")
    desk.taps = 0
    scan(desk, 71)
    assert isinstance(desk.face.screen, ProductScreen)
    desk.tap("Classer")
    assert isinstance(desk.face.screen, GradeStep)
    assert desk.sees("A · Propre, complet, sans marque.")
    desk.tap("A · Propre")
    assert isinstance(desk.face.screen, DecideStep)
    desk.tap("Remettre en stock")
    desk.tap("Ranger en stock")
    typed(desk, "A-12")
    assert desk.taps == 4
    graded, decided, moved = (
        kept(desk, kind)[-1] for kind in ("item.graded", "item.disposition_decided", "item.moved")
    )
    assert graded["body"] == {"grade": "A", "criteria": "classes-1"}
    assert decided["body"] == {"disposition": "restock", "proposed": "restock"}
    assert moved["body"] == {"zone": "A-12"}
    assert {each["against"] for each in (graded, decided, moved)} == {RMA}
    assert stage(desk, 71) == "closed"
    assert state(desk) == (ReturnState.PARTLY_RECEIVED, 12)


def test_another_decision_than_the_proposed_one_wants_a_reason(desk: Hand) -> None:
    scan(desk, 71)
    desk.tap("Terminer")
    scan(desk, 71)
    desk.tap("Classer")
    desk.tap("C · Cassé")
    desk.tap("Recycler")
    assert isinstance(desk.face.screen, WhyStep)
    assert kept(desk, "item.disposition_decided") == []
    assert desk.sees("Proposé : réparer. Choisi : recycler.")
    desk.tap("Moins cher ainsi")
    body = kept(desk, "item.disposition_decided")[-1]["body"]
    assert body == {"disposition": "recycle", "proposed": "repair", "reason": "Moins cher ainsi"}
    desk.tap("Peser et recycler")
    desk.tap("R4")
    desk.tap("Sans filière connue")
    typed(desk, "3,2")
    treated = kept(desk, "item.treated")[-1]
    assert (treated["against"], treated["body"]["code"], treated["body"]["mass_g"]) == (RMA, "R4", 3_200)
    assert isinstance(desk.face.screen, ReturnScreen)
    assert stage(desk, 71) == "closed"


def test_what_has_no_number_goes_on_by_quantity_and_a_part_of_it_too(desk: Hand) -> None:
    desk.tap("Rhin Plasturgie")
    desk.tap("Recevoir")
    pieces(desk, "Manuel d’entretien", "12")
    desk.tap("Terminer")
    desk.tap("Classer\n12")
    desk.tap("Une partie seulement")
    typed(desk, "13")
    assert desk.sees("13 ne va pas : de 1 à 12.")
    typed(desk, "5")
    desk.tap("B · Propre")
    assert isinstance(desk.face.screen, DecideStep)
    desk.tap("Remettre en état")
    desk.tap("Exécuter\n5")
    desk.tap("Expédier au bénéficiaire")
    desk.tap("Kieffer")
    shipped = kept(desk, "item.shipped")[-1]
    assert (shipped["qty"], shipped["against"], shipped["body"]) == (5, RMA, {"to": "charleville"})
    assert desk.sees("12 reçus sur 12 · 5 classés · 5 clos")


def test_a_line_is_refused_with_its_reason_by_who_decides(desk: Hand) -> None:
    desk.tap("Rhin Plasturgie")
    desk.tap("Refuser : Manuel d’entretien")
    desk.tap("Hors délai")
    refused = kept(desk, "return.refused")[-1]
    assert (refused["qty"], refused["task"], refused["body"]) == (12, RMA, {"reason": "Hors délai ou hors conditions"})
    assert state(desk) == (ReturnState.OPEN, 2)
    assert desk.sees("12 refusés ou annulés")


def test_a_role_sees_only_what_it_may_do(desk: Hand) -> None:
    identity = json.loads(desk.face.store.get("identity"))
    with desk.face.store.writing() as db:
        put(db, "identity", json.dumps(identity | {"role": "warehouse"}))
    desk.face.phone = type(desk.face.at).of(desk.face.store)
    desk.face.open_return(RMA)
    assert desk.sees("Recevoir")
    assert not desk.sees("Refuser")
    assert not desk.sees("Autoriser")


def test_each_act_is_undone_in_one_tap_or_one_scan(desk: Hand) -> None:
    scan(desk, 71)
    desk.tap("Terminer")
    scan(desk, 71)
    desk.tap("Classer")
    desk.tap("B · Propre")
    desk.tap("Remettre en état")
    desk.tap("Annuler le dernier acte")
    assert stage(desk, 71) == "graded"
    command(desk, Command.UNDO)
    assert stage(desk, 71) == "received"
    command(desk, Command.UNDO)
    assert stage(desk, 71) == "requested"
    assert state(desk) == (ReturnState.OPEN, 14)
    command(desk, Command.UNDO)


def test_a_receipt_outlives_the_app(desk: Hand, data: Path, open_app: Callable[..., Hand]) -> None:
    scan(desk, 71)
    again = open_app(data)
    assert isinstance(again.face.screen, ReturnScanScreen)
    assert again.sees("Retour : Rhin Plasturgie")
    scan(again, 72)
    bodies: list[dict[str, Any]] = kept(again, "item.received")
    assert [each["against"] for each in bodies] == [RMA, RMA]
    assert state(again) == (ReturnState.PARTLY_RECEIVED, 12)


@pytest.mark.story(11)
def test_a_product_without_a_label_is_found_by_its_serial_number(desk: Hand) -> None:
    desk.tap("Numéro de série")
    typed(desk, "SN 2024-9")
    assert desk.sees("aucun produit connu ne porte le numéro")
    typed(desk, "sn 2024-71")
    assert isinstance(desk.face.screen, ReturnScanScreen)
    assert [each["code"] for each in kept(desk, "item.received")] == [code(71)]
    desk.tap("Numéro de série")
    typed(desk, "SN-2024/74")
    assert desk.sees("Plusieurs produits ont ce numéro.")
    desk.tap(desk.face.named(code(75)))
    assert [each["code"] for each in kept(desk, "item.received")] == [code(71), code(75)]


def test_a_makers_bar_code_is_read_as_a_serial_number_where_one_is_asked(desk: Hand) -> None:
    desk.tap("Numéro de série")
    desk.scan("SN2024/72")
    assert isinstance(desk.face.screen, ReturnScanScreen)
    assert [each["code"] for each in kept(desk, "item.received")] == [code(72)]


def a_pump(hand: Hand) -> None:
    describe_products(hand.face.at)
    sell(hand.face.at)
    announce(hand.face.at)
    asking(hand.face.at)
    hand.face.open_returns()
    scan(hand, 71)
    hand.tap("Terminer")
    scan(hand, 71)
    hand.tap("Classer")


def test_a_grade_is_recorded_with_the_photo_that_the_site_asks_for(
    open_app: Callable[..., Hand], data: Path, camera: Path
) -> None:
    hand = open_app(data, frames=camera)
    a_pump(hand)
    hand.tap("D · Ne vaut pas")
    assert hand.sees("Une photo pour la classe D")
    assert kept(hand, "item.graded") == []
    aim(hand)
    hand.tap("Photo")
    assert len(kept(hand, "item.graded")[-1]["photos"]) == 1
    assert isinstance(hand.face.screen, DecideStep)


def test_without_a_photo_the_grade_counts_all_the_same(open_app: Callable[..., Hand], data: Path, camera: Path) -> None:
    hand = open_app(data, frames=camera)
    a_pump(hand)
    hand.tap("D · Ne vaut pas")
    hand.tap("Classer sans photo")
    assert "photos" not in kept(hand, "item.graded")[-1]
    assert stage(hand, 71) == "graded"
    assert hand.sees("photo")


def test_a_good_grade_asks_for_no_photo(open_app: Callable[..., Hand], data: Path, camera: Path) -> None:
    hand = open_app(data, frames=camera)
    a_pump(hand)
    hand.tap("A · Propre")
    assert isinstance(hand.face.screen, DecideStep)
