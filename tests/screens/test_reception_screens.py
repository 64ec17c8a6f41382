"""A reception on the screens: what arrives, a verdict that goes along with each scan, differences; taps are counted."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from boucle.codes import Kind, mint
from boucle.commands import Command
from boucle.lifecycle import Verdict
from boucle.telling import Outcome
from boucle_field import sorting
from boucle_field.differences import missing
from boucle_field.outbox import Draft
from boucle_field.screens.scan_screen import ScanScreen
from boucle_field.visit import Visit
from boucle_field.visit_lines import Row
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.scenes import LABEL
from tests.screens.stock import STRASBOURG, plan_today
from tests.screens.test_photos import aim, asking, recorded
from tests.screens.test_visit_screens import BASE, command, scan_crates, unsent


def drive_home(hand: Hand, numbers: range, task: str = "T-1#a") -> None:
    """Take crates up at Mulhouse, as the driver of a round does; those that stand at home are brought there first."""
    desk = hand.face.at.desk
    for number in numbers:
        if number > 20:
            desk.record(Draft(kind="item.shipped", code=code(number), place="strasbourg", body={"to": "mulhouse"}))
            desk.record(Draft(kind="item.delivered", code=code(number), place="mulhouse"))
        desk.record(Draft(kind="item.collected", code=code(number), place="mulhouse", task=task))


@pytest.fixture
def dock(hand: Hand) -> Hand:
    """Give the app at a dock to which a round of today brings twenty-one crates."""
    plan_today(hand.face.at)
    drive_home(hand, range(1, 22))
    hand.face.home()
    return hand


def visit_of(hand: Hand) -> Visit:
    assert hand.face.visit is not None
    return hand.face.visit


def stage(hand: Hand, number: int) -> tuple[str, str, str]:
    item = hand.face.at.mirror.look(code(number)).item
    return item.stage, item.grade, item.hold


# ---- how many taps


def test_twenty_good_crates_and_one_for_scrap_take_five_taps(dock: Hand) -> None:
    before = unsent(dock)
    dock.tap("Réceptionner")
    dock.tap("Bon")
    scan_crates(dock, range(1, 21))
    dock.tap("Rebut")
    scan_crates(dock, range(21, 22))
    dock.tap("Terminer")
    assert dock.sees("Bon : 20")
    assert dock.sees("Rebut : 1")
    dock.tap("Valider")
    assert dock.taps == 5
    assert unsent(dock) - before == 42
    assert {stage(dock, number) for number in range(1, 21)} == {("available", "", "")}
    assert stage(dock, 21) == ("received", "", "scrap")
    assert dock.ear.heard == [Outcome.ACCEPTED] * 21


def test_with_the_photo_that_a_site_asks_of_scrap_it_is_six_taps(
    open_app: Callable[..., Hand], data: Path, tmp_path: Path
) -> None:
    frames = tmp_path / "frames"
    frames.mkdir()
    Image.new("RGB", (1280, 720), "#8a5a2b").save(frames / "1.png")
    hand = open_app(data, frames=frames)
    asking(hand.face.at)
    plan_today(hand.face.at)
    drive_home(hand, range(1, 22))
    hand.face.home()
    hand.tap("Réceptionner")
    hand.tap("Bon")
    scan_crates(hand, range(1, 21))
    hand.tap("Rebut")
    aim(hand)
    hand.tap("Photo")
    scan_crates(hand, range(21, 22))
    hand.tap("Terminer")
    hand.tap("Valider")
    assert hand.taps == 6
    assert recorded(hand)[-2:] == [("item.received/1", 0), ("item.sorted/1", 1)]
    assert stage(hand, 21) == ("received", "", "scrap")


def test_with_command_labels_no_tap_is_needed(dock: Hand) -> None:
    command(dock, Command.RECEIVE)
    command(dock, Command.OK)
    assert dock.sees("Pour les prochains scans : bon")
    scan_crates(dock, range(1, 22))
    command(dock, Command.SCRAP)
    command(dock, Command.FINISH)
    command(dock, Command.VALIDATE)
    assert dock.taps == 0
    assert stage(dock, 20) == ("available", "", "")
    assert stage(dock, 21) == ("received", "", "scrap")


# ---- the verdict that goes along


def test_scrap_is_for_one_item_and_the_verdict_before_comes_back(dock: Hand) -> None:
    dock.tap("Réceptionner")
    dock.tap("À laver")
    scan_crates(dock, range(1, 2))
    dock.tap("Rebut")
    assert dock.sees("✓ Rebut")
    scan_crates(dock, range(2, 3))
    dock.frames()
    assert dock.sees("✓ À laver")
    scan_crates(dock, range(3, 4))
    assert [stage(dock, number)[0] for number in (1, 2, 3)] == ["cleaning", "received", "cleaning"]


def test_a_verdict_that_is_touched_again_goes_along_no_more(dock: Hand) -> None:
    dock.tap("Réceptionner")
    dock.tap("Bon")
    dock.tap("✓ Bon")
    scan_crates(dock, range(1, 2))
    assert stage(dock, 1)[0] == "received"
    dock.tap("Terminer")
    assert not dock.sees("Sans verdict")


def test_one_undo_takes_back_the_scan_with_its_verdict(dock: Hand) -> None:
    dock.tap("Réceptionner")
    dock.tap("Bon")
    scan_crates(dock, range(1, 3))
    dock.tap("Annuler le dernier")
    assert (visit_of(dock).counted, stage(dock, 2)[0]) == (1, "inbound")
    assert stage(dock, 1)[0] == "available"


def test_another_verdict_about_the_last_item_replaces_the_first_and_its_undo_brings_that_back(dock: Hand) -> None:
    dock.tap("Réceptionner")
    dock.tap("Bon")
    scan_crates(dock, range(1, 2))
    command(dock, Command.DAMAGED)
    assert stage(dock, 1)[0] == "in_repair"
    assert sorting.tally(visit_of(dock)) == {"damaged": 1}
    command(dock, Command.UNDO)
    assert stage(dock, 1)[0] == "available"
    assert visit_of(dock).counted == 1


def test_a_label_said_twice_goes_along_with_what_follows(dock: Hand) -> None:
    dock.tap("Réceptionner")
    scan_crates(dock, range(1, 2))
    command(dock, Command.OK)
    scan_crates(dock, range(2, 3))
    assert stage(dock, 2)[0] == "received"
    command(dock, Command.OK)
    command(dock, Command.OK)
    scan_crates(dock, range(3, 4))
    assert stage(dock, 3)[0] == "available"


def test_grades_have_written_criteria_and_keep_their_version(dock: Hand) -> None:
    dock.tap("Réceptionner")
    dock.tap("Classes des suivants")
    assert dock.sees("marques d’usage")
    dock.tap("B · Bon")
    assert dock.sees("✓ Bon · B")
    scan_crates(dock, range(1, 2))
    assert stage(dock, 1) == ("available", "B", "")
    dock.tap("Classe du dernier")
    dock.tap("C · À réparer")
    assert stage(dock, 1) == ("in_repair", "C", "")
    payload = dock.face.at.store.db.execute("SELECT payload FROM outbox ORDER BY n DESC LIMIT 1").fetchone()[0]
    assert b'"criteria":"classes-1"' in payload


def test_the_verdict_that_goes_along_survives_the_app(dock: Hand, data: Path, open_app: Callable[..., Hand]) -> None:
    dock.tap("Réceptionner")
    dock.tap("Bon")
    scan_crates(dock, range(1, 3))
    dock.face.root.clear_widgets()
    again = open_app(data)
    assert isinstance(again.face.screen, ScanScreen)
    assert again.sees("✓ Bon")
    scan_crates(again, range(3, 4))
    assert (visit_of(again).counted, stage(again, 3)[0]) == (3, "available")


# ---- what arrives


def test_what_a_round_brings_is_expected_and_the_receipt_answers_its_stop(dock: Hand) -> None:
    drive_home(dock, range(22, 23), task="T-9#x")
    dock.tap("Réceptionner")
    assert visit_of(dock).wanted == 22
    dock.tap("Tournée Sud Alsace")
    assert (visit_of(dock).task, visit_of(dock).wanted) == ("T-1", 21)
    scan_crates(dock, range(1, 3))
    scan_crates(dock, range(22, 23))
    assert dock.ear.heard[-1] is Outcome.UNEXPECTED
    payload = dock.face.at.store.db.execute("SELECT payload FROM outbox ORDER BY n LIMIT -1 OFFSET 24").fetchall()
    assert [b'"against":"T-1#a"' in each[0] for each in payload[-3:]] == [True, True, False]


def test_the_label_of_a_round_opens_its_reception_where_one_is_received(dock: Hand) -> None:
    label = mint(Kind.ROUND, lambda size: b"\x05" * size)
    plan_today(dock.face.at, label.text)
    drive_home(dock, range(22, 23), task=f"{label.text}#a")
    dock.tap("Réceptionner")
    dock.tap("Bon")
    dock.scan(label.url(BASE))
    assert (visit_of(dock).task, visit_of(dock).wanted) == (label.text, 1)
    assert dock.sees("✓ Bon")


def test_a_round_chosen_in_the_middle_of_a_reception_says_that_what_came_before_stays(dock: Hand) -> None:
    dock.tap("Réceptionner")
    scan_crates(dock, range(1, 5))
    dock.tap("Tournée Sud Alsace")
    assert dock.sees("4 objets réceptionnés juste avant restent enregistrés")
    assert visit_of(dock).task == "T-1"
    assert (visit_of(dock).counted, visit_of(dock).wanted) == (0, 17)
    dock.face.receive_round(dock.face.unloaded_round or pytest.fail("no round"), "strasbourg")
    assert not dock.sees("juste avant")


def test_the_answer_to_a_verdict_says_the_words_of_its_tile_and_the_grade(dock: Hand) -> None:
    dock.tap("Réceptionner")
    scan_crates(dock, range(1, 2))
    dock.face.screen.sort(Verdict.DAMAGED, "C")
    assert dock.sees("Tri : à réparer · C")
    sorting.choose(visit_of(dock), "damaged", "C")
    scan_crates(dock, range(2, 3))
    assert dock.sees("Reçu · à réparer · C")
    assert not dock.sees("abîmé")


def test_what_did_not_arrive_is_listed_with_where_it_came_from(dock: Hand) -> None:
    dock.scan(STRASBOURG.url(BASE))
    scan_crates(dock, range(1, 20))
    scan_crates(dock, range(23, 24))
    dock.tap("Terminer")
    assert dock.sees("2 attendus, pas encore vus")
    dock.tap("Voir les écarts")
    assert dock.sees("Pas vus : 2")
    assert dock.sees(f"− {dock.face.named(code(20))}")
    assert dock.sees("Rhin Plasturgie")
    assert dock.sees("En plus : 1")
    assert dock.sees(f"+ {dock.face.named(code(23))}")
    dock.tap("Retour")
    dock.tap("Valider")
    assert dock.face.visit is None


def test_pieces_without_labels_of_a_round_answer_the_stop_they_come_from(hand: Hand) -> None:
    plan_today(hand.face.at, pieces=True)
    hand.face.home()
    hand.tap("Réceptionner")
    hand.tap("Tournée Sud Alsace")
    assert visit_of(hand).wanted == 70
    hand.tap("Sans étiquette")
    hand.tap("Intercalaire")
    for key in ("4", "0", "OK"):
        hand.tap(key)
    assert hand.sees("De quel arrêt ?")
    hand.tap("Rhin Plasturgie")
    payload = hand.face.at.store.db.execute("SELECT payload FROM outbox ORDER BY n DESC LIMIT 1").fetchone()[0]
    assert b'"against":"T-1#a"' in payload
    assert b'"from":"mulhouse"' in payload
    assert visit_of(hand).counted == 40


def test_a_foreign_text_among_the_scans_stops_nothing(dock: Hand) -> None:
    dock.tap("Réceptionner")
    dock.tap("Bon")
    dock.scan("https://elsewhere.example/x")
    scan_crates(dock, range(1, 3))
    assert visit_of(dock).counted == 2
    assert dock.sees("1 à traiter")
    dock.scan(LABEL + code(1))
    assert dock.ear.heard[-1] is Outcome.REPEAT


def test_an_unknown_label_is_awaited_by_its_code_with_the_round_that_took_it_and_by_no_other_reception(
    dock: Hand,
) -> None:
    dock.face.at.desk.record(Draft(kind="item.collected", code=code(90), place="mulhouse", task="T-1#a"))
    dock.tap("Réceptionner")
    assert (visit_of(dock).wanted, len(missing(visit_of(dock)))) == (21, 21)
    dock.tap("Tournée Sud Alsace")
    assert (visit_of(dock).wanted, visit_of(dock).rows()[-1]) == (22, Row("", 0, 1, 0))
    assert code(90) in {each.code for each in missing(visit_of(dock))}
    scan_crates(dock, range(90, 91))
    assert (visit_of(dock).rows()[-1], visit_of(dock).met) == (Row("", 1, 1, 0), 1)
    assert code(90) not in {each.code for each in missing(visit_of(dock))}
    again = Visit.resume(dock.face.at)
    assert again is not None
    assert again.rows()[-1] == Row("", 1, 1, 0)
