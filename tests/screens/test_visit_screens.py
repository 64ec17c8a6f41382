"""A visit on the screens: context first, live scanner, honest counts, undo in one tap; taps are counted."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from boucle.codes import Code, Kind
from boucle.commands import Command, command_code
from boucle.lines import Line
from boucle.telling import Outcome
from boucle_field.screens.scan_screen import ScanScreen
from boucle_field.screens.sound import Volume
from boucle_field.screens.stop_summary_screen import StopSummaryScreen
from boucle_field.screens.theme import BADGE_SIGNS, OUTCOMES
from boucle_field.screens.work_screens import HomeScreen, PlaceScreen
from boucle_field.store import FILE
from boucle_labels import batch
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import MULHOUSE, STRASBOURG

BASE = "https://boucle.example"


def scan_crates(hand: Hand, numbers: range) -> None:
    for number in numbers:
        hand.scan(LABEL + code(number))


def command(hand: Hand, what: Command) -> None:
    hand.scan(command_code(what).url(BASE))


def arrive(hand: Hand) -> None:
    hand.scan(MULHOUSE.url(BASE))


def unsent(hand: Hand) -> int:
    return hand.face.at.outbox.counts().unsent


# ---- how many taps


def test_twenty_crates_are_returned_in_four_taps(hand: Hand) -> None:
    hand.tap("Reprendre")
    hand.tap("Rhin Plasturgie")
    scan_crates(hand, range(1, 21))
    assert hand.sees("20")
    hand.tap("Terminer")
    hand.tap("Valider")
    assert hand.taps == 4
    assert (hand.face.visit, unsent(hand)) == (None, 20 + 1)  # and that the stop is done
    assert hand.ear.heard == [Outcome.ACCEPTED] * (20 + 1)


def test_with_the_label_of_the_place_two_taps_are_enough(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 21))
    hand.tap("Terminer")
    hand.tap("Valider")
    assert hand.taps == 2
    assert (hand.face.visit, unsent(hand)) == (None, 20 + 1)  # and that the stop is done


def test_with_command_labels_no_tap_is_needed(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 21))
    command(hand, Command.FINISH)
    command(hand, Command.VALIDATE)
    assert hand.taps == 0
    assert (hand.face.visit, unsent(hand)) == (None, 20 + 1)  # and that the stop is done


def test_a_wrong_scan_is_undone_in_one_tap(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 4))
    hand.tap("Annuler le dernier")
    assert hand.taps == 1
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 2
    assert hand.sees("Annulé")
    command(hand, Command.UNDO)
    assert hand.face.visit.counted == 1
    scan_crates(hand, range(2, 4))
    assert hand.face.visit.counted == 3


# ---- what a scan leads to


def test_the_place_says_what_is_done_there(hand: Hand) -> None:
    arrive(hand)
    assert (hand.face.visit.action, hand.face.visit.place) == ("collect", "mulhouse")  # type: ignore[union-attr]
    hand.scan(STRASBOURG.url(BASE))
    assert (hand.face.visit.action, hand.face.visit.place) == ("receive", "strasbourg")  # type: ignore[union-attr]


def test_an_item_that_was_scanned_first_is_the_first_of_the_visit(hand: Hand) -> None:
    hand.scan(LABEL + code(3))
    assert isinstance(hand.face.screen, HomeScreen)
    assert hand.sees("Bac 600×400")
    assert unsent(hand) == 0
    arrive(hand)
    assert hand.face.visit is not None
    assert [line.subject for line in hand.face.visit.lines] == [code(3)]


def test_receiving_at_home_asks_no_place(hand: Hand) -> None:
    home = hand.face.at.desk.context().home
    assert home
    hand.tap("Réceptionner")
    assert hand.face.visit is not None
    assert (hand.face.visit.place, hand.taps) == (home, 1)


def test_a_shipment_asks_where_to_first(hand: Hand) -> None:
    hand.tap("Expédier")
    assert isinstance(hand.face.screen, PlaceScreen)
    hand.tap("Nancy Électronique")
    scan_crates(hand, range(21, 23))
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 2
    assert hand.face.at.mirror.look(code(21)).item.place == "nancy"


def test_a_place_where_the_action_cannot_be_is_no_dead_end(hand: Hand) -> None:
    hand.tap("Déplacer")
    arrive(hand)
    assert (hand.face.visit.action, hand.face.visit.place) == ("collect", "mulhouse")  # type: ignore[union-attr]


def test_a_scan_on_the_summary_goes_on_with_the_visit(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 3))
    hand.tap("Terminer")
    assert isinstance(hand.face.screen, StopSummaryScreen)
    assert hand.sees("18 attendus, pas encore vus")
    scan_crates(hand, range(3, 4))
    assert isinstance(hand.face.screen, ScanScreen)
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 3


def test_a_scan_is_taken_whatever_screen_is_open(hand: Hand) -> None:
    arrive(hand)
    hand.face.open_sends()
    scan_crates(hand, range(1, 2))
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 1


def test_a_visit_goes_on_where_it_was_after_the_app_ended(open_app: Callable[..., Hand], data: Path) -> None:
    hand = open_app(data)
    arrive(hand)
    scan_crates(hand, range(1, 8))
    hand.face.root.clear_widgets()
    again = open_app(data)
    assert isinstance(again.face.screen, ScanScreen)
    assert again.sees("7")
    assert again.face.visit is not None
    assert again.face.visit.counted == 7


def test_pieces_without_labels_take_few_taps(hand: Hand) -> None:
    arrive(hand)
    hand.tap("Sans étiquette")
    hand.tap("Intercalaire")
    for key in ("2", "0", "OK"):
        hand.tap(key)
    assert hand.taps == 5
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 20


def test_a_code_can_be_typed_and_its_check_is_shown(hand: Hand) -> None:
    arrive(hand)
    hand.tap("Saisir à la main")
    for character in code(4).removeprefix("C/"):
        hand.tap(character)
    assert hand.sees("✓")
    hand.tap("OK")
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 1


def test_six_crates_are_returned_by_tapping_on_their_labels(
    open_app: Callable[..., Hand], data: Path, tmp_path: Path
) -> None:
    labels = [Code(kind=Kind.CONTAINER, chars=code(number).removeprefix("C/")) for number in range(1, 7)]
    lines = [batch.Line(code=each, name=f"Bac {number}", owner="Mulhouse") for number, each in enumerate(labels, 1)]
    (tmp_path / "labels.csv").write_bytes(batch.written(lines))
    hand = open_app(data, labels=tmp_path / "labels.csv")
    arrive(hand)
    for number in range(1, 7):
        hand.tap("Étiquettes d’essai")
        hand.tap(f"Bac {number}")
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 6
    assert hand.ear.heard == [Outcome.ACCEPTED] * 6
    assert not open_app(data, labels=tmp_path / "none.csv").face.labels


def test_a_mistyped_code_is_shown_as_such_and_records_nothing(hand: Hand) -> None:
    arrive(hand)
    hand.tap("Saisir à la main")
    typing = hand.face.wedge.typing
    assert typing is not None
    typing.typed(code(4).removeprefix("C/")[:-1] + ("0" if code(4)[-1] != "0" else "1"))
    hand.frames()
    assert hand.sees("⚠")
    typing.entered()
    hand.frames()
    assert (unsent(hand), hand.ear.heard) == (0, [Outcome.REFUSED])


# ---- what is told


@pytest.mark.parametrize(("text", "outcome", "counted"), [
    (LABEL + code(1), Outcome.ACCEPTED, 1),
    (LABEL + code(24), Outcome.UNEXPECTED, 1),
    (LABEL + code(99), Outcome.UNKNOWN, 1),
    ("https://elsewhere.example/x", Outcome.REFUSED, 0),
])  # fmt: skip
def test_each_outcome_has_its_colour_sign_word_and_tone(hand: Hand, text: str, outcome: Outcome, counted: int) -> None:
    arrive(hand)
    hand.scan(text)
    hand.frames()
    screen = hand.face.screen
    assert isinstance(screen, ScanScreen)
    shown = "#" + "".join(f"{round(each * 255):02x}" for each in screen.panel.tint.rgba[:3])
    assert shown == OUTCOMES[outcome].ground
    assert screen.panel.counter.badge.sign.text == BADGE_SIGNS[outcome]
    assert hand.ear.heard == [outcome]
    assert screen.visit.counted == counted
    assert screen.panel.counter.counted.text == str(int(outcome is Outcome.ACCEPTED))


def test_the_large_number_counts_what_is_expected_and_chips_what_is_not(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 3))
    scan_crates(hand, range(24, 25))
    hand.scan(LABEL + code(99))
    hand.frames()
    screen = hand.face.screen
    assert isinstance(screen, ScanScreen)
    assert (screen.visit.counted, screen.panel.counter.counted.text) == (4, "2")
    assert screen.panel.counter.of.text == f" / {screen.visit.wanted}"
    assert hand.sees("1 en plus")


def test_the_same_crate_again_is_amber_and_says_since_when(hand: Hand) -> None:
    arrive(hand)
    scan_crates(hand, range(1, 2))
    scan_crates(hand, range(1, 2))
    assert hand.ear.heard == [Outcome.ACCEPTED, Outcome.REPEAT]
    assert hand.sees("Non compté deux fois")
    hand.frames()
    panel = hand.face.screen.panel
    shown = "#" + "".join(f"{round(each * 255):02x}" for each in panel.tint.rgba[:3])
    sign = panel.counter.badge.sign.text
    assert (shown, sign) == (OUTCOMES[Outcome.REPEAT].ground, BADGE_SIGNS[Outcome.REPEAT])
    assert unsent(hand) == 1


def test_a_red_line_waits_as_a_chip_and_stops_nothing(hand: Hand) -> None:
    arrive(hand)
    hand.scan("https://elsewhere.example/x")
    scan_crates(hand, range(1, 3))
    assert hand.sees("1 à traiter")
    assert hand.face.visit is not None
    assert hand.face.visit.counted == 2
    hand.tap("1 à traiter")
    assert hand.sees("Code inconnu : ce n’est pas une étiquette Boucle")
    assert hand.sees("https://else…re.example/x")
    hand.tap("Retour")
    assert not hand.sees("1 à traiter")


class Witness:
    """Hears a tone and looks at once, from outside, whether what it stands for is kept."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.kept: list[int] = []

    def play(self, outcome: Outcome) -> None:
        del outcome
        with closing(sqlite3.connect(self.file)) as db:
            self.kept.append(db.execute("SELECT count(*) FROM outbox").fetchone()[0])

    def turn(self, volume: Volume) -> None:
        """Hear as before."""


