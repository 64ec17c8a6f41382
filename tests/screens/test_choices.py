"""Lines that ask: clear choices in one tap, each taken back in one more, and never in the way of the next scan."""

import pytest

from boucle.commands import Command
from boucle.lines import Choice, choices
from boucle.telling import Outcome
from boucle_field.outbox import Draft
from boucle_field.screens.red_screen import RedScreen
from boucle_field.screens.scan_screen import ScanScreen
from boucle_field.screens.work_screens import CodeScreen
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import MULHOUSE
from tests.screens.test_visit_screens import BASE, arrive, command, scan_crates, unsent

FOREIGN = "https://elsewhere.example/x"
STRAY = 22
"""A crate that is sent to Nancy before it turns up at Mulhouse."""


@pytest.fixture
def strayed(hand: Hand) -> Hand:
    """Give the app at Mulhouse with a crate in hand that is expected at Nancy."""
    desk = hand.face.at.desk
    desk.record(Draft(kind="item.shipped", code=code(STRAY), place="strasbourg", body={"to": "nancy"}))
    desk.record(Draft(kind="item.delivered", code=code(STRAY), place="nancy"))
    arrive(hand)
    scan_crates(hand, range(1, 3))
    hand.scan(LABEL + code(STRAY))
    hand.taps = 0
    return hand


def counted(hand: Hand) -> tuple[str, int]:
    assert hand.face.visit is not None
    return hand.face.visit.place, hand.face.visit.counted


def place_of(hand: Hand, number: int) -> tuple[str, str]:
    item = hand.face.at.mirror.look(code(number)).item
    return item.stage, item.place


def test_a_crate_of_another_stop_says_where_it_is_expected_and_asks(strayed: Hand) -> None:
    assert strayed.sees("Attendu chez Nancy Électronique")
    for words in ("Ajouter ici", "Changer d’arrêt", "Ignorer"):
        assert strayed.button(words).height >= 76
    assert strayed.ear.heard[-1] is Outcome.UNEXPECTED


def test_what_was_recorded_after_a_choice_is_what_is_undone_and_not_the_choice_before_it(strayed: Hand) -> None:
    strayed.scan(FOREIGN)
    strayed.tap("1 à traiter")
    visit = strayed.face.visit
    assert visit is not None
    strayed.face.chooser.take(visit.lines[2], Choice.ADD)
    strayed.tap("Garder, lier plus tard")
    strayed.face.open_visit()
    assert not strayed.sees("Revenir sur")
    strayed.tap("Annuler le dernier")
    assert [line.subject for line in visit.lines if line.undone] == [FOREIGN]


def test_the_next_scan_waits_for_no_answer_and_the_choice_stays_in_reach(strayed: Hand) -> None:
    scan_crates(strayed, range(3, 5))
    assert counted(strayed) == ("mulhouse", 5)
    assert not strayed.sees("Changer d’arrêt")
    strayed.tap("1 en plus")
    assert isinstance(strayed.face.screen, RedScreen)
    strayed.tap("Ignorer")
    assert counted(strayed) == ("mulhouse", 4)
    assert isinstance(strayed.face.screen, ScanScreen)
    strayed.tap("Revenir sur « Ignorer »")
    assert counted(strayed) == ("mulhouse", 5)


def test_adding_it_here_is_one_tap_and_one_back(strayed: Hand) -> None:
    before = unsent(strayed)
    strayed.tap("Ajouter ici")
    assert strayed.sees("Ajouté ici")
    assert not strayed.sees("Changer d’arrêt")
    assert (counted(strayed), unsent(strayed), strayed.taps) == (("mulhouse", 3), before, 1)
    strayed.tap("Revenir sur « Ajouter ici »")
    assert strayed.face.visit is not None
    assert len(strayed.face.visit.asking) == 1
    assert strayed.taps == 2


def test_ignoring_it_is_one_tap_and_one_back(strayed: Hand) -> None:
    strayed.tap("Ignorer")
    assert counted(strayed) == ("mulhouse", 2)
    assert place_of(strayed, STRAY) == ("at_partner", "nancy")
    strayed.tap("Revenir sur « Ignorer »")
    assert counted(strayed) == ("mulhouse", 3)
    assert strayed.button("Changer d’arrêt")
    assert strayed.taps == 2


