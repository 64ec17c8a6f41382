"""The board of the repair bench on the screens: what waits for whom, whose bench it is, how it is reached."""

from collections.abc import Callable
from pathlib import Path

from boucle.commands import Command
from boucle_field import bench, bench_acts
from boucle_field.bench import Next
from boucle_field.outbox import Draft
from boucle_field.screens.bench_screens import BenchScreen, TicketScreen
from tests.builders import code
from tests.screens.bench_hands import diagnosed, kept, scan, stage, typed
from tests.screens.bench_stock import (
    HOST,
    HUGO,
    stated,
    workshop_device,
)
from tests.screens.hand import Hand
from tests.screens.stock import PIN
from tests.screens.test_visit_screens import command
from tests.world import SimServer

# ---- what is offered


def test_the_bench_shows_what_waits_for_these_hands_first_and_what_has_no_ticket(technician: Hand) -> None:
    hand, desk = technician, technician.face.at.desk
    for number in (21, 22):
        desk.outbox.record(
            Draft(kind="item.sorted", code=code(number), place="strasbourg", body={"verdict": "damaged"})
        )
    diagnosed(hand)
    hand.tap("Pièces")
    hand.tap("Attendre des pièces")
    hand.tap("Joint à lèvre")
    hand.tap("Mettre en attente")
    assert kept(hand, "work.paused")[-1]["body"] == {"reason": "parts", "parts": ["joint"]}
    scan(hand, 21)
    hand.tap("Ouvrir en urgence")
    hand.face.open_bench()
    piles = bench.bench(hand.face.at)
    assert [ticket.code for ticket in piles.mine] == [code(21)]
    assert [ticket.code for ticket in piles.waiting] == [code(HOST)]
    assert [ticket.code for ticket in piles.unopened] == [code(22)]
    assert hand.sees("Pour action (1)")
    assert hand.sees("Urgent · Ouvert · depuis 0\xa0min")
    assert hand.sees("En attente (1)")
    assert hand.sees("Sans fiche (1)")


def test_what_a_repair_waits_for_is_named_on_the_bench_and_on_its_ticket(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    hand.face.bench_done(code(HOST), lambda: bench_acts.pause(hand.face.at, code(HOST), ["pompe", "vis M8"]))
    assert hand.sees("Attend : Pompe de relevage, vis M8")
    hand.face.open_bench()
    assert hand.sees("Attend : Pompe de relevage, vis M8")
    scan(hand, HOST)
    hand.tap("Reprendre la réparation")
    assert not hand.sees("Attend :")


def test_what_leads_on_from_a_diagnosis_is_to_begin_and_begun_work_is_gone_on_with(technician: Hand) -> None:
    hand = technician
    diagnosed(hand)
    ticket = bench.ticket_of(hand.face.at, code(HOST))
    assert bench.first_step(hand.face.at, ticket) is Next.START
    hand.tap("Commencer")
    assert bench.first_step(hand.face.at, bench.ticket_of(hand.face.at, code(HOST))) is Next.REPAIRED
    hand.tap("Interrompre le travail")
    assert hand.sees("Reprendre le travail")
    assert not hand.sees("Commencer")


def test_the_bench_says_whose_it_is_and_another_site_can_be_chosen(technician: Hand) -> None:
    hand, phone = technician, technician.face.at
    stated(phone, "site", "metz", {"name": "Metz-Nord", "role": "hub"})
    phone.desk.outbox.record(Draft(kind="work.opened", code=code(HOST), place="strasbourg", task="T-O"))
    hand.face.open_bench()
    assert hand.sees("Établi de : Strasbourg")
    hand.tap("(changer)")
    hand.tap("Metz-Nord")
    assert bench.bench(phone).mine == []
    assert hand.sees("Sur nos autres sites : 1.")
    scan(hand, HOST)
    assert hand.sees("Votre établi est à Metz-Nord")
    hand.tap("Commencer")
    assert kept(hand, "work.started")[-1]["place"] == "metz"
    hand.face.open_bench()
    hand.tap("(changer)")
    hand.tap("Tous nos sites")
    assert [ticket.code for ticket in bench.bench(phone).mine] == [code(HOST)]
    scan(hand, HOST)
    hand.tap("Interrompre le travail")
    assert kept(hand, "work.stopped")[-1]["place"] == "strasbourg"


def test_the_last_act_is_undone_in_one_tap_or_one_scan(technician: Hand) -> None:
    diagnosed(technician)
    technician.tap("Annuler le dernier acte")
    assert stage(technician) == "open"
    command(technician, Command.UNDO)
    assert stage(technician) == ""
    command(technician, Command.UNDO)
    assert technician.sees("Rien à annuler ici")


def test_the_bench_is_one_tap_from_home_for_who_does_other_work_too(open_app: Callable[..., Hand], data: Path) -> None:
    hand = open_app(data)
    scan(hand, HOST)
    hand.tap("Ouvrir sa fiche d’établi")
    assert isinstance(hand.face.screen, TicketScreen)
    hand.face.home()
    hand.tap("Mon établi")
    assert isinstance(hand.face.screen, BenchScreen)


def test_a_driver_has_no_bench(open_app: Callable[..., Hand], tmp_path: Path, server: SimServer) -> None:
    workshop_device(tmp_path / "van", server, role="driver")
    hand = open_app(tmp_path / "van")
    assert not hand.sees("Mon établi")


def test_who_works_here_logs_in_and_is_at_the_bench(open_app: Callable[..., Hand], workshop: Path) -> None:
    hand = open_app(workshop)
    hand.tap(HUGO)
    typed(hand, PIN)
    assert isinstance(hand.face.screen, BenchScreen)