def test_the_tone_comes_after_the_scan_is_kept(hand: Hand, data: Path) -> None:
    witness = Witness(data / FILE)
    hand.face._signal = witness
    arrive(hand)
    scan_crates(hand, range(1, 4))
    assert witness.kept == [1, 2, 3]


def test_a_tone_that_comes_too_early_would_be_heard(hand: Hand, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hasty(screen: ScanScreen, subject: str) -> None:
        screen.face.signal(Outcome.ACCEPTED)
        line: Line = screen.visit.scan(subject)
        assert line.event_id

    monkeypatch.setattr(ScanScreen, "scan", hasty)
    witness = Witness(data / FILE)
    hand.face._signal = witness
    arrive(hand)
    scan_crates(hand, range(1, 4))
    assert witness.kept == [0, 1, 2]


def test_a_full_store_says_so_and_promises_nothing(hand: Hand) -> None:
    arrive(hand)
    pages = hand.face.at.store.db.execute("PRAGMA page_count").fetchone()[0]
    hand.face.at.store.db.execute(f"PRAGMA max_page_count = {pages}")
    before = unsent(hand)
    for number in range(1, 21):
        hand.scan(LABEL + code(number))
    hand.frames()
    assert Outcome.REFUSED in hand.ear.heard
    assert hand.sees("Plus de place sur cet appareil")
    assert unsent(hand) - before == hand.ear.heard.count(Outcome.ACCEPTED)