def test_switching_the_stop_takes_the_crate_along_and_one_tap_comes_back(strayed: Hand) -> None:
    strayed.tap("Changer d’arrêt")
    assert counted(strayed) == ("nancy", 1)
    assert place_of(strayed, STRAY) == ("inbound", "nancy")
    assert strayed.ear.heard[-1] is Outcome.ACCEPTED
    strayed.tap("Revenir sur « Changer d’arrêt »")
    assert counted(strayed) == ("mulhouse", 3)
    assert [line.subject for line in strayed.face.visit.lines if line.counts] == [code(1), code(2), code(STRAY)]  # type: ignore[union-attr]
    assert strayed.taps == 2
    command(strayed, Command.UNDO)
    assert place_of(strayed, STRAY) == ("at_partner", "nancy"), "nothing of what was taken back still counts"


def test_a_command_label_takes_a_choice_back_too(strayed: Hand) -> None:
    strayed.tap("Ignorer")
    command(strayed, Command.UNDO)
    assert counted(strayed) == ("mulhouse", 3)


def test_a_scan_after_a_choice_leaves_the_choice_alone(strayed: Hand) -> None:
    strayed.tap("Ignorer")
    scan_crates(strayed, range(3, 4))
    assert not strayed.sees("Revenir sur")
    strayed.tap("Annuler le dernier")
    assert counted(strayed) == ("mulhouse", 2)


def test_a_choice_of_one_visit_is_not_taken_back_in_the_next(strayed: Hand) -> None:
    strayed.tap("Ignorer")
    strayed.tap("Terminer")
    strayed.tap("Valider")
    arrive(strayed)
    assert not strayed.sees("Revenir sur")
    command(strayed, Command.UNDO)
    assert strayed.sees("Rien à annuler")
    assert counted(strayed) == ("mulhouse", 0)


def test_a_scrapped_crate_says_since_when_and_asks(hand: Hand) -> None:
    hand.face.at.desk.record(Draft(kind="item.retired", code=code(21), place="strasbourg"))
    arrive(hand)
    hand.scan(LABEL + code(21))
    assert hand.sees("Au rebut depuis le")
    assert hand.sees("Gardé, non compté")  # which is not refused, and does not look or sound like it
    assert hand.ear.heard == [Outcome.KEPT]
    before = unsent(hand)
    hand.tap("Laisser au responsable")
    assert (unsent(hand), hand.face.visit.asking) == (before, [])  # type: ignore[union-attr]
    hand.scan(LABEL + code(21))
    hand.tap("Ignorer")
    hand.tap("Revenir sur « Ignorer »")
    assert len(hand.face.visit.asking) == 1  # type: ignore[union-attr]


def test_a_foreign_code_is_unknown_and_never_the_nearest(hand: Hand) -> None:
    arrive(hand)
    for text in (FOREIGN, f"https://elsewhere.example/{code(1)[:-1]}", code(1)[2:-1], f"{code(1)}X"):
        hand.scan(text)
        assert hand.ear.heard[-1] is Outcome.REFUSED
    assert counted(hand) == ("mulhouse", 0)
    assert unsent(hand) == 0


def test_a_foreign_code_is_kept_for_later_in_one_tap_and_counts(hand: Hand) -> None:
    arrive(hand)
    hand.scan(FOREIGN)
    assert hand.sees("Code inconnu")
    hand.tap("Garder, lier plus tard")
    assert hand.taps == 1
    assert (counted(hand), unsent(hand)) == (("mulhouse", 1), 1)
    assert hand.ear.heard == [Outcome.REFUSED, Outcome.UNKNOWN]
    hand.tap("Annuler le dernier")
    assert counted(hand) == ("mulhouse", 0)


def test_a_foreign_code_that_was_kept_belongs_to_the_item_it_is_linked_to_later(hand: Hand) -> None:
    arrive(hand)
    hand.scan(FOREIGN)
    hand.tap("Garder, lier plus tard")
    desk = hand.face.at.desk
    assert desk.record(Draft(kind="label.bound", code=FOREIGN, other=code(5), place="strasbourg")).event_id
    assert place_of(hand, 5)[0] == "inbound"
    scan_crates(hand, range(5, 6))
    assert hand.ear.heard[-1] is not Outcome.ACCEPTED


