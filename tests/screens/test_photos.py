"""Photos on the screens: one tap takes what the camera sees, it goes with the next scan, no camera holds nothing up."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from boucle.commands import Command
from boucle.item import Job
from boucle.photo import look
from boucle.telling import Outcome
from boucle_field import photos
from boucle_field.pages import Page
from boucle_field.phone import Phone
from boucle_field.screens.sends_screen import SendsScreen
from boucle_field.screens.viewfinder import Viewfinder
from tests.builders import code
from tests.screens.hand import SETTLED, Hand
from tests.screens.stock import MULHOUSE
from tests.screens.test_visit_screens import BASE, command


@pytest.fixture
def frames(tmp_path: Path) -> Path:
    """Give a folder with a frame in which no code stands."""
    folder = tmp_path / "frames"
    folder.mkdir()
    Image.new("RGB", (1280, 720), "#8a5a2b").save(folder / "1.png")
    return folder


def asking(phone: Phone, photos: str = "scrap") -> None:
    """Let Strasbourg ask for photos, of scrap if nothing else is said."""
    cursor = int(phone.mirror.cursor) + 1
    row = {"name": "Strasbourg", "role": "hub", "photos": photos}
    version = {"valid_from": 0, "row": row, "id": "019b7824-48a7-796c-841d-19b8a2b2120e"}
    rows = [{"n": cursor, "table": "site", "key": "strasbourg", "row": [version]}]
    page = Page.read({"rows": rows, "next": cursor, "more": False})
    assert page is not None
    phone.mirror.apply(page)


def recorded(hand: Hand) -> list[tuple[str, int]]:
    """Give the kind of each event that was recorded here, and how many photos it announces."""
    with hand.face.at.store.reading() as db:
        rows = db.execute("SELECT payload FROM outbox ORDER BY n").fetchall()
    told = [json.loads(row[0]) for row in rows]
    return [(each["kind"], len(each.get("photos", []))) for each in told]


def aim(hand: Hand) -> None:
    """Wait until the camera sees something, and what it sees stands on the screen."""
    hand.wait(lambda: hand.face.eye.newest is not None)
    (view,) = [each for each in hand.widgets() if isinstance(each, Viewfinder)]
    hand.wait(lambda: view.height > 0)
    hand.frames(SETTLED)


def test_a_photo_goes_with_the_next_scan_and_with_that_alone(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    hand.scan(MULHOUSE.url(BASE))
    hand.tap("Caméra")
    aim(hand)
    hand.tap("Photo")
    assert hand.sees("Photo prise")
    assert hand.sees("Photo ✓ 1")
    hand.scan(f"{BASE}/{code(1)}")
    hand.scan(f"{BASE}/{code(2)}")
    assert recorded(hand)[-2:] == [("item.collected/1", 1), ("item.collected/1", 0)]
    assert not hand.sees("Photo ✓")
    (content,) = photos.contents(hand.face.at.store)
    assert not isinstance(look(content), str)
    hand.face.open(SendsScreen)
    assert hand.sees("1 photo pas encore confirmée par le serveur")


def test_a_command_label_takes_a_photo_without_a_tap(open_app: Callable[..., Hand], data: Path, frames: Path) -> None:
    hand = open_app(data, frames=frames)
    hand.scan(MULHOUSE.url(BASE))
    command(hand, Command.PHOTO)
    aim(hand)
    command(hand, Command.PHOTO)
    hand.scan(f"{BASE}/{code(1)}")
    assert recorded(hand)[-1] == ("item.collected/1", 1)
    assert hand.taps == 0


def test_the_first_tap_opens_the_camera_and_says_to_aim(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    hand.scan(MULHOUSE.url(BASE))
    hand.tap("Photo")
    assert hand.sees("Visez")
    aim(hand)
    for _ in range(5):
        hand.tap("Photo")
    assert hand.sees("Quatre photos suffisent")
    hand.scan(f"{BASE}/{code(1)}")
    assert recorded(hand)[-1] == ("item.collected/1", 4)


def test_scrap_asks_for_its_photo_before_the_scan_that_it_goes_along_with(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    asking(hand.face.at)
    hand.tap("Réceptionner")
    hand.tap("Rebut")
    assert hand.sees("Prenez d’abord la photo")
    aim(hand)
    hand.tap("Photo")
    hand.scan(f"{BASE}/{code(1)}")
    assert recorded(hand)[-2:] == [("item.received/1", 0), ("item.sorted/1", 1)]
    assert hand.taps == 3
    assert hand.ear.heard[-1] is Outcome.ACCEPTED


def test_scrap_without_a_camera_says_how_a_photo_comes_and_offers_no_reader_instead(hand: Hand) -> None:
    asking(hand.face.at)
    hand.tap("Réceptionner")
    hand.tap("Rebut")
    assert hand.sees("Ce lieu demande une photo (au rebut). Touchez « Photo » avant de scanner")
    assert not hand.sees("Utilisez un lecteur")
    hand.scan(f"{BASE}/{code(1)}")
    assert recorded(hand)[-2:] == [("item.received/1", 0), ("item.sorted/1", 0)]


def test_scrap_of_the_last_item_is_recorded_by_the_tap_that_takes_its_photo(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    asking(hand.face.at)
    hand.tap("Réceptionner")
    hand.scan(f"{BASE}/{code(1)}")
    command(hand, Command.SCRAP)
    assert hand.sees("Prenez d’abord la photo")
    assert recorded(hand)[-1] == ("item.received/1", 0)
    aim(hand)
    hand.tap("Photo")
    assert recorded(hand)[-1] == ("item.sorted/1", 1)


def test_a_photo_that_was_asked_for_and_not_taken_is_for_no_later_item(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    asking(hand.face.at)
    hand.tap("Réceptionner")
    hand.scan(f"{BASE}/{code(1)}")
    command(hand, Command.SCRAP)
    hand.scan(f"{BASE}/{code(2)}")
    aim(hand)
    hand.tap("Photo")
    assert [kind for kind, _ in recorded(hand)] == ["item.received/1"] * 2


def test_who_takes_no_photo_of_scrap_is_asked_once_and_never_held_up(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    asking(hand.face.at)
    hand.tap("Réceptionner")
    hand.scan(f"{BASE}/{code(1)}")
    command(hand, Command.SCRAP)
    command(hand, Command.SCRAP)
    assert recorded(hand)[-1] == ("item.sorted/1", 0)
    assert hand.sees("Sans la photo")
    # Taken afterwards, it takes the place of the sorting without one.
    aim(hand)
    hand.tap("Photo")
    command(hand, Command.SCRAP)
    assert recorded(hand)[-1] == ("item.sorted/1", 1)
    assert hand.face.at.mirror.look(code(1)).item.hold == "scrap"


def test_without_a_camera_nothing_is_asked_and_nothing_held_up(hand: Hand) -> None:
    asking(hand.face.at)
    hand.tap("Réceptionner")
    hand.tap("Photo")
    hand.scan(f"{BASE}/{code(1)}")
    command(hand, Command.SCRAP)
    assert recorded(hand)[-1] == ("item.sorted/1", 0)
    assert hand.ear.heard[-1] is Outcome.ACCEPTED


def test_a_repair_is_opened_by_the_tap_that_takes_the_photo_of_how_the_thing_came_in(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    asking(hand.face.at, "repair")
    hand.face.open_repair(code(22))
    assert hand.sees("Ce lieu demande une photo")
    assert recorded(hand) == []
    aim(hand)
    hand.tap("Photo")
    assert recorded(hand) == [("work.opened/1", 1)]
    assert hand.face.at.mirror.look(code(22)).item.work_stage


def test_without_a_camera_the_photo_of_an_entry_is_no_dead_end(hand: Hand) -> None:
    asking(hand.face.at, "repair")
    hand.face.open_repair(code(22))
    assert hand.sees("Pas d’appareil photo ici : choisissez une image")
    assert not hand.sees("lecteur")
    hand.tap("Ouvrir sans photo")
    assert not hand.sees("Ce lieu demande une photo")
    assert hand.sees("sans la photo que ce lieu demande")
    assert recorded(hand) == [("work.opened/1", 0)]
    assert hand.face.at.mirror.look(code(22)).item.work_stage == "open"
    assert hand.ear.heard[-1] is Outcome.ACCEPTED


def test_who_takes_no_photo_of_an_entry_is_asked_once_and_never_held_up(
    open_app: Callable[..., Hand], data: Path, frames: Path
) -> None:
    hand = open_app(data, frames=frames)
    asking(hand.face.at, "repair")
    hand.face.open_repair(code(22), priority="urgent")
    aim(hand)
    hand.tap("Ouvrir sans photo")
    assert recorded(hand) == [("work.opened/1", 0)]
    job = hand.face.at.mirror.look(code(22)).item.job
    assert isinstance(job, Job)
    assert job.priority == "urgent"
    assert not hand.face.eye.is_open
