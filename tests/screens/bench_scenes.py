"""The bench in every state, after the rest of the day: what waits, a ticket, its forms, its parts, its end."""

from collections.abc import Iterator

from boucle import donor_parts
from boucle_field import bench_acts
from boucle_field.bench import Next
from boucle_field.outbox import Draft
from boucle_field.screens.bench_end_screens import HarvestScreen, HarvestTypeScreen, Taken
from boucle_field.screens.bench_screens import BenchSiteScreen
from boucle_field.screens.checklist_form import MeasureScreen
from boucle_field.screens.consent_screen import ConsentScreen
from boucle_field.screens.diagnosis_screens import BenchTestScreen, ControlScreen, DiagnosisScreen
from boucle_field.screens.entry_photo_screen import EntryPhotoScreen
from boucle_field.screens.part_screens import NewPartScreen, PartsScreen, PauseScreen, RemoveScreen
from boucle_field.screens.quote_screens import EuroScreen, QuoteScreen, Quoting
from tests.builders import code
from tests.screens.bench_stock import HOST, PUMP, SPARE, TEST, describe_bench, shelve_parts, stated
from tests.screens.hand import Hand
from tests.screens.stock import LONG_TYPE

LABEL = "HTTPS://BOUCLE.EXAMPLE/"


def bench_scenes(hand: Hand) -> Iterator[str]:
    """Lead the app through a repair from the scan to the shelf."""
    face = hand.face
    describe_bench(face.at)
    face.open_bench()
    yield "bench-empty"
    shelve_parts(face.at)
    face.at.desk.record(Draft(kind="item.sorted", code=code(22), place="strasbourg", body={"verdict": "damaged"}))
    face.open_ticket(code(HOST))
    yield "ticket-new"
    face.open(EntryPhotoScreen, code(HOST))
    yield "entry-photo"
    face.open_ticket(code(HOST))
    face.open_repair(code(HOST), priority="urgent")
    yield "diagnosis"
    face.screen.answered("complet", False)
    face.screen._chosen("missing_part")
    hand.frames(4)
    face.screen.scroller.scroll_y = 0
    yield "diagnosis-answered"
    face.screen.done()
    yield "ticket-diagnosed"
    face.open_bench()
    yield "bench"
    face.open(BenchSiteScreen)
    yield "bench-site"
    face.open(ConsentScreen, code(HOST), Next.START)
    yield "consent"
    face.open(QuoteScreen, code(HOST))
    yield "quote"
    face.open(EuroScreen, code(HOST), "screen.quote.amount", lambda _: None)
    yield "quote-amount"
    face.open(QuoteScreen, code(HOST), Quoting(8_650))
    yield "quote-owner"
    face.open(QuoteScreen, code(HOST), Quoting(8_650, "", "Remplacement de la pompe de relevage, essai compris"))
    yield "quote-until"
    face.screen._covers()
    yield "quote-covers"
    stated(face.at, "item_type", "palette", {"name": LONG_TYPE, "price_cents": 10_000, "repair_percent": 50})
    face.open(DiagnosisScreen, code(HOST))
    diagnosis = face.screen
    diagnosis._estimated(7_500)
    yield "dear-why"
    diagnosis._explained("Modèle que personne ne fabrique plus")
    hand.frames(4)
    face.screen.scroller.scroll_y = 0
    yield "diagnosis-dear"
    yield from _parts(hand)
    yield from _tests(hand)
    yield from _ends(hand)
    face.home()


def _parts(hand: Hand) -> Iterator[str]:
    face = hand.face
    face.open(PartsScreen, code(HOST))
    yield "parts"
    hand.scan(LABEL + code(PUMP))
    yield "part-used"
    hand.scan(LABEL + code(SPARE))
    yield "part-look"
    face.open(NewPartScreen, code(HOST))
    yield "part-new"
    face.open(RemoveScreen, code(HOST), "joint")
    yield "part-out"
    face.open(PauseScreen, code(HOST), ("joint",))
    yield "part-wait"
    stated(face.at, donor_parts.TABLE, "palette>pompe", {"expected_n": 1})
    face.open(PauseScreen, code(HOST))
    yield "part-wait-expected"
    face.open(PauseScreen, code(HOST), ("joint",))
    face.screen._wait()
    yield "ticket-waiting"
    face.bench_step(code(HOST), Next.RESUME)
    face.bench_step(code(HOST), Next.REPAIRED)
    yield "ticket-testing"


def _tests(hand: Hand) -> Iterator[str]:
    face = hand.face
    face.open(BenchTestScreen, code(HOST))
    yield "test"
    face.open(MeasureScreen, TEST.steps[0], lambda _: None)
    yield "measure"
    face.open(BenchTestScreen, code(HOST))
    face.screen.answered("isolement", 500)
    yield "test-out-of-limits"
    face.screen.answered("isolement", 1_500)
    face.screen.answered("aspect", "1")
    face.screen.done()
    yield "ticket-control"
    face.open(ControlScreen, code(HOST))
    face.screen.answered("tient", True)
    yield "control"
    face.screen.done()
    yield "ticket-requalified"
    face.bench_step(code(HOST), Next.RELEASE)
    yield "exit-container"


def _ends(hand: Hand) -> Iterator[str]:
    face = hand.face
    face.open_ticket(code(22))
    face.open_repair(code(22))
    face.bench_step(code(22), Next.NOT_REPAIRABLE)
    yield "barrier"
    bench_acts.give_up(face.at, code(22), "no_part")
    face.open_ticket(code(22))
    yield "ticket-not-repairable"
    for part in ("pompe", "joint"):
        stated(face.at, donor_parts.TABLE, f"bac>{part}", {"expected_n": 2})
    taken = Taken([("", "pompe", 3_500), (code(60), "joint", 40)], 400)
    face.open(HarvestScreen, code(22), taken)
    yield "harvest"
    face.open(HarvestTypeScreen, code(22), taken)
    yield "harvest-type"
    face.open_ticket(code(21))
    face.open(HarvestScreen, code(21))
    yield "harvest-in-service"
    face.open_repair(code(21))
    face.bench_step(code(21), Next.HOLD)
    yield "hold-repair"
    face.bench_step(code(21), Next.CANCEL)
    yield "cancel"