def test_a_foreign_code_leads_to_typing_in_one_tap(hand: Hand) -> None:
    arrive(hand)
    hand.scan(FOREIGN)
    hand.tap("Saisir le code")
    assert isinstance(hand.face.screen, CodeScreen)
    typing = hand.face.wedge.typing
    assert typing is not None
    typing.typed(code(4).removeprefix("C/"))
    typing.entered()
    assert counted(hand) == ("mulhouse", 1)
    assert hand.face.visit.to_look == []  # type: ignore[union-attr]


def test_what_nobody_decides_about_stays_kept_and_the_visit_ends_as_ever(strayed: Hand) -> None:
    strayed.tap("Terminer")
    assert strayed.sees("1 sans choix")
    strayed.tap("Valider")
    assert strayed.face.visit is None
    assert place_of(strayed, STRAY) == ("inbound", "mulhouse")


def test_the_summary_leads_to_what_is_undecided(strayed: Hand) -> None:
    strayed.tap("Terminer")
    strayed.tap("1 sans choix")
    strayed.tap("Ajouter ici")
    strayed.tap("Terminer")
    assert not strayed.sees("sans choix")


def test_only_lines_that_can_be_decided_ask(hand: Hand) -> None:
    arrive(hand)
    hand.scan(LABEL + code(1))
    hand.scan(LABEL + code(1))
    hand.scan(LABEL + code(99))
    hand.scan(LABEL + code(99)[:-1] + "0")
    assert hand.face.visit is not None
    blank = (Choice.NEW, Choice.BIND, Choice.IGNORE)
    assert [choices(line) for line in hand.face.visit.lines] == [(), blank, ()]


# ---- quantities and verdicts by label


def test_quantity_labels_add_up_without_a_tap(hand: Hand) -> None:
    hand.scan(MULHOUSE.url(BASE))
    for what in (Command.TIMES_20, Command.TIMES_10, Command.TIMES_5, Command.TIMES_1, Command.TIMES_1):
        command(hand, what)
    assert counted(hand) == ("mulhouse", 37)
    assert hand.taps == 0
    command(hand, Command.UNDO)
    assert counted(hand) == ("mulhouse", 36)


def test_a_verdict_label_sorts_the_item_scanned_last_and_is_undone(hand: Hand) -> None:
    command(hand, Command.DAMAGED)
    assert hand.sees("Rien n’est en cours")
    hand.face.begin("receive", "strasbourg")
    scan_crates(hand, range(1, 2))
    command(hand, Command.DAMAGED)
    assert hand.sees("Tri :")
    assert place_of(hand, 1)[0] == "in_repair"
    assert counted(hand) == ("strasbourg", 1)
    command(hand, Command.UNDO)
    assert place_of(hand, 1)[0] == "received"
    assert counted(hand) == ("strasbourg", 1)


def test_nothing_is_sorted_at_a_partner_s(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 2))
    command(hand, Command.SCRAP)
    assert hand.sees("Le tri se fait à la réception")
    assert (unsent(hand), place_of(hand, 1)[0]) == (1, "inbound")


def test_a_verdict_survives_the_app_with_its_visit(hand: Hand) -> None:
    hand.face.begin("receive", "strasbourg")
    scan_crates(hand, range(1, 2))
    command(hand, Command.DIRTY)
    hand.face.resume()
    hand.face.back()
    assert counted(hand) == ("strasbourg", 1)
    command(hand, Command.UNDO)
    assert place_of(hand, 1)[0] == "received"


def test_what_was_misread_can_be_ignored_and_asks_no_more(hand: Hand) -> None:
    arrive(hand)
    hand.scan(LABEL + code(99)[:-1] + "0")
    hand.scan(LABEL + code(98)[:-1] + "0")
    hand.tap("2 à traiter")
    hand.tap("Ignorer")
    assert not hand.sees(code(98)[:-1][-4:] + "0")
    hand.tap("Ignorer")
    assert isinstance(hand.face.screen, ScanScreen)
    assert not hand.sees("à traiter")
    hand.face.summary()
    assert not hand.sees("à traiter")
