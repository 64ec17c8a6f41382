"""A picture of the computer instead of a camera: the same photo, seen before it is taken; what is none is said."""

from collections.abc import Callable
from pathlib import Path

import pytest
from kivy.core.window import Window
from PIL import Image

from boucle.photo import look
from boucle_field import photos, picture_files
from boucle_field.screens.picture_file_screen import PictureFileScreen
from tests.builders import code
from tests.screens.hand import Hand
from tests.screens.stock import MULHOUSE, plan_today
from tests.screens.test_photos import asking, recorded
from tests.screens.test_visit_screens import BASE

POSITION = 0x8825
"""The part of a picture's metadata that holds where it was taken."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give the pictures folder of somebody: a picture as a telephone takes it, with its position, and a text."""
    home = tmp_path / "home"
    pictures = home / "Images"
    (pictures / "Quai").mkdir(parents=True)
    picture = Image.new("RGB", (4000, 3000), "#8a5a2b")
    exif = Image.Exif()
    exif.get_ifd(POSITION)[1] = "N"
    picture.save(pictures / "palette.jpg", exif=exif)
    (pictures / "notes.txt").write_text("rien", encoding="utf-8")
    (pictures / "faux.png").write_bytes(b"not a picture at all")
    monkeypatch.setenv("HOME", str(home))
    return pictures


def test_a_photo_in_a_visit_comes_from_a_file_where_there_is_no_camera(hand: Hand, folder: Path) -> None:
    assert folder.is_dir()
    hand.scan(MULHOUSE.url(BASE))
    hand.tap("Photo")
    assert hand.sees("Une image de cet ordinateur")
    assert not hand.sees("notes.txt")
    hand.tap("palette.jpg")
    assert hand.sees("Est-ce la bonne image ?")
    hand.tap("La prendre")
    assert hand.sees("Photo ✓ 1")
    hand.scan(f"{BASE}/{code(1)}")
    assert recorded(hand) == [("item.collected/1", 1)]
    (content,) = photos.contents(hand.face.at.store)
    found = look(content)
    assert not isinstance(found, str)
    assert max(found.width, found.height) == 1600
    assert b"Exif" not in content


def test_what_is_no_picture_and_what_is_too_large_are_said_and_another_can_be_chosen(
    hand: Hand, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand.scan(MULHOUSE.url(BASE))
    hand.tap("Photo")
    hand.tap("faux.png")
    assert hand.sees("faux.png : ce fichier n’est pas une photo lisible")
    monkeypatch.setattr("boucle_labels.reading.MAX_PIXELS", 1_000_000)
    hand.tap("palette.jpg")
    assert hand.sees("40 millions de pixels au plus")
    assert isinstance(hand.face.screen, PictureFileScreen)
    hand.tap("Retour")
    assert hand.face.scan_screen is not None
    assert recorded(hand) == []
    del folder


def test_a_file_that_is_dropped_on_the_window_is_shown_and_taken(hand: Hand, folder: Path) -> None:
    hand.scan(MULHOUSE.url(BASE))
    hand.tap("Photo")
    Window.dispatch("on_drop_file", str(folder / "palette.jpg").encode(), 10, 10)
    assert hand.sees("Est-ce la bonne image ?")
    hand.tap("La prendre")
    assert hand.sees("Photo ✓ 1")
    # Elsewhere nobody waits for a picture.
    Window.dispatch("on_drop_file", str(folder / "palette.jpg").encode(), 10, 10)
    assert hand.face.scan_screen is not None


def test_folders_are_gone_through_and_the_last_one_is_where_the_next_search_begins(hand: Hand, folder: Path) -> None:
    Image.new("RGB", (64, 48), "#2b5a8a").save(folder / "Quai" / "bac.png")
    hand.scan(MULHOUSE.url(BASE))
    hand.tap("Photo")
    hand.tap("Quai/")
    hand.tap("Dossier parent")
    hand.tap("Quai/")
    hand.tap("bac.png")
    hand.tap("La prendre")
    hand.tap("Photo")
    assert hand.sees("bac.png")
    assert picture_files.folder(hand.face.at.store) == folder / "Quai"


def test_a_folder_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    assert picture_files.listed(tmp_path / "gone") == (tmp_path / "gone", [], [], False)


def test_a_repair_opens_with_a_picture_of_the_computer(hand: Hand, folder: Path) -> None:
    assert folder.is_dir()
    asking(hand.face.at, "repair")
    hand.face.open_repair(code(22))
    hand.tap("Choisir une image")
    hand.tap("palette.jpg")
    hand.tap("La prendre")
    assert recorded(hand) == [("work.opened/1", 1)]


def test_a_stop_keeps_its_signature_while_a_picture_is_chosen(
    open_app: Callable[..., Hand], data: Path, folder: Path
) -> None:
    assert folder.is_dir()
    hand = open_app(data)
    plan_today(hand.face.at)
    hand.face.begin("collect", "mulhouse")
    hand.face.summary()
    hand.sign([[(0.1, 0.8), (0.3, 0.2), (0.5, 0.8)]])
    signed = [list(stroke) for stroke in hand.face.screen.signing.strokes]
    hand.tap("Photo")
    hand.tap("palette.jpg")
    hand.tap("La prendre")
    assert hand.sees("Photo ✓ 1")
    assert hand.face.screen.signing.strokes == signed != []
