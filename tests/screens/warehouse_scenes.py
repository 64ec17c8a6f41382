"""The warehouse in every state that a person meets: a reception with verdicts, a count, quarantine."""

from collections.abc import Iterator
from dataclasses import replace
from random import Random

from boucle.actions import Amount
from boucle.codes import Kind, mint
from boucle.leaving import Treatment
from boucle.rounds import Gap
from boucle_field.outbox import Draft
from boucle_field.screens.control_screens import CheckScreen
from boucle_field.screens.differences_screen import DifferencesScreen
from boucle_field.screens.gap_asking import Reasons
from boucle_field.screens.label_screens import ReprintScreen, SerialScreen, TareScreen
from boucle_field.screens.pick_screen import PickScreen
from boucle_field.screens.warehouse_screens import HoldScreen, SourceScreen
from boucle_field.screens.weigh_steps import PiecesStep, TreatmentCodeStep, WeighTareStep
from boucle_field.weighed import Job, Weighing
from tests.builders import code
from tests.screens.bench_stock import CONTROL, QUALITY, describe_bench
from tests.screens.hand import Hand

LABEL = "HTTPS://BOUCLE.EXAMPLE/"


def warehouse_scenes(hand: Hand) -> Iterator[str]:
    """Lead an app whose rounds are planned through the warehouse; give the name of each scene while it stands."""
    yield from _a_reception(hand)
    yield from _a_count(hand)
    yield from _quarantine(hand)
    yield from _labels(hand)
    yield from _weighing(hand)
    yield from _gate(hand)


def _a_reception(hand: Hand) -> Iterator[str]:
    face = hand.face
    desk = face.at.desk
    for number in (6, 7, 8, 9):
        desk.record(Draft(kind="item.collected", code=code(number), place="mulhouse", task="T-1#a"))
    face.choose("receive")
    yield "receive-ready"
    face.screen.choose_verdict("ok")
    for number in (6, 7):
        hand.scan(LABEL + code(number))
    yield "receive-sorted"
    hand.tap("Classes des suivants" if face.lang == "fr" else "Grades of the next")
    yield "grades"
    hand.tap("B ·")
    yield "receive-grade"
    hand.tap("Sud Alsace")
    yield "receive-round"
    face.screen.choose_verdict("scrap")
    hand.scan(LABEL + code(8))
    yield "receive-scrap"
    hand.scan(LABEL + code(23))
    face.open(SourceScreen, Amount("film", 12))
    yield "receive-source"
    face.back()
    face.summary()
    yield "receive-summary"
    face.screen._because(Reasons({"receive:bac": Gap.ON_BOARD}))
    yield "receive-explained"
    face.open(DifferencesScreen)
    yield "receive-differences"
    face.validate()


def _a_count(hand: Hand) -> Iterator[str]:
    face = hand.face
    face.open_warehouse()
    yield "warehouse"
    face.choose("count")
    yield "count-where"
    face.begin("count", "strasbourg")
    yield "count-ready"
    for number in (23, 24, 10):
        hand.scan(LABEL + code(number))
    yield "count-unexpected"
    face.summary()
    yield "count-summary"
    face.screen.validate()
    yield "count-partly"
    face.open(DifferencesScreen)
    yield "count-differences"
    face.validate()


def _quarantine(hand: Hand) -> Iterator[str]:
    face = hand.face
    face.open(HoldScreen)
    yield "hold-why"
    face.begin("hold", "strasbourg", said={"reason": "doubt"})
    hand.scan(LABEL + code(23))
    hand.scan(LABEL + code(23))
    yield "hold"
    face.validate()
    face.begin("unhold", "strasbourg")
    hand.scan(LABEL + code(24))
    yield "unhold-refused"
    face.validate()


def _labels(hand: Hand) -> Iterator[str]:
    face = hand.face
    blank = [mint(Kind.CONTAINER, Random(800 + at).randbytes).text for at in range(3)]
    face.choose("label")
    yield "label"
    hand.scan(LABEL + blank[0])
    yield "label-type"
    face.begin_here("commission", {"type": "palette"})
    face.open(SerialScreen)
    yield "label-serial"
    face.open(TareScreen)
    yield "label-tare"
    pad = face.wedge.typing
    assert pad is not None
    pad.typed("47,5")
    pad.entered()
    yield "label-next"
    hand.scan(LABEL + code(23))
    yield "label-taken"
    face.validate()
    face.begin_here("replace")
    yield "replace-first"
    hand.scan(LABEL + blank[1])
    yield "replace-second"
    face.open(PickScreen)
    yield "replace-pick"
    face.screen._chosen(code(24))
    yield "replaced"
    face.validate()
    face.open(ReprintScreen)
    for number in (1, 2, 3, 3):
        hand.scan(LABEL + code(number))
    yield "reprint"
    face.screen.ask()
    yield "reprint-asked"
    face.home()


def _weighing(hand: Hand) -> Iterator[str]:
    face = hand.face
    face.choose("weigh")
    yield "weigh"
    arrival = Weighing(job=Job.ARRIVAL)
    face.weigh(arrival)
    yield "weigh-what"
    face.weigh(replace(arrival, item_type="film"))
    yield "weigh-from"
    face.weigh(replace(arrival, item_type="film", giver="charleville"))
    yield "weigh-mass"
    face.screen.entered("12,5")
    yield "weighed"
    face.screen.entered("90000")
    yield "weigh-doubt"
    face.open(WeighTareStep, arrival)
    yield "weigh-tare"
    face.open(PiecesStep, arrival)
    yield "weigh-pieces"
    leaving = Weighing(job=Job.TREATMENT, code=code(23))
    face.weigh(leaving)
    yield "treatment"
    face.open(TreatmentCodeStep, leaving)
    yield "treatment-code"
    face.weigh(replace(leaving, treatment=Treatment("R11")))
    yield "treatment-mode"
    face.weigh(replace(leaving, treatment=Treatment("R4", "", "recycling")))
    yield "outlet"
    outlet = "Établissements Kieffer-Schlumberger Recyclage & Fils"
    face.weigh(replace(leaving, treatment=Treatment("R4", "", "recycling"), outlet=outlet))
    yield "leaving-mass"
    face.screen.entered("47,5")
    yield "left"
    face.home()


def _gate(hand: Hand) -> Iterator[str]:
    face = hand.face
    describe_bench(face.at, QUALITY, CONTROL)
    desk = face.at.desk
    for kind, body in (("item.sorted", {"verdict": "damaged"}), ("work.repaired", {})):
        desk.record(Draft(kind=kind, code=code(24), place="strasbourg", body=body))
    face.begin("release", "strasbourg")
    yield "release-ready"
    face.open(PickScreen)
    yield "release-waiting"
    face.open(CheckScreen, code(24))
    yield "release-check"
    face.screen.release()
    yield "release-open"
    face.screen.answer("tient", True)
    face.screen.release()
    yield "released"
    face.validate()
    face.begin("control", "strasbourg")
    face.open(CheckScreen, code(10))
    yield "control-check"
    face.screen.answer("fond", False)
    face.screen.judge("ok")
    yield "control-failed"
    face.screen.judge("damaged")
    yield "controlled"
    face.validate()
    face.home()
