"""Returned products in every state that a person meets: the list, a receipt with its warnings, each step after it."""

from collections.abc import Iterator
from dataclasses import replace

from boucle.actions import Amount
from boucle_field.return_acts import About, Step
from boucle_field.return_announce import Announcement
from boucle_field.screens.return_announce_screens import HowManyAnnouncedScreen, WhatPiecesScreen, WhyAnnouncedScreen
from boucle_field.screens.return_answer_steps import CancelStep, RefuseStep
from boucle_field.screens.return_send_steps import SendStep, SupplierHasStep, SupplierRefStep
from boucle_field.screens.return_steps import CarryOutStep, GradePhotoStep, HowManyStep, WhyStep
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.return_stock import RMA, announce, describe_products, sell

LABEL = "HTTPS://BOUCLE.EXAMPLE/"


def return_scenes(hand: Hand) -> Iterator[str]:
    """Lead the app through a return, from what the office announced to what becomes of it."""
    face = hand.face
    face.choose("returns")
    yield "returns-none"
    describe_products(face.at)
    sell(face.at)
    announce(face.at)
    face.open_returns()
    yield "returns"
    face.open_return(RMA)
    yield "return-expected"
    yield from _a_receipt(hand)
    yield from _steps(hand)
    yield from _announcing(hand)


def _announcing(hand: Hand) -> Iterator[str]:
    face = hand.face
    face.announce_return()
    yield "announce-who"
    of = Announcement(
        "charleville", codes=[code(73), code(74)], pieces={"relevage": 3}, reason="Modèle ou quantité en trop"
    )
    face.announcing(of)
    yield "announce"
    face.open(WhatPiecesScreen, of)
    yield "announce-pieces"
    face.open(HowManyAnnouncedScreen, of, "relevage")
    yield "announce-how-many"
    face.open(WhyAnnouncedScreen, of)
    yield "announce-why"
    face.announced(of)
    yield "announced"
    face.open(CancelStep, About(rma=RMA, item_type="relevage", n=3, most=3))
    yield "return-cancel"
    face.screen._said("kept")
    face.home()


def _a_receipt(hand: Hand) -> Iterator[str]:
    face = hand.face
    hand.scan(LABEL + code(71))
    yield "return-scanned"
    face.count(Amount("manuel", 14))
    yield "return-too-many"
    hand.scan(LABEL + code(76))
    yield "return-other-partner"
    hand.scan(LABEL + code(23))
    yield "return-container"
    face.brought_by("charleville")
    yield "return-long-place"
    face.summary()
    yield "return-partly"
    face.open_returns()
    hand.tap("Numéro de série" if face.lang == "fr" else "Serial number")
    yield "return-serial"
    face.screen.entered("SN-2024/74")
    yield "return-serials"
    face.ask_who_brings(code(75))
    yield "return-who-brings"
    face.brought_by("charleville", code(75))
    yield "return-blind"
    face.summary()
    yield "return-blind-received"


def _steps(hand: Hand) -> Iterator[str]:
    face = hand.face
    face.open_product(code(72))
    yield "product-expected"
    face.open_product(code(76))
    yield "product-received"
    about = About(rma=RMA, code=code(76))
    face.return_step(Step.GRADE, about)
    yield "return-grade"
    face.open(GradePhotoStep, replace(about, grade="C"))
    yield "return-photo"
    face.graded(replace(about, grade="C"))
    yield "return-decide"
    face.open(WhyStep, about, "recycle")
    yield "return-why"
    face.screen._said("cost")
    yield "product-decided"
    face.return_step(Step.CARRY_OUT, about)
    yield "return-treatment"
    face.open(SendStep, about)
    yield "return-send"
    face.open(SupplierRefStep, about, "charleville")
    yield "return-supplier-ref"
    face.open(SupplierHasStep, replace(about, code="", item_type="manuel", n=14, most=14))
    yield "return-supplier-has"
    loose = About(rma=RMA, item_type="manuel", n=14, most=14)
    face.return_step(Step.GRADE, loose)
    yield "return-grade-many"
    face.open(HowManyStep, loose, type(face.screen))
    yield "return-how-many"
    face.open(CarryOutStep, loose)
    yield "return-carry-out"
    face.carry_out(loose, "restock")
    yield "return-zone"
    face.open(RefuseStep, About(rma=RMA, code=code(72)))
    yield "return-refuse"
    face.screen._said("terms")
    yield "return-refused"
    face.home()
