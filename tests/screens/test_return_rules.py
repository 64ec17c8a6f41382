"""Returns on the screens beyond the receipt: announced and called off, whose they are, the manager, the maker."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from boucle.checklists import Checklist, Moment, Step
from boucle.clock import day_of
from boucle.rma import ReturnState
from boucle.units import DAY_MS
from boucle_field import return_announce, returns
from boucle_field.screens.return_announce_screens import AnnounceScreen, WhoAnnouncesScreen
from boucle_field.screens.return_screens import ProductScreen, ReturnScreen, ReturnsScreen
from boucle_field.screens.return_steps import DecideStep, GradeStep
from boucle_field.store import put
from tests.builders import code
from tests.screens.bench_hands import kept, typed
from tests.screens.bench_stock import stated
from tests.screens.hand import Hand, closed
from tests.screens.return_stock import RMA, TYPES, announce, describe_products, record, sell
from tests.screens.stock import MULHOUSE
from tests.screens.test_return_screens import scan, stage


@pytest.fixture
def desk(hand: Hand) -> Hand:
    """Give the app at the list of returns, where six pumps were sold and nothing is announced."""
    describe_products(hand.face.at)
    sell(hand.face.at)
    hand.face.home()
    hand.tap("Entrepôt")
    hand.tap("Retours de produits")
    hand.taps = 0
    return hand


def as_role(hand: Hand, role: str) -> None:
    identity = json.loads(hand.face.store.get("identity"))
    with hand.face.store.writing() as db:
        put(db, "identity", json.dumps(identity | {"role": role}))
    hand.face.phone = type(hand.face.at).of(hand.face.store)


def received(hand: Hand, number: int = 71) -> None:
    """Have a pump come in that nobody announced, and see it."""
    record(hand.face.at, "item.received", code=code(number), task=RMA, body={"from": "mulhouse"})
    hand.face.open_product(code(number))


def test_a_return_is_announced_without_a_network_by_scans_and_by_number(desk: Hand) -> None:
    desk.tap("Annoncer un retour")
    assert isinstance(desk.face.screen, WhoAnnouncesScreen)
    desk.scan(MULHOUSE.url("https://boucle.example"))
    for number in (71, 72, 71):
        scan(desk, number)
    assert isinstance(desk.face.screen, AnnounceScreen)
    desk.tap("Ajouter un nombre")
    desk.tap("Manuel d’entretien")
    typed(desk, "12")
    desk.tap("Motif")
    desk.tap("En panne")
    assert kept(desk, "return.announced") == []
    desk.tap("Annoncer")
    said = kept(desk, "return.announced")
    assert [each.get("code") or each["item_type"] for each in said] == [code(71), code(72), "manuel"]
    assert {(each["place"], each["body"]["reason"]) for each in said} == {("mulhouse", "En panne ou abîmé")}
    (rma,) = {each["task"] for each in said}
    found = returns.find(desk.face.at, rma)
    assert found is not None
    assert (found.partner, found.remaining, found.state) == ("rhin", 14, ReturnState.OPEN)
    assert isinstance(desk.face.screen, ReturnScreen)
    assert stage(desk, 71) == "requested"
    desk.face.open_returns()
    desk.tap("Annoncer un retour")
    assert isinstance(desk.face.screen, WhoAnnouncesScreen)  # the one before is done


def test_nothing_is_announced_without_a_line_and_a_line_is_taken_out_by_a_tap(desk: Hand) -> None:
    desk.tap("Annoncer un retour")
    desk.scan(MULHOUSE.url("https://boucle.example"))
    desk.tap("Annoncer")
    assert desk.sees("Rien n’est annoncé")
    scan(desk, 71)
    desk.tap("× ")
    desk.tap("Annoncer")
    assert desk.sees("Rien n’est annoncé")
    desk.tap("Ne rien annoncer")
    assert isinstance(desk.face.screen, ReturnsScreen)
    assert kept(desk, "return.announced") == []


def test_an_announcement_outlives_the_app_and_is_recorded_once(
    desk: Hand, data: Path, open_app: Callable[..., Hand]
) -> None:
    desk.tap("Annoncer un retour")
    desk.scan(MULHOUSE.url("https://boucle.example"))
    scan(desk, 71)
    of = return_announce.begun(desk.face.at)
    assert of is not None
    of.rma = RMA
    return_announce.keep(desk.face.at, of)
    record(desk.face.at, "return.announced", code=code(71), place="mulhouse", task=RMA)  # and then the app ended
    closed(desk)
    again = open_app(data)
    again.face.open_returns()
    again.tap("Annoncer un retour")
    assert isinstance(again.face.screen, AnnounceScreen)
    again.face.screen.of.pieces["manuel"] = 2
    again.tap("Annoncer")
    assert [each.get("code", "") for each in kept(again, "return.announced")] == [code(71), ""]


def test_what_was_announced_is_called_off_with_its_reason_and_comes_back_by_one_tap(desk: Hand) -> None:
    announce(desk.face.at)
    desk.face.open_return(RMA)
    desk.tap("Ne plus attendre : Manuel")
    desk.tap("Le partenaire le garde")
    said = kept(desk, "return.cancelled")[-1]
    assert (said["qty"], said["task"], said["body"]) == (12, RMA, {"reason": "Le partenaire le garde"})
    found = returns.find(desk.face.at, RMA)
    assert found is not None
    assert found.remaining == 2
    desk.tap("Annuler")
    found = returns.find(desk.face.at, RMA)
    assert found is not None
    assert found.remaining == 14
    desk.face.open_product(code(71))
    desk.tap("Ne plus attendre")
    desk.tap("Annoncé par erreur")
    assert stage(desk, 71) == "cancelled"


def test_the_returns_of_this_site_are_shown_first_and_all_by_one_tap(desk: Hand) -> None:
    announce(desk.face.at)
    record(desk.face.at, "item.received", code=code(73), place="metz", task="RT-METZ", body={"from": "mulhouse"})
    desk.face.open_returns()
    assert desk.sees(RMA)
    assert not desk.sees("RT-METZ")
    desk.tap("Tous les sites (1 de plus)")
    assert desk.sees("RT-METZ")
    desk.tap("Ce site seulement")
    assert not desk.sees("RT-METZ")


def test_past_its_last_day_a_return_says_so_and_is_received_as_late(desk: Hand) -> None:
    announce(desk.face.at)
    now = desk.face.at.desk.now_ms()
    past, coming = (_day(now + days * DAY_MS) for days in (-2, 9))
    record(desk.face.at, "return.authorised", code=code(71), task=RMA, body={"until": past})
    record(desk.face.at, "return.authorised", code=code(72), task=RMA, body={"until": coming})
    desk.face.open_returns()
    assert desk.sees("1 expiré")
    desk.face.open_product(code(71))
    assert desk.sees("Expiré : à renvoyer au plus tard le")
    desk.face.open_product(code(72))
    assert not desk.sees("Expiré")
    assert desk.sees("À renvoyer au plus tard le")
    scan(desk, 71)
    scan(desk, 72)
    desk.face.open_product(code(71))
    assert desk.sees("Reçu après la date limite")
    desk.face.open_product(code(72))
    assert not desk.sees("après la date limite")


def _day(ms: int) -> str:
    return str(day_of(ms, "Europe/Paris"))


def test_an_authorisation_says_the_last_day_that_the_rule_of_the_type_gives(desk: Hand) -> None:
    announce(desk.face.at)
    stated(desk.face.at, "return_rule", "relevage", {"return_days": 0})
    stated(desk.face.at, "return_rule", "*", {"return_days": 12})
    desk.face.open_return(RMA)
    desk.tap("Autoriser")
    told = {each.get("item_type") or "relevage": each.get("body", {}) for each in kept(desk, "return.authorised")}
    assert told["manuel"] == {"until": _day(desk.face.at.desk.now_ms() + 12 * DAY_MS)}
    assert not told["relevage"]


# ---- the value


def test_what_is_worth_more_waits_for_a_manager_who_confirms_it_in_two_taps(desk: Hand) -> None:
    stated(desk.face.at, "item_type", "relevage", {**TYPES["relevage"], "price_cents": 90_000})
    stated(desk.face.at, "return_rule", "*", {"most_cents": 50_000})
    received(desk)
    as_role(desk, "warehouse")
    desk.face.open_product(code(71))
    desk.tap("Classer")
    desk.tap("A · Propre")
    assert desk.sees("Au-dessus du seuil : un responsable confirme ensuite.")
    desk.tap("Remettre en stock")
    assert isinstance(desk.face.screen, ProductScreen)
    assert desk.sees("Attend un responsable : remettre en stock")
    assert kept(desk, "item.disposition_decided")[-1]["body"] == {"disposition": "restock", "proposed": "restock"}
    assert not desk.sees("Ranger en stock")
    as_role(desk, "manager")
    desk.face.open_product(code(71))
    desk.taps = 0
    desk.tap("Décider")
    assert isinstance(desk.face.screen, DecideStep)
    assert desk.sees("Décidé, à confirmer")
    desk.tap("Remettre en stock")
    assert desk.taps == 2
    assert kept(desk, "item.disposition_confirmed")[-1]["body"]["disposition"] == "restock"
    assert stage(desk, 71) == "disposed_to"
    desk.tap("Annuler")
    assert desk.sees("Attend un responsable")


# ---- the grade


def test_a_grade_goes_through_the_control_of_its_type_and_keeps_its_answers(desk: Hand) -> None:
    asked = Checklist(
        key="pompes",
        moment=Moment.CONTROL,
        types=("relevage",),
        words={"fr": "Contrôle d’une pompe"},
        steps=(Step(id="fuite", words={"fr": "Pas de fuite"}, blocking=True),),
    )
    stated(desk.face.at, "checklist", asked.key, asked.row)
    received(desk)
    desk.tap("Classer")
    assert desk.sees("Pas de fuite")
    desk.tap("A · Propre")
    assert isinstance(desk.face.screen, GradeStep)
    assert kept(desk, "item.graded") == []
    desk.tap("Non")
    desk.tap("A · Propre")
    assert kept(desk, "item.graded") == []
    desk.tap("Oui")
    desk.tap("A · Propre")
    body = kept(desk, "item.graded")[-1]["body"]
    assert (body["checklist"], body["answers"], body["grade"]) == (asked.ref, {"fuite": True}, "A")
    received(desk, 72)
    desk.tap("Classer")
    desk.tap("D · ")
    assert kept(desk, "item.graded")[-1]["body"]["grade"] == "D"  # what does not serve may be graded at once


# ---- the maker


def test_what_goes_to_its_maker_keeps_their_number_and_ends_with_their_receipt(desk: Hand) -> None:
    received(desk)
    desk.tap("Classer")
    desk.tap("D · ")
    desk.tap("Renvoyer au fournisseur")
    desk.tap("Moins cher ainsi")
    desk.tap("Expédier au fournisseur")
    desk.tap("Kieffer")
    typed(desk, "AV-77")
    said = kept(desk, "item.shipped")[-1]
    assert said["body"] == {"to": "charleville", "disposition": "supplier", "supplier_ref": "AV-77"}
    assert desk.sees("N° du fournisseur : AV-77")
    desk.tap("Reçu par le fournisseur")
    assert kept(desk, "item.delivered")[-1]["place"] == "charleville"
    assert stage(desk, 71) == "closed"
