"""Every screen in every state that a person meets, one after the other, as somebody at work would see them."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

from boucle.codes import Kind, mint
from boucle.correction import Fix
from boucle.lines import Choice
from boucle.rounds import Gap, Round, Stop
from boucle_field import driving, photos_in_hand
from boucle_field.outbox import Draft
from boucle_field.photos import Photo
from boucle_field.photos_in_hand import About, Step
from boucle_field.screens.beside_screen import BesideScreen
from boucle_field.screens.correct_screen import Correction, CorrectScreen
from boucle_field.screens.door_screens import EnrolScreen
from boucle_field.screens.face import Face
from boucle_field.screens.gap_asking import Reasons
from boucle_field.screens.labels_at_hand import AtHand, LabelsScreen
from boucle_field.screens.line_photo_screen import LinePhotoScreen
from boucle_field.screens.nothing_screen import NothingScreen
from boucle_field.screens.picture_file_screen import PictureFileScreen, Wanted
from boucle_field.screens.round_screens import RoundEndScreen, RoundScreen
from boucle_field.screens.sends_screen import SendsScreen
from boucle_field.screens.stop_lines_screen import StopLinesScreen
from boucle_field.screens.stop_summary_screen import Said, SignerScreen, StopSummaryScreen
from boucle_field.screens.work_screens import AmountScreen, CodeScreen
from boucle_field.sends import Pile, lines
from boucle_labels.photo import photo_of
from tests.builders import code
from tests.screens.bench_scenes import bench_scenes
from tests.screens.hand import Hand
from tests.screens.return_scenes import return_scenes
from tests.screens.stock import BADGE, LONG_NAME, LONG_SITE, LONG_TYPE, MULHOUSE, PIN, done_elsewhere, plan_today
from tests.screens.warehouse_scenes import warehouse_scenes

LABEL = "HTTPS://BOUCLE.EXAMPLE/"


def scenes(hand: Hand) -> Iterator[str]:
    """Lead an enrolled app with people through a day; give the name of each scene while it stands on the screen."""
    yield from _at_the_door(hand)
    face = hand.face
    # Of a device that is enrolled, so that it stands in the window with a name in the bar.
    face.open(EnrolScreen)
    yield "enrol"
    face.home()
    yield "home"
    hand.scan("https://elsewhere.example/hello")
    yield "foreign-code"
    hand.scan(LABEL + code(3))
    yield "item-first"
    face.pending = []
    for action in ("collect", "ship", "move"):
        face.choose(action)
        yield f"where-{action}"
    face.home()
    yield from _a_stop(hand)
    yield from _around(hand)
    face.next_theme()
    yield "night"
    face.next_theme()
    face.switch_training()
    yield "training"
    hand.scan(MULHOUSE.url("https://boucle.example"))
    hand.scan(LABEL + code(5))
    yield "training-scan"
    face.switch_training()
    yield from _decisions(hand)
    yield from _corrections(hand)
    yield from _left_photos(hand)
    yield from _picture_files(hand)
    face.open_help()
    yield "help"
    face.home()
    yield from _a_round(hand)
    yield from warehouse_scenes(hand)
    yield from return_scenes(hand)
    yield from bench_scenes(hand)


def _at_the_door(hand: Hand) -> Iterator[str]:
    yield "who"
    hand.scan(BADGE.url("https://boucle.example"))
    yield "pin"
    _type(hand, "0000")
    yield "wrong-pin"
    hand.face.screen.name(LONG_NAME)
    yield "pin-long-name"
    _type(hand, PIN)


def _type(hand: Hand, text: str) -> None:
    typing = hand.face.wedge.typing
    assert typing is not None
    typing.typed(text)
    typing.entered()


def _a_stop(hand: Hand) -> Iterator[str]:
    face: Face = hand.face
    hand.scan(MULHOUSE.url("https://boucle.example"))
    yield "scan-ready"
    for number in range(1, 15):
        hand.scan(LABEL + code(number))
    yield "scan-accepted"
    face.screen.photos.open_last()
    yield "line-photo"
    face.open(LinePhotoScreen, "", face.open_visit)
    yield "line-photo-gone"
    face.open_visit()
    hand.scan(LABEL + code(3))
    yield "scan-repeat"
    hand.scan(LABEL + code(24))
    yield "scan-unexpected"
    hand.scan(LABEL + code(99))
    yield "scan-unknown"
    hand.scan(LABEL + code(99)[:-1] + "0")
    yield "scan-refused"
    hand.scan(LABEL + mint(Kind.COMMAND, lambda size: b"\x07" * size).text)
    yield "scan-unknown-command"
    face.screen.undo()
    yield "scan-undone"
    face.eye.open()
    yield "no-camera"
    face.eye.close()
    face.screen.look_at_red()
    yield "to-look-at"
    face.back()


def _around(hand: Hand) -> Iterator[str]:
    face: Face = hand.face
    face.open(CodeScreen)
    assert face.wedge.typing is not None
    face.wedge.typing.typed(code(9).removeprefix("C/"))
    yield "typed"
    face.back()
    face.open(AmountScreen)
    yield "amount-type"
    face.open(AmountScreen, "film")
    yield "amount-number"
    face.back()
    face.labels = [AtHand(code(1), f"{LONG_TYPE}\n{code(1)}\n{LONG_SITE}")]
    face.open(LabelsScreen)
    yield "labels-at-hand"
    face.labels = []
    face.back()
    face.open(BesideScreen)
    yield "stops-beside"
    face.back()
    face.summary()
    yield "summary"
    for pile in ("open", "waiting", "sent", "to_check"):
        face.open(SendsScreen, pile)
        yield f"sends-{pile}"
    face.validate()
    yield "validated"


def _decisions(hand: Hand) -> Iterator[str]:
    face: Face = hand.face
    desk = face.at.desk
    desk.record(Draft(kind="item.shipped", code=code(22), place="strasbourg", body={"to": "charleville"}))
    desk.record(Draft(kind="item.delivered", code=code(22), place="charleville"))
    desk.record(Draft(kind="item.retired", code=code(21), place="strasbourg"))
    hand.scan(MULHOUSE.url("https://boucle.example"))
    hand.scan(LABEL + code(22))
    yield "scan-other-stop"
    hand.scan(LABEL + code(21))
    yield "scan-scrapped"
    hand.scan("https://elsewhere.example/hello")
    yield "scan-foreign"
    face.screen.look_at_red()
    yield "to-decide"
    assert face.visit is not None
    face.chooser.take(face.visit.asking[0], Choice.IGNORE)
    face.back()
    yield "choice-made"
    face.validate()
    face.choose("ship")
    face.screen.places._turn_pad()
    face.screen.places.typed("co")
    yield "search"


def _corrections(hand: Hand) -> Iterator[str]:
    face: Face = hand.face
    (line, *_) = [each for each in lines(face.at.store, Pile.WAITING) if each.can_be_corrected]
    for name, fix, value, because in (
        ("correct-what", None, "", ""),
        ("correct-place", Fix.PLACE, "", ""),
        ("correct-why", Fix.VOID, "", ""),
        ("correct-pin", Fix.VOID, "", "item"),
    ):
        face.open(CorrectScreen, Correction(
            event_id=line.event_id, pile=Pile.WAITING.value, fix=fix, value=value, because=because
        ))  # fmt: skip
        yield name
    _type(hand, PIN)
    yield "corrected"


def _left_photos(hand: Hand) -> Iterator[str]:
    """Photos of a visit that has ended, and of a thing at the bench."""
    face = hand.face
    if face.visit is not None:
        face.visit.close()
        face.visit = None
    face.open_left_photos()
    yield "left-none"
    for about in (About(Step.VISIT, "t-1", "charleville", "collect"), About(Step.DIAGNOSIS, code(9), "strasbourg")):
        for colour in ("#8a5a2b", "#2b5a8a", "#5a8a2b"):
            photos_in_hand.take(face.at, about, Photo(photo_of(Image.new("RGB", (640, 480), colour))))
    photos_in_hand.let_go(face.at.store)
    face.open_left_photos()
    yield "left-photos"
    face.screen.throw()
    yield "left-sure"
    face.screen.throw()
    yield "left-no-way"
    face.open(SendsScreen)
    yield "sends-left"
    face.open_left_photos()
    face.screen.is_sure = True
    face.screen.throw()
    face.home()


def _picture_files(hand: Hand) -> Iterator[str]:
    """A folder with a long name, pictures in it, and the photo that one of them makes."""
    face = hand.face
    with TemporaryDirectory() as made:
        folder = Path(made) / "Photos du quai de Charleville-Mézières"
        (folder / "Semaine 48").mkdir(parents=True)
        Image.new("RGB", (640, 480), "#8a5a2b").save(folder / "Palette 12 cassée à l’angle.png")
        wanted = Wanted(taken=lambda _: None, back=face.home)
        face.open(partial(PictureFileScreen, folder=folder), wanted)
        yield "files"
        face.screen.choose(folder / "Palette 12 cassée à l’angle.png")
        yield "file-chosen"
        face.open(partial(PictureFileScreen, folder=folder / "Semaine 48"), wanted)
        face.screen.choose(folder / "Semaine 48")
        yield "file-refused"
        face.open(partial(PictureFileScreen, folder=folder / "Semaine 49"), wanted)
        yield "folder-unreadable"
    face.home()


def _a_round(hand: Hand) -> Iterator[str]:
    face = hand.face
    if face.visit is not None:
        face.visit.close()
        face.visit = None
    plan_today(face.at)
    face.home()
    yield "round-home"
    face.back()
    yield "round"
    of = driving.rounds_of_today(face.at)[0]
    face.open_stop(of, of.stops[0])
    yield "stop"
    face.open(NothingScreen, of, of.stops[0])
    yield "stop-nothing"
    face.begin("collect", "mulhouse", of.task(of.stops[0]))
    for number in (6, 7, 8):
        hand.scan(LABEL + code(number))
    yield "stop-scan"
    face.summary()
    yield "stop-summary"
    face.open(SignerScreen, of, of.stops[0])
    yield "stop-signer"
    face.open(StopSummaryScreen, of, of.stops[0], Said(reasons=Reasons(apart=True)))
    yield "stop-gaps"
    gaps = {"collect:bac": Gap.IN_USE, "collect:palette": Gap.NO_ROOM}
    face.open(StopSummaryScreen, of, of.stops[0], Said(reasons=Reasons(gaps), signer=LONG_NAME))
    face.screen.signing.draw([[100, 800, 300, 200, 500, 800, 700, 200], [650, 500, 900, 480]])
    yield "stop-signed"
    face.screen.validate()
    yield "stop-validated"
    yield from _a_stop_again(hand, of, of.stops[0])
    face.open(RoundEndScreen, of)
    yield "round-end"
    done_elsewhere(face.at)
    face.open(RoundScreen, of)
    yield "round-elsewhere"
    face.open_stop(of, of.stops[0])
    yield "stop-elsewhere"
    face.end_stop(of, of.stops[0])
    yield "stop-already"
    face.home()


def _a_stop_again(hand: Hand, of: Round, stop: Stop) -> Iterator[str]:
    """Come back to a stop that is validated: what was recorded there, its lines, one more."""
    face = hand.face
    face.open_stop(of, stop)
    yield "stop-again"
    face.open(StopLinesScreen, of, stop)
    yield "stop-lines"
    face.begin("collect", "mulhouse", of.task(stop))
    hand.scan(LABEL + code(9))
    face.open_stop(of, stop)
    yield "stop-added"
    assert face.visit is not None
    face.visit.undo()
    face.visit.close()
    face.visit = None
